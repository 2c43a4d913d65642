import pytest

from report_utils.events import read_catalogue

HEADER = "cluster_id,log10_mass,events\n"


@pytest.fixture
def catalogue(tmp_path):
    for name in ("a.fits", "b.fits", "c.fits"):
        (tmp_path / name).write_bytes(b"x")

    def write(text, encoding="utf-8"):
        path = tmp_path / "catalogue.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_rows_in_order_with_paths_from_the_catalogues_folder(catalogue, tmp_path):
    text = "Group, log10_mass ,cluster_id,events,events_agn_less,redshift\n"
    text += "h1,14.25,A,a.fits,b.fits,0.1\n\n,13.7,B,c.fits,,0.2\n"
    first, second = read_catalogue(catalogue(text))
    assert (first.cluster_id, first.log10_mass, first.group, first.row) == ("A", 14.25, "h1", 1)
    assert (first.events, first.events_agn_less) == (tmp_path / "a.fits", tmp_path / "b.fits")
    assert (second.row, second.group, second.events_agn_less) == (2, "", None)


def test_spreadsheets_byte_order_mark_and_line_ends(catalogue):
    text = (HEADER + "A,14,a.fits\n").replace("\n", "\r\n")
    assert read_catalogue(catalogue(text, "utf-8-sig"))[0].cluster_id == "A"


@pytest.mark.parametrize(
    ("body", "pieces"),
    [
        ("A,14,a.fits\nB,14,b.fits\nA,14,a.fits\n", ("row 3", "repeats row 1")),
        ("A,14,a.fits\nA,14.1,b.fits\n", ("row 2", "'cluster_id'", "'A'", "row 1")),
        ("A,14,a.fits\nB,14.1,a.fits\n", ("row 2", "'events'", "'a.fits'", "row 1")),
        ("A,heavy,a.fits\n", ("row 1", "'log10_mass'", "'heavy'", "not a number")),
        ("A,nan,a.fits\n", ("row 1", "'log10_mass'", "not a number")),
        ("A,inf,a.fits\n", ("row 1", "'log10_mass'", "not a number")),
        (
            "A,14,a.fits\nB,2e14,b.fits\n",
            ("row 2", "'log10_mass'", "log10 of M500c in solar masses is expected"),
        ),
        ("A,1.4,a.fits\n", ("row 1", "'log10_mass'", "log10 of M500c")),
        ("A,,a.fits\n", ("row 1", "'log10_mass'", "empty")),
        (",14,a.fits\n", ("row 1", "'cluster_id'", "empty")),
        ("A,14,no.fits\n", ("row 1", "'events'", "no.fits")),
        ("A,14,a.fits,extra\n", ("row 1", "4 values for 3 columns")),
        ('A,14,"a.fits\n', ("row 1", "CSV")),
        ("", ("no rows",)),
    ],
)
def test_bad_rows_are_named(catalogue, refused, body, pieces):
    path = catalogue(HEADER + body)
    refused(lambda: read_catalogue(path), path, *pieces)


def test_a_list_cannot_be_its_own_agn_less_list(catalogue, refused):
    path = catalogue("cluster_id,log10_mass,events,events_agn_less\nA,14,a.fits,a.fits\n")
    refused(lambda: read_catalogue(path), path, "row 1", "'events_agn_less'")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ("empty",)),
        ("id,mass\n", ("header", "'cluster_id'", "id, mass")),
        ("cluster_id,events\nA,a.fits\n", ("'log10_mass'", "missing")),
        ("cluster_id,log10_mass,events,events\n", ("'events'", "twice")),
    ],
)
def test_bad_headers_are_named(catalogue, refused, text, pieces):
    path = catalogue(text)
    refused(lambda: read_catalogue(path), path, *pieces)


def test_not_text_and_not_there(catalogue, refused, tmp_path):
    path = catalogue(HEADER + "Ä,14,a.fits\n", "latin-1")
    refused(lambda: read_catalogue(path), path, "UTF-8")
    refused(lambda: read_catalogue(tmp_path / "no.csv"), "no.csv", "no such file")
