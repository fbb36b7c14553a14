"""The rule `duplicated-feature-list`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Kind, NameList, Project, Related, Role, Rule, Severity, name_lists


class DuplicatedFeatureList(Rule):
    """The same list of features is written out in several files.

    Which features are used is configuration. Where it stands twice, one copy is forgotten: the service then sends
    other columns than the model was trained on. Sculley et al. 2015, section 6.

    ## How to repair

    Write the list once, in a module, in the configuration or together with the model, and import it.

    ## Training and service

    ```python title="train.py"
    FEATURES = ["age", "income", "tenure", "calls", "region"]  # expect: duplicated-feature-list
    ```

    ```python title="serve.py"
    def score(frame):
        return model.predict(frame[["age", "income", "tenure", "calls", "region"]])
    ```

    ## The header of a table

    ```python title="convert.py"
    HEADER = "id,label,age,income,tenure"
    ```

    ```python title="export.py"
    out.write("id,label,age,income,tenure" + "\\n")  # expect: duplicated-feature-list
    ```

    ## A list that has begun to differ

    ```yaml title="params.yaml"
    columns: [age, income, tenure, calls, region]
    ```

    ```python title="app.py"
    FIELDS = ["age", "income", "tenure", "calls", "region", "plan"]  # expect: duplicated-feature-list
    ```

    ## Short lists, other lists, lists that are no columns

    ```python title="a.py"
    COLUMNS = ["age", "income", "tenure", "calls"]
    USED = ["age", "income", "tenure", "calls", "region"]
    __all__ = ["fit", "load", "save", "score", "serve"]
    words = ["red", "green", "blue", "black", "white"]
    ```

    ```python title="b.py"
    COLUMNS = ["age", "income", "tenure", "calls"]
    OTHERS = ["year", "city", "tenure", "price", "shop"]
    __all__ = ["fit", "load", "save", "score", "serve"]
    words = ["red", "green", "blue", "black", "white"]
    ```

    ## Tests, and one file that says it twice

    ```python title="a.py"
    frame = table[["age", "income", "tenure", "calls", "region"]]
    other = table[["age", "income", "tenure", "calls", "region"]]
    ```

    ```python title="tests/test_a.py"
    frame = table[["age", "income", "tenure", "calls", "region"]]
    ```

    ## Choices of an option, and copies in notebooks

    ```python title="a.py"
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--column", choices=["age", "income", "tenure", "calls", "region"])
    frame = table[["age", "income", "tenure", "calls", "region"]]
    ```

    ```python title="b.ipynb"
    # %%
    frame = table[["age", "income", "tenure", "calls", "region"]]
    ```
    """

    minutes = 15
    gathers = True
    skip_roles = Rule.skip_roles | {Role.MIGRATION}

    least_names: int = 5
    """Shorter lists are not compared."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each list that stands in at least two files of a part of the project."""
        parts: dict[str, list[NameList]] = defaultdict(list)
        for found in name_lists(project, self.least_names):
            if not found.source.source.is_any(*self.skip_roles):
                parts[project.subprojects.root_of(found.source.path)].append(found)
        for lists in parts.values():
            for family in _families(lists):
                code = [found for found in family if found.source.kind is Kind.PYTHON]
                files = {found.source.path for found in family if not found.source.source.is_any(Role.NOTEBOOK)}
                if code and len(files) > 1 and any(found.columns for found in family):
                    yield self._finding(family, code)

    def _finding(self, family: list[NameList], code: list[NameList]) -> Finding:
        first = next((found for found in code if found.source is not code[0].source), code[0])
        others = [found for found in family if found is not first]
        common = frozenset.intersection(*(found.names for found in family))
        differing = sorted(frozenset.union(*(found.names for found in family)) - common)
        shown = ", ".join(f"`{name}`" for name in differing[:6]) + (" …" if len(differing) > 6 else "")
        files = len({found.source.path for found in family})
        return self.finding(
            first.location,
            f"the list of {len(first.names)} names is written out in {files} files"
            + (f", and the copies differ in {shown}" if differing else ""),
            related=[Related(other.location, f"{len(other.names)} names") for other in others[:20]],
            severity=Severity.INFO if first.source.source.is_any(Role.TUTORIAL) else None,
        )


def _families(lists: list[NameList]) -> Iterator[list[NameList]]:
    """Lists that agree in four of five names with the first of their family."""
    left = sorted(lists, key=lambda found: (found.location, -len(found.names)))
    while left:
        first, *rest = left
        family = [first] + [other for other in rest if _alike(first.names, other.names)]
        left = [other for other in rest if other not in family]
        if len(family) > 1:
            yield family


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= 0.8 * len(one | other)
