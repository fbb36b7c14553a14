"""How large the page of an audit is, and how soon a browser shows it: `python benchmarks/audit_page.py [LINES]`.

Makes a project of so many lines (1,000,000) with one finding in fifty lines, audits it, and opens the page in headless
Chromium. The page of a small project is measured beside it, as what a page costs without findings.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser import Browser, chromium
from click.testing import CliRunner

from mldebt.cli import cli

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


def audit(root: Path) -> tuple[Path, float]:
    """The page, and the seconds that it took."""
    page = root.parent / f"{root.name}.html"
    start = time.perf_counter()
    result = CliRunner().invoke(cli, ["audit", str(root), "--no-cache", "--output-format", f"html={page}"])
    assert result.exit_code == 0, result.output
    return page, time.perf_counter() - start


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
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as directory, chromium(Path(directory) / "profile") as browser:
        tables = []
        for name, size in (("small", 400), ("large", lines)):
            root = Path(directory) / name
            with redirect_stdout(sys.stderr):
                write_project(root, size)
                page, seconds = audit(root)
            tables.append([("lines", f"{size:,}"), ("audit", f"{seconds:.1f} s"), *measure(browser, page)])
    print("| | small | large |\n|---|---|---|")
    for (what, small), (_, large) in zip(*tables, strict=True):
        print(f"| {what} | {small} | {large} |")


if __name__ == "__main__":
    main()
