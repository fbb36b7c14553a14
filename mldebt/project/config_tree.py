"""How configuration documents are put together: Hydra's defaults lists and groups, Kedro's environments."""

from __future__ import annotations

import re
from functools import cached_property
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, NamedTuple

from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

_PACKAGE = re.compile(r"#\s*@package:?\s+(\S+)")
_GROUP = frozenset({"_group_", "__group__"})


class Composition(NamedTuple):
    """What a document's defaults list adds to it.

    `bases` are merged into it at the same place, `groups` are the files that can stand under a key. `open` says
    that something else, which cannot be followed, may add keys.
    """

    bases: tuple[str, ...] = ()
    groups: dict[str, tuple[str, ...]] = {}
    open: bool = False


_ALONE = Composition()


class ConfigTree:
    """Answers which documents complete which."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, Composition] = {}

    def composition(self, path: str) -> Composition:
        """What the defaults list of a YAML document adds to it; nothing where there is no such list."""
        if path not in self._known:
            source = self._project.source(path)
            is_yaml = source is not None and source.kind is Kind.YAML
            defaults = self._project.documents.tree(path).get(("defaults",)) if is_yaml else None
            composed = defaults is not None and defaults.kind == "seq"
            self._known[path] = self._composed(path) if composed else _ALONE
        return self._known[path]

    def _composed(self, path: str) -> Composition:
        bases: list[str] = []
        groups: dict[str, tuple[str, ...]] = {}
        is_open = bool(self.stored)
        documents = self._project.documents
        for item in documents.children(path, ("defaults",)):
            if item.kind == "map":
                for chosen in documents.children(path, item.path):
                    is_open |= self._add_group(path, str(chosen.path[-1]), groups)
            elif isinstance(item.value, str) and item.value != "_self_":
                group, slash, name = item.value.removeprefix("optional ").rpartition("/")
                if slash:
                    is_open |= self._add_group(path, group, groups)
                    continue
                found = self._file(join(dirname(path), name))
                if found is None:
                    is_open = True
                elif found != path:
                    bases.append(found)
        return Composition(tuple(bases), groups, is_open)

    def _add_group(self, path: str, written: str, groups: dict[str, tuple[str, ...]]) -> bool:
        """Add a group that a defaults list names; True if it cannot be followed."""
        name, _, package = written.removeprefix("optional ").partition("@")
        if name.startswith(("override ", "hydra/")):
            return False
        if name.startswith("/") or ":" in package:
            return True
        directory = normpath(join(dirname(path), name))
        files = self._directories.get(directory, [])
        key = (package or name).strip("/")
        if not files or "/" in key or key.startswith("_"):
            return True
        groups[key] = tuple(sorted({*groups.get(key, ()), *(file for file in files if not self.package(file))}))
        return False

    def _file(self, stem: str) -> str | None:
        stem = normpath(stem)
        return next((p for p in (stem, f"{stem}.yaml", f"{stem}.yml") if self._project.source(p)), None)

    def parents(self, path: str) -> tuple[str, ...]:
        """The documents whose defaults lists put a document into them."""
        return self._parents.get(path, ())

    @cached_property
    def _parents(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = {}
        for source in self._project.sources(Kind.YAML):
            composition = self.composition(source.path)
            for part in (*composition.bases, *(file for files in composition.groups.values() for file in files)):
                found.setdefault(part, set()).add(source.path)
        return {path: tuple(sorted(parents)) for path, parents in found.items()}

    def package(self, path: str) -> str:
        """The package that a document's header moves it to; empty for its group's own."""
        return self._packages.get(path, "")

    @cached_property
    def _packages(self) -> dict[str, str]:
        """The headers are comments, which documents lose; they are read where there is a Hydra main only."""
        found: dict[str, str] = {}
        if not any(name.startswith("hydra.") for s in self._project.code for name in s.facts.header.names):
            return found
        for source in self._project.sources(Kind.YAML):
            match = _PACKAGE.match(source.text()[:300].lstrip())
            if match and match[1] not in _GROUP:
                found[source.path] = match[1]
        return found

    @cached_property
    def _directories(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for source in self._project.sources(Kind.YAML):
            found.setdefault(dirname(source.path), []).append(source.path)
        return found

    @cached_property
    def nested(self) -> frozenset[str]:
        """The keys that defaults lists put below a group: `model/head: large`, `/loss@model.loss: l1`."""
        found = set()
        for source in self._project.sources(Kind.YAML):
            for entry in source.facts.entries:
                match entry.path:
                    case ("defaults", int(), str(group)):
                        name, _, package = (
                            group.removeprefix("optional ").removeprefix("override ").partition("@")
                        )
                        found.update(re.split(r"[./]", package or name)[1:])
        return frozenset(found)

    @cached_property
    def moved(self) -> tuple[SourceFacts, ...]:
        """The documents whose header moves them to another package, such as experiments."""
        return tuple(s for s in self._project.sources(Kind.YAML) if self.package(s.path))

    @cached_property
    def stored(self) -> bool:
        """Whether code registers configuration with Hydra's ConfigStore, which no document shows."""
        return any(
            "hydra.core.config_store.ConfigStore.instance" in s.facts.header.names for s in self._project.code
        )
