"""The audit's page in a browser: complete, quiet, alone, usable; in light and dark, on a phone and on paper."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from browser import Browser, chromium, needs_browser
from click.testing import CliRunner
from test_audit import FIXTURES, git, hostile, hostile_audit  # noqa: F401

from mldebt.cli import cli
from mldebt.engine import check
from mldebt.packs import find_packs
from mldebt.report.audit import build_audit
from mldebt.report.audit_html import render_html
from mldebt.scope import find_scope
from mldebt.settings import Settings, override

pytestmark = needs_browser

SECTIONS = ["debts", "backlog", "pipeline", "hotspots", "trend", "findings", "rubric", "method"]
PICTURES = {"pipeline": "#picture svg", "hotspots": "#hotspot-chart svg", "trend": "#trend-chart svg"}
SHOWN = """
return [...document.querySelectorAll(".rule > ol > li")].filter(li => !li.hidden && !li.closest(".rule").hidden).length
"""
CONTRAST = """
const light = color => {
  const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map(Number).map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const back = element => {
  for (let at = element; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if (!/, 0\\)$/.test(color) && color !== "transparent") return color;
  }
  return "rgb(255, 255, 255)";
};
const all = "p, dt, dd, h1, h2, h3, a, td, th, summary, label, input, .grade, span.undeclared, code, svg text";
return [...document.querySelectorAll(all)]
  .filter(element => element.getClientRects().length && element.textContent.trim())
  .map(element => {
    const color = getComputedStyle(element)[element.ownerSVGElement ? "fill" : "color"];
    const [one, two] = [color, back(element)].map(light).sort((a, b) => b - a);
    return [(one + .05) / (two + .05), element.tagName, element.textContent.slice(0, 30)];
  }).filter(([contrast]) => contrast < 4.5);
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit of a project with history, debt of many kinds, and some of it accepted."""
    root = tmp_path_factory.mktemp("page") / "legacy"
    shutil.copytree(FIXTURES / "churn-legacy", root)
    (root / "old.py").write_text("print 'x'\n")
    (root / "more.py").write_text("import pandas as pd\npd.read_csv('/home/ada/x.csv')  # mldebt: ignore mine\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "src", "old.py") if (root / "src").is_dir() else git(root, "add", "*.py")
    git(root, "commit", "-q", "-m", "one", day=1)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "two", day=9)
    return write_page(root, "--trend-points", "2")


def write_page(root: Path, *options: str) -> Path:
    file = root.parent / "audit.html"
    result = CliRunner().invoke(
        cli, ["audit", str(root), "--no-cache", "-o", str(file), "--output-format", "html", *options]
    )
    assert result.exit_code == 0, result.output
    return file


@pytest.fixture(autouse=True)
def plain(browser: Browser) -> None:
    browser.media()
    browser.command("Emulation.clearDeviceMetricsOverride")


def draw(browser: Browser, *parts: str) -> None:
    """Have pictures drawn (without names: all), which happens when they come near the screen."""
    for part in parts or PICTURES:
        browser.run("document.getElementById(arguments[0]).scrollIntoView()", part)
        browser.until(f"return document.querySelector('{PICTURES[part]}')")


def test_it_is_complete_quiet_and_alone(browser: Browser, page: Path) -> None:
    browser.open(page)
    draw(browser)
    assert browser.run("return [...document.querySelectorAll('main > section')].map(s => s.id)") == SECTIONS
    parts = "return [...document.querySelectorAll('main > section, .card')]"
    empty = f"{parts}.filter(s => s.innerText.trim().length < 60).length"
    assert browser.run(empty) == 0
    assert browser.run("return document.querySelectorAll('#picture .edge.undeclared').length") > 0
    assert browser.run("return document.querySelectorAll('.card pre').length") > 3
    assert browser.run("return document.querySelectorAll('#rubric tbody tr').length") == 28
    assert "accepted" in browser.run("return document.getElementById('findings').innerText")
    assert "in Python 2" in browser.run("return document.querySelector('header').innerText")
    assert browser.console() == []
    assert browser.requests() == [page.as_uri()]


def test_a_click_follows_the_data(browser: Browser, page: Path) -> None:
    browser.open(page)
    draw(browser)
    faded = "return document.querySelectorAll('#picture .faded').length"
    browser.run(
        "document.querySelector('#picture .node').dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    assert browser.run(faded) > 0
    browser.run("document.getElementById('picture-whole').click()")
    assert browser.run(faded) == 0
    browser.run("document.querySelector('#picture .node').focus()")
    browser.driver.switch_to.active_element.send_keys(" ")
    assert browser.run(faded) > 0
    find = """const field = document.getElementById("picture-find");
        field.value = arguments[0]; field.dispatchEvent(new Event("input"))"""
    browser.run(find, browser.run("return document.querySelector('#picture .node text').textContent").upper())
    assert browser.run(faded) > 0
    browser.run(find, "")
    assert browser.run(faded) == 0
    assert browser.console() == []


def test_filters_leave_what_fits(browser: Browser, page: Path) -> None:
    browser.open(page)
    everything = browser.run(SHOWN)
    choose = """const [id, value] = arguments, s = document.getElementById(id);
        s.value = value; s.dispatchEvent(new Event(id === "search" ? "input" : "change"))"""
    for name in ("debt", "severity", "confidence"):
        counts = []
        for value in browser.run(
            "return [...document.getElementById(arguments[0]).options].map(o => o.value)", name
        ):
            browser.run(choose, name, value)
            counts.append(browser.run(SHOWN))
        assert counts[0] == everything
        assert sum(counts[1:]) in (everything, everything - accepted_kinds(browser, name))
        browser.run(choose, name, "")
    browser.run(choose, "search", "undeclared")
    browser.until(f"return ({{n: (() => {{{SHOWN}}})()}}).n < {everything}")
    assert 0 < browser.run(SHOWN) < everything
    assert browser.run("return document.getElementById('count').textContent") == f"{browser.run(SHOWN)} shown"
    browser.run(choose, "search", "no finding says this")
    browser.until(f"return ({{n: (() => {{{SHOWN}}})()}}).n === 0")
    assert browser.console() == []


def accepted_kinds(browser: Browser, name: str) -> int:
    """Accepted findings of kinds of debt that nothing else has, which the choice of kinds does not offer."""
    return int(
        name == "debt"
        and browser.run("""
        const known = [...document.getElementById("debt").options].map(o => o.value);
        return [...document.querySelectorAll(".rule")].filter(r => !known.includes(r.dataset.debt))
            .map(r => r.querySelectorAll(":scope > ol > li").length).reduce((a, b) => a + b, 0)""")
    )


def test_without_scripts_everything_can_be_read(browser: Browser, page: Path) -> None:
    browser.open(page, scripts=False)
    assert browser.run("return document.getElementById('tools').offsetParent") is None
    assert browser.run("return document.getElementById('picture').offsetParent") is None
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")  # as a reader can
    text = browser.run("return document.querySelector('main').innerText")
    for words in (
        "Quick wins",
        "Structural work",
        "Declared",
        "Commits in a year",
        "Minutes per 1,000 lines",
        "ML Test Score",
    ):
        assert words.lower() in text.lower()
    assert browser.run(SHOWN) > 20
    assert browser.console() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark(browser: Browser, page: Path, scheme: str) -> None:
    browser.media(scheme=scheme)
    browser.open(page)
    draw(browser)
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.run(CONTRAST) == []
    back = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (back == "rgb(255, 255, 255)") == (scheme == "light")


def test_a_phone_shows_it_without_scrolling_sideways(browser: Browser, page: Path) -> None:
    browser.command("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    browser.open(page)
    draw(browser)
    browser.run("document.querySelectorAll('.rule').forEach(d => d.open = true)")
    assert browser.run("return document.scrollingElement.scrollWidth") <= 360


def test_it_prints(browser: Browser, page: Path) -> None:
    browser.open(page)
    draw(browser)
    paper = base64.b64decode(browser.command("Page.printToPDF", printBackground=False)["data"])
    assert paper.startswith(b"%PDF")
    assert 3 <= paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") <= 60
    browser.media(kind="print")
    assert browser.run("return document.getElementById('tools').offsetParent") is None
    browser.media(kind="print", scheme="dark")
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_keyboard_reaches_everything(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.driver.switch_to.active_element.send_keys("\ue004")
    assert browser.run("return document.activeElement.className") == "skip"
    named = """return [...document.querySelectorAll("a, button, input, select, summary")]
        .filter(e => !(e.labels?.length || e.textContent.trim() || e.getAttribute("aria-label"))).length"""
    assert browser.run(named) == 0
    levels = browser.run("return [...document.querySelectorAll('h1, h2, h3')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for script in ("th:not(thead th)", "img:not([alt])", "section:not([aria-labelledby])"):
        assert browser.run("return document.querySelectorAll(arguments[0]).length", script) == 0


def test_foreign_text_stays_text(browser: Browser, hostile: Path) -> None:  # noqa: F811
    page = hostile.parent / "audit.html"
    page.write_text(render_html(hostile_audit(hostile)))
    browser.open(page)
    draw(browser, "hotspots")
    browser.until("return document.querySelector('#picture svg')")
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.run("return document.querySelectorAll('img, main b, main i, main script').length") == 0
    text = browser.run("return document.querySelector('main').innerText")
    assert "<img src=x onerror=alert(1)></script><script>alert(2)</script>{{ 7*7 }}" in text
    assert "out/</script>" in text
    assert "<b>project" in browser.run("return document.querySelector('h1').innerText")
    assert browser.console() == []
    assert browser.requests() == [page.as_uri()]


def test_many_findings_are_linked_when_they_are_looked_at(browser: Browser, page: Path, tmp_path: Path) -> None:
    """The page of many findings is kept small by leaving their addresses to the reader's browser."""
    root = page.parent / "legacy"
    git(root, "remote", "add", "origin", "git@git.example.org:team/legacy.git")
    report = check(override(Settings(), profile="audit"), find_scope([root]), find_packs())
    found = [finding for finding in report.findings if finding.location.cell is None]
    many = tuple(msgspec.structs.replace(found[n % len(found)], message=f"number {n}") for n in range(2000))
    file = tmp_path / "many.html"
    file.write_text(render_html(build_audit(msgspec.structs.replace(report, findings=many))))
    browser.open(file)
    group = "document.querySelector('.rule')"
    assert browser.run(f"return {group}.querySelectorAll('a').length") == 0
    browser.run(f"{group}.open = true")
    browser.until(f"return {group}.querySelectorAll('ol > li > a').length")
    count = browser.run(f"return {group}.querySelectorAll('ol > li').length")
    assert browser.run(f"return {group}.querySelectorAll('ol > li > a').length") == count
    first = browser.run(f"return {group}.querySelector('a').href")
    assert first.startswith("https://git.example.org/team/legacy/blob/")
    assert "#L" in first
    assert browser.console() == []
