"""The contract of a rule.

A rule is one class in one file of a pack. The file's name in kebab case is the rule's id, the folder its kind
of debt; `mldebt.packs` fills both in. The docstring is the documentation page and, through its examples, the
test (`mldebt.examples`). Options are class attributes with a type annotation; settings may override them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from mldebt.finding import Confidence, Finding, Fix, Profile, Related, Severity
from mldebt.source import Kind, Location, Role

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts


class BrokenRuleError(Exception):
    """A rule's file, or a pack, cannot be used; the message says why."""


class Rule:
    """Reads the Project, yields Findings. Subclass it once a file and write `check`."""

    id: ClassVar[str] = ""
    debt: ClassVar[str] = ""
    severity: ClassVar[Severity] = Severity.WARNING
    confidence: ClassVar[Confidence] = Confidence.HIGH
    profile: ClassVar[Profile] = Profile.CI
    default: ClassVar[bool] = True
    """False: runs only when it is selected by name (or everything is)."""
    minutes: ClassVar[int] = 5
    """Estimated time to repair one finding."""
    gathers: ClassVar[bool] = False
    """True: every related place of a finding is one more piece of the same debt, and not evidence for it.

    A baseline then accepts these pieces, and reports the finding again when there is another one.
    """
    skip_roles: ClassVar[frozenset[Role]] = frozenset(
        {Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS}
    )
    """Sources with one of these roles are not looked at by `sources`."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield the debt found in the project."""
        raise NotImplementedError(f"{type(self).__name__} has no check")

    def sources(self, project: Project, *kinds: Kind) -> Iterator[SourceFacts]:
        """The project's sources of the given kinds (all kinds if none is given), without `skip_roles`."""
        for source in project.sources(*kinds):
            if source.source.roles.isdisjoint(self.skip_roles):
                yield source

    def finding(
        self,
        location: Location,
        message: str,
        *,
        related: Iterable[Related] = (),
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        minutes: int | None = None,
        fix: Fix | None = None,
        scope: str = "",
    ) -> Finding:
        """A finding of this rule; what is not given is the rule's own."""
        return Finding(
            rule=self.id,
            debt=self.debt,
            location=location,
            message=message,
            severity=self.severity if severity is None else severity,
            confidence=self.confidence if confidence is None else confidence,
            minutes=self.minutes if minutes is None else minutes,
            related=tuple(related),
            fix=fix,
            scope=scope,
        )
