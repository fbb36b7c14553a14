"""Environment variables that the project itself declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mldebt.source import Kind
from mldebt.values import Gap, Known, Value, choice

if TYPE_CHECKING:
    from mldebt.project.project import Project

_TEMPLATE = re.compile(
    r"\.env.*(template|example|sample|dist)|(template|example|sample|dist)[^/]*\.env$", re.IGNORECASE
)
_EXAMPLE = re.compile(
    r"^[\"']?([/~<]|[A-Za-z]:[\\/])"
    r"|(?<![a-z])(path[/_-]to|your|xxx+|change[-_ ]?me|replace|placeholder|todo|dummy)(?![a-z])|_here\b",
    re.IGNORECASE,
)
"""What everybody replaces in a template: a place on somebody's machine, or a word that says so."""


def declared_environment(project: Project) -> Mapping[str, Value]:
    """The variables that `.env` files declare, with the values they give; a template's example is none."""
    found: dict[str, list[Value]] = {}
    for source in project.sources(Kind.ENV):
        for variable in source.facts.variables:
            is_example = _TEMPLATE.search(source.path) and _EXAMPLE.search(variable.value)
            value = Gap("environment", variable.name) if is_example else Known(variable.value)
            found.setdefault(variable.name, []).append(value)
    for stage in project.stages:
        for name, text in stage.environment:
            is_open = "$" in text or "{" in text or not text or _EXAMPLE.search(text.lstrip("/"))
            if not is_open:
                found.setdefault(name, []).append(Known(text))
    return {name: choice(values) for name, values in found.items()}
