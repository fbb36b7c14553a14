"""Whether the randomness of a call is fixed: by its own seed, or by seeding the generator that it uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from mldebt.api_rows import Api
from mldebt.api_tables import ApiTables
from mldebt.facts import Call, Called, Compare, Const, Expr, Map, Ref
from mldebt.project.calls import Site
from mldebt.project.imports import Imports
from mldebt.project.names import is_code
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Span

_LOADERS = (
    "hydra.utils.instantiate",
    "hydra.utils.get_class",
    "hydra.utils.get_method",
    "importlib.import_module",
    "pydoc.locate",
    "__import__",
    "pytorch_lightning.cli.",
    "pytorch_lightning.utilities.cli.",
    "lightning.pytorch.cli.",
    "kedro.framework.",
)
_SEEDING = re.compile(r"seed|determinis|reproducib")
_SEED_BY_THEMSELVES = (
    "transformers.Trainer",
    "transformers.TrainingArguments",
    "transformers.Seq2SeqTrain",
    "transformers.HfArgumentParser",
    "trl.",
    "ultralytics.",
    "setfit.",
    "autogluon.",
)
_EVERY_GENERATOR = frozenset({"python", "numpy", "torch", "tensorflow"})


class Randomness:
    """Judges random calls; which calls are random, and what seeds them, is told by the API tables."""

    def __init__(self, by_path: Mapping[str, SourceFacts], tables: ApiTables, imports: Imports) -> None:
        self._by_path = by_path
        self._tables = tables
        self._imports = imports
        self._seeded: dict[str, frozenset[str]] = {}
        self._seeding: dict[str, set[tuple[int, str]]] = {}

    def is_unseeded(self, site: Site) -> bool:
        """Whether a call surely draws other numbers in every run.

        It is not if it may receive a seed, or if its file, or one that imports it, seeds the global generator
        that the call uses. Repetitions in a loop over a `range` average over the randomness on purpose.
        """
        generator = self.generator_of(site)
        if not generator or _is_repeated(site) or _is_tuned(site):
            return False
        entries = self._imports.reaching(site.source.path)
        if site.source.enclosing(site.call.block, "function") is not None:
            entries |= self._loaders
        return not any(generator in self.seeded_in(self._by_path[path]) for path in entries)

    def generator_of(self, site: Site) -> str:
        """The generator that a call without a seed of its own surely draws from: python, numpy, torch, tensorflow,
        or own (made anew, from the system's entropy); empty for a call that is not random or may have a seed.
        """
        api = self._tables.lookup(site.name)
        if api is None or api.random in ("none", "fixed") or site.hides_arguments:
            return ""
        if not _draws(api, site) or _has_seed(api, site):
            return ""
        return api.random.removeprefix("global-")

    def seeded_by(self, source: SourceFacts, paths: Iterable[str]) -> frozenset[str]:
        """The global generators that a program seeds: its file, what it runs, and what loads code by its name."""
        found: set[str] = set()
        for path in {source.path, *paths, *self._loaders}:
            found |= self.seeded_in(self._by_path[path])
        return frozenset(found)

    @cached_property
    def _loaders(self) -> frozenset[str]:
        """The files that load code by its name: they may run any function, without importing its file."""
        code = (source for source in self._by_path.values() if is_code(source))
        return frozenset(
            source.path for source in code if any(name.startswith(_LOADERS) for name in source.facts.header.names)
        )

    def seeded_in(self, source: SourceFacts) -> frozenset[str]:
        """The global generators (python, numpy, torch, tensorflow, …) that a file's own calls seed.

        A function of the project with `seed` in its name counts as one that seeds them all, and so do trainers
        that set the global generators to a constant unless they are told otherwise.
        """
        if source.path not in self._seeded:
            found: set[str] = set()
            local = self._seeded_locally(source)
            for call, last in self._perhaps_seeding(source):
                if call.span in local:
                    continue
                api = self._tables.lookup(call.name) if call.name else None
                if api is not None and api.seeds:
                    found.update(api.seeds)
                elif api is None and _SEEDING.search(last.lower()):
                    found.update(_EVERY_GENERATOR)
            if any(name.startswith(_SEED_BY_THEMSELVES) for name in source.facts.header.names):
                found.update(_EVERY_GENERATOR)
            self._seeded[source.path] = frozenset(found)
        return self._seeded[source.path]

    def _perhaps_seeding(self, source: SourceFacts) -> Iterator[tuple[Call, str]]:
        """The calls of what a table or its own name says to seed, each with the last name of what it calls."""
        known = {name.rpartition(".")[2] for name in source.facts.header.names if self._seeds(name)}
        for last, numbers in source.calls_by_name.items():
            if last in known or _SEEDING.search(last.lower()):
                yield from ((source.facts.calls[number], last) for number in numbers)

    def seeds_here(self, site: Site, generator: str) -> bool:
        """Whether the function around a call seeds the generator itself."""
        source = site.source
        if source.path not in self._seeding:
            self._seeding[source.path] = {
                (source.scope_of(call.block), seeded)
                for call in source.facts.calls
                for seeded in self._generators(call)
            }
        return (source.scope_of(site.call.block), generator) in self._seeding[source.path]

    def _seeded_locally(self, source: SourceFacts) -> frozenset[Span]:
        """The seeding calls that only make shuffles in one function go together: the same function seeds again.

        What other functions draw is not fixed by them.
        """
        if not any("seed" in name for name in (*source.facts.header.names, *source.facts.header.methods)):
            return frozenset()
        found: dict[tuple[int, str], list[Span]] = {}
        for call in source.facts.calls:
            scope = source.scope_of(call.block) if self._generators(call) else 0
            if scope and call.name.rpartition(".")[2] == "seed":
                found.setdefault((scope, call.name), []).append(call.span)
        return frozenset(span for spans in found.values() if len(spans) > 1 for span in spans)

    def _generators(self, call: Call) -> tuple[str, ...]:
        return self._seeds(call.name) if call.name else ()

    def _seeds(self, name: str) -> tuple[str, ...]:
        api = self._tables.lookup(name)
        return api.seeds if api is not None else ()


def _has_seed(api: Api, site: Site) -> bool:
    if api.seed is None:
        return False
    given = site.argument(api.seed.position, *api.seed.names)
    return given is not None and given != Const(None)


def _draws(api: Api, site: Site) -> bool:
    """Whether the arguments surely leave the call random (`shuffle=False` does not, nor does an unknown)."""
    for name, values in api.random_unless.items():
        if _may_be(site.argument(None, name), values):
            return False
    return all(_is_one(site.argument(None, name), values) for name, values in api.random_when.items())


def _may_be(given: Expr | None, values: tuple[Any, ...]) -> bool:
    return given is not None and (not isinstance(given, Const) or given.value in values)


def _is_one(given: Expr | None, values: tuple[Any, ...]) -> bool:
    """Whether an argument is one of the values, in one of the program's modes at least (`shuffle=mode == "train"`)."""
    if isinstance(given, Compare):
        return True in values
    return isinstance(given, Const) and given.value in values


def _is_tuned(site: Site) -> bool:
    """Whether a search over settings, in the same function or module, sets the seed of what it tries."""
    source, scopes = site.source, (0, site.source.scope_of(site.call.block))
    searches = [call for call in source.facts.calls if call.name.endswith("SearchCV")]
    if not searches:
        return False
    made = Called(source.number_of(site.call))
    held = {binding.name for binding in source.facts.bindings if binding.value == made}
    given = [part for search in searches for argument in _given(search) for part in walk(argument)]
    if not any(part == made or (isinstance(part, Ref) and part.name in held) for part in given):
        return False
    values = (b.value for b in source.facts.bindings if b.value and source.scope_of(b.block) in scopes)
    maps = [part for value in values for part in walk(value) if isinstance(part, Map)]
    maps += [part for part in given if isinstance(part, Map)]
    return any(_names_seed(key) for found in maps for key in found.keys)


def _given(call: Call) -> tuple[Expr, ...]:
    return (*call.args, *(keyword.value for keyword in call.keywords))


def _names_seed(key: Expr) -> bool:
    return isinstance(key, Const) and isinstance(key.value, str) and key.value.endswith(("random_state", "seed"))


def _is_repeated(site: Site) -> bool:
    source = site.source
    for ancestor in source.ancestors(site.call.block):
        block = source.facts.blocks[ancestor]
        if block.kind in ("for", "comprehension") and isinstance(block.test, Called):
            call = source.facts.calls[block.test.call]
            inner = call.args[0] if call.name.startswith("tqdm") and call.args else None
            if isinstance(inner, Called):
                call = source.facts.calls[inner.call]
            if call.name == "range":
                return True
    return False
