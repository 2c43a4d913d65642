"""Which unit the energies of a list are in: what the file, its names and the user say of it.

Every list is made with 100, 150, 100 and 50 events in the report's four bands, and must be read as having these.
"""

import numpy as np
import pytest
from astropy import units
from astropy.io import fits

from report_utils.binning import band_counts
from report_utils.events import IngestOptions, ingest, inspect_events, open_archive, read_events
from report_utils.events.reading import load_events

BANDS = [100, 150, 100, 50]
EDGES = ((1.7, 2.4), (2.6, 4.9), (5.1, 7.4), (7.6, 9.9))
"""[keV] With room about 2.5, 5 and 7.5 keV for the width of a channel."""
N = sum(BANDS)


def kev(rng):
    """Energies [keV], (400,), in no order."""
    made = np.concatenate([rng.uniform(*edges, number) for edges, number in zip(EDGES, BANDS, strict=True)])
    return rng.permutation(made)


def bands(events):
    return band_counts(events, n_pixels=8).sum(axis=(0, 1)).tolist()


@pytest.fixture
def energies():
    return kev(np.random.default_rng(11))


@pytest.fixture
def write(write_table):
    """Write a list with RA, DEC and other columns, with units; ``tables`` come after it."""

    def make(columns, header=None, *, name="list.fits", unit=None, tables=()):
        rng = np.random.default_rng(12)
        sky = [("RA", "D", rng.uniform(29.9, 30.1, N)), ("DEC", "D", rng.uniform(19.9, 20.1, N))]
        forms = [(column, "J" if np.asarray(values).dtype.kind == "i" else "D", values) for column, values in columns]
        path = write_table(name, [*sky, *forms], header)
        if unit is not None:
            fits.setval(path, "TUNIT3", value=unit, ext=1)
        for table in tables:
            fits.append(path, table.data, table.header)
        return path

    return make


def ebounds(step, offset, *, chantype="PI", unit="keV", number=1000, first=0):
    """An EBOUNDS table: channel n reaches from offset + step * n to the next one's energy [keV]."""
    channel = np.arange(first, first + number)
    low = (offset + step * channel) * units.keV
    high = (offset + step * (channel + 1)) * units.keV
    columns = [
        fits.Column("CHANNEL", "I", array=channel),
        fits.Column("E_MIN", "D", array=low.to_value(unit), unit=unit),
        fits.Column("E_MAX", "D", array=high.to_value(unit), unit=unit),
    ]
    table = fits.BinTableHDU.from_columns(columns, name="EBOUNDS")
    table.header["CHANTYPE"] = chantype
    return table


def rmf(path, table):
    """An RMF: a matrix with values of several lengths, which is not read, and the bounds of the channels."""
    values = np.array([np.ones(2), np.ones(3)], dtype=object)
    matrix = fits.BinTableHDU.from_columns([fits.Column("MATRIX", "PE()", array=values)], name="MATRIX")
    fits.HDUList([fits.PrimaryHDU(), matrix, table]).writeto(path)
    return path


@pytest.mark.parametrize(
    ("telescope", "instrument", "step", "offset"),
    [
        ("NuSTAR", "FPMA", 0.04, 1.6),
        ("SWIFT", "XRT", 0.01, 0.0),
        ("SUZAKU", "XIS0", 0.00365, 0.0),
        ("ASTRO-E2", "XIS3", 0.00365, 0.0),
        ("NICER", "XTI", 0.01, 0.0),
        ("XRISM", "XTEND", 0.006, 0.0),
        ("XRISM", "RESOLVE", 0.0005, 0.0),
        ("IXPE", "GPD", 0.04, 0.0),
        ("CHANDRA", "ACIS", 0.0146, -0.0146),
        ("XMM", "EPN", 0.001, 0.0),
        ("eROSITA", "TM1", 0.001, 0.0),
    ],
)
def test_channels_by_mission(telescope, instrument, step, offset, energies, write):
    channels = np.rint((energies - offset) / step).astype(int)
    columns = [("PI", channels), ("PHA", channels + 40)]
    path = write(columns, {"TELESCOP": telescope, "INSTRUME": instrument}, unit="chan")
    events = read_events(path)
    assert bands(events) == BANDS
    np.testing.assert_allclose(events.energy, energies, atol=0.51 * step)
    assert telescope.lower()[:3] in str(inspect_events(path)) or telescope == "ASTRO-E2"


def test_energies_at_the_edge_of_a_band_stay_in_it(write):
    # NuSTAR's channel 85 is 5 keV, which belongs to the band below: 1.6 + 0.04 * 85 is a bit more in doubles.
    channels = np.repeat([0, 85, 86, 200], BANDS)
    nustar = {"TELESCOP": "NuSTAR", "INSTRUME": "FPMB"}
    assert bands(read_events(write([("PI", channels)], nustar))) == BANDS
    stated = {"energy_unit": "channel", "channel_kev": 0.04, "channel_offset_kev": 1.6}
    assert bands(read_events(write([("PI", channels)], name="b.fits"), **stated)) == BANDS


@pytest.mark.parametrize("column", ["PI", "PHA", "PULSE"])
def test_channels_of_a_stated_width(column, energies, write, refused):
    path = write([(column, np.rint((energies - 1.6) / 0.04).astype(int))])
    refused(lambda: read_events(path), path, "--channel-kev" if column != "PULSE" else "'ENERGY'")
    stated = {"channel_kev": 0.04, "channel_offset_kev": 1.6}
    if column == "PULSE":
        refused(lambda: read_events(path, **stated), path, "'PI' or 'PHA'", "PULSE", "--energy")
        stated["energy"] = "PULSE"
    assert bands(read_events(path, **stated)) == BANDS
    assert bands(read_events(path, energy_unit="channel", **stated)) == BANDS


def test_a_stated_width_wins_over_mission_and_energy_column(energies, write):
    columns = [("PI", np.rint(energies / 0.02).astype(int)), ("ENERGY", energies * 1000)]
    path = write(columns, {"TELESCOP": "NuSTAR", "INSTRUME": "FPMA"})
    assert bands(read_events(path, channel_kev=0.02)) == BANDS


def test_channels_by_the_bounds_in_the_same_file(energies, write):
    channels = np.floor((energies - 0.03) / 0.01).astype(int)
    path = write([("PI", channels), ("PHA", channels + 9)], tables=[ebounds(0.01, 0.03)])
    reading = load_events(path)
    assert bands(reading.events) == BANDS
    np.testing.assert_allclose(reading.events.energy, 0.03 + 0.01 * (channels + 0.5))  # the middle of each channel
    assert "middle of each channel in EBOUNDS" in reading.layout.reasons[1]


@pytest.mark.parametrize("unit", ["keV", "eV", "MeV"])
def test_channels_by_an_rmf(unit, energies, write, tmp_path):
    channels = np.floor((energies - 0.03) / 0.01).astype(int)
    path = write([("PI", channels), ("PHA", channels + 9)])
    response = rmf(tmp_path / "list.rmf", ebounds(0.01, 0.03, unit=unit))
    assert bands(read_events(path, rmf=response)) == BANDS
    other = rmf(tmp_path / "pha.rmf", ebounds(0.01, -0.06, unit=unit, chantype="PHA"))
    assert bands(read_events(path, rmf=other)) == BANDS  # CHANTYPE says which column is meant


def test_channels_that_an_rmf_lacks(energies, write, tmp_path, refused):
    channels = np.floor(energies / 0.01).astype(int)
    channels[[4, 9]] = 5000
    response = rmf(tmp_path / "list.rmf", ebounds(0.01, 0.0))
    path = write([("PI", channels)])
    refused(lambda: read_events(path, rmf=response), path, "row 5:", "'PI'", "EBOUNDS of list.rmf lacks", "2 such rows")
    assert len(read_events(path, rmf=response, drop_invalid=True)) == N - 2


def test_a_file_that_is_not_an_rmf(energies, write, tmp_path, refused):
    path = write([("PI", np.floor(energies / 0.01).astype(int))])
    refused(lambda: read_events(path, rmf=path), path, "EBOUNDS", "--rmf")
    refused(lambda: read_events(path, rmf=tmp_path / "none.rmf"), "none.rmf", "no such file")
    twice = ebounds(0.01, 0.0)
    twice.data["CHANNEL"][1] = 0
    response = rmf(tmp_path / "twice.rmf", twice)
    refused(lambda: read_events(path, rmf=response), response, "CHANNEL", "each channel once")
    response = rmf(tmp_path / "pha.rmf", ebounds(0.01, 0.0, chantype="PHA"))
    refused(lambda: read_events(path, rmf=response), path, "'PHA'", "CHANTYPE")


def test_bounds_that_contradict_the_mission(energies, write, tmp_path, refused):
    channels = np.floor(energies / 0.01).astype(int)
    swift = {"TELESCOP": "SWIFT", "INSTRUME": "XRT"}
    assert bands(read_events(write([("PI", channels)], swift, tables=[ebounds(0.01, 0.0)]))) == BANDS
    path = write([("PI", channels)], swift, name="other.fits", tables=[ebounds(0.02, 0.0)])
    refused(lambda: read_events(path), path, "'PI'", "mission swift", "EBOUNDS", "--channel-kev")
    assert bands(read_events(path, channel_kev=0.01)) == BANDS


def test_a_file_without_energies_says_so(write, refused):
    columns = [("PHA", np.full(N, 90)), ("PI", np.full(N, 80))]
    path = write(columns, {"TELESCOP": "CHANDRA", "INSTRUME": "HRC"})
    refused(lambda: read_events(path), path, "holds no energies", "HRC", "leave this file out")
    path = write([("TIME", np.arange(N))], name="times.fits")
    refused(lambda: read_events(path), path, "holds no energies", "'ENERGY'", "TIME")


def test_pha_alone_is_not_an_energy(write, refused):
    path = write([("PHA", np.full(N, 90))], {"TELESCOP": "SWIFT", "INSTRUME": "XRT"})
    refused(lambda: read_events(path), path, "'PHA'", "before any gain", "--rmf")


@pytest.mark.parametrize("instrument", ["BAT", ""])
def test_channels_of_another_instrument_are_not_guessed(instrument, energies, write, refused):
    path = write([("PI", np.rint(energies / 0.01).astype(int))], {"TELESCOP": "SWIFT", "INSTRUME": instrument})
    refused(lambda: read_events(path), path, "'PI'", "mission swift", "--channel-kev")


@pytest.mark.parametrize(
    "unit", ["eV", "keV", "MeV", "GeV", "TeV", "erg", "J", "Hz", "Angstrom", "nm", "KEV", "MEV", "10**3 eV"]
)
def test_every_unit_of_energy(unit, energies, write):
    known = {"KEV": "keV", "MEV": "MeV", "10**3 eV": "keV"}.get(unit, unit)
    values = (energies * units.keV).to_value(known, equivalencies=units.spectral())
    path = write([("ENERGY", values)], unit=unit)
    events = read_events(path)
    assert bands(events) == BANDS
    np.testing.assert_allclose(events.energy, energies, rtol=1e-12)
    bare = write([("E", values)], name="bare.fits")
    assert bands(read_events(bare, energy="E", energy_unit=known)) == BANDS


def test_a_unit_that_contradicts_the_mission(energies, chandra, write, refused):
    path = write([("PI", energies)], {"TELESCOP": "NuSTAR", "INSTRUME": "FPMA"}, unit="keV")
    refused(lambda: read_events(path), path, "'PI'", "mission nustar", "TUNIT says keV", "--energy-unit")
    assert bands(read_events(path, energy_unit="keV")) == BANDS
    path = chandra(n=N, energy=energies)
    fits.setval(path, "TUNIT7", value="keV", ext=1)
    refused(lambda: read_events(path), path, "'energy'", "mission chandra", "eV", "TUNIT says keV")
    assert bands(read_events(path, energy_unit="keV")) == BANDS


def test_a_unit_that_contradicts_the_name(energies, write, refused):
    path = write([("energy_ev", energies)], unit="keV")
    refused(lambda: read_events(path, energy="energy_ev"), path, "its name says eV", "TUNIT says keV")
    assert bands(read_events(path, energy="energy_ev", energy_unit="keV")) == BANDS


@pytest.mark.parametrize("unit", ["deg", "furlong", "keV per photon", "s"])
def test_a_unit_that_is_not_an_energy(unit, energies, write, refused):
    path = write([("ENERGY", energies)], unit=unit)
    refused(lambda: read_events(path), path, "'ENERGY'", repr(unit), "not an energy", "--energy-unit")
    assert bands(read_events(path, energy_unit="keV")) == BANDS


def test_hard_x_rays_are_read_as_the_file_and_the_user_say(write, refused):
    energies = np.linspace(20, 200, N)
    stated = write([("ENERGY", energies)], unit="keV")
    np.testing.assert_array_equal(read_events(stated).energy, energies)
    bare = write([("ENERGY", energies)], name="bare.fits")
    refused(lambda: read_events(bare), bare, "'ENERGY'", "110", "keV or eV", "--energy-unit")
    np.testing.assert_array_equal(read_events(bare, energy_unit="keV").energy, energies)


@pytest.mark.parametrize(("unit", "factor", "other"), [("eV", 1.0, "looks like keV"), ("keV", 1000.0, "looks like eV")])
def test_a_unit_that_no_x_ray_list_can_have_is_refused(unit, factor, other, energies, write, refused):
    path = write([("ENERGY", energies * factor)], unit=unit)
    refused(lambda: read_events(path), path, "'ENERGY'", f"TUNIT says {unit}", other, "--energy-unit")
    right = {"eV": "keV", "keV": "eV"}[unit]
    assert bands(read_events(path, energy_unit=right)) == BANDS


def test_an_ingest_by_the_rmf_of_each_row(energies, write, tmp_path):
    for name, step in (("a", 0.01), ("b", 0.02)):
        write([("PI", np.floor(energies / step).astype(int))], name=f"{name}.fits")
        rmf(tmp_path / f"{name}.rmf", ebounds(step, 0.0))
    (tmp_path / "list.csv").write_text("cluster_id,log10_mass,events,rmf\nA,14,a.fits,a.rmf\nB,14,b.fits,b.rmf\n")
    archive = tmp_path / "archive"
    assert ingest(tmp_path / "list.csv", archive).added == ("A", "B")
    assert [bands(open_archive(archive).read(name)) for name in "AB"] == [BANDS, BANDS]
    assert ingest(tmp_path / "list.csv", archive).unchanged == ("A", "B")
    (tmp_path / "b.rmf").unlink()
    rmf(tmp_path / "b.rmf", ebounds(0.04, 0.0))  # another response: what it made is read again
    assert ingest(tmp_path / "list.csv", archive).updated == ("B",)
    assert bands(open_archive(archive).read("B")) != BANDS


def test_an_rmf_for_all_rows_is_checked_before_any_of_them(tmp_path, refused):
    none = IngestOptions(rmf=tmp_path / "none.rmf")
    refused(lambda: ingest("list.csv", tmp_path / "archive", none), "none.rmf", "no such file")


@pytest.mark.parametrize(
    ("stated", "pieces"),
    [
        ({"channel_kev": 0.0}, ("0.0", "0.04")),
        ({"channel_offset_kev": 1.6}, ("channel_kev",)),
        ({"channel_kev": 0.04, "channel_offset_kev": np.inf}, ("inf", "1.6")),
        ({"channel_kev": 0.04, "rmf": "a.rmf"}, ("RMF", "one of them")),
        ({"channel_kev": 0.04, "energy_unit": "keV"}, ("channels", "keV", "one of them")),
    ],
)
def test_statements_that_contradict_themselves(stated, pieces, refused):
    refused(lambda: read_events("list.fits", **stated), *pieces)
