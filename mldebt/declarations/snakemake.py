"""Snakemake: the rules of Snakefiles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from mldebt.declarations.commands import commands_of, expand
from mldebt.declarations.model import Declared, DeclaredKind, Stage, StageCommand, place
from mldebt.declarations.tree import Node, document
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([a-z_]+)(?:\.(\w+)|\[(\w+)\])?(?::q)?\}")
_REFERENCE = re.compile(r"rules\.(\w+)\.output(?:\.(\w+)|\[(\d+)\])?")
_SCRIPTS = ("script", "notebook")


def declared(project: Project) -> Iterator[Stage]:
    """The rules of all Snakefiles. Paths start where the workflow is run, above a `workflow` directory."""
    for source in project.sources(Kind.SNAKEMAKE):
        root = document(source)
        rules = root.get("rules") if root else None
        for rule in rules.children() if rules else ():
            if root is not None:
                yield _Rule(source, root, rule).stage()


class _Rule:
    """One rule of a Snakefile."""

    def __init__(self, source: SourceFacts, root: Node, rule: Node) -> None:
        self.rule, self.rules = rule, root.get("rules")
        self.here = dirname(source.path)
        self.home = dirname(self.here) if basename(self.here) in ("workflow", "rules") else self.here
        if basename(self.home) == "workflow":
            self.home = dirname(self.home)
        variables = root.get("variables")
        self.variables = {node.key: node.text for node in variables.children()} if variables else {}
        self.after: dict[str, None] = {}

    def stage(self) -> Stage:
        """The stage that the rule is."""
        values = {
            key: dict(self.values(self.rule.get(key))) for key in ("input", "output", "params", "log", "threads")
        }
        return Stage(
            id=f"{self.rule.source.path}:{self.rule.key}",
            name=self.rule.key,
            tool="snakemake",
            location=self.rule.key_location,
            directory=self.home,
            commands=tuple(self.commands(values)),
            code=tuple(self.scripts()),
            inputs=tuple(self.declared("input", values["input"])),
            outputs=tuple(self.declared("output", values["output"])),
            params=tuple(self.declared("param", values["params"])),
            after=tuple(self.after),
        )

    def values(self, directive: Node | None) -> Iterator[tuple[str, tuple[str, Node]]]:
        """The values of a directive by name or number; `rules.x.output` stands for the outputs of that rule."""
        for node in directive.children() if directive else ():
            reference = _REFERENCE.fullmatch(node.text)
            if reference is None:
                text = expand(node.text, self.variables)
                yield node.key, (f"${{{text}}}" if node.entry.tag else text, node)
                continue
            self.after[reference[1]] = None
            outputs = self.rules.get(reference[1], "output") if self.rules else None
            for output in outputs.children() if outputs else ():
                if output.key == (reference[2] or reference[3] or output.key):
                    yield f"{node.key}.{output.key}", (expand(output.text, self.variables), node)

    def declared(self, kind: DeclaredKind, values: Mapping[str, tuple[str, Node]]) -> Iterator[Declared]:
        """The values of a directive as declared things."""
        for key, (text, node) in values.items():
            name = "" if key[0].isdecimal() else key
            is_param = kind == "param"
            yield Declared(
                kind=kind,
                path=name or text if is_param else place(self.home, text),
                name=name,
                location=node.location,
                tool="snakemake",
                stage=self.rule.key,
                options=(("value", text),) if is_param else (),
            )

    def commands(self, values: Mapping[str, Mapping[str, tuple[str, Node]]]) -> Iterator[StageCommand]:
        """The rule's shell code with `{input}`, `{output.name}`, `{params.x}` filled in."""

        def replacement(match: re.Match[str]) -> str:
            if match[1] is None:
                return match[0][0]  # `{{` is a brace
            listed = values.get(match[1], {})
            key = match[2] or match[3]
            if key is None and listed:
                return " ".join(text for text, _ in listed.values())
            return listed[key][0] if key in listed else f"${{{match[0].strip('{}')}}}"

        shell = self.rule.get("shell")
        for node in shell.children() if shell else ():
            script = _PLACEHOLDER.sub(replacement, node.text)
            yield from commands_of(script, node.location, self.home)

    def scripts(self) -> Iterator[str]:
        """Scripts and notebooks lie beside the Snakefile that names them."""
        for key in _SCRIPTS:
            named = self.rule.get(key)
            for node in named.children() if named else ():
                yield place(self.here, expand(node.text, self.variables))
