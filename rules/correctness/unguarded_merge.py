"""The rule `unguarded-merge`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Site,
    SourceFacts,
    TrainingJoin,
    facts,
    training_joins,
    written,
)

_KEYS = ("on", "left_on", "right_on", "left_index", "right_index")


class UnguardedMerge(Rule):
    """Tables are merged on whatever columns they share, or so that training rows can be repeated or lost unseen.

    Without `on`, the keys are all columns whose names both tables share. A new column on one side, or one that was
    renamed on the other, changes which rows meet, and nothing fails: features are missing, or rows multiply. Zhang et
    al. 2022 list it as "Merge API Parameter Not Explicitly Set".

    That a merge merely lacks `how` or `validate` is not reported: 98 % of the calls in public code do. It is where the
    result trains a model, the other table comes from a file as it is, and nothing counts rows: a key that stands twice
    in that file repeats training rows, and one that is missing there loses them.

    ## How to repair

    Name the keys, and say what is expected of them: `on="customer", how="left", validate="m:1"`.

    ## As a method, as a function

    ```python title="features.py"
    import pandas as pd

    visits = pd.read_csv("visits.csv")
    bills = pd.read_csv("bills.csv")
    table = visits.merge(bills)  # expect: unguarded-merge
    other = pd.merge(visits, bills, how="left")  # expect: unguarded-merge
    ```

    ## Rows that train a model can be repeated, or lost

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    visits = pd.read_csv("visits.csv")
    shops = pd.read_csv("shops.csv")
    table = visits.merge(shops, on="shop", how="left")  # expect: unguarded-merge
    LogisticRegression().fit(table[["area", "age"]], table["churned"])
    ```

    ```python title="train_regions.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    visits = pd.read_csv("visits.csv")
    regions = pd.read_csv("regions.csv")
    other = pd.merge(visits, regions, on="region")  # expect: unguarded-merge
    LogisticRegression().fit(other[["area", "age"]], other["churned"])
    ```

    ## Checked by pandas, by an assertion, made unique, or with one row for each key by construction

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    visits = pd.read_csv("visits.csv")
    shops = pd.read_csv("shops.csv")
    a = visits.merge(shops, on="shop", how="left", validate="m:1")
    LogisticRegression().fit(a[["area"]], a["churned"])
    areas = visits.groupby("shop").agg({"area": "mean"}).reset_index()
    b = visits.merge(areas, on="shop", how="left")
    LogisticRegression().fit(b[["area"]], b["churned"])
    ```

    ```python title="checked.py"
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    visits = pd.read_csv("visits.csv")
    shops = pd.read_csv("shops.csv")
    known = pd.read_csv("known.csv")
    a = visits.merge(shops, on="shop", how="left")
    assert len(a) == len(visits)
    LogisticRegression().fit(a[["area"]], a["churned"])
    assert known["shop"].is_unique
    b = visits.merge(known, on="shop", how="left")
    LogisticRegression().fit(b[["area"]], b["churned"])
    ```

    ## Notebooks, tables that are written out in the code, a table of one row

    ```python title="explore.ipynb"
    # %%
    import pandas as pd
    visits = pd.read_csv("visits.csv")
    visits.merge(pd.read_csv("bills.csv"))
    ```

    ```python title="join.py"
    import pandas as pd
    names = pd.DataFrame({"id": [1, 2], "name": ["a", "b"]})
    prices = pd.DataFrame({"id": [1, 2], "price": [3, 4]})
    joined = pd.merge(names, prices)
    limits = pd.DataFrame({"low": [1], "high": [9]})
    wide = pd.read_csv("visits.csv").merge(limits, how="cross")
    ```

    ## The keys are named, by columns or by the index; all pairs are wanted; arguments come from elsewhere

    ```python title="features.py"
    import pandas as pd

    visits = pd.read_csv("visits.csv")
    bills = pd.read_csv("bills.csv")
    visits.merge(bills, "left", "customer")
    visits.merge(bills, on="customer")
    visits.merge(bills, left_on="customer", right_on="id")
    visits.merge(bills, left_index=True, right_index=True)
    pd.merge(visits, bills, how="cross")
    pd.merge(visits, bills, **options)
    ```

    ## The columns are chosen just before, or a difference between tables is wanted

    ```python title="features.py"
    import pandas as pd

    visits = pd.read_csv("visits.csv")
    known = pd.read_csv("known.csv")
    visits.merge(known[["customer"]])
    visits.merge(known, how="outer", indicator=True)
    ```

    ## Other things can be merged

    ```python title="grid.py"
    import pandas as pd

    settings.merge(defaults)
    image.merge(other)
    ```
    """

    profile = Profile.CI
    minutes = 5
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each merge without keys, and for the joins of a file that training rows go through."""
        found: dict[str, list[TrainingJoin]] = {}
        for join in training_joins(project):
            if not join.site.source.source.is_any(*self.skip_roles, Role.TUTORIAL):
                found.setdefault(join.site.source.path, []).append(join)
        yield from (self._joined(joins) for joins in found.values())
        for site in project.calls("pandas.merge", "pandas.DataFrame.merge"):
            shift = 0 if site.name == "pandas.merge" else 1
            if site.source.source.is_any(*self.skip_roles) or _has_keys(site, 3 - shift):
                continue
            right = site.argument(1 - shift, "right")
            how = site.argument(2 - shift, "how")
            if how == facts.Const("cross") or site.argument(None, "indicator") is not None or _is_chosen(right):
                continue
            left = site.argument(0, "left") if shift == 0 else getattr(site.call.func, "base", None)
            if left is None or right is None or _is_chosen(left):
                continue
            if _is_written_out(site.source, left) and _is_written_out(site.source, right):
                continue
            names = f"`{written(left) or 'a table'}` and `{written(right) or 'another'}`"
            yield self.finding(
                site.location,
                f"{names} are merged on all columns that they happen to share: no key is named",
                scope=site.source.scope_name(site.call.block),
            )

    def _joined(self, joins: list[TrainingJoin]) -> Finding:
        """One finding for the joins of a file: they are checked, or left unchecked, together."""
        first, *others = sorted(joins, key=lambda join: join.site.call.span)
        related = [Related(first.fitted.event.location, "a model is fitted on the rows")]
        related += [Related(join.site.location, _told(join)) for join in others]
        return self.finding(
            first.site.location,
            f"{_told(first)} before a model is fitted on them: no `validate` and no count of rows would tell",
            related=related,
            severity=Severity.INFO,
            scope=first.site.source.scope_name(first.site.call.block),
        )


def _told(join: TrainingJoin) -> str:
    left, right = written(join.left), join.right.name
    rows = "its rows" if "…" in left else f"rows of `{left}`"
    if join.how == "left":
        return f"a key that stands twice in `{right}` repeats {rows}"
    return f"a key that is missing in `{right}` drops {rows}"


def _is_written_out(source: SourceFacts, table: facts.Expr) -> bool:
    """Whether a table is made of values that stand in the code, so that its columns do, too."""
    if isinstance(table, facts.Ref) and len(table.bindings) == 1 and table.bindings[0] >= 0:
        table = source.facts.bindings[table.bindings[0]].value or table
    made = source.facts.calls[table.call] if isinstance(table, facts.Called) else None
    return (
        made is not None
        and made.name == "pandas.DataFrame"
        and any(
            isinstance(argument, facts.Map | facts.Seq)
            for argument in (*made.args, *(k.value for k in made.keywords))
        )
    )


def _has_keys(site: Site, position: int) -> bool:
    return site.hides_arguments or site.argument(position, *_KEYS) is not None


def _is_chosen(table: facts.Expr | None) -> bool:
    """Whether a table is a choice of columns: then the shared ones stand there."""
    return isinstance(table, facts.Item) and isinstance(table.index, facts.Seq)
