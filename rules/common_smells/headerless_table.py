"""The rule `headerless-table`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Site, SourceFacts, facts, walk

_SEPARATORS = frozenset({",", "\t", ";", "|"})
_BLANK = " "


class HeaderlessTable(Rule):
    """Rows are written by joining texts, without a header: the order is all that says what a column is.

    Readers have to count, and a new column in the middle shifts the meaning of all that follow without an error.
    Sculley et al. 2015, section 5 (Plain-Old-Data Type smell).

    ## How to repair

    Write a typed file (parquet, or CSV with a header by `csv.DictWriter`), or at least a header line.

    ## Label and features in one line

    ```python title="convert.py"
    import csv
    with open("dense.txt", "w") as out:
        for row in csv.reader(open("train.csv")):
            features = [value or "-10" for value in row[2:]]
            out.write(row[1] + " " + " ".join(features) + "\\n")  # expect: headerless-table
    ```

    ```python title="export.py"
    def export(path, rows):
        stream = open(path, "w")
        for row in rows:
            stream.write("\\t".join(map(str, row)) + "\\n")  # expect: headerless-table
    ```

    ## With a header

    ```python title="convert.py"
    with open("dense.csv", "w") as out:
        out.write("label,age,income\\n")
        for row in rows:
            out.write(",".join(row) + "\\n")
    ```

    ## Prose, logs, single values

    ```python title="convert.py"
    with open("corpus.txt", "w") as out, open("train.log", "w") as log:
        for words in sentences:
            out.write(" ".join(words) + "\\n")
            log.write("done " + str(len(words)) + ", " + ",".join(words) + "\\n")
    with open("ids.txt", "w") as out:
        out.write(",".join(ids))
    ```

    ## Appending, where the header may stand already

    ```python title="convert.py"
    with open("dense.csv", "a") as out:
        for row in rows:
            out.write(",".join(row) + "\\n")
    ```
    """

    profile = Profile.AUDIT
    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each loop that writes such rows."""
        seen: set[tuple[str, int]] = set()
        for site in project.calls("*.write"):
            source = site.source
            if source.source.is_any(*self.skip_roles) or source.kind is not Kind.PYTHON:
                continue
            stream = _stream(site)
            if stream < 0 or (source.path, stream) in seen:
                continue
            if source.enclosing(site.call.block, "for", "while") is None or not _is_row(source, site):
                continue
            if _is_fresh(source, stream) and not _has_header(source, stream, site):
                seen.add((source.path, stream))
                yield self.finding(
                    site.location,
                    "rows are written as joined text without a header: only the order says what a column is",
                    related=[
                        Related(source.location(source.facts.bindings[stream].span), "the file is opened here")
                    ],
                    scope=source.scope_name(site.call.block),
                )


def _stream(site: Site) -> int:
    """The binding of the open file that is written to; -1 where it is not one name."""
    func = site.call.func
    base = func.base if isinstance(func, facts.Attr) else None
    return base.bindings[0] if isinstance(base, facts.Ref) and len(base.bindings) == 1 else -1


def _is_row(source: SourceFacts, site: Site) -> bool:
    """Whether what is written is a line of joined values."""
    row = site.argument(0)
    parts = list(walk(row)) if isinstance(row, facts.Binary) else []
    ends = any(isinstance(part, facts.Const) and part.value == "\n" for part in parts)
    for part in parts:
        if not isinstance(part, facts.Called):
            continue
        call = source.facts.calls[part.call]
        if not isinstance(call.func, facts.Attr) or call.func.name != "join":
            continue
        glue = call.func.base.value if isinstance(call.func.base, facts.Const) else None
        fields = [p for p in parts if p is not part and not isinstance(p, facts.Const | facts.Binary)]
        if ends and (glue in _SEPARATORS or (glue == _BLANK and bool(fields))):
            return True
    return False


def _is_fresh(source: SourceFacts, stream: int) -> bool:
    """Whether the file is opened for writing anew, and is no log."""
    value = source.facts.bindings[stream].value if stream >= 0 else None
    if not isinstance(value, facts.Called):
        return False
    call = source.facts.calls[value.call]
    words = [a.value for a in (*call.args, *(k.value for k in call.keywords)) if isinstance(a, facts.Const)]
    named = [str(p.value) for a in call.args[:1] for p in walk(a) if isinstance(p, facts.Const)]
    is_log = any("log" in name.lower() or name.endswith((".md", ".html", ".srt", ".conllu")) for name in named)
    return call.name in ("open", "io.open", "codecs.open") and "w" in words and not is_log


def _has_header(source: SourceFacts, stream: int, row: Site) -> bool:
    """Whether something else is written to the file, or it is given to a writer."""
    for call in source.facts.calls:
        if call is row.call:
            continue
        roots = [call.func, *call.args]
        if any(isinstance(p, facts.Ref) and stream in p.bindings for root in roots for p in walk(root)):
            is_write = isinstance(call.func, facts.Attr) and call.func.name in ("close", "flush")
            in_loop = source.enclosing(call.block, "for", "while") is not None
            if not is_write and not in_loop:
                return True
            if in_loop and call.span.line < row.call.span.line and not is_write:
                return True
    return False
