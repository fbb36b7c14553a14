"""Files and code that declarations, images, configuration and documentation name, and that are not there."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from posixpath import basename, dirname, join, normpath
from typing import TYPE_CHECKING, NamedTuple

from mldebt.declarations.model import UNKNOWN_DIRECTORY, Stage, StageCommand, place
from mldebt.project.command_lines import target_of
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind, Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

_OPEN = re.compile(r"[$*?{}<>%|\[\]~\\]|^(/|\.\./|https?:)|^\W*$")
_CODE = re.compile(r"\.(py|ipynb|sh|bash|R)$")
_COPIED = re.compile(r"\.(py|ipynb|sh|toml|cfg|ini|lock|ya?ml)$|(^|/)requirements[\w.-]*\.txt$")
_BUILT = re.compile(r"(^|/)(build|dist|venv|\.venv|target|out|node_modules|site-packages|uncommitted)/")
_TOOLS = frozenset({"dvc", "mlproject", "make", "workflow", "airflow", "docker", "compose", "ploomber"})
_FIXED = frozenset({"dvc", "mlproject", "ploomber"})
_PLACEHOLDER = re.compile(
    r"(.*/)?((my|your|some|the|a)[_-][\w-]+|your\w*|script|file|filename|example|program|app_name)\.\w+$", re.I
)
"""Names that documentation uses for files of its readers."""

_SERVERS = frozenset({"uvicorn", "gunicorn", "hypercorn", "daphne", "granian"})
_SERVED = re.compile(r"(?P<module>[A-Za-z_]\w*(\.[A-Za-z_]\w*)+):\w+(\(\))?")
_FETCHES = re.compile(r"\bgit (clone|submodule)\b|^(wget|curl|gdown|unzip|tar)\b")
_MAKES = frozenset({"touch", "cp", "mv", "ln", "tee", "install", "jupytext", "nbconvert", "jupyter"})
"""Commands one of whose words may be a file that they make."""


class NamedFile(NamedTuple):
    """Something that is named at a place and does not exist.

    `origin` says what names it; `is_told` that only documentation does.
    """

    location: Location
    origin: str
    target: str
    is_told: bool = False


class NamedFiles:
    """Finds the names that lead nowhere. What could be fetched, generated or lie elsewhere is left out."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def missing(self) -> Iterator[NamedFile]:
        """All names that lead nowhere."""
        yield from self._of_stages()
        for source in self._project.sources(Kind.DOCKERFILE):
            yield from self._of_image(source)
        for source in self._project.sources(Kind.YAML):
            yield from self._of_defaults(source)
            yield from self._of_targets(source)
        for source in self._project.sources(Kind.MARKDOWN):
            if basename(source.path).lower().startswith("readme"):
                yield from self._of_readme(source)

    def exists_somewhere(self, name: str) -> bool:
        """Whether some file or directory of the project ends in a path."""
        return self._tail(name) in self._tails

    def same_name(self, name: str) -> str:
        """The only file of the project with the same name, if there is exactly one."""
        name = basename(name)
        alike = self._project.files_by_stem.get(name.partition(".")[0], ())
        found = [path for path in alike if basename(path) == name]
        return found[0] if len(found) == 1 else ""

    @cached_property
    def _groups(self) -> frozenset[str]:
        """The directories that hold YAML files."""
        return frozenset(dirname(path) for path in self._project.files if path.endswith((".yaml", ".yml")))

    @cached_property
    def _packages(self) -> frozenset[str]:
        """The names of the directories around Python files."""
        paths = (path for path in self._project.files if path.endswith(".py"))
        return frozenset(part for path in paths for part in path.split("/")[:-1])

    @cached_property
    def _tails(self) -> frozenset[str]:
        found: set[str] = set()
        for path in self._project.files:
            parts = path.split("/")
            for end in range(1, len(parts) + 1):
                found.update("/".join(parts[start:end]) for start in range(end))
        return frozenset(found)

    def _tail(self, name: str) -> str:
        return normpath(name).rstrip("/")

    # --- commands ---

    def _of_stages(self) -> Iterator[NamedFile]:
        produced = {output.path for stage in self._project.stages for output in stage.products}
        made: dict[str, set[str]] = defaultdict(set)
        fetching = set(self._jobs_with_other_repositories())
        for stage in self._project.stages:
            for command in stage.commands:
                made[_job(stage)].update(_made(command))
                if _FETCHES.search(" ".join(command.argv)):
                    fetching.add(_job(stage))
        copied = functools.cache(self._copied)
        for stage in self._project.stages:
            if stage.tool not in _TOOLS or _job(stage) in fetching:
                continue
            written = made[_job(stage)] | copied(stage.path)
            for command in stage.commands:
                if command.directory.startswith(("/", "$", "..", UNKNOWN_DIRECTORY)):
                    continue
                served = self._served_nowhere(command.argv)
                if served:
                    yield NamedFile(command.location, f"the command of `{stage.name}`", served)
                for name in _scripts(command.argv):
                    path = place(command.directory, name)
                    if not (produced | written).isdisjoint((path, name, f"/{name}")) or _BUILT.search(path):
                        continue
                    if path in self._project.files or (stage.tool not in _FIXED and self.exists_somewhere(name)):
                        continue
                    if ".gitmodules" in self._project.files and not self.exists_somewhere(path.partition("/")[0]):
                        continue  # what a submodule holds is not there
                    yield NamedFile(command.location, f"the command of `{stage.name}`", name)

    def _jobs_with_other_repositories(self) -> Iterator[str]:
        """The jobs of workflows that check out something else than this project."""
        for source in self._project.sources(Kind.YAML):
            for entry in source.facts.entries:
                match entry.path:
                    case ("jobs", str(job), "steps", int(), "with", "repository" | "submodules"):
                        yield f"{source.path}:{job}"

    def _served_nowhere(self, argv: tuple[str, ...]) -> str:
        """The module that a server is to load (`uvicorn app.main:app`), if its package is here and it is not."""
        if not argv or basename(argv[0]) not in _SERVERS:
            return ""
        named = next((m for word in argv[1:] if (m := _SERVED.fullmatch(word))), None)
        parts = named["module"].split(".") if named else []
        if len(parts) < 2 or parts[0] not in self._packages:
            return ""
        path = "/".join(parts)
        found = any(self.exists_somewhere(f"{path}{ending}") for ending in (".py", "/__init__.py"))
        return "" if found else named["module"] if named else ""

    def _copied(self, path: str) -> set[str]:
        """The names that an image gives to what it copies."""
        source = self._project.source(path)
        instructions = source.facts.instructions if source is not None else ()
        return {
            word
            for found in instructions
            if found.name.upper() in ("COPY", "ADD")
            for word in _words(found.value)
        } | {
            basename(word)  # from another stage of the image, to wherever it lies here
            for found in instructions
            if "--from" in found.value
            for word in _words(found.value)
        }

    def _of_readme(self, source: SourceFacts) -> Iterator[NamedFile]:
        fetched = " ".join(" ".join(c.argv) for c in source.facts.commands if _FETCHES.search(" ".join(c.argv)))
        own = next(iter(re.findall(r"git clone \S*/([\w.-]+?)(?:\.git)?(?:\s|$)", fetched)), "")
        if own and "/" in source.path:
            return  # the page of a part that is cloned from elsewhere
        if not self._is_about_this(source):
            return
        for command in source.facts.commands:
            if command.directory and command.directory != own and not self.exists_somewhere(command.directory):
                continue
            for name in _scripts(command.argv) if len(command.argv) > 1 else ():
                if basename(name) in fetched or self.same_basename_exists(name) or _PLACEHOLDER.match(name):
                    continue
                yield NamedFile(source.location(command.span), "the documentation", name, True)

    def same_basename_exists(self, name: str) -> bool:
        """Whether a file of that name is anywhere in the project."""
        return basename(name) in self._tails

    def _is_about_this(self, source: SourceFacts) -> bool:
        """Whether the commands of a page start scripts of the project at all."""
        return any(
            self.same_basename_exists(name)
            for command in source.facts.commands
            for name in _scripts(command.argv)
        )

    # --- images ---

    def _of_image(self, source: SourceFacts) -> Iterator[NamedFile]:
        for instruction in source.facts.instructions:
            if instruction.name.upper() not in ("COPY", "ADD") or "--from" in instruction.value:
                continue
            for name in _words(instruction.value)[:-1]:
                known = not _OPEN.search(name) and _COPIED.search(name) and not _BUILT.search(name)
                if known and not self.exists_somewhere(name):
                    yield NamedFile(source.location(instruction.span), f"`{instruction.name}`", name)

    # --- Hydra ---

    def _of_defaults(self, source: SourceFacts) -> Iterator[NamedFile]:
        for entry in source.facts.entries:
            match entry.path:
                case ("defaults", int(), str(group)) if entry.kind == "scalar" and isinstance(entry.value, str):
                    if group.startswith("optional ") or "hydra/" in group or _OPEN.search(entry.value):
                        continue
                    folder = group.removeprefix("override ").strip().split("@")[0].strip("/")
                    if self._lacks_option(source, folder, entry.value):
                        name = f"{folder}/{entry.value.removesuffix('.yaml')}.yaml"
                        yield NamedFile(source.location(entry.span), "the defaults list", name)

    def _lacks_option(self, source: SourceFacts, folder: str, option: str) -> bool:
        """Whether a group is there, with options, and this one is not among them."""
        found = False
        home = dirname(source.path)
        while True:
            group = normpath(join(home, folder))
            for ending in (".yaml", ".yml", ""):
                if f"{group}/{option}{ending}" in self._project.files:
                    return False
            found = found or group in self._groups
            if not home:
                return found
            home = dirname(home)

    def _of_targets(self, source: SourceFacts) -> Iterator[NamedFile]:
        for entry in source.facts.entries:
            named = entry.value if entry.path[-1:] == ("_target_",) and isinstance(entry.value, str) else ""
            if named and not _OPEN.search(named) and self._leads_nowhere(named):
                yield NamedFile(source.location(entry.span), "`_target_`", named)

    def _leads_nowhere(self, dotted: str) -> bool:
        """Whether a dotted name starts in a package of the project and ends in nothing."""
        top = dotted.partition(".")[0]
        paths = (f"{top}/__init__.py", f"src/{top}/__init__.py")
        homes = [source for path in paths if (source := self._project.source(path)) is not None]
        if not homes or "." not in dotted:
            return False
        names = self._project.names
        if names.symbol(homes[0], dotted) is not None or names.is_inside(homes[0], dotted):
            return False
        parts = dotted.split(".")
        module = next(
            (m for end in range(len(parts), 0, -1) if (m := names.module(homes[0], ".".join(parts[:end])))), None
        )
        if module is None:
            return False
        return (
            not module.star_modules and parts[-1] not in module.facts.words and not module.facts.header.problems
        )


def _job(stage: Stage) -> str:
    """What shares its files: the steps of a workflow's job, or a stage alone."""
    return stage.id.rpartition(":")[0] if stage.tool == "workflow" and stage.id.count(":") > 1 else stage.id


def _made(command: StageCommand) -> Iterator[str]:
    """The names that a command may give to files that it makes."""
    yield from (word for _, word in command.redirects)
    if command.argv and basename(command.argv[0]) in _MAKES:
        for word in command.argv[1:]:
            yield word
            yield word.removesuffix(".ipynb") + ".py"


def _words(instruction: str) -> list[str]:
    return [word for word in re.findall(r"[^\s\"',\[\]]+", instruction) if not word.startswith("--")]


def _scripts(argv: tuple[str, ...]) -> Iterator[str]:
    """The files of code, and the requirements, that a command needs."""
    target = target_of(argv)
    name = target.name if target is not None and target.kind in ("script", "shell") else ""
    if _CODE.search(name) and not _OPEN.search(name):
        yield normpath(name)
    if "install" in argv and any(word.startswith("pip") for word in argv):
        for flag, file in pairwise(argv):
            if flag in ("-r", "--requirement") and not _OPEN.search(file):
                yield normpath(file)
