"""Headless Chromium, which can reach this machine and nothing else, and what it says of a page."""

from __future__ import annotations

import json
import os
import shutil
import threading
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from report_utils.profiles import project_root

HTML = project_root() / "_build" / "html"


def missing(needs_book: bool = True) -> str | None:
    """Return why these tests cannot run, or None."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        return "Chromium and its driver are not installed"
    if needs_book and not (HTML / "index.html").is_file():
        return "there is no rendered book; run `make book` first"
    return None


def require(reason):
    """Skip for a reason, or fail where CI wants a browser."""
    if reason and os.environ.get("REPORT_NEEDS_BROWSER"):
        pytest.fail(reason, pytrace=False)
    if reason:
        pytest.skip(reason)


def wait_for(driver, script, *arguments, seconds=30):
    """Run a script until it returns something true, and return that."""
    from selenium.webdriver.support.ui import WebDriverWait

    wait = WebDriverWait(driver, seconds, poll_frequency=0.02)
    return wait.until(lambda _: driver.execute_script(script, *arguments))


@dataclass
class Said:
    """What the browser said while a page was loaded."""

    requests: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)


class Reader:
    """A browser with short words for what the tests do."""

    def __init__(self, driver):
        self.driver = driver
        self.theme = None

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait_for(self, script, seconds=40):
        return wait_for(self.driver, script, seconds=seconds)

    def resize(self, width, height=900):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def open(self, address):
        """Open a page, wait until all of it is there, and return what the browser said."""
        self.heard()
        self.driver.get(address)
        self.wait_for("return document.readyState === 'complete'")
        self.run("document.querySelectorAll('img').forEach(image => { image.loading = 'eager' })")
        self.wait_for("return [...document.querySelectorAll('img')].every(image => image.complete)")
        if self.run("return document.querySelectorAll('.math').length > 0"):
            self.wait_for(
                "const left = [...document.querySelectorAll('.math')].filter(m => !m.querySelector('mjx-container'));"
                "return left.length === 0"
            )
        return self.heard()

    def heard(self):
        """Return, and forget, what the browser said since this was last asked."""
        said = Said()
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            parameters = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                said.requests.append(parameters["request"]["url"])
            elif message["method"] == "Network.loadingFailed" and not parameters.get("canceled"):
                said.failed.append(f"{parameters['requestId']}: {parameters['errorText']}")
            elif message["method"] == "Network.responseReceived" and parameters["response"]["status"] >= 400:
                said.failed.append(parameters["response"]["url"])
        said.console = [e["message"] for e in self.driver.get_log("browser") if e["level"] in {"SEVERE", "WARNING"}]
        return said

    def set_theme(self, mode):
        """Let the pages that are opened from now on be light or dark."""
        # set within each page before its scripts run: what one page stores, the next may not see at once
        if self.theme is not None:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": self.theme})
        source = f"localStorage.setItem('mode', {mode!r}); localStorage.setItem('theme', {mode!r})"
        told = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        self.theme = told["identifier"]


@pytest.fixture(scope="session")
def reader(tmp_path_factory):
    """A browser for pages of the book."""
    require(missing())
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
        "--window-size=1440,900", f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
        # no name can be resolved: what a page would load from elsewhere fails, and is heard
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.set_page_load_timeout(90)
    driver.set_script_timeout(120)
    yield Reader(driver)
    driver.quit()


@pytest.fixture(scope="session")
def host():
    """Return the address of the book on a web server of this machine."""
    require(missing())
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(HTML))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()
