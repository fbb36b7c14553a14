"""Every place where code reads or writes data, with the path as far as it is known.

A function that passes its parameter on to `read_csv` is a reader of whatever its callers pass: accesses are
lifted to the callers, so that a wrapper in `utils.py` counts for the script that uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname
from typing import TYPE_CHECKING, NamedTuple

from mldebt.api_rows import Access as Row
from mldebt.api_rows import Api, Argument
from mldebt.api_tables import effect_of_mode
from mldebt.facts import Attr, Call, Expr, Function
from mldebt.project.addresses import Address, addresses, gaps
from mldebt.project.callers import Caller
from mldebt.project.catalogue_names import CatalogueNames, meant
from mldebt.project.decisions import is_impossible, narrowed
from mldebt.project.frames import NO_FRAME, Frame
from mldebt.project.hub_names import HUB_CALLS, files_of, is_reader, named
from mldebt.project.source_facts import SourceFacts
from mldebt.project.sql_tables import names_tables, table_accesses
from mldebt.project.working_directories import WorkingDirectories
from mldebt.source import Location, Role
from mldebt.values import Choice, Gap, Known, Object, Value, alternatives, common_to_callers, concatenate

if TYPE_CHECKING:
    from mldebt.project.evaluate import Evaluator
    from mldebt.project.processes import Process
    from mldebt.project.project import Project

READS = frozenset({"reads", "lists"})
WRITES = frozenset({"writes", "appends"})
EFFECTS = READS | WRITES | {"deletes", "checks-exists", "creates-directory"}
_REDIRECTS = {">": "writes", ">>": "appends", "<": "reads"}
_ADDED = {"numpy.save": ".npy", "numpy.savez": ".npz", "numpy.savez_compressed": ".npz"}
_PICTURES = frozenset(
    ["matplotlib.pyplot.savefig", "matplotlib.figure.Figure.savefig", "seaborn.FacetGrid.savefig"]
)
_BESIDE_THE_CODE = frozenset({"hydra.main", "hydra.initialize", "hydra.experimental.initialize"})
"""Calls whose relative paths start from the file that makes them."""
_STAND_INS = {"pandas_default": "pandas"}
"""Attributes whose methods are those of a library: the data source that every context of Great Expectations has."""
_FROM_THE_REPOSITORY = "dvc.api."
"""What the names of calls begin with whose paths start from the repository, wherever they are made."""
_DEEPEST = 5
_MOST_CHAINS = 24


class DataAccess(NamedTuple):
    """One effect of one call on one piece of data.

    `component` is the path of the file on whose behalf it happens (the outermost caller), `source` the file that
    holds the call, `chain` the calls from the component down to it. `address` is None where nothing is known of
    the path; `cause` then says why. `is_cut` tells that there are more ways to the call than were followed.
    """

    component: str
    source: SourceFacts
    call: Call
    effect: str
    format: str
    api: str
    address: Address | None
    cause: Gap | None
    chain: tuple[Location, ...]
    is_cut: bool = False

    @property
    def location(self) -> Location:
        """The place of the call that has the effect."""
        return self.source.location(self.call.span)

    @property
    def origin(self) -> Location:
        """The place in the component that says most: the innermost call of the chain that stands in it."""
        inside = [place for place in (*self.chain, self.location) if place.path == self.component]
        return inside[-1] if inside else self.location

    def is_before(self, other: DataAccess) -> bool:
        """Whether this happens before another access of the same component, as far as the text tells."""
        return (*self.chain, self.location) <= (*other.chain, other.location)


def find_accesses(project: Project) -> Iterator[DataAccess]:
    """All data accesses of the project's code, by path and place."""
    finder = _Finder(project)
    found = {source.path: list(finder.in_source(source)) for source in project.code}
    moved = finder.directories.settle()
    for source in project.code:
        again = any(access.component in moved for access in found[source.path])
        yield from finder.in_source(source) if again else found[source.path]
    for process in project.processes:
        yield from finder.redirected(process)


class _Finder:
    def __init__(self, project: Project) -> None:
        self._project = project
        self._tables = project.types.tables
        self._evaluator: Evaluator = project.evaluator
        self._ways: dict[tuple[str, int], list[tuple[tuple[Caller, ...], Frame]]] = {}
        self._cut: set[tuple[str, int]] = set()
        self.directories = WorkingDirectories(project)
        self._catalogues = CatalogueNames(project)

    def in_source(self, source: SourceFacts) -> Iterator[DataAccess]:
        header = source.facts.header
        if not any(self._has_effect(name) for name in header.names) and not any(
            self._has_effect(f"*.{name}") or name in _TYPED_METHODS for name in header.methods
        ):
            return
        for index, call in enumerate(source.facts.calls):
            api = self._api(source, call)
            if api is None:
                continue
            for row in api.accesses:
                if not row.through and row.effect in EFFECTS | {"opens"}:
                    yield from self._lifted(source, index, api, row)

    def redirected(self, process: Process) -> Iterator[DataAccess]:
        """What the shell reads and writes for a command that code runs: `sort a.csv > b.csv`."""
        source, call = process.site.source, process.site.call
        for operator, target in process.redirects:
            effect = _REDIRECTS.get(operator)
            if effect is None or "{" in target or "$" in target or target.startswith(("/dev/", "&")):
                continue
            for address in addresses(Known(target), self.directories.of(source, call.span.line)):
                yield DataAccess(source.path, source, call, effect, "", process.site.name, address, None, ())

    def _has_effect(self, name: str) -> bool:
        api = self._tables.lookup(name)
        return api is not None and any(row.effect in EFFECTS or row.effect == "opens" for row in api.accesses)

    def _api(self, source: SourceFacts, call: Call) -> Api | None:
        if call.name:
            if call.name.startswith((":", ".")):
                return None
            return self._tables.lookup(call.name)
        if not isinstance(call.func, Attr):
            return None
        receiver = self._project.type_of(source, call.func.base)
        if receiver:
            return self._tables.lookup(f"{receiver}.{call.func.name}")
        if asked := self._catalogues.asked(call):
            return self._tables.lookup(asked)
        if isinstance(call.func.base, Attr) and call.func.base.name in _STAND_INS:
            return self._tables.lookup(f"{_STAND_INS[call.func.base.name]}.{call.func.name}")
        api = self._tables.lookup(f"*.{call.func.name}")
        if call.func.name in _PATH_METHODS:
            value = self._evaluator.value(source, call.func.base)
            if any(isinstance(o, Known) and isinstance(o.value, str) for o in alternatives(value)):
                return self._tables.lookup(f"pathlib.Path.{call.func.name}")
        return api

    # --- lifting to callers ---

    def _lifted(self, source: SourceFacts, index: int, api: Api, row: Row) -> Iterator[DataAccess]:
        call = source.facts.calls[index]
        ways = self._chains(source, call.block)
        function = self._function_around(source, call.block)
        is_cut = function is not None and (source.path, function.block) in self._cut
        for chain, frame in ways:
            if self._is_shut_off(source, call.block, call.span.line, frame):
                continue
            component = chain[0].source if chain else source
            places = tuple(c.source.location(c.call.span) for c in chain)
            effect = self._effect(source, call, api, row, frame)
            value = self._target(source, call, row, frame)
            if value is not None and effect == "opens":
                self.directories.of(component)
                self.directories.note(component, value)
            if value is None or effect not in EFFECTS:
                continue
            value = meant(api.name, value)
            if component is not source and isinstance(value, Choice) and value.by_caller:
                value = common_to_callers(value)
            if names_tables(api.name, api.format):
                found = list(table_accesses(value, api.format, effect))
            else:
                home = dirname(component.path)
                line = (chain[0].call if chain else call).span.line
                anchor = self.directories.of(component, line)
                if api.name in _BESIDE_THE_CODE:
                    anchor = dirname(source.path)
                elif api.name.startswith(_FROM_THE_REPOSITORY):
                    anchor = self._project.subprojects.root_of(component.path)
                else:
                    self.directories.note(component, value)
                if HUB_CALLS.fullmatch(api.name) and effect == "reads":
                    value = self._from_hub(source, call, api, value, frame)
                found = [
                    (effect, self._catalogues.behind(component.path, address))
                    for option in alternatives(value)
                    for start in [self.directories.where(component, option, anchor, effect)]
                    for address in addresses(option, start, home)
                ]
            for done, written in self.directories.without_detours(component, found):
                address = _completed(api, written)
                form = _format(api, address)
                yield DataAccess(
                    component.path, source, call, done, form, api.name, address, None, places, is_cut
                )
            for gap in gaps(value) if not found else ():
                yield DataAccess(component.path, source, call, effect, api.format, api.name, None, gap, places)

    def _from_hub(self, source: SourceFacts, call: Call, api: Api, value: Value, frame: Frame) -> Value:
        """What a call reads that takes paths and names of the hub alike."""
        if api.name == "datasets.load_dataset" and is_reader(value):
            files = [k.value for k in call.keywords if k.name in ("data_files", "data_dir")]
            return (
                files_of(self._evaluator.value(source, files[0], frame)) if files else Gap("call", "load_dataset")
            )
        return named(value, api.name, self.directories.is_there)

    def _chains(self, source: SourceFacts, block: int) -> list[tuple[tuple[Caller, ...], Frame]]:
        """The ways of getting to a block from outside: outermost call first, with the innermost frame."""
        function = self._function_around(source, block)
        if function is None:
            return [((), NO_FRAME)]
        key = (source.path, function.block)
        if key not in self._ways:
            found: list[tuple[Caller, ...]] = []
            if self._climb(source, block, (), found, _DEEPEST):
                self._cut.add(key)
            ways = [(chain, self._frame(chain, source, block)) for chain in found[:_MOST_CHAINS]]
            self._ways[key] = [(chain, frame) for chain, frame in ways if frame is not None]
        return self._ways[key]

    def _climb(
        self,
        source: SourceFacts,
        block: int,
        below: tuple[Caller, ...],
        found: list[tuple[Caller, ...]],
        depth: int,
    ) -> bool:
        """Add the ways above a block; whether there are more than those."""
        function = self._function_around(source, block)
        if function is None or len(found) >= _MOST_CHAINS:
            found.append(below)
            return function is not None
        callers = self._project.callers.of(source, function.qualname)
        if depth <= -_DEEPEST:
            found.append(below)
            return bool(callers)
        fresh = [c for c in callers if c not in below and not self._is_test(c.source, source)]
        fresh = [c for c in fresh if self._function_around(c.source, c.call.block) is not function] or fresh
        if not fresh:
            found.append(below)
            return False
        followed = fresh[: _MOST_CHAINS if depth > 0 else 1]  # far up one way is enough to find the program
        ways = [self._climb(c.source, c.call.block, (c, *below), found, depth - 1) for c in followed]
        return any(ways) or len(followed) < len(fresh)

    def _is_test(self, caller: SourceFacts, source: SourceFacts) -> bool:
        """Tests call everything, as do copies of code that runs left; what they pass says nothing about the code."""
        outside = (Role.TEST, Role.GENERATED, Role.VENDORED)
        return caller.source.is_any(*outside) and not source.source.is_any(*outside)

    def _frame(self, chain: tuple[Caller, ...], source: SourceFacts, block: int) -> Frame | None:
        """The parameters of the innermost function when it is reached through the chain; None if it never is."""
        frame = NO_FRAME
        for position, caller in enumerate(chain):
            inside = chain[position + 1] if position + 1 < len(chain) else None
            home, at = (inside.source, inside.call.block) if inside else (source, block)
            function = self._function_around(home, at)
            if function is None:
                return NO_FRAME
            if self._is_shut_off(caller.source, caller.call.block, caller.call.span.line, frame):
                return None
            frame = self._evaluator.frame_for(caller.source, caller.number, home, function, frame, frame)
        return frame

    def _is_shut_off(self, source: SourceFacts, block: int, line: int, frame: Frame) -> bool:
        """Whether what is passed keeps a place from being reached; a function that calls itself passes other things."""
        if not is_impossible(self._evaluator, source, block, line, frame):
            return False
        function = self._function_around(source, block)
        callers = () if function is None else self._project.callers.of(source, function.qualname)
        return not any(self._function_around(c.source, c.call.block) is function for c in callers)

    def _function_around(self, source: SourceFacts, block: int) -> Function | None:
        for ancestor in source.ancestors(block):
            function = source.function_of(ancestor)
            if function is not None:
                return function
        return None

    # --- the target of a row ---

    def _effect(self, source: SourceFacts, call: Call, api: Api, row: Row, frame: Frame) -> str:
        if api.mode is None:
            return row.effect
        mode = self._argument(source, call, api.mode, frame)
        if mode is None:
            return "reads" if row.effect == "opens" else row.effect
        known = [o.value for o in alternatives(mode) if isinstance(o, Known) and isinstance(o.value, str)]
        return effect_of_mode(known[0]) if known else row.effect

    def _target(self, source: SourceFacts, call: Call, row: Row, frame: Frame) -> Value | None:
        if row.argument is not None:
            return self._argument(source, call, row.argument, frame)
        parts = [
            Known(part) if isinstance(part, str) else self._argument(source, call, part, frame)
            for part in row.target
        ]
        return concatenate([Gap("call", "") if part is None else part for part in parts])

    def _argument(self, source: SourceFacts, call: Call, argument: Argument, frame: Frame) -> Value | None:
        if argument.receiver:
            if not isinstance(call.func, Attr):
                return None
            value = self._evaluator.value(source, call.func.base, frame)
            return value.about if isinstance(value, Object) and value.about is not None else value
        for keyword in call.keywords:
            if keyword.name in argument.names:
                return self._passed(source, call, keyword.value, frame)
        if argument.position is not None and argument.position < len(call.args):
            return self._passed(source, call, call.args[argument.position], frame)
        return None if argument.default is None else Known(argument.default)

    def _passed(self, source: SourceFacts, call: Call, expr: Expr, frame: Frame) -> Value | None:
        """An argument, without what the tests around the call keep away from it."""
        value = self._evaluator.value(source, expr, frame)
        return narrowed(self._evaluator, source, call.block, call.span.line, expr, value, frame)


def _completed(api: Api, address: Address) -> Address:
    """An address with the ending that a call adds where it is missing: `numpy.save("a")` writes `a.npy`."""
    ending = _ADDED.get(api.name, "")
    if api.name in _PICTURES and not address.ending and "{" not in address.name:
        ending = ".png"
    if api.name.startswith("hydra.") and address.name.endswith((".yaml.yaml", ".yml.yaml")):
        return address._replace(
            path=address.path.removesuffix(".yaml"),
            tail=(*address.tail[:-1], address.name.removesuffix(".yaml")),
            shape=address.shape.removesuffix(".yaml"),
        )
    if not ending or not address.name or address.name.endswith(ending):
        return address
    path = address.path and f"{address.path}{ending}"
    return address._replace(
        path=path, tail=(*address.tail[:-1], f"{address.name}{ending}"), shape=f"{address.shape}{ending}"
    )


def _format(api: Api, address: Address) -> str:
    return api.format or address.ending.lstrip(".")


_PATH_METHODS = frozenset(
    name
    for line in (
        "read_text read_bytes write_text write_bytes open mkdir exists glob rglob iterdir unlink touch",
        "is_file is_dir",
    )
    for name in line.split()
)
_READERS = ("read_csv", "read_parquet", "read_excel", "read_json")
_TYPED_METHODS = _PATH_METHODS | {"save", "load", "dump", "download", "upload_file", "download_file", *_READERS}
