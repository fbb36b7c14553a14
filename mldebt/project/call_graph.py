"""Which code runs when an entry point runs: function by function, not file by file.

Importing a file runs its top level only. A function runs when it is called or handed on (as an argument, in a
table, through a registering decorator). A method runs when something reached calls a method of that name and its
class is instantiated; a class with a base from a library may have any of its methods called by that library.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from mldebt.facts import Class, Function
from mldebt.project.names import Symbol
from mldebt.project.places import MODULE, Place, places_run
from mldebt.project.qualify import qualified
from mldebt.project.references import Edges, edges_of, is_property, place_of
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind

if TYPE_CHECKING:
    import networkx

    from mldebt.declarations.model import Stage
    from mldebt.project.project import Project

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_PLAIN_BASES = frozenset(
    {"object", "ABC", "Protocol", "Generic", "NamedTuple", "TypedDict", "Enum", "IntEnum", "StrEnum", "Exception",
     "ValueError", "RuntimeError", "str", "int", "float", "dict", "list", "tuple", "set"}
)  # fmt: skip
"""Bases that call no methods of their subclasses but special ones."""


class Reach(msgspec.Struct, frozen=True, dict=True):
    """The code that runs.

    `places` are the functions reached, and the files (function MODULE) whose top level runs.
    `by_name` says that some of it looks code up by names from configuration.
    """

    places: frozenset[Place]
    by_name: bool = False

    @cached_property
    def paths(self) -> frozenset[str]:
        """The files of which anything runs, be it only their imports."""
        return frozenset(place.path for place in self.places)

    def has(self, source: SourceFacts, block: int) -> bool:
        """Whether the code of a block runs."""
        return place_of(source, block) in self.places


class Held(NamedTuple):
    """What the names at a file's top level stand for: paths of modules, places of classes and functions."""

    modules: list[str]
    classes: list[Place]
    functions: list[Place]


class Instances(NamedTuple):
    """What can be called on instances of a class: it and its bases in the project, and whether libraries call them."""

    classes: tuple[Place, ...]
    foreign: bool


class Method(NamedTuple):
    """A method of a class; `implicit` says that it runs without being called by name."""

    place: Place
    name: str
    implicit: bool


class CallGraph:
    """Answers what runs from where. Edges are worked out file by file, when they are first needed."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._edges: dict[str, dict[str, Edges]] = {}
        self._reached: dict[tuple[Place, ...], Reach] = {}
        self._held: dict[str, Held] = {}
        self._instances: dict[Place, Instances | None] = {}
        self._methods: dict[Place, tuple[Method, ...]] = {}

    def edges(self, place: Place) -> Edges:
        """What a place leads to directly."""
        if place.path not in self._edges:
            source = self._project.source(place.path)
            self._edges[place.path] = edges_of(self._project, source, self._defined) if source is not None else {}
        return self._edges[place.path].get(place.function) or _NOTHING

    def reach(self, *starts: Place) -> Reach:
        """All that runs when these places run; the top level of their files runs first."""
        key = tuple(sorted(set(starts)))
        if key not in self._reached:
            self._reached[key] = _Run(self._project, self).run(key)
        return self._reached[key]

    def reach_of_file(self, path: str) -> Reach:
        """All that runs when a file is run by itself."""
        return self.reach(*places_run(path))

    def reach_of_stage(self, stage: Stage) -> Reach:
        """All that runs when a stage runs: its scripts, or the functions that it names."""
        executions = self._project.executions(stage)
        return self.reach(*(place for e in executions for place in places_run(e.path, e.function)))

    def held_by(self, path: str) -> Held:
        """What the names at a file's top level stand for in the project."""
        if path not in self._held:
            held = Held([], [], [])
            source = self._project.by_path[path]
            for name in source.bindings_by_scope.get(0, {}):
                symbol = self._project.names.symbol(source, f":{name}")
                if symbol is None or symbol.rest:
                    continue
                if symbol.fact is None:
                    held.modules.append(symbol.source.path)
                elif isinstance(symbol.fact, Class):
                    held.classes.append(Place(symbol.source.path, symbol.fact.qualname))
                elif isinstance(symbol.fact, Function):
                    held.functions.append(Place(symbol.source.path, symbol.fact.qualname))
            self._held[path] = held
        return self._held[path]

    def instances_of(self, place: Place) -> Instances | None:
        """What can be called on instances of a class; None where the place is no class."""
        if place not in self._instances:
            source = self._project.source(place.path)
            cls = source and source.classes_by_name.get(place.function)
            self._instances[place] = self._find_instances(source, cls) if source and cls else None
        return self._instances[place]

    def _find_instances(self, source: SourceFacts, cls: Class) -> Instances:
        """The class and its bases in the project; a library that it inherits from may call any of its methods."""
        found: dict[Place, None] = {}
        foreign = False
        waiting = [(source, cls)]
        while waiting:
            home, current = waiting.pop()
            place = Place(home.path, current.qualname)
            if place in found:
                continue
            found[place] = None
            for base in current.bases:
                name = qualified(home, base)
                symbol = self._project.names.symbol(home, name) if name else None
                if symbol is not None and isinstance(symbol.fact, Class) and not symbol.rest:
                    waiting.append((symbol.source, symbol.fact))
                elif name.rpartition(".")[2] not in _PLAIN_BASES:
                    foreign = True
        return Instances(tuple(found), foreign)

    def methods_of(self, place: Place) -> tuple[Method, ...]:
        """The methods that a class of the project defines itself."""
        if place not in self._methods:
            source = self._project.by_path[place.path]
            self._methods[place] = tuple(
                Method(
                    Place(place.path, function.qualname),
                    function.name,
                    function.name.startswith("__") or is_property(source, function),
                )
                for function in source.functions_by_owner.get(place.function, ())
            )
        return self._methods[place]

    @cached_property
    def _defined(self) -> frozenset[str]:
        """The last names of the project's functions and classes."""
        facts = [source.facts for source in self._project.code]
        names = {function.name for fact in facts for function in fact.functions}
        names.update(cls.qualname.rpartition(".")[2] for fact in facts for cls in fact.classes)
        return frozenset(names)

    def uses(self, reach: Reach) -> Iterator[SourceFacts]:
        """The sources that matter: scripts, and those whose functions run or whose top level does something."""
        functions = {place.path for place in reach.places if place.function != MODULE}
        for path in sorted(reach.paths):
            source = self._project.by_path.get(path)
            if source is not None and (path in functions or does_something(source)):
                yield source

    @cached_property
    def graph(self) -> networkx.DiGraph[Place]:
        """All direct edges of the project between places, methods of unknown receivers left out."""
        import networkx

        graph: networkx.DiGraph[Place] = networkx.DiGraph()
        for source in self._project.code:
            for function, edges in self._edges_of(source.path).items():
                start = Place(source.path, function)
                graph.add_node(start)
                for target in (*edges.functions, *edges.classes):
                    graph.add_edge(start, target)
                for path in edges.modules:
                    graph.add_edge(start, Place(path, MODULE))
        return graph

    def _edges_of(self, path: str) -> dict[str, Edges]:
        self.edges(Place(path, MODULE))
        return self._edges[path]

    @cached_property
    def configured(self) -> tuple[Symbol, ...]:
        """What the dotted names in YAML files (`_target_: src.nets.Net`) stand for in the project."""
        found: dict[tuple[str, str], Symbol] = {}
        for source in self._project.sources(Kind.YAML):
            for entry in source.facts.entries:
                if isinstance(entry.value, str) and _DOTTED.fullmatch(entry.value):
                    symbol = self._project.names.symbol(source, entry.value)
                    if symbol is not None and isinstance(symbol.fact, Function | Class):
                        found[symbol.source.path, symbol.fact.qualname] = symbol
        return tuple(found.values())


def does_something(source: SourceFacts) -> bool:
    """Whether a file's top level does more than import and define: it sets names or calls things."""
    facts = source.facts
    for binding in facts.bindings:
        if binding.kind not in ("import", "function", "class", "parameter") and binding.name != "__all__":
            owner = place_of(source, binding.block)
            if owner.function == MODULE and source.enclosing(binding.block, "class") is None:
                return True
    return any(call.bare and place_of(source, call.block).function == MODULE for call in facts.calls)


class _Run:
    """One walk over the graph: what is reached, and which classes have instances by then."""

    def __init__(self, project: Project, graph: CallGraph) -> None:
        self._project = project
        self._graph = graph
        self._reached: set[Place] = set()
        self._waiting: list[Place] = []
        self._classes: set[Place] = set()
        self._offered: dict[Place, bool] = {}
        self._called: set[str] = set()
        self._imported: set[str] = set()
        self._opened: set[str] = set()
        self._methods: dict[str, set[Place]] = defaultdict(set)
        self._by_name = False

    def run(self, starts: tuple[Place, ...]) -> Reach:
        """The code that runs from the starts."""
        for start in starts:
            self._enter(Place(start.path, MODULE))
            self._enter(start)
            self._instantiate_if_class(start)
        while self._waiting:
            self._follow(self._graph.edges(self._waiting.pop()))
        return Reach(frozenset(self._reached), self._by_name)

    def _enter(self, place: Place) -> None:
        if place not in self._reached:
            self._reached.add(place)
            self._waiting.append(place)

    def _follow(self, edges: Edges) -> None:
        for path in edges.modules - self._imported:
            self._imported.add(path)
            self._enter(Place(path, MODULE))
        for function in edges.functions - self._reached:
            self._enter(function)
        for cls in edges.classes - self._classes:
            self._instantiate(cls)
        for name in edges.methods - self._called:
            self._called.add(name)
            for method in self._methods.get(name, ()):
                self._enter(method)
        for path in edges.namespaces:
            self._open(path)
        if edges.by_name and not self._by_name:
            self._by_name = True
            self._enter_configured()

    def _open(self, path: str) -> None:
        """Everything that a file's top level names may be called; modules that it imports are opened, too."""
        if path in self._opened or self._project.source(path) is None:
            return
        self._opened.add(path)
        self._enter(Place(path, MODULE))
        held = self._graph.held_by(path)
        for module in held.modules:
            self._open(module)
        for cls in held.classes:
            self._instantiate(cls)
        for function in held.functions:
            self._enter(function)

    def _instantiate_if_class(self, place: Place) -> None:
        if self._graph.instances_of(place) is not None:
            self._instantiate(place)

    def _instantiate(self, place: Place) -> None:
        """From now on methods of the class and of its bases may be called."""
        instances = self._graph.instances_of(place) if place not in self._classes else None
        if instances is None:
            return
        self._classes.add(place)
        for home in instances.classes:
            if home in self._offered and (self._offered[home] or not instances.foreign):
                continue  # a class of its kind has offered the methods of this base already
            self._offered[home] = instances.foreign
            for method in self._graph.methods_of(home):
                self._methods[method.name].add(method.place)
                if method.implicit or instances.foreign or method.name in self._called:
                    self._enter(method.place)

    def _enter_configured(self) -> None:
        """What configuration names may be looked up."""
        for symbol in self._graph.configured:
            fact = symbol.fact
            if isinstance(fact, Function | Class):
                place = Place(symbol.source.path, fact.qualname)
                self._enter(Place(place.path, MODULE))
                if isinstance(fact, Class):
                    self._instantiate(place)
                else:
                    self._enter(place)


_NOTHING = Edges()
