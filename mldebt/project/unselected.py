"""Branches of dispatches whose names nothing in the project selects."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Called, Compare, Const, Expr, Item, Ref, Seq
from mldebt.project.callers import argument_for
from mldebt.project.dispatches import Branch, Dispatch
from mldebt.project.services import serves
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import root_name, walk
from mldebt.source import Kind, Location, Role, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_FEWEST_KEYS = 3
_KEY = re.compile(r"[A-Za-z][\w.+ -]{2,40}")
_NO_CHOICE = frozenset(
    {"train", "training", "fit", "test", "testing", "val", "valid", "validation", "eval", "predict", "inference",
     "cpu", "cuda", "gpu", "mps", "tpu", "xla", "csv", "json", "yaml", "parquet", "pickle", "pkl", "npy", "txt", "png",
     "jpg", "html", "xlsx", "debug", "info", "warning", "error", "critical", "none", "auto", "all", "true", "false",
     "yes", "no", "min", "max", "linux", "darwin", "windows", "win32", "int", "float", "str", "bool", "list", "dict",
     "help", "quit", "exit", "left", "right", "both", "row", "col", "name", "type", "id", "default", "user", "system",
     "assistant", "start", "stop", "end", "success", "failed", "running", "get", "post", "put", "delete"}
)  # fmt: skip
_COMPARED = re.compile(r"""[=!]=\s*\\?["']$""")
_TEXTS = (Kind.YAML, Kind.TOML, Kind.JSON, Kind.INI, Kind.ENV, Kind.SHELL, Kind.MAKE, Kind.DOCKERFILE, Kind.MARKDOWN,
          Kind.SNAKEMAKE)  # fmt: skip


class Unselected(NamedTuple):
    """A branch that no name in the project leads to.

    `selected` are other keys of the dispatch with the first place that names each.
    """

    dispatch: Dispatch
    branch: Branch
    selected: tuple[tuple[str, Location], ...]


def find_unselected(project: Project) -> Iterator[Unselected]:
    """All such branches, by path and place.

    A key counts as selected when it stands anywhere in the project but in comparisons with the subject, in lists
    of choices: then something may pass it on. Where most names are selected by nothing, the function is a menu.
    """
    groups = [group for group in _groups(project) if _counts(project, group)]
    keys = {key for group in groups for dispatch in group for key in dispatch.keys}
    keys |= {key for group in groups for key in _choices(project, group[0].source, group[0].subject)}
    keys = {key for key in keys if _is_choice(key)}
    if not keys:
        return
    places = _Mentions(project, keys)
    for group in groups:
        listed = _choices(project, group[0].source, group[0].subject)
        found = {key for dispatch in group for key in dispatch.keys} | listed
        selected = [(key, place) for key in sorted(found) if (place := places.of(key)) is not None]
        abandoned = [key for key in found if _is_choice(key) and places.of(key) is None]
        if len(abandoned) > max(1, len(selected) // 2):
            continue  # nothing selects any of them, or it is a menu for everybody
        for dispatch in group:
            for branch in dispatch.branches:
                if all(_is_choice(key) and places.of(key) is None for key in branch.keys):
                    yield Unselected(dispatch, branch, tuple(selected[:3]))


def _is_choice(key: str) -> bool:
    return bool(_KEY.fullmatch(key)) and key.lower() not in _NO_CHOICE


def _groups(project: Project) -> Iterator[list[Dispatch]]:
    """The chains of one function over one subject."""
    found: dict[tuple[str, int, Expr], list[Dispatch]] = defaultdict(list)
    for dispatch in project.dispatches:
        if dispatch.subject is not None and dispatch.source.kind is Kind.PYTHON:
            found[dispatch.source.path, dispatch.scope, _shape(dispatch.subject)].append(dispatch)
    yield from found.values()


def _choices(project: Project, source: SourceFacts, subject: Expr | None) -> set[str]:
    """The names that the command line of the same file allows for a subject (`args.model`)."""
    name = subject.name if isinstance(subject, Attr | Ref) else ""
    found: set[str] = set()
    for option in project.options.by_source.get(source.path, ()):
        if option.dest == name and isinstance(option.choices, Seq):
            found.update(str(c.value) for c in option.choices.items if isinstance(c, Const))
    return found


def _shape(expr: Expr) -> Expr:
    """An expression without the bindings that reach it."""
    match expr:
        case Ref(name):
            return Ref(name)
        case Attr(base, name):
            return Attr(_shape(base), name)
        case Item(base, index):
            return Item(_shape(base), index)
    return expr


def _counts(project: Project, group: list[Dispatch]) -> bool:
    """Whether a group chooses between experiments: three names at least, something is built, and no data decides."""
    from mldebt.project.manifests import is_library

    source, subject = group[0].source, group[0].subject
    if source.source.is_any(Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS, Role.TUTORIAL):
        return False
    keys = {key for dispatch in group for key in dispatch.keys} | _choices(project, source, subject)
    if len(keys) < _FEWEST_KEYS or subject is None or serves(source) or _is_data(source, subject):
        return False
    if not any(name for dispatch in group for name in dispatch.built()) or is_library(project, source.path):
        return False
    return not any(_is_environment(other, expr) for other, expr in _given(project, source, group[0], subject))


def _given(
    project: Project, source: SourceFacts, dispatch: Dispatch, subject: Expr
) -> Iterator[tuple[SourceFacts, Expr]]:
    """A subject, what is assigned to it, and what callers pass for it."""
    yield source, subject
    if not isinstance(subject, Ref):
        return
    for index in subject.bindings:
        value = source.facts.bindings[index].value if index >= 0 else None
        if value is not None:
            yield source, value
    function = next((f for f in source.facts.functions if f.block == dispatch.scope), None)
    if function is not None and any(param.name == subject.name for param in function.params):
        for caller in project.callers.of(source, function.qualname):
            given = argument_for(function, subject.name, caller.call, skip_first="." in function.qualname)
            if given is not None:
                yield caller.source, given


def _is_environment(source: SourceFacts, expr: Expr) -> bool:
    for part in walk(expr):
        if isinstance(part, Called) and source.facts.calls[part.call].name in ("os.getenv", "os.environ.get"):
            return True
        if isinstance(part, Attr) and part.name == "environ":
            return True
    return False


def _is_data(source: SourceFacts, subject: Expr) -> bool:
    """Whether the subject is what a loop or a file gives rather than a setting."""
    for part in walk(subject):
        if isinstance(part, Ref):
            for index in part.bindings:
                if index >= 0 and source.facts.bindings[index].kind in ("for", "with", "except"):
                    return True
    if isinstance(subject, Item) and not (
        isinstance(subject.index, Const) and isinstance(subject.index.value, str)
    ):
        return True
    return root_name(subject) in ("row", "item", "request", "event", "message", "msg", "response", "record")


class _Mentions:
    """Where keys stand in the texts of a project, apart from where they are only compared or listed."""

    def __init__(self, project: Project, keys: set[str]) -> None:
        self._project = project
        self._places: dict[str, Location] = {}
        self._find(keys)

    def of(self, key: str) -> Location | None:
        """The first place that names a key; None if nothing does."""
        return self._places.get(key)

    def _find(self, keys: set[str]) -> None:
        """Read the texts until every key is found: first what is no code, which may write them in other cases."""
        by_lower: dict[str, list[str]] = defaultdict(list)
        for key in keys:
            by_lower[key.lower()].append(key)
        free = re.compile(rf"(?<![\w-])({_any_of(by_lower)})(?![\w-])")
        for source in self._project.sources(*_TEXTS):
            for match in self._matches(free, source, by_lower):
                for key in by_lower[match[1]]:
                    self._note(source, key, match)
        quoted = re.compile(rf"""["']({_any_of(keys)})(?=["'])""")
        for source in self._project.sources(Kind.PYTHON):
            text, waiting = source.text(), keys - self._places.keys()
            if not waiting.isdisjoint(text.replace("'", '"').split('"')):
                counts = Counter(match[1] for match in quoted.finditer(text))
                idle = _idle(source, counts) if counts else counts
                for match in quoted.finditer(text) if counts else ():
                    if counts[match[1]] > idle[match[1]]:
                        self._note(source, match[1], match)
        for source in self._project.sources(Kind.NOTEBOOK):
            for match in self._matches(free, source, by_lower):
                if not _COMPARED.search(match.string, max(0, match.start() - 8), match.start()):
                    for key in by_lower[match[1]]:
                        self._note(source, key, match)

    def _matches(
        self, free: re.Pattern[str], source: SourceFacts, by_lower: Mapping[str, list[str]]
    ) -> Iterator[re.Match[str]]:
        """Where a text names keys, in whatever case, if it names one that is still to be found."""
        waiting = [lower for lower, keys in by_lower.items() if not self._places.keys() >= set(keys)]
        text = source.text().lower() if waiting else ""
        yield from free.finditer(text) if any(key in text for key in waiting) else ()

    def _note(self, source: SourceFacts, key: str, match: re.Match[str]) -> None:
        if key not in self._places:
            line = match.string.count("\n", 0, match.start()) + 1 if source.kind is not Kind.NOTEBOOK else 1
            self._places[key] = Location(source.path, Span.at(line))


def _any_of(keys: Iterable[str]) -> str:
    """The pattern of any of the keys, the longest first."""
    return "|".join(re.escape(key) for key in sorted(keys, key=lambda k: (-len(k), k)))


def _idle(source: SourceFacts, keys: Mapping[str, int]) -> Counter[str]:
    """How often keys stand where they select nothing: in tests, and in lists of choices."""
    found: Counter[str] = Counter()
    facts = source.facts
    for condition in facts.conditions:
        for part in walk(condition.comparison):
            if isinstance(part, Compare):
                for item in part.right.items if isinstance(part.right, Seq) else (part.right,):
                    if isinstance(item, Const) and item.value in keys:
                        found[str(item.value)] += 1
    for call in facts.calls:
        for keyword in call.keywords:
            if keyword.name == "choices" and isinstance(keyword.value, Seq):
                found.update(
                    str(i.value) for i in keyword.value.items if isinstance(i, Const) and i.value in keys
                )
    return found
