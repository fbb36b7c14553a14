"""The whole run: paths to Sources to facts to Project to Findings to Report."""

from __future__ import annotations

import functools
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mldebt import hygiene
from mldebt.answers import Answer, Answers
from mldebt.clock import Clock
from mldebt.discover import Discovery, discover
from mldebt.finding import Confidence, Finding, Related, Severity
from mldebt.gather import processors
from mldebt.hygiene import hygiene_finding
from mldebt.load import link
from mldebt.packs import BrokenRule, Packs
from mldebt.project import Project
from mldebt.roles import path_roles
from mldebt.rule import Rule
from mldebt.rule_runs import RunError, run_all
from mldebt.scope import Scope
from mldebt.selection import Selection, is_ignored, select
from mldebt.settings import Settings
from mldebt.source import Location, Role, Span
from mldebt.suppress import suppress
from mldebt.texts import Texts

if TYPE_CHECKING:
    from mldebt.cache import Cache

Progress = Callable[[int, int], None]
"""Receives the number of sources done and of all sources."""

_UNPARSABLE = frozenset({"syntax-error", "python-2", "template", "merge-conflict", "encoding"})


class Report(msgspec.Struct, frozen=True):
    """What a run found, in the order of `Finding.order`.

    `suppressed` are the findings that comments accept, `baselined` those that a baseline accepts; `elsewhere`
    counts the findings that were there before a change and lie outside of it. `files` counts the sources
    analysed; `texts` gives reporters the lines. `cap` is how many findings of one rule reports for people show
    (0: all). `known` holds the fingerprints of everything that comments do not accept, also of what the
    settings and the given paths leave out, and `paths` the sources analysed.
    `project` is what was analysed, for reports that show more than findings, and `rules` are the rules that
    ran; of an unchanged project the one is linked and the others are imported (by `choose`) only when they are
    asked for. `clock` knows where the time went.
    """

    root: Path
    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    errors: tuple[RunError, ...]
    files: int
    texts: Texts
    baselined: tuple[Finding, ...] = ()
    elsewhere: int = 0
    choose: Callable[[], tuple[Rule, ...]] = tuple
    cap: int = 0
    known: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    link: Callable[[], Project] | None = None
    clock: Clock = msgspec.field(default_factory=Clock)

    @property
    def project(self) -> Project:
        """What was analysed. Raises ValueError for a report that was not made by a run."""
        if self.link is None:
            raise ValueError("this report was not made by a run")
        return self.link()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that ran."""
        return self.choose()

    def exit_code(self, fail_on: str) -> int:
        """2 if a rule failed, 1 if a finding is at least as severe as `fail_on` (or never), else 0."""
        if self.errors:
            return 2
        if fail_on == "never":
            return 0
        return int(any(finding.severity >= Severity[fail_on.upper()] for finding in self.findings))


def check(
    settings: Settings,
    scope: Scope,
    packs: Packs,
    *,
    cache: Cache | None = None,
    force_exclude: bool = False,
    stdin: tuple[str, bytes] | None = None,
    progress: Progress | None = None,
    today: date | None = None,
    found: Discovery | None = None,
    overlay: Mapping[str, bytes] | None = None,
    clock: Clock | None = None,
) -> Report:
    """Analyse everything below the scope's root and report on the paths that were given.

    `stdin` is a file name and the bytes that stand for it; `overlay` gives the bytes of files by path, instead
    of those on disk; `found` stands for what discovery would find; `clock` measures where the time goes. Raises
    SettingsError if the settings name what does not exist.
    """
    clock = clock or Clock()
    today = today or date.today()
    with clock.measure("phase", "discovery"):
        found = found or _discover(settings, scope, force_exclude=force_exclude, stdin=stdin)
        if overlay:
            found = _overlaid(found, overlay)

    @functools.cache
    def selection() -> Selection:
        with clock.measure("phase", "rules"):
            return select(packs, settings)

    @functools.cache
    def linked() -> Project:
        with clock.measure("phase", "facts"):
            project = link(found, scope.root, settings, cache, progress, meanwhile=selection)
        project.clock = clock
        project.today = today
        return project

    texts = Texts({source.path: source for source in found.sources})
    answers = Answers(cache, settings, packs, today, scope.root) if cache is not None else None
    with clock.measure("phase", "answers"):
        answer = answers.recall(found) if answers is not None else None
    errors: list[RunError] = []
    if answer is None:
        processes = settings.workers or processors()
        project = linked()  # first: the rules are imported on the way
        answer, errors = _answer(selection(), project, found, texts, packs, today, processes)
        if answers is not None and not errors:
            answers.keep(found, project, answer)
    return Report(
        root=scope.root,
        findings=tuple(_wanted(answer.kept, settings, scope)),
        suppressed=tuple(_wanted(answer.suppressed, settings, scope)),
        errors=tuple(errors),
        files=len(found.sources),
        texts=texts,
        choose=lambda: selection().rules,
        cap=settings.shown_per_rule,
        known=frozenset(finding.fingerprint for finding in answer.kept),
        paths=frozenset(source.path for source in found.sources),
        link=linked,
        clock=clock,
    )


def _answer(
    selection: Selection,
    project: Project,
    found: Discovery,
    texts: Texts,
    packs: Packs,
    today: date,
    processes: int,
) -> tuple[Answer, list[RunError]]:
    """All findings, those that comments accept apart, and the rules that failed."""
    findings, errors = run_rules(selection, project, processes)
    findings = _fingerprinted([*findings, *_file_problems(project, found)], texts)
    outcome = suppress(
        findings,
        project,
        texts,
        rules=_debts(packs),
        ran={rule.id for rule in selection.rules},
        today=today,
    )
    kept = (*outcome.kept, *_fingerprinted(outcome.problems, texts))
    return Answer(kept, tuple(outcome.suppressed)), errors


def _discover(
    settings: Settings, scope: Scope, *, force_exclude: bool, stdin: tuple[str, bytes] | None
) -> Discovery:
    on_disk = [path for path in scope.given if stdin is None or str(path) != os.path.realpath(stdin[0])]
    return discover(
        (*(scope.read or (scope.root,)), *on_disk),
        root=scope.root,
        exclude=settings.exclude or (),
        extend_exclude=settings.extend_exclude,
        force_exclude=force_exclude,
        stdin=stdin,
    )


def _overlaid(found: Discovery, overlay: Mapping[str, bytes]) -> Discovery:
    sources = tuple(
        msgspec.structs.replace(source, data=overlay[source.path]) if source.path in overlay else source
        for source in found.sources
    )
    return msgspec.structs.replace(found, sources=sources)


def run_rules(selection: Selection, project: Project, processes: int = 1) -> tuple[list[Finding], list[RunError]]:
    """The findings of all rules; one that fails is a finding and an error, and the others go on."""
    outcomes = run_all(selection.rules, project, processes)
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    errors = [_broken(rule) for rule in selection.broken]
    errors += [outcome.error for outcome in outcomes if outcome.error is not None]
    findings += [
        hygiene_finding("internal-error", Location(".", Span.at(1)), f"rule `{error.rule}` {error.message}")
        for error in errors
    ]
    return findings, errors


def _broken(rule: BrokenRule) -> RunError:
    return RunError(rule.id, f"cannot be used: {rule.file.name} {rule.message}")


def _file_problems(project: Project, found: Discovery) -> Iterator[Finding]:
    """One finding for each file, or cell of it, that could not be analysed."""
    for path, message in found.problems:
        yield hygiene_finding("unanalysed-file", Location(path, Span.at(1)), f"this file {message}")
    templates: list[tuple[Location, str]] = []
    for source in project.sources():
        for problem in source.facts.header.problems:
            place = source.location(problem.span)
            subject = "this file" if problem.fatal or place.cell is None else "this cell"
            if problem.kind == "template" and Role.TEMPLATE in path_roles(source.path, source.kind):
                templates.append((place, f"{subject} {problem.message}"))
                continue
            yield hygiene_finding(
                "unparsable-file" if problem.kind in _UNPARSABLE else "unanalysed-file",
                place,
                f"{subject} {problem.message}",
                severity=Severity.ERROR if problem.kind == "merge-conflict" else None,
            )
    if templates:  # where a template is kept, its files are meant to be like this: one finding for all
        (place, message), *others = templates
        more = f"; so {'are' if len(others) > 1 else 'is'} {len(others)} more" if others else ""
        related = [Related(other, "a template, too") for other, _ in others]
        yield hygiene_finding("unparsable-file", place, message + more, related=related)


def _debts(packs: Packs) -> dict[str, str]:
    """Every rule that exists with its kind of debt."""
    return {rule.id: rule.debt for rule in packs.files.values()} | dict.fromkeys(hygiene.CHECKS, hygiene.DEBT)


def _fingerprinted(findings: Iterable[Finding], texts: Texts) -> list[Finding]:
    """The findings in order, without repetitions, each with a fingerprint that survives moved lines."""
    seen: Counter[tuple[str, ...]] = Counter()
    result = []
    for finding in dict.fromkeys(sorted(findings, key=lambda finding: finding.order)):
        key = (finding.location.path, *fingerprint_parts(finding, texts))
        digest = fingerprint(*key, seen[key])
        seen[key] += 1
        result.append(msgspec.structs.replace(finding, fingerprint=digest))
    return result


def fingerprint_parts(finding: Finding, texts: Texts) -> tuple[str, str, str]:
    """What stays of a finding when lines move and files are renamed: rule, scope, text of the line."""
    return finding.rule, finding.scope, "".join(texts.line(finding.location).split())


def fingerprint(path: str, rule: str, scope: str, line: str, occurrence: int) -> str:
    """The fingerprint of the n-th (from 0) finding of a file with these parts: a digest, and `:n` from the second."""
    text = "\0".join((path, rule, scope, line))
    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()
    return f"{digest}:{occurrence}" if occurrence else digest


def _wanted(findings: Sequence[Finding], settings: Settings, scope: Scope) -> Iterator[Finding]:
    """The findings to report, in order, with the severities of the settings."""
    least = Confidence[settings.min_confidence.upper()]
    for finding in sorted(findings, key=lambda finding: finding.order):
        if finding.rule == "internal-error":
            yield finding
            continue
        places = [finding.location.path, *(related.location.path for related in finding.related)]
        if (
            finding.confidence < least
            or is_ignored(finding.rule, settings)
            or not any(map(scope.contains, places))
            or _ignored_in_file(finding, settings)
        ):
            continue
        if finding.rule in settings.severity:
            severity = Severity[settings.severity[finding.rule].upper()]
            finding = msgspec.structs.replace(finding, severity=severity)
        yield finding


def _ignored_in_file(finding: Finding, settings: Settings) -> bool:
    path = finding.location.path
    return any(
        (fnmatchcase(path, glob) or fnmatchcase(path.rpartition("/")[2], glob))
        and not {finding.rule, finding.debt, "all"}.isdisjoint(names)
        for glob, names in settings.per_file_ignores.items()
    )
