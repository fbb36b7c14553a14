"""Kedro's data catalogue: entries, factories, globals and layers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from mldebt.declarations.model import Declared, place
from mldebt.declarations.templating import fill, merge
from mldebt.declarations.tree import Node, document
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project import Project

_FILE = re.compile(r"(?:(?P<home>.*)/)?conf/(?P<environment>[^/]+)/(?:.*/)?(?P<name>[^/]+)\.ya?ml")
_RESOLVER = re.compile(r"\$\{(?:globals|runtime_params):\s*([^,${}]+?)\s*(?:,\s*([^${}]*?)\s*)?\}")
_HOLE = re.compile(r"\{(\w+)\}")
_ADDRESSES = ("filepath", "path", "url", "table_name", "file_path", "filepath_base")
_OPTIONS = ("layer", "versioned", "credentials", "table_name", "copy_mode")


class Catalogue:
    """The entries of all catalogues of a project, by the directory of the Kedro project that holds them."""

    def __init__(self, project: Project) -> None:
        self.entries: dict[str, list[Declared]] = {}
        for home, entry in _entries(project):
            self.entries.setdefault(home, []).append(entry)
        self.homes = frozenset(self.entries) | {
            match["home"] or ""
            for source in project.sources(Kind.YAML)
            if (match := _FILE.fullmatch(source.path))
        }

    def find(self, home: str, name: str) -> Declared | None:
        """The entry for a dataset's name: its own, or that of the most specific factory, filled in."""
        entries = self.entries.get(home, [])
        own = [entry for entry in entries if entry.name == name]
        if own:
            return min(own, key=lambda entry: entry.option("environment") != "base")
        factories = [(pattern, match) for pattern in entries if (match := match_factory(pattern.name, name))]
        if not factories:
            return None
        pattern, parts = max(factories, key=lambda found: (_specificity(found[0].name), found[0].name))
        filled = _HOLE.sub(lambda hole: parts.get(hole[1], hole[0]), pattern.file)
        return msgspec.structs.replace(pattern, path=name, name=name, file=filled)


def catalogue_path(path: str) -> tuple[str, str] | None:
    """The Kedro project's directory and the environment of a catalogue file; None for any other file."""
    match = _FILE.fullmatch(path)
    if match is None:
        return None
    inner = path[path.index(f"conf/{match['environment']}/") :]
    if not any(part.startswith("catalog") for part in inner.split("/")[2:]):
        return None
    return match["home"] or "", match["environment"]


def match_factory(pattern: str, name: str) -> dict[str, str] | None:
    """What the holes of a factory's name stand for in a dataset's name; None where they do not match."""
    if "{" not in pattern:
        return None
    parts = re.split(r"\{(\w+)\}", pattern)
    seen: set[str] = set()
    expression = ""
    for number, part in enumerate(parts):
        if number % 2 == 0:
            expression += re.escape(part)
        else:
            expression += f"(?P={part})" if part in seen else f"(?P<{part}>.+?)"
            seen.add(part)
    match = re.fullmatch(expression, name)
    return match.groupdict() if match else None


def _specificity(pattern: str) -> int:
    return len(_HOLE.sub("", pattern))


def _entries(project: Project) -> Iterator[tuple[str, Declared]]:
    for source in project.sources(Kind.YAML):
        found = catalogue_path(source.path)
        root = document(source) if found else None
        if found is None or root is None or not root.is_map:
            continue
        home, environment = found
        context = merge(_globals(project, home, environment), root.plain())
        for node in root.children():
            if node.is_map and not node.key.startswith("_"):
                yield home, _entry(node, home, environment, context)


def _entry(node: Node, home: str, environment: str, context: Mapping[str, Any]) -> Declared:
    kind = node.get("type")
    address = _address(node)
    options = [(child.key, child.text) for child in node.children() if child.key in _OPTIONS and child.text]
    layer = node.get("metadata", "kedro-viz", "layer")
    if layer is not None:
        options.append(("layer", layer.text))
    path = filled(address.text, context) if address else ""
    is_table = address is not None and address.key == "table_name"
    return Declared(
        kind="dataset",
        path=node.key,
        name=node.key,
        file=path if is_table else place(home, path),
        type=filled(kind.text, context) if kind else "",
        location=node.key_location,
        tool="kedro",
        options=(("environment", environment), *options),
    )


def _address(node: Node) -> Node | None:
    """Where an entry says that its data lies, in itself or in the dataset that it wraps."""
    for inner in (node, node.get("dataset"), node.get("save_args"), node.get("load_args")):
        for key in _ADDRESSES:
            found = inner.get(key) if inner is not None and inner.is_map else None
            if found is not None and found.entry.kind == "scalar":
                return found
    return None


def filled(text: str, context: Mapping[str, Any]) -> str:
    """A catalogue's text with `${key}`, `${globals:key}` and their defaults filled in."""

    def resolver(match: re.Match[str]) -> str:
        found = fill(f"${{{match[1]}}}", context)
        return match[2].strip("'\"") if found.startswith("${") and match[2] is not None else found

    return fill(_RESOLVER.sub(resolver, text), context)


def _globals(project: Project, home: str, environment: str) -> dict[str, Any]:
    """The values of `globals*.yml` of the base environment, then of the entry's own."""
    context: dict[str, Any] = {}
    for name in dict.fromkeys(("base", environment)):
        for source in project.sources(Kind.YAML):
            match = _FILE.fullmatch(source.path)
            if match and (match["home"] or "") == home and match["environment"] == name:
                root = document(source) if match["name"].startswith("globals") else None
                plain = root.plain() if root else None
                context = merge(context, plain) if isinstance(plain, dict) else context
    return context
