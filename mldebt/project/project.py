"""The project: the facts of all sources, and what is linked from them on first use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.facts import Expr, Facts, Function, Param
from mldebt.project import code_views, data_views, program_views, setting_views
from mldebt.project.calls import Site
from mldebt.project.documents import candidates
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Source
from mldebt.values import Value

if TYPE_CHECKING:
    import libcst

    from mldebt.clock import Clock
    from mldebt.declarations.model import Declared, Stage
    from mldebt.project.executions import Execution
    from mldebt.project.frameworks import Frameworks
    from mldebt.project.syntax import Syntax


class Project:
    """All sources below one root.

    `files` holds the paths of every file that discovery saw, analysed or not, relative to `root`.
    Linked views are computed once, on first use; none of them depends on the order of the sources. The end of the
    class lists them: what each is stands where it is made, in the module of views that it is taken from.
    """

    def __init__(self, root: Path, facts: Iterable[tuple[Source, Facts]], files: Iterable[str] = ()) -> None:
        self.root = root
        ordered = sorted(facts, key=lambda pair: pair[0].path)
        self._sources: dict[str, SourceFacts] = {s.path: SourceFacts(s, f) for s, f in ordered}
        self.files = frozenset(files) | frozenset(self._sources)
        self._by_kinds: dict[tuple[Kind, ...], tuple[SourceFacts, ...]] = {}
        self._globals: dict[str, dict[str, list[int]]] = {}
        self.clock: Clock | None = None
        """Measures the linking of views, if somebody wants to know."""
        self.today = date.today()
        """The day of the run, for what is wanted until some day."""
        self._syntax: dict[str, Syntax | None] = {}

    def forget(self) -> None:
        """Give back the memory of facts that are decoded again where they are needed again."""
        Facts.forget()

    def sources(self, *kinds: Kind) -> Iterator[SourceFacts]:
        """The sources of the given kinds (all if none is given), by path."""
        if kinds not in self._by_kinds:
            ordered = self._sources.values()
            self._by_kinds[kinds] = tuple(source for source in ordered if not kinds or source.kind in kinds)
        yield from self._by_kinds[kinds]

    def source(self, path: str) -> SourceFacts | None:
        """The source at a path relative to the root."""
        return self._sources.get(path)

    @cached_property
    def directories(self) -> frozenset[str]:
        """The directories that hold files, and those around them, relative to the root."""
        found: set[str] = set()
        for path in self.files:
            while (path := dirname(path)) and path not in found:
                found.add(path)
        return frozenset(found)

    @cached_property
    def files_by_stem(self) -> Mapping[str, tuple[str, ...]]:
        """The paths of files by what their names are before the first dot."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.files):
            found.setdefault(basename(path).partition(".")[0], []).append(path)
        return {stem: tuple(paths) for stem, paths in found.items()}

    @cached_property
    def directory_names(self) -> frozenset[str]:
        """The last names of the directories that hold files, and of those around them."""
        return frozenset(map(basename, self.directories))

    @property
    def by_path(self) -> Mapping[str, SourceFacts]:
        """All sources by path."""
        return self._sources

    # --- names and calls ---

    def type_of(self, source: SourceFacts, expr: Expr) -> str:
        """The qualified type of an expression (`pandas.DataFrame`); empty where it is not known."""
        return self.types.of(source, expr)

    def calls(self, *patterns: str) -> Iterator[Site]:
        """The calls of anything that matches one of the patterns (see `mldebt.project.calls`)."""
        return self.call_index.find(patterns)

    # --- values ---

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

    def option_value(self, path: str, name: str) -> Value:
        """What a command-line option of the source at a path can be: given by a stage, or its default."""
        return self.inputs.option(path, name)

    def argument_value(self, path: str, position: int) -> Value:
        """`sys.argv[position]` in the source at a path, as the stages that run it pass it."""
        return self.inputs.argument(path, position)

    def bound_parameter(self, source: SourceFacts, function: Function, param: Param) -> Value | None:
        """A parameter that a framework fills (click and typer options, a Hydra configuration); else None."""
        return self.inputs.parameter(source, function, param)

    def given_on_command_line(self, source: SourceFacts, name: str) -> list[Value]:
        """What command lines pass to a source as `--name`."""
        return self.inputs.given(source, {f"--{name}"})

    @property
    def frameworks(self) -> Frameworks:
        """What frameworks hand to code."""
        return self.inputs.frameworks

    # --- declarations ---

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that the project declares, tool by tool."""
        return self.declarations.declared

    @property
    def locked_stages(self) -> tuple[Stage, ...]:
        """The stages as `dvc.lock` files remember them."""
        return self.declarations.locked

    @property
    def declared_data(self) -> tuple[Declared, ...]:
        """What is declared outside stages: catalogues, tracked files, sources."""
        return self.declarations.data

    def executions(self, stage: Stage) -> tuple[Execution, ...]:
        """The sources that a stage runs, in order, with the words that it passes."""
        return self.declarations.executions(stage)

    def stages_running(self, source: SourceFacts) -> Sequence[tuple[Stage, tuple[str, ...]]]:
        """The declared stages that run a source, each with the words that it passes."""
        return self.declarations.running(source)

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

    # --- views of code ---

    code = code_views.code
    names = code_views.names
    types = code_views.types
    call_index = code_views.call_index
    callers = code_views.callers
    imports = code_views.imports
    randomness = code_views.randomness
    subprojects = code_views.subprojects
    libraries = code_views.libraries
    unreferenced = code_views.unreferenced
    ages = code_views.ages
    clones = code_views.clones
    versions = code_views.versions
    notebook_copies = code_views.notebook_copies

    # --- views of values and settings ---

    evaluator = setting_views.evaluator
    environment = setting_views.environment
    inputs = setting_views.inputs
    options = setting_views.options
    documents = setting_views.documents
    config_tree = setting_views.config_tree
    config_reads = setting_views.config_reads
    unused_settings = setting_views.unused_settings
    switches = setting_views.switches
    single_values = setting_views.single_values
    idle_switches = setting_views.idle_switches
    wanted_flags = setting_views.wanted_flags
    allowed_versions = setting_views.allowed_versions

    # --- views of programs ---

    processes = program_views.processes
    declarations = program_views.declarations
    entry_points = program_views.entry_points
    call_graph = program_views.call_graph
    phases = program_views.phases
    experiments = program_views.experiments
    dispatches = program_views.dispatches
    llm_calls = program_views.llm_calls

    # --- views of data ---

    accesses = data_views.accesses
    artifacts = data_views.artifacts
    handoffs = data_views.handoffs
    chains = data_views.chains
    untracked_inputs = data_views.untracked_inputs
    flow = data_views.flow
    splits = data_views.splits
    training_inputs = data_views.training_inputs
    early_stops = data_views.early_stops
    model_outputs = data_views.model_outputs
    model_saves = data_views.model_saves
    data_checks = data_views.data_checks
