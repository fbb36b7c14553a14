"""What a run remembers of an earlier one: the whole answer, as long as nothing that it depends on has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from mldebt.cache import Cache
from mldebt.cache_keys import extraction_version
from mldebt.clock import Clock
from mldebt.engine import Report, check
from mldebt.packs import Packs, find_packs
from mldebt.scope import find_scope
from mldebt.settings import load_settings, override

CODE = "import numpy as np\n\nnp.savetxt('/home/ann/a.csv', np.zeros(3))\n"
RULE = '''"""{about}"""

from mldebt import Rule, Span


class Every(Rule):
    """{about}"""

    def check(self, project):
        for source in project.sources():
            yield self.finding(source.location(Span.at(1)), "{about}")
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two old files below a directory of their own."""
    root = tmp_path / "project"
    root.mkdir()
    write(root / "train.py", CODE)
    write(root / "conf.yaml", "lr: 0.1\n")
    return root


def write(file: Path, text: str) -> None:
    """A file that was changed long enough ago that its time stamp can be trusted."""
    file.write_text(text)
    os.utime(file, (1_000_000, 1_000_000))


def run(
    root: Path, packs: Packs | None = None, today: date | None = None, **settings: str
) -> tuple[Report, bool]:
    """The report, and whether the project had to be linked for it."""
    clock = Clock()
    report = check(
        override(load_settings(root, isolated=True), **({"profile": "audit"} | settings)),
        find_scope([root]),
        packs or find_packs(),
        cache=Cache(root.parent / "cache", extraction_version()),
        today=today or date(2026, 1, 1),
        clock=clock,
    )
    return report, any(cost.kind == "rule" for cost in clock.costs())


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the time stamp of a change of a moment ago for an old one."""
    monkeypatch.setattr("mldebt.cache._SETTLED_NS", -(10**12))


def test_an_unchanged_project_is_not_linked_again(project: Path) -> None:
    first, linked = run(project)
    assert linked
    assert first.findings
    second, linked = run(project)
    assert not linked
    assert second.findings == first.findings
    assert (second.files, second.known, second.paths) == (first.files, first.known, first.paths)
    assert [rule.id for rule in second.rules] == [rule.id for rule in first.rules]
    assert set(second.project.by_path) == {"train.py", "conf.yaml"}


def test_a_changed_added_renamed_or_removed_file_is_seen(project: Path) -> None:
    run(project)
    write(project / "train.py", CODE + "\nx = 1\n")
    assert run(project)[1]
    assert not run(project)[1]
    write(project / "data.csv", "1\n")
    assert run(project)[1]
    (project / "conf.yaml").rename(project / "other.yaml")
    assert run(project)[1]
    (project / "other.yaml").unlink()
    assert run(project)[1]
    assert not run(project)[1]


def test_settings_and_the_day_are_part_of_the_question(project: Path) -> None:
    run(project)
    assert run(project, profile="ci")[1]
    assert run(project, today=date(2026, 1, 2))[1]
    assert not run(project)[1]


def test_a_changed_rule_is_asked_again(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pack" / "debt"
    folder.mkdir(parents=True)
    (folder / "every.py").write_text(RULE.format(about="one"))
    packs = find_packs([tmp_path / "pack"])
    assert "one" in {finding.message for finding in run(project, packs)[0].findings}
    assert not run(project, packs)[1]
    (folder / "every.py").write_text(RULE.format(about="two"))
    assert run(project, packs)[1]


def test_a_rule_that_fails_is_asked_again(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "failing" / "debt"
    folder.mkdir(parents=True)
    (folder / "fails.py").write_text(RULE.format(about="fails").replace("yield", "raise OSError; yield"))
    packs = find_packs([tmp_path / "failing"])
    assert run(project, packs)[0].errors
    assert run(project, packs)[0].errors


def test_a_spoilt_answer_counts_as_absent(project: Path) -> None:
    first, _ = run(project)
    answers = list((project.parent / "cache").rglob("*.answer"))
    assert len(answers) == 1
    whole = answers[0].read_bytes()
    for content in (b"", whole[:-9], whole[:40] + b"\0" + whole[41:], os.urandom(len(whole))):
        answers[0].write_bytes(content)
        again, linked = run(project)
        assert linked
        assert again.findings == first.findings
    assert not run(project)[1]


def test_old_answers_go(project: Path) -> None:
    for number in range(20):
        write(project / "train.py", f"x = {number}\n")
        run(project)
    assert len(list((project.parent / "cache").rglob("*.answer"))) == 16


WARM = """
import sys
import mldebt.cache
from click.testing import CliRunner
from mldebt.cli import cli

mldebt.cache._SETTLED_NS = -(10**12)
done = CliRunner().invoke(cli, ["check", "--isolated", "--cache-dir", sys.argv[2], sys.argv[1]])
assert done.exit_code == 1, done.output
print(*({"libcst", "nbformat", "networkx", "jinja2", "sqlglot"} & set(sys.modules)))
print(*(name for name in sys.modules if name.startswith("mldebt.rules.")))
"""


def test_a_warm_run_loads_no_parser_and_no_rule(project: Path) -> None:
    loaded = []
    for _ in range(2):
        arguments = [sys.executable, "-c", WARM, str(project), str(project.parent / "cache")]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        loaded.append(done.stdout.split())
    assert "libcst" in loaded[0]
    assert any(name.startswith("mldebt.rules.") for name in loaded[0])
    assert loaded[1] == []


def test_the_clock_gives_each_part_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 1.0, 4.0, 6.0])
    monkeypatch.setattr("mldebt.clock.time.process_time", lambda: next(now))
    clock = Clock()
    with clock.measure("rule", "outer"), clock.measure("view", "inner"):
        pass
    assert [(cost.name, cost.seconds) for cost in clock.costs()] == [("outer", 3.0), ("inner", 3.0)]
