"""Make: a target with a recipe is a stage, its file prerequisites are inputs, its file is the output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import dirname, splitext
from typing import TYPE_CHECKING

from mldebt.declarations.commands import expand, expanded, stage_command
from mldebt.declarations.model import Declared, DeclaredKind, Stage, StageCommand, place
from mldebt.facts import Target
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts


def declared(project: Project) -> Iterator[Stage]:
    """The targets of all Makefiles; variables and `$@`, `$<`, `$^` in their recipes are filled in."""
    for source in project.sources(Kind.MAKE):
        variables = {variable.name: variable.value for variable in source.facts.variables}
        recipes: dict[str, list[StageCommand]] = {}
        for command in source.facts.commands:
            found = stage_command(command, source.location(command.span), dirname(source.path))
            recipes.setdefault(command.context, []).append(found)
        targets: dict[str, list[Target]] = {}
        for target in source.facts.targets:
            targets.setdefault(target.name, []).append(target)
        plain = {expand(name, variables) for name in targets}
        for written, parts in targets.items():
            if not written.startswith("."):
                yield _stage(project, source, parts, recipes.get(written, []), variables, plain)


def _stage(
    project: Project,
    source: SourceFacts,
    parts: list[Target],
    recipe: list[StageCommand],
    variables: Mapping[str, str],
    targets: set[str],
) -> Stage:
    """A target; what several rules say of it is put together."""
    home = dirname(source.path)
    name = expand(parts[0].name, variables)
    written = [word for part in parts for word in expand(" ".join(part.prerequisites), variables).split()]
    prerequisites = list(dict.fromkeys(written))
    phony = any(part.phony for part in parts) or not _is_file(project, place(home, name), name, targets - {name})
    automatic = {"@": name, "<": prerequisites[0] if prerequisites else "", "^": " ".join(prerequisites)}
    files = [p for p in prerequisites if _is_file(project, place(home, p), p, targets)]
    location = source.location(parts[0].span)

    def make(kind: DeclaredKind, path: str) -> Declared:
        return Declared(kind=kind, path=place(home, path), location=location, tool="make", stage=name)

    return Stage(
        id=f"{source.path}:{name}",
        name=name,
        tool="make",
        location=location,
        directory=home,
        commands=expanded((_with_automatic(command, automatic) for command in recipe), variables),
        inputs=tuple(make("input", path) for path in files),
        outputs=() if phony else (make("output", name),),
        after=tuple(p for p in prerequisites if p in targets),
        options=(("phony", "true"),) if phony else (),
    )


def _with_automatic(command: StageCommand, values: Mapping[str, str]) -> StageCommand:
    """A command with `$@`, `$<` and `$^` filled in; a word that is nothing else may become several."""
    words: list[str] = []
    for written in command.argv:
        word = written
        for sign, value in values.items():
            for form in (f"$({sign})", f"${{{sign}}}", f"${sign}"):
                word = word.replace(form, value)
        words += word.split() if written in ("$^", "$(^)") else [word]
    return StageCommand(
        argv=tuple(words), directory=command.directory, location=command.location, redirects=command.redirects
    )


def _is_file(project: Project, path: str, written: str, targets: set[str]) -> bool:
    """Whether a name means a file: it exists, or looks like a path and not like a step's name."""
    if path in project.files:
        return True
    return "%" in written or "/" in written or (bool(splitext(written)[1]) and written not in targets)
