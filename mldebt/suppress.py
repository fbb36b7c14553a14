"""Findings accepted in the source: `# mldebt: ignore[rule-id, other] reason`.

At the end of a line the comment covers that line, on a line of its own the next line with code.
`# mldebt: file-ignore[rule-id] reason` above the first code covers the file. Names are rule ids or kinds of
debt; `until=2027-01-31` in the reason ends it after that day. Comments that cover nothing are findings
themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from typing import NamedTuple

from mldebt.facts import Comment
from mldebt.finding import Edit, Finding, Fix, Safety
from mldebt.hygiene import hygiene_finding
from mldebt.project import Project, SourceFacts
from mldebt.schema import nearest, suggestion
from mldebt.source import Location, Span
from mldebt.texts import Texts

_DIRECTIVE = re.compile(r"#\s*mldebt:\s*(?P<verb>[\w-]*)\s*(?:\[(?P<names>[^\]]*)\])?(?P<reason>[^#]*)")
_VERBS = ("ignore", "file-ignore")
_UNTIL = re.compile(r"\buntil=(?P<day>[^\s,;]*)")


class Suppression(NamedTuple):
    """One comment: what it covers (`line` 0: the whole file) and where it stands.

    `directive` is the part of the comment that addresses mldebt, `text` what is written there.
    """

    names: tuple[str, ...]
    path: str
    cell: int | None
    line: int
    until: date | None
    comment: Location
    directive: Span
    text: str


class Suppressed(NamedTuple):
    """The findings that stay, those accepted by a comment, and what is wrong with the comments."""

    kept: list[Finding]
    suppressed: list[Finding]
    problems: list[Finding]


def suppress(
    findings: Iterable[Finding],
    project: Project,
    texts: Texts,
    *,
    rules: Mapping[str, str],
    ran: Set[str],
    today: date,
) -> Suppressed:
    """Take out the findings that comments accept.

    `rules` maps every rule that exists to its kind of debt; `ran` are those that looked at the project: a
    comment for any other rule is not stale.
    """
    problems: list[Finding] = []
    active: dict[str, list[Suppression]] = {}
    for source in project.sources():
        for item in _suppressions(source, texts, rules):
            if isinstance(item, Finding):
                problems.append(item)
            elif item.until is not None and item.until < today:
                message = f"the date of this comment, {item.until}, has passed: it ignores nothing any more"
                fix = _without(item, item.names, texts)
                problems.append(hygiene_finding("stale-suppression", item.comment, message, fix=fix))
            else:
                active.setdefault(item.path, []).append(item)
    kept: list[Finding] = []
    suppressed: list[Finding] = []
    used: set[tuple[Suppression, str]] = set()
    for finding in findings:
        matches = [
            (item, name)
            for item in active.get(finding.location.path, ())
            for name in item.names
            if name in (finding.rule, finding.debt) and _covers(item, finding.location)
        ]
        used.update(matches)
        (suppressed if matches else kept).append(finding)
    for items in active.values():
        for item in items:
            problems += _stale(item, used, rules, ran, texts)
    return Suppressed(kept, suppressed, problems)


def _stale(
    item: Suppression,
    used: set[tuple[Suppression, str]],
    rules: Mapping[str, str],
    ran: Set[str],
    texts: Texts,
) -> Iterator[Finding]:
    unused = [
        name
        for name in item.names
        if (item, name) not in used and {rule for rule, debt in rules.items() if name in (rule, debt)} <= ran
    ]
    if unused:
        what = " and ".join(f"`{name}`" for name in unused)
        where = "in this file" if item.line == 0 else "here"
        message = f"this comment ignores {what}, which finds nothing {where}"
        yield hygiene_finding("stale-suppression", item.comment, message, fix=_without(item, unused, texts))


def _without(item: Suppression, names: Sequence[str], texts: Texts) -> Fix:
    """The fix that deletes names from a comment, and with the last one the comment."""
    span, place = item.directive, item.comment
    left = [name for name in item.names if name not in names]
    text = re.sub(r"\[[^\]]*\]", f"[{', '.join(left)}]", item.text, count=1) if left else ""
    edit = _rewritten(place, span, text, texts)
    return Fix("Delete what the comment ignores in vain", (edit,), Safety.SAFE)


def _repair(place: Location, directive: Span, repaired: str | None, texts: Texts) -> Fix | None:
    """The fix that writes a comment as it was probably meant, which then ignores something, or deletes it."""
    if repaired is None:
        return None
    edit = _rewritten(place, directive, repaired, texts)
    if repaired:
        return Fix("Write what was probably meant", (edit,))
    return Fix("Delete what ignores nothing", (edit,), Safety.SAFE)


def _rewritten(place: Location, span: Span, text: str, texts: Texts) -> Edit:
    """The edit that puts a text in the place of a comment; with no text, the line or the gap before goes, too."""
    line = texts.line_at(place.path, place.cell, span.line)
    before, after = line[: span.column - 1], line[span.end_column - 1 :]
    if text:
        return Edit(Location(place.path, span, place.cell), text + (" " if after else ""))
    if before.strip() or after.strip():
        column = span.column if after.strip() else len(before.rstrip()) + 1
        gap = Span(span.line, column, span.line, span.end_column)
        return Edit(Location(place.path, gap, place.cell), "")
    return Edit(Location(place.path, Span(span.line, 1, span.line + 1, 1), place.cell), "")


def _covers(item: Suppression, place: Location) -> bool:
    if item.line == 0:
        return True
    last = place.span.end_line - (place.span.end_column == 1 and place.span.end_line > place.span.line)
    return item.cell == place.cell and item.line in (place.span.line, last)


def _suppressions(source: SourceFacts, texts: Texts, rules: Mapping[str, str]) -> Iterator[Suppression | Finding]:
    for comment in source.facts.comments:
        if "mldebt:" in comment.text:
            for match in _DIRECTIVE.finditer(comment.text):
                yield _read(source, comment, match, texts, rules)


def _read(
    source: SourceFacts, comment: Comment, match: re.Match[str], texts: Texts, rules: Mapping[str, str]
) -> Suppression | Finding:
    place = source.location(comment.span)
    column = place.span.column + match.start()
    directive = Span(place.span.line, column, place.span.line, place.span.column + match.end())

    def invalid(message: str, repaired: str | None = None) -> Finding:
        """A finding; `repaired` is the comment as it was probably meant, empty for none."""
        return hygiene_finding(
            "invalid-suppression", place, message, fix=_repair(place, directive, repaired, texts)
        )

    verb, names = match["verb"], tuple(filter(None, re.split(r"[\s,]+", match["names"] or "")))
    if verb not in _VERBS:
        meant = nearest(verb, _VERBS)
        repaired = match[0].rstrip().replace(verb, meant, 1) if meant and names else None
        return invalid(f"`mldebt: {verb}` means nothing{suggestion(verb, _VERBS)}", repaired)
    if not names:
        return invalid(f"`mldebt: {verb}` must name the rules that it ignores: `{verb}[rule-id]`", "")
    known = {*rules, *rules.values()}
    if unknown := [name for name in names if name not in known]:
        what = ", ".join(f"`{name}`{suggestion(name, known)}" for name in unknown)
        left = [meant for name in names if (meant := name if name in known else nearest(name, known))]
        repaired = re.sub(r"\[[^\]]*\]", f"[{', '.join(left)}]", match[0].rstrip(), count=1) if left else ""
        return invalid(f"there is no rule or kind of debt {what}", repaired)
    until = None
    if written := _UNTIL.search(match["reason"]):
        try:
            until = date.fromisoformat(written["day"])
        except ValueError:
            return invalid(f"`until={written['day']}` is not a date like 2027-01-31")
    lines = texts.lines(place.path, place.cell)
    line = place.span.line
    if verb == "file-ignore":
        if any(_is_code(text) for text in lines[:line]) or _is_later_cell(source, place):
            return invalid("`file-ignore` must stand above the first line of code")
        line = 0
    elif comment.own_line:
        line = next((n for n, text in enumerate(lines[line:], line + 1) if _is_code(text)), line)
    return Suppression(names, place.path, place.cell, line, until, place, directive, match[0].rstrip())


def _is_code(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def _is_later_cell(source: SourceFacts, place: Location) -> bool:
    first = next((cell.index for cell in source.facts.cells if cell.line), None)
    return place.cell is not None and place.cell != first
