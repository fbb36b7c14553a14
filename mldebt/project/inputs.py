"""What reaches code from its command line: options, `sys.argv`, and parameters that a framework fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Call, Called, Const, Expr, Function, Param, Ref
from mldebt.plain_facts import keyword_argument
from mldebt.project.documents import candidates, kedro_files
from mldebt.project.frameworks import Frameworks, passed_word
from mldebt.project.qualify import qualified
from mldebt.project.source_facts import SourceFacts
from mldebt.values import Document, Gap, Known, Value, choice

if TYPE_CHECKING:
    from mldebt.declarations.model import Declared
    from mldebt.project.processes import Process
    from mldebt.project.project import Project

_NAMESPACES = frozenset(
    {"args", "opt", "opts", "options", "arguments", "params", "config", "cfg", "FLAGS", "flags", "hparams"}
)
_CLICK = frozenset({"click.option", "click.argument", "rich_click.option", "rich_click.argument"})
_TYPER = frozenset({"typer.Option", "typer.Argument"})
_HYDRA = "hydra.main"


class Inputs:
    """Binds options to what declares and what passes them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._declared: dict[str, dict[str, list[tuple[SourceFacts, Call]]]] = {}
        self._changed: dict[str, set[str]] = {}
        self._started: dict[str, list[tuple[str, ...]]] = {}
        self._flags: dict[str, tuple[int, dict[str, list[tuple[tuple[int, int], str]]]]] = {}
        self._filled: dict[tuple[str, int], bool] = {}

    # --- argparse ---

    def option(self, path: str, name: str) -> Value:
        """An argparse option by its dest: what stages pass for it, and its default."""
        source = self._project.by_path[path]
        declared = self._options(source).get(name, ())
        values: list[Value] = []
        flags: set[str] = set()
        for home, call in declared:
            flags.update(a.value for a in call.args if isinstance(a, Const) and isinstance(a.value, str))
            default = keyword_argument(call, "default")
            action = keyword_argument(call, "action")
            if default is not None:
                values.append(self._project.value(home, default))
            elif isinstance(action, Const) and action.value in ("store_true", "store_false"):
                values.append(Known(action.value == "store_false"))
        given = list(self._given(source, flags))
        if given:
            values = [*given, *values]
        values = [v for v in values if not (isinstance(v, Known) and v.value is None)] or values
        if name in self._changed_later(source):
            return Gap("option", name)
        return choice(values) if values else Gap("option", name)

    def _changed_later(self, source: SourceFacts) -> set[str]:
        """The options that code changes after parsing: `args.out += "_1"`, `args.out = join(args.out, name)`."""
        if source.path not in self._changed:
            self._changed[source.path] = {
                store.target.name
                for store in source.facts.stores
                if isinstance(store.target, Attr)
                and isinstance(store.target.base, Ref)
                and store.target.base.name in _NAMESPACES
                and not (store.operator == "=" and isinstance(store.value, Const))
            }
        return self._changed[source.path]

    def _options(self, source: SourceFacts) -> dict[str, list[tuple[SourceFacts, Call]]]:
        """The `add_argument` calls of a file, or else of the files that it imports, by dest."""
        if source.path not in self._declared:
            found = self._declared_in(source)
            if not found:
                for fact in source.facts.imports:
                    dot = "" if fact.module.endswith(".") or not fact.name else "."
                    symbol = self._project.names.symbol(source, f"{fact.module}{dot}{fact.name}")
                    if symbol is not None:
                        for name, calls in self._declared_in(symbol.source).items():
                            found.setdefault(name, []).extend(calls)
            self._declared[source.path] = found
        return self._declared[source.path]

    def _declared_in(self, source: SourceFacts) -> dict[str, list[tuple[SourceFacts, Call]]]:
        found: dict[str, list[tuple[SourceFacts, Call]]] = {}
        for option in self._project.options.by_source.get(source.path, ()):
            if option.framework == "argparse" and option.call is not None:
                found.setdefault(option.dest, []).append((source, option.call))
        return found

    def _given(self, source: SourceFacts, flags: set[str]) -> Iterator[Value]:
        """What the command lines of stages pass under one of the flags, or at a positional's place."""
        passed = self._passed(source)
        given = {place: word for flag in flags for place, word in passed.get(flag, ())}
        positional = [f for f in flags if not f.startswith("-")]
        if positional:
            names = _positional_names(self._options(source))
            for number, argv in enumerate(self._command_lines(source)) if positional[0] in names else ():
                plain = _plain_words(argv, self._options(source))
                if names.index(positional[0]) < len(plain):
                    given[number, len(argv)] = plain[names.index(positional[0])]
        yield from (passed_word(given[place]) for place in sorted(given))

    def _passed(self, source: SourceFacts) -> dict[str, list[tuple[tuple[int, int], str]]]:
        """What command lines pass under each flag: the place (command line, word) and the word."""
        lines = tuple(self._command_lines(source))
        known = self._flags.get(source.path)
        if known is not None and known[0] == len(lines):
            return known[1]
        found: dict[str, list[tuple[tuple[int, int], str]]] = {}
        for number, argv in enumerate(lines):
            for position, word in enumerate(argv):
                flag, equals, rest = word.partition("=")
                if not flag.startswith("-"):
                    continue
                if equals:
                    found.setdefault(flag, []).append(((number, position), rest))
                elif position + 1 < len(argv) and not argv[position + 1].startswith("--"):
                    found.setdefault(flag, []).append(((number, position), argv[position + 1]))
        self._flags[source.path] = (len(lines), found)
        return found

    def _command_lines(self, source: SourceFacts) -> Iterator[tuple[str, ...]]:
        for _, argv in self._project.stages_running(source):
            yield argv
        yield from self._started.get(source.path, ())

    def learn(self, processes: Iterable[Process]) -> None:
        """Take the command lines that the project's own code starts its scripts with."""
        for process in processes:
            if process.path and process.target is not None:
                self._started.setdefault(process.path, []).append(process.target.arguments)

    # --- sys.argv ---

    def argument(self, path: str, position: int) -> Value:
        """`sys.argv[position]` as the stages that run a source pass it."""
        source = self._project.by_path[path]
        if position == 0:
            return Known(path)
        values = [
            passed_word(argv[position - 1]) for argv in self._command_lines(source) if 0 < position <= len(argv)
        ]
        return choice(values) if values else Gap("argv", str(position))

    # --- parameters that frameworks fill ---

    def parameter(self, source: SourceFacts, function: Function, param: Param) -> Value | None:
        """A click or typer option by its parameter, or the configuration of a Hydra main; else None."""
        if not isinstance(param.default, Called) and not self._is_filled(source, function):
            return None
        for decorator in function.decorators:
            if not isinstance(decorator, Called):
                continue
            call = source.facts.calls[decorator.call]
            name = call.name or qualified(source, call.func)
            if name in _CLICK and param.name in _click_names(call):
                default = keyword_argument(call, "default")
                value = None if default is None else self._project.value(source, default)
                return self._with_given(source, call, value, param.name)
            if name == _HYDRA and function.params and function.params[0] is param:
                return self._hydra(source, call)
        if isinstance(param.default, Called):
            call = source.facts.calls[param.default.call]
            if call.name in _TYPER:
                fallback = call.args[0] if call.args else keyword_argument(call, "default")
                passed = self.frameworks.parameter(source, function, param)
                found: list[Value] = [] if passed is None else [passed]
                if fallback is not None and fallback != Const(None):
                    found.append(self._project.value(source, fallback))
                return choice(found) if found else Gap("option", param.name)
        given = self.frameworks.parameter(source, function, param)
        if given is not None:
            own = [] if param.default is None else [self._project.value(source, param.default)]
            return choice([given, *own])
        return self._kedro(source, function, param)

    def _is_filled(self, source: SourceFacts, function: Function) -> bool:
        """Whether a framework may fill parameters of a function that do not say so themselves."""
        key = (source.path, function.block)
        if key not in self._filled:
            self._filled[key] = (
                any(isinstance(decorator, Called) for decorator in function.decorators)
                or self.frameworks.fills(source, function)
                or f"{source.path}:{function.qualname}" in self._nodes
            )
        return self._filled[key]

    @cached_property
    def frameworks(self) -> Frameworks:
        """What frameworks hand to code."""
        return Frameworks(self._project, self)

    def given(self, source: SourceFacts, flags: set[str]) -> list[Value]:
        """What command lines pass to a source under one of the flags."""
        return list(self._given(source, flags))

    def plain_words(self, source: SourceFacts) -> list[tuple[str, ...]]:
        """The words of each command line of a source that are neither flags nor their values."""
        return [tuple(_plain_words(argv, self._options(source))) for argv in self._command_lines(source)]

    def _with_given(self, source: SourceFacts, call: Call, default: Value | None, name: str) -> Value:
        flags = {a.value for a in call.args if isinstance(a, Const) and isinstance(a.value, str)}
        values = list(self._given(source, {f for f in flags if f.startswith("-")}))
        if default is not None:
            values.append(default)
        return choice(values) if values else Gap("option", name)

    def _kedro(self, source: SourceFacts, function: Function, param: Param) -> Value | None:
        """A parameter of a node's function that the pipeline fills from the parameter files."""
        position = next((i for i, p in enumerate(function.params) if p is param), -1)
        found: list[Value] = []
        for declared in self._nodes.get(f"{source.path}:{function.qualname}", ()):
            if declared.name == param.name if declared.name else declared.option("position") == str(position):
                keys = tuple(declared.path.split(".")) if declared.path else ()
                if not keys or not declared.is_known or not declared.file:
                    return Gap("config", "kedro")
                found += [Document(path, keys) for path in kedro_files(self._project, declared.file, keys)]
        return choice(found) if found else None

    @cached_property
    def _nodes(self) -> dict[str, list[Declared]]:
        """The declared parameters of Kedro's nodes, by the function that receives them."""
        found: dict[str, list[Declared]] = {}
        for stage in self._project.stages:
            if stage.tool == "kedro":
                for code in stage.code:
                    found.setdefault(code, []).extend(stage.params)
        return found

    def _hydra(self, source: SourceFacts, call: Call) -> Value:
        directory = _text(self._project, source, keyword_argument(call, "config_path"))
        name = _text(self._project, source, keyword_argument(call, "config_name"))
        if name is None:
            return Gap("config", "hydra")
        name = name if name.endswith((".yaml", ".yml")) else f"{name}.yaml"
        for path in candidates(source.path, f"{directory or '.'}/{name}"):
            if self._project.source(path) is not None:
                return Document(path)
        return Gap("config", "hydra")


def _text(project: Project, source: SourceFacts, expr: Expr | None) -> str | None:
    value = None if expr is None else project.value(source, expr)
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


def _positional_names(options: dict[str, list[tuple[SourceFacts, Call]]]) -> list[str]:
    names = []
    for calls in options.values():
        first = calls[0][1].args[0] if calls[0][1].args else None
        if isinstance(first, Const) and isinstance(first.value, str) and not first.value.startswith("-"):
            names.append(first.value)
    return names


def _plain_words(argv: tuple[str, ...], options: dict[str, list[tuple[SourceFacts, Call]]]) -> list[str]:
    """The words of a command line that are neither flags nor their values."""
    switches: set[str] = set()
    for calls in options.values():
        for _, call in calls:
            action = keyword_argument(call, "action")
            if isinstance(action, Const) and str(action.value).startswith(("store_true", "store_false")):
                switches.update(str(a.value) for a in call.args if isinstance(a, Const))
    plain: list[str] = []
    skip = False
    for word in argv:
        if skip:
            skip = False
        elif word.startswith("-") and len(word) > 1:
            skip = "=" not in word and word not in switches
        else:
            plain.append(word)
    return plain


def _click_names(call: Call) -> set[str]:
    names = [a.value for a in call.args if isinstance(a, Const) and isinstance(a.value, str)]
    explicit = [n for n in names if not n.startswith("-")]
    return {n.lstrip("-").partition("/")[0].replace("-", "_").lower() for n in explicit or names}
