"""The one file that a pattern means, and no endless search for it."""

import fnmatch

import pytest

from report_utils.events.catalogue_cells import FileSearch

NAMES = ("a.fits", "b.fits.gz", "[x].fits", ".hidden.fits", "c2.fits")


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        (tmp_path / name).touch()
    (tmp_path / "one.fits").mkdir()
    (tmp_path / "one.fits" / "inner.fits").touch()
    return tmp_path


@pytest.mark.parametrize("pattern", ["a.*", "b*", "?.fits", "[[]*", "[[]x].fits", ".hid*", "c?.fits", "*x*"])
def test_a_pattern_finds_the_file_that_it_matches(folder, pattern):
    (name,) = [name for name in NAMES if fnmatch.fnmatch(name, pattern)]
    assert FileSearch().locate(pattern, "A", folder) == folder / name
    assert FileSearch().locate(f"one.fits/../{pattern}", "A", folder).samefile(folder / name)


def test_neither_hidden_files_nor_folders_match(folder, refused):
    refused(lambda: FileSearch().locate("*.fits", "A", folder), "matches 3 files ([x].fits, a.fits, c2.fits)")
    refused(lambda: FileSearch().locate("one*", "A", folder), "no file matches 'one*'")
    refused(lambda: FileSearch().locate("none/*.fits", "A", folder), "no file matches 'none/*.fits'")


def test_only_the_files_name_may_be_a_pattern(folder, refused):
    assert FileSearch().locate("one.fits/in*", "A", folder) == folder / "one.fits" / "inner.fits"
    for pattern in ("**/inner.fits", "o*/inner.fits"):
        refused(
            lambda pattern=pattern: FileSearch().locate(pattern, "A", folder), "only a file's name may be a pattern"
        )


def test_first_letters_spare_comparisons_and_the_rest_are_bounded(tmp_path, refused):
    for number in range(100):
        (tmp_path / f"c{number:03}_evt2.fits").touch()
    search = FileSearch(max_names=100)
    for number in range(100):
        assert search.locate("{cluster_id}_*", f"c{number:03}", tmp_path) == tmp_path / f"c{number:03}_evt2.fits"
    refused(lambda: search.locate("*_evt2.fits", "A", tmp_path), "'*_evt2.fits'", "more than 100 names")
