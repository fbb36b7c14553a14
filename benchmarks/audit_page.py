"""How large the page of an audit is, and how soon a browser shows it: `python benchmarks/audit_page.py [LINES]`.

Makes a project of so many lines (10,000) with a finding in fifty lines, audits it, and opens the page in headless
Chromium. What a page costs is in its findings, so the same ones are repeated, as if they stood in more files, to make
pages of 5,000 and 20,000 of them: as many as 1.0 million lines have at that rate.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(
    0, str(Path(__file__).parent.parent / "tests")
)  # mldebt: ignore[sys-path-hack] a script, run by its path

import msgspec
from browser import Browser, chromium

from mldebt.engine import Report, check
from mldebt.packs import find_packs
from mldebt.report.audit import build_audit
from mldebt.report.audit_html import render_html
from mldebt.scope import find_scope
from mldebt.settings import Settings, override
from mldebt.source import Span

FILE = '''"""Part {n} of the preparation."""

import pandas as pd
from sklearn.cluster import KMeans
from sklearn.model_selection import train_test_split


def read_part_{n}():
    try:
        more = pd.read_csv("/home/ada/part_{n}/extra.csv")
    except Exception:
        pass
    return more


def split_part_{n}(frame_{n}):
    frame_{n}["group"] = KMeans(n_clusters={n}).fit_predict(frame_{n})
    return train_test_split(frame_{n}, test_size=0.{n})


def features_{n}(frame):
'''
LINES_A_FILE = 200
SHOWN = "return [...document.querySelectorAll('.rule > ol > li')].filter(li => !li.hidden).length"


def write_project(root: Path, lines: int) -> None:
    """Files whose code differs, so that none is a copy of another."""
    for n in range(lines // LINES_A_FILE):
        file = root / f"team_{n // 500}" / f"part_{n // 50 % 10}" / f"prepare_{n}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        text = FILE.format(n=n + 2)
        rows = LINES_A_FILE - text.count("\n") - 1
        body = "".join(
            f'    frame["f{n}_{row}"] = frame["c{row * 7 % (n + 3)}"] * {row + n}\n' for row in range(rows)
        )
        file.write_text(f"{text}{body}    return frame\n", encoding="utf-8")


def audited(root: Path) -> tuple[Report, float]:
    """The report on a project, and the seconds that it took."""
    start = time.perf_counter()
    report = check(override(Settings(), profile="audit"), find_scope([root]), find_packs())
    return report, time.perf_counter() - start


def repeated(report: Report, count: int) -> Report:
    """The report with so many findings: the real ones again and again, on other lines and with other messages."""
    findings = []
    for n in range(count):
        finding = report.findings[n % len(report.findings)]
        place = msgspec.structs.replace(finding.location, span=Span.at(finding.location.span.line, n % 40 + 1))
        findings.append(msgspec.structs.replace(finding, location=place, message=f"{finding.message} ({n})"))
    return msgspec.structs.replace(report, findings=tuple(findings))


def measure(browser: Browser, page: Path) -> list[tuple[str, str]]:
    """What opening, filtering and scrolling take, in milliseconds of the browser's own clock."""
    browser.open(page)
    times = browser.run(
        "const t = performance.getEntriesByType('navigation')[0]; return [t.domInteractive, t.loadEventEnd]"
    )
    filtered = browser.run(
        "const s = document.getElementById('severity'), t = performance.now(); s.value = '0';"
        "s.dispatchEvent(new Event('change')); document.body.offsetHeight; return performance.now() - t"
    )
    browser.run(
        "const s = document.getElementById('severity'); s.value = ''; s.dispatchEvent(new Event('change'))"
    )
    opened = browser.run(
        "const t = performance.now(); document.querySelector('.rule').open = true; document.body.offsetHeight;"
        "return performance.now() - t"
    )
    for part in ("pipeline", "hotspots", "trend", "findings"):  # what is drawn once is drawn before
        browser.run("document.getElementById(arguments[0]).scrollIntoView()", part)
        time.sleep(3)
    frames = browser.driver.execute_async_script(
        "const done = arguments[0]; let last = performance.now(), worst = 0, n = 0;"
        "const step = () => { const now = performance.now(); worst = Math.max(worst, now - last); last = now;"
        "scrollBy(0, 900); n++ < 60 ? requestAnimationFrame(step) : done(worst); }; requestAnimationFrame(step)"
    )
    return [
        ("size", f"{page.stat().st_size / 1e6:.2f} MB"),
        ("findings", f"{browser.run(SHOWN):,}"),
        ("interactive after", f"{times[0]:.0f} ms"),
        ("loaded after", f"{times[1]:.0f} ms"),
        ("a filter takes", f"{filtered:.0f} ms"),
        ("opening the longest group takes", f"{opened:.0f} ms"),
        ("slowest of 60 frames while scrolling", f"{frames:.0f} ms"),
        ("complaints on the console", f"{len(browser.console())}"),
    ]


def main() -> None:
    """Print a table."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as directory, chromium(Path(directory) / "profile") as browser:
        write_project(Path(directory) / "project", lines)
        report, seconds = audited(Path(directory) / "project")
        print(f"An audit of {lines:,} lines took {seconds:.1f} s; load {os.getloadavg()[0]:.1f}.\n")
        tables = []
        for count in (1, 5000, 20_000):
            page = Path(directory) / f"{count}.html"
            start = time.perf_counter()
            page.write_text(render_html(build_audit(repeated(report, count))), encoding="utf-8")
            tables.append([("written in", f"{time.perf_counter() - start:.1f} s"), *measure(browser, page)])
    print("| | | | |\n|---|---|---|---|")
    for rows in zip(*tables, strict=True):
        print(f"| {rows[0][0]} | {' | '.join(value for _, value in rows)} |")


if __name__ == "__main__":
    main()
