"""What frameworks hand to code: flags and arguments of command lines, the data of workflows, settings objects."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.declarations.model import Declared
from mldebt.facts import Attr, Call, Called, Const, Function, Map, Param, Ref, Seq
from mldebt.plain_facts import keyword_argument
from mldebt.project.callers import class_around
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind
from mldebt.values import (
    Definition,
    Document,
    Gap,
    Items,
    Known,
    Table,
    Value,
    alternatives,
    choice,
    normal,
)

if TYPE_CHECKING:
    from mldebt.project.evaluation import Evaluation
    from mldebt.project.inputs import Inputs
    from mldebt.project.options import Option
    from mldebt.project.project import Project

_RUNNERS = frozenset({"fire.Fire", "typer.run"})
_OPERATORS = ("PythonOperator", "PythonVirtualenvOperator", "BranchPythonOperator", "ShortCircuitOperator")
_SNAKEMAKE = {"snakemake.input": "inputs", "snakemake.output": "outputs"}
_PARSERS = ("configparser.ConfigParser", "configparser.RawConfigParser", "configparser.SafeConfigParser")
_SETTINGS = frozenset({"dynaconf.Dynaconf", "dynaconf.LazySettings"})
_COMPOSE = frozenset({"hydra.compose", "hydra.experimental.compose"})
_FLAGS = ("absl.flags.FLAGS.", "tensorflow.app.flags.FLAGS.", "tensorflow.compat.v1.app.flags.FLAGS.",
          "tensorflow.flags.FLAGS.", "gflags.FLAGS.")  # fmt: skip
_MOST = 16


class Frameworks:
    """Answers what a framework gives to code; None where it gives nothing that is known."""

    def __init__(self, project: Project, inputs: Inputs) -> None:
        self._project = project
        self._inputs = inputs

    # --- flags ---

    def flag(self, name: str) -> Value | None:
        """`FLAGS.name` by its qualified name: what command lines pass, and its default."""
        start = next((prefix for prefix in _FLAGS if name.startswith(prefix)), None)
        return None if start is None else self.named_flag(name.removeprefix(start))

    def named_flag(self, name: str) -> Value | None:
        """A flag of absl by its name."""
        values: list[Value] = []
        for option in self._flags.get(name, ())[:_MOST]:
            values += self._inputs.given(option.source, {f"--{name}", f"-{name}"})
            if option.default is not None:
                values.append(self._project.value(option.source, option.default))
        values = [v for v in values if not (isinstance(v, Known) and v.value is None)]
        return choice(values) if values else None

    @cached_property
    def _flags(self) -> dict[str, list[Option]]:
        found: dict[str, list[Option]] = {}
        for option in self._project.options.all:
            if option.framework == "absl":
                found.setdefault(option.dest, []).append(option)
        return found

    # --- parameters of functions that a command line or an operator calls ---

    def parameter(self, source: SourceFacts, function: Function, param: Param) -> Value | None:
        """What a command line passes to a command of typer or fire, and Airflow to a callable."""
        values = [
            *self._from_command_line(source, function, param),
            *self._from_operators(source, function, param),
            *self._deployments.get((source.path, function.name, param.name), ()),
        ]
        return choice(values) if values else None

    def fills(self, source: SourceFacts, function: Function) -> bool:
        """Whether command lines, operators or deployments may give a function something."""
        return (
            bool(self._command_kind(source, function))
            or (source.path, source.index_of(function)) in self._operators
            or any((source.path, function.name, param.name) in self._deployments for param in function.params)
        )

    def _from_command_line(self, source: SourceFacts, function: Function, param: Param) -> Iterator[Value]:
        kind = self._command_kind(source, function)
        if not kind:
            return
        names = [p for p in function.params if p.kind not in ("*", "**") and p.name not in ("self", "cls")]
        option = self._typer_options.get((source.path, function.qualname, param.name))
        flags = {f"--{param.name}", f"--{param.name.replace('_', '-')}", *(option.flags if option else ())}
        yield from self._inputs.given(source, flags)
        is_plain = [p for p in names if kind == "fire" or self._is_argument(source, p)]
        if param not in is_plain:
            return
        position = is_plain.index(param)
        for words in self._inputs.plain_words(source):
            given = words[1:] if words[:1] in ((function.name,), (function.name.replace("_", "-"),)) else words
            if position < len(given):
                yield passed_word(given[position])

    def _is_argument(self, source: SourceFacts, param: Param) -> bool:
        """Whether typer takes a parameter by its place."""
        if "Argument" in param.annotation:
            return True
        if isinstance(param.default, Called):
            return source.facts.calls[param.default.call].name == "typer.Argument"
        return param.default is None and "Option" not in param.annotation

    def _command_kind(self, source: SourceFacts, function: Function) -> str:
        if any(path == source.path and name == function.qualname for path, name, _ in self._typer_options):
            several = {name for path, name, _ in self._typer_options if path == source.path}
            return "typer" if len(several) == 1 else ""
        owner = class_around(source, source.facts.blocks[function.block].parent)
        name = function.name if owner is None else owner.name
        return self._run.get((source.path, name), "")

    @cached_property
    def _typer_options(self) -> dict[tuple[str, str, str], Option]:
        return {
            (option.source.path, option.function.qualname, option.param.name): option
            for option in self._project.options.all
            if option.framework == "typer" and option.function is not None and option.param is not None
        }

    @cached_property
    def _run(self) -> dict[tuple[str, str], str]:
        """The functions and classes that `fire.Fire` and `typer.run` start, by file and name."""
        found: dict[tuple[str, str], str] = {}
        for site in self._project.calls(*_RUNNERS):
            first = site.call.args[0] if site.call.args else None
            if isinstance(first, Ref):
                found[site.source.path, first.name] = site.name.partition(".")[0]
        return found

    def _from_operators(self, source: SourceFacts, function: Function, param: Param) -> Iterator[Value]:
        for home, call in self._operators.get((source.path, source.index_of(function)), ()):
            given = keyword_argument(call, "op_kwargs")
            if isinstance(given, Map):
                for key, value in zip(given.keys, given.values, strict=True):
                    if key == Const(param.name):
                        yield self._project.value(home, value)
            listed = keyword_argument(call, "op_args")
            position = next((i for i, p in enumerate(function.params) if p is param), -1)
            if isinstance(listed, Seq) and 0 <= position < len(listed.items):
                yield self._project.value(home, listed.items[position])

    @cached_property
    def _operators(self) -> dict[tuple[str, int], list[tuple[SourceFacts, Call]]]:
        """The operators of Airflow that call a function of the project."""
        found: dict[tuple[str, int], list[tuple[SourceFacts, Call]]] = {}
        for source in self._project.code:
            if not any(name.endswith(_OPERATORS) for name in source.facts.header.names):
                continue
            for call in source.facts.calls:
                wanted = keyword_argument(call, "python_callable") if call.name.endswith(_OPERATORS) else None
                if wanted is None:
                    continue
                for value in alternatives(self._project.value(source, wanted)):
                    if isinstance(value, Definition) and value.kind == "function":
                        found.setdefault((value.path, value.index), []).append((source, call))
        return found

    @cached_property
    def _deployments(self) -> dict[tuple[str, str, str], list[Value]]:
        """The parameters that deployments of Prefect give to flows, by file, function and name."""
        found: dict[tuple[str, str, str], list[Value]] = {}
        for source in self._project.sources(Kind.YAML):
            if basename(source.path) not in ("prefect.yaml", "prefect.yml"):
                continue
            tree = self._project.documents.tree(source.path)
            for keys, entry in tree.items():
                match keys:
                    case ("deployments", int(number), "parameters", str(name)) if entry.kind == "scalar":
                        entrypoint = tree.get(("deployments", number, "entrypoint"))
                        path, _, function = str(entrypoint.value if entrypoint else "").partition(":")
                        path = normal(f"{dirname(source.path)}/{path}" if dirname(source.path) else path)
                        found.setdefault((path, function, name), []).append(Known(entry.value))
        return found

    # --- data that workflows name ---

    def workflow_data(self, source: SourceFacts, name: str, function: str = "") -> Value | None:
        """`snakemake.input` and `snakemake.output`, and the `product` and `upstream` of Ploomber.

        A task of Ploomber can be a function; `function` is the one whose parameter is asked for.
        """
        tool = "snakemake" if name in _SNAKEMAKE else "ploomber" if name in ("product", "upstream") else ""
        if not tool:
            return None
        stages = [stage for stage, _ in self._project.stages_running(source) if stage.tool == tool]
        if function:
            stages = [stage for stage in stages if f"{source.path}:{function}" in stage.code]
        if len(stages) != 1:
            return None
        stage = stages[0]
        if name in _SNAKEMAKE:
            return _data(stage.inputs if _SNAKEMAKE[name] == "inputs" else stage.outputs)
        if name == "product":
            return _product(stage.outputs)
        before = [
            other for other in self._project.stages if other.path == stage.path and other.name in stage.after
        ]
        return Table(tuple((other.name, _product(other.outputs)) for other in before), open=True)

    # --- settings objects ---

    def settings(self, evaluator: Evaluation, source: SourceFacts, call: Call, name: str) -> Value | None:
        """The documents of `Dynaconf(settings_files=[…])`, and the one that `hydra.compose` puts together."""
        if name in _COMPOSE:
            return self._composed(evaluator, source, call)
        if name not in _SETTINGS:
            return None
        found: list[Value] = []
        for keyword in call.keywords:
            if keyword.name in ("settings_files", "settings_file", "SETTINGS_FILE_FOR_DYNACONF"):
                value = evaluator.value(source, keyword.value)
                for option in value.items if isinstance(value, Items) else alternatives(value):
                    found += self._document(source, option)
        return choice(found) if found else None

    def _composed(self, evaluator: Evaluation, source: SourceFacts, call: Call) -> Value | None:
        wanted = keyword_argument(call, "config_name") or (call.args[0] if call.args else None)
        name = evaluator.value(source, wanted) if wanted is not None else None
        starts = [c for c in source.facts.calls if c.name.startswith("hydra.initialize")]
        if not isinstance(name, Known) or len(starts) != 1:
            return None
        first = keyword_argument(starts[0], "config_path") or keyword_argument(starts[0], "config_dir")
        first = first or (starts[0].args[0] if starts[0].args else None)
        directory = evaluator.value(source, first) if first is not None else None
        if not isinstance(directory, Known):
            return None
        file = str(name.value).removesuffix(".yaml")
        found = self._document(source, Known(f"{directory.value}/{file}.yaml"))
        return found[0] if found else None

    def parsed(self, evaluator: Evaluation, source: SourceFacts, kind: str) -> Value | None:
        """The documents that the parsers of INI files in a source have read."""
        if kind not in _PARSERS:
            return None
        found: list[Value] = []
        for call in source.facts.calls:
            func = call.func
            if not isinstance(func, Attr) or func.name != "read" or not call.args:
                continue
            if self._project.type_of(source, func.base) in _PARSERS:
                for option in alternatives(evaluator.value(source, call.args[0])):
                    found += self._document(source, option)
        return choice(found) if found else None

    def _document(self, source: SourceFacts, value: Value) -> list[Value]:
        if not isinstance(value, Known) or not isinstance(value.value, str):
            return []
        path = self._project.locate(source.path, value.value)
        if path is None or self._project.source(path) is None:
            return []
        keys = self._project.documents.tree(path)
        default = keys.get(("default",))
        return [Document(path, ("default",)) if default is not None and default.kind == "map" else Document(path)]


def _product(declared: tuple[Declared, ...]) -> Value:
    """The data of a task of Ploomber: a path where it is one, else as a rule has them."""
    if len(declared) == 1 and not declared[0].name and declared[0].is_known:
        return Known(declared[0].path)
    return _data(declared)


def _data(declared: tuple[Declared, ...]) -> Value:
    """The declared data of a rule: by position, and by name."""
    paths: list[Value] = [Known(d.path) if d.is_known else Gap("config", d.path) for d in declared]
    named = [(d.name, path) for d, path in zip(declared, paths, strict=True) if d.name]
    if len(paths) == 1 and not named:
        return Table(((0, paths[0]), ("", paths[0])), open=True)
    return Table((*enumerate(paths), *named), open=True)


def passed_word(word: str) -> Value:
    """A word of a command line: a variable in it is a gap."""
    return Gap("environment", word) if "$" in word or "{" in word else Known(word)
