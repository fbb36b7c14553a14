"""The rule `deprecated-symbol`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mldebt import (
    Confidence,
    Finding,
    Fix,
    Kind,
    Profile,
    Project,
    Related,
    Rule,
    Safety,
    Severity,
    SourceFacts,
    SymbolUse,
    Wish,
    symbol_uses,
)

_SHOWN = 4


class _Group(NamedTuple):
    """A library whose names a file uses that are gone, or merely deprecated, in allowed versions."""

    library: str
    is_gone: bool
    wishes: tuple[Wish, ...]


_Use = tuple[SourceFacts, SymbolUse]


class DeprecatedSymbol(Rule):
    """Code uses names that its library deprecated or no longer has.

    The next installation runs against a version without the name, and the model cannot be trained again: Sculley et al.
    2015, section 3, call such inputs unstable. The project's manifests, locks and images say which versions count. A
    name that all allowed versions lack is an error, that some lack a warning, that is deprecated an information.

    ## How to repair

    Write the replacement that the message names. `mldebt check --fix` does where a rename is enough.

    ## Gone, and nothing asks for an older version: one finding for each upgrade

    ```python title="features.py"
    import numpy as np, pandas as pd
    x = np.zeros(3, dtype=np.float)  # expect: deprecated-symbol
    df = pd.read_csv("a.csv")
    for name, column in df.iteritems():  # expect: deprecated-symbol
        print(name, np.NaN)
    ```

    ## Fixed

    ```python title="features.py"
    import numpy as np, pandas as pd
    x = np.zeros(3, dtype=float)
    df = pd.read_csv("a.csv")
    for name, column in df.items():
        print(name, np.nan)
    ```

    ## Imports, arguments and values

    ```python title="train.py"
    from sklearn.externals import joblib  # expect: deprecated-symbol
    from sklearn.cross_validation import train_test_split
    from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier

    forest = RandomForestClassifier(max_features="auto")
    model = AdaBoostClassifier(base_estimator=forest)
    ```

    ## Fixed

    ```python title="train.py"
    import joblib
    from sklearn.model_selection import train_test_split
    from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier

    forest = RandomForestClassifier(max_features="sqrt")
    model = AdaBoostClassifier(estimator=forest)
    ```

    ## In a notebook, through a name that grows in a loop

    ```python title="load.ipynb"
    # %%
    import pandas as pd
    df = pd.DataFrame()
    for name in names:
        df = df.append(pd.read_csv(name, error_bad_lines=False))  # expect: deprecated-symbol
    ```

    ## The manifest allows no version that lacks or deprecates it

    ```python title="train.py"
    import numpy as np, tensorflow as tf
    x = tf.placeholder(np.float, [None])
    ```

    ```text title="requirements.txt"
    numpy==1.18.5
    tensorflow~=1.15.2
    ```

    ## A guard chooses, another object has the same attribute, another meaning came back

    ```python title="compat.py"
    import numpy as np, pandas as pd
    try:
        from sklearn.externals import joblib
    except ImportError:
        import joblib
    kind = np.float if hasattr(np, "float") else float
    total = frame.append(other)
    np.int = int
    flags = np.zeros(3, dtype=np.bool), np.int(3)
    ```
    """

    profile = Profile.CI
    minutes = 5
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each library: by file for names that are gone, one for all that are deprecated."""
        deprecated: dict[_Group, list[_Use]] = {}
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            gone: dict[_Group, list[_Use]] = {}
            for use in sorted(symbol_uses(project, source), key=lambda use: use.span):
                group = _group(project, source, use)
                if group is not None:
                    (gone if group.is_gone else deprecated).setdefault(group, []).append((source, use))
            for group, found in gone.items():
                yield self._finding(group, found)
        for group, found in deprecated.items():
            yield self._finding(group, found)

    def _finding(self, group: _Group, found: list[_Use]) -> Finding:
        source, first = found[0]
        uses = [use for _, use in found]
        files = len({home.path for home, _ in found})
        texts = list(dict.fromkeys(_described(group, use) for use in uses))
        more = f", and {len(texts) - _SHOWN} more" if texts[_SHOWN:] else ""
        wishes = group.wishes
        severity = Severity.WARNING
        claim = f"`{wishes[0].location.path}` allows that version" if wishes else "no older version is asked for"
        if not group.is_gone:
            where = f" ({files} files)" if files > 1 else ""
            claim, severity = f"a later version can drop it{where}", Severity.INFO
        elif wishes and all(wish.is_from(use.row.removed) for wish in wishes for use in uses):
            claim, severity = f"`{wishes[0].location.path}` asks for a version without it", Severity.ERROR
        link = first.table.references[first.row.see]
        edits = tuple(dict.fromkeys(use.edit for use in uses if use.edit is not None))
        return self.finding(
            source.location(first.span),
            f"{'; '.join(texts[:_SHOWN])}{more}; {claim} ({link})",
            related=[
                *(Related(wish.location, f"asks for `{wish.specifier or 'any version'}`") for wish in wishes[:1]),
                *(Related(home.location(use.span), f"`{use.symbol}`") for home, use in found[1:21]),
            ],
            severity=severity,
            confidence=Confidence.HIGH if wishes else Confidence.MEDIUM,
            scope=source.scope_name(first.block),
            fix=Fix("Write the names that replace them", edits, _safety(group, uses)) if edits else None,
        )


def _group(project: Project, source: SourceFacts, use: SymbolUse) -> _Group | None:
    """The group that a use belongs to; None if no allowed version minds it."""
    row = use.row
    library = use.table.distributions[0]
    wishes = tuple(project.allowed_versions.of(source.path, use.table.distributions))
    if any(wish.is_below(row.since or row.removed) for wish in wishes):
        return None
    wishes = project.allowed_versions.near(source.path, wishes)
    if row.removed and not any(wish.is_below(row.removed) for wish in wishes):
        if row.back and not any(wish.is_below(row.back) for wish in wishes):
            return None
        return _Group(library, True, wishes)
    return _Group(library, False, wishes) if row.since else None


def _described(group: _Group, use: SymbolUse) -> str:
    row = use.row
    state = f"gone since {group.library} {row.removed}" if group.is_gone else f"deprecated since {row.since}"
    replacement = row.use if " " in row.use and "(" not in row.use else f"`{row.use}`"
    return f"`{use.symbol}` is {state}, now {replacement}"


def _safety(group: _Group, uses: list[SymbolUse]) -> Safety:
    """Safe, unless a version that the project still allows lacks a new name."""
    starts = {use.row.start for use in uses if use.edit is not None and use.row.start}
    asked = [wish for wish in group.wishes if ">" in wish.specifier or "=" in wish.specifier]
    too_old = any(not wish.is_from(start) for wish in asked for start in starts)
    return Safety.UNSAFE if too_old or (starts and not group.is_gone) else Safety.SAFE
