from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from tests.events.reader import Reader

from report_utils.errors import InputError
from report_utils.events import EventList

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "events"


@pytest.fixture
def real_list():
    def path(name):
        if not (REAL / name).is_file():
            pytest.skip(f"the shared folder's event list {name} is not beside this checkout")
        return REAL / name

    return path


@pytest.fixture(scope="module")
def reader():
    """A process of its own to read files in."""
    child = Reader()
    yield child
    assert child.close() in (0, None)  # it ends as it should after all it has read


@pytest.fixture
def write_table(tmp_path):
    """Write a FITS table with astropy, from (name, TFORM, values) and header cards."""

    def write(name, columns, header=None, *, extname="EVENTS", primary=None, before=()):
        made = [fits.Column(name=column, format=form, array=values) for column, form, values in columns]
        table = fits.BinTableHDU.from_columns(made, name=extname)
        for key, value in (header or {}).items():
            table.header[key] = value
        first = fits.PrimaryHDU()
        first.header.update(primary or {})
        path = tmp_path / name
        fits.HDUList([first, *before, table]).writeto(path)
        return path

    return write


@pytest.fixture
def chandra(write_table):
    """A Chandra level 2 list: sky pixels x, y, energy [eV], TAN with its reference pixel."""

    def write(name="evt2.fits", n=50, *, x=None, y=None, energy=None, header=None, drop=()):
        rng = np.random.default_rng(7)
        columns = [
            ("time", "D", np.arange(n)),
            ("ccd_id", "I", np.full(n, 3)),
            ("chipx", "I", np.full(n, 5)),
            ("x", "E", rng.uniform(3900, 4300, n) if x is None else x),
            ("y", "E", rng.uniform(3900, 4300, n) if y is None else y),
            ("pha", "J", np.full(n, 100)),
            ("energy", "E", rng.uniform(300, 9000, n) if energy is None else energy),
            ("pi", "J", np.full(n, 100)),
            ("grade", "I", np.zeros(n)),
            ("status", "32X", np.zeros((n, 32), bool)),
        ]
        columns = [column for column in columns if column[0] not in drop]
        names = [column[0] for column in columns]
        cards = {"TELESCOP": "CHANDRA", "INSTRUME": "ACIS", "HDUCLASS": "OGIP", "HDUCLAS1": "EVENTS"}
        for axis, kind, step in (("x", "RA---TAN", -0.000136666667), ("y", "DEC--TAN", 0.000136666667)):
            if axis in names:
                number = names.index(axis) + 1
                cards |= {f"TCTYP{number}": kind, f"TCRPX{number}": 4096.5, f"TCRVL{number}": 30.0}
                cards |= {f"TCDLT{number}": step, f"TCUNI{number}": "deg"}
        return write_table(name, columns, cards | (header or {}))

    return write


@pytest.fixture
def erosita(write_table):
    """An eSASS list: RA, DEC [deg], X, Y in 0.05 arcsec, PI [eV]."""

    def write(name="ero.fits", n=40, *, pi=None, ra=None, dec=None, coordinates="D", header=None):
        rng = np.random.default_rng(8)
        ra = rng.uniform(129.9, 130.1, n) if ra is None else np.asarray(ra)
        dec = rng.uniform(-1.1, -0.9, n) if dec is None else np.asarray(dec)
        if coordinates == "J":
            ra, dec = np.rint(ra * 1e6).astype(np.int32), np.rint(dec * 1e6).astype(np.int32)
        columns = [
            ("TIME", "D", np.arange(n)),
            ("RA", coordinates, ra),
            ("DEC", coordinates, dec),
            ("X", "J", rng.integers(-9000, 9000, n)),
            ("Y", "J", rng.integers(-9000, 9000, n)),
            ("PI", "E", rng.uniform(200, 8000, n) if pi is None else pi),
            ("PAT_TYP", "I", np.ones(n)),
            ("TM_NR", "B", np.ones(n)),
            ("FLAG", "J", np.zeros(n)),
        ]
        cards = {"TELESCOP": "eROSITA", "INSTRUME": "merged", **(header or {})}
        path = write_table(name, columns, cards)
        if coordinates == "J":
            for key in ("TSCAL2", "TSCAL3"):
                fits.setval(path, key, value=1e-6, ext=1)
        return path

    return write


@pytest.fixture
def sixte_imaging(write_table):
    """SIXTE's imaging layout, written from its description, not by this package."""

    def write(name="sixte.fits", n=60, *, signal=None, ra=None, dec=None, src=None, header=None, extra=()):
        rng = np.random.default_rng(9)
        src = np.full(n, 5) if src is None else src
        columns = [
            ("TIME", "D", np.arange(n)),
            ("FRAME", "J", np.arange(n)),
            ("PHA", "J", np.full(n, 10)),
            ("PI", "J", np.full(n, 10)),
            ("SIGNAL", "E", rng.uniform(0.3, 9, n) if signal is None else signal),
            ("RAWX", "I", np.full(n, 2)),
            ("RAWY", "I", np.full(n, 2)),
            ("RA", "D", rng.uniform(10.0, 10.2, n) if ra is None else ra),
            ("DEC", "D", rng.uniform(20.0, 20.2, n) if dec is None else dec),
            ("PH_ID", "2J", np.zeros((n, 2))),
            ("SRC_ID", "2J", np.stack([src, np.zeros(n)], axis=1)),
            ("TYPE", "I", np.zeros(n)),
            ("NPIXELS", "J", np.ones(n)),
            ("PILEUP", "I", np.zeros(n)),
            ("SIGNALS", "9E", np.zeros((n, 9))),
            ("PHAS", "9J", np.zeros((n, 9))),
            *extra,
        ]
        cards = {"TELESCOP": "ATHENA", "INSTRUME": "WFI", "RA_PNT": 10.1, "DEC_PNT": 20.1}
        return write_table(name, columns, cards | (header or {}))

    return write


@pytest.fixture
def photons(write_table):
    """A photon list: RA, DEC [deg], ENERGY [keV], SRC_ID."""

    def write(name="phlist.fits", n=30, *, ra=None, dec=None, energy=None, src=None, extname="PHLIST", **options):
        rng = np.random.default_rng(10)
        columns = [
            ("RA", "E", rng.uniform(44.9, 45.1, n) if ra is None else ra),
            ("DEC", "E", rng.uniform(2.9, 3.1, n) if dec is None else dec),
            ("ENERGY", "E", rng.uniform(0.2, 9, n) if energy is None else energy),
            ("SRC_ID", "J", np.arange(n) if src is None else src),
        ]
        return write_table(name, columns, extname=extname, **options)

    return write


@pytest.fixture
def refused():
    """Check that a call is refused with one line that holds all the given pieces."""

    def check(function, *pieces):
        with pytest.raises(InputError) as caught:
            function()
        message = str(caught.value)
        assert "\n" not in message
        for piece in pieces:
            assert str(piece) in message, message
        return message

    return check


@pytest.fixture
def observation():
    """An event list with labels, in float32."""

    def make(n=200, seed=0, cluster_id="c", log10_mass=14.0, group="", labelled=True):
        rng = np.random.default_rng(seed)
        return EventList(
            rng.normal(0, 60, n).astype(np.float32),
            rng.normal(0, 60, n).astype(np.float32),
            rng.gamma(2.0, 1.0, n).astype(np.float32),
            rng.integers(0, 3, n).astype(np.int8) if labelled else None,
            cluster_id=cluster_id,
            log10_mass=log10_mass,
            group=group,
        )

    return make


@pytest.fixture
def same():
    """Assert that two event lists are equal to the last bit, names and masses included."""

    def check(a, b):
        assert a.columns().keys() == b.columns().keys()
        for name, column in a.columns().items():
            other = b.columns()[name]
            assert column.dtype == other.dtype, name
            np.testing.assert_array_equal(column, other, err_msg=name)
        assert (a.cluster_id, a.group) == (b.cluster_id, b.group)
        np.testing.assert_equal(a.log10_mass, b.log10_mass)

    return check
