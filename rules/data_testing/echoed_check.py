"""The rule `echoed-check`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Profile, Project, Related, Rule, SourceFacts, facts

_CHECKS = re.compile(
    r"\b(unit|integration|smoke)?[ _-]*(tests?|testing|lint(ing)?|check(s|ing)?|validat(e|es|ion)|evaluat(e|ion)"
    r"|quality|gate)\b",
    re.IGNORECASE,
)
_WORKFLOW = re.compile(r"(^|/)\.github/workflows/[^/]+\.ya?ml$|(^|/)\.gitlab-ci\.ya?ml$")
_AFTERWARDS = re.compile(
    r"complete|pass(ed|es)?\b|done|finish|success|summary|result|notify|start", re.IGNORECASE
)
_SAYS = re.compile(r"\s*(echo|printf|true|:)\b[^|>&;$`]*$|\s*(#.*)?$")


class EchoedCheck(Rule):
    """A step of the automatic run is called a check and only prints that it checks.

    The run is green, and its log says "Running unit tests", whatever happens to data and models. Whoever releases
    on this believes in a gate that is not there. Breck et al. 2017 (ML Test Score, infrastructure 3 and 6); Sculley
    et al. 2015, section 7.

    ## How to repair

    Run the tests there, or delete the step.

    ## A step that says so

    ```yaml title=".github/workflows/ci.yaml"
    jobs:
      integration:
        runs-on: ubuntu-latest
        steps:
          - name: Lint code
            run: echo "Linting repository"  # expect: echoed-check
          - name: Run unit tests
            run: |
              echo "Running unit tests"
              echo "done"
    ```

    ## A step that does something, or is called something else

    ```yaml title=".github/workflows/ci.yaml"
    jobs:
      build:
        steps:
          - name: Run unit tests
            run: |
              echo "Running unit tests"
              pytest
          - name: Check the variables
            run: echo "TAG=$GITHUB_SHA" >> "$GITHUB_ENV"
          - name: Greet
            run: echo "hello"
          - name: Test the version
            run: echo "$VERSION" | grep 1.2
    ```

    ## A step that fails, and what comes after tests

    ```yaml title=".github/workflows/ci.yaml"
    jobs:
      build:
        steps:
          - name: Validate
            run: echo no; exit 1
          - name: Test
            run: pytest
          - name: Tests passed
            if: success()
            run: echo "tests passed"
          - name: All checks completed
            run: echo "checked"
    ```
    """

    profile = Profile.AUDIT
    minutes = 30
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each workflow, at its first such step."""
        for source in self.sources(project, Kind.YAML):
            if not _WORKFLOW.search(source.path):
                continue
            found = list(_steps(source))
            if found:
                (first, _), *others = found
                called = dict.fromkeys(name for _, name in found)
                names = ", ".join(f"`{name}`" for name in called)
                yield self.finding(
                    first,
                    f"{names} only print{'s' if len(called) == 1 else ''} a message: nothing is checked",
                    related=[Related(place, f"`{other}`, too") for place, other in others],
                )


def _steps(source: SourceFacts) -> Iterator[tuple[Location, str]]:
    """The steps that are called checks and only print, with their names."""
    by_path = {entry.path: entry for entry in source.facts.entries}
    for path, entry in by_path.items():
        if not path or path[-1] not in ("run", "script") or (*path[:-1], "if") in by_path:
            continue
        named = by_path.get((*path[:-1], "name"))
        name = str(named.value) if named is not None else (str(path[-2]) if len(path) > 1 else "")
        if _CHECKS.search(name) and not _AFTERWARDS.search(name) and _only_says(by_path, entry):
            yield source.location(entry.key), name


def _only_says(by_path: dict[tuple[str | int, ...], facts.Entry], entry: facts.Entry) -> bool:
    """Whether all commands of a step print a fixed text."""
    if entry.kind == "scalar":
        lines = str(entry.value or "").splitlines()
    else:
        items = (e for path, e in by_path.items() if len(path) == len(entry.path) + 1 and path[:-1] == entry.path)
        lines = [str(item.value) for item in items]
    return any(line.strip() for line in lines) and all(map(_SAYS.match, lines))
