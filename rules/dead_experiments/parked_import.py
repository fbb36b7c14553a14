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
            read = _read(source) if imports else set()
            found = [fact for fact in imports if fact.alias not in read]
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


def _read(source: SourceFacts) -> set[str]:
    """All names and words that the code of a file mentions, but for its imports."""
    content = source.facts
    found: set[str] = set()

    def add(expr: facts.Expr | None) -> None:
        for part in walk(expr):
            if type(part) is facts.Ref:
                found.add(part.name)
            elif type(part) is facts.Const and type(part.value) is str:
                found.update(_WORD.findall(part.value))

    for call in content.calls:
        for expr in (call.func, *call.args, *(keyword.value for keyword in call.keywords)):
            add(expr)
        found.update(call.name.split("."))
    for use in content.uses:
        add(use.expr)
    for binding in content.bindings:
        add(binding.value)
        found.update(_WORD.findall(binding.annotation))
    for store in content.stores:
        add(store.value)
        add(store.target)
    for result in content.returns:
        add(result.value)
    for block in content.blocks:
        add(block.test)
    for function in content.functions:
        found.update(_WORD.findall(function.returns))
        for expr in (*function.decorators, *(p.default for p in function.params if p.default is not None)):
            add(expr)
    for cls in content.classes:
        for expr in (*cls.bases, *cls.decorators, *(k.value for k in cls.keywords)):
            add(expr)
    found.update(word for magic in content.magics for word in _WORD.findall(magic.text))
    return found
