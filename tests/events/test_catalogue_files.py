"""Files that match a pattern: those that glob finds, and no walk over a disk."""

import glob
from pathlib import Path

import pytest

from report_utils.errors import InputError
from report_utils.events.catalogue_files import FileSearch

TREE = (
    "a.fits",
    "b.fits.gz",
    "[x].fits",
    ".hidden.fits",
    "one/a.fits",
    "one/a2.fits",
    "one/two/a.fits",
    "one/.no/a.fits",
)


@pytest.fixture
def tree(tmp_path):
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    "pattern",
    ["*", "*.fits", "?.fits", "[ab].*", "**/a.fits", "**", "one/**/a*", "*/a.fits", ".*", "one/.*/a.fits", "*.fits*",
     "[[]x].fits", "[[]*", "*/*/*", "none/*", "one/../a.*", "one/**/two/*", "**/.hid*"],
)  # fmt: skip
def test_what_glob_finds(tree, pattern):
    found = glob.glob(pattern, root_dir=tree, recursive=True)  # noqa: PTH207
    expected = [tree / name for name in found if (tree / name).is_file()]
    assert FileSearch().files(tree, pattern) == sorted(set(expected))
    assert FileSearch().files(Path("/"), f"{glob.escape(str(tree))}/{pattern}") == sorted(set(expected))


def test_two_stars_follow_no_links(tree):
    (tree / "one" / "again").symlink_to(tree)
    assert FileSearch().files(tree, "**/two/a.fits") == [tree / "one/two/a.fits"]
    assert FileSearch().files(tree, "one/again/b*") == [tree / "one/again/b.fits.gz"]


def test_more_files_than_may_be_listed(tree):
    assert len(FileSearch(max_listed=11).files(tree, "**/*.fits")) == 5
    with pytest.raises(
        InputError, match=r"'\*\*/\*.fits', with the patterns .* more than 3 files and folders; begin it"
    ):
        FileSearch(max_listed=3).files(tree, "**/*.fits")


def test_a_folder_is_listed_once_and_first_letters_spare_comparisons(tmp_path):
    for number in range(100):
        (tmp_path / f"c{number:03}_evt2.fits").touch()
    search = FileSearch(max_listed=100, max_compared=100)
    for number in range(100):
        assert search.files(tmp_path, f"c{number:03}_*") == [tmp_path / f"c{number:03}_evt2.fits"]
    with pytest.raises(InputError, match="more than 100 files"):
        search.files(tmp_path, "*_evt2.fits")


def test_a_pattern_through_more_folders_than_there_are(tmp_path):
    with pytest.raises(InputError, match="goes through more than 50 folders"):
        FileSearch().files(tmp_path, "*/" * 60)
