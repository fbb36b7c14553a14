"""The rule `copied-small-function`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import (
    CloneMember,
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    facts,
    is_exported_notebook,
    is_library,
    is_teaching,
    is_worth_sharing,
    tiny_copies,
)

_LEAST = 3
_PLAIN = ("staticmethod", "classmethod")
_FORMS = re.compile(
    r"__\w+__|main|forward|call|run|fit|predict|transform|setup|create_pipeline|register_pipelines|configure_\w+|on_\w+"
    r"|test_\w+|get|post|(get|set|from|to)_(params|config|state|dict|json)|upgrade|downgrade|\w+_step|(train|val)_dataloader"
)
"""Functions that a framework or an interface asks for."""


class CopiedSmallFunction(Rule):
    """A small helper with the same name and the same text stands in two files.

    Reading a pickle, separating features and target or loading the settings takes three lines, and each script has
    its own: the next fix, of an encoding or a column, reaches one of them. Sculley et al. 2015, section 5 (Abstraction
    Debt). Longer functions are left to `cloned-pipeline-function` and `notebook-code-fork`.

    ## How to repair

    Move the helper to a module, and import it.

    ## Reading, in training and prediction

    ```python title="predict.py"
    import pickle

    def read_file(name):  # expect: copied-small-function
        with open(name, "rb") as stream:
            content = pickle.load(stream)
        return content
    ```

    ```python title="train.py"
    import pickle

    def read_file(name):
        with open(name, "rb") as stream:
            content = pickle.load(stream)
        return content
    ```

    ## In a notebook and a module, and in two classes

    ```python title="explore.ipynb"
    # %%
    import numpy as np
    def load_rows(path):  # expect: copied-small-function
        rows = np.load(path)
        rows = rows[rows > 0]
        return rows / rows.max()
    ```

    ```python title="rows.py"
    import numpy as np
    def load_rows(path):
        rows = np.load(path)
        rows = rows[rows > 0]
        return rows / rows.max()
    class Trainer:
        def separate(self, frame):
            rows = frame.iloc[:, :-1]
            labels = frame.iloc[:, -1]
            return rows, labels
    ```

    ```python title="predict.py"
    class Predictor:
        def separate(self, frame):  # expect: copied-small-function
            rows = frame.iloc[:, :-1]
            labels = frame.iloc[:, -1]
            return rows, labels
    ```

    ## A single step that opens a file

    ```python title="steps/train.py"
    import yaml
    class Trainer:
        def load_config(self):
            with open("config.yml") as stream:
                return yaml.safe_load(stream)
        def name(self):
            return "trainer"
    ```

    ```python title="steps/predict.py"
    import yaml
    class Predictor:
        def load_config(self):  # expect: copied-small-function
            with open("config.yml") as stream:
                return yaml.safe_load(stream)
        def name(self):
            return "trainer"
    ```

    ## What an interface asks for, other names, another text

    ```python title="first.py"
    class First:
        def predict(self, rows):
            scores = self.model(rows)
            best = scores.argmax()
            return best
    def clean(text):
        text = text.strip()
        text = text.lower()
        return text
    def scale(row):
        row = row - row.mean()
        row = row / row.std()
        return row
    ```

    ```python title="second.py"
    class Second:
        def predict(self, rows):
            scores = self.model(rows)
            best = scores.argmax()
            return best
    def tidy(text):
        text = text.strip()
        text = text.lower()
        return text
    def scale(row):
        row = row - row.min()
        row = row / row.max()
        return row
    ```

    ## Methods of one family

    ```python title="one.py"
    from base import Model
    class One(Model):
        def describe(self):
            name = self.name
            size = self.size
            return name, size
    ```

    ```python title="two.py"
    from base import Model
    class Two(Model):
        def describe(self):
            name = self.name
            size = self.size
            return name, size
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.MIGRATION}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each group of files with such helpers."""
        if is_teaching(project):
            return
        groups: dict[tuple[str, ...], list[list[CloneMember]]] = defaultdict(list)
        for found in project.clones:
            if not found.is_exact:
                continue
            named: dict[tuple[str, str], list[CloneMember]] = defaultdict(list)
            for member in found.members:
                if self._counts(project, member):
                    named[project.subprojects.root_of(member.source.path), member.function.name].append(member)
            for members in named.values():
                paths = tuple(sorted({member.source.path for member in members}))
                if len(paths) > 1 and not project.versions.are_versions(paths):
                    groups[paths].append(
                        sorted(members, key=lambda m: (m.source.kind is Kind.PYTHON, m.source.path))
                    )
        tiny: dict[tuple[str, ...], list[list[tuple[SourceFacts, facts.Function]]]] = defaultdict(list)
        for paths, helpers in groups.items():
            tiny[paths] = [[(m.source, m.function) for m in members] for members in helpers]
        for copies in tiny_copies(project):
            kept = [copy for copy in copies if self._is_ours(project, *copy)]
            paths = tuple(sorted({source.path for source, _ in kept}))
            if len(paths) > 1 and not project.versions.are_versions(paths):
                tiny[paths].append(kept)
        for paths, found in tiny.items():
            yield self._finding(paths, found)

    def _counts(self, project: Project, member: CloneMember) -> bool:
        """Whether a member is a small helper of an application that other rules leave out."""
        is_ours = self._is_ours(project, member.source, member.function)
        return is_ours and member.clone.size >= _LEAST and not is_worth_sharing(project, member, is_exact=True)

    def _is_ours(self, project: Project, source: SourceFacts, function: facts.Function | facts.Class) -> bool:
        """Whether a function is no form that an interface asks for, and belongs to an application."""
        if not isinstance(function, facts.Function) or _FORMS.fullmatch(function.name):
            return False
        if any(not isinstance(d, facts.Ref) or d.name not in _PLAIN for d in function.decorators):
            return False
        if (
            source.source.is_any(*self.skip_roles)
            or is_library(project, source.path)
            or is_exported_notebook(source)
        ):
            return False
        parent = source.facts.blocks[function.block].parent
        cls = next((c for c in source.facts.classes if c.block == parent), None)
        return cls is None or not cls.bases

    def _finding(
        self, paths: tuple[str, ...], helpers: list[list[tuple[SourceFacts, facts.Function]]]
    ) -> Finding:
        (source, function), *others = [member for members in helpers for member in members]
        names = list(dict.fromkeys(f"`{members[0][1].name}`" for members in helpers))
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return self.finding(
            source.location(function.span),
            f"{', '.join(names[:3])}{more} {'stand' if len(names) > 1 else 'stands'} in {len(paths)} files, word for"
            " word",
            related=[Related(home.location(copy.span), f"`{copy.name}`") for home, copy in others],
            minutes=5 + 5 * len(names),
            scope=function.qualname,
        )
