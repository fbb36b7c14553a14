"""Names across files: which source a module name means, and what a qualified name stands for.

A module name is looked for as Python would find it if the importing file were run from where it could be: in the
file's own directory and in every directory above it up to the root, each with its `src` and `lib`; and then in the
directories that the file adds to `sys.path`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import dirname, join
from typing import NamedTuple

from mldebt.facts import Binding, Class, Function
from mldebt.plain_facts import imported_name
from mldebt.project.qualify import qualified
from mldebt.project.search_paths import added_directories
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind

_MOST_STEPS = 12
"""How many re-exports are followed before a name is given up."""


class Symbol(NamedTuple):
    """What a name of the project stands for: a module (no fact), or something at a module's top level.

    `rest` holds the attributes that are left (`Trainer.fit` is the class Trainer and the rest `("fit",)` unless
    the class defines `fit`, which is then the function found).
    """

    source: SourceFacts
    fact: Function | Class | Binding | None = None
    rest: tuple[str, ...] = ()


class Names:
    """Resolves the names of a project's Python files and notebooks."""

    def __init__(self, sources: Mapping[str, SourceFacts]) -> None:
        self._sources = sources
        self._modules: dict[tuple[str, str], SourceFacts | None] = {}
        self._symbols: dict[str, dict[str, Symbol | None]] = {}
        self._added: dict[str, list[str]] = {}
        self._directories = {
            directory for path in sources if path.endswith(".py") for directory in _directories(path)
        }
        self._first_names = {part for path in sources for part in path.removesuffix(".py").split("/")}

    def module(self, importer: SourceFacts, name: str) -> SourceFacts | None:
        """The source that a module name means in a file; None for a module from outside the project.

        A package without an `__init__.py` is no source: names below it are still found.
        """
        if name[:1] not in ("", ".") and name.partition(".")[0] not in self._first_names:
            return None
        home = importer.directory
        key = (home, name)
        if key not in self._modules:
            self._modules[key] = self._find_module(home, name)
        found = self._modules[key]
        if found is None and name[:1] not in ("", "."):
            for directory in self._searched(importer):
                found = found or self._at(join(directory, name.replace(".", "/")))
        return found

    def is_inside(self, importer: SourceFacts, name: str) -> bool:
        """Whether a module name means a file or a directory with Python files of the project."""
        if self.module(importer, name) is not None:
            return True
        tail = name.replace(".", "/")
        added = [join(directory, tail) for directory in self._searched(importer)] if name[:1] != "." else []
        return any(place in self._directories for place in (*_places(importer.directory, name), *added))

    def symbol(self, importer: SourceFacts, name: str) -> Symbol | None:
        """What a qualified name of a file's facts stands for in the project; None for anything outside.

        Understands `:local.names`, relative names (`..utils.load`) and absolute ones (`src.utils.load`).
        """
        if name[:1] not in ("", ":", ".") and name.partition(".")[0] not in self._first_names:
            return None  # most names: nothing in the project is called like their first part
        known = self._symbols.get(importer.path)
        if known is None:
            known = self._symbols[importer.path] = {}
        if name not in known:
            known[name] = None  # a name that leads back to itself is unknown
            known[name] = self._find_symbol(importer, name, _MOST_STEPS)
        return known[name]

    # --- modules ---

    def _find_module(self, home: str, name: str) -> SourceFacts | None:
        for place in _places(home, name):
            source = self._at(place)
            if source is not None:
                return source
        return None

    def _at(self, place: str) -> SourceFacts | None:
        for path in (f"{place}.py", f"{place}/__init__.py" if place else "__init__.py"):
            source = self._sources.get(path)
            if source is not None:
                return source
        return None

    def _searched(self, importer: SourceFacts) -> list[str]:
        """The directories that a file adds to `sys.path`."""
        if importer.path not in self._added:
            self._added[importer.path] = added_directories(importer)
        return self._added[importer.path]

    # --- symbols ---

    def _find_symbol(self, importer: SourceFacts, name: str, steps: int) -> Symbol | None:
        if steps == 0 or not name:
            return None
        if name.startswith(":"):
            return self._inside(importer, tuple(name[1:].split(".")), steps)
        dots = len(name) - len(name.lstrip("."))
        parts = name[dots:].split(".") if name[dots:] else []
        if not dots and parts[0] not in self._first_names:
            return None  # most names: nothing in the project is called like their first part
        for count in range(len(parts), -1 if dots else 0, -1):
            module = "." * dots + ".".join(parts[:count])
            source = self.module(importer, module)
            if source is not None and (count > 0 or dots):
                rest = tuple(parts[count:])
                return self._inside(source, rest, steps) if rest else Symbol(source)
        return None

    def _inside(self, source: SourceFacts, parts: tuple[str, ...], steps: int) -> Symbol | None:
        """A name at the top level of a source, and the attributes after it."""
        facts = source.facts
        top = self._top_level(source)
        for index in reversed(top.get(parts[0], ())):
            binding = facts.bindings[index]
            if binding.kind == "function":
                return Symbol(source, facts.functions[binding.index], parts[1:])
            if binding.kind == "class":
                return self._in_class(source, facts.classes[binding.index], parts[1:], steps)
            if binding.kind == "import":
                fact = facts.imports[binding.index]
                if not fact.name and fact.alias == fact.module.partition(".")[0]:
                    target = ".".join((fact.alias, *parts[1:]))
                else:
                    target = ".".join((imported_name(fact) if fact.name else fact.module, *parts[1:]))
                return self._find_symbol(source, target, steps - 1)
            return Symbol(source, binding, parts[1:])
        nested = source.functions_by_name.get(".".join(parts))
        if nested is not None:
            return Symbol(source, nested)
        for module in source.star_modules:
            other = self.module(source, module)
            found = self._inside(other, parts, steps - 1) if other is not None and steps > 1 else None
            if found is not None:
                return found
        return None

    def _in_class(self, source: SourceFacts, cls: Class, rest: tuple[str, ...], steps: int) -> Symbol | None:
        if rest:
            method = self.method(source, cls, rest[0], steps)
            if method is not None:
                return Symbol(method.source, method.fact, rest[1:])
        return Symbol(source, cls, rest)

    def method(self, source: SourceFacts, cls: Class, name: str, steps: int = _MOST_STEPS) -> Symbol | None:
        """A method or class attribute by name, looked for in the class and its bases in the project."""
        members = source.bindings_by_scope.get(cls.block, {})
        for index in reversed(members.get(name, ())):
            binding = source.facts.bindings[index]
            if binding.kind == "function":
                return Symbol(source, source.facts.functions[binding.index])
            return Symbol(source, binding)
        if steps <= 1:
            return None
        for base in self.bases(source, cls):
            if isinstance(base.fact, Class) and not base.rest:
                found = self.method(base.source, base.fact, name, steps - 1)
                if found is not None:
                    return found
        return None

    def bases(self, source: SourceFacts, cls: Class) -> Iterator[Symbol]:
        """The base classes of a class that are defined in the project."""
        for base in cls.bases:
            symbol = self.symbol(source, qualified(source, base))
            if symbol is not None:
                yield symbol

    def _top_level(self, source: SourceFacts) -> Mapping[str, list[int]]:
        return source.bindings_by_scope.get(0, {})

    def star_imports(self, source: SourceFacts) -> Iterator[SourceFacts]:
        """The project's sources that a source imports everything from."""
        for module in source.star_modules:
            other = self.module(source, module)
            if other is not None:
                yield other


def _places(home: str, name: str) -> Iterator[str]:
    """Where a module could be, without its ending, nearest first."""
    dots = len(name) - len(name.lstrip("."))
    tail = name[dots:].replace(".", "/")
    if dots:
        base = home
        for _ in range(dots - 1):
            base = dirname(base)
        yield join(base, tail) if tail else base
        return
    base = home
    while True:
        yield join(base, tail)
        for inner in ("src", "lib"):
            yield join(base, inner, tail)
        if not base:
            return
        base = dirname(base)


def _directories(path: str) -> Iterator[str]:
    while path := dirname(path):
        yield path


def is_code(source: SourceFacts) -> bool:
    """Whether a source is Python, in a file or a notebook."""
    return source.kind in (Kind.PYTHON, Kind.NOTEBOOK)
