"""What a rule yields: one piece of debt, where it is, and how to repair it."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import msgspec

from mldebt.source import Location


class Severity(IntEnum):
    """How bad a finding is; ordered, so that `--fail-on` can compare."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    @property
    def label(self) -> str:
        """The word used in every report."""
        return self.name.lower()


class Confidence(IntEnum):
    """How sure a rule is: all operands known, a template or two signals, or a name heuristic."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def label(self) -> str:
        """The word used in every report."""
        return self.name.lower()


class Profile(IntEnum):
    """The smallest use that contains a rule: hook < ci < audit."""

    HOOK = 0
    CI = 1
    AUDIT = 2

    @property
    def label(self) -> str:
        """The word used in every report."""
        return self.name.lower()


class Safety(StrEnum):
    """Whether a fix keeps the program's meaning (`safe`) or wants a reader (`unsafe`)."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Edit(msgspec.Struct, frozen=True):
    """Replace the text at a location by another text."""

    location: Location
    text: str


class Fix(msgspec.Struct, frozen=True):
    """A titled list of edits that belong together."""

    title: str
    edits: tuple[Edit, ...]
    safety: Safety = Safety.UNSAFE


class Related(msgspec.Struct, frozen=True):
    """One more place that belongs to a finding, and what it shows."""

    location: Location
    message: str


class Finding(msgspec.Struct, frozen=True):
    """One piece of debt.

    `rule` is the rule's kebab-case id and `debt` its kind of debt; `minutes` estimates the repair;
    `scope` is the dotted name of the enclosing function or class (or the key path in configuration),
    which makes the fingerprint survive moved lines.
    """

    rule: str
    debt: str
    location: Location
    message: str
    severity: Severity
    confidence: Confidence
    minutes: int
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    scope: str = ""
    fingerprint: str = ""

    @property
    def order(self) -> tuple[object, ...]:
        """The sort key of every report: path, place, rule, message."""
        place = self.location
        cell = -1 if place.cell is None else place.cell
        return (place.path, cell, place.span.line, place.span.column, self.rule, self.message)
