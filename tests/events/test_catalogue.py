import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from report_utils.events import IngestOptions, read_catalogue
from report_utils.events.catalogue import CatalogueError, unused_columns

HEADER = "cluster_id,log10_mass,events\n"


@pytest.fixture
def catalogue(tmp_path):
    for name in ("a.fits", "b.fits", "c.fits", "d.fits"):
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


def test_masses_in_the_scale_that_the_column_says(catalogue):
    for header, value, options, expected in [
        ("log10_mass", "14.25", None, 14.25),
        ("mass_msun", "2e14", None, 14.301029995663981),
        ("mass_msun_h", "1.4e14", IngestOptions(hubble_h=0.7), 14.301029995663981),
    ]:
        path = catalogue(f"cluster_id,{header},events\nA,{value},a.fits\n")
        assert read_catalogue(path, options)[0].log10_mass == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("header", "value", "options", "pieces"),
    [
        ("log10_mass", "2e14", None, ("row 1", "'log10_mass'", "name the column mass_msun")),
        ("mass_msun", "14.3", None, ("row 1", "'mass_msun'", "name the column log10_mass")),
        ("mass_msun", "5.3", None, ("row 1", "'mass_msun'", "between 1e+10 and 1e+17", "write 5.3e14")),
        ("mass_msun", "12.5", None, ("name the column log10_mass", "write 12.5e14")),
        ("log10_mass", "5.3", None, ("row 1", "name the column mass_msun", "write 5.3e14")),
        ("mass_msun", '"5,3"', None, ("row 1", "'5,3'", "decimal point")),
        ("mass_msun", "5,3,1", None, ("row 1", "separators or quotes")),
        ("mass_msun", "-2e14", None, ("row 1", "'mass_msun'", "not the mass of a cluster")),
        ("mass_msun_h", "2e14", None, ("'mass_msun_h'", "h is not stated", "--hubble-h 0.7")),
        ("mass_msun_h", "2e14", IngestOptions(hubble_h=70.0), ("hubble_h=70.0", "for example 0.7")),
        ("mass_msun", "2e14", IngestOptions(hubble_h=0.7), ("h is stated", "'mass_msun'")),
        ("log10_mass,mass_msun", "14.3,2e14", None, ("'log10_mass' and 'mass_msun'", "both give the mass")),
        ("log10_mass", "", None, ("row 1", "'log10_mass'", "--without-masses")),
        ("mass", "14.3", None, ("'log10_mass' is missing", "mass_msun, mass_msun_h")),
    ],
)
def test_a_mass_is_stated_and_never_guessed(catalogue, refused, header, value, options, pieces):
    path = catalogue(f"cluster_id,{header},events\nA,{value},a.fits\n")
    refused(lambda: read_catalogue(path, options), path if "hubble_h=" not in pieces[0] else "", *pieces)


def test_masses_may_be_missing_where_that_is_said(catalogue):
    options = IngestOptions(without_masses=True)
    (only,) = read_catalogue(catalogue("cluster_id,events\nA,a.fits\n"), options)
    assert math.isnan(only.log10_mass)
    first, second = read_catalogue(catalogue(HEADER + "A,,a.fits\nB,14.1,b.fits\n"), options)
    assert math.isnan(first.log10_mass)
    assert second.log10_mass == 14.1


def test_every_fault_is_listed(catalogue):
    path = catalogue(HEADER + "A,heavy,a.fits\nB,14,no.fits\n,14,\nD,14,a.fits,x\nE,14,c.fits\nE,14.5,b.fits\n")
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(path)
    faults = caught.value.faults
    assert [fault.removeprefix(f"{path}: ").partition(":")[0] for fault in faults] == [
        "row 4",  # not as long as the header
        "row 1",
        "row 2",
        "row 3",
        "row 3",
        "row 6",
    ]
    assert all("\n" not in fault for fault in faults)
    assert str(caught.value) == f"{faults[0]} (and 5 more faults in it)"


def test_what_a_row_states_goes_before_what_is_stated_of_all(catalogue):
    text = "cluster_id,log10_mass,events,x,y,energy,energy_unit,pixel_arcsec,table,ra_centre,dec_centre\n"
    text += "A,14,a.fits,POSX,POSY,,eV,0.5,2,210.5,-3\nB,14,b.fits,,,,,,,,\n"
    stated = IngestOptions(x="X", y="Y", energy="PI", energy_unit="keV", region_arcsec=9.0)
    first, second = read_catalogue(catalogue(text), stated)
    assert first.options == stated.with_changes(
        x="POSX", y="POSY", energy_unit="eV", pixel_arcsec=0.5, table="2", region_centre=(210.5, -3.0)
    )
    assert second.options == stated


def test_channels_that_a_row_states_go_before_other_units_of_all_rows(catalogue):
    text = "cluster_id,log10_mass,events,energy_unit,channel_kev,channel_offset_kev\n"
    text += "A,14,a.fits,,0.01,\nB,14,b.fits,keV,,\nC,14,c.fits,channel,,\nD,14,d.fits,,,1.7\n"
    stated = IngestOptions(energy_unit="channel", channel_kev=0.04, channel_offset_kev=1.6)
    rows = read_catalogue(catalogue(text), stated)
    assert [row.options for row in rows] == [
        IngestOptions(channel_kev=0.01),
        IngestOptions(energy_unit="keV"),
        stated,
        IngestOptions(energy_unit="channel", channel_kev=0.04, channel_offset_kev=1.7),
    ]


@pytest.mark.parametrize(
    ("columns", "values", "pieces"),
    [
        ("x,y", "11.5,2.25", ("row 1", "'11.5' names no column", "rename")),
        ("x", "RA", ("row 1", "x and y")),
        ("energy_unit", "parsec", ("row 1", "'parsec'", "'keV' or 'eV'")),
        ("pixel_arcsec", "small", ("row 1", "'small'", "0.492")),
        ("pixel_arcsec", "-1", ("row 1", "pixel_arcsec='-1'", "greater than 0")),
        ("channel_kev", "wide", ("row 1", "'wide'", "0.04")),
        ("channel_offset_kev", "1.6", ("row 1", "channel_kev")),
        ("rmf", "no.rmf", ("row 1", "'rmf'", "no.rmf")),
        ("ra_centre", "210", ("row 1", "'ra_centre'", "both")),
        ("ra_centre,dec_centre", "210,91", ("row 1", "'ra_centre'", "'91'")),
        ("events_agn_less,point_sources", "b.fits,c.fits", ("row 1", "'point_sources'", "keep one")),
        ("point_sources", "no.csv", ("row 1", "'point_sources'", "no.csv")),
    ],
)
def test_optionss_that_mean_nothing_are_named(catalogue, refused, columns, values, pieces):
    path = catalogue(f"cluster_id,log10_mass,events,{columns}\nA,14,a.fits,{values}\n")
    refused(lambda: read_catalogue(path), path, *pieces)


def test_a_pattern_names_exactly_one_file(catalogue, tmp_path, refused):
    (tmp_path / "lists").mkdir()
    for name in ("A_evt2.fits", "B_evt2.fits", "B_evt2.fits.gz", "odd[1].fits", "odd1.fits"):
        (tmp_path / "lists" / name).write_bytes(b"x")
    path = catalogue(HEADER + "A,14,lists/A_*\nC,14,lists/odd[12].fits\nD,14,lists/odd[1].fits\n")
    assert [row.events.name for row in read_catalogue(path)] == ["A_evt2.fits", "odd1.fits", "odd[1].fits"]
    path = catalogue(HEADER + "B,14,lists/B_*\n")
    refused(lambda: read_catalogue(path), path, "row 1", "'lists/B_*' matches 2 files (B_evt2.fits, B_evt2.fits.gz)")
    path = catalogue(HEADER + "B,14,lists/Z*\n")
    refused(lambda: read_catalogue(path), path, "row 1", "'events'", "no file matches 'lists/Z*'")


def test_one_pattern_for_all_rows_starts_at_the_working_folder(catalogue, tmp_path, monkeypatch, refused):
    (tmp_path / "elsewhere").mkdir()
    for name in ("A_evt2.fits", "B[x]_evt2.fits"):
        (tmp_path / "elsewhere" / name).write_bytes(b"x")
    monkeypatch.chdir(tmp_path / "elsewhere")
    options = IngestOptions(events="{cluster_id}_*.fits")
    path = catalogue("cluster_id,log10_mass\nA,14\nB[x],14\n")
    assert [row.events.name for row in read_catalogue(path, options)] == ["A_evt2.fits", "B[x]_evt2.fits"]
    path = catalogue(HEADER + "A,14,\nC,14,c.fits\n")
    assert [row.events for row in read_catalogue(path, options)] == [Path("A_evt2.fits"), tmp_path / "c.fits"]
    path = catalogue("cluster_id,log10_mass\n../A,14\n")
    refused(lambda: read_catalogue(path, options), path, "row 1", "'../A'", "rename the cluster")


@pytest.mark.parametrize("way", ["absolute", "upwards", "link", "pattern"])
def test_paths_that_leave_the_folder_need_a_word(tmp_path, refused, way):
    (tmp_path / "mine").mkdir()
    outside = tmp_path / "other.fits"
    outside.write_bytes(b"x")
    (tmp_path / "mine" / "link.fits").symlink_to(outside)
    text = {"absolute": str(outside), "upwards": "../other.fits", "link": "link.fits", "pattern": "../oth*"}[way]
    path = tmp_path / "mine" / "list.csv"
    path.write_text(HEADER + f"A,14,{text}\n")
    refused(lambda: read_catalogue(path), path, "row 1", "'events'", text, "--outside-paths")
    assert read_catalogue(path, IngestOptions(outside_paths=True))[0].events.resolve() == outside
    inside = tmp_path / "mine" / "own.fits"
    inside.write_bytes(b"x")
    path.write_text(HEADER + f"A,14,{inside}\nB,14,../mine/link2.fits\n")
    (tmp_path / "mine" / "link2.fits").hardlink_to(outside)
    assert len(read_catalogue(path)) == 2


def test_several_tables_of_one_file_may_serve_several_clusters(catalogue, refused):
    header = "cluster_id,log10_mass,events,table\n"
    rows = read_catalogue(catalogue(header + "A,14,a.fits,1\nB,14,a.fits,2\n"))
    assert [row.options.table for row in rows] == ["1", "2"]
    path = catalogue(header + "A,14,a.fits,1\nB,14,a.fits,1\n")
    refused(lambda: read_catalogue(path), "row 2", "already used in row 1")


def test_parquet_says_the_same_as_csv(catalogue, tmp_path, refused):
    frame = pd.DataFrame(
        {
            "Cluster_ID": [12, 13, 14],
            "log10_mass": [14.1, 14.2, 13.999999999999998],
            "events": ["a.fits", "b.fits", "c.fits"],
            "group": ["h", None, "h"],
            "pixel_arcsec": [0.5, np.nan, np.nan],
            "notes": [[1], [2, 3], []],
        }
    )
    frame.to_parquet(tmp_path / "catalogue.parquet")
    text = "Cluster_ID,log10_mass,events,group,pixel_arcsec\n"
    text += "12,14.1,a.fits,h,0.5\n13,14.2,b.fits,,\n14,13.999999999999998,c.fits,h,\n"
    assert read_catalogue(tmp_path / "catalogue.parquet") == read_catalogue(catalogue(text))
    frame.loc[1, "log10_mass"] = np.nan
    frame.to_parquet(tmp_path / "catalogue.parquet")
    refused(lambda: read_catalogue(tmp_path / "catalogue.parquet"), "row 2", "'log10_mass'", "empty")
    content = (tmp_path / "catalogue.parquet").read_bytes()
    (tmp_path / "catalogue.parquet").write_bytes(content[: len(content) // 2])
    refused(lambda: read_catalogue(tmp_path / "catalogue.parquet"), "catalogue.parquet", "Parquet")


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_columns_as_a_spreadsheet_separates_them(catalogue, refused, delimiter):
    header = "\ufeffcluster_id;log10_mass;events;remark, if any\r\n".replace(";", delimiter)
    path = catalogue(header + 'A;14.1;a.fits;"one; or two"\r\n'.replace(";", delimiter))
    (only,) = read_catalogue(path)
    assert (only.cluster_id, only.log10_mass, only.events.name) == ("A", 14.1, "a.fits")
    assert unused_columns(path) == ("remark, if any",)
    path = catalogue(header + "A;14,1;a.fits;\r\n".replace(";", delimiter))
    refused(lambda: read_catalogue(path), path, "row 1", "'log10_mass'", "'14,1'", "decimal point")


def test_names_that_no_file_can_have(catalogue, refused):
    for name in ("a\0b", "a" * 5000):
        path = catalogue(HEADER + f"A,14,{name}\n")
        refused(lambda path=path: read_catalogue(path), path, "row 1", "'events'")
