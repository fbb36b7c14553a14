"""The rule `hand-edited-setting`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Project, Related, Role, Rule, Severity, SourceFacts, Span, facts

_ASKS = re.compile(
    r"(?<!not )(?<!NOT )(?<!n.t )\b(CHANGE|REPLACE|EDIT|ADJUST)\b(?! (in|of|from|rate)\b)"
    r"|\b([Cc]hange|[Rr]eplace|[Ss]et|[Ee]dit|[Aa]djust|[Uu]pdate|[Mm]odify|[Pp]ut|[Ee]nter|[Ii]nsert)\b[^.;]{0,40}"
    r"\byour (own |local |actual |real )?(\w+ )?(path|dir|directory|folder|user ?name|name|bucket|account|machine"
    r"|project|token|key|email|entity|server|host|url|data|id|file)s?\b"
    r"|\b[Cc]hange (this|it|me) (path|to the (path|directory|folder|location)|before|according)"
    r"|^#\W*your (own )?(path|dir|directory|folder|user ?name|bucket|project|entity|account)\b"
)
_CONFIGURATION = (Kind.YAML, Kind.TOML, Kind.INI, Kind.ENV)
_COMMENT = re.compile(r"\s#(?P<text>.*)$")
_MOST_LINES = 1_000
_SECRET = re.compile(r"[<>{}$]|^\W*$|your|xxx|example|placeholder", re.IGNORECASE)


class HandEditedSetting(Rule):
    """A comment asks everybody to change a value in a committed file.

    Each user has a different version of the file, which must not be committed and is committed all the same; the
    value that stands there belongs to whoever did it last. Sculley et al. 2015, section 6: it should be easy to
    specify a configuration as a small change from a previous one.

    ## How to repair

    Take the value from the environment, an option, or a local file that is not under version control.

    ## In configuration

    ```yaml title="deploy/job.yaml"
    name: workloads
    env:
      GITHUB_USER: ines-k  # <--- CHANGE USERNAME  # expect: hand-edited-setting
    upload: s3://churn/ines/jobs
    ```

    ## In code

    ```python title="train.py"
    DATA = "../input/churn"  # replace this with your data folder  # expect: hand-edited-setting
    ENTITY = "ines"  # your entity
    run(DATA)
    ```

    ## Other comments

    ```python title="train.py"
    mode = "L"  # change to grayscale
    target = "price"  # CHANGE in percent
    name = "ordered_model"  # DO NOT CHANGE
    scale(x)  # change this before the next release
    rate = 0.1  # adjust your expectations
    ```

    ## A placeholder, and a template of settings

    ```python title="train.py"
    DATA = "<path>"  # replace with your path
    ```

    ```ini title=".env.example"
    USER_NAME=ines # replace with your user name
    ```
    """

    minutes = 15
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such values."""
        for source in self.sources(project, Kind.PYTHON, *_CONFIGURATION):
            places = _in_code(source) if source.kind is Kind.PYTHON else _in_configuration(source)
            found = list(places)
            if found:
                span, name, comment = found[0]
                more = f" (and {len(found) - 1} more)" if found[1:] else ""
                yield self.finding(
                    source.location(span),
                    f"everybody has to edit `{name}`{more}: “{comment[:80]}”",
                    related=[Related(source.location(at), f"`{other}`, too") for at, other, _ in found[1:11]],
                    severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
                    scope=name,
                )


def _in_code(source: SourceFacts) -> Iterator[tuple[Span, str, str]]:
    """The names that receive a text on a line with such a comment."""
    lines = {c.span.line: c.text for c in source.facts.comments if not c.own_line and _ASKS.search(c.text)}
    for binding in source.facts.bindings if lines else ():
        value = binding.value
        text = lines.get(binding.span.line)
        if (
            text
            and isinstance(value, facts.Const)
            and isinstance(value.value, str)
            and not _SECRET.search(value.value)
        ):
            yield binding.span, binding.name, text.strip("# ")


def _in_configuration(source: SourceFacts) -> Iterator[tuple[Span, str, str]]:
    """The settings on a line with such a comment; comments of documents are no facts, so the text is read."""
    if "example" in source.path or "template" in source.path or source.facts.header.lines > _MOST_LINES:
        return
    try:
        lines = source.text().splitlines()
    except OSError:
        return  # reported as an unreadable file
    asked = {
        n: m["text"].strip()
        for n, line in enumerate(lines, 1)
        if (m := _COMMENT.search(line)) and _ASKS.search(m["text"])
    }
    for entry in source.facts.entries if asked else ():
        text = asked.get(entry.span.line)
        if (
            text
            and entry.kind == "scalar"
            and entry.path
            and isinstance(entry.value, str)
            and not _SECRET.search(entry.value)
        ):
            yield entry.span, str(entry.path[-1]), text
    for variable in source.facts.variables if asked else ():
        text = asked.get(variable.span.line)
        if text and variable.value and not _SECRET.search(variable.value):
            yield variable.span, variable.name, text
