"""Functions and classes that nothing in the project mentions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from posixpath import basename
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Called, Class, Const, Expr, Function, Ref
from mldebt.project.lookups import LookedUp, find_looked_up
from mldebt.project.places import is_main_guard
from mldebt.project.qualify import qualified
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

Definition = Function | Class

_WORD = re.compile(r"[A-Za-z_]\w*")
_HOOKS = re.compile(
    r"register_\w+|configure_\w+|forward|predict|main|lambda_handler|handler|init_model|\w+_fn|create_pipeline|setup"
    r"|teardown|load_context|initialize|init|run|score|on_\w+|before_\w+|after_\w+|upgrade|downgrade|test_\w+|__\w+__"
    r"|apply|get_model|entry\w*|cli|app|\w+_main|main_\w+|demo"
)
_WRAPS = re.compile(
    r"(functools\.(lru_cache|cache|cached_property|singledispatch)|contextlib\.contextmanager|torch\.(no_grad|inference_mode)"
    r"|torch\.jit\.\w+|numba\.\w*jit|jax\.jit|tensorflow\.function|ensure\.ensure_annotations|typeguard\.typechecked"
    r"|beartype\.beartype|pydantic\.validate_(arguments|call)|streamlit\.(cache\w*|experimental_\w+)|tenacity\.retry"
    r"|staticmethod|classmethod|typing\.no_type_check)$"
)
"""Decorators that change how a function runs, and hand it to nobody who would call it."""
_FOUND_BY_BASE = re.compile(r"(airflow\.plugins_manager|locust|unittest|metaflow|luigi|scrapy|django)\.")
"""Packages that look for the classes made from theirs: nobody has to name those."""


_RUNS_MAIN = re.compile(r"(^|\.)app\.run$|^fire\.Fire$")
"""What runs the `main` of the program without being given it: `tf.app.run()`, `absl.app.run`, `fire.Fire()`."""


class Unreferenced:
    """Finds definitions at the top of files, and methods of plain classes, whose names are read nowhere.

    An import alone is no use, unless it stands in an `__init__.py`. Where names are looked up while the program
    runs (`lookups.py`) there are no such definitions, as far as anybody can tell.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    def in_source(self, source: SourceFacts) -> Iterator[Definition]:
        """The definitions of a file that nothing mentions, in textual order, but for what may be a hook."""
        if self._root(source) in self._looked_up.roots or source.path in self._looked_up.paths:
            return
        definitions: list[Definition] = [*source.facts.functions, *source.facts.classes]
        for definition in sorted(definitions, key=lambda d: d.span):
            if _may_be_hook(definition.name):
                continue
            top = "." not in definition.qualname and source.facts.blocks[definition.block].parent == 0
            if not top and not self._is_plain_method(source, definition):
                continue
            if isinstance(definition, Class) and any(
                _FOUND_BY_BASE.match(qualified(source, base)) for base in definition.bases
            ):
                continue
            if _is_only_wrapped(source, definition) and not self._is_read(source, definition):
                yield definition

    def idle_main(self, source: SourceFacts) -> Function | None:
        """The function `main` of a program that runs something else: nothing in the file or outside calls it."""
        main = next((f for f in source.facts.functions if f.qualname == "main" and not f.decorators), None)
        if main is None or not any(is_main_guard(b.test) for b in source.facts.blocks if b.test is not None):
            return None
        if any(_RUNS_MAIN.search(name) for name in source.facts.header.names):
            return None
        own = source.facts.blocks[main.block].span
        if any(not own.line <= line <= own.end_line for _, line in _read_in(source, frozenset({"main"}))):
            return None
        for other in self._project.code:
            if any(fact.name == "main" for fact in other.facts.imports):
                return None
            if other is not source and any(name.endswith(".main") for name in other.facts.header.names):
                return None
        stem = source.path.rpartition("/")[2].removesuffix(".py")
        entries = (e for s in self._project.sources(Kind.TOML, Kind.INI, Kind.YAML) for e in s.facts.entries)
        return None if any(f"{stem}:main" in entry.text for entry in entries) else main

    def _is_plain_method(self, source: SourceFacts, definition: Definition) -> bool:
        """Whether a method belongs to a class that somebody uses, and that no framework can call it for its base."""
        if isinstance(definition, Class) or definition.name.startswith("__"):
            return False
        home = source.facts.blocks[definition.block].parent
        cls = source.class_of(home)
        if cls is None or cls.decorators or cls.keywords or not self._is_read(source, cls):
            return False
        return all(isinstance(base, Ref) and base.name == "object" for base in cls.bases)

    def _is_read(self, source: SourceFacts, definition: Definition) -> bool:
        if _is_called_beside(source, definition):
            return True
        name = definition.name
        places = self._reads.get(name, {})
        own = source.facts.blocks[definition.block].span
        root = self._root(source)
        others = {other for other, names in self._defined_in.items() if other != root and name in names}
        return any(
            name not in self._defined.get(path, ()) and self._project.subprojects.root_of(path) not in others
            if path != source.path
            else any(not own.line <= line <= own.end_line for line in lines)
            for path, lines in places.items()
        )

    @cached_property
    def _defined(self) -> Mapping[str, frozenset[str]]:
        """The functions and classes that each file defines for itself: it reads those by their names."""
        found: dict[str, frozenset[str]] = {}
        for source in self._project.code:
            definitions: list[Definition] = [*source.facts.functions, *source.facts.classes]
            imported = {fact.name for fact in source.facts.imports}
            found[source.path] = frozenset(d.name for d in definitions if "." not in d.qualname) - imported
        return found

    @cached_property
    def _defined_in(self) -> Mapping[str, frozenset[str]]:
        """The functions and classes that each part of the repository defines: its files mean those."""
        found: dict[str, set[str]] = defaultdict(set)
        for path, names in self._defined.items():
            found[self._project.subprojects.root_of(path)].update(names)
        return {root: frozenset(names) for root, names in found.items()}

    def _root(self, source: SourceFacts) -> str:
        return self._project.subprojects.root_of(source.path)

    @cached_property
    def _looked_up(self) -> LookedUp:
        return find_looked_up(self._project)

    @cached_property
    def _sought(self) -> frozenset[str]:
        """The names of the definitions of which their own files do not tell that they are used."""
        found: set[str] = set()
        for source in self._project.code:
            definitions: list[Definition] = [*source.facts.functions, *source.facts.classes]
            found.update(d.name for d in definitions if not _is_called_beside(source, d))
        return frozenset(found)

    @cached_property
    def _reads(self) -> Mapping[str, Mapping[str, list[int]]]:
        """For each sought name the files that read it, with the lines."""
        found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for source in self._project.code:
            for name, line in _read_in(source, self._sought):
                found[name][source.path].append(line)
        for source in self._project.sources(Kind.YAML, Kind.TOML, Kind.JSON, Kind.INI, Kind.SHELL, Kind.MAKE):
            for entry in source.facts.entries:
                for word in _words_in(f"{entry.text} {entry.path[-1] if entry.path else ''}", self._sought):
                    found[word][source.path].append(entry.span.line)
            for command in source.facts.commands:
                for word in _words_in(" ".join(command.argv), self._sought):
                    found[word][source.path].append(command.span.line)
        return found


def _is_only_wrapped(source: SourceFacts, definition: Definition) -> bool:
    """Whether no decorator can register a definition, so that somebody else calls it."""
    decorators = (source.facts.calls[d.call].func if isinstance(d, Called) else d for d in definition.decorators)
    return all(_WRAPS.match(qualified(source, decorator)) for decorator in decorators)


def _is_called_beside(source: SourceFacts, definition: Definition) -> bool:
    """Whether the file calls something of a definition's name outside of it, as it mostly does."""
    own, calls = source.facts.blocks[definition.block].span, source.facts.calls
    lines = (calls[index].span.line for index in source.calls_by_name.get(definition.name, ()))
    return any(not own.line <= line <= own.end_line for line in lines)


def _may_be_hook(name: str) -> bool:
    """Whether a framework may call a function of this name by itself."""
    return bool(_HOOKS.fullmatch(name))


def _read_in(source: SourceFacts, sought: frozenset[str]) -> Iterator[tuple[str, int]]:
    """The sought names that a file reads, with the lines."""
    for line, expr in _expressions(source):
        while type(expr) is Attr:
            if expr.name in sought:
                yield expr.name, line
            expr = expr.base
        kind = type(expr)
        if kind is Called:
            continue
        for part in (expr,) if kind is Ref or kind is Const else walk(expr):
            if type(part) is Ref or type(part) is Attr:
                if part.name in sought:
                    yield part.name, line
            elif type(part) is Const and type(part.value) is str and len(part.value) < 200:
                yield from ((word, line) for word in _words_in(part.value, sought))
    is_package = basename(source.path) == "__init__.py" or bool(source.star_modules)
    for fact in source.facts.imports:
        if fact.name in sought and (is_package or fact.alias != fact.name):  # under another name it is read
            yield fact.name, fact.span.line
    if any(problem.fatal for problem in source.facts.header.problems):  # in Python 2, say
        for number, text in enumerate(source.text().splitlines(), 1):
            yield from ((word, number) for word in _words_in(text, sought))


def _words_in(text: str, sought: frozenset[str]) -> Collection[str]:
    """The sought names among the words of a text."""
    if text.isidentifier():
        return (text,) if text in sought else ()
    return sought.intersection(_WORD.findall(text))


def _expressions(source: SourceFacts) -> Iterator[tuple[int, Expr]]:
    """All expressions of a file that read something, with their lines."""
    facts = source.facts
    for call in facts.calls:
        line = call.span.line
        yield line, call.func
        for argument in call.args:
            yield line, argument
        for keyword in call.keywords:
            yield line, keyword.value
    for binding in facts.bindings:
        if binding.value is not None:
            yield binding.span.line, binding.value
        if binding.annotation:
            yield binding.span.line, Const(binding.annotation)
    for store in facts.stores:
        yield store.span.line, store.value
        yield store.span.line, store.target
    for result in facts.returns:
        yield result.span.line, result.value
    for use in facts.uses:
        yield use.span.line, use.expr
    for block in facts.blocks:
        if block.test is not None:
            yield block.span.line, block.test
    for function in facts.functions:
        for expr in (*function.decorators, *(p.default for p in function.params if p.default is not None)):
            yield function.span.line, expr
        yield function.span.line - 1, Const(function.returns)
    for cls in facts.classes:
        for base in (*cls.bases, *cls.decorators):
            yield cls.span.line - 1, base
