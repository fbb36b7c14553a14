"""The rule `parked-condition`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, Span

_CONDITION = re.compile(r"#+ ?(?P<test>(if|elif|while) [^#]*[\w\])\"'] *):\s*$")
_EXPLAINS = re.compile(r"\b(examples?|usage|e\.g\.|uncomment|todo|pseudo)\b", re.IGNORECASE)


class ParkedCondition(Rule):
    """The condition of a step is commented out, and the step runs always.

    `# if not exists(path):` above `extract(path)` was switched off to run the step once more, and stayed off. Whether
    the step shall be skipped is then decided by whoever edits the file last. Sculley et al. 2015, section 5 ("Dead
    Experimental Codepaths").

    ## How to repair

    Delete the comment, or make the choice an option of the program.

    ## A step that was to be skipped, and a test that was replaced

    ```python title="prepare.py"
    import os
    # if not os.path.isdir("train"):  # expect: parked-condition
    extract("train.zip")
    def save(args, frame):
        # if not args.inference:
        if True:
            frame.to_csv("out.csv")
    ```

    ## Prose, an example, a condition with what it guarded, one that another replaces

    ```python title="prepare.py"
    import os
    # if the file is there, it is read:
    frame = read("train.csv")
    # Example:
    # if os.path.isdir("train"):
    clean(frame)
    ```

    ## A condition with what it guarded, one that another replaces

    ```python title="prepare.py"
    # if os.path.isdir("train"):
    #     extract("train.zip")
    clean(frame)
    # if frame.size > 100:
    if frame.size > 200:
        # if frame.size > 300:
        clean(frame)
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such comments, at the first one."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if source.source.is_any(Role.TUTORIAL):
                continue
            found = list(_conditions(source))
            if found:
                (span, test), *others = found
                yield self.finding(
                    source.location(span),
                    f"the condition `{test}` is commented out, and what follows runs always"
                    + (f" (and {len(others)} more)" if others else ""),
                    related=[Related(source.location(s), f"`{t}`, too") for s, t in others[:12]],
                    minutes=5 * len(found),
                )


def _conditions(source: SourceFacts) -> Iterator[tuple[Span, str]]:
    """The comments that are the head of an `if` and have code of their own depth, or deeper, on the next line."""
    content = source.facts
    comments = {comment.span.line: comment for comment in content.comments}
    columns: dict[int, int] = {}
    for call in content.calls:
        columns[call.span.line] = min(call.span.column, columns.get(call.span.line, call.span.column))
    for binding in content.bindings:
        columns[binding.span.line] = min(binding.span.column, columns.get(binding.span.line, binding.span.column))
    tested = {block.span.line: block for block in content.blocks if block.kind in ("if", "else", "while")}
    for line, comment in comments.items():
        match = _CONDITION.match(_without_note(comment.text)) if comment.own_line else None
        if match is None or line + 1 in comments or not _parses(match["test"]):
            continue
        if any(_EXPLAINS.search(comments[n].text) for n in (line - 2, line - 1) if n in comments):
            continue
        before, following = tested.get(line - 1), tested.get(line + 1)
        if before is not None and before.kind != "else":
            continue  # the test above has taken its place
        if following is not None:
            is_forced = following.kind == "if" and getattr(following.test, "value", None) is True
            if not is_forced:
                continue
        elif columns.get(line + 1, 0) < comment.span.column:
            continue
        yield comment.span, match["test"].strip()


def _parses(test: str) -> bool:
    try:
        ast.parse(f"{test.removeprefix('el')}: pass")
    except (SyntaxError, ValueError):
        return False
    return True


def _without_note(text: str) -> str:
    """A comment without a second comment behind it."""
    head, mark, _ = text[1:].partition("  #")
    return f"#{head}" if mark else text
