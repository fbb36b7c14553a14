"""Projects of the rules' own examples with something wrong in them: no rule fails, whatever stands where."""

from __future__ import annotations

import json
import random
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from mldebt.discover import kind_of
from mldebt.examples import read_documentation
from mldebt.extract import extract
from mldebt.packs import find_packs
from mldebt.project import Project
from mldebt.roles import path_roles
from mldebt.rule import Rule
from mldebt.rule_runs import run_all
from mldebt.selection import select
from mldebt.settings import Settings
from mldebt.source import Source

Files = dict[str, str]
RUNS = 120
ODD: list[Any] = [
    None, True, 3, -1, 3.5, "x", [], {}, [None], [3], [[]], [{}], {"a": None}, {"a": [{}]}, "${x}", "{{x}}", "${", "..",
    "", "/", "a" * 300, "*", "a:b", "@", 10**30, "2020-99-99",
]  # fmt: skip
STRINGS = [
    "''",
    "'.'",
    "'/'",
    "'..'",
    "'{x}'",
    "'%s'",
    "'*'",
    "'${x}'",
    "'~'",
    "'s3://'",
    "'http://['",
    "'['",
    "':'",
]
CALLS = [
    "()",
    "(*a)",
    "(**k)",
    "(None)",
    "([])",
    "({})",
    "(lambda: 0)",
    "(x for x in y)",
    "(a=1)",
    "(...)",
    "(x := 3)",
]
LINES = ["", "\t", "  x = (", "<<<<<<< HEAD", "%%bash", "!ls", "# mldebt: ignore", '"""', "\\"]


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    return select(find_packs(()), Settings(select=("all",))).rules


@pytest.fixture(scope="module")
def examples() -> list[Files]:
    pages = [read_documentation(file.load().__doc__) for file in find_packs(()).files.values()]
    return [{f.path: f.data.decode() for f in example.files} for page in pages for example in page.examples]


def changed(chance: random.Random, path: str, text: str) -> str:
    """A file with some values of its tree, or some of its lines, changed."""
    is_json = path.endswith((".ipynb", ".json"))
    if (is_json or path.endswith((".yaml", ".yml", ".dvc"))) and chance.random() < 0.7:
        try:
            tree = json.loads(text) if is_json else yaml.safe_load(text)
        except (ValueError, yaml.YAMLError):
            return text
        for _ in range(chance.randint(1, 3)):
            tree = with_odd_value(chance, tree)
        return json.dumps(tree, indent=1)
    lines = text.split("\n")
    for _ in range(chance.randint(1, 4)):
        index = chance.randrange(len(lines))
        lines[index : index + 1] = changed_line(chance, lines[index], lines)
    return "\n".join(lines)


def with_odd_value(chance: random.Random, tree: Any) -> Any:
    """A tree in which one value is another, or gone."""
    if not isinstance(tree, dict | list) or not tree or chance.random() < 0.15:
        return chance.choice(ODD)
    key = chance.choice(list(tree)) if isinstance(tree, dict) else chance.randrange(len(tree))
    if chance.random() < 0.1:
        del tree[key]
    else:
        tree[key] = with_odd_value(chance, tree[key])
    return tree


def changed_line(chance: random.Random, line: str, others: list[str]) -> list[str]:
    match chance.randrange(6):
        case 0:
            return [line, chance.choice(others)] if chance.random() < 0.5 else [chance.choice(LINES)]
        case 1:
            return [line[: chance.randrange(len(line) + 1)]]
        case 2:
            words = re.findall(r"\w+|[^\w\s]", " ".join(others)) or ["x"]
            return [
                re.sub(r"\w+|[^\w\s]", lambda m: chance.choice(words) if chance.random() < 0.2 else m[0], line)
            ]
        case 3:
            return [re.sub(r"(['\"])[^'\"]*\1", lambda _: chance.choice(STRINGS), line)]
        case 4:
            return [re.sub(r"\([^()]*\)", lambda _: chance.choice(CALLS), line, count=1)]
    return [line, line]


def project_of(files: Files) -> Project:
    pairs = []
    for path, text in files.items():
        kind = kind_of(path)
        if kind is not None:
            data = text.encode(errors="surrogatepass")
            source = Source(path, kind, Path("/nowhere", path), path_roles(path, kind), data)
            pairs.append((source, extract(kind, data)))
    project = Project(Path("/nowhere"), pairs, files)
    project.today = date(2026, 1, 1)
    return project


@pytest.mark.parametrize("seed", range(4))
def test_no_rule_fails_on_a_changed_project(seed: int, rules: tuple[Rule, ...], examples: list[Files]) -> None:
    chance = random.Random(seed)
    for number in range(RUNS):
        files = {**chance.choice(examples), **(chance.choice(examples) if chance.random() < 0.3 else {})}
        for path in chance.sample(sorted(files), min(len(files), chance.randint(1, 4))):
            files[path] = changed(chance, path, files[path])
        failed = [outcome.error for outcome in run_all(rules, project_of(files)) if outcome.error is not None]
        assert failed == [], f"run {number}: {json.dumps(files)}"
