"""Which versions of a library a part of the project may be run with, as its manifests say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from posixpath import basename, dirname
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Binding, Const, Expr, Ref, Seq
from mldebt.project.manifests import manifests
from mldebt.project.specifiers import ordinary
from mldebt.source import Location
from mldebt.values import lies_in

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

_ASIDE = frozenset(
    {"requirements", "docker", "deploy", "envs", "env", "conda", "conf", "configs", "environments"}
)
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
_REQUIRED = re.compile(r"\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?(?P<specifier>[<>=!~][^;#@)]*)?")
_LAST = {
    "3.6": {"numpy": "1.19", "pandas": "1.1", "scikit-learn": "0.24", "torch": "1.10", "torchvision": "0.11",
            "tensorflow": "2.6", "keras": "2.6"},
    "3.7": {"numpy": "1.21", "pandas": "1.3", "scikit-learn": "1.0", "torch": "1.13", "torchvision": "0.14",
            "tensorflow": "2.11", "keras": "2.11"},
}  # fmt: skip
"""The last minor version of a library that runs on an old Python."""


class Wish(NamedTuple):
    """A place that asks for versions of a library: a specifier with ordinary operators, and where it is written."""

    specifier: str
    location: Location

    def is_below(self, version: str) -> bool:
        """Whether all versions that it allows are older than the given one."""
        return _bounds(self.specifier, version)[0]

    def is_from(self, version: str) -> bool:
        """Whether it allows no version older than the given one."""
        return _bounds(self.specifier, version)[1]


class AllowedVersions:
    """What the manifests of a project ask for, by library and by directory."""

    def __init__(self, project: Project) -> None:
        self._parts = {source.path.partition("/")[0] for source in project.code if "/" in source.path}
        self._wishes: dict[str, dict[str, list[Wish]]] = {}
        for directory, name, wish in _all_wishes(project):
            self._wishes.setdefault(name, {}).setdefault(directory, []).append(wish)

    def of(self, path: str, distributions: tuple[str, ...]) -> list[Wish]:
        """The wishes that count for a file: those nearest above it, else all there are. None says: any version."""
        found: dict[str, list[Wish]] = {}
        for name in distributions:
            for directory, wishes in self._wishes.get(name, {}).items():
                found.setdefault(directory, []).extend(wishes)
        home = dirname(path)
        while True:
            if home in found:
                return found[home] + self._of_python(home, distributions)
            if not home:
                break
            home = dirname(home)
        return [wish for wishes in found.values() for wish in wishes] + self._of_python(
            dirname(path), distributions
        )

    def near(self, path: str, wishes: Iterable[Wish]) -> tuple[Wish, ...]:
        """Those of some wishes that can be meant for a file: not the ones of another part with code of its own."""
        return tuple(wish for wish in wishes if not self._is_elsewhere(path, dirname(wish.location.path)))

    def _is_elsewhere(self, path: str, home: str) -> bool:
        top = home.partition("/")[0]
        if lies_in(path, home) or path.partition("/")[0] == top:
            return False
        return top in self._parts

    def _of_python(self, home: str, distributions: tuple[str, ...]) -> list[Wish]:
        """The last versions that run on the Python that is asked for, if it is an old one."""
        found = []
        while True:
            for wish in self._wishes.get("python", {}).get(home, ()):
                for python, last in _LAST.items():
                    minor = f"3.{int(python[2:]) + 1}"
                    if distributions[0] in last and wish.is_below(minor):
                        found.append(Wish(f"=={last[distributions[0]]}.*", wish.location))
                        break
            if not home or found:
                return found
            home = dirname(home)


def _all_wishes(project: Project) -> Iterator[tuple[str, str, Wish]]:
    """(directory, distribution, wish) of manifests, locks, setup scripts and installing commands."""
    for manifest in manifests(project):
        home = _home(manifest.source.path)
        conda = basename(manifest.source.path).endswith((".yml", ".yaml"))
        for dependency in manifest.dependencies:
            yield home, dependency.name, Wish(_ordinary(dependency.specifier, conda), dependency.location)
    for name in _LOCKS:
        for path in sorted(project.files):
            source = project.source(path) if basename(path) == name else None
            if source is not None:
                yield from _locked(source)
    for site in project.calls("setuptools.setup", "distutils.core.setup"):
        for text in _texts(site.source, site.argument(None, "install_requires")):
            if match := _REQUIRED.match(text):
                wish = Wish(_ordinary(match["specifier"] or "", conda=False), site.location)
                yield dirname(site.source.path), _normal(match["name"]), wish
    for source in project.sources():
        for command in source.facts.commands if "install" in _installers(source) else ():
            if "install" in command.argv:
                for word in command.argv[command.argv.index("install") + 1 :]:
                    match = _REQUIRED.match(word)
                    if match and match["specifier"]:
                        wish = Wish(_ordinary(match["specifier"], conda=True), source.location(command.span))
                        yield _home(source.path), _normal(match["name"]), wish


def _installers(source: SourceFacts) -> tuple[str, ...]:
    return ("install",) if source.kind.value in ("dockerfile", "shell", "notebook") else ()


def _home(path: str) -> str:
    home = dirname(path)
    return dirname(home) if basename(home) in _ASIDE else home


def _locked(lock: SourceFacts) -> Iterator[tuple[str, str, Wish]]:
    """The exact versions of a lock file."""
    names: dict[tuple[object, ...], str] = {}
    for entry in lock.facts.entries:
        if entry.path and entry.path[-1] == "name" and isinstance(entry.value, str):
            names[entry.path[:-1]] = _normal(entry.value)
    for entry in lock.facts.entries:
        if len(entry.path) > 1 and entry.path[-1] == "version" and isinstance(entry.value, str):
            name = names.get(entry.path[:-1], _normal(str(entry.path[-2])))
            wish = Wish(f"=={entry.value.lstrip('=')}", lock.location(entry.span))
            yield dirname(lock.path), name, wish


def _texts(source: SourceFacts, expr: Expr | None) -> Iterator[str]:
    match expr:
        case Seq(_, items):
            for item in items:
                if isinstance(item, Const) and isinstance(item.value, str):
                    yield item.value
        case Ref(_, (binding,)) if binding >= 0:
            fact: Binding = source.facts.bindings[binding]
            if fact.kind == "assign" and not isinstance(fact.value, Ref):
                yield from _texts(source, fact.value)


def _ordinary(specifier: str, conda: bool) -> str:
    """A specifier with the operators of PEP 440: those of Poetry, and conda's single `=`, are translated."""
    parts = []
    for part in filter(None, map(str.strip, ordinary(specifier).split(","))):
        match = re.fullmatch(r"=\s*([\d.]+)(?:[.*]*)(?:=.*)?", part) if conda else None
        if match:
            part = f"=={match[1].rstrip('.')}.*"
        elif re.fullmatch(r"\d[\w.]*", part):
            part = f"=={part}"
        parts.append(part)
    return ",".join(parts)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def _bounds(specifier: str, version: str) -> tuple[bool, bool]:
    """Whether all versions of a specifier are older than a version, and whether none is."""
    from packaging.version import InvalidVersion, Version

    limit = Version(version)
    below = start = False
    for part in specifier.split(","):
        match = re.fullmatch(
            r"\s*(===|==|~=|<=|>=|<|>)\s*v?([\d.]+(?:(?:a|b|rc|\.?dev|\.?post)\d+)?)(\.?\*)?(?:\+\S+)?\s*", part
        )
        if match is None:
            continue
        try:
            bound = Version(match[2].rstrip("."))
        except InvalidVersion:
            continue
        operator = match[1]
        if operator == "<":
            below |= bound <= limit
        elif operator == "<=":
            below |= bound < limit
        elif operator in (">=", ">"):
            start |= bound >= limit
        elif operator == "~=":
            start |= bound >= limit
            below |= Version(_next(bound.release[:-1] or bound.release)) <= limit
        else:
            start |= bound >= limit
            short = match[3] or len(bound.release) < len(limit.release)
            below |= (
                (bound < limit and bound.release != limit.release[: len(bound.release)])
                if short
                else bound < limit
            )
    return below, start


def _next(release: tuple[int, ...]) -> str:
    return ".".join(map(str, (*release[:-1], release[-1] + 1)))
