"""The rule `interactive-step`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Program, Project, Related, Role, Rule, Site, SourceFacts, facts, is_library, walk

_ASKING = (
    "input", "raw_input", "builtins.input", "getpass.getpass", "click.prompt", "click.confirm", "typer.prompt",
    "typer.confirm", "rich.prompt.Prompt.ask", "rich.prompt.Confirm.ask", "inquirer.prompt",
)  # fmt: skip
_ON_PURPOSE = re.compile(
    r"isatty|interactive|yes|force|assume|confirm|quiet|batch|dry|tty|cfg|config|args|option", re.IGNORECASE
)
_TOOL = re.compile(
    r"label|annotat|chat|demo|bot|predict|infer|detect|play|cli|console|shell|wizard|setup|login|manage|admin|deploy|reset|clean",
    re.IGNORECASE,
)


class InteractiveStep(Rule):
    """A step of the pipeline waits for somebody to answer.

    Nobody answers in a scheduled run or in CI: the step hangs or fails, so the pipeline stays a process with manual
    steps, which Sculley et al. 2015, section 8, call an important system-level smell. Answers are recorded nowhere,
    so the run cannot be repeated either. Told only where code prepares data or trains.

    ## How to repair

    Make the answer a parameter with a default; fail with a clear message where there is no sensible one.

    ## A question in the middle of data preparation

    ```python title="make_dataset.py"
    import os
    import pandas as pd

    def prepare(target):
        if not os.path.exists(target) and input("create it? (y/n) ") == "y":  # expect: interactive-step
            os.makedirs(target)
        pd.read_csv("raw.csv").dropna().to_csv(f"{target}/clean.csv")

    if __name__ == "__main__":
        prepare("data")
    ```

    ## A question in a module that training runs

    ```python title="train.py"
    from sklearn.svm import SVC

    from choose import choose

    SVC(kernel=choose()).fit(X, y)
    ```

    ```python title="choose.py"
    import click

    def choose():
        return click.prompt("kernel")  # expect: interactive-step
    ```

    ## Only where somebody sits, or asked for it

    ```python title="train.py"
    import sys

    def main(yes=False):
        if sys.stdin.isatty():
            name = input("name of the run: ")
        if not yes:
            input("really? ")
        if not cfg.get("tags"):
            cfg.tags = input("tags: ")
        model.fit(X, y)

    if __name__ == "__main__":
        main()
    ```

    ## Tools for people, and questions that no pipeline asks

    ```python title="label.py"
    import pandas as pd

    for row in pd.read_csv("rows.csv"):
        labels.append(input("label: "))
    labels.to_csv("labels.csv")
    ```

    ```python title="predict.py"
    import joblib
    import pandas as pd

    while True:
        pd.DataFrame(joblib.load("model.pkl").predict(pd.read_csv(input("table: ")))).to_csv("scores.csv")
    ```

    ```python title="guess.py"
    number = int(input("a number: "))
    print(number * 2)
    ```

    ## A method of the same name

    ```python title="train.py"
    model.fit(X, y)
    model.input(X)
    ```

    ## Notebooks, tests, and a trial that no stage runs

    ```python title="explore.ipynb"
    # %%
    from sklearn.svm import SVC
    SVC(kernel=input("kernel")).fit(X, y)
    ```

    ```python title="svm.py"
    from sklearn.svm import SVC
    def fit(kernel):
        return SVC(kernel=kernel).fit(X, y)
    if __name__ == "__main__":
        print(fit(input("kernel to try: ")))
    ```

    ```python title="train.py"
    from svm import fit
    fit("rbf")
    ```
    """

    minutes = 10
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK, Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each question in a program that prepares data or trains."""
        for site in project.calls(*_ASKING):
            if site.source.source.is_any(*self.skip_roles) or _is_on_purpose(site):
                continue
            if is_library(project, site.source.path):
                continue
            program = next((p for p in project.phases.programs if _asks(project, p, site)), None)
            if program is not None and not _is_trial(project, site):
                yield self.finding(
                    site.location,
                    f"`{site.name}` waits for an answer when `{program.source.path}` runs: it cannot run unattended",
                    related=_kept(project, program),
                    scope=site.source.scope_name(site.call.block),
                )


def _kept(project: Project, program: Program) -> list[Related]:
    """What the program does, and cannot do unattended."""
    events = (*project.phases.during(program, "fit", "tune"), *project.phases.during(program, "load", "save"))
    return [Related(event.location, "the program also does this") for event in events[:2]]


def _asks(project: Project, program: Program, site: Site) -> bool:
    """Whether the question is part of a program that trains, or makes data out of data."""
    if _TOOL.search(basename(program.source.path)) or not program.reach.has(site.source, site.call.block):
        return False
    phases = {event.phase for event in project.phases.during(program, "fit", "tune", "load", "save")}
    return not phases.isdisjoint({"fit", "tune"}) or {"load", "save"} <= phases


def _is_trial(project: Project, site: Site) -> bool:
    """Whether the question is in the main part of a module that others import and that no stage runs."""
    source = site.source
    tests = (source.facts.blocks[b].test for b in source.ancestors(site.call.block))
    if not any(isinstance(t, facts.Compare) and facts.Const("__main__") in (t.left, t.right) for t in tests):
        return False
    others = (s.path for s in project.code if s.path != source.path and not s.source.is_any(*Rule.skip_roles))
    is_imported = any(source.path in project.imports.reached_from(path) for path in others)
    return is_imported and next(iter(project.stages_running(source)), None) is None


def _is_on_purpose(site: Site) -> bool:
    """Whether the call stands in a tool for people, or where somebody asked to be asked."""
    source = site.source
    if _TOOL.search(basename(source.path)):
        return True
    guards = (source.facts.blocks[b].test for b in source.ancestors(site.call.block))
    return any(_ON_PURPOSE.search(word) for guard in guards for word in _words(source, guard))


def _words(source: SourceFacts, guard: facts.Expr | None) -> Iterator[str]:
    for part in walk(guard):
        if isinstance(part, facts.Ref | facts.Attr):
            yield part.name
        elif isinstance(part, facts.Called):
            yield from _words(source, source.facts.calls[part.call].func)
