"""Findings of a change alone: those that touch its lines, and those that were not there before it.

A finding belongs to a change when its place or a related place lies in a line that the change adds, or when
the project had no such finding on the other side, which is read from git's objects without a checkout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from mldebt.discover import Discovery, analysed
from mldebt.engine import Report, fingerprint, fingerprint_parts
from mldebt.finding import Finding
from mldebt.git_objects import (
    Blob,
    GitError,
    blobs_of,
    changed_lines,
    commit_of,
    contents,
    in_repository,
    merge_base,
    staged_blobs,
    staged_lines,
)
from mldebt.raw_places import RawPlaces, repository_prefix
from mldebt.settings import Settings
from mldebt.source import Location, Source

_NO_HUNKS = re.compile(rb"^(?:diff|commit|From|Index:) ", re.MULTILINE)
"""Where programs that make diffs say that something changed or was committed, though no line did."""

_MOST_EQUAL = 50
"""Equal lines of one rule in a renamed file that are told apart."""


class ChangeError(Exception):
    """The change cannot be found out; the message says why."""


class Change(NamedTuple):
    """What changed, by path relative to the analysed root.

    `lines` holds the first and last line of every added stretch, `renamed` the former path of renamed files.
    `before` and `after` are the sources of the two sides where they do not lie on disk.
    """

    lines: Mapping[str, tuple[tuple[int, int], ...]]
    renamed: Mapping[str, str]
    before: Discovery | None = None
    after: Discovery | None = None


def change_since(root: Path, reference: str, settings: Settings) -> Change:
    """What the work tree changes since HEAD and a reference parted. Raises ChangeError."""
    try:
        in_repository(root)
        base = merge_base(root, reference)
        diff = changed_lines(root, base)
        before = sources_of(root, blobs_of(root, base), settings)
    except GitError as error:
        raise ChangeError(f"--since {reference}: {error}") from error
    return read_diff(diff, root)._replace(before=before)


def staged_change(root: Path, settings: Settings) -> Change:
    """What the index changes against HEAD, analysed as it is in the index. Raises ChangeError."""
    try:
        in_repository(root)
        diff = staged_lines(root)
        after = sources_of(root, staged_blobs(root), settings)
        try:
            base = blobs_of(root, commit_of(root, "HEAD"))
        except GitError:  # no commit yet: everything is new
            base = []
        before = sources_of(root, base, settings)
    except GitError as error:
        raise ChangeError(f"--staged: {error}") from error
    return read_diff(diff, root)._replace(before=before, after=after)


def read_diff(diff: bytes, root: Path) -> Change:
    """The lines that a unified diff adds; its paths are relative to the repository. Raises ChangeError."""
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    try:
        patches = PatchSet(_with_plain_ends(diff.decode("utf-8", "surrogateescape")))
    except UnidiffParseError as error:
        raise ChangeError(f"this is no unified diff: {error}") from error
    if not patches and diff.strip() and not _NO_HUNKS.search(diff):
        raise ChangeError("this is no unified diff: it names no file")
    prefix = repository_prefix(root)
    lines: dict[str, tuple[tuple[int, int], ...]] = {}
    renamed: dict[str, str] = {}
    for patch in patches:
        path = _below(_bare(patch.target_file), prefix)
        if path is None:
            continue
        added = [line.target_line_no or 0 for hunk in patch for line in hunk if line.is_added]
        lines[path] = tuple(_stretches(added))
        former = _below(_bare(patch.source_file), prefix)
        if patch.is_rename and former is not None:
            renamed[path] = former
    return Change(lines, renamed)


def narrowed(report: Report, change: Change, run: Callable[[Discovery], Report]) -> Report:
    """The report with the findings that belong to the change; `run` analyses the other side."""
    places = RawPlaces(report.root, report.texts)
    known = None if change.before is None else run(change.before).known
    kept = [
        finding
        for finding in report.findings
        if finding.rule == "internal-error"
        or _touches(finding, change, places)
        or (known is not None and not _was_there(finding, report, change, known))
    ]
    left = len(report.findings) - len(kept)
    return msgspec.structs.replace(report, findings=tuple(kept), elsewhere=left)


def _touches(finding: Finding, change: Change, places: RawPlaces) -> bool:
    return any(
        _is_in(location, change, places)
        for location in (finding.location, *(related.location for related in finding.related))
    )


def _is_in(location: Location, change: Change, places: RawPlaces) -> bool:
    if (
        change.before is not None
        and location.path not in change.before.files
        and location.path not in change.renamed
    ):
        return True  # a new file, also one that git has not been told of
    stretches = change.lines.get(location.path)
    if not stretches:
        return False
    span = places.span(location)
    return any(first <= span.end_line and span.line <= last for first, last in stretches)


def _was_there(finding: Finding, report: Report, change: Change, known: frozenset[str]) -> bool:
    if finding.fingerprint in known:
        return True
    former = change.renamed.get(finding.location.path)
    if former is None:
        return False
    parts = fingerprint_parts(finding, report.texts)
    return any(fingerprint(former, *parts, number) in known for number in range(_MOST_EQUAL))


def sources_of(root: Path, blobs: Iterable[Blob], settings: Settings) -> Discovery:
    """What discovery would find if the blobs lay on disk."""
    by_path = {blob.path: blob for blob in blobs}
    found = analysed(by_path, root=root, exclude=settings.exclude or (), extend_exclude=settings.extend_exclude)
    data = dict(contents(root, [by_path[source.path] for source in found]))
    sources: list[Source] = [
        msgspec.structs.replace(source, data=data[source.path]) for source in found if source.path in data
    ]
    return Discovery(tuple(sources), frozenset(by_path), ())


def _with_plain_ends(diff: str) -> str:
    """The diff with characters that `str.splitlines` takes for line ends, and git does not, made harmless."""
    return re.sub("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", " ", diff)


def _bare(path: str) -> str:
    """The path of a diff's header without its prefix (`a/`, `b/`) and without quotes."""
    path = path.strip('"').partition("\t")[0]
    return path[2:] if path[:2] in ("a/", "b/") else path


def _below(path: str, prefix: str) -> str | None:
    return path.removeprefix(prefix) if path.startswith(prefix) and path != "/dev/null" else None


def _stretches(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Increasing numbers as first and last of each run without a gap."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
