import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from report_utils.events import ArchiveWriter, EventList, archive_writer, open_archive


@pytest.fixture
def archive(tmp_path, observation):
    def make(name="archive", n=5):
        with ArchiveWriter(tmp_path / name) as writer:
            for index in range(n):
                events = observation(100 + index, index, f"c{index}", 14 + index / 10, f"h{index // 2}")
                writer.add(events, events.without_agn())
        return tmp_path / name

    return make


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-100])


any_float = st.sampled_from([np.float32, np.float64])


@st.composite
def observations(draw):
    n = draw(st.integers(0, 40))
    arrays = {
        name: draw(hnp.arrays(draw(any_float), n, elements={"allow_nan": False})) for name in ("x", "y", "energy")
    }
    source = draw(st.none() | hnp.arrays(np.int8, n, elements=st.integers(0, 2)))
    name = draw(st.text(st.characters(codec="utf-8"), min_size=1))
    mass = draw(st.floats(10, 17))
    return EventList(**arrays, source=source, cluster_id=name, log10_mass=mass, group=draw(st.sampled_from(["", "h"])))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    several=st.lists(
        st.tuples(observations(), st.none() | observations()),
        min_size=1,
        max_size=4,
        unique_by=lambda pair: pair[0].cluster_id,
    )
)
def test_round_trip_is_exact(tmp_path_factory, same, several):
    folder = tmp_path_factory.mktemp("archive")
    with ArchiveWriter(folder) as writer:
        for events, agn_less in several:
            writer.add(events, agn_less)
    archive = open_archive(folder)
    assert archive.ids == tuple(events.cluster_id for events, _ in several)
    assert archive.has_agn_less == all(agn_less is not None for _, agn_less in several)
    for index, (events, agn_less) in enumerate(several):
        same(archive.read(index), events)
        same(archive.read(events.cluster_id), events)
        if agn_less is not None:
            back = archive.read(index, "agn_less")
            for name, column in agn_less.columns().items():
                np.testing.assert_array_equal(back.columns()[name], column)
            assert back.cluster_id == events.cluster_id


def test_catalogue(archive):
    opened = open_archive(archive())
    frame = opened.catalogue
    assert frame.columns.tolist() == ["cluster_id", "log10_mass", "group", "n_events", "n_events_agn_less"]
    assert frame["cluster_id"].tolist() == ["c0", "c1", "c2", "c3", "c4"]
    assert frame["n_events"].tolist() == [100, 101, 102, 103, 104]
    assert frame["n_events_agn_less"].tolist() == [len(opened.read(i, "agn_less")) for i in range(5)]
    assert frame["group"].tolist() == ["h0", "h0", "h1", "h1", "h2"]
    assert len(opened) == 5
    assert [events.cluster_id for events in opened] == list(opened.ids)


def test_one_file_for_each_list_named_after_its_content(archive):
    import pandas as pd

    folder = archive()
    index = pd.read_parquet(folder / "index.parquet")
    assert index["source"].tolist() == ["observation", "agn_less"] * 5
    assert {file.name for file in (folder / "lists").iterdir()} == {f"{digest}.parquet" for digest in index["digest"]}
    first = pd.read_parquet(folder / "lists" / f"{index['digest'][0]}.parquet")
    np.testing.assert_array_equal(first["energy"], open_archive(folder).read("c0").energy)


def test_lists_become_visible_while_others_are_added(monkeypatch, tmp_path, observation):
    monkeypatch.setattr(archive_writer, "_INDEX_SECONDS", 0.0)
    with ArchiveWriter(tmp_path / "a") as writer:
        for index in range(3):
            writer.add(observation(cluster_id=f"c{index}"))
            assert len(open_archive(tmp_path / "a")) == index + 1


def test_after_an_exception_what_was_added_stays(tmp_path, observation):
    def fail():
        with ArchiveWriter(tmp_path) as writer:
            writer.add(observation(cluster_id="a"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert open_archive(tmp_path).ids == ("a",)
    assert len(list((tmp_path / "lists").iterdir())) == 1


def test_leftovers_of_a_killed_run_are_removed_and_only_they(archive):
    folder = archive()
    name = f"{'0' * 64}.parquet"
    (folder / "lists" / f".{name}.{'0' * 12}.1.tmp").write_bytes(b"half")
    (folder / "lists" / name).write_bytes(b"never indexed")
    digest = open_archive(folder).digest
    with ArchiveWriter(folder):
        pass
    assert len(list((folder / "lists").iterdir())) == 10
    assert open_archive(folder).digest == digest


def test_appending_and_replacing(archive, observation, same):
    folder = archive()
    digest = open_archive(folder).digest
    new = observation(50, 77, "c1", 13.9)
    with ArchiveWriter(folder) as writer:
        writer.add(observation(10, 5, "later"))
        writer.add(new)
    opened = open_archive(folder)
    assert opened.ids == ("c0", "c1", "c2", "c3", "c4", "later")
    same(opened.read("c1"), new)
    assert not opened.has_agn_less
    assert opened.digest != digest


def test_the_digest_is_of_the_content_not_of_how_it_is_kept(tmp_path, archive, observation):
    whole = open_archive(archive("whole", 4)).digest
    with ArchiveWriter(tmp_path / "slow") as writer:
        for index in range(4):
            events = observation(100 + index, index, f"c{index}", 14 + index / 10, f"h{index // 2}")
            writer.add(events, events.without_agn())
    assert open_archive(tmp_path / "slow").digest == whole
    with ArchiveWriter(tmp_path / "other") as writer:
        for index in range(4):
            events = observation(100 + index, index, f"c{index}", 14 + index / 10 + 1e-12, f"h{index // 2}")
            writer.add(events, events.without_agn())
    assert open_archive(tmp_path / "other").digest != whole


def test_one_writer_at_a_time(archive, refused):
    folder = archive()
    with ArchiveWriter(folder):
        refused(lambda: ArchiveWriter(folder), folder, "another run")


def test_unknown_clusters_and_lists(archive, tmp_path, observation, refused):
    opened = open_archive(archive())
    refused(lambda: opened.read("nobody"), "'nobody'", "c0")
    refused(lambda: opened.read(5), "number 5", "holds 5")
    refused(lambda: opened.read(0, "gas"), "'gas'", "agn_less")
    with ArchiveWriter(tmp_path / "plain") as writer:
        writer.add(observation(cluster_id="p"))
    refused(lambda: open_archive(tmp_path / "plain").read("p", "agn_less"), "'p'", "no AGN-less list")
    with ArchiveWriter(tmp_path / "unnamed") as writer:
        refused(lambda: writer.add(observation(cluster_id="")), "name it")


def test_not_an_archive(tmp_path, refused):
    refused(lambda: open_archive(tmp_path / "no"), tmp_path / "no", "not an archive")
    (tmp_path / "thesis.tex").write_text("mine")
    refused(lambda: ArchiveWriter(tmp_path), tmp_path, "other things")
    assert (tmp_path / "thesis.tex").read_text() == "mine"
    (tmp_path / "file").write_text("")
    refused(lambda: ArchiveWriter(tmp_path / "file"), tmp_path / "file")
    with ArchiveWriter(tmp_path / "empty"):
        pass
    refused(lambda: open_archive(tmp_path / "empty"), "no observations")


def test_damaged_lists_are_named_with_their_cluster(archive, refused):
    folder = archive()
    opened = open_archive(folder)
    lists = [folder / "lists" / one.file for one in opened.observations]
    flipped = bytearray(lists[0].read_bytes())
    flipped[300:340] = bytes(40)
    lists[0].write_bytes(flipped)
    refused(lambda: opened.read(0), lists[0], "damaged", "'c0'", "ingest the catalogue again")
    lists[1].write_bytes(lists[1].read_bytes()[:-100])
    refused(lambda: opened.read(1), lists[1], "cut off", "'c1'")
    lists[2].unlink()
    refused(lambda: opened.read(2), lists[2], "missing", "'c2'")


@pytest.mark.parametrize(("harm", "said"), [(lambda file: file.unlink(), "missing"), (cut_off, "cut off")])
def test_an_archive_that_lacks_a_list_is_refused_when_it_is_opened(archive, refused, harm, said):
    folder = archive()
    file = sorted((folder / "lists").iterdir())[3]
    harm(file)
    refused(lambda: open_archive(folder), file, said)


def test_a_damaged_index(archive, refused):
    folder = archive()
    index = folder / "index.parquet"
    cut_off(index)
    refused(lambda: open_archive(folder), index, "damaged")
    refused(lambda: ArchiveWriter(folder), index, "damaged")


@pytest.mark.parametrize("columns", [{"digest": "../" * 20 + "abcd"}, {"source": "gas"}, {"cluster_id": "c0"}])
def test_rows_that_no_writer_writes(archive, refused, columns):
    import pyarrow as pa
    import pyarrow.parquet as pq

    index = archive() / "index.parquet"
    table = pq.read_table(index)
    changed = table.to_pydict()
    for name, value in columns.items():
        changed[name][-1] = value
    pq.write_table(pa.table(changed, schema=table.schema), index)
    refused(lambda: open_archive(index.parent), index, "damaged")


def test_an_archive_of_another_version(archive, refused):
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = archive()
    schema = pa.schema([("cluster_id", pa.string())], {b"format": b"report_utils archive 1"})
    pq.write_table(pa.table({"cluster_id": ["a"]}, schema=schema), folder / "index.parquet")
    refused(lambda: open_archive(folder), folder / "index.parquet", "another version", "ingest the catalogue again")


@pytest.mark.parametrize("name", ["lists/part-list.csv", "lists/notes.tmp", "lists/0123.parquet", "notes.txt"])
def test_a_folder_of_somebody_else_is_no_archive(tmp_path, refused, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    refused(lambda: ArchiveWriter(tmp_path), "the folder holds other things than an archive")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [name]


def test_what_else_lies_in_an_archive_stays(archive):
    folder = archive()
    mine = [folder / name for name in ("lists/list.csv", "lists/notes.tmp", "notes.txt", ".hidden.tmp")]
    for path in mine:
        path.write_text("mine")
    (folder / ".lock").write_text("held")
    with ArchiveWriter(folder):
        pass
    assert [path.read_text() for path in mine] == ["mine"] * 4
    assert (folder / ".lock").read_text() == "held"
