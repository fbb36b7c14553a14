"""Airflow: operators and TaskFlow functions as stages; datasets that tasks announce."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.declarations.commands import commands_of
from mldebt.declarations.decorated import decorated, home_of, step, users_of
from mldebt.declarations.literals import Literals
from mldebt.declarations.model import Declared, DeclaredKind, Stage, StageCommand, place, subdirectory
from mldebt.facts import Call, Called, Expr, Ref, Seq
from mldebt.plain_facts import keyword_argument

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts

_OPERATORS = ("Operator", "Sensor")
_DATASETS = frozenset({"Dataset", "Asset"})


def declared(project: Project) -> Iterator[Stage]:
    """The operators and tasks of all DAG files."""
    maker = _Maker(project)
    for source in users_of(project, "airflow"):
        for call in source.facts.calls:
            name = call.name.rpartition(".")[2]
            if call.name.startswith("airflow.") and name.endswith(_OPERATORS):
                yield maker.operator(source, call, name)
    for found in decorated(project, ("airflow",), ("task", "asset")):
        inlets, outlets = found.keyword("inlets"), found.keyword("outlets")
        yield step(
            project,
            "airflow",
            found,
            inputs=tuple(maker.datasets("input", found.source, inlets, found.function.name)),
            outputs=tuple(maker.datasets("output", found.source, outlets, found.function.name)),
        )


class _Maker:
    """Turns operator calls into stages."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._literals = Literals(project)

    def operator(self, source: SourceFacts, call: Call, operator: str) -> Stage:
        """The stage of one operator."""
        location = source.location(call.span)
        name = self._literals.text(source, keyword_argument(call, "task_id")) or f"task at line {call.span.line}"
        where = self._literals.text(source, keyword_argument(call, "cwd"))
        directory = subdirectory(home_of(self._project, source.path), where)
        function = self._literals.callable(source, keyword_argument(call, "python_callable"))
        return Stage(
            id=f"{source.path}:{name}:{call.span.line}",
            name=name,
            tool="airflow",
            location=location,
            directory=directory,
            commands=tuple(self._commands(source, call, directory)),
            code=(function,) if function else (),
            inputs=tuple(self.datasets("input", source, keyword_argument(call, "inlets"), name)),
            outputs=tuple(self.datasets("output", source, keyword_argument(call, "outlets"), name)),
            options=(("operator", operator),),
        )

    def _commands(self, source: SourceFacts, call: Call, directory: str) -> Iterator[StageCommand]:
        """What an operator runs: shell code, a container's words, a notebook, a Spark application."""
        location = source.location(call.span)
        script = keyword_argument(call, "bash_command")
        if script is not None:
            yield from commands_of(self._literals.text(source, script), location, directory)
        notebook = keyword_argument(call, "input_nb", "application")
        if notebook is not None:
            rest = self._literals.texts(source, keyword_argument(call, "application_args"))
            argv = (self._literals.text(source, notebook), *rest)
            yield StageCommand(argv=argv, directory=directory, location=location)
        words: list[str] = []
        for name in ("entrypoint", "cmds", "command", "arguments"):
            expr = keyword_argument(call, name)
            if isinstance(self._literals.plain(source, expr), str):
                yield from commands_of(self._literals.text(source, expr), location, directory)
            else:
                words += self._literals.texts(source, expr)
        if words:
            yield StageCommand(argv=tuple(words), directory=directory, location=location)

    def datasets(
        self, kind: DeclaredKind, source: SourceFacts, expr: Expr | None, stage: str
    ) -> Iterator[Declared]:
        """`[Dataset("s3://bucket/a.csv"), …]`, also through a name."""
        items = expr.items if isinstance(expr, Seq) else (expr,) if expr is not None else ()
        for item in items:
            call = self._call(source, item)
            if call is not None and call.name.rpartition(".")[2] in _DATASETS:
                first = call.args[0] if call.args else keyword_argument(call, "uri", "name")
                yield Declared(
                    kind=kind,
                    path=place("", self._literals.text(source, first).removeprefix("file://")),
                    location=source.location(call.span),
                    tool="airflow",
                    stage=stage,
                )

    def _call(self, source: SourceFacts, expr: Expr) -> Call | None:
        if isinstance(expr, Called):
            return source.facts.calls[expr.call]
        if isinstance(expr, Ref) and len(expr.bindings) == 1 and expr.bindings[0] >= 0:
            value = source.facts.bindings[expr.bindings[0]].value
            return source.facts.calls[value.call] if isinstance(value, Called) else None
        return None
