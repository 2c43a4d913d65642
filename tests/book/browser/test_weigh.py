"""Weigh a cluster in headless Chromium: its networks say what Keras says, and it bins as band_counts does."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import itertools
import os
import shutil
import statistics

import numpy as np
import pytest
from astropy.io import fits

from report_utils.binning import band_counts, get_transform
from report_utils.errors import InputError
from report_utils.events import EventList, read_events, write_sixte
from report_utils.experiments.weigh import NETWORKS, weigh_a_cluster
from report_utils.prediction.limits import TrainingRange
from report_utils.prediction.trained_networks import trained_networks
from report_utils.profiles import project_root
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.store import Store
from report_utils.simulation import SimulationSettings, simulate_observation
from tests.book.browser.conftest import wait_for
from tests.book.browser.test_widgets import browser, press  # noqa: F401

_reason = None if shutil.which("chromium") and shutil.which("chromedriver") else "Chromium is not installed"
if _reason and os.environ.get("REPORT_NEEDS_BROWSER"):
    pytest.fail(_reason, pytrace=False)
pytestmark = pytest.mark.skipif(_reason is not None, reason=str(_reason))

N_PIXELS, N_COMPARED = 32, 50
SETTINGS = SimulationSettings(exposure_s=50_000.0)
PROFILE = f"""
description = "sixty clusters, trained for a moment"
seed = 626
n_pixels = {N_PIXELS}
[source]
n_clusters = 60
simulation = {{exposure_s = {SETTINGS.exposure_s}}}
[folds]
run = 1
[training]
epochs = 3
batch_size = 32
learning_rate = 3e-3
schedule = "one_cycle"
target = "standardised"
inputs = "standardised"
"""
PAGE = "const page = document.querySelector('[data-widget=weigh]').weigh;"


def run_here(tasks, _description):
    return [task.function(**task.arguments) for task in tasks]


@pytest.fixture(scope="module")
def reproduction(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weigh")
    (folder / "short.toml").write_text(PROFILE)
    made = Reproduction(folder / "short.toml", Store(folder / "runs"))
    with pytest.MonkeyPatch.context() as patch:
        for module in ("report_utils.binning.dataset", "report_utils.reproduction.one_profile"):
            patch.setattr(f"{module}.run_tasks", run_here)  # starting workers takes longer than their work
        made.prepare(list(NETWORKS), dynamics=())
    return made


@pytest.fixture(scope="module")
def widget(reproduction):
    return weigh_a_cluster(reproduction)


@pytest.fixture
def show(browser, widget, tmp_path):  # noqa: F811
    """Show the page by itself, from a file, and wait until it has weighed its first cluster."""

    def shown(width=1000, scale=1, theme="light"):
        metrics = {"width": width, "height": 1200, "deviceScaleFactor": scale, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        widget.save(tmp_path / "weigh.html")
        browser.get((tmp_path / "weigh.html").as_uri())
        browser.execute_script(f"document.documentElement.dataset.theme = '{theme}'")
        wait_for(browser, "return Number(document.querySelector('[data-ready]')?.dataset.states) > 0")
        return browser.find_element("css selector", "[data-widget]")

    yield shown
    said = [entry["message"] for entry in browser.get_log("browser")]
    assert [message for message in said if "willReadFrequently" not in message] == []


@pytest.fixture
def driver(browser):  # noqa: F811
    return browser


def act(driver, script, *arguments):
    """Do something to the page and return what it weighs then: its counts (r, r, 4) and masses."""
    before = driver.execute_script("return document.querySelector('[data-widget]').dataset.states")
    driver.execute_script(PAGE + script, *arguments)
    wait_for(driver, "return document.querySelector('[data-widget]').dataset.states !== arguments[0]", before)
    counts, masses = driver.execute_script(PAGE + "return [[...page.counts()], page.masses()]")
    return cube_of(counts), masses


def cube_of(counts):
    return np.array(counts, dtype=np.int64).reshape(4, N_PIXELS, N_PIXELS).transpose(1, 2, 0)


def flat(counts):
    return np.ascontiguousarray(counts.transpose(2, 0, 1)).ravel().tolist()


def slide(name, stop):
    """A script that moves a slider."""
    return (
        f"const slider = document.querySelector('[data-slider={name}]'); slider.value = {stop};"
        "slider.dispatchEvent(new Event('input'));"
    )


def by_keras(reproduction, counts):
    """What the Keras models with their own weights predict from counts, (n, 3)."""
    masses = []
    for name in NETWORKS:
        images = get_transform(name)(np.stack(counts))
        masses.append(trained_networks(reproduction, name)[0].model.predict(images, verbose=0)[:, 0])
    return np.stack(masses, axis=1)


# --- networks


@pytest.mark.slow("weighs fifty clusters in all ways")
def test_networks_of_sixteen_bits_say_what_keras_says_of_fifty_clusters_and_all_that_is_done_to_them(
    reproduction, driver, show
):
    show()
    rng = np.random.default_rng(0)
    touched, masses = [], []
    script = (
        PAGE + "const own = Float64Array.from(arguments[0]), cut = Uint8Array.from(arguments[1]);"
        "const all = [own, page.thinned(own, 0.2), page.shuffledEnergies(own, 4), page.without(own, cut)];"
        "all.push(page.without(page.thinned(all[2], 0.5), cut));"
        "return all.map((counts) => [[...counts], page.weigh(counts)])"
    )
    for own in reproduction.counts()[:N_COMPARED]:
        column, row = rng.integers(8, 24, 2)
        cut = np.hypot(*(np.indices((N_PIXELS, N_PIXELS)) - [[[row]], [[column]]])) < 5
        found = driver.execute_script(script, flat(own), cut.ravel().astype(int).tolist())
        cubes = [cube_of(counts) for counts, _ in found]
        _, thin, shuffled, holed, _ = cubes
        np.testing.assert_array_equal(cubes[0], own)
        assert np.all(thin <= own)
        assert abs(thin.sum() - 0.2 * own.sum()) < 5 * np.sqrt(own.sum())
        np.testing.assert_array_equal(shuffled.sum(axis=2), own.sum(axis=2))
        np.testing.assert_array_equal(shuffled.sum(axis=(0, 1)), own.sum(axis=(0, 1)))
        np.testing.assert_array_equal(holed, own * ~cut[..., None])
        touched += cubes
        masses += [weighed for _, weighed in found]
    assert np.any(shuffled != own)
    expected = by_keras(reproduction, touched)
    assert expected.std() > 0.01  # the networks tell clusters apart
    np.testing.assert_allclose(masses, expected, atol=1e-3, rtol=0)


def test_every_slider_shows_what_was_simulated_and_keras_agrees(reproduction, widget, driver, show):
    root = show()
    seen, masses = [], []
    data = widget.data["clusters"]
    cluster = next(one for one in data if one["row"] == int(root.get_attribute("data-cluster")))
    for name in ("distance", "temperature", "exposure"):
        n_stops = 1 + sum(state["kind"] == name for state in cluster["states"])
        totals = []
        for stop in (*range(n_stops), n_stops // 2):
            counts, weighed = act(driver, slide(name, stop))
            seen.append(counts)
            masses.append(weighed)
            totals.append(counts.sum())
        assert totals[-1] == totals[n_stops // 2]  # a stop is the same when it is come back to
        if name == "distance":
            assert totals[:-1] == sorted(totals[:-1], reverse=True)
        if name == "exposure":
            assert totals[:-1] == sorted(totals[:-1])
    kept = [act(driver, slide("keep", stop))[0] for stop in (40, 30, 10, 0)]
    assert all(np.all(few <= more) for more, few in itertools.pairwise(kept))
    np.testing.assert_allclose(masses, by_keras(reproduction, seen), atol=1e-3, rtol=0)
    trail = driver.execute_script("return document.querySelector('.rw-chart').getAttribute('aria-label')")
    assert trail.startswith(f"Predicted masses over {len(seen) + 5} states")


def test_a_drag_redraws_within_fifty_milliseconds(driver, show):
    """The fastest tenth: other processes of this machine take their share of the rest."""
    root = show()
    took = []
    for round_ in range(40):
        act(driver, slide("keep", 40 - round_ % 20))
        took.append(float(root.get_attribute("data-milliseconds")))
    assert statistics.quantiles(took, n=10)[0] < 50


def test_the_readout_has_masses_errors_and_the_truth(widget, driver, show):
    root = show()
    cluster = next(one for one in widget.data["clusters"] if one["row"] == int(root.get_attribute("data-cluster")))
    masses = driver.execute_script(PAGE + "return page.masses()")
    rows = [
        [cell.text.replace("\u2212", "-") for cell in row.find_elements("css selector", "td")]
        for row in root.find_elements("css selector", ".rw-result tbody tr")
    ]
    assert float(rows[-1][0]) == pytest.approx(cluster["truth"], abs=0.006)
    for row, mass, network in zip(rows, masses, widget.data["networks"], strict=False):
        assert float(row[0]) == pytest.approx(mass, abs=0.006)
        assert float(row[1]) == pytest.approx(network["error"]["scatter"][0], abs=0.006)
        assert float(row[2]) == pytest.approx(mass - cluster["truth"], abs=0.006)


def test_warnings_are_those_of_predict(widget, driver, show):
    root = show()
    counts, masses = act(driver, slide("keep", 0))
    limits = widget.data["range"]
    bands = counts.sum(axis=(0, 1))
    training = TrainingRange(limits["events"], limits["hardness"], limits["mass"])
    expected = [training.warning(bands.sum(), bands[1:].sum() / bands[0], mass) for mass in masses]
    assert "events" in expected[0]
    said = [line.text for line in root.find_elements("css selector", ".rw-warnings li")]
    kinds = {kind for text in expected for kind in ("events", "hardness", "predicted mass") if f"{kind} " in text}
    assert {kind for kind in ("events", "hardness", "predicted mass") for line in said if f"{kind} " in line} == kinds


# --- a reader's own events


def binned_in_page(driver, path, stated=""):
    """The counts that the page makes of a file, or its message."""
    script = (
        PAGE + "const bytes = Uint8Array.from(atob(arguments[1]), (one) => one.charCodeAt(0));"
        "try { return [...page.binned(arguments[0], bytes, arguments[2])] } catch (error) { return error.message }"
    )
    found = driver.execute_script(script, path.name, base64.b64encode(path.read_bytes()).decode(), stated)
    return found if isinstance(found, str) else cube_of(found)


def write_csv(path, header, *columns):
    np.savetxt(path, np.column_stack(columns), delimiter=",", header=header, comments="", fmt="%.17g")


def write_fits(path, columns, header=(), *, primary=()):
    made = [fits.Column(name=name, format=form, array=values) for name, form, values in columns]
    table = fits.BinTableHDU.from_columns(made, name="EVENTS")
    table.header.update(dict(header))
    first = fits.PrimaryHDU()
    first.header.update(dict(primary))
    fits.HDUList([first, table]).writeto(path)


CHANDRA = {"TELESCOP": "CHANDRA", "INSTRUME": "ACIS"}


def sky_axes(x, y):
    axis = {"RPX": 4096.5, "DLT": 0.000136666667, "RVL": 30.0, "UNI": "deg"}
    return {f"TC{word}{number}": value for number in (x, y) for word, value in axis.items()}


AXES = sky_axes(2, 3)


def random_events(n=4000):
    """Positions with some on the edges of pixels, energies with some on the edges of bands."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(4096, 300, (2, n))
    x[:40], y[40:80] = np.linspace(3000, 5200, 40), np.linspace(2900, 5100, 40)
    energy = rng.choice([0.0, 1.7, 2.5, np.nextafter(2.5, 3), 5.0, 7.5, np.nextafter(7.5, 8), 9.0], n)
    return x, y, energy


def test_a_text_is_binned_to_the_last_event(driver, show, tmp_path):
    show()
    x, y, energy = random_events()
    whole = np.rint(x), np.rint(y)  # on the edges of pixels
    for number, (header, *columns) in enumerate(
        [
            ("x_arcsec,y_arcsec,energy_kev", x, y, energy),
            ("energy_ev,x_arcsec,y_arcsec,time", energy * 1000, *whole, x),
            ("ra,dec,Energy [keV]", x / 1e4 + 10, y / 1e4 - 5, energy),
        ]
    ):
        write_csv(path := tmp_path / f"{number}.csv", header, *columns)
        np.testing.assert_array_equal(binned_in_page(driver, path), band_counts(read_events(path), N_PIXELS))
    write_csv(path := tmp_path / "plain.csv", "x,y,energy", *whole, energy)
    expected = band_counts(EventList(*whole, energy), N_PIXELS)
    np.testing.assert_array_equal(binned_in_page(driver, path, "keV"), expected)
    lines = path.read_text().replace(",", "\t").splitlines()
    commented = tmp_path / "commented.txt"
    commented.write_text("\n".join(["# by hand", *lines, ""]))
    np.testing.assert_array_equal(binned_in_page(driver, commented, "keV"), expected)


def test_the_tables_of_missions_are_binned_to_the_last_event(driver, show, tmp_path):
    show()
    x, y, energy = random_events()
    whole, n = [np.rint(one) for one in (x, y)], len(x)
    grades = np.zeros((n, 32), bool)
    secondary = np.where(np.arange(n) % 7, energy * 1e3, -1)  # eROSITA: no event of its own where negative
    xmm, erosita = {"TELESCOP": "XMM", "INSTRUME": "EMOS1"}, {"TELESCOP": "eROSITA", "INSTRUME": "TM1"}

    def pixels(form, places):
        return [("x", form, places[0]), ("y", form, places[1])]

    def sky(form, shift):
        return [("RA", form, x / 1e4 + shift), ("DEC", form, y / 1e4)]

    cases = {
        "chandra": ([("status", "32X", grades), *pixels("E", (x, y)), ("energy", "E", energy * 1e3)], CHANDRA | AXES),
        "whole pixels": ([*pixels("E", whole), ("energy", "E", energy * 1e3)], CHANDRA | sky_axes(1, 2)),
        "channels": ([*pixels("J", whole), ("pi", "J", np.rint(energy * 100) + 1)], CHANDRA | sky_axes(1, 2)),
        "xmm": ([*pixels("J", whole), ("PI", "I", np.rint(energy * 1e3))], xmm),
        "erosita": ([*sky("D", 10), ("PI", "E", secondary)], erosita),
        "photons": ([*sky("E", 10), ("ENERGY", "E", energy)], {"TUNIT3": "keV"}),
        "custom eV": ([*sky("D", 359.7), ("ENERGY", "E", energy * 1e3)], {}),
        "MeV": ([*pixels("D", (x, y)), ("ENERGY", "D", energy / 1e3)], {"TUNIT3": "MeV"} | sky_axes(1, 2)),
    }
    for name, (columns, header) in cases.items():
        write_fits(path := tmp_path / f"{name}.fits", columns, header)
        expected = band_counts(read_events(path), N_PIXELS)
        np.testing.assert_array_equal(binned_in_page(driver, path), expected, err_msg=name)


def test_a_sixte_list_and_one_of_many_events_are_binned_to_the_last_event(reproduction, driver, show, tmp_path):
    show()
    events = simulate_observation(626, 3, settings=SETTINGS)
    write_sixte(tmp_path / "sixte.fits", dataclasses.replace(events, source=None))
    np.testing.assert_array_equal(binned_in_page(driver, tmp_path / "sixte.fits"), reproduction.counts()[3])


def chosen(driver, root, path):
    """Hand a file to the page as a reader does."""
    before = root.get_attribute("data-states")
    root.find_element("css selector", "input[type=file]").send_keys(str(path))
    wait_for(
        driver,
        "const r = arguments[0]; return r.dataset.states !== arguments[1] || r.querySelector('.rw-bad') !== null",
        root,
        before,
    )
    return root.find_element("css selector", ".rw-said").text


def test_a_readers_file_is_weighed_and_its_truth_unknown(reproduction, widget, driver, show, tmp_path):
    root = show()
    events = simulate_observation(626, 4, settings=SETTINGS)
    write_sixte(tmp_path / "mine.fits", dataclasses.replace(events, source=None))
    packed = tmp_path / "mine.fits.gz"
    packed.write_bytes(gzip.compress((tmp_path / "mine.fits").read_bytes()))
    said = chosen(driver, root, packed)
    assert said.startswith("mine.fits.gz: ")
    assert "energy: SIGNAL [keV]" in said
    counts, masses = driver.execute_script(PAGE + "return [[...page.counts()], page.masses()]")
    np.testing.assert_array_equal(cube_of(counts), reproduction.counts()[4])
    np.testing.assert_allclose([masses], by_keras(reproduction, [reproduction.counts()[4]]), atol=1e-3)
    assert widget.data["caveat"] in root.find_element("css selector", ".rw-warnings").text
    assert root.find_elements("css selector", ".rw-result tbody tr")[-1].text.split()[-1] == "\u2013"
    assert root.find_elements("css selector", "[data-slider=distance]") == []
    fewer, _ = act(driver, slide("keep", 20))
    assert fewer.sum() < 0.2 * cube_of(counts).sum()
    act(driver, "document.querySelector('.rw-pick button').click()")
    assert root.find_elements("css selector", "[data-slider=distance]") != []


X, Y, E = np.array([1.0, 2.0, 3.0]), np.array([1.0, 5.0, 2.0]), np.array([1.0, 2.0, 3.0])


NAMES = "x_arcsec,y_arcsec,energy_kev\n"
REFUSED = {
    "word.csv": (NAMES + "1,2,3\n1,oops,3\n", "row 2: column 'y_arcsec' holds 'oops', which is not a number"),
    "short.csv": (NAMES + "1,2,3\n1,2\n", "row 2: "),
    "negative.csv": (NAMES + "1,2,3\n2,3,-1\n", "row 2: column 'energy_kev' is negative (1 such rows of 2)"),
    "empty.csv": (NAMES + "1,2,3\n2,,1\n", "row 2: column 'y_arcsec' is not a finite number"),
    "nothing.csv": ("a,b\n1,2\n", "there is no column 'RA'/'DEC' or 'X'/'Y' for positions; it has a, b"),
    "dark.csv": ("x_arcsec,y_arcsec\n1,2\n", "holds no energies"),
    "unit.csv": ("x_arcsec,y_arcsec,energy\n1,2,3\n3,4,5\n", "column 'energy': its unit cannot be decided"),
    "line.csv": (NAMES + "1,2,3\n1,4,5\n", "lie at one x"),
    "large.csv": (NAMES + "1,2,3000\n2,4,5000\n", "median of 4000"),
    "list.bin": ("anything", "neither a FITS file nor text"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_file_row_and_column(driver, show, tmp_path, name):
    """The page refuses what read_events refuses, in nearly its words."""
    text, says = REFUSED[name]
    show()
    (tmp_path / name).write_text(text)
    said = binned_in_page(driver, tmp_path / name)
    assert said.startswith(f"{name}: ")
    assert says in said
    with pytest.raises(InputError):
        read_events(tmp_path / name)


def test_a_file_that_is_cut_off_names_the_row(driver, show, tmp_path):
    root = show()
    write_fits(tmp_path / "whole.fits", [("x", "E", X), ("y", "E", Y), ("energy", "E", E)], CHANDRA)
    whole = (tmp_path / "whole.fits").read_bytes()
    (tmp_path / "cut.fits").write_bytes(whole[: -2880 + 15])
    said = chosen(driver, root, tmp_path / "cut.fits")
    assert "row 2: the file ends here, of 3 rows; it is cut off" in said
    assert root.get_attribute("data-states") == "1"  # what was weighed before stays


# --- readers


def test_the_brush_works_with_the_keyboard_and_with_the_pointer(driver, show):
    from selenium.webdriver import ActionChains

    root = show()
    canvas = root.find_element("css selector", ".rw-images canvas[tabindex]")
    whole = cube_of(driver.execute_script(PAGE + "return [...page.counts()]"))
    driver.execute_script("arguments[0].focus()", canvas)
    press(driver, "ARROW_RIGHT", "ARROW_UP", "SPACE")
    wait_for(driver, PAGE + "return page.cut[17 * 32 + 17] === 1 && page.counts()[17 * 32 + 17] === 0")
    ActionChains(driver, duration=0).click_and_hold(canvas).move_by_offset(60, 0).release().perform()
    wait_for(driver, PAGE + "return page.cut.reduce((a, b) => a + b) > 60")
    put_back = next(one for one in root.find_elements("css selector", "button") if one.text == "Put the cut back")
    cut, _ = act(driver, "arguments[0].click()", put_back)
    np.testing.assert_array_equal(cut, whole)
    core = next(one for one in root.find_elements("css selector", "button") if one.text == "Cut out the core")
    cut, _ = act(driver, "arguments[0].click()", core)
    total = whole.sum(axis=2)
    gone = total[cut.sum(axis=2) == 0].sum()
    assert gone > 0.1 * total.sum()


@pytest.mark.parametrize(("width", "theme"), [(1000, "light"), (400, "dark"), (320, "light")])
def test_it_fits_and_every_control_has_a_name(driver, show, width, theme):
    root = show(width, theme=theme)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert (root.get_attribute("data-dark") is not None) == (theme == "dark")
    clipped = (
        "return [...arguments[0].querySelectorAll('button, select, input, output, canvas, p, td')].filter((one) => {"
        "const box = one.getBoundingClientRect(); return box.width && (box.left < 0 || box.right > window.innerWidth)"
        "}).map((one) => one.outerHTML.slice(0, 80))"
    )
    assert driver.execute_script(clipped, root) == []
    controls = root.find_elements("css selector", "button, select, input, canvas")
    assert len(controls) > 15
    assert [one.get_attribute("outerHTML") for one in controls if one.is_displayed() and not one.accessible_name] == []


def test_the_books_page_says_what_its_networks_predicted(driver):
    path = project_root() / "_build" / "html" / "pages" / "weigh-a-cluster.html"
    if not path.is_file() and not os.environ.get("REPORT_NEEDS_BROWSER"):
        pytest.skip("there is no rendered page; run `make book` first")
    assert path.stat().st_size < 1_500_000
    driver.get(path.as_uri())
    wait_for(driver, "return Number(document.querySelector('[data-ready]')?.dataset.states) > 0")
    lines = driver.execute_script(
        "return [...document.querySelectorAll('.ru-plain tbody tr')]"
        ".map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent)))"
    )
    for number, (_, *stored) in enumerate(lines):
        script = f"const select = document.querySelector('.rw-pick select'); select.value = {number};"
        _, masses = act(driver, script + "select.dispatchEvent(new Event('change'))")
        np.testing.assert_allclose(masses, stored, atol=0.0061)  # they are written with two decimals
    driver.get_log("browser")
