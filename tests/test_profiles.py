"""Profiles: what they say, and what is impossible."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.profiles import load_profile, profile_names, project_root

GOOD = """
description = "a test"
seed = 1
n_pixels = 32
[source]
n_clusters = 20
"""


def test_the_profiles_of_the_project():
    assert profile_names() == ["full", "paper", "quick", "smoke"]


def test_paper_is_the_reports_protocol():
    """Sections 2, 3.1, 3.2, 3.3 and 4.1 of the report."""
    paper = load_profile("paper")
    assert (paper.source.n_clusters, paper.n_pixels) == (3286, 128)
    assert (paper.folds.n_folds, paper.folds.run) == (10, 10)
    training = paper.training
    assert (training.epochs, training.batch_size, training.learning_rate) == (100, 16, 5e-4)
    assert (training.schedule, training.target, training.inputs) == ("constant", "as_is", "as_is")
    assert (training.coarse, training.precision) == ([], "float32")
    dynamics = paper.dynamics
    assert (dynamics.epochs, dynamics.batch_size, dynamics.learning_rate, dynamics.noise) == (
        50,
        16,
        5e-4,
        0.05,
    )
    assert dynamics.target == "as_is"
    assert paper.source.simulation == {}


def test_full_differs_from_the_report_only_in_how_it_trains():
    full, paper = load_profile("full"), load_profile("paper")
    differing = {name for name in type(full).model_fields if getattr(full, name) != getattr(paper, name)}
    assert differing == {"name", "path", "description", "training", "dynamics"}


def test_small_profiles_differ_in_size_not_in_physics():
    for name in ("smoke", "quick"):
        profile = load_profile(name)
        assert profile.source.simulation == {}
        assert profile.folds.n_folds == 10
        assert profile.seed == load_profile("paper").seed


def test_quick_is_the_default_and_the_environment_decides(monkeypatch):
    monkeypatch.delenv("REPORT_PROFILE", raising=False)
    assert load_profile().name == "quick"
    monkeypatch.setenv("REPORT_PROFILE", "smoke")
    assert load_profile().name == "smoke"
    assert load_profile("paper").name == "paper"


def test_user_defined_profile(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("n_clusters = 20", 'archive = "../my-archive"'))
    profile = load_profile(path)
    assert profile.name == "mine"
    assert profile.archive_path == tmp_path.parent / "my-archive"


def stages(*sizes):
    """Return the entry of stages on images of these sizes."""
    return "coarse = [" + ", ".join(f"{{ n_pixels = {size}, epochs = 2 }}" for size in sizes) + "]"


def test_stages_on_coarser_images_come_first(tmp_path):
    """An epoch at a quarter of the side shows a sixteenth of the pixels."""
    path = tmp_path / "mine.toml"
    path.write_text(GOOD + f"[training]\nepochs = 3\n{stages(8, 16)}\n")
    training = load_profile(path).training
    assert training.stages(32) == [(8, 2), (16, 2), (32, 3)]
    assert training.all_epochs == 7
    assert training.whole_epochs(32) == 2 / 16 + 2 / 4 + 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("seed = 1", "seed = -1"), "seed = -1: Input should be greater than or equal to 0"),
        (("n_pixels = 32", "n_pixels = 30"), "n_pixels = 30: Input should be a multiple of 8"),
        (("n_pixels = 32", "n_pixels = '32'"), "n_pixels = '32': Input should be a valid integer"),
        (("n_clusters = 20", "n_clusters = 0"), "source.n_clusters = 0"),
        (("n_clusters = 20", ""), "source: give n_clusters for the simulation, or the folder of an archive"),
        (
            ("n_clusters = 20", "archive = 'a'\nsimulation = { exposure_s = 1 }"),
            "an archive has no settings",
        ),
        (("seed = 1", ""), "seed: Field required"),
        (("seed = 1", "seed = 1\nsede = 2"), "sede = 2: there is no such entry; did you mean seed?"),
        (("seed = 1", "seed = 1\nname = 'x'"), "'name' is taken from the file's own name"),
        (("[source]", "[folds]\nrun = 11\n[source]"), "folds: run = 11 folds, but there are only 10"),
        (("[source]", "[training]\nepochs = 0\n[source]"), "training.epochs = 0"),
        (("[source]", "[training]\nlearning_rate = nan\n[source]"), "training.learning_rate = nan"),
        (("[source]", "[training]\nschedule = 'fast'\n[source]"), "training.schedule = 'fast'"),
        (("[source]", "[dynamics]\nnoise = -0.1\n[source]"), "dynamics.noise = -0.1"),
        (("[source]", f"[training]\n{stages(16, 8)}\n[source]"), "training.coarse has stages of 16, 8 pixels before"),
        (("[source]", f"[training]\n{stages(32)}\n[source]"), "coarse has stages of 32 pixels before 32: each must"),
        (("[source]", f"[training]\n{stages(24)}\n[source]"), "must be larger than the one before, and divide 32"),
        (("[source]", "[training]\nprecision = 'half'\n[source]"), "training.precision = 'half'"),
        (("seed = 1", "seed = = 1"), "not valid TOML"),
        (("seed = 1", f"seed = {2**63}"), "seed has 64 bits: it is stored with the observations and seeds NumPy's"),
        (("seed = 1", f"seed = 0x{'f' * 5000}"), "seed has 20000 bits"),
        (("seed = 1", f"seed = {'9' * 5000}"), "not valid TOML: Exceeds the limit"),
        (("n_pixels = 32", "n_pixels = 8192"), "n_pixels: 8192 is more than 4096: one observation's counts"),
        (("n_clusters = 20", "n_clusters = 1000001"), "source.n_clusters: 1000001 is more than 1000000: their images"),
        (("n_clusters = 20", "n_clusters = 20\nmax_events = 1000000001"), "source.max_events: 1000000001 is more than"),
        (("n_clusters = 20", 'archive = "a\\u0000b"'), "source.archive: 'a?b' is not a path"),
        (("n_clusters = 20", f'archive = "{"a" * 5000}"'), "is not a path: it is empty, too long"),
        (("n_clusters = 20", f"n_clusters = 20\nsimulation.a = {10**400}"), "source.simulation.a has 1329 bits"),
        (("n_clusters = 20", f"n_clusters = 20\nsimulation.a{'.a' * 40} = 1"), "nests more than 30 deep"),
        (("seed = 1", f"seed = {'[' * 5000}{']' * 5000}"), "not valid TOML"),
        (("seed = 1", "seed = 1\ntraining_seeds = 1001"), "training_seeds: 1001 is more than 1000: each trains"),
        (("[source]", "[folds]\nn_folds = 1001\n[source]"), "folds.n_folds: 1001 is more than 1000: each fold trains"),
        (("[source]", "[training]\nepochs = 1000000000\n[source]"), "training.epochs: 1000000000 is more than 10000"),
        (("[source]", "[dynamics]\nepochs = 1000000000\n[source]"), "dynamics.epochs: 1000000000 is more than 10000"),
        (("[source]", "[training]\nbatch_size = 65537\n[source]"), "training.batch_size: 65537 is more than 65536"),
        (("[source]", "[training]\nlearning_rate = 11.0\n[source]"), "training.learning_rate: 11.0 is more than 10.0"),
        (("[source]", "[dynamics]\nnoise = 101.0\n[source]"), "dynamics.noise: 101.0 is more than 100.0"),
        (('"a test"', '"a \\u001b[2J test"'), "description: 'a ?[2J test' cannot be printed"),
    ],
)
def test_impossible_values_are_named(tmp_path, change, message):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(*change))
    with pytest.raises(InputError) as caught:
        load_profile(path)
    text = str(caught.value)
    assert message in text
    assert text.startswith(str(path))
    assert "\n" not in text


def test_largest_allowed_values_are_accepted(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("seed = 1", f"seed = {2**63 - 1}") + "[training]\nepochs = 10000\n")
    profile = load_profile(path)
    assert (profile.seed, profile.training.epochs) == (2**63 - 1, 10_000)
    assert np.asarray([profile.seed]).dtype == np.int64
    assert 0 <= np.random.default_rng(profile.seed).random() < 1


def test_a_file_of_gigabytes_is_no_profile(tmp_path):
    path = tmp_path / "mine.toml"
    with path.open("wb") as stream:
        stream.truncate(4 << 30)
    with pytest.raises(InputError, match="has 4294967296 bytes, and no such file has more than 1048576"):
        load_profile(path)


def test_an_unknown_profile_lists_those_there_are():
    with pytest.raises(InputError, match="unknown profile 'huge'; choose one of full, paper, quick, smoke"):
        load_profile("huge")
    with pytest.raises(InputError, match="unknown profile"):
        load_profile("absent.toml")


def test_the_project_is_found_from_its_notebooks(monkeypatch):
    root = project_root()
    monkeypatch.chdir(root / "notebooks")
    assert project_root() == root


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("n_pixels = 32", "n_pixel = 32"), "n_pixel = 32: there is no such entry; did you mean n_pixels?"),
        (("[source]", "[sources]"), "there is no such entry; did you mean source?"),
        (("n_clusters = 3", "n_cluster = 3"), "source.n_cluster = 3: there is no such entry; did you mean n_clusters?"),
        (
            ("[source]", "colour = 3\n[source]"),
            "colour = 3: there is no such entry; choose one of box, description",
        ),
    ],
)
def test_misspelt_entry_suggests_the_intended_one(tmp_path, given, message):
    text = 'description = "mine"\nseed = 1\nn_pixels = 32\n[source]\nn_clusters = 3\n'
    (tmp_path / "mine.toml").write_text(text.replace(*given))
    with pytest.raises(InputError) as caught:
        load_profile(tmp_path / "mine.toml")
    assert message in str(caught.value)
