"""Switches with one value everywhere, and definitions that nothing mentions."""

from __future__ import annotations

from pathlib import Path

import pytest

from mldebt.extract import extract
from mldebt.project import Project
from mldebt.source import Kind, Source

SIDE = "        a()\n        b()\n        c()\n"


def project(**texts: str) -> Project:
    pairs = []
    for name, text in texts.items():
        data = text.encode()
        pairs.append((Source(f"{name}.py", Kind.PYTHON, Path(name), data=data), extract(Kind.PYTHON, data)))
    return Project(Path(), pairs)


def switches(**texts: str) -> list[tuple[str, str, object]]:
    return [(found.kind, found.name, found.value) for found in project(**texts).single_values.all]


def unreferenced(**texts: str) -> list[str]:
    found = project(**texts)
    return [definition.name for source in found.code for definition in found.unreferenced.in_source(source)]


STEP = f"def step(x, wide=False):\n    if wide:\n{SIDE}    return x\n"


def test_a_parameter_that_nobody_passes() -> None:
    assert switches(a=STEP + "step(1)\nstep(2)\n") == [("parameter", "step(wide)", False)]


@pytest.mark.parametrize(
    "call",
    [
        "step(1, wide=flag)",
        "step(1, **options)",
        "step(1, *rest)",
        "apply(step), step(1)",
        "step(1), step(2, True)",
        "getattr(a, name)('step'), step(1)",
    ],
)
def test_a_parameter_that_may_have_another_value(call: str) -> None:
    assert switches(a=STEP, b=f"import a\nfrom a import step\n{call}\n") == []


def test_the_default_of_a_callers_own_parameter_is_no_value() -> None:
    assert switches(a=STEP + "def run(wide=False):\n    step(1, wide=wide)\n") == []


def test_code_that_cannot_be_read_may_pass_anything() -> None:
    assert switches(a=STEP + "step(1)\n", b="print 'hello'\n") == []


def test_an_attribute_that_is_set_once() -> None:
    config = "class C:\n    def __init__(self):\n        self.use_ranks = False\n"
    reader = f"def f(c):\n    if c.use_ranks:\n{SIDE}"
    assert switches(a=config, b=reader) == [("attribute", "use_ranks", False)]
    assert switches(a=config, b=reader + "c.use_ranks = True\n") == []
    assert switches(a=config, b=reader + "C(use_ranks=True)\n") == []
    assert switches(a=config, b=reader + "setattr(c, name, True)\n") == []


def test_an_import_alone_is_no_use() -> None:
    assert unreferenced(a="def f():\n    return 1\n", b="from a import f\n") == ["f"]
    assert unreferenced(a="def f():\n    return 1\n", b="from a import f\nf()\n") == []


def test_recursion_is_no_use_and_a_string_is_one() -> None:
    assert unreferenced(a="def f(n):\n    return f(n - 1)\n") == ["f"]
    assert unreferenced(a="def f(n):\n    return 1\nregister('f')\n") == []


def test_looking_up_in_a_module_hides_everything_and_in_an_object_nothing() -> None:
    text = "def f():\n    return 1\n"
    assert unreferenced(a=text, b="import a\ngetattr(a, name)()\n") == []
    assert unreferenced(a=text, b="value = load()\ngetattr(value, name)()\n") == ["f"]


def test_a_name_that_is_imported_under_another_one_is_read() -> None:
    step = "def step(x):\n    a(x)\n    b(x)\n"
    user = "from a import step as first\n\ndef step():\n    first(1)\n\nstep()\n"
    assert unreferenced(a=step, b=user) == []


def test_a_file_reads_what_it_defines_for_itself() -> None:
    step = "def step(x):\n    a(x)\n    b(x)\n"
    assert unreferenced(a=step, b=step + "step(1)\n") == ["step"]


def test_methods_of_plain_classes_count_and_those_of_frameworks_do_not() -> None:
    text = "class Plain:\n    def used(self):\n        return 1\n    def left(self):\n        return 2\n"
    text += "class Net(torch.nn.Module):\n    def forward(self, x):\n        return x\n"
    assert unreferenced(a=text + "Plain().used()\nNet()\n") == ["left"]
