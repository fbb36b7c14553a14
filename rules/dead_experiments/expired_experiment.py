"""The rule `expired-experiment`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from mldebt import Finding, Kind, Location, Project, Related, Role, Rule, SourceFacts, facts, manifests

_VERB = (
    r"(?:remove|delete|drop|revert|clean ?up|get rid|expires?|expired|temporar(?:y|ily)|hack|until"
    r"|valid (?:until|till))"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATED = re.compile(
    rf"\b{_VERB}\b[^.;]{{0,60}}?\b(?:after|until|till|by|on|before|in|end of|since|expires?:?)\s*:?\s*(?:the\s+)?"
    rf"(?P<date>20\d\d-\d\d(?:-\d\d)?|(?:{'|'.join(_MONTHS)})[a-z]*\.?\s+20\d\d|20\d\d[/.]\d\d[/.]\d\d)",
    re.IGNORECASE,
)
_VERSIONED = re.compile(
    r"\b(?:remove|delete|drop|revert|get rid|workaround|hack|temporar\w+)\b[^.;]{0,60}?"
    r"\b(?:when|once|after|until|as soon as)\s+(?:we\s+(?:move|upgrade|switch)\s+to\s+)?"
    r"(?:(?:the\s+)?(?:min\w*|required|supported)\s+(?:version\s+(?:of\s+)?)?)?(?P<name>[A-Za-z][\w-]+)\s*"
    r"(?:>=|==|is at|is|reaches|releases|v)?\s*v?(?P<version>\d+\.\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_ROWS = re.compile(
    r"\b(rows?|outliers?|records?|data|samples?|customers?|observations?|entries|values?|dates?)\b", re.IGNORECASE
)


class ExpiredExperiment(Rule):
    """A comment says when the code should be gone, and that time has passed.

    What was to be temporary is now part of the model, and nobody knows whether it still should be. Sculley et al. 2015,
    section 5 (Dead Experimental Codepaths): re-examine each experimental branch periodically.

    ## How to repair

    Do what the comment says, or take the comment away if the code is to stay.

    ## A date in the past

    ```python title="features.py"
    # TODO remove after 2023-06-01, only for the spring campaign  # expect: expired-experiment
    df["spring_boost"] = df["month"].isin([3, 4, 5]) * 0.2
    rate = 0.3  # temporary fix until March 2021  # expect: expired-experiment
    ```

    ## A version that is asked for by now

    ```python title="train.py"
    # Remove this workaround once pandas 1.5 is out.  # expect: expired-experiment
    frame = pad(frame)
    # TODO: remove these methods when the minimum pandas >= 2.0  # expect: expired-experiment
    ```

    ```requirements title="requirements.txt"
    pandas==2.1.0
    ```

    ## A date that is still to come, dates of data, versions that are not asked for

    ```python title="features.py"
    # remove after 2999-01-01
    # after 2019-01-01 the feed changed its unit
    # drop rows until 2019-01-01
    # remove outliers after 2019-01-01
    # remove when torch 9.0 is released
    frame = pad(frame)
    ```

    ```requirements title="requirements.txt"
    torch==2.1.0
    ```

    ## Changelogs

    ```text title="CHANGELOG.md"
    - remove after 2020-01-01
    ```
    """

    minutes = 15

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each comment whose time has passed."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK, Kind.YAML, Kind.SHELL):
            if source.source.is_any(Role.TUTORIAL):
                continue
            for comment in source.facts.comments:
                text = comment.text
                if "20" in text and (match := _DATED.search(text)) and not _about_data(text):
                    date = _date(match["date"])
                    if date is not None and date < project.today:
                        yield self._finding(source, comment, f"by {match['date']}, which has passed")
                elif "." in text and (match := _VERSIONED.search(text)):
                    found = _pinned(project, source, match["name"])
                    if found is not None and found[0] >= Version(match["version"]):
                        yield self._finding(
                            source,
                            comment,
                            f"with {match['name']} {match['version']}, and {found[0]} is asked for",
                            (Related(found[1], f"asks for {found[0]}"),),
                        )

    def _finding(
        self, source: SourceFacts, comment: facts.Comment, when: str, related: tuple[Related, ...] = ()
    ) -> Finding:
        return self.finding(
            source.location(comment.span), f"a comment says that this should be gone {when}", related=related
        )


def _about_data(text: str) -> bool:
    """Whether what is to go are rows, not code."""
    return bool(_ROWS.search(text))


def _date(text: str) -> datetime.date | None:
    """The last day of what a text names; None if there is no such day."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    month = next((n for n, name in enumerate(_MONTHS, start=1) if text.lower().startswith(name)), 0)
    year, rest = (numbers[0], [month]) if month else (numbers[0], numbers[1:])
    try:
        if len(rest) > 1:
            return datetime.date(year, rest[0], rest[1])
        first = datetime.date(year, rest[0], 28) + datetime.timedelta(days=4)
        return first - datetime.timedelta(days=first.day)
    except ValueError:
        return None


def _pinned(project: Project, source: SourceFacts, name: str) -> tuple[Version, Location] | None:
    """The lowest version of a package that the manifests around a file allow, and where they say so."""
    home = project.subprojects.root_of(source.path)
    wanted = re.sub(r"[-_.]+", "-", name).lower()
    for manifest in manifests(project):
        around = project.subprojects.root_of(manifest.source.path)
        if manifest.source.source.is_any(Role.TUTORIAL, Role.DOCS, Role.TEST) or around not in ("", home):
            continue
        for dependency in manifest.dependencies:
            match = re.match(r"\s*(==|>=|~=)\s*([\w.]+)", dependency.specifier)
            if dependency.name == wanted and match:
                try:
                    return Version(match[2]), dependency.location
                except InvalidVersion:
                    continue
    return None
