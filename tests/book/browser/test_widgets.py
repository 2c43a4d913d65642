"""The dynamics viewer and the image explorer in headless Chromium, as small pages of their own."""

from __future__ import annotations

import os
import shutil

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from report_utils.binning import TRANSFORMS, band_counts
from report_utils.binning.explorer import image_explorer
from report_utils.dynamics import Recording, dynamics_viewer, epoch_phases, learning
from report_utils.dynamics.picture import BEYOND
from report_utils.events import EventList
from report_utils.profiles import project_root
from tests.book.browser.conftest import wait_for
from tests.dynamics.made_up import cells_of, classifier, regression
from tests.test_widgets import data_of

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
_reason = None if CHROMIUM and DRIVER else "Chromium and its driver are not installed"
if _reason and os.environ.get("REPORT_NEEDS_BROWSER"):
    pytest.fail(_reason, pytrace=False)
pytestmark = pytest.mark.skipif(_reason is not None, reason=str(_reason))

N_TEST, PHASES, CHANNELS = 9, ["1 band", "2 bands", "3 bands"], ["soft", "hard"]
N_PIXELS = 16


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
        "--window-size=1000,900", f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
        # nothing but the page itself can be reached
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


def recorded(seed, name):
    """Nine observations over nine epochs in three phases; the truth is not in order, and two are equal."""
    truth = np.array([14.2, 13.7, 14.9, 14.0, 14.0, 13.5, 14.6, 13.9, 14.4])
    phase = epoch_phases(len(PHASES), 2)
    errors = (
        np.random.default_rng(seed).normal(size=(len(phase), N_TEST, 1)) * np.array([0.4, 0.2, 0.1])[phase, None, None]
    )
    predictions = (truth[None, :, None] + errors).astype(np.float32)
    return Recording.from_arrays(predictions, truth, item_ids=np.arange(N_TEST) * 11, phase=phase, name=name)


DYNAMICS = [recorded(1, "with"), recorded(2, "without")]
ORDER = np.argsort(DYNAMICS[0].truth, kind="stable")
LABELS = [f"A{number}" for number in range(N_TEST)]
IMAGES = np.random.default_rng(3).random((N_TEST, 12, 10, 2))


def some_events(seed):
    """A bright middle, lone events all around it, and one pixel with more events than two bytes can count."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_t(2, size=(2, 4000)).clip(-40, 60)
    energy = np.concatenate([rng.exponential(2.5, 4000), np.full(70_000, 1.0), rng.uniform(0, 10, 300)])
    spike = np.full(70_300, float(seed))
    return EventList(np.append(x, spike), np.append(y, -spike), energy, cluster_id=f"cluster-{seed}")


OBSERVATIONS, AGN_LESS = [some_events(1), some_events(2)], [some_events(3), some_events(4)]
COUNTS = {
    "observation": [band_counts(events, N_PIXELS) for events in OBSERVATIONS],
    "agn_less": [band_counts(events, N_PIXELS) for events in AGN_LESS],
}


def viewer(*dynamics, **options):
    return dynamics_viewer(
        *dynamics, labels=LABELS, item="cluster", quantity="log mass", unit="dex", phases=PHASES, images=IMAGES,
        channels=CHANNELS, figure=Figure(figsize=(4, 3)), **options,
    )  # fmt: skip


WIDGETS = {
    "one": viewer(DYNAMICS[0]),
    "two": viewer(*DYNAMICS),
    "explorer": image_explorer(OBSERVATIONS, AGN_LESS, n_pixels=N_PIXELS),
}


def drawn(browser):
    """Wait until what was asked for is on the screen."""
    browser.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done));")


@pytest.fixture
def show(browser, tmp_path):
    """Show a widget as a page of its own and return its element."""

    def shown(widget, width=1000, height=1400, scale=1):
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        path = tmp_path / "widget.html"
        widget.save(path)
        browser.get(path.as_uri())
        wait_for(browser, "return document.querySelector('[data-ready]') !== null")
        drawn(browser)
        return browser.find_element("css selector", "[data-widget]")

    yield shown
    said = [entry["message"] for entry in browser.get_log("browser")]
    # tests read canvases back, which the widgets do not
    assert [message for message in said if "willReadFrequently" not in message] == []


def canvases(root):
    return root.find_elements("css selector", "canvas[tabindex]")


def point(browser, canvas, x, y, *, click=False):
    """Move the pointer to a place on a canvas [CSS pixels from its left and top]."""
    from selenium.webdriver import ActionChains

    size = canvas.size
    chain = ActionChains(browser, duration=0).move_to_element_with_offset(
        canvas, x - size["width"] // 2, y - size["height"] // 2
    )
    (chain.click() if click else chain).perform()
    drawn(browser)


def press(browser, *keys):
    from selenium.webdriver import ActionChains, Keys

    for key in keys:
        ActionChains(browser).send_keys(getattr(Keys, key)).perform()
    drawn(browser)


def colour_at(browser, canvas, x, y):
    script = (
        "const s = arguments[0].width / arguments[0].clientWidth;"
        "return [...arguments[0].getContext('2d').getImageData(arguments[1] * s, arguments[2] * s, 1, 1).data]"
    )
    return browser.execute_script(script, canvas, x, y)[:3]


def state(root):
    names = ("row", "epoch", "selected", "column")
    return {name: int(value) for name in names if (value := root.get_attribute(f"data-{name}")) is not None}


def told(root, field, number=0):
    return root.find_elements("css selector", f".ru-readout [data-field='{field}']")[number].text


def written(value, decimals=3, *, sign=False):
    text = f"{value:+.{decimals}f}" if sign else f"{value:.{decimals}f}"
    return text.replace("-", "\u2212")


def choose(browser, root, text):
    """Choose the first option that has this value or says this."""
    wanted = "return [...arguments[0].querySelectorAll('option')].find(o => [o.value, o.text].includes(arguments[1]))"
    option = browser.execute_script(wanted, root, text)
    if option is None:
        raise LookupError(text)
    option.click()
    drawn(browser)


def what_is_stored(dynamics, rank, epoch):
    """The words of the readout, from the dynamics itself."""
    predictions = dynamics.predictions[epoch, :, 0]
    prediction, truth = float(predictions[ORDER[rank]]), dynamics.truth[ORDER[rank]]
    return {
        "prediction": written(prediction),
        "residual": written(float(f"{prediction:.3f}") - truth, sign=True),
        "rank": str(1 + int((np.round(predictions, 3) < np.round(predictions[ORDER[rank]], 3)).sum())),
    }


# --- the viewer


def drawn_colours():
    """256 colours, whose ends also mark what lies beyond."""
    colours = mpl.colormaps["RdBu_r"](np.arange(256), bytes=True)[:, :3]
    colours[[0, -1]] = np.round(255 * mpl.colors.to_rgba_array(list(BEYOND.values()))[:, :3])
    return colours


@pytest.mark.parametrize(("width", "scale"), [(1000, 1), (360, 3)])
def test_pointing_at_a_cell_tells_its_stored_values(browser, show, width, scale):
    root = show(WIDGETS["one"], width, scale=scale)
    (canvas,) = canvases(root)
    colours = drawn_colours()
    dynamics = DYNAMICS[0]
    size, limit = canvas.size, WIDGETS["one"].data["limit"]
    seen = set()
    for across, down in ((0.25, 0.15), (0.4, 0.5), (0.6, 0.31), (0.8, 0.77)):
        x, y = across * size["width"], down * size["height"]
        before = colour_at(browser, canvas, x, y)
        point(browser, canvas, x, y)
        row, epoch = state(root)["row"], state(root)["epoch"]
        seen.add((row, epoch))
        for field, text in what_is_stored(dynamics, row, epoch).items():
            assert told(root, field) == text
        assert told(root, "label") == LABELS[ORDER[row]]
        assert told(root, "truth") == written(dynamics.truth[ORDER[row]])
        assert told(root, "truth-rank") == f"{row + 1} of {N_TEST}"
        assert told(root, "phase") == PHASES[dynamics.phase[epoch]]
        assert told(root, "epoch") == f"{epoch + 1} of {len(dynamics.phase)}"
        # and that is the cell which was drawn there
        centred = float(told(root, "prediction")) - dynamics.truth.mean()
        code = int(np.clip(np.floor(256 * (centred + limit) / (2 * limit)), 0, 255))
        assert before == colours[code].tolist()
    assert len(seen) == 4


def test_the_truth_is_the_last_column_and_white_lines_part_the_phases(browser, show):
    root = show(WIDGETS["one"])
    (canvas,) = canvases(root)
    width, height = canvas.size["width"], canvas.size["height"]
    script = "return [...arguments[0].getContext('2d').getImageData(0, arguments[1], arguments[0].width, 1).data]"
    pixels = np.array(browser.execute_script(script, canvas, height // 2)).reshape(-1, 4)
    middle = DYNAMICS[0].truth[ORDER]
    colours = drawn_colours()
    limit = WIDGETS["one"].data["limit"]
    expected = {
        tuple(colours[int(np.clip(np.floor(256 * (t - middle.mean() + limit) / (2 * limit)), 0, 255))]) for t in middle
    }
    assert tuple(pixels[width - 24, :3]) in expected
    white = (pixels == 255).all(axis=1)
    assert np.count_nonzero(white[1:] & ~white[:-1]) == len(PHASES) - 1


def test_a_click_draws_the_path_and_the_images(browser, show):
    root = show(WIDGETS["one"])
    (canvas,) = canvases(root)
    detail = root.find_element("css selector", ".ru-detail")
    assert not detail.is_displayed()
    paths = []
    for down in (0.2, 0.7):
        point(browser, canvas, 300, down * canvas.size["height"], click=True)
        rank = state(root)["selected"]
        assert rank == state(root)["row"]
        assert detail.is_displayed()
        assert detail.find_element("css selector", "strong").text == f"Cluster {LABELS[ORDER[rank]]}"
        path = detail.find_element("css selector", "canvas[role=img]")
        first, last = DYNAMICS[0].predictions[[0, -1], ORDER[rank], 0]
        ends = f"from {written(first)} after the first epoch to {written(last)} after the last"
        assert ends in path.get_attribute("aria-label")
        paths.append(browser.execute_script("return arguments[0].toDataURL()", path))
        at_ends = [cell.text for cell in detail.find_elements("css selector", "td[data-field]")]
        assert at_ends[:-2] == [
            what_is_stored(DYNAMICS[0], rank, epoch)["residual"] for epoch in DYNAMICS[0].phase_ends
        ]
        assert [caption.text for caption in detail.find_elements("css selector", ".ru-caption")] == CHANNELS
        for channel, picture in enumerate(detail.find_elements("css selector", ".ru-images canvas")):
            script = "return [...arguments[0].getContext('2d').getImageData(0, 0, 10, 12).data]"
            pixels = np.array(browser.execute_script(script, picture)).reshape(12, 10, 4)[..., :3]
            image = IMAGES[ORDER[rank]]
            shades = np.rint(63 * (image[..., channel] - image.min()) / np.ptp(image))
            codes = np.minimum(255, np.floor(256 * shades / 63)).astype(int)
            np.testing.assert_allclose(pixels, mpl.colormaps["viridis"](codes, bytes=True)[..., :3], atol=8)
    assert paths[0] != paths[1]


def test_two_dynamics_move_together(browser, show):
    root = show(WIDGETS["two"])
    left, right = canvases(root)
    assert left.rect["y"] == right.rect["y"]
    script = "return arguments[0].toDataURL()"
    before = [browser.execute_script(script, canvas) for canvas in (left, right)]
    point(browser, right, 200, 100, click=True)
    row, epoch = state(root)["row"], state(root)["epoch"]
    for number, dynamics in enumerate(DYNAMICS):
        for field, text in what_is_stored(dynamics, row, epoch).items():
            assert told(root, field, number) == text
    after = [browser.execute_script(script, canvas) for canvas in (left, right)]
    assert before[0] != after[0]
    assert before[1] != after[1]
    point(browser, left, 200, 100)
    assert state(root) == {"row": row, "epoch": epoch, "selected": row}
    assert len(root.find_elements("css selector", ".ru-detail tbody tr")) == 2
    # the images of both, given once, are shown once
    assert len(root.find_elements("css selector", ".ru-images canvas")) == len(CHANNELS)


def rows_shown(browser, root):
    press(browser, "HOME", *["PAGE_UP"] * 2)
    names = [told(root, "label")]
    for _ in range(N_TEST - 1):
        press(browser, "ARROW_DOWN")
        names.append(told(root, "label"))
    return names


NEVER = 10**6
LEARNT = learning(DYNAMICS[0]).learnt


def test_rows_are_sorted_by_truth_by_error_and_by_gain(browser, show):
    root = show(WIDGETS["two"])
    errors = [
        np.abs(np.round(dynamics.predictions[..., 0].astype(float), 3) - dynamics.truth)[:, ORDER]
        for dynamics in DYNAMICS
    ]
    ends = DYNAMICS[0].phase_ends
    orders = {
        "truth": np.arange(N_TEST),
        "error-1": np.argsort(-np.round(errors[1][-1], 3), kind="stable"),
        "gain-0-0": np.argsort(-np.round(errors[0][0] - errors[0][ends[0]], 3), kind="stable"),
        "gain-1-2": np.argsort(-np.round(errors[1][ends[1]] - errors[1][ends[2]], 3), kind="stable"),
        "ease-0": np.argsort([-(NEVER if epoch < 0 else epoch) for epoch in LEARNT[ORDER]], kind="stable"),
        "disagreement": np.argsort(
            -np.abs(np.subtract(*(np.round(one.predictions[-1, ORDER, 0], 3) for one in DYNAMICS)))
        ),
    }
    values = [option.get_attribute("value") for option in root.find_elements("css selector", "option")]
    assert values == [
        "truth",
        *(kind for d in (0, 1) for kind in (f"error-{d}", *(f"gain-{d}-{p}" for p in range(3)), f"ease-{d}")),
        "disagreement",
    ]
    canvas = canvases(root)[0]
    for value, order in orders.items():
        choose(browser, root, value)
        assert root.get_attribute("data-sort") == value
        browser.execute_script("arguments[0].focus()", canvas)
        assert rows_shown(browser, root) == [LABELS[ORDER[rank]] for rank in order]


def test_a_pointed_cluster_stays_pointed_when_rows_are_sorted(browser, show):
    root = show(WIDGETS["one"])
    point(browser, canvases(root)[0], 300, 100, click=True)
    name, chosen = told(root, "label"), state(root)["selected"]
    choose(browser, root, "error-0")
    assert told(root, "label") == name
    assert state(root)["selected"] == chosen


def test_the_keyboard_does_all_of_it(browser, show):
    root = show(WIDGETS["one"])
    press(browser, "TAB")
    select = root.find_element("css selector", "select")
    assert browser.switch_to.active_element == select
    assert select.find_element("xpath", "..").text.startswith("Rows sorted by")
    press(browser, *["TAB"] * 3)  # past the search, and the table of values, which can be scrolled
    canvas = canvases(root)[0]
    assert browser.switch_to.active_element == canvas
    assert browser.execute_script("return getComputedStyle(arguments[0]).outlineStyle", canvas) == "solid"
    assert state(root) == {"row": 0, "epoch": 0}
    press(browser, "ARROW_DOWN", "ARROW_DOWN", "ARROW_UP", "ARROW_RIGHT")
    assert state(root) == {"row": 1, "epoch": 1}
    press(browser, "END", "ARROW_RIGHT", "PAGE_DOWN", "ARROW_DOWN")
    assert state(root) == {"row": N_TEST - 1, "epoch": 8}
    status = root.find_element("css selector", ".ru-readout[role=status]")
    assert LABELS[ORDER[-1]] in status.text
    press(browser, "ENTER")
    assert state(root)["selected"] == N_TEST - 1
    assert root.find_element("css selector", ".ru-detail").is_displayed()


def test_a_name_is_found_and_its_path_drawn(browser, show):
    from selenium.webdriver import Keys

    root = show(WIDGETS["one"])
    search = root.find_element("css selector", "input[type=search]")
    assert search.find_element("xpath", "..").text.startswith("Find cluster")
    search.send_keys("a7", Keys.ENTER)
    drawn(browser)
    assert told(root, "label") == "A7"
    assert LABELS[ORDER[state(root)["selected"]]] == "A7"
    search.clear()
    search.send_keys("a", Keys.ENTER, Keys.ENTER)
    drawn(browser)
    assert root.find_element("css selector", ".ru-found").text == "2 of 9; Enter: next"
    search.clear()
    search.send_keys("nobody", Keys.ENTER)
    assert root.find_element("css selector", ".ru-found").text == "none"


def test_many_rows_are_zoomed_and_scrolled(browser, show):
    many = regression(np.random.default_rng(0), n_items=2000, n_views=1)
    root = show(dynamics_viewer(many, figure=Figure(figsize=(4, 3)), item="house"))
    note = root.find_element("css selector", ".ru-shown > .ru-note")
    assert note.text == "Each line is the mean of about 6 rows; zoom in to see them."
    window = root.find_element("css selector", ".ru-window")
    assert window.text == "All 2\u202f000 rows"
    order = np.argsort(many.truth, kind="stable")
    for _ in range(4):
        root.find_element("css selector", "[aria-label='zoom in']").click()
    drawn(browser)
    assert (root.get_attribute("data-first"), root.get_attribute("data-count")) == ("938", "125")
    assert window.text == "Rows 939 to 1\u202f063 of 2\u202f000"
    assert note.text == ""
    canvas = canvases(root)[0]
    point(browser, canvas, 300, canvas.size["height"] // 2, click=True)
    row, epoch = state(root)["row"], state(root)["epoch"]
    assert 938 <= row < 1063
    assert told(root, "prediction") == written(float(many.predictions[epoch, order[row], 0]))
    press(browser, *["PAGE_DOWN"] * 10)  # rows that are not shown are brought to the middle
    assert state(root)["row"] == row + 100
    assert int(root.get_attribute("data-first")) > 938
    press(browser, "HOME")
    browser.execute_script("arguments[0].focus()", canvas)
    from selenium.webdriver import ActionChains

    ActionChains(browser).send_keys("0").perform()
    drawn(browser)
    assert root.get_attribute("data-count") == "2000"


def test_a_classifier_tells_classes_and_margins(browser, show):
    recording = classifier(np.random.default_rng(2))
    root = show(dynamics_viewer(recording, figure=Figure(figsize=(4, 3)), item="animal"))
    order = np.lexsort((-recording.values().mean(axis=0), recording.truth))
    for across, down in ((0.3, 0.2), (0.5, 0.5), (0.8, 0.8)):
        canvas = canvases(root)[0]
        point(browser, canvas, across * canvas.size["width"], down * canvas.size["height"], click=True)
        row, epoch = state(root)["row"], state(root)["epoch"]
        item = order[row]
        assert told(root, "truth") == recording.classes[recording.truth[item]]
        assert told(root, "prediction") == recording.classes[recording.predictions[epoch, item, 0].argmax()]
        assert told(root, "residual") == written(float(recording.values()[epoch, item]), 2, sign=True)
        found = learning(recording)
        at_ends = [cell.text for cell in root.find_elements("css selector", ".ru-detail td[data-field]")]
        learnt = found.learnt[item]
        assert at_ends[-2:] == ["never" if learnt < 0 else str(learnt), str(found.forgotten[item])]


def test_twenty_thousand_items_open_and_scroll(browser, show):
    """In under a second on a quiet machine; here in a time that only a mistake exceeds."""
    many = regression(np.random.default_rng(0), n_items=20_000, n_phases=4, epochs=49, n_views=1)
    root = show(dynamics_viewer(many, figure=Figure(figsize=(4, 3))))
    assert browser.execute_script("return performance.now()") < 8000
    scroll = (
        "const [done, root] = [arguments[1], arguments[0]]; const slider = root.querySelector('input[type=range]');"
        "for (let i = 0; i < 2; i += 1) root.querySelector('[aria-label=\"zoom in\"]').click();"
        "const start = performance.now(); let frames = 0;"
        "const step = () => { if (frames === 20) return done((performance.now() - start) / 20); frames += 1;"
        "slider.value = 500 * frames; slider.dispatchEvent(new Event('input')); requestAnimationFrame(step); };"
        "requestAnimationFrame(step);"
    )
    assert browser.execute_async_script(scroll, root) < 250
    assert root.get_attribute("data-first") == "10000"


def test_a_tap_chooses(browser, show):
    from selenium.webdriver.common.actions.action_builder import ActionBuilder
    from selenium.webdriver.common.actions.pointer_input import PointerInput

    root = show(WIDGETS["one"], 360, 800, scale=2)
    canvas = canvases(root)[0]
    finger = ActionBuilder(browser, mouse=PointerInput("touch", "finger"))
    finger.pointer_action.move_to(canvas, 10, -20).pointer_down().pointer_up()
    finger.perform()
    drawn(browser)
    assert state(root)["selected"] == state(root)["row"]
    assert told(root, "label") == LABELS[ORDER[state(root)["row"]]]
    assert root.find_element("css selector", ".ru-detail").is_displayed()


# --- the explorer


def test_the_images_are_those_of_the_transforms(browser, show):
    root = show(WIDGETS["explorer"])
    for example in (0, 1):
        choose(browser, root, f"cluster-{example + 1}")
        for name, transform in TRANSFORMS.items():
            choose(browser, root, transform.label)
            here = "const d = arguments[0].dataset; return d.transform === arguments[1] && d.example === arguments[2]"
            wait_for(browser, here, root, name, str(example))
            image = browser.execute_script("return arguments[0].image.values.map((channel) => [...channel])", root)
            counts = browser.execute_script("return arguments[0].image.counts.map((channel) => [...channel])", root)
            expected = transform(COUNTS[transform.source][example])
            shape = (-1, N_PIXELS, N_PIXELS)
            np.testing.assert_allclose(np.reshape(image, shape).transpose(1, 2, 0), expected, rtol=2e-7)
            events = np.reshape(counts, shape).transpose(1, 2, 0)
            np.testing.assert_array_equal(events, np.rint(10 ** expected.astype(float) - 1))
            captions = [caption.text for caption in root.find_elements("css selector", ".ru-panels .ru-caption")]
            assert len(captions) == transform.n_channels
            for caption, channel in zip(captions, np.moveaxis(events, -1, 0), strict=True):
                total, occupied = (f"{int(n):,}".replace(",", "\u202f") for n in (channel.sum(), (channel > 0).sum()))
                assert f"{total} events in {occupied} of 256 pixels" in caption


def test_pointing_at_a_pixel_tells_it_in_all_channels(browser, show):
    root = show(WIDGETS["explorer"])
    shown = canvases(root)
    assert len(shown) == 4
    counts, events = COUNTS["observation"][0], OBSERVATIONS[0]
    viridis = mpl.colormaps["viridis"](np.arange(256), bytes=True)[:, :3]
    highest = np.log10(1 + counts.max())
    for x, y in ((60, 40), (120, 130), (160, 90)):
        colour = colour_at(browser, shown[0], x, y)
        point(browser, shown[0], x, y)
        column, row = int(told(root, "column")), int(told(root, "row"))
        for band in range(4):
            n = counts[row, column, band]
            assert told(root, "events", band) == f"{n:,}".replace(",", "\u202f")
            assert told(root, "value", band) == f"{np.log10(1 + n):.3f}"
        middle = events.x.min() + (column + 0.5) * np.ptp(events.x) / N_PIXELS
        assert float(told(root, "x").replace("\u2212", "-")) == pytest.approx(middle, abs=0.051)
        code = int(min(255, np.floor(256 * np.log10(1 + counts[row, column, 0]) / highest)))
        assert colour == viridis[code].tolist()
    # y goes upwards
    point(browser, shown[0], 100, 20)
    upper = int(told(root, "row"))
    point(browser, shown[0], 100, 150)
    assert int(told(root, "row")) < upper


def test_each_channel_may_have_its_own_scale(browser, show):
    root = show(WIDGETS["explorer"])
    counts = COUNTS["observation"][0]
    row, column = np.argwhere(counts[..., 3] == counts[..., 3].max())[0]
    canvas = canvases(root)[3]
    side = canvas.size["width"] - 40
    place = (32 + (column + 0.5) * side / N_PIXELS, 6 + (N_PIXELS - 0.5 - row) * side / N_PIXELS)
    assert colour_at(browser, canvas, *place) != [253, 231, 36]
    choose(browser, root, "own")
    assert colour_at(browser, canvases(root)[3], *place) == [253, 231, 36]  # the end of viridis


def test_the_box_is_told_in_arcsec(show):
    root = show(WIDGETS["explorer"])
    x, y = (np.ptp(axis) / N_PIXELS for axis in (OBSERVATIONS[0].x, OBSERVATIONS[0].y))
    assert f"a pixel is {x:.2f} arcsec along x and {y:.2f} arcsec along y" in root.text


def test_pixels_are_reached_by_the_keyboard(browser, show):
    root = show(WIDGETS["explorer"])
    press(browser, *["TAB"] * 4)
    assert browser.switch_to.active_element == canvases(root)[0]
    assert state(root) == {"column": 8, "row": 8}
    press(browser, "ARROW_UP", "ARROW_LEFT", "ARROW_LEFT")
    assert state(root) == {"column": 6, "row": 9}
    press(browser, "END", "PAGE_UP")
    assert state(root) == {"column": 15, "row": 15}
    assert told(root, "events", 0) == str(COUNTS["observation"][0][15, 15, 0])


# --- both


@pytest.mark.parametrize("name", WIDGETS)
@pytest.mark.parametrize("width", [360, 760, 1600])
def test_nothing_scrolls_sideways_and_nothing_is_requested(browser, show, name, width):
    root = show(WIDGETS[name], width)
    canvas = canvases(root)[0]
    point(browser, canvas, 120, 80, click=True)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    inner = browser.execute_script(
        "return [...arguments[0].querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)"
        ".map((e) => e.outerHTML.slice(0, 80))", root,
    )  # fmt: skip
    assert inner == []
    assert browser.execute_script("return performance.getEntriesByType('resource').map((e) => e.name)") == []


@pytest.mark.parametrize("name", WIDGETS)
def test_canvases_follow_the_theme_and_are_as_fine_as_the_screen(browser, show, name):
    root = show(WIDGETS[name], scale=2)
    canvas = canvases(root)[0]
    assert browser.execute_script("return arguments[0].width / arguments[0].clientWidth", canvas) == pytest.approx(
        2, abs=0.01
    )
    pictures = []
    for theme in ("light", "dark"):
        browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
        drawn(browser)
        pictures.append(browser.execute_script("return arguments[0].toDataURL()", canvas))
        assert (root.get_attribute("data-dark") is not None) == (theme == "dark")
    assert pictures[0] != pictures[1]


def test_without_scripts_the_plain_picture_stands_there(browser, show, tmp_path):
    root = show(WIDGETS["one"])
    assert not root.find_element("css selector", ".ru-plain").is_displayed()
    path = tmp_path / "bare.html"
    path.write_text(f"<!DOCTYPE html><title>bare</title>{WIDGETS['one'].html(with_scripts=False)}", encoding="utf-8")
    browser.get(path.as_uri())
    (picture,) = browser.find_elements("css selector", "img")
    assert picture.is_displayed()
    assert picture.get_property("naturalWidth") > 100
    assert "a row for each cluster" in picture.get_attribute("alt")
    assert browser.find_elements("css selector", "canvas") == []


def test_in_print_the_plain_picture_stands_there(browser, show):
    root = show(WIDGETS["one"])
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert root.find_element("css selector", "img").is_displayed()
        assert not canvases(root)[0].is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_one_script_serves_several_on_a_page(browser, show, tmp_path):
    show(WIDGETS["one"])
    path = tmp_path / "several.html"
    bodies = [WIDGETS["one"].html(), WIDGETS["two"].html(with_scripts=False), WIDGETS["one"].html()]
    path.write_text(f"<!DOCTYPE html><meta charset='utf-8'><title>several</title>{''.join(bodies)}", encoding="utf-8")
    browser.get(path.as_uri())
    wait_for(browser, "return document.querySelectorAll('[data-ready]').length === 3")
    assert [len(canvases(root)) for root in browser.find_elements("css selector", "[data-widget]")] == [1, 2, 1]
    assert len(browser.find_elements("css selector", ".ru-shown")) == 3


# --- in the book


def viewer_pages():
    """Return the rendered pages that hold a dynamics viewer."""
    pages = sorted((project_root() / "_build" / "html" / "pages").glob("*.html"))
    return [path for path in pages if 'data-widget="dynamics-viewer"' in path.read_text(encoding="utf-8")]


@pytest.mark.slow("opens every viewer of the book")
def test_the_books_viewers_tell_stored_values_on_the_themes_own_ground(browser):
    pages = viewer_pages()
    if not pages and not os.environ.get("REPORT_NEEDS_BROWSER"):
        pytest.skip("there is no rendered book with a viewer; run `make book` first")
    assert pages
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    for path in pages:
        browser.get(path.as_uri())
        wait_for(browser, "return document.querySelector('[data-ready]') !== null")
        browser.execute_script("document.documentElement.dataset.theme = 'dark'")
        drawn(browser)
        data = data_of(path.read_text(encoding="utf-8"))[0]  # of the first viewer, where a page has several
        root = browser.find_element("css selector", "[data-widget]")
        ground = "return getComputedStyle(arguments[0].parentElement).backgroundColor"
        assert browser.execute_script(ground, root) == "rgba(0, 0, 0, 0)"
        assert root.get_attribute("data-dark") is not None
        canvas = canvases(root)[0]
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
        point(browser, canvas, 200, 100, click=True)
        here = state(root)
        rank, epoch = here["selected"], here["epoch"]
        assert told(root, "label") == data["labels"][rank]
        for number in range(len(data["predictions"])):
            shown = cells_of(data, number)[rank, epoch]  # a classifier's margin, else the prediction
            field, signed = ("residual", True) if data.get("classes") else ("prediction", False)
            assert told(root, field, number) == written(shown, data["decimals"], sign=signed)
