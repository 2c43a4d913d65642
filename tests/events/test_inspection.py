import matplotlib
import numpy as np
from astropy.io import fits
from typer.testing import CliRunner

from report_utils.cli import app
from report_utils.events import IngestOptions, inspect_events


def test_what_was_found_and_how_it_was_decided(chandra):
    energy = np.repeat([2500.0, 5000.0, 7500.0, 7501.0, 300.0], 10)
    found = inspect_events(chandra(energy=energy))
    assert found.band_counts == (20, 10, 10, 10)  # closed on the right
    assert (found.layout.name, found.n_rows, len(found.events)) == ("Chandra level 2", 50, 50)
    assert found.centre == (30.0, 30.0)
    text = str(found)
    for piece in ("mission chandra", "TCDLT", "energy [eV]", "bands: 0-2.5 keV 20", "would drop: nothing"):
        assert piece in text


def test_what_would_be_dropped_and_what_could_be(erosita):
    pi = np.linspace(300, 5000, 40)
    pi[:3] = -1, np.nan, -1
    path = erosita(pi=pi)
    with fits.open(path, mode="update") as hdus:
        hdus[1].data["PAT_TYP"][5:7] = 0
    found = inspect_events(path)
    unusable = {"column 'PI' is not a finite number": 1}
    assert found.dropped == {"PI negative: secondary pixels": 2} | unusable
    assert found.invalid == tuple(unusable)
    assert found.could_drop == {"--good-grades": "would drop 2 rows (PAT_TYP other than 1, 2, 3, 4)"}
    assert (found.n_rows, len(found.events)) == (40, 37)
    assert "would drop: 2 rows, PI negative: secondary pixels\n" in str(found)
    assert "refuses the file for them unless --drop-invalid" in str(found)
    found = inspect_events(path, IngestOptions(good_grades=True))
    assert found.dropped == {"PAT_TYP other than 1, 2, 3, 4": 2, "PI negative: secondary pixels": 2} | unusable
    assert found.could_drop == {}


def test_each_step_that_a_file_has_what_it_needs_for_is_offered(sixte_imaging):
    path = sixte_imaging(src=np.resize([-1, 2, 3], 60))
    with fits.open(path, mode="append") as hdus:
        columns = [fits.Column("START", "D", array=[10.0]), fits.Column("STOP", "D", array=[19.0])]
        hdus.append(fits.BinTableHDU.from_columns(columns, name="STDGTI"))
    assert inspect_events(path).could_drop == {
        "--good-grades": "would drop 0 rows (TYPE below 0)",
        "--gti file": "would drop 50 rows (outside the good time intervals)",
        "--background-source-ids -1": "would drop 20 rows (SRC_ID -1: background)",
        "--agn-source-ids ID,...": "SRC_ID has 3 values (-1 in 20, 2 in 20, 3 in 20 rows);"
        " which are AGN only you can say",
    }
    with fits.open(path, mode="append") as hdus:
        hdus.append(fits.BinTableHDU.from_columns(columns, name="GTI"))
    assert "cannot be used" in inspect_events(path).could_drop["--gti file"]


def test_the_command_says_it_and_draws_it(chandra, tmp_path):
    path, picture = chandra(n=200), tmp_path / "out.png"
    result = CliRunner().invoke(app, ["inspect", str(path), "--image", str(picture), "--energy-max", "7"])
    assert result.exit_code == 0, result.output
    assert "energy above 7 keV" in result.output
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_picture_is_the_same_whatever_the_matplotlibrc_says(chandra, tmp_path):
    path, plain, hostile = chandra(n=200), tmp_path / "plain.png", tmp_path / "hostile.png"
    CliRunner().invoke(app, ["inspect", str(path), "--image", str(plain)])
    with matplotlib.rc_context({"image.cmap": "jet", "axes.grid": True, "font.size": 30, "text.usetex": True}):
        CliRunner().invoke(app, ["inspect", str(path), "--image", str(hostile)])
    assert hostile.read_bytes() == plain.read_bytes()


def test_the_command_takes_columns_and_cleaning(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("U,V,W\n" + "".join(f"{i},{i * 2},{300 + i * 10}\n" for i in range(100)))
    columns = ["--x", "U", "--y", "V", "--pixel-arcsec", "2", "--energy", "W", "--energy-unit", "eV"]
    result = CliRunner().invoke(app, ["inspect", str(path), *columns, "--energy-min", "0.4", "--region-arcsec", "150"])
    assert result.exit_code == 0, result.output
    assert "CSV table" in result.output
    assert "10 rows, energy below 0.4 keV" in result.output
    assert "further than 150 arcsec" in result.output


def test_the_command_goes_on_after_a_bad_file(chandra, tmp_path):
    result = CliRunner().invoke(app, ["inspect", str(tmp_path / "no.fits"), str(chandra())])
    assert result.exit_code == 2
    assert "no such file" in result.stderr
    assert "Chandra level 2" in result.stdout
    both = ["inspect", "a", "b", "--image", str(tmp_path / "x.png")]
    assert "one by one" in str(CliRunner().invoke(app, both).exception)


def test_a_picture_that_cannot_be_written(chandra, tmp_path, refused):
    def inspect(picture):
        raise (
            CliRunner()
            .invoke(app, ["inspect", str(chandra(f"{picture.parent.name}.fits")), "--image", str(picture)])
            .exception
        )

    refused(lambda: inspect(tmp_path / "a.gif"), "a.gif", ".png")
    refused(lambda: inspect(tmp_path / "no" / "a.png"), "a.png: cannot write here: No such file", "with --image")
