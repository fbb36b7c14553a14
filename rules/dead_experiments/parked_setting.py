"""The rule `parked-setting`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, Span

_SETTING = re.compile(r"#+\s*(?:- )?(?P<key>[A-Za-z_][\w.-]*)\s*:(?P<value>\s+\S.*)?$")
_INSTRUCTION = re.compile(
    r"#+\s*((RUN|CMD|ENTRYPOINT) +(\[|[\w./-]+ )|(COPY|ADD) +\S+ +\S+$|(FROM|ENV|ARG|EXPOSE|WORKDIR) +\S+( +\S+)?$)"
)
_EXPLAINS = re.compile(
    r"\b(examples?|e\.g\.|usage|uncomment|default|optional(ly)?|see|note|alternatively|or|options?|choices?|if (needed|you|required))\b|https?://",
    re.I,
)
_TO_FILL_IN = re.compile(r"<[\w .-]+>|\byour[_ -]", re.I)
_NEAR = 12
_WORDS = 4
"""So many spaces are in a sentence."""


class ParkedSetting(Rule):
    """Another value of a setting, or an instruction of an image, is commented out beside the one that is used.

    The model or the command that was tried before is kept in the configuration. Whether it still works nobody knows,
    and which of the two the published result had is told nowhere. Sculley et al. 2015, sections 5 and 6 (Dead
    Experimental Codepaths, Configuration Debt).

    ## How to repair

    Delete it; version control remembers. What is tried in turn goes into a file of its own for each experiment.

    ## Models that were tried

    ```yaml title="config.yml"
    model:
      name: DecisionTreeClassifier
      params:
        criterion: entropy
      store_path: models/

      # name: GradientBoostingClassifier  # expect: parked-setting
      # params:
      #   n_estimators: 10
      # store_path: models/
    ```

    ## Instructions of an image

    ```dockerfile title="Dockerfile"
    FROM python:3.11-slim
    COPY . /app
    # RUN pip install -e /app  # expect: parked-setting
    # CMD ["uvicorn", "main:app"]
    CMD ["python", "/app/serve.py"]
    ```

    ## What explains, offers or was never there

    ```yaml title="config.yml"
    # name: of the model, see the list in models.py
    model:
      name: boosted  # name: linear is possible, too
      # example:
      # depth: 3
      # uncomment to use a seed
      # seed: 3
      # rate: 0.1
    registry:
      account: 123456
      # account: <ACCOUNT_ID>
    ```

    ```dockerfile title="Dockerfile"
    FROM python:3.11-slim
    # Run the tests first
    # COPY what is needed, no more
    CMD ["python", "serve.py"]
    ```

    ## Templates, workflows, steps

    ```yaml title=".github/workflows/test.yml"
    on: push
    jobs:
      test:
        runs-on: ubuntu-22.04
        # runs-on: self-hosted
        steps: []
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file, at the first such comment."""
        staged = {stage.path for stage in project.stages}
        for source in self.sources(project, Kind.YAML, Kind.DOCKERFILE):
            if source.kind is Kind.YAML and (source.path in staged or source.path.startswith(".")):
                continue  # there is `commented-out-step`
            found = list(_parked(source))
            if not found:
                continue
            first, *others = found
            more = f" and {len(others)} more" if others else ""
            yield self.finding(
                source.location(first[0]),
                f"{first[1]}{more} {'are' if others else 'is'} commented out beside what is used",
                related=[Related(source.location(span), f"{what}, too") for span, what in others],
                minutes=3 + 2 * len(found),
            )


def _parked(source: SourceFacts) -> Iterator[tuple[Span, str]]:
    """The comments that hold a setting which is set near them, or an instruction, with its name."""
    keys: dict[str, list[int]] = {}
    for entry in source.facts.entries:
        if entry.path:
            keys.setdefault(str(entry.path[-1]), []).append(entry.span.line)
    explained = -2
    begin = min((entry.span.line for entry in source.facts.entries if entry.path), default=0)
    for span, text in _comments(source):
        if span.line < begin or _TO_FILL_IN.search(text):
            continue  # what the file is about, or what its users have to write
        if _EXPLAINS.search(text):
            explained = span.line
        elif span.line == explained + 1:
            explained = span.line  # what an explanation shows goes on
        elif source.kind is Kind.DOCKERFILE:
            if _INSTRUCTION.match(text):
                yield span, f"`{text.lstrip('# ').split()[0]}`"
        else:
            match = _SETTING.match(text)
            if match is None or "->" in text or (match["value"] or "").count(" ") > _WORDS:
                continue
            if any(abs(span.line - at) <= _NEAR for at in keys.get(match["key"], ())):
                yield span, f"a value of `{match['key']}`"


def _comments(source: SourceFacts) -> Iterator[tuple[Span, str]]:
    """The comments on lines of their own."""
    if source.kind is Kind.DOCKERFILE:  # whose facts keep no others than those for mldebt
        for number, line in enumerate(source.text().splitlines(), start=1):
            if line.lstrip().startswith("#"):
                yield Span(number, 1, number, len(line) + 1), line.strip()
    else:
        yield from ((comment.span, comment.text) for comment in source.facts.comments if comment.own_line)
