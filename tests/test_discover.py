"""Discovery: what is found, what is left out, and that nothing hostile is followed, opened or run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mldebt.discover import Discovery, discover, kind_of
from mldebt.source import Kind, Role


def write(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def names(found: Discovery) -> list[str]:
    return [source.path for source in found.sources]


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/train.py", Kind.PYTHON),
        ("a/stubs.pyi", None),
        ("A.IPYNB", Kind.NOTEBOOK),
        ("MLproject", Kind.YAML),
        ("dvc.lock", Kind.YAML),
        ("data/raw.csv.dvc", Kind.YAML),
        (".dvc/config", Kind.INI),
        ("config", None),
        ("Pipfile", Kind.TOML),
        ("Pipfile.lock", Kind.JSON),
        ("uv.lock", Kind.TOML),
        (".env", Kind.ENV),
        (".env.example", Kind.ENV),
        ("requirements.txt", Kind.REQUIREMENTS),
        ("requirements-dev.in", Kind.REQUIREMENTS),
        ("dev-requirements.txt", Kind.REQUIREMENTS),
        ("requirements/base.txt", Kind.REQUIREMENTS),
        ("constraints.txt", Kind.REQUIREMENTS),
        ("notes.txt", None),
        ("docker/Dockerfile.gpu", Kind.DOCKERFILE),
        ("gpu.dockerfile", Kind.DOCKERFILE),
        ("GNUmakefile", Kind.MAKE),
        ("rules.mk", Kind.MAKE),
        ("q.sql", Kind.SQL),
        ("README.md", Kind.MARKDOWN),
        (".yaml", None),
        ("README", None),
    ],
)
def test_the_kind_follows_from_the_name(path: str, kind: Kind | None) -> None:
    assert kind_of(path) is kind


@pytest.mark.parametrize("with_git", [False, True])
def test_ignored_and_excluded_files_are_left_out(tmp_path: Path, with_git: bool) -> None:
    write(tmp_path, "b.py", "a.py", "src/c.py", "src/skip/d.py", "src/keep.log", "venv/x.py", "data.csv")
    write(tmp_path, "myenv/lib/y.py", "myenv/pyvenv.cfg", "src/.ipynb_checkpoints/n.py", "logs/e.py")
    (tmp_path / ".gitignore").write_text("/logs\n*.log\n!!bad[\n")
    (tmp_path / "src" / ".gitignore").write_text("skip/\n")
    if with_git:
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", "a.py")
    found = discover([tmp_path], root=tmp_path)
    assert names(found) == ["a.py", "b.py", "src/c.py"]
    assert found.problems == ()
    assert {"data.csv", "a.py", "src/.gitignore"} <= found.files
    assert not {"logs/e.py", "src/keep.log", "src/skip/d.py"} & found.files


def test_the_order_of_the_paths_does_not_matter(tmp_path: Path) -> None:
    write(tmp_path, "b.py", "a/a.py", "c.yaml")
    paths = [tmp_path / "c.yaml", tmp_path / "a", tmp_path / "b.py", tmp_path / "a" / "a.py"]
    assert discover(paths, root=tmp_path) == discover(paths[::-1], root=tmp_path)
    assert names(discover(paths, root=tmp_path)) == ["a/a.py", "b.py", "c.yaml"]


def test_named_files_are_analysed_even_if_excluded(tmp_path: Path) -> None:
    write(tmp_path, "build/a.py", "src/b.py")
    file = tmp_path / "build" / "a.py"
    assert names(discover([file], root=tmp_path)) == ["build/a.py"]
    assert names(discover([file], root=tmp_path, force_exclude=True)) == []
    assert names(discover([tmp_path], root=tmp_path, exclude=["src/b.py"])) == ["build/a.py"]
    assert names(discover([tmp_path], root=tmp_path, extend_exclude=["b.py"])) == []
    assert names(discover([tmp_path / "build"], root=tmp_path)) == ["build/a.py"]


def test_what_cannot_be_analysed_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path, "root/picture.png", "root/a.py", "outside.py")
    root = tmp_path / "root"
    paths = [root / "missing.py", root / "picture.png", tmp_path / "outside.py", root / "a.py"]
    found = discover(paths, root=root)
    assert names(found) == ["a.py"]
    messages = dict(found.problems)
    assert "no such file" in messages["missing.py"]
    assert "no kind" in messages["picture.png"]
    assert len(messages) == 3


def test_links_and_special_files_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, "real.py", "package/inner.py")
    write(tmp_path, "elsewhere/secret.py")
    os.symlink("real.py", root / "link.py")
    os.symlink(tmp_path / "elsewhere", root / "out")
    os.symlink(tmp_path / "elsewhere" / "secret.py", root / "out.py")
    os.symlink(".", root / "loop")
    os.symlink("self.py", root / "self.py")
    os.symlink("gone.py", root / "broken.py")
    os.mkfifo(root / "pipe.py")
    for prepare in (lambda: None, lambda: git(root, "init", "-q")):
        prepare()
        found = discover([root], root=root)
        assert names(found) == ["package/inner.py", "real.py"]
        assert found.problems == ()
    assert names(discover([root / "link.py", root / "real.py"], root=root)) == ["real.py"]
    named = discover([root / "pipe.py", root / "out.py", root / "self.py"], root=root)
    assert named.sources == ()
    assert len(named.problems) == 3


def test_strange_names_survive(tmp_path: Path) -> None:
    write(tmp_path, "new\nline.py", "--", "-rf.py", "a::b.py", "esc\x1b[31m.py")
    with open(os.path.join(os.fsencode(tmp_path), b"latin-\xe9.py"), "wb") as file:
        file.write(b"x = 1\n")
    expected = sorted(["new\nline.py", "-rf.py", "a::b.py", "esc\x1b[31m.py", "latin-\udce9.py"])
    assert names(discover([tmp_path], root=tmp_path)) == expected
    git(tmp_path, "init", "-q")
    found = discover([tmp_path], root=tmp_path)
    assert names(found) == expected
    assert all(source.read() == b"x = 1\n" for source in found.sources)


def test_programs_that_a_repository_names_are_not_run(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, "a.py")
    git(root, "init", "-q")
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "filter.x.clean",
        "diff.external",
    ):
        git(root, "config", key, str(program))
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-index-change").symlink_to(program)
    git(root, "config", "core.hooksPath", str(hooks))
    (root / ".gitattributes").write_text("*.py filter=x\n")
    (tmp_path / "ran").unlink(missing_ok=True)
    assert names(discover([root], root=root)) == ["a.py"]
    assert not (tmp_path / "ran").exists()


def test_deleted_files_and_submodules(tmp_path: Path) -> None:
    inner, root = tmp_path / "inner", tmp_path / "root"
    write(inner, "i.py")
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "x")
    write(root, "gone.py", "a.py")
    git(root, "init", "-q")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    git(root, "add", ".")
    (root / "gone.py").unlink()
    found = discover([root], root=root)
    assert names(found) == ["a.py", "sub/i.py"]
    assert "gone.py" not in found.files
    shutil.rmtree(root / "sub")
    (root / "sub").mkdir()
    assert discover([root], root=root).problems == (("sub", "is a submodule that is not checked out"),)


def test_large_files_are_told_from_data(tmp_path: Path) -> None:
    write(tmp_path, "coco.json", "big.py", text="#" * 6_000_000)
    found = discover([tmp_path], root=tmp_path)
    assert found.sources == ()
    assert found.data == {"coco.json"}
    assert [path for path, _ in found.problems] == ["big.py"]
    assert "more than the limit of 5.0 MB" in found.problems[0][1]
    assert len(discover([tmp_path / "coco.json"], root=tmp_path).problems) == 1


def test_standard_input_stands_for_a_file(tmp_path: Path) -> None:
    write(tmp_path, "src/a.py")
    found = discover([tmp_path], root=tmp_path, stdin=("src/a.py", b"y = 2\n"))
    assert [source.read() for source in found.sources] == [b"y = 2\n"]
    assert names(discover([], root=tmp_path, stdin=("tests/new.py", b""))) == ["tests/new.py"]
    assert discover([], root=tmp_path, stdin=("tests/new.py", b"")).sources[0].roles == {Role.TEST}
    assert len(discover([], root=tmp_path, stdin=("../x.py", b"")).problems) == 1
    assert len(discover([], root=tmp_path, stdin=("x.bin", b"")).problems) == 1
