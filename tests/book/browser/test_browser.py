"""The rendered book in headless Chromium. Needs a book: `make book` first."""

from __future__ import annotations

import os
import shutil

import pytest

from report_utils.book.pages import PAGES
from report_utils.profiles import project_root

HTML = project_root() / "_build" / "html"
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

_reason = None
if not (CHROMIUM and DRIVER):
    _reason = "Chromium and its driver are not installed"
elif not (HTML / "index.html").is_file():
    _reason = "there is no rendered book; run `make book` first"
if _reason and os.environ.get("REPORT_NEEDS_BROWSER"):
    pytest.fail(_reason, pytrace=False)
pytestmark = pytest.mark.skipif(_reason is not None, reason=str(_reason))


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
        "--window-size=1400,1000", f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
        # nothing but the book's own files can be reached
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


def _wait_for(browser, script, seconds=30):
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, seconds).until(lambda driver: driver.execute_script(script))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)
def test_a_page_loads_whole_and_offline(browser, page):
    browser.get((HTML / "pages" / f"{page.slug}.html").as_uri())
    _wait_for(browser, "return document.readyState === 'complete'")
    broken = browser.execute_script(
        "return [...document.querySelectorAll('article img')].filter(i => { i.loading = 'eager';"
        " return i.complete && i.naturalWidth === 0 }).map(i => i.src)"
    )
    assert broken == []
    if browser.execute_script("return document.querySelectorAll('.math').length"):
        _wait_for(browser, "return document.querySelectorAll('mjx-container').length > 0")
        assert browser.execute_script("return document.querySelectorAll('mjx-merror').length") == 0
    requests = browser.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    assert [url for url in requests if url.startswith("http")] == []
    errors = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert errors == []
    assert len(browser.execute_script("return document.querySelector('article').innerText")) > 300


def test_the_front_door_leads_to_the_first_page(browser):
    browser.get((HTML / "index.html").as_uri())
    _wait_for(browser, "return location.pathname.endsWith('/pages/index.html')")


def test_no_page_scrolls_sideways_on_a_phone(browser):
    browser.set_window_size(500, 900)
    too_wide = []
    for page in PAGES:
        browser.get((HTML / "pages" / f"{page.slug}.html").as_uri())
        if browser.execute_script("return document.documentElement.scrollWidth > window.innerWidth + 1"):
            too_wide.append(page.slug)
    browser.set_window_size(1400, 1000)
    assert too_wide == []
