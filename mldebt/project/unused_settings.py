"""Settings that nothing reads: said only where every way to read them is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Const, Entry, Expr
from mldebt.project.missing_keys import Keys
from mldebt.project.names import is_code
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Kind, Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_WORD = re.compile(r"[A-Za-z_]\w*")
_KEY = re.compile(r"(params:)?[A-Za-z_][\w-]*([./][A-Za-z_][\w-]*)*")
_FILE = re.compile(
    r"/.*\.\w+$|\.(csv|tsv|txt|pkl|pickle|joblib|json|ya?ml|parquet|npy|npz|h5|png|html|log|py|model)$"
)
_FRAMEWORKS = re.compile(r"(_.*|defaults|hydra|<<|x-.*|version|settings|environment|name|description|author)$")
_SETTINGS = re.compile(r"(conf|config\w*|settings?|params?|parameters|options?|hparams)\b", re.IGNORECASE)
_KINDS = (Kind.YAML, Kind.TOML, Kind.INI, Kind.JSON)
_TOOLS = re.compile(
    r"(^|/)\.(github|gitlab|circleci|azure\w*)/|(^|/)(pyproject\.toml|setup\.cfg|tox\.ini|dvc\.(yaml|lock)|.*\.dvc|mkdocs\.ya?ml|(docker-)?compose.*|catalog.*"
    r"|logging.*|package(-lock)?\.json|alembic\.ini|pytest\.ini|environment.*\.ya?ml|.*credentials.*|mlflow\.ya?ml)$"
)


class UnusedSetting(NamedTuple):
    """A setting, or the root of a part of a document, that no code, stage or other document reads."""

    source: SourceFacts
    entry: Entry


class UnusedSettings:
    """Finds them. `all` is in the order of the documents."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._reads = project.config_reads
        self.all = tuple(setting for source in self._documents() for setting in self._below(source, ()))

    def _documents(self) -> Iterator[SourceFacts]:
        """The documents all of whose loads are known."""
        known = self._reads.loaded | {path for path, _ in self._reads.reads}
        for source in self._project.sources(*_KINDS):
            if source.path not in known or _TOOLS.search(source.path):
                continue
            if source.kind is Kind.JSON and not _SETTINGS.search(source.path.rpartition("/")[2]):
                continue
            root = self._project.subprojects.root_of(source.path)
            hidden = (
                path
                for path, kinds in self._reads.opaque.items()
                if source.kind in kinds and self._project.subprojects.root_of(path) == root
            )
            tests = (self._project.by_path[path].source.is_any(Role.TEST) for path in hidden)
            is_certain = source.path in self._reads.filled or all(tests)
            if is_certain and not any(entry.document for entry in source.facts.entries):
                yield source

    def _below(self, source: SourceFacts, keys: Keys) -> Iterator[UnusedSetting]:
        """The unused settings below a part that is read key by key."""
        place = (source.path, keys)
        if place in self._reads.whole or (source.path, (*keys, "*")) in self._reads.written:
            return
        entries = self._project.documents.children(source.path, keys)
        around = self._reads.read_in.get(place) if keys else None  # what asks for a part asks for what is in it
        if around is not None:
            around = around.union(*(self._reads.read_in.get((source.path, e.path), ()) for e in entries))
        for entry in entries:
            name = str(entry.path[-1])
            if isinstance(entry.path[-1], int) or _FRAMEWORKS.match(name) or entry.text.startswith("${hydra:"):
                continue
            readers = self._reads.read_in.get((source.path, entry.path))
            asked = name.rpartition(".")[2].replace("-", "_")  # the rest may be the namespace of a pipeline
            mentions = self._mentions.get(asked, set())
            code = {path for path in mentions if is_code(self._project.by_path[path])}
            if readers is None:
                asking = self._asked_for.get(asked, set())
                named = (
                    mentions - code
                    or mentions & self._unparsed
                    or (asking if around is None else asking & around)
                )
                if (not mentions or not named) and not self._holds_target(source, entry.path):
                    yield UnusedSetting(source, entry)
            elif entry.kind == "map" and code & self._asked_for.get(asked, set()) <= readers:
                yield from self._below(source, entry.path)

    def _holds_target(self, source: SourceFacts, keys: Keys) -> bool:
        """Whether a part is instantiated by Hydra, or refers to others."""
        below = self._project.documents.children(source.path, keys)
        return any(entry.path[-1] == "_target_" or self._holds_target(source, entry.path) for entry in below)

    @cached_property
    def _unparsed(self) -> frozenset[str]:
        return frozenset(source.path for source in self._project.code if _is_unparsed(source))

    @cached_property
    def _asked_for(self) -> dict[str, set[str]]:
        """The names that files may ask a document for: in texts, and as attributes that are not called.

        A variable or a keyword of the same name (`train`, `random_state=7`) reads no setting.
        """
        found: dict[str, set[str]] = {}
        for source in self._project.code:
            for expr in _expressions(source):
                for part in walk(expr):
                    if isinstance(part, Const) and isinstance(part.value, str):
                        if _KEY.fullmatch(part.value) and not _FILE.search(part.value):
                            for word in _WORD.findall(part.value):
                                found.setdefault(word, set()).add(source.path)
                    elif isinstance(part, Attr):
                        found.setdefault(part.name, set()).add(source.path)
        return found

    @cached_property
    def _mentions(self) -> dict[str, set[str]]:
        """For each name the files that mention it: in code, in commands, in references of other documents.

        What builds the documentation reads no setting of the project: `project = "…"` in Sphinx' conf.py.
        """
        found: dict[str, set[str]] = {}
        for source in self._project.sources():
            if source.source.is_any(Role.DOCS):
                continue
            for text in _texts(source):
                for word in (text,) if text.isidentifier() else _WORD.findall(text):
                    found.setdefault(word, set()).add(source.path)
        return found


def _is_unparsed(source: SourceFacts) -> bool:
    return is_code(source) and any(problem.fatal for problem in source.facts.header.problems)


def _expressions(source: SourceFacts) -> Iterator[Expr | None]:
    """All expressions of a file; of a call what it is looked up in, and not the name of the method."""
    facts = source.facts
    for call in facts.calls:
        yield call.func.base if isinstance(call.func, Attr) else call.func
        yield from call.args
        yield from (keyword.value for keyword in call.keywords)
    yield from (use.expr for use in facts.uses)
    yield from (binding.value for binding in facts.bindings)
    for store in facts.stores:
        yield store.target
        yield store.value
    yield from (result.value for result in facts.returns)
    yield from (block.test for block in facts.blocks)
    yield from (condition.comparison for condition in facts.conditions)
    for function in facts.functions:
        yield from (param.default for param in function.params)
        yield from function.decorators


def _texts(source: SourceFacts) -> Iterator[str]:
    facts = source.facts
    if _is_unparsed(source):
        yield source.text()  # what cannot be parsed is read as words
    yield from facts.words
    for call in facts.calls:
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            for part in walk(argument):
                if isinstance(part, Const) and isinstance(part.value, str):
                    yield part.value
    for binding in facts.bindings:
        for part in walk(binding.value):
            if isinstance(part, Const) and isinstance(part.value, str):
                yield part.value
    for command in facts.commands:
        if command.argv[:1] not in (("echo",), ("@echo",), ("printf",)):
            yield from command.argv
    for instruction in facts.instructions:
        yield instruction.value
    for magic in facts.magics:
        yield magic.text
    whole = source.path.rpartition("/")[2] in ("dvc.yaml", "MLproject", "MLProject") or ".github/" in source.path
    for entry in facts.entries:
        if isinstance(entry.value, str) and (whole or "$" in entry.value or "{" in entry.value):
            yield entry.value
