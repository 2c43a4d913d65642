import numpy as np
from astropy.io import fits

from report_utils.events import inspect_events


def test_what_was_found_and_how_it_was_decided(chandra):
    energy = np.repeat([2500.0, 5000.0, 7500.0, 7501.0, 300.0], 10)
    found = inspect_events(chandra(energy=energy))
    assert found.band_counts == (20, 10, 10, 10)  # closed on the right
    assert (found.layout, found.mission, found.n_rows, found.n_events) == (
        "Chandra level 2",
        "chandra",
        50,
        50,
    )
    assert found.centre is None
    assert 0 < found.extent[0] <= 400 * 0.492
    text = str(found)
    for piece in ("TCDLT", "energy [eV]", "<= 2.5 keV 20", "would drop: nothing"):
        assert piece in text


def test_what_would_be_dropped_and_what_is_doubtful(erosita):
    pi = np.linspace(300, 5000, 40)
    pi[:3] = -1
    path = erosita(pi=pi)
    with fits.open(path, mode="update") as hdus:
        hdus[1].data["PAT_TYP"][5:7] = 0
    found = inspect_events(path)
    assert found.would_drop == {"column 'PI' is negative": 3}
    assert found.doubtful == {"PAT_TYP other than 1, 2, 3, 4": 2}
    assert (found.n_rows, found.n_events) == (40, 37)
    assert "would drop: 3 rows" in str(found)


def test_unusable_files_are_refused(tmp_path, refused):
    refused(lambda: inspect_events(tmp_path / "no.fits"), "no such file")
