"""Functions that a library's decorators declare as steps, and calls of a library's classes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from posixpath import dirname
from typing import TYPE_CHECKING, NamedTuple

from mldebt.declarations.literals import Literals, dotted
from mldebt.declarations.model import Declared, DeclaredKind, Stage
from mldebt.facts import Call, Called, Expr, Function
from mldebt.plain_facts import keyword_argument

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts


class Decorated(NamedTuple):
    """A function with a decorator. `name` is the decorator's qualified name, `call` its call if it has one."""

    source: SourceFacts
    function: Function
    name: str
    call: Call | None

    def keyword(self, *names: str) -> Expr | None:
        """A keyword argument of the decorator."""
        return keyword_argument(self.call, *names) if self.call else None

    @property
    def code(self) -> str:
        """The function as stages name it."""
        return f"{self.source.path}:{self.function.qualname}"


def users_of(project: Project, *packages: str) -> Iterator[SourceFacts]:
    """The sources that import one of the packages."""
    for source in project.code:
        if any(module.partition(".")[0] in packages for module in source.facts.header.modules):
            yield source


def decorated(project: Project, packages: Collection[str], names: Collection[str]) -> Iterator[Decorated]:
    """The functions with a decorator of one of the packages whose last (or, for `@task.x`, last but one) name
    is one of the given ones."""
    for source in users_of(project, *packages):
        for function in source.facts.functions:
            for decorator in function.decorators:
                call = source.facts.calls[decorator.call] if isinstance(decorator, Called) else None
                name = dotted(source, call.func if call else decorator)
                parts = name.split(".")
                if parts[0] in packages and not names_of(parts).isdisjoint(names):
                    yield Decorated(source, function, name, call)
                    break


def names_of(parts: list[str]) -> frozenset[str]:
    """The last two parts of a dotted name: `airflow.decorators.task.virtualenv` is a task, too."""
    return frozenset(parts[-2:])


def step(project: Project, tool: str, found: Decorated, **fields: object) -> Stage:
    """The stage of a decorated function, by the name that the decorator gives it or its own."""
    given = Literals(project).text(found.source, found.keyword("name", "task_id"))
    name = given or found.function.name
    values: dict[str, object] = {
        "id": f"{found.source.path}:{found.function.qualname}",
        "name": name,
        "tool": tool,
        "location": found.source.location(found.function.span),
        "directory": home_of(project, found.source.path),
        "code": (found.code,),
        **fields,
    }
    return Stage(**values)  # type: ignore[arg-type]


def home_of(project: Project, path: str) -> str:
    """The directory that a file's relative paths start from: the nearest one above with a project file."""
    marks = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")
    home = dirname(path)
    while home and not any(f"{home}/{mark}" in project.files for mark in marks):
        home = dirname(home)
    return home


def named(kind: DeclaredKind, path: str, source: SourceFacts, function: Function, tool: str) -> Declared:
    """Something that a function's definition declares."""
    return Declared(kind=kind, path=path, location=source.location(function.span), tool=tool, stage=function.name)
