"""Functions that are copies of each other, and files that are versions."""

from __future__ import annotations

from pathlib import Path

from mldebt.extract import extract
from mldebt.project import Project
from mldebt.project.clones import line_similarity
from mldebt.source import Kind, Source

BODY = """
    frame = frame.dropna()
    frame = frame.drop_duplicates()
    frame = frame.rename(columns=str.lower)
    frame = frame.sort_values("time")
    frame["day"] = frame["time"].dt.day
    frame["hour"] = frame["time"].dt.hour
    frame["week"] = frame["time"].dt.week
    frame["year"] = frame["time"].dt.year
    frame["month"] = frame["time"].dt.month
    return frame
"""
SCRIPT = "".join(f"x{n} = step{n}(1)\n" for n in range(20))


def project(**texts: str) -> Project:
    pairs = []
    for name, text in texts.items():
        data = text.encode()
        source = Source(name.replace("__", "/") + ".py", Kind.PYTHON, Path(name), data=data)
        pairs.append((source, extract(Kind.PYTHON, data)))
    return Project(Path(), pairs)


def test_similarity_ignores_order_and_blank_lines() -> None:
    assert line_similarity((1, 0, 2, 3), (3, 2, 1, 0, 0)) == 1.0
    assert line_similarity((1, 2), (3, 4)) == 0.0
    assert line_similarity((), ()) == 0.0
    assert line_similarity((1, 1, 2, 2), (1, 2)) == 2 * 2 / 6


def test_equal_bodies_are_one_class() -> None:
    found = project(a=f"def f(frame):{BODY}", b=f"def g(frame):{BODY}", c="def h(x):\n    return x\n").clones
    assert [clone.paths for clone in found] == [("a.py", "b.py")]
    assert found[0].is_exact
    assert found[0].similarity == 1.0


def test_renamed_variables_make_no_exact_class() -> None:
    (found,) = project(a=f"def f(frame):{BODY}", b=f"def f(table):{BODY.replace('frame', 'table')}").clones
    assert not found.is_exact
    assert found.similarity == 1.0


def test_one_changed_line_of_ten_is_a_near_copy_and_three_are_none() -> None:
    near = BODY.replace("dt.day", "dt.weekday")
    (found,) = project(a=f"def f(frame):{BODY}", b=f"def f(frame):{near}").clones
    assert found.similarity == 0.9
    far = near.replace("dt.hour", "dt.minute").replace("dt.week", "dt.second")
    assert project(a=f"def f(frame):{BODY}", b=f"def f(frame):{far}").clones == ()


def test_functions_within_functions_are_left_out() -> None:
    inner = BODY.replace("\n    ", "\n        ")
    text = f"def outer():\n    def f(frame):{inner}\n    return f\n"
    found = project(a=text, b=text.replace("outer", "other")).clones
    assert {member.function.name for clone in found for member in clone.members} == {"outer", "other"}


def test_a_copied_class_stands_for_its_methods() -> None:
    inner = BODY.replace("\n    ", "\n        ")
    text = f"class Table:\n    def f(self, frame):{inner}\n    def g(self):\n        return 1\n"
    (found,) = project(a=text, b=text).clones
    assert [member.function.qualname for member in found.members] == ["Table", "Table"]
    assert found.is_exact


def test_versions_by_name() -> None:
    names = ("train_v2", "train_old", "train2", "old__train", "train_final_2nd")
    copies = project(train=SCRIPT, **dict.fromkeys(names, SCRIPT)).versions.copies
    assert {copy.copy.path for copy in copies} == {f"{name.replace('__', '/')}.py" for name in names}
    assert {copy.original.path for copy in copies} == {"train.py"}


def test_numbered_parts_are_no_versions() -> None:
    assert project(stage1=SCRIPT, stage2=SCRIPT).versions.copies == ()


def test_files_with_little_in_common_are_no_versions() -> None:
    other = SCRIPT.replace("step", "other")
    assert project(train=SCRIPT, train_v2=other).versions.copies == ()
    versions = project(train=SCRIPT, train_v2=SCRIPT, score=other).versions
    assert versions.are_versions(["train.py", "train_v2.py"])
    assert not versions.are_versions(["train.py", "score.py"])
