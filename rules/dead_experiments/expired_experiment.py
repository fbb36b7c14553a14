"""The rule `expired-experiment`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from mldebt import Finding, Kind, Project, Related, Role, Rule, SourceFacts, dated_flags, facts, last_day

_VERB = (
    r"(?:remove|delete|drop|revert|clean ?up|get rid|expires?|expired|temporar(?:y|ily)|hack|until"
    r"|valid (?:until|till))"
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATED = re.compile(
    rf"\b{_VERB}\b[^.;]{{0,60}}?\b(?:after|until|till|by|on|before|in|end of|since|expires?:?)\s*:?\s*(?:the\s+)?"
    rf"(?P<date>20\d\d-\d\d(?:-\d\d)?|(?:{_MONTHS})[a-z]*\.?\s+20\d\d|20\d\d[/.]\d\d[/.]\d\d)",
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
_NUMBER = re.compile(r"20\d\d|\d\.\d")
"""What stands in every year and every version."""
_GRACE = timedelta(days=180)
"""How long a switch may stay after the date in its name."""


class ExpiredExperiment(Rule):
    """A comment, a contract or a name says when the code should be gone, and that time has passed.

    What was to be temporary is now part of the model, and nobody knows whether it still should be. Sculley et al. 2015,
    section 5 (Dead Experimental Codepaths): re-examine each experimental branch periodically.

    ## How to repair

    Do what the comment says, or take the comment away if the code is to stay. A switch that is still wanted gets a
    contract with a later date.

    ## A date in the past

    ```python title="features.py"
    # TODO remove after 2023-06-01, only for the spring campaign  # expect: expired-experiment
    df["spring_boost"] = df["month"].isin([3, 4, 5]) * 0.2
    rate = 0.3  # temporary fix until March 2021  # expect: expired-experiment
    rate = rate * 2  # remove after 2023-06-01, too
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

    ## A switch whose contract has ended, and a date in a switch's name

    ```toml title="mldebt.toml"
    [[contract.flag]]
    name = "USE_TFIDF"
    expires = 2024-12-31  # expect: expired-experiment
    ```

    ```python title="train.py"
    USE_TFIDF = False
    if USE_TFIDF:
        frame = weigh(frame)
    if EXP_2021Q3_RANKER:  # expect: expired-experiment
        frame = rank(frame)
    if not config.exp_2021q3_ranker and settings["ab_2022_05"] == "b":  # expect: expired-experiment, expired-experiment
        frame = frame.head()
    ```

    ## Wanted for longer, or by whom it is not said; dates of data, and names that guard nothing

    ```toml title="mldebt.toml"
    [[contract.flag]]
    name = "EXP_2021Q3_RANKER"
    expires = 2999-12-31
    [[contract.flag]]
    name = "USE_TFIDF"
    owner = "anna"
    ```

    ```python title="train.py"
    rows = load(EXP_2022Q1)
    if EXP_2021Q3_RANKER or AB_2999_01:
        frame = rank(frame)
    if prices_2019 and experiment_rows is None:
        frame = frame.head()
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

    ## Changelogs, licences

    ```text title="CHANGELOG.md"
    - remove after 2020-01-01
    ```

    ```python title="model.py"
    # Copyright 2019 by the authors. Valid in all versions since 2019-01-01.
    class Model: ...
    ```
    """

    minutes = 15

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each comment, contract and switch whose time has passed."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK, Kind.YAML, Kind.SHELL):
            if source.source.is_any(Role.TUTORIAL):
                continue
            yield from self._comments(project, source)
            yield from self._switches(project, source)
        for flag in project.wanted_flags.values():
            if flag.expires is not None and flag.expires < project.today:
                yield self.finding(
                    flag.location,
                    f"the contract of `{flag.name}` ended on {flag.expires}",
                    related=_set(project, flag.name),
                )

    def _comments(self, project: Project, source: SourceFacts) -> Iterator[Finding]:
        """One finding for all comments of a file that wait for the same."""
        groups: dict[str, list[facts.Comment]] = {}
        asked: dict[str, list[Related]] = {}
        for comment in source.facts.comments:
            if _NUMBER.search(comment.text) and (found := _passed(project, source, comment.text)):
                asked[found[0]] = found[1]
                groups.setdefault(found[0], []).append(comment)
        for when, (first, *others) in groups.items():
            yield self.finding(
                source.location(first.span),
                f"a comment says that this should be gone {when}",
                related=[*asked[when], *(Related(source.location(c.span), "says so, too") for c in others)],
            )

    def _switches(self, project: Project, source: SourceFacts) -> Iterator[Finding]:
        """The switches that have outlived the date in their names and still guard code."""
        for flag in dated_flags(source):
            wanted = project.wanted_flags.get(flag.name)
            if flag.until + _GRACE < project.today and wanted is None:
                yield self.finding(
                    flag.places[0],
                    f"`{flag.name}` is a switch of {flag.until:%B %Y} and still guards code",
                    related=[Related(place, "guards this, too") for place in flag.places[1:5]],
                )


def _passed(project: Project, source: SourceFacts, text: str) -> tuple[str, list[Related]] | None:
    """The date or version that a comment waits for, and who asks for that version, if it has come."""
    if "20" in text and (match := _DATED.search(text)) and not _ROWS.search(text):
        date = last_day(match["date"])
        return (f"by {match['date']}, which has passed", []) if date and date < project.today else None
    if "." not in text or not (match := _VERSIONED.search(text)):
        return None
    name, version = match["name"], match["version"]
    wishes = project.allowed_versions.of(source.path, (re.sub(r"[-_.]+", "-", name).lower(),))
    if not wishes or not all(wish.is_from(version) for wish in wishes):
        return None
    asked = wishes[0].specifier
    return f"with {name} {version}, and {asked} is asked for", [Related(wishes[0].location, f"asks for {asked}")]


def _set(project: Project, name: str) -> list[Related]:
    """Where code gives a switch its value."""
    return [
        Related(source.location(binding.span), "the switch")
        for source in project.code
        for binding in source.facts.bindings
        if binding.name == name and binding.kind in ("assign", "annotated")
    ][:3]
