"""What a project says it depends on: requirements files, pyproject.toml, setup.cfg, Pipfile, conda, images.

`pip install` commands of images and notebooks count as lists of dependencies, too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Const, Seq
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Location, Role, Span
from mldebt.values import lies_in

if TYPE_CHECKING:
    from mldebt.project.project import Project

_LOCKS = ("uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "pixi.lock", "conda-lock.yml", "conda-lock.yaml",
          "requirements.lock", "requirements-lock.txt", "requirements.lock.txt", "pylock.toml")  # fmt: skip
_TABLES = frozenset({"uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"})
_LISTING = (Kind.REQUIREMENTS, Kind.TOML, Kind.YAML, Kind.INI, Kind.DOCKERFILE, Kind.NOTEBOOK)
_PIP = re.compile(r"(^|[/\s%])(pip3?|pipx?3(\.\d+)?)$|\bpip$")
_FIXES = re.compile(r"-c$|--constraint|--require-hashes")
_WITH_VALUE = re.compile(
    r"-[crfiet]$|--(constraint|requirement|find-links|index-url|extra-index-url|target|platform|trusted-host|editable"
    r"|timeout|retries|cache-dir|prefix|root|only-binary|no-binary|python-version|index-strategy|torch-backend)$"
)
_NO_NAME = re.compile(r"^[./~$]|://|[$*/]|\.(whl|txt|zip|gz)$|^git\+")
_WRITTEN = re.compile(r"\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?P<specifier>[<>=!~^*][^;#@]*)?")
_ASIDE = frozenset({"requirements", "docker", "dockerfiles", "deploy", "envs", "env", "conda", "conf", "configs"})
_PIPELINES = ("dvc.yaml", "MLproject", "Snakefile")
_ENVIRONMENT = re.compile(r"(conda[-_]?)?env(ironment)?([-_.][\w-]+)?\.ya?ml$")


_PLANNED = re.compile(r"Development Status :: [12] - ")


class Dependency(NamedTuple):
    """A package that a manifest asks for. `name` is normalised, `specifier` as written."""

    name: str
    specifier: str
    location: Location

    @property
    def is_open(self) -> bool:
        """Whether any newer version will do: no version is named, or only a lower bound."""
        parts = [part.strip() for part in self.specifier.split(",") if part.strip()]
        return all(part.startswith((">", "!=")) or part == "*" for part in parts)


class Manifest(NamedTuple):
    """A file that lists dependencies. `has_pins` says that hashes, constraints or a compiler fix its versions."""

    source: SourceFacts
    dependencies: tuple[Dependency, ...]
    has_pins: bool = False


def manifests(project: Project) -> Iterator[Manifest]:
    """All manifests, by path."""
    for source in project.sources(*_LISTING):
        name = basename(source.path)
        if source.kind is Kind.REQUIREMENTS:
            yield _requirements(source)
        elif name == "pyproject.toml" or name == "Pipfile":
            yield Manifest(source, tuple(_from_entries(source)))
        elif source.kind in (Kind.DOCKERFILE, Kind.NOTEBOOK):
            installed = _installed(source)
            if installed.dependencies:
                yield installed
        elif name == "setup.cfg" or _ENVIRONMENT.fullmatch(name):
            found = tuple(_setup_cfg(source) if source.kind is Kind.INI else _conda(source))
            if found:
                yield Manifest(source, found)


def is_locked(project: Project, path: str, name: str) -> bool:
    """Whether a lock file beside a manifest, or in a directory above it, names a package.

    One that was not analysed, for its size or its format, may name everything. The requirements that a compiler
    reads (`requirements.in`) are locked by the file that it writes.
    """
    if path.endswith(".in") and f"{path.removesuffix('.in')}.txt" in project.files:
        return True
    home = dirname(path)
    while True:
        for lock in _LOCKS:
            place = f"{home}/{lock}" if home else lock
            if place in project.files and name in _names_in(project.source(place), name):
                return True
        if not home:
            return False
        home = dirname(home)


def _names_in(lock: SourceFacts | None, name: str) -> Iterator[str]:
    if lock is None or lock.facts.header.problems:
        yield name
        return
    if basename(lock.path) in _TABLES:  # their extras name packages that are not locked
        yield from (_normal(str(e.value)) for e in lock.facts.entries if e.path[-1:] == ("name",))
        return
    for entry in lock.facts.entries:
        if entry.path and isinstance(entry.path[-1], str):
            yield _normal(entry.path[-1])
        if isinstance(entry.value, str):
            yield _normal(entry.value)
    yield from (requirement.name for requirement in lock.facts.requirements)


def imported_modules(project: Project, path: str, skipped: Collection[Role]) -> set[str]:
    """The top-level modules that the code a manifest stands for imports: what lies below its directory.

    A manifest in a directory of its own (`requirements/`, `docker/`, a base image) stands for the code around that
    directory.
    """
    root = dirname(path)
    if basename(root) in _ASIDE:
        root = dirname(root)
    while True:
        below = [s for s in project.code if lies_in(s.path, root)]
        if below or not root:
            break
        root = dirname(root)
    kept = (source for source in below if not source.source.is_any(*skipped))
    return {module.partition(".")[0] for source in kept for module in source.facts.header.modules}


def is_library(project: Project, path: str) -> bool:
    """Whether the files beside a path describe a package for others: published ones have classifiers."""
    return project.subprojects.root_of(path) in project.libraries


def find_libraries(project: Project) -> Iterator[str]:
    """The roots of the parts of the repository that are packages for others.

    The classifiers of one that was only planned, as templates write them, say nothing; and what has a pipeline of its
    own is an application, whatever template its `setup.py` came from.
    """
    root_of = project.subprojects.root_of
    found: dict[str, list[object]] = defaultdict(list)
    for source in project.sources(Kind.TOML, Kind.INI):
        if basename(source.path) in ("pyproject.toml", "setup.cfg") and root_of(source.path) == source.directory:
            entries = (entry for entry in source.facts.entries if "classifiers" in entry.path[1:3])
            found[source.directory] += [entry.value for entry in entries]
    for site in project.calls("setuptools.setup", "distutils.core.setup"):
        given = site.argument(None, "classifiers")
        if given is not None:
            items = given.items if isinstance(given, Seq) else (given,)
            found[root_of(site.source.path)] += [i.value if isinstance(i, Const) else "" for i in items]
    for root, classifiers in found.items():
        runs = any((f"{root}/{name}" if root else name) in project.files for name in _PIPELINES)
        if classifiers and not runs and not any(_PLANNED.search(str(value)) for value in classifiers):
            yield root


def _requirements(source: SourceFacts) -> Manifest:
    facts = source.facts
    found = tuple(
        Dependency(requirement.name, requirement.specifier, source.location(requirement.span))
        for requirement in facts.requirements
        if requirement.kind == "requirement" and not requirement.address and not requirement.hashed
    )
    is_fixed = facts.header.generated or any(r.kind == "constraint" or r.hashed for r in facts.requirements)
    return Manifest(source, found, is_fixed)


def _from_entries(source: SourceFacts) -> Iterator[Dependency]:
    """`project.dependencies`, `tool.poetry.dependencies`, and the packages of a Pipfile."""
    for entry in source.facts.entries:
        text = entry.value if isinstance(entry.value, str) else ""
        match entry.path:
            case ("project", "dependencies", int()):
                yield from _written(source, text, entry.span)
            case ("tool", "poetry" | "pdm", "dependencies", str(name)) | ("packages", str(name)) if (
                entry.kind == "scalar"
            ):
                yield Dependency(_normal(name), text, source.location(entry.key))
            case ("tool", "poetry", "dependencies", str(name), "version") | ("packages", str(name), "version"):
                yield Dependency(_normal(name), text, source.location(entry.key))


def _conda(source: SourceFacts) -> Iterator[Dependency]:
    for entry in source.facts.entries:
        text = entry.value if isinstance(entry.value, str) else ""
        match entry.path:
            case ("dependencies", int()) | ("dependencies", int(), "pip", int()) if text:
                yield from _written(source, text.rpartition("::")[2], entry.span)


def _setup_cfg(source: SourceFacts) -> Iterator[Dependency]:
    for entry in source.facts.entries:
        if entry.path == ("options", "install_requires") and isinstance(entry.value, str):
            for number, line in enumerate(entry.value.splitlines(), entry.span.line):
                yield from _written(source, line.strip(), Span.at(number))


def _installed(source: SourceFacts) -> Manifest:
    """What the `pip install` commands of an image or a notebook name; constraints and hashes fix the versions."""
    found: list[Dependency] = []
    has_pins = False
    for command in source.facts.commands:
        words = command.argv
        if "install" not in words or not _PIP.search(" ".join(words[: words.index("install")])):
            continue
        rest = iter(words[words.index("install") + 1 :])
        for word in rest:
            has_pins |= bool(_FIXES.match(word))
            if _WITH_VALUE.match(word):
                next(rest, None)
            elif not word.startswith("-") and not _NO_NAME.search(word):
                found += _written(source, word, command.span)
    return Manifest(source, tuple(found), has_pins)


def _written(source: SourceFacts, text: str, span: Span) -> Iterator[Dependency]:
    match = _WRITTEN.match(text)
    if match and "@" not in text:
        yield Dependency(_normal(match["name"]), (match["specifier"] or "").strip(), source.location(span))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
