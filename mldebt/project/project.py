"""The project: the facts of all sources, and what is linked from them on first use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mldebt.facts import Expr, Facts, Function, Param
from mldebt.project.callers import Callers
from mldebt.project.calls import Calls, Site
from mldebt.project.documents import Documents, candidates
from mldebt.project.names import Names, is_code
from mldebt.project.source_facts import SourceFacts
from mldebt.project.subprojects import Subprojects
from mldebt.project.view import view
from mldebt.source import Kind, Source
from mldebt.values import Gap, Known, Value, choice

if TYPE_CHECKING:
    import libcst

    from mldebt.clock import Clock
    from mldebt.declarations.model import Declared, Stage
    from mldebt.project.accesses import DataAccess
    from mldebt.project.ages import Ages
    from mldebt.project.allowed_versions import AllowedVersions
    from mldebt.project.artifacts import Artifact
    from mldebt.project.call_graph import CallGraph
    from mldebt.project.chains import Chain
    from mldebt.project.clones import CloneClass
    from mldebt.project.config_reads import ConfigReads
    from mldebt.project.config_tree import ConfigTree
    from mldebt.project.data_checks import DataChecks
    from mldebt.project.dispatches import Dispatch
    from mldebt.project.early_stops import EarlyStop
    from mldebt.project.entry_points import EntryPoint
    from mldebt.project.evaluate import Evaluator
    from mldebt.project.executions import Execution
    from mldebt.project.experiments import ExperimentSpace
    from mldebt.project.flags import WantedFlag
    from mldebt.project.flow import Flow
    from mldebt.project.frameworks import Frameworks
    from mldebt.project.handoffs import Handoff
    from mldebt.project.idle_switches import IdleSwitch
    from mldebt.project.imports import Imports
    from mldebt.project.inputs import Inputs
    from mldebt.project.llm_calls import LlmCall
    from mldebt.project.model_outputs import ModelOutputs
    from mldebt.project.model_saves import ModelSave
    from mldebt.project.notebook_copies import NotebookCopy
    from mldebt.project.options import Options
    from mldebt.project.phantoms import Phantom
    from mldebt.project.phases import Phases
    from mldebt.project.processes import Process
    from mldebt.project.randomness import Randomness
    from mldebt.project.single_values import SingleValues
    from mldebt.project.splits import Split
    from mldebt.project.stages import Stages
    from mldebt.project.switches import Switches
    from mldebt.project.syntax import Syntax
    from mldebt.project.training_inputs import TrainingInputs
    from mldebt.project.types import Types
    from mldebt.project.unreferenced import Unreferenced
    from mldebt.project.unused_settings import UnusedSettings
    from mldebt.project.versions import Versions

_TEMPLATE = re.compile(
    r"\.env.*(template|example|sample|dist)|(template|example|sample|dist)[^/]*\.env$", re.IGNORECASE
)
_EXAMPLE = re.compile(
    r"^[\"']?([/~<]|[A-Za-z]:[\\/])"
    r"|(?<![a-z])(path[/_-]to|your|xxx+|change[-_ ]?me|replace|placeholder|todo|dummy)(?![a-z])|_here\b",
    re.IGNORECASE,
)
"""What everybody replaces in a template: a place on somebody's machine, or a word that says so."""


class Project:
    """All sources below one root.

    `files` holds the paths of every file that discovery saw, analysed or not, relative to `root`.
    Linked views are computed once, on first use; none of them depends on the order of the sources.
    """

    def __init__(self, root: Path, facts: Iterable[tuple[Source, Facts]], files: Iterable[str] = ()) -> None:
        self.root = root
        ordered = sorted(facts, key=lambda pair: pair[0].path)
        self._sources: dict[str, SourceFacts] = {s.path: SourceFacts(s, f) for s, f in ordered}
        self.files = frozenset(files) | frozenset(self._sources)
        self._globals: dict[str, dict[str, list[int]]] = {}
        self.clock: Clock | None = None
        """Measures the linking of views, if somebody wants to know."""
        self.today = date.today()
        """The day of the run, for what is wanted until some day."""
        self._syntax: dict[str, Syntax | None] = {}

    def sources(self, *kinds: Kind) -> Iterator[SourceFacts]:
        """The sources of the given kinds (all if none is given), by path."""
        for source in self._sources.values():
            if not kinds or source.kind in kinds:
                yield source

    def source(self, path: str) -> SourceFacts | None:
        """The source at a path relative to the root."""
        return self._sources.get(path)

    @property
    def by_path(self) -> Mapping[str, SourceFacts]:
        """All sources by path."""
        return self._sources

    @view
    def code(self) -> tuple[SourceFacts, ...]:
        """The Python files and notebooks, by path."""
        return tuple(source for source in self._sources.values() if is_code(source))

    # --- names and calls ---

    @view
    def names(self) -> Names:
        """What module names and qualified names stand for."""
        return Names(self._sources)

    @view
    def types(self) -> Types:
        """The types of expressions, where a constructor or a library call tells them."""
        from mldebt.project.types import Types

        return Types(self.names)

    def type_of(self, source: SourceFacts, expr: Expr) -> str:
        """The qualified type of an expression (`pandas.DataFrame`); empty where it is not known."""
        return self.types.of(source, expr)

    def calls(self, *patterns: str) -> Iterator[Site]:
        """The calls of anything that matches one of the patterns (see `mldebt.project.calls`)."""
        return self._calls.find(patterns)

    @view
    def _calls(self) -> Calls:
        return Calls(self.code, self.type_of)

    # --- values ---

    @view
    def callers(self) -> Callers:
        """Who calls which function of the project."""
        return Callers(self.code, self.names, self.type_of)

    @view
    def documents(self) -> Documents:
        """The configuration files as trees."""
        return Documents(self)

    @view
    def config_tree(self) -> ConfigTree:
        """How configuration files are put together."""
        from mldebt.project.config_tree import ConfigTree

        return ConfigTree(self)

    @view
    def config_reads(self) -> ConfigReads:
        """Which keys of which configuration files code reads."""
        from mldebt.project.config_reads import ConfigReads

        return ConfigReads(self)

    @view
    def unused_settings(self) -> UnusedSettings:
        """Settings that nothing reads."""
        from mldebt.project.unused_settings import UnusedSettings

        return UnusedSettings(self)

    @view
    def evaluator(self) -> Evaluator:
        """What works out values.

        Commands that code runs are worked out first, without knowing what other commands pass; then what they
        pass is known to everything else.
        """
        from mldebt.project.evaluate import Evaluator

        evaluator = self.__dict__["evaluator"] = Evaluator(self)
        self._inputs.learn(self.processes)
        evaluator.forget()
        return evaluator

    def value(self, source: SourceFacts, expr: Expr) -> Value:
        """What an expression of a source can be, followed across functions, files and configuration."""
        return self.evaluator.value(source, expr)

    def global_bindings(self, source: SourceFacts) -> Mapping[str, list[int]]:
        """The bindings that functions of a source make to its global names, by name."""
        if source.path not in self._globals:
            found: dict[str, list[int]] = {}
            for index, binding in enumerate(source.facts.bindings):
                if binding.kind == "global" and binding.value is not None:
                    found.setdefault(binding.name, []).append(index)
            self._globals[source.path] = found
        return self._globals[source.path]

    def locate(self, importer: str, path: str) -> str | None:
        """The file of the project that a path in a file's code means; None if there is none."""
        return next((p for p in candidates(importer, path) if p in self.files), None)

    @view
    def environment(self) -> Mapping[str, Value]:
        """The variables that `.env` files declare, with the values they give; a template's example is none."""
        found: dict[str, list[Value]] = {}
        for source in self.sources(Kind.ENV):
            for variable in source.facts.variables:
                is_example = _TEMPLATE.search(source.path) and _EXAMPLE.search(variable.value)
                value = Gap("environment", variable.name) if is_example else Known(variable.value)
                found.setdefault(variable.name, []).append(value)
        for stage in self.stages:
            for name, text in stage.environment:
                is_open = "$" in text or "{" in text or not text or _EXAMPLE.search(text.lstrip("/"))
                if not is_open:
                    found.setdefault(name, []).append(Known(text))
        return {name: choice(values) for name, values in found.items()}

    def option_value(self, path: str, name: str) -> Value:
        """What a command-line option of the source at a path can be: given by a stage, or its default."""
        return self._inputs.option(path, name)

    def argument_value(self, path: str, position: int) -> Value:
        """`sys.argv[position]` in the source at a path, as the stages that run it pass it."""
        return self._inputs.argument(path, position)

    def bound_parameter(self, source: SourceFacts, function: Function, param: Param) -> Value | None:
        """A parameter that a framework fills (click and typer options, a Hydra configuration); else None."""
        return self._inputs.parameter(source, function, param)

    def given_on_command_line(self, source: SourceFacts, name: str) -> list[Value]:
        """What command lines pass to a source as `--name`."""
        return self._inputs.given(source, {f"--{name}"})

    @property
    def frameworks(self) -> Frameworks:
        """What frameworks hand to code."""
        return self._inputs.frameworks

    @view
    def _inputs(self) -> Inputs:
        from mldebt.project.inputs import Inputs

        return Inputs(self)

    @view
    def imports(self) -> Imports:
        """Which files import which."""
        from mldebt.project.imports import Imports

        return Imports(self.code, self.names)

    @view
    def options(self) -> Options:
        """The command-line options that code declares."""
        from mldebt.project.options import Options

        return Options(self)

    @view
    def processes(self) -> tuple[Process, ...]:
        """The programs that code starts."""
        from mldebt.project.processes import find_processes

        return tuple(find_processes(self))

    @view
    def randomness(self) -> Randomness:
        """Whether the randomness of calls is fixed by a seed."""
        from mldebt.project.randomness import Randomness

        return Randomness(self._sources, self.types.tables, self.imports)

    @view
    def switches(self) -> Switches:
        """Constants that nothing in the project sets to another value."""
        from mldebt.project.switches import Switches

        return Switches(self)

    @view
    def idle_switches(self) -> tuple[IdleSwitch, ...]:
        """Switches that have one value everywhere and keep an experiment's code."""
        from mldebt.project.idle_switches import find_idle_switches

        return tuple(find_idle_switches(self))

    @view
    def wanted_flags(self) -> Mapping[str, WantedFlag]:
        """The switches that contracts want, by name."""
        from mldebt.project.flags import contracts_of

        return contracts_of(self)

    @view
    def ages(self) -> Ages:
        """When files were last changed."""
        from mldebt.project.ages import Ages

        return Ages.of(self)

    # --- declarations ---

    @view
    def _stages(self) -> Stages:
        from mldebt.project.stages import Stages

        return Stages(self)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that the project declares, tool by tool."""
        return self._stages.declared

    @property
    def locked_stages(self) -> tuple[Stage, ...]:
        """The stages as `dvc.lock` files remember them."""
        return self._stages.locked

    @property
    def declared_data(self) -> tuple[Declared, ...]:
        """What is declared outside stages: catalogues, tracked files, sources."""
        return self._stages.data

    def executions(self, stage: Stage) -> tuple[Execution, ...]:
        """The sources that a stage runs, in order, with the words that it passes."""
        return self._stages.executions(stage)

    def stages_running(self, source: SourceFacts) -> Sequence[tuple[Stage, tuple[str, ...]]]:
        """The declared stages that run a source, each with the words that it passes."""
        return self._stages.running(source)

    @view
    def entry_points(self) -> tuple[EntryPoint, ...]:
        """Where programs start: scripts, stages, installed commands, notebooks, DAG files, Hydra mains."""
        from mldebt.project.entry_points import find_entry_points

        return tuple(find_entry_points(self))

    @view
    def call_graph(self) -> CallGraph:
        """Which functions run when an entry point runs."""
        from mldebt.project.call_graph import CallGraph

        return CallGraph(self)

    @view
    def phases(self) -> Phases:
        """Where code fits, scores, tracks and saves models, and for which program."""
        from mldebt.project.phases import Phases

        return Phases(self)

    @view
    def single_values(self) -> SingleValues:
        """Switches that have one value everywhere."""
        from mldebt.project.single_values import SingleValues

        return SingleValues(self)

    @view
    def experiments(self) -> tuple[ExperimentSpace, ...]:
        """What the training programs can run, and how much of it is ever selected."""
        from mldebt.project.experiments import find_experiments

        return tuple(find_experiments(self))

    @view
    def dispatches(self) -> tuple[Dispatch, ...]:
        """The places where a name selects what is done or built."""
        from mldebt.project.dispatches import find_dispatches

        return tuple(find_dispatches(self))

    @view
    def unreferenced(self) -> Unreferenced:
        """Functions and classes that nothing mentions."""
        from mldebt.project.unreferenced import Unreferenced

        return Unreferenced(self)

    # --- copies ---

    @view
    def clones(self) -> tuple[CloneClass, ...]:
        """The functions that are copies of each other, class by class."""
        from mldebt.project.clones import find_clones

        return tuple(find_clones(self.code))

    @view
    def versions(self) -> Versions:
        """The files that are versions of each other."""
        from mldebt.project.versions import Versions

        return Versions(self.code)

    # --- data ---

    @view
    def subprojects(self) -> Subprojects:
        """The parts of the repository that stand for themselves."""
        return Subprojects(self.files)

    @view
    def accesses(self) -> tuple[DataAccess, ...]:
        """Every place where code reads or writes data."""
        from mldebt.project.accesses import find_accesses

        return tuple(find_accesses(self))

    @view
    def artifacts(self) -> tuple[Artifact, ...]:
        """The data that code reads and writes."""
        from mldebt.project.artifacts import find_artifacts

        return tuple(find_artifacts(self))

    @view
    def handoffs(self) -> tuple[Handoff, ...]:
        """The data that one component writes and another reads."""
        from mldebt.project.handoffs import find_handoffs

        return tuple(find_handoffs(self))

    @view
    def chains(self) -> tuple[Chain, ...]:
        """The undeclared hand-offs in their connected groups."""
        from mldebt.project.chains import find_chains

        return tuple(find_chains(self))

    @view
    def flow(self) -> Flow:
        """What rows of data passed through."""
        from mldebt.project.flow import Flow

        return Flow(self)

    @view
    def training_inputs(self) -> TrainingInputs:
        """Which data models are fitted on."""
        from mldebt.project.training_inputs import TrainingInputs

        return TrainingInputs(self)

    @view
    def splits(self) -> tuple[Split, ...]:
        """The places where rows are held out."""
        from mldebt.project.splits import find_splits

        return tuple(find_splits(self))

    @view
    def model_outputs(self) -> ModelOutputs:
        """Which values are predictions of a model."""
        from mldebt.project.model_outputs import ModelOutputs

        return ModelOutputs(self)

    @view
    def early_stops(self) -> tuple[EarlyStop, ...]:
        """The fits that select on a test part which is scored afterwards."""
        from mldebt.project.early_stops import find_early_stops

        return tuple(find_early_stops(self))

    @view
    def data_checks(self) -> DataChecks:
        """Which parts of the project check data."""
        from mldebt.project.data_checks import DataChecks

        return DataChecks(self)

    @view
    def model_saves(self) -> tuple[ModelSave, ...]:
        """Where programs that train save their models."""
        from mldebt.project.model_saves import find_model_saves

        return tuple(find_model_saves(self))

    @view
    def untracked_inputs(self) -> tuple[Phantom, ...]:
        """The data that nothing here produces, tracks, downloads or declares."""
        from mldebt.project.phantoms import find_untracked_inputs

        return tuple(find_untracked_inputs(self))

    # --- syntax, for rules that have narrowed down to a place ---

    def tree(self, source: SourceFacts) -> libcst.Module:
        """The libcst module of a Python source, parsed now. Raises OSError and libcst.ParserSyntaxError."""
        import libcst

        return libcst.parse_module(source.source.read())

    def syntax(self, source: SourceFacts) -> Syntax | None:
        """Python's own syntax tree of a file or notebook, parsed once; None where it cannot be parsed."""
        if source.path not in self._syntax:
            from mldebt.project.syntax import parse

            self._syntax[source.path] = parse(source)
        return self._syntax[source.path]

    @view
    def notebook_copies(self) -> tuple[NotebookCopy, ...]:
        """The notebooks that are mostly the same as another one."""
        from mldebt.project.notebook_copies import find_notebook_copies

        return tuple(find_notebook_copies(self))

    @view
    def llm_calls(self) -> tuple[LlmCall, ...]:
        """The calls of language models that a provider serves."""
        from mldebt.project.llm_calls import find_llm_calls

        return tuple(find_llm_calls(self))

    @view
    def allowed_versions(self) -> AllowedVersions:
        """Which versions of libraries the manifests ask for."""
        from mldebt.project.allowed_versions import AllowedVersions

        return AllowedVersions(self)
