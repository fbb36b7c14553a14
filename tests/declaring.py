"""Projects from texts, for the tests of declarations."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from mldebt.declarations import Declared, Stage
from mldebt.discover import kind_of
from mldebt.extract import extract
from mldebt.project import Project
from mldebt.source import Kind, Source

DATA = Path(__file__).parent / "data" / "declarations"


def project_of(files: dict[str, str], seen: tuple[str, ...] = ()) -> Project:
    """A project whose sources have the given texts; `seen` are further files of any kind."""
    facts = []
    for path, text in files.items():
        kind = kind_of(path)
        assert isinstance(kind, Kind), f"{path} is of no kind"
        data = dedent(text).encode()
        facts.append((Source(path, kind, Path(path), data=data), extract(kind, data)))
    return Project(Path(), facts, (*files, *seen))


def project_at(directory: str) -> Project:
    """The project that lies in a directory of the tests' data."""
    root = DATA / directory
    files = sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())
    return project_of({p: (root / p).read_text() for p in files if kind_of(p)}, tuple(files))


def stage(project: Project, name: str, tool: str | None = None) -> Stage:
    """The one stage of a name (and tool)."""
    found = [s for s in project.stages if s.name == name and tool in (None, s.tool)]
    assert len(found) == 1, [(s.tool, s.name) for s in project.stages]
    return found[0]


def names(project: Project, tool: str) -> list[str]:
    """The names of a tool's stages."""
    return [s.name for s in project.stages if s.tool == tool]


def paths(declared: tuple[Declared, ...]) -> list[str]:
    """The paths of declared things."""
    return [d.path for d in declared]


def runs(project: Project, found: Stage) -> list[tuple[str, tuple[str, ...]]]:
    """The sources that a stage runs, with their words."""
    return [(e.path, e.argv) for e in project.executions(found)]
