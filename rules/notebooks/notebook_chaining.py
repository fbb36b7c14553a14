"""The rule `notebook-chaining`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Role, Rule, SourceFacts, Span, facts, known_texts

_IMPORTERS = frozenset({"import_ipynb", "nbimporter", "ipynb"})
_RUNNERS = ("dbutils.notebook.run", "*.run_line_magic", "*.run_notebook")
_QUOTES = "'\""
_NAME = re.compile(r"[^\s;]+")


class NotebookChaining(Rule):
    """A notebook is executed by another one to get at its names.

    What the outer notebook uses then depends on every cell of the inner one, its outputs, its data and its order; no
    tool finds the definition, nothing can be tested, and each start runs everything again. Sculley et al. 2015, section
    5 (Prototype Smell): what is used again no longer is a prototype.

    ## How to repair

    Move the shared cells to a module and import it in both.

    ## Run in a cell

    ```python title="train.ipynb"
    # %%
    %run ./utils.ipynb  # expect: notebook-chaining
    # %%
    events = load_events()
    ```

    ```python title="utils.ipynb"
    # %%
    def load_events():
        return []
    ```

    ## Imported as if it were a module, or run with its name in a call

    ```python title="report.ipynb"
    # %%
    import import_ipynb  # expect: notebook-chaining
    import churn_features
    get_ipython().run_line_magic("run", "churn_features.ipynb")  # expect: notebook-chaining
    ```

    ```python title="churn_features.ipynb"
    # %%
    rate = 1
    ```

    ## Scripts, notebooks of somebody else, and runs with parameters that an orchestrator makes

    ```python title="train.ipynb"
    # %%
    %run helpers.py
    %run /opt/shared/setup.ipynb
    # %%
    import papermill
    papermill.execute_notebook("utils.ipynb", "out.ipynb", parameters={"day": 1})
    ```

    ```python title="utils.ipynb"
    # %%
    rate = 1
    ```

    ## Teaching material builds on earlier lessons

    ```python title="lessons/02_model.ipynb"
    # %%
    %run 01_data.ipynb
    ```

    ```python title="lessons/01_data.ipynb"
    # %%
    rate = 1
    ```

    ## Run with parameters by a tool

    ```python title="run_all.py"
    import papermill as pm
    pm.execute_notebook("train.ipynb", "out/train.ipynb", parameters={"day": "2024-05-01"})
    ```

    ```python title="train.ipynb"
    # %%
    rate = 1
    ```
    """

    profile = Profile.CI
    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each place where a notebook is run or imported."""
        names = {path for path in project.files if path.endswith(".ipynb")}
        if not names:
            return
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if source.source.is_any(Role.TUTORIAL):
                continue
            for magic in source.facts.magics:
                if magic.name == "%run" and (match := _NAME.match(magic.text.strip())):
                    yield from self._run(project, source, match[0].strip(_QUOTES), magic.span, magic.block)
            for fact in source.facts.imports:
                if fact.module.partition(".")[0] in _IMPORTERS:
                    yield self.finding(
                        source.location(fact.span),
                        f"`{fact.module}` makes notebooks importable: every cell of them runs",
                        scope=source.scope_name(fact.block),
                    )
        for site in project.calls(*_RUNNERS):
            if site.source.source.is_any(*self.skip_roles, Role.TUTORIAL):
                continue
            position = 1 if site.argument(0) == facts.Const("run") else 0
            argument = site.argument(position, "path")
            texts = known_texts(project.value(site.source, argument)) if argument is not None else []
            if len(texts) == 1:
                yield from self._run(project, site.source, texts[0], site.call.span, site.call.block)

    def _run(self, project: Project, source: SourceFacts, name: str, span: Span, block: int) -> Iterator[Finding]:
        """The finding for a notebook of the project that is run by its path, with or without its ending."""
        for path in (name, f"{name}.ipynb"):
            found = project.locate(source.path, path.removeprefix("./"))
            if found is not None and found.endswith(".ipynb") and found != source.path:
                yield self.finding(
                    source.location(span),
                    f"the notebook `{found}` is executed for what it defines",
                    scope=source.scope_name(block),
                )
                return
