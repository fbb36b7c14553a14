"""Views that follow names to what they select, code to its copies, and steps to what drives them."""

from __future__ import annotations

from pathlib import Path

from mldebt.discover import kind_of
from mldebt.extract import extract
from mldebt.project import Project
from mldebt.project.copied_blocks import connected_blocks, find_copied_blocks
from mldebt.project.drivers import rival_drivers
from mldebt.project.round_trips import find_round_trips
from mldebt.project.unselected import find_unselected
from mldebt.source import Source

LINES = [f"value{number} = step{number}(value, {number})" for number in range(20)]


def project(files: dict[str, str]) -> Project:
    pairs = []
    for path, text in files.items():
        kind = kind_of(path)
        assert kind is not None, path
        data = text.encode()
        pairs.append((Source(path, kind, Path(path), data=data), extract(kind, data)))
    return Project(Path(), pairs)


def test_a_chain_knows_its_subject_branches_and_end() -> None:
    text = (
        "def build(name):\n    if name == 'a' or name == 'b':\n        return Net()\n"
        "    elif name.lower() == 'c':\n        return c()\n    else:\n        raise ValueError(name)\n"
        "TABLE = {'x': Small, 'y': Large(), 'z': 3}\n"
    )
    chain, table = project({"models.py": text}).dispatches
    assert chain.name == "name"
    assert [branch.keys for branch in chain.branches] == [("a", "b"), ("c",)]
    assert chain.built() == ["Net", ""]
    assert chain.otherwise >= 0
    assert table.subject is None
    assert table.built() == ["Small", "Large", ""]


def test_tests_of_other_subjects_and_values_are_no_chain() -> None:
    text = "if a == 'x':\n    f()\nelif b == 'y':\n    g()\nif n == 3 or n > 'x':\n    h()\n"
    found = project({"run.py": text}).dispatches
    assert [(d.name, len(d.branches), d.otherwise >= 0) for d in found] == [("a", 1, True), ("b", 1, False)]


def test_a_copied_stretch_spans_small_differences() -> None:
    other = [*LINES[:8], "extra = one()", "extra = two()", *LINES[8:]]
    files = {"a.py": "\n".join(LINES) + "\n", "b.py": "start()\n" + "\n".join(other) + "\n"}
    (block,) = find_copied_blocks(project(files).code)
    assert (block.first_lines, block.second_lines, block.equal) == ((1, 20), (2, 23), 20)
    assert [place.path for place in block.places] == ["a.py", "b.py"]


def test_short_stretches_imports_and_one_file_are_no_copies() -> None:
    imports = "".join(f"import module{number}\n" for number in range(20))
    assert not list(find_copied_blocks(project({"a.py": imports, "b.py": imports}).code))
    short = "\n".join(LINES[:11]) + "\n"
    assert not list(find_copied_blocks(project({"a.py": short, "b.py": short}).code))
    twice = "\n".join([*LINES, *LINES]) + "\n"
    assert not list(find_copied_blocks(project({"a.py": twice}).code))


def test_files_that_share_stretches_are_one_group() -> None:
    files = {name: "\n".join(LINES) + "\n" for name in ("a.py", "b.py", "c.py")}
    blocks = list(find_copied_blocks(project(files).code))
    assert len(blocks) == 3
    assert [len(group) for group in connected_blocks(blocks)] == [3]


def test_drivers_of_different_kinds_rival() -> None:
    steps = {f"{name}.py": f"def main():\n    print('{name}')\n" for name in ("ingest", "build", "train")}
    calls = "import build\nimport ingest\nimport train\n\ningest.main()\nbuild.main()\ntrain.main()\n"
    shell = "python ingest.py\npython build.py\npython train.py\n"
    ((one, two),) = rival_drivers(project({**steps, "main.py": calls, "run.sh": shell}))
    assert {one.path, two.path} == {"main.py", "run.sh"}
    assert not list(rival_drivers(project({**steps, "run.sh": shell, "other.sh": shell})))


def test_a_way_there_and_back_needs_an_unused_middle() -> None:
    straight = "import json\nplain = json.loads(json.dumps(config))\n"
    text = f"{straight}text = json.dumps(config)\nprint(text)\njson.loads(text)\n"
    assert [trip.back.call.span.line for trip in find_round_trips(project({"a.py": text}))] == [2]


def test_a_name_is_selected_by_a_default_or_a_document() -> None:
    text = (
        "def build(name='forest'):\n    if name == 'forest':\n        return Forest()\n"
        "    if name == 'boosted':\n        return Boosted()\n    if name == 'linear':\n        return Linear()\n"
    )
    (found,) = find_unselected(project({"models.py": text, "README.md": "Train with `boosted`.\n"}))
    assert found.branch.keys == ("linear",)
    assert [key for key, _ in found.selected] == ["boosted", "forest"]
