import dataclasses
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from report_utils.events import (
    ArchiveWriter,
    EventList,
    IngestOptions,
    export_observations,
    ingest,
    open_archive,
    read_catalogue,
    read_events,
)


def test_files_and_catalogue(tmp_path, observation):
    made = [observation(20, i, f"c{i}", 13.5 + i / 3, "h") for i in range(3)]
    rows = read_catalogue(export_observations(made, tmp_path / "out"))
    assert [(row.cluster_id, row.log10_mass, row.group) for row in rows] == [
        (e.cluster_id, e.log10_mass, "h") for e in made
    ]
    assert len(read_events(rows[1].events_agn_less)) == len(made[1].without_agn())
    plain = read_catalogue(export_observations(made, tmp_path / "plain", agn_less=False))
    assert plain[0].events_agn_less is None


def test_an_archive_exported_and_ingested_again_is_the_same(tmp_path, observation):
    with ArchiveWriter(tmp_path / "a") as writer:
        for i in range(4):
            events = observation(40, i, f"c{i}", 14.0 + i / 7, labelled=False)
            writer.add(events, events.select(slice(0, 30)))
    catalogue = export_observations(open_archive(tmp_path / "a"), tmp_path / "out")
    ingest(catalogue, tmp_path / "b")
    assert open_archive(tmp_path / "b").digest == open_archive(tmp_path / "a").digest


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


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
