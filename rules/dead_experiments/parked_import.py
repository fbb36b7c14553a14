"""The rule `parked-import`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, facts, walk

_CODE = re.compile(r"#+ ?.*?\b(?P<name>[A-Za-z_]\w*)[.(]\w*")
_WORD = re.compile(r"[A-Za-z_]\w*")


class ParkedImport(Rule):
    """Something is imported for commented-out code alone.

    The alternative that was tried is gone, but its library has to be installed, stays in the requirements, and fails
    at import when it changes. Sculley et al. 2015, section 5 ("Dead Experimental Codepaths").

    ## How to repair

    Delete the import with the commented-out code, and the library from the requirements.

    ## A model that was tried

    ```python title="train.py"
    from sklearn.linear_model import Ridge
    from xgboost import XGBRegressor  # expect: parked-import

    model = Ridge()
    # model = XGBRegressor(max_depth=3)
    model.fit(X, y)
    ```

    ## Used after all, handed on, only mentioned, needed for what it does

    ```python title="train.py"
    import numpy as np
    import seaborn
    from xgboost import XGBRegressor
    from catboost import CatBoostRegressor as Cat
    from lightgbm import LGBMRegressor

    __all__ = ["LGBMRegressor"]
    # XGBRegressor is slower here
    # model = Cat(depth=3)
    # model = LGBMRegressor()
    # x = np.ones(3)
    model: "Cat" = XGBRegressor(base=np.float32)
    ```

    ## What a package hands on

    ```python title="__init__.py"
    from xgboost import XGBRegressor
    # XGBRegressor()
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such imports, at the first one."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            name = source.path.rpartition("/")[2]
            if source.source.is_any(Role.TUTORIAL) or name == "__init__.py" or source.facts.header.problems:
                continue
            parked = {m["name"]: c for c in source.facts.comments if c.own_line for m in _CODE.finditer(c.text)}
            imports = [f for f in source.facts.imports if f.alias in parked and f.module != "__future__"]
            unread = _unread(source, {fact.alias for fact in imports})
            found = [fact for fact in imports if fact.alias in unread]
            if found:
                first, *others = found
                yield self.finding(
                    source.location(first.span),
                    f"`{first.alias}` is imported for commented-out code alone"
                    + (f" (and {len(others)} more)" if others else ""),
                    related=[
                        *(Related(source.location(f.span), f"`{f.alias}`, too") for f in others),
                        Related(source.location(parked[first.alias].span), "would need it"),
                    ],
                )


def _unread(source: SourceFacts, names: set[str]) -> set[str]:
    """Those of the names that the code of a file, but for its imports, mentions nowhere."""
    mentioned = _mentioned(source)
    while names and (found := next(mentioned, None)) is not None:
        names = names.difference(found)
    return names


def _mentioned(source: SourceFacts) -> Iterator[list[str]]:
    """All names and words of a file's code, piece by piece."""
    content = source.facts
    for use in content.uses:
        yield _names_in(use.expr)
    for call in content.calls:
        yield call.name.split(".")
        for expr in (call.func, *call.args, *(keyword.value for keyword in call.keywords)):
            yield _names_in(expr)
    for binding in content.bindings:
        yield _names_in(binding.value)
        yield _WORD.findall(binding.annotation)
    for store in content.stores:
        yield _names_in(store.value)
        yield _names_in(store.target)
    for result in content.returns:
        yield _names_in(result.value)
    for block in content.blocks:
        yield _names_in(block.test)
    for function in content.functions:
        yield _WORD.findall(function.returns)
        for expr in (*function.decorators, *(p.default for p in function.params if p.default is not None)):
            yield _names_in(expr)
    for cls in content.classes:
        for expr in (*cls.bases, *cls.decorators, *(k.value for k in cls.keywords)):
            yield _names_in(expr)
    for magic in content.magics:
        yield _WORD.findall(magic.text)


def _names_in(expr: facts.Expr | None) -> list[str]:
    found: list[str] = []
    for part in walk(expr):
        if type(part) is facts.Ref:
            found.append(part.name)
        elif type(part) is facts.Const and type(part.value) is str:
            found += _WORD.findall(part.value)
    return found
