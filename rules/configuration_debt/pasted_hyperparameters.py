"""The rule `pasted-hyperparameters`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, Span, facts

_SETTING = re.compile(
    r"(^|_)(lr|eta|learning_rate|subsample|colsample\w*|alpha|beta|gamma|lambda|reg_\w+|lambda_l[12]|l[12]\w*|min_child\w*"
    r"|min_split\w*|min_gain\w*|bagging\w*|feature_fraction\w*|drop\w*|top_rate|other_rate|momentum|weight_decay|depth|max_\w+"
    r"|num_leaves|n_estimators|C|tol|epsilon|scale\w*|rate|penalty|l1_ratio|bandwidth|length_scale)($|_)"
)
_DIGITS = 8


class PastedHyperparameters(Rule):
    """Hyper-parameters with more digits than anybody would choose are written into the code.

    `0.9855232997390695` came out of a search that is not part of the program: with which data, folds and ranges it was
    run is not recorded, and when the data change nobody can find the next value the same way. Sculley et al. 2015,
    section 6: configuration should be reproducible and reviewed like code.

    ## How to repair

    Keep the search in the repository and read its result from the file that it writes.

    ## What a search found

    ```python title="train.py"
    import lightgbm as lgb

    params = {  # expect: pasted-hyperparameters
        "objective": "regression",
        "learning_rate": 0.01,
        "subsample": 0.9855232997390695,
        "reg_alpha": 9.677537745007898,
    }
    lgb.train(params, data)
    ```

    ```python title="fit.py"
    from xgboost import XGBRegressor

    model = XGBRegressor(max_depth=7, gamma=0.0468342919, reg_lambda=0.8571498213)  # expect: pasted-hyperparameters
    ```

    ## Chosen by hand, one long number, numbers that mean something else

    ```python title="train.py"
    params = {"learning_rate": 0.0125, "subsample": 0.85, "reg_alpha": 1e-5}
    model = Ridge(alpha=0.3333333333)
    normal = Normalize(mean=[0.48145466, 0.4578275, 0.40821073], std=[0.26862954, 0.26130258, 0.27577711])
    city = {"lat": 48.208174321, "lon": 16.373819312}
    third = {"alpha": 0.3333333333333333, "beta": 0.6666666666666666}
    ```

    ## Tests and notebooks that search

    ```python title="tests/test_train.py"
    params = {"subsample": 0.9855232997390695, "reg_alpha": 9.677537745007898}
    ```
    """

    profile = Profile.CI
    severity = Severity.INFO
    minutes = 15
    gathers = True

    least: int = 2
    """Fewer such numbers in one place are not reported."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file, at the first place with such numbers."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            found = [(span, names) for span, names in _written(source) if len(names) >= self.least]
            if found:
                (first, names), *others = sorted(found)
                shown = ", ".join(f"`{name}`" for name in names[:4])
                yield self.finding(
                    source.location(first),
                    f"{shown} have the digits of a search whose record is not here",
                    related=[Related(source.location(span), "more of them") for span, _ in others[:10]],
                    severity=Severity.INFO if source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK) else None,
                )


def _written(source: SourceFacts) -> Iterator[tuple[Span, list[str]]]:
    """The places where settings get such numbers, with their names."""
    for binding in source.facts.bindings:
        yield binding.span, _in_map(binding.value)
    for store in source.facts.stores:
        yield store.span, _in_map(store.value)
    for call in source.facts.calls:
        names = [keyword.name for keyword in call.keywords if _is_long(keyword.name, keyword.value)]
        yield call.span, names + [name for argument in call.args for name in _in_map(argument)]


def _in_map(value: facts.Expr | None) -> list[str]:
    if not isinstance(value, facts.Map):
        return []
    pairs = zip(value.keys, value.values, strict=True)
    return [str(k.value) for k, v in pairs if isinstance(k, facts.Const) and _is_long(str(k.value), v)]


def _is_long(name: str, value: facts.Expr) -> bool:
    """Whether a setting gets a number with many digits that do not repeat themselves."""
    number = value.value if isinstance(value, facts.Const) else None
    if type(number) is not float or not _SETTING.search(name):
        return False
    digits = repr(number).partition("e")[0].replace(".", "").strip("0")
    return len(digits) >= _DIGITS and len(set(digits)) > 3
