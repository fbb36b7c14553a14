"""Configuration documents as values: loading them, descending into them, interpolating their texts."""

from __future__ import annotations

import re
from posixpath import dirname
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Call, Entry
from mldebt.source import Kind, Location, Span
from mldebt.values import (
    ROOT,
    Document,
    Gap,
    Items,
    Known,
    Object,
    Value,
    alternatives,
    choice,
    concatenate,
    normal,
)

if TYPE_CHECKING:
    from mldebt.project.evaluation import Evaluation
    from mldebt.project.frames import Frame
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

_INTERPOLATION = re.compile(r"\$\{([^${}]+)\}")
_DOCUMENTS = frozenset({Kind.YAML, Kind.JSON, Kind.TOML, Kind.INI})
_MOST_SPLICES = 8


def loaded(evaluator: Evaluation, source: SourceFacts, call: Call, name: str, frame: Frame) -> Value | None:
    """The document that a loading call reads; None if the call loads none.

    The file is looked for among the project's sources from where the code could run.
    """
    api = evaluator.project.types.tables.lookup(name)
    if api is None or api.returns != ("document",):
        return None
    for access in api.accesses:
        argument = access.argument
        if argument is None or access.effect not in ("reads", "loads-environment"):
            continue
        value = _argument(evaluator, source, call, argument.position, argument.names, frame)
        if value is None and argument.receiver and isinstance(call.func, Attr):
            value = evaluator.value(source, call.func.base, frame)
        if value is None:
            continue
        documents = [_document(evaluator.project, source, option) for option in alternatives(value)]
        return choice(documents)
    return None


def _argument(
    evaluator: Evaluation,
    source: SourceFacts,
    call: Call,
    position: int | None,
    names: tuple[str, ...],
    frame: Frame,
) -> Value | None:
    for keyword in call.keywords:
        if keyword.name in names:
            return evaluator.value(source, keyword.value, frame)
    if position is not None and position < len(call.args):
        return evaluator.value(source, call.args[position], frame)
    return None


def _document(project: Project, source: SourceFacts, value: Value) -> Value:
    if isinstance(value, Object) and value.about is not None:
        return choice(_document(project, source, option) for option in alternatives(value.about))
    if isinstance(value, Items):
        return choice(_document(project, source, option) for option in value.items)
    if isinstance(value, Known) and isinstance(value.value, str):
        path = project.locate(source.path, value.value)
        found = None if path is None else project.source(path)
        if found is not None and found.kind in _DOCUMENTS:
            return Document(found.path)
    return Gap("config", "")


def child(project: Project, document: Document, key: str | int) -> Value:
    """What stands under a key: a scalar, a list of scalars, or a smaller part of the document."""
    keys = (*document.keys, key)
    found = [_own(project, document, keys)]
    composition = project.config_tree.composition(document.path)
    if not document.keys and key in composition.groups:
        found += [Document(path) for path in composition.groups[str(key)]]
    found += [_own(project, Document(path, document.keys), keys) for path in composition.bases]
    present = [value for value in found if value is not None]
    return choice(present) if present else Gap("config", ".".join(map(str, keys)))


def _own(project: Project, document: Document, keys: tuple[str | int, ...]) -> Value | None:
    """What a file itself says under keys; None if nothing."""
    entry = project.documents.entry(document, keys[-1])
    return None if entry is None else entry_value(project, document.path, entry)


def entry_value(project: Project, path: str, entry: Entry, depth: int = 0) -> Value:
    """The value of a configuration entry, interpolations resolved inside the same file."""
    if entry.kind == "scalar":
        if isinstance(entry.value, str) and "${" in entry.value:
            return interpolate(project, path, entry.value, depth, entry.path)
        return Known(entry.value)
    if entry.kind == "seq":
        known = project.documents.sequences
        key = (path, entry.path)
        if key not in known:
            items = project.documents.children(path, entry.path)
            known[key] = Items("list", tuple(entry_value(project, path, item, depth) for item in items))
        return known[key]
    return Document(path, entry.path)


def interpolate(
    project: Project, path: str, template: str, depth: int = 0, keys: tuple[str | int, ...] = ()
) -> Value:
    """A text whose `${a.b}` are keys of the same document, or of one that it is a part of.

    `${.a}` is a neighbour of the entry under `keys`, `${oc.env:NAME,default}` a variable; anything else stays a gap.
    """
    if depth > _MOST_SPLICES:
        return Gap("cycle", template)
    pieces: list[Value] = []
    position = 0
    for match in _INTERPOLATION.finditer(template):
        pieces.append(Known(template[position : match.start()]))
        position = match.end()
        pieces.append(_spliced(project, path, match[1].strip(), depth, keys))
    pieces.append(Known(template[position:]))
    return concatenate(pieces)


def _spliced(project: Project, path: str, written: str, depth: int, keys: tuple[str | int, ...]) -> Value:
    resolver, colon, argument = written.partition(":")
    if colon:
        name, comma, default = argument.partition(",")
        if resolver not in ("oc.env", "env") or not name:
            return Gap("config", written)
        known = project.environment.get(name.strip())
        fallback: list[Value] = [Known(default.strip().strip("'\""))] if comma else []
        return choice([known, *fallback]) if known else fallback[0] if fallback else Gap("environment", name)
    dots = len(written) - len(written.lstrip("."))
    wanted = tuple(int(k) if k.isdecimal() else k for k in re.split(r"[.\[\]]+", written) if k)
    if dots:
        wanted = (*keys[: max(len(keys) - dots, 0)], *wanted)
    entry = project.documents.tree(path).get(wanted)
    if entry is not None and entry.kind == "scalar":
        return entry_value(project, path, entry, depth + 1)
    if entry is None and not dots:
        for parent in project.config_tree.parents(path)[:_MOST_SPLICES]:
            entry = project.documents.tree(parent).get(wanted)
            if entry is not None and entry.kind == "scalar":
                return entry_value(project, parent, entry, depth + 1)
            found = Document(parent) if len(wanted) > 1 and wanted[0] in _groups(project, parent) else None
            if found is not None:
                value: Value = found
                for key in wanted:
                    value = child(project, value, key) if isinstance(value, Document) else Gap("config", written)
                if isinstance(value, Known):
                    return value
    return Gap("config", written)


def _groups(project: Project, path: str) -> dict[str, tuple[str, ...]]:
    return project.config_tree.composition(path).groups


def is_ini(project: Project, document: Document) -> bool:
    """Whether a document is an INI file, whose values are read by section and key."""
    source = project.source(document.path)
    return source is not None and source.kind is Kind.INI


class Documents:
    """The configuration files of a project, as trees from key path to entry."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._trees: dict[str, dict[tuple[str | int, ...], Entry]] = {}
        self._children: dict[str, dict[tuple[str | int, ...], list[Entry]]] = {}
        self.sequences: dict[tuple[str, tuple[str | int, ...]], Value] = {}
        """The values of lists that were asked for, by file and key path."""

    def tree(self, path: str) -> dict[tuple[str | int, ...], Entry]:
        """The entries of a file by key path; of repeated keys the last one counts."""
        if path not in self._trees:
            source = self._project.source(path)
            entries = () if source is None else source.facts.entries
            self._trees[path] = {entry.path: entry for entry in entries}
        return self._trees[path]

    def entry(self, document: Document, key: str | int) -> Entry | None:
        """The entry under a key of a part of a file; Box and its like read `a-b` as `a_b`."""
        tree = self.tree(document.path)
        keys = (*document.keys, key)
        if keys in tree or not isinstance(key, str):
            return tree.get(keys)
        siblings = self.children(document.path, document.keys)
        if key.isupper():  # dynaconf and the like read settings in capitals
            return next((e for e in siblings if str(e.path[-1]).upper() == key), None)
        return next((e for e in siblings if str(e.path[-1]).replace("-", "_") == key), None)

    def location(self, path: str, keys: tuple[str | int, ...]) -> Location:
        """Where a part of a file stands: its key, or the file's start."""
        entry = self.tree(path).get(keys)
        return self._project.by_path[path].location(Span.at(1) if entry is None else entry.key)

    def has(self, document: Document, key: str) -> bool:
        """Whether a part of a file has a key, or may have it from what it is put together with."""
        tree = self._project.config_tree
        composition = tree.composition(document.path)
        if composition.open or self.entry(document, key) is not None:
            return True
        if not document.keys and key in composition.groups:
            return True
        if any(self.has(Document(path, document.keys), key) for path in composition.bases):
            return True
        if key in tree.nested:
            return True
        return any(entry.path and entry.path[-1] == key for moved in tree.moved for entry in moved.facts.entries)

    def children(self, path: str, keys: tuple[str | int, ...]) -> list[Entry]:
        """The entries directly below a key path, in document order."""
        if path not in self._children:
            found: dict[tuple[str | int, ...], list[Entry]] = {}
            for entry in self.tree(path).values():
                if entry.path:
                    found.setdefault(entry.path[:-1], []).append(entry)
            self._children[path] = found
        return self._children[path].get(keys, [])


def kedro_files(project: Project, path: str, keys: tuple[str | int, ...]) -> list[str]:
    """The parameter files of all environments of a Kedro project that hold a key, that of `path` among them."""
    conf = path.partition("conf/")[0] + "conf/"
    return [
        source.path
        for source in project.sources(Kind.YAML)
        if source.path.startswith(conf)
        and "parameters" in source.path.removeprefix(conf)
        and keys[:1] in project.documents.tree(source.path)
    ]


def candidates(importer: str, path: str) -> list[str]:
    """Where a relative path could point, for code in a file: from its directory upwards to the root."""
    cleaned = normal(path)
    if cleaned.startswith(ROOT):
        return [cleaned.removeprefix(ROOT)]
    found = []
    home = dirname(importer)
    while True:
        found.append(normal(f"{home}/{cleaned}" if home else cleaned))
        if not home:
            return found
        home = dirname(home)
