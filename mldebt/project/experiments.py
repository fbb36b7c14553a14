"""The experiments that a training program can run: its switches, their product, and how much of it is ever selected."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Const, Expr, Item, Ref, Seq
from mldebt.project.manifests import is_library
from mldebt.project.options import Option
from mldebt.project.phases import Program
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Kind, Location, Role
from mldebt.values import Document

if TYPE_CHECKING:
    from mldebt.project.project import Project

_NO_EXPERIMENT = frozenset(
    {"debug", "verbose", "quiet", "silent", "dry", "resume", "restart", "device", "cuda", "gpu", "gpus", "cpu",
     "tpu", "log", "logger", "logging", "wandb", "mlflow", "tensorboard", "seed", "test", "strict", "inplace",
     "copy", "force", "overwrite", "recompute", "refresh", "rebuild", "cache", "show", "plot", "save", "print",
     "profile", "version", "async", "raise", "help", "download", "upload", "push", "eval", "evaluate", "predict",
     "train", "mode", "phase", "stage", "local", "distributed", "pin", "worker", "workers", "format", "export",
     "progress", "run", "skip", "num", "n", "checkpointing", "8bit", "tf32", "bf16", "fp16", "amp", "precision",
     "half", "compile", "xformers", "flash", "offload", "memory", "report", "all", "make", "list"}
)  # fmt: skip
"""Words in the names of switches that choose no experiment."""

_MOST_CHOICES = 5


class ExperimentSwitch(NamedTuple):
    """A setting or option that a program branches on; `size` counts the values that it can take."""

    name: str
    kind: str
    size: int
    location: Location


class ExperimentSpace(NamedTuple):
    """What a training program can run. `paths` is the product of its switches, `selected` what is ever chosen."""

    source: SourceFacts
    switches: tuple[ExperimentSwitch, ...]
    selected: int

    @property
    def paths(self) -> int:
        """How many combinations of switches there are."""
        product = 1
        for switch in self.switches:
            product *= switch.size
        return product

    @property
    def utilisation(self) -> float:
        """The share of the combinations that committed configurations and commands select, from 0 to 1."""
        return min(self.selected / self.paths, 1.0)


def find_experiments(project: Project) -> Iterator[ExperimentSpace]:
    """The space of each training program that has switches, by path.

    Notebooks, tutorials and tests have none; the users of a published library select what it does.
    """
    finder = _Finder(project)
    for program in project.phases.training:
        source = program.source
        if source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK) or is_library(project, source.path):
            continue
        if source.kind is Kind.PYTHON:
            space = finder.space(program)
            if space.switches:
                yield space


class _Finder:
    def __init__(self, project: Project) -> None:
        self._project = project
        self._tested: dict[str, dict[str, list[Expr]]] = {}

    def space(self, program: Program) -> ExperimentSpace:
        """The switches of a program, and how many combinations are selected."""
        sources = [
            self._project.by_path[path] for path in sorted(program.reach.paths) if path in self._project.by_path
        ]
        options = {
            option.dest: option
            for source in sources
            for option in self._project.options.by_source.get(source.path, ())
            if _size(option) > 1 and (option.call is None or program.reach.has(option.source, option.call.block))
        }
        settings: dict[str, ExperimentSwitch] = {}
        given: dict[str, ExperimentSwitch] = {}
        for source in sources:
            for name, exprs in self._tests(source).items():
                if not _NO_EXPERIMENT.isdisjoint(re.split(r"[_\-]", name.lower())):
                    continue
                if name in options:
                    option = options[name]
                    given[name] = ExperimentSwitch(option.name, "option", _size(option), option.location)
                elif name in self._leaves and any(self._is_setting(source, expr) for expr in exprs):
                    place = next(iter(self._leaves[name].values()))[1]
                    settings[name] = ExperimentSwitch(name, "setting", 2, place)
        chosen = self._configurations(frozenset(settings)) * self._commands(
            program.source, frozenset(given), options
        )
        switches = sorted((*settings.values(), *given.values()), key=lambda s: (s.location, s.name))
        return ExperimentSpace(program.source, tuple(switches), chosen)

    def _is_setting(self, source: SourceFacts, expr: Expr) -> bool:
        base = expr.base if isinstance(expr, Attr | Item) else expr
        return isinstance(self._project.value(source, base), Document)

    def _tests(self, source: SourceFacts) -> Mapping[str, list[Expr]]:
        """The last names of the attributes and items (and plain names) that the tests of a file read."""
        if source.path not in self._tested:
            found: dict[str, list[Expr]] = defaultdict(list)
            for block in source.facts.blocks:
                if block.kind in ("if", "ternary"):
                    for part in walk(block.test):
                        if name := _name(part):
                            found[name].append(part)
            self._tested[source.path] = found
        return self._tested[source.path]

    @cached_property
    def _leaves(self) -> Mapping[str, Mapping[str, tuple[bool, Location]]]:
        """The Boolean settings by name: for each file that gives one, its value and place."""
        found: dict[str, dict[str, tuple[bool, Location]]] = defaultdict(dict)
        for source in self._project.sources(Kind.YAML, Kind.TOML, Kind.JSON):
            if source.source.is_any(Role.TEST, Role.VENDORED, Role.TEMPLATE):
                continue
            for entry in source.facts.entries:
                if entry.kind == "scalar" and entry.path and isinstance(entry.value, bool):
                    found[str(entry.path[-1])][source.path] = (entry.value, source.location(entry.span))
        return found

    def _configurations(self, names: frozenset[str]) -> int:
        """How many different choices the configuration files make; what a file leaves out has its first value."""
        first = {name: next(iter(self._leaves[name].values()))[0] for name in names}
        files = {path for name in names for path in self._leaves[name]}
        made = {
            tuple((name, self._leaves[name].get(path, (first[name],))[0]) for name in sorted(names))
            for path in files
        }
        return max(len(made), 1)

    def _commands(self, source: SourceFacts, names: frozenset[str], options: Mapping[str, Option]) -> int:
        """How many different choices the committed commands make."""
        made = set()
        for _, argv in self._project.stages_running(source):
            words = [word for text in argv for word in text.split("=", 1)]
            choices = []
            for name in sorted(names):
                at = next((i for i, word in enumerate(words) if word in options[name].flags), -1)
                choices.append("" if at < 0 else words[at + 1] if at + 1 < len(words) else "given")
            made.add(tuple(choices))
        return max(len(made), 1)


def _size(option: Option) -> int:
    """How many values an option can take: two for a flag, few for a list of names, else one."""
    if option.action in ("store_true", "store_false"):
        return 2
    choices = option.choices
    if isinstance(choices, Seq) and all(isinstance(c, Const) and isinstance(c.value, str) for c in choices.items):
        return len(choices.items) if len(choices.items) <= _MOST_CHOICES else 1
    return 1


def _name(expr: Expr) -> str:
    if isinstance(expr, Attr | Ref):
        return expr.name
    if isinstance(expr, Item) and isinstance(expr.index, Const) and isinstance(expr.index.value, str):
        return expr.index.value
    return ""
