"""The rule `repeated-model-dispatch`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Dispatch, Finding, Kind, Profile, Project, Related, Role, Rule, is_exported_notebook

_FEWEST_BUILT = 3
_ALIKE = 0.6


class RepeatedModelDispatch(Rule):
    """The switch from names to models stands in several functions.

    A new model has to be added to each of them, and the one that is forgotten fails only when that program is run
    with that name. Sculley et al. 2015, section 5 (Glue Code, Abstraction Debt).

    ## How to repair

    Keep one table from names to classes (or the `_target_` of a configuration) and use it everywhere.

    ## In training and in tuning, one model short

    ```python title="train.py"
    def build(name):
        if name == "rf":  # expect: repeated-model-dispatch
            return RandomForestClassifier()
        elif name == "xgb":
            return XGBClassifier()
        elif name == "lgbm":
            return LGBMClassifier()
        elif name == "mlp":
            return MLPClassifier()
    ```

    ```python title="tune.py"
    MODELS = {"rf": RandomForestClassifier, "xgb": XGBClassifier, "lgbm": LGBMClassifier}
    ```

    ## One table, other names

    ```python title="models.py"
    MODELS = {"rf": RandomForestClassifier, "xgb": XGBClassifier, "lgbm": LGBMClassifier}
    LOSSES = {"bce": BCELoss(), "dice": DiceLoss(), "mse": MSELoss()}
    ```

    ## Names that select no classes; tests

    ```python title="report.py"
    TITLES = {"rf": "Random forest", "xgb": "XGBoost", "lgbm": "LightGBM"}
    COLOURS = {"rf": "red", "xgb": "blue", "lgbm": "green"}
    MODELS = {"rf": RandomForestClassifier, "xgb": XGBClassifier, "lgbm": LGBMClassifier}
    ```

    ```python title="tests/test_models.py"
    MODELS = {"rf": RandomForestClassifier, "xgb": XGBClassifier, "lgbm": LGBMClassifier}
    ```

    ## Ranges that a tuner draws from, and a copy of the whole file

    ```python title="tune.py"
    SPACE = {"lr": FloatDistribution(1e-4, 1e-1), "depth": IntDistribution(3, 9), "kind": ListDistribution(["a"])}
    ```

    ```python title="tune_fast.py"
    SPACE = {"lr": FloatDistribution(1e-3, 1e-1), "depth": IntDistribution(3, 5), "kind": ListDistribution(["a"])}
    ```

    ## What a parser offers

    ```python title="cli.py"
    MODELS = {"rf": RandomForestClassifier, "xgb": XGBClassifier, "lgbm": LGBMClassifier}
    parser.add_argument("--model", choices=["rf", "xgb", "lgbm"])
    ```
    """

    profile = Profile.AUDIT
    minutes = 30
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each family of switches over the same names."""
        left = [
            dispatch
            for dispatch in project.dispatches
            if len(dispatch.branches) >= _FEWEST_BUILT
            and dispatch.source.kind is Kind.PYTHON
            and not dispatch.source.source.is_any(*self.skip_roles)
            and sum(bool(name) for name in _built(dispatch)) >= _FEWEST_BUILT
            and dispatch.source.path not in project.versions.originals
            and not is_exported_notebook(dispatch.source)
        ]
        while left:
            first, *rest = left
            home = project.subprojects.root_of(first.source.path)
            family = [first] + [
                d
                for d in rest
                if _alike(first, d)
                and project.subprojects.root_of(d.source.path) == home
                and not _same_place(first, d)
            ]
            left = [d for d in rest if d not in family]
            if len(family) > 1:
                yield self._finding(family)

    def _finding(self, family: list[Dispatch]) -> Finding:
        first = max(family, key=lambda d: len(d.keys))
        keys = ", ".join(f"`{key}`" for branch in first.branches[:5] for key in branch.keys[:1])
        union = frozenset[str]().union(*(dispatch.keys for dispatch in family))
        related = []
        for dispatch in family:
            if dispatch is not first:
                missing = sorted(union - dispatch.keys)
                less = f", without {', '.join(f'`{key}`' for key in missing[:4])}" if missing else ""
                related.append(Related(dispatch.location, f"the same names{less}"))
        return self.finding(
            first.location,
            f"the switch from names to what is built ({keys}{' …' if len(first.branches) > 5 else ''}) is repeated in "
            f"{len(family)} places",
            related=related,
            minutes=15 * len(family),
            scope=first.source.scope_name(first.block),
        )


def _alike(one: Dispatch, other: Dispatch) -> bool:
    """Whether two switches are over the same names and build the same things."""
    if len(one.keys & other.keys) < _ALIKE * len(one.keys | other.keys):
        return False
    first, second = set(_built(one)), set(_built(other))
    return len(first & second) >= 2


def _built(dispatch: Dispatch) -> list[str]:
    """What is built, but for the ranges that a tuner draws from."""
    return [name for name in dispatch.built() if name and not name.endswith("Distribution")]


def _same_place(one: Dispatch, other: Dispatch) -> bool:
    return one.source is other.source and one.scope == other.scope and one.scope != 0
