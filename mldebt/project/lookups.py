"""What a program can reach by names that only running tells: whole parts of a repository, or some of its files."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Const, Expr, Ref
from mldebt.project.qualify import qualified
from mldebt.project.source_facts import SourceFacts
from mldebt.values import alternatives, known_texts

if TYPE_CHECKING:
    from mldebt.project.project import Project

_IMPORTS_BY_NAME = frozenset({"importlib.import_module", "__import__"})
_LOOKS_UP = frozenset({"globals", "eval", *_IMPORTS_BY_NAME})
_LISTS = frozenset({"vars", "dir", "inspect.getmembers"})
_ALL = (*sorted(_LOOKS_UP | _LISTS), "getattr")


class LookedUp(NamedTuple):
    """The parts of the repository, by their roots, and the files in which any name can be read."""

    roots: frozenset[str]
    paths: frozenset[str]


def find_looked_up(project: Project) -> LookedUp:
    """Where names are looked up. A module that is known narrows it to its file, one from outside to nothing."""
    found, importing, reading = set(), set(), set()
    paths: set[str] = set()
    root_of = project.subprojects.root_of
    for source, call, _ in project.calls(*_ALL):
        root = root_of(source.path)
        if call.name in _IMPORTS_BY_NAME:
            modules = _imported(project, source, call)
            paths.update(modules or ())
            if modules is None:
                importing.add(root)
        elif looks_up(source, call):
            files = set(_module_files(project, source, call.args[0])) if call.name == "getattr" else None
            paths.update(files or ())
            if files is None or (not files and _is_inside(project, source, call.args[0])):
                found.add(root)
        elif call.name in _LISTS or _is_computed(call):
            reading.add(root)
    for source in project.code if reading else ():
        if root_of(source.path) in reading:
            paths.update(_handed_on(project, source))
    return LookedUp(frozenset(found | importing & reading), frozenset(paths))


def is_dynamic(project: Project) -> bool:
    """Whether anything in the project can give a function by a name that only running tells."""
    return any(looks_up(source, call) for source, call, _ in project.calls(*_ALL))


def _handed_on(project: Project, source: SourceFacts) -> Iterator[str]:
    """The files whose names the modules have that a file's calls are given."""
    imported = {index for index, binding in enumerate(source.facts.bindings) if binding.kind == "import"}
    given = {
        argument
        for call in source.facts.calls
        for argument in call.args
        if type(argument) is Ref and not imported.isdisjoint(argument.bindings)
    }
    for argument in given:
        yield from _module_files(project, source, argument)


def looks_up(source: SourceFacts, call: Call) -> bool:
    """Whether a call can give a function by a name that only running tells: from a module, not from an object."""
    if any(isinstance(argument, Const) for argument in call.args[:2]):
        return False
    if call.name != "getattr" or not call.args:
        return call.name in _LOOKS_UP
    owner = call.args[0]
    if not isinstance(owner, Ref):
        return not (isinstance(owner, Attr) and isinstance(owner.base, Ref) and owner.base.name == "self")
    bindings = [source.facts.bindings[index] for index in owner.bindings if index >= 0]
    return not bindings or any(binding.kind == "import" for binding in bindings)


def _is_computed(call: Call) -> bool:
    """Whether a call reads an attribute whose name only running tells."""
    return call.name == "getattr" and not any(isinstance(argument, Const) for argument in call.args[:2])


def _imported(project: Project, source: SourceFacts, call: Call) -> set[str] | None:
    """The files of the modules that a call imports by their names; None if these are not known."""
    if not call.args:
        return None
    value = project.value(source, call.args[0])
    texts = known_texts(value)
    if not texts or len(texts) != len(alternatives(value)):
        return None
    modules = (project.names.module(source, text) for text in texts)
    return {module.path for module in modules if module is not None}


def _module_files(project: Project, source: SourceFacts, expr: Expr) -> Iterator[str]:
    """The files whose names an imported module has: its own, those it takes all names from, those of a package."""
    if not isinstance(expr, Ref):
        return
    if not any(source.facts.bindings[index].kind == "import" for index in expr.bindings if index >= 0):
        return
    module = project.names.module(source, qualified(source, expr))
    if module is None:
        return
    yield module.path
    yield from (other.path for other in project.names.star_imports(module))
    if module.path.endswith("__init__.py"):
        home = f"{dirname(module.path)}/"
        yield from (other.path for other in project.code if other.path.startswith(home))


def _is_inside(project: Project, source: SourceFacts, expr: Expr) -> bool:
    """Whether something may be of the project, and is not known to be from outside."""
    name = qualified(source, expr) if isinstance(expr, Ref | Attr) else ""
    return not name or name.startswith(":") or project.names.is_inside(source, name)
