"""Names that are looked up while a program runs narrow to what can be reached."""

from __future__ import annotations

from pathlib import Path

from mldebt.load import load_project
from mldebt.project.lookups import LookedUp, find_looked_up
from mldebt.scope import find_scope
from mldebt.settings import load_settings


def looked_up(root: Path, text: str, **files: str) -> LookedUp:
    for name, content in {"run.py": text, "losses.py": "def mse(a, b):\n    return a - b\n", **files}.items():
        (root / name).write_text(content)
    scope = find_scope([root])
    return find_looked_up(load_project(load_settings(scope.root), scope, cache=None))


def test_a_module_of_the_project_is_its_file(tmp_path: Path) -> None:
    found = looked_up(tmp_path, "import losses\n\ndef get(name):\n    return getattr(losses, name)\n")
    assert found == LookedUp(frozenset(), frozenset({"losses.py"}))


def test_a_module_from_outside_is_nothing(tmp_path: Path) -> None:
    found = looked_up(tmp_path, "import torch\n\ndef get(name):\n    return getattr(torch.optim, name)\n")
    assert found == LookedUp(frozenset(), frozenset())


def test_a_module_whose_name_is_known_is_no_lookup(tmp_path: Path) -> None:
    text = (
        "import importlib\nfor name in ['tensorboardX', 'losses']:\n"
        "    module = importlib.import_module(name)\n    getattr(module, kind)\n"
    )
    assert looked_up(tmp_path, text) == LookedUp(frozenset(), frozenset({"losses.py"}))


def test_a_module_by_an_unknown_name_may_be_any(tmp_path: Path) -> None:
    text = "import importlib\n\ndef get(name, kind):\n    return getattr(importlib.import_module(name), kind)\n"
    assert looked_up(tmp_path, text).roots == {""}


def test_a_module_that_is_handed_to_what_reads_names(tmp_path: Path) -> None:
    text = "import losses\n\ndef get(module, name):\n    return getattr(module, name)\n\nget(losses, kind)\n"
    assert looked_up(tmp_path, text) == LookedUp(frozenset(), frozenset({"losses.py"}))
