"""Figures about the structure of a project: how much glue, how much is handed on unsaid, how much is dead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from mldebt.project.branches import dead_sides
from mldebt.project.glue import glue_statements
from mldebt.project.graph import DataGraph, data_graph
from mldebt.project.manifests import is_library
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

ML_PACKAGES = frozenset(
    {"sklearn", "xgboost", "lightgbm", "catboost", "torch", "tensorflow", "keras", "transformers", "spacy", "gensim",
     "prophet", "statsmodels", "pyspark", "mlflow", "wandb", "neptune", "comet_ml", "clearml", "optuna", "hyperopt",
     "ray", "jax", "flax", "fastai", "pytorch_lightning", "lightning", "nltk", "onnxruntime", "shap", "feast", "dvc",
     "datasets", "timm", "imblearn", "bentoml", "openai", "langchain"}
)  # fmt: skip
"""Packages whose spread over the modules is measured."""

_OUTSIDE = (Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS)
_DATA = frozenset({"dataset", "table", "file", "model"})
_MOST_PACKAGES = 10


class Spread(msgspec.Struct, frozen=True):
    """How many of the modules import a package directly; `share` from 0 to 1."""

    package: str
    modules: int
    share: float


class Closure(msgspec.Struct, frozen=True):
    """What a model depends on: its sources, and the steps of the longest chain from one of them."""

    model: str
    sources: tuple[str, ...]
    depth: int


class Experiments(msgspec.Struct, frozen=True):
    """The switches of a training program, the paths that they make and how many of them are ever selected."""

    entry: str
    switches: tuple[str, ...]
    paths: int
    selected: int
    utilisation: float


class Metrics(msgspec.Struct, frozen=True):
    """All figures. Shares go from 0 to 1 and are None where there is nothing to divide by."""

    statements: int
    glue_statements: int
    glue_ratio: float | None
    modules: int
    package_spread: tuple[Spread, ...]
    handoffs: int
    implicit_handoffs: int
    implicit_handoff_ratio: float | None
    closures: tuple[Closure, ...]
    depth: int
    experiments: tuple[Experiments, ...]
    code_lines: int
    dead_lines: int
    dead_share: float | None


def measure(project: Project, graph: DataGraph | None = None) -> Metrics:
    """The figures of a project; `graph` is its data graph, where somebody has it already."""
    glue, statements = glue_statements(project)
    modules, spread = package_spread(project)
    handoffs = project.handoffs
    implicit = sum(not handoff.declared for handoff in handoffs)
    closures = tuple(_closures(project, graph or data_graph(project)))
    dead, lines = dead_lines(project)
    return Metrics(
        statements=statements,
        glue_statements=glue,
        glue_ratio=_share(glue, statements),
        modules=modules,
        package_spread=spread,
        handoffs=len(handoffs),
        implicit_handoffs=implicit,
        implicit_handoff_ratio=_share(implicit, len(handoffs)),
        closures=closures,
        depth=max((closure.depth for closure in closures), default=0),
        experiments=tuple(
            Experiments(
                space.source.path,
                tuple(switch.name for switch in space.switches),
                space.paths,
                space.selected,
                round(space.utilisation, 4),
            )
            for space in project.experiments
        ),
        code_lines=lines,
        dead_lines=dead,
        dead_share=_share(dead, lines),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def package_spread(project: Project) -> tuple[int, tuple[Spread, ...]]:
    """The number of modules (no tests, no notebooks) and the ML packages that most of them import."""
    modules = [
        s for s in project.sources(Kind.PYTHON) if not s.source.is_any(*_OUTSIDE) and s.facts.header.code_lines
    ]
    importers: dict[str, int] = defaultdict(int)
    for source in modules:
        for package in {module.partition(".")[0] for module in source.facts.header.modules} & ML_PACKAGES:
            importers[package] += 1
    order = sorted(importers.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_PACKAGES]
    return len(modules), tuple(Spread(name, count, round(count / len(modules), 4)) for name, count in order)


def _closures(project: Project, graph: DataGraph) -> Iterator[Closure]:
    """The closure of each model that something writes, by name."""
    before: dict[str, set[str]] = defaultdict(set)
    for edge in graph.edges:
        if edge.kind != "uses_param":
            before[edge.target].add(edge.source)
    kinds = {node.id: node.kind for node in graph.nodes}
    names = {node.id: node.name for node in graph.nodes}
    directories = {path.rpartition("/")[0] for path in project.by_path if path.endswith(".py")}
    for node in graph.nodes:
        if node.kind != "model" or not before[node.id]:
            continue
        reached = _upstream(node.id, before)
        sources = sorted(
            names[other]
            for other in reached - {node.id}
            if kinds[other] in _DATA and not before[other] and names[other].rstrip("/") not in directories
        )
        yield Closure(node.name, tuple(sources), _depth(node.id, before, kinds))


def _upstream(start: str, before: dict[str, set[str]]) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        for other in before.get(waiting.pop(), ()):
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached


def _depth(start: str, before: Mapping[str, set[str]], kinds: Mapping[str, str]) -> int:
    """The data on the longest simple way to a node, without itself: the steps that lead to it, bounded in effort."""
    best, budget = 0, 20_000
    waiting: list[tuple[str, int, frozenset[str]]] = [(start, 0, frozenset((start,)))]
    while waiting and budget:
        budget -= 1
        node, steps, seen = waiting.pop()
        best = max(best, steps)
        waiting += [
            (other, steps + (kinds[other] in _DATA), seen | {other})
            for other in sorted(before.get(node, ()))
            if other not in seen
        ]
    return best


def dead_lines(project: Project) -> tuple[int, int]:
    """How many lines of code nothing can run or mentions, and how many lines of code there are (no tests).

    Dead are the sides of branches that a constant or a switch with a single value shuts off, functions and classes
    that nothing mentions (in applications), and files that are older copies of others.
    """
    sources = [s for s in project.sources(Kind.PYTHON) if not s.source.is_any(*_OUTSIDE)]
    single: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for switch in project.single_values.all:
        for source, side in switch.sides:
            single[source.path].append((side.block.span.line, side.block.span.end_line))
    dead = total = 0
    for source in sources:
        numbers = {number for number, digest in enumerate(source.facts.lines, start=1) if digest}
        total += len(numbers)
        if source.path in project.versions.originals:
            dead += len(numbers)
            continue
        stretches = [*_dead_in(project, source), *single[source.path]]
        dead += len(numbers & {line for first, last in stretches for line in range(first, last + 1)})
    return dead, total


def _dead_in(project: Project, source: SourceFacts) -> Iterator[tuple[int, int]]:
    sides = list(dead_sides(source))
    for switch in project.switches.of(source):
        sides += dead_sides(source, switch.value_of, switch.binding.name)
    for side in sides:
        yield side.block.span.line, side.block.span.end_line
    if not is_library(project, source.path):
        for definition in project.unreferenced.in_source(source):
            span = source.facts.blocks[definition.block].span
            yield span.line, span.end_line
