"""Headless Chromium for tests of pages: what it shows, what it complains about, what it asks the network for."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--window-size=1200,900", "--force-color-profile=srgb",
)  # fmt: skip
SECONDS = 120
"""How long a page may take for anything; a busy machine is slow."""

needs_browser = pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="needs Chromium and ChromeDriver")


class Browser:
    """One page at a time."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, page: Path, *, scripts: bool = True) -> None:
        """Show a page, with or without its scripts; what was logged before is forgotten."""
        self.driver.get("about:blank")
        self.console()
        self.requests()
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.driver.get(page.as_uri())
        self.command("Emulation.setScriptExecutionDisabled", value=False)

    def run(self, script: str, *arguments: object) -> Any:
        """What the body of a JavaScript function returns."""
        return self.driver.execute_script(script, *arguments)

    def until(self, script: str) -> Any:
        """Wait until a function returns something, and return it."""
        return WebDriverWait(self.driver, SECONDS, 0.1).until(lambda _: self.run(script))

    def command(self, name: str, **parameters: object) -> dict[str, Any]:
        """A command of the DevTools protocol."""
        answer: dict[str, Any] = self.driver.execute_cdp_cmd(name, parameters)
        return answer

    def media(self, *, scheme: str = "light", kind: str = "") -> None:
        """Pretend that the reader prefers a colour scheme, or prints."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", media=kind, features=features)

    def console(self) -> list[str]:
        """What was logged or raised since the last question."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last question."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return [url for url in sent if not url.startswith(("about:", "data:", "blob:"))]


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A browser with an empty profile."""
    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service(DRIVER or "", env={**os.environ, "SE_OFFLINE": "true", "SE_AVOID_STATS": "true"})
    driver = Chrome(options=options, service=service)
    driver.set_page_load_timeout(SECONDS)
    try:
        yield Browser(driver)
    finally:
        driver.quit()
