import dataclasses
import os
import warnings

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from report_utils.events import (
    ArchiveWriter,
    EventList,
    IngestOptions,
    Source,
    export_observations,
    ingest,
    inspect_events,
    open_archive,
    read_catalogue,
    read_events,
    write_sixte,
)
from report_utils.events.eventlist import content_digest
from report_utils.events.export import AGN_SOURCE_IDS, written_digest
from report_utils.events.reading import load_events


def test_files_and_catalogue(tmp_path, observation):
    made = [observation(20, i, f"c{i}", 13.5 + i / 3, "h") for i in range(3)]
    rows = read_catalogue(export_observations(made, tmp_path / "out"))
    assert [(row.cluster_id, row.log10_mass, row.group) for row in rows] == [
        (e.cluster_id, e.log10_mass, "h") for e in made
    ]
    assert len(read_events(rows[1].events_agn_less)) == len(made[1].without_agn())
    plain = read_catalogue(export_observations(made, tmp_path / "plain", agn_less=False))
    assert plain[0].events_agn_less is None


def test_a_stopped_export_goes_on_and_leaves_finished_files_alone(tmp_path, observation):
    made = [observation(20, i, f"c{i}") for i in range(4)]

    def stopped():
        yield from made[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_observations(stopped(), tmp_path)
    assert [row.cluster_id for row in read_catalogue(tmp_path / "catalogue.csv")] == ["c0", "c1"]
    os.utime(tmp_path / "c0.fits", (1, 1))
    (tmp_path / "c1.fits").write_bytes(b"damaged")
    rows = read_catalogue(export_observations(made, tmp_path))
    assert [row.cluster_id for row in rows] == ["c0", "c1", "c2", "c3"]
    assert (tmp_path / "c0.fits").stat().st_mtime == 1
    assert len(read_events(tmp_path / "c1.fits")) == 20


def test_names_are_safe_for_files_and_distinct(tmp_path, observation, refused):
    rows = read_catalogue(export_observations([observation(cluster_id="../Abell 1/α")], tmp_path / "out"))
    assert rows[0].cluster_id == "../Abell 1/α"
    assert rows[0].events.parent == tmp_path / "out"
    clash = [observation(cluster_id="a b"), observation(cluster_id="a_b")]
    refused(lambda: export_observations(clash, tmp_path / "clash"), "'a_b'", "rename")
    clash = [observation(cluster_id="a"), observation(cluster_id="a_agn_less")]
    refused(lambda: export_observations(clash, tmp_path / "clash2"), "'a_agn_less'", "rename")


def test_observations_without_name_or_mass(tmp_path, observation, refused):
    refused(lambda: export_observations([observation(cluster_id="")], tmp_path), "has no name")
    refused(lambda: export_observations([observation(log10_mass=float("nan"))], tmp_path), "mass")
    refused(lambda: export_observations([], tmp_path), "no observations")
    (tmp_path / "file").write_text("")
    refused(lambda: export_observations([observation()], tmp_path / "file"), tmp_path / "file")


@st.composite
def clusters(draw):
    """Observations as a telescope may leave them, places in whole milliarcseconds: see write_sixte's precision."""
    made = []
    names = draw(st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"])), max_size=3))
    for number, name in enumerate(names):
        n = draw(st.integers(3, 30))
        rng = np.random.default_rng(draw(st.integers(0, 2**32)))
        dtype = draw(st.sampled_from([np.float32, np.float64]))
        x, y = (rng.integers(-2_000_000, 2_000_000, (2, n)) / 1000).astype(dtype)
        source = rng.integers(0, 3, n).astype(np.int8) if draw(st.booleans()) else None
        mass = draw(st.floats(10, 17) | st.just(float("nan")))
        group = draw(st.sampled_from(["", "halo, 1", 'a "quoted" one']))
        energy = rng.exponential(2.0, n).astype(dtype)
        made.append(EventList(x, y, energy, source, cluster_id=f"{name}#{number}", log10_mass=mass, group=group))
    return made


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=clusters(), gzipped=st.booleans(), agn_less=st.booleans())
def test_any_archive_exported_and_ingested_is_the_same_to_the_files_precision(
    tmp_path_factory, same, made, gzipped, agn_less
):
    if not made:
        return
    tmp_path = tmp_path_factory.mktemp("round")
    with ArchiveWriter(tmp_path / "a") as writer:
        for events in made:
            writer.add(events, events.select(slice(0, len(events) - 1)))
    original = open_archive(tmp_path / "a")
    catalogue = export_observations(original, tmp_path / "files", gzipped=gzipped, agn_less=agn_less)
    assert all(path.suffix == (".gz" if gzipped else ".fits") for path in (tmp_path / "files").glob("*.fits*"))
    report = ingest(catalogue, tmp_path / "b", IngestOptions(without_masses=True))
    assert report.failures == ()
    again = open_archive(tmp_path / "b")
    assert again.ids == original.ids
    assert again.has_agn_less == agn_less
    for events, other in zip(original, again, strict=True):
        # RA and DEC are doubles near 180 deg, 1e-10 arcsec apart: float32 comes back to the last bit.
        places = {name: getattr(events if events.x.dtype == np.float32 else other, name) for name in ("x", "y")}
        np.testing.assert_allclose([other.x, other.y], [events.x, events.y], rtol=0, atol=1e-9)
        same(dataclasses.replace(events, source=None, **places), other)
        if agn_less:
            assert len(again.read(events.cluster_id, "agn_less")) == len(events) - 1
    # Labels are there for who asks: SRC_ID 2 is AGN in the files written here.
    labelled = [events for events in made if events.source is not None]
    if labelled and not agn_less:
        ingest(catalogue, tmp_path / "c", IngestOptions(agn_source_ids=(2,), without_masses=True))
        for events in labelled:
            if np.count_nonzero(events.source != 1) > 0 and np.ptp(events.without_agn().x) > 0:
                back = open_archive(tmp_path / "c").read(events.cluster_id)
                np.testing.assert_array_equal(back.source == 1, events.source == 1)


def test_observations_with_a_list_of_their_own(tmp_path, observation):
    events = observation(40, 1, "c1")
    export_observations([(events, events.select(slice(0, 7))), observation(30, 2, "c2", labelled=False)], tmp_path)
    first, second = read_catalogue(tmp_path / "catalogue.csv")
    assert len(read_events(first.events_agn_less)) == 7
    assert second.events_agn_less is None


def test_an_archive_without_masses_is_exported_without_them(tmp_path, observation):
    with ArchiveWriter(tmp_path / "a") as writer:
        writer.add(observation(40, 1, "c1", log10_mass=float("nan")))
    catalogue = export_observations(open_archive(tmp_path / "a"), tmp_path / "files")
    export_observations([observation(40, 2, "c2")], tmp_path / "files")  # what is listed stays listed
    assert [row.cluster_id for row in read_catalogue(catalogue, IngestOptions(without_masses=True))] == ["c1", "c2"]


def test_files_that_no_export_has_written_are_left_alone(tmp_path, observation, refused):
    own = tmp_path / "c0.fits"
    export_observations([observation(cluster_id="x")], tmp_path / "other")
    (tmp_path / "other" / "x.fits").rename(own)
    export_observations([observation(cluster_id="c0")], tmp_path)  # of an export: it may go
    catalogue, text = tmp_path / "catalogue.csv", (tmp_path / "catalogue.csv").read_text()
    catalogue.unlink()
    own.write_bytes(b"a list of my own")
    refused(lambda: export_observations([observation(cluster_id="c0")], tmp_path), own, "no export has written it")
    for listed in (text, "\n".join(f"{line},notes" for line in text.split())):
        catalogue.write_text(listed)
        refused(lambda: export_observations([observation(cluster_id="c1")], tmp_path), catalogue, "no export has")
        assert catalogue.read_text() == listed
    assert own.read_bytes() == b"a list of my own"
    assert not (tmp_path / "c1.fits").exists()


@pytest.mark.parametrize(
    "line",
    ["c1,14.5,c1.fits", "c1,14.5,c1.fits,,,more", "c1,heavy,c1.fits,,", "c0,14.5,c0.fits,,", "c1,14.5,c\x001.fits,,"],
    ids=["short", "long", "mass", "twice", "not text"],
)
def test_a_catalogue_that_was_damaged_after_the_export_is_refused_by_line(tmp_path, observation, refused, line):
    catalogue = export_observations([observation(cluster_id="c0")], tmp_path)
    catalogue.write_text(f"{catalogue.read_text()}{line}\n")
    refused(lambda: export_observations([observation(cluster_id="c2")], tmp_path), catalogue, "line 3")
    assert not (tmp_path / "c2.fits").exists()


def test_a_file_that_is_listed_and_not_there_leaves_the_catalogue(tmp_path, observation):
    catalogue = export_observations([observation(cluster_id="c0")], tmp_path)
    catalogue.write_text(f"{catalogue.read_text()}c1,14.5,{'x' * 300}.fits,,\n")
    export_observations([observation(cluster_id="c2")], tmp_path)
    assert [row.cluster_id for row in read_catalogue(catalogue)] == ["c0", "c2"]


def columns(dtype, n):
    width = 32 if dtype is np.float32 else 64
    # Whole milliarcseconds: doubles near RA 180 resolve 1e-10 arcsec.
    place = st.integers(-2_000_000, 2_000_000).map(lambda value: value / 1000)
    energy = st.floats(0, 45, width=width)
    return st.tuples(
        hnp.arrays(dtype, n, elements=place.map(dtype)),
        hnp.arrays(dtype, n, elements=place.map(dtype)),
        hnp.arrays(dtype, n, elements=energy),
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    dtype=st.sampled_from([np.float32, np.float64]),
    n=st.integers(2, 60),
    labelled=st.booleans(),
)
def test_round_trip_is_exact_to_the_files_own_precision(tmp_path, data, dtype, n, labelled):
    x, y, energy = data.draw(columns(dtype, n))
    x[0], x[1], y[0], y[1] = -2000, 2000, -2000, 2000  # not all at one position
    source = data.draw(hnp.arrays(np.int8, n, elements=st.sampled_from([int(label) for label in Source])))
    events = EventList(x, y, energy, source if labelled else None)
    write_sixte(tmp_path / "e.fits", events, overwrite=True)
    back = read_events(tmp_path / "e.fits", agn_source_ids=AGN_SOURCE_IDS if labelled else ())
    np.testing.assert_array_equal(back.energy, energy)
    assert (back.x.dtype, back.energy.dtype) == (dtype, dtype)
    # The file's own precision: RA as a double and the way there and back, 1e-9 arcsec.
    np.testing.assert_allclose(back.x, x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(back.y, y, rtol=0, atol=1e-9)
    if dtype is np.float32:
        np.testing.assert_array_equal(back.x, x)
        np.testing.assert_array_equal(back.y, y)
    if labelled:
        np.testing.assert_array_equal(back.source, source)
    else:
        assert back.source is None


def test_astropy_reads_sixtes_columns(tmp_path, observation):
    events = observation(10)
    write_sixte(tmp_path / "e.fits", events, pointing=(0.0, 45.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(tmp_path / "e.fits") as hdus:
            hdus.verify("exception")
            table, header = hdus["EVENTS"].data, hdus["EVENTS"].header
            units = {column.name: column.unit for column in hdus["EVENTS"].columns if column.unit}
            assert units == {"TIME": "s", "SIGNAL": "keV", "SIGNALS": "keV", "RA": "deg", "DEC": "deg"}
            names = "TIME FRAME PHA PI SIGNAL RAWX RAWY RA DEC PH_ID SRC_ID TYPE NPIXELS PILEUP SIGNALS PHAS"
            assert table.names == names.split()
            assert table["SIGNALS"].shape == table["PHAS"].shape == (10, 9)
            assert table["SRC_ID"].shape == table["PH_ID"].shape == (10, 2)
            np.testing.assert_array_equal(table["SIGNALS"].sum(axis=1), events.energy)
            ids = np.select([events.source == Source.AGN, events.source == Source.BACKGROUND], [2, -1], 1)
            np.testing.assert_array_equal(table["SRC_ID"][:, 0], ids)
            assert ((table["RA"] >= 0) & (table["RA"] < 360)).all()
            assert (header["RA_PNT"], header["DEC_PNT"], header["SRCAGN"], header["SRCBKG"]) == (
                0.0,
                45.0,
                2,
                -1,
            )
    assert inspect_events(tmp_path / "e.fits").layout.name == "SIXTE imaging events"
    np.testing.assert_allclose(read_events(tmp_path / "e.fits").x, events.x, atol=1e-6)


def test_labels_are_not_taken_from_src_id_unasked(tmp_path, observation):
    write_sixte(tmp_path / "e.fits", observation())
    assert read_events(tmp_path / "e.fits").source is None


def test_gzipped_is_the_same_and_always_the_same_bytes(tmp_path, observation, same):
    events = observation(5000)
    for name in ("a.fits", "a.fits.gz", "b.fits.gz"):
        write_sixte(tmp_path / name, events)
    assert (tmp_path / "a.fits.gz").stat().st_size < 0.6 * (tmp_path / "a.fits").stat().st_size
    assert (tmp_path / "a.fits.gz").read_bytes() == (tmp_path / "b.fits.gz").read_bytes()
    same(read_events(tmp_path / "a.fits.gz"), read_events(tmp_path / "a.fits"))


def test_an_existing_file_stays_unless_told(tmp_path, observation, refused):
    path = tmp_path / "e.fits"
    write_sixte(path, observation(10))
    refused(lambda: write_sixte(path, observation(20)), path, "exists")
    assert load_events(path).n_rows == 10
    write_sixte(path, observation(20), overwrite=True)
    assert load_events(path).n_rows == 20


def test_what_cannot_be_written(tmp_path, observation, refused):
    refused(lambda: write_sixte(tmp_path / "no" / "e.fits", observation()), "folder does not exist")
    events = observation(5)
    energy = events.energy.copy()
    energy[3] = np.nan
    bad = EventList(events.x, events.y, energy)
    refused(lambda: write_sixte(tmp_path / "e.fits", bad), "row 4", "'energy'")
    assert list(tmp_path.iterdir()) == []


def test_the_digest_follows_values_and_precision_only(tmp_path, observation):
    events = observation(cluster_id="a")
    assert content_digest(events) == content_digest(observation(cluster_id="b"))
    assert content_digest(events) != content_digest(observation(seed=1))
    assert content_digest(events) != content_digest(EventList(events.x, events.y, events.energy))
    write_sixte(tmp_path / "e.fits", events)
    assert written_digest(tmp_path / "e.fits") == content_digest(events)
    (tmp_path / "other.fits").write_bytes(b"no FITS")
    assert written_digest(tmp_path / "other.fits") is None
