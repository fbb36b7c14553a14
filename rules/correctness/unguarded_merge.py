"""The rule `unguarded-merge`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Rule, Site, facts, written

_KEYS = ("on", "left_on", "right_on", "left_index", "right_index")
_TABLES = frozenset({"pandas.DataFrame", "pandas.Series"})


class UnguardedMerge(Rule):
    """Tables are merged on whatever columns they happen to have in common.

    Without `on`, the keys are all columns whose names both tables share. A new column on one side, or one that was
    renamed on the other, changes which rows meet, and nothing fails: features are missing, or rows multiply. Zhang et
    al. 2022 list it as "Merge API Parameter Not Explicitly Set".

    That a merge merely lacks `how` or `validate` is not reported: 98 % of the calls in public code do.

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

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each merge without keys."""
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
            names = f"`{written(left) or 'a table'}` and `{written(right) or 'another'}`"
            yield self.finding(
                site.location,
                f"{names} are merged on all columns that they happen to share: no key is named",
                scope=site.source.scope_name(site.call.block),
            )


def _has_keys(site: Site, position: int) -> bool:
    return site.hides_arguments or site.argument(position, *_KEYS) is not None


def _is_chosen(table: facts.Expr | None) -> bool:
    """Whether a table is a choice of columns: then the shared ones stand there."""
    return isinstance(table, facts.Item) and isinstance(table.index, facts.Seq)
