import os

import pytest

from report_utils.events import (
    ArchiveWriter,
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
    refused(lambda: export_observations([observation(cluster_id="")], tmp_path), "no name")
    refused(lambda: export_observations([observation(log10_mass=float("nan"))], tmp_path), "mass")
    refused(lambda: export_observations([], tmp_path), "no observations")
    (tmp_path / "file").write_text("")
    refused(lambda: export_observations([observation()], tmp_path / "file"), tmp_path / "file")
