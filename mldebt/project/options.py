"""The command-line options that code declares: argparse, click, typer and absl flags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from mldebt.facts import Attr, Call, Called, Const, Expr, Function, Item, Keyword, Param, Ref
from mldebt.project.namespaces import Namespaces, parses
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

Framework = Literal["argparse", "click", "typer", "absl"]

_CLICK = ("click.option", "click.argument", "rich_click.option", "rich_click.argument", "asyncclick.option")
_TYPER = ("typer.Option", "typer.Argument")
_COMMANDS = frozenset({"click", "rich_click", "asyncclick", "typer"})
_TYPER_COMMANDS = ("command", "callback")
_FLAG_MODULES = ("absl.flags.DEFINE_", "tensorflow.app.flags.DEFINE_", "tensorflow.compat.v1.app.flags.DEFINE_",
                 "tensorflow.flags.DEFINE_", "tensorflow.compat.v1.flags.DEFINE_", "gflags.DEFINE_")  # fmt: skip
_FLAGS = frozenset(module.removesuffix(".DEFINE_") for module in _FLAG_MODULES)
_BROWSERS = frozenset({"selenium", "splinter", "undetected_chromedriver", "playwright"})
"""Libraries whose options also have an `add_argument`."""


class Option(NamedTuple):
    """One declared option.

    `dest` is the name under which code reads it, `flags` what users write (`--lr`, or a bare name for a
    positional), `call` the declaring call (None for a typer parameter with a plain default), `function` and
    `param` the function whose parameter receives it (click, typer). `keywords` are those of the declaring call.
    """

    framework: Framework
    source: SourceFacts
    dest: str
    flags: tuple[str, ...]
    location: Location
    call: Call | None = None
    function: Function | None = None
    param: Param | None = None
    keywords: tuple[Keyword, ...] = ()

    @property
    def is_positional(self) -> bool:
        """Whether it is given by its place, without a flag."""
        return not any(flag.startswith("-") for flag in self.flags)

    @property
    def name(self) -> str:
        """What users write: the long flag, or the name of a positional."""
        return next((flag for flag in self.flags if flag.startswith("--")), self.flags[0])

    def keyword(self, name: str) -> Expr | None:
        """A keyword of the declaring call: `default`, `choices`, `type`, `help`, …"""
        return next((keyword.value for keyword in self.keywords if keyword.name == name), None)

    @property
    def action(self) -> str:
        """The argparse action by name (`store` where none is given); `?` for an action of the project's own."""
        action = self.keyword("action")
        if action is None:
            return "store"
        return action.value if isinstance(action, Const) and isinstance(action.value, str) else "?"

    @property
    def default(self) -> Expr | None:
        """The value when the option is not given; None where none is declared."""
        if self.action in ("store_true", "store_false"):
            return Const(self.action == "store_false")
        if self.framework == "absl" and self.call is not None:
            given = self.keyword("default")
            return given if given is not None or len(self.call.args) < 2 else self.call.args[1]
        if self.framework == "typer" and self.call is not None and self.call.args:
            return self.call.args[0]
        return self.keyword("default")

    @property
    def choices(self) -> Expr | None:
        """The allowed values, where they are declared."""
        return self.keyword("choices")

    @property
    def is_hidden(self) -> bool:
        """Whether its help is suppressed, or calls it deprecated or ignored."""
        text = self.keyword("help")
        if (isinstance(text, Attr) and text.name == "SUPPRESS") or self.keyword("hidden") == Const(True):
            return True
        words = str(text.value).lower() if isinstance(text, Const) else ""
        return any(word in words for word in ("deprecated", "ignored", "no effect", "unused", "==suppress=="))


class Options:
    """All options of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._read: dict[str, frozenset[str]] = {}
        self._namespaces: dict[frozenset[str], Namespaces] = {}

    @cached_property
    def all(self) -> tuple[Option, ...]:
        """Every option, by path and place."""
        return tuple(option for source in self._project.code for option in self._in_source(source))

    @cached_property
    def by_source(self) -> Mapping[str, tuple[Option, ...]]:
        """The options that each file declares."""
        found: dict[str, list[Option]] = {}
        for option in self.all:
            found.setdefault(option.source.path, []).append(option)
        return {path: tuple(options) for path, options in found.items()}

    @cached_property
    def parsing(self) -> frozenset[str]:
        """The files that parse a command line, or read the flags of one."""
        return frozenset(source.path for source in self._project.code if parses(source))

    def names_read(self, path: str) -> frozenset[str]:
        """The names of all attributes and items that a file reads of anything but `self`."""
        if path not in self._read:
            self._read[path] = frozenset(_names_read(self._project.by_path[path]))
        return self._read[path]

    def namespaces(self, path: str) -> Namespaces:
        """Where the options parsed in a file, and in all files that run together with it, go."""
        imports = self._project.imports
        paths = frozenset[str]().union(*map(imports.reached_from, imports.reaching(path)))
        if paths not in self._namespaces:
            self._namespaces[paths] = Namespaces(self._project, paths)
        return self._namespaces[paths]

    def _in_source(self, source: SourceFacts) -> Iterator[Option]:
        header = source.facts.header
        if "add_argument" in header.methods and _BROWSERS.isdisjoint(m.partition(".")[0] for m in header.modules):
            for call in source.facts.calls:
                if isinstance(call.func, Attr) and call.func.name == "add_argument":
                    yield from _argparse(source, call)
        if any(name.startswith(_FLAG_MODULES) for name in header.names) or (
            any(name.startswith("DEFINE_") for name in header.methods) and not _FLAGS.isdisjoint(header.names)
        ):
            for call in source.facts.calls:
                if _defines_flag(source, call) and call.args and _text(call.args[0]):
                    name = _text(call.args[0])
                    yield Option("absl", source, name, (f"--{name}",), source.location(call.span), call,
                                 keywords=call.keywords)  # fmt: skip
        if any(
            module.partition(".")[0] in ("click", "rich_click", "typer", "asyncclick")
            for module in header.modules
        ):
            for function in source.facts.functions:
                yield from _click(source, function)
                yield from _typer(source, function)


def _defines_flag(source: SourceFacts, call: Call) -> bool:
    """Whether a call declares a flag, directly or through `flags = tf.app.flags`."""
    if call.name or not (isinstance(call.func, Attr) and call.func.name.startswith("DEFINE_")):
        return call.name.startswith(_FLAG_MODULES)
    base = call.func.base
    values = [source.facts.bindings[i].value for i in base.bindings if i >= 0] if isinstance(base, Ref) else []
    return bool(values) and all(isinstance(value, Attr) and value.name == "flags" for value in values)


def _argparse(source: SourceFacts, call: Call) -> Iterator[Option]:
    flags = tuple(_text(arg) for arg in call.args)
    if not flags or not all(flags):
        return
    explicit = next((_text(k.value) for k in call.keywords if k.name == "dest"), "")
    long = next((flag for flag in flags if flag.startswith("--")), flags[0])
    dest = explicit or long.lstrip("-").replace("-", "_" if long.startswith("-") else "-")
    yield Option("argparse", source, dest, flags, source.location(call.span), call, keywords=call.keywords)


def _click(source: SourceFacts, function: Function) -> Iterator[Option]:
    for decorator in function.decorators:
        if not isinstance(decorator, Called):
            continue
        call = source.facts.calls[decorator.call]
        flags = tuple(text for arg in call.args if (text := _text(arg)))
        if call.name not in _CLICK or not flags:
            continue
        plain = [flag for flag in flags if not flag.startswith("-")]
        long = max(flags, key=lambda flag: len(flag) - len(flag.lstrip("-")))
        dest = (plain[0] if plain else long.partition("/")[0].lstrip("-")).replace("-", "_").lower()
        param = next((p for p in function.params if p.name == dest), None)
        shown = tuple(flag for flag in flags if flag.startswith("-")) or flags
        yield Option(
            "click", source, dest, shown, source.location(call.span), call, function, param, call.keywords
        )


def _typer(source: SourceFacts, function: Function) -> Iterator[Option]:
    """The parameters of a command; `Annotated[int, typer.Option()]` and plain ones are options, too."""
    if not any(_is_typer_command(source, decorator) for decorator in function.decorators):
        return
    for param in function.params:
        if param.kind in ("*", "**") or param.annotation.endswith(("Context", "CallbackParam")):
            continue
        call = source.facts.calls[param.default.call] if isinstance(param.default, Called) else None
        call = call if call is not None and call.name in _TYPER else None
        flags = tuple(text for arg in call.args[1:] if (text := _text(arg)).startswith("-")) if call else ()
        flags = flags or ("--" + param.name.replace("_", "-"),)
        keywords = call.keywords if call else ()
        place = source.location(source.facts.bindings[param.binding].span)
        yield Option("typer", source, param.name, flags, place, call, function, param, keywords)


def _is_typer_command(source: SourceFacts, decorator: Expr) -> bool:
    func = source.facts.calls[decorator.call].func if isinstance(decorator, Called) else decorator
    if not isinstance(func, Attr) or func.name not in _TYPER_COMMANDS or not isinstance(func.base, Ref):
        return False
    bindings = (source.facts.bindings[index] for index in func.base.bindings if index >= 0)
    calls = (source.facts.calls[b.value.call] for b in bindings if isinstance(b.value, Called))
    return any(call.name == "typer.Typer" for call in calls)


def _text(expr: Expr) -> str:
    return expr.value if isinstance(expr, Const) and isinstance(expr.value, str) else ""


_NO_PARTS = frozenset({Const, Ref, Called})


def _names_read(source: SourceFacts) -> Iterator[str]:
    facts = source.facts
    exprs = [use.expr for use in facts.uses]
    for call in facts.calls:
        exprs.append(call.func)
        if isinstance(call.func, Attr) and call.func.name.startswith(("add_argument", "DEFINE_")):
            continue  # naming an option is not reading it
        for expr in (*call.args, *(keyword.value for keyword in call.keywords)):
            exprs.append(expr)
            if isinstance(expr, Const) and isinstance(expr.value, str):
                yield expr.value
    exprs += [store.value for store in facts.stores]
    exprs += [binding.value for binding in facts.bindings if binding.value is not None]
    exprs += [returned.value for returned in facts.returns]
    exprs += [block.test for block in facts.blocks if block.test is not None]
    for expr in exprs:
        for part in () if type(expr) in _NO_PARTS else walk(expr):
            if isinstance(part, Attr) and not (isinstance(part.base, Ref) and part.base.name in ("self", "cls")):
                yield part.name
            elif isinstance(part, Item) and isinstance(part.index, Const) and isinstance(part.index.value, str):
                yield part.index.value
