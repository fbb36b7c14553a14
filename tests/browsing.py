"""A headless Chromium, for the tests of pages."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


def title_of(page: Path, directory: Path) -> tuple[str, str]:
    """The title of a page once it begins with RESULT, and what the browser logged until then."""
    assert CHROMIUM is not None
    profile = directory / "profile"
    log = directory / "log"
    arguments = (f"--user-data-dir={profile}", "--remote-debugging-port=0", "--enable-logging=stderr")
    with log.open("wb") as stream:
        window = ("--window-size=1200,900", page.as_uri())
        browser = subprocess.Popen([CHROMIUM, *FLAGS, *arguments, *window], stdout=stream, stderr=stream)
        try:
            end = time.monotonic() + 150
            title = ""
            while time.monotonic() < end and not title.startswith("RESULT"):
                time.sleep(0.3)
                with suppress(OSError, ValueError, IndexError):
                    port = (profile / "DevToolsActivePort").read_text().split()[0]
                    with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=5) as answer:
                        title = next(tab["title"] for tab in json.load(answer) if tab["type"] == "page")
        finally:
            browser.terminate()
            browser.wait(30)
    return title, log.read_text(errors="replace")
