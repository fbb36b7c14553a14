"""The rule `calendar-patched-feature`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Project, Related, Role, Rule, Severity, SourceFacts, Span, facts, is_plain, walk

_DATE = re.compile(r"(19|20)\d\d[-/.]\d{1,2}([-/.]\d{1,2})?([ T].*)?$|\d{1,2}[-/.]\d{1,2}[-/.](19|20)\d\d$")
_MADE = re.compile(
    r"(pandas\.(Timestamp|to_datetime)|datetime\.(date|datetime)|(date)?time\.strptime|numpy\.datetime64)$"
)
_ORDER = frozenset({"<", "<=", ">", ">=", "==", "!="})
_CHOOSERS = frozenset({"numpy.where", "where", "mask"})
_YEAR = re.compile(r"(^|_)(year|yr)(_|$)|year$|^born|birth", re.IGNORECASE)


class CalendarPatchedFeature(Rule):
    """A feature's values depend on a date that is written into the code.

    "The clicks before October are wrong", and from then on the code knows a date that nobody can find in the
    configuration: the next incident gets another branch. A year that stands for today is the same thing, and is
    wrong by one every January. Sculley et al. 2015, section 6, describe configurations that grow such exceptions.

    ## How to repair

    Put the incidents into a reviewed table with a reason, applied by one function; take the reference date from
    the data or the configuration.

    ## Values that are replaced before a date

    ```python title="features.py"
    import numpy as np
    import pandas as pd
    df.loc[df["date"] < "2019-10-07", "clicks"] = df["clicks_legacy"]  # expect: calendar-patched-feature
    early = df["day"] < pd.Timestamp(2019, 11, 1)
    df["rate"] = np.where(early, df["rate"] * 1.2, df["rate"])  # expect: calendar-patched-feature
    ```

    ## A year that stands for today

    ```python title="prepare.py"
    def add(df):
        df["age"] = 2022 - df["born"].dt.year  # expect: calendar-patched-feature
        return df.assign(years=2022 - df["joined"].dt.year)
    ```

    ## Splits, ranges and dates that are given

    ```python title="train.py"
    import pandas as pd
    train = df[df["date"] < "2019-10-07"]
    df.loc[df["date"] < config["cut"], "clicks"] = 0
    df["split"] = "train"
    df.loc[df["date"] >= "2019-10-07", "split"] = "test"
    df["age"] = pd.Timestamp.now().year - df["born"].dt.year
    days = df["date"] - pd.Timestamp("2019-10-07")
    ```

    ## Other numbers and texts

    ```python title="features.py"
    df.loc[df["size"] < 2019, "small"] = True
    df["left"] = 2048 - df["used"]
    df.loc[df["code"] == "12-34-5678", "kind"] = "a"
    ```

    ## Holidays, the range of a plot, notebooks and tests

    ```python title="features.py"
    import matplotlib.pyplot as plt
    HOLIDAYS = ["2024-12-25", "2024-12-26"]
    df["holiday"] = df["day"].isin(HOLIDAYS)
    shown = df[(df["day"] > "2024-01-01") & (df["day"] < "2024-03-01")]
    plt.plot(df.loc[df["day"] > "2024-01-01", "clicks"])
    ```

    ```python title="explore.ipynb"
    # %%
    df.loc[df["date"] < "2019-10-07", "clicks"] = df["clicks_legacy"]
    ```

    ```python title="tests/test_features.py"
    df.loc[df["date"] < "2019-10-07", "clicks"] = df["clicks_legacy"]
    ```
    """

    minutes = 20
    gathers = True
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each feature function, or line of a script, that knows a date."""
        for source in project.code:
            if source.source.is_any(*self.skip_roles):
                continue
            found: dict[str, list[tuple[Span, str]]] = {}
            for block, span, what in _patches(source):
                scope = source.scope_name(block)
                found.setdefault(scope or str(span.line), []).append((span, what))
            for places in found.values():
                (span, what), *others = sorted(places)
                yield self.finding(
                    source.location(span),
                    f"the values of a feature depend on {what}, which is written into the code",
                    related=[Related(source.location(place), other) for place, other in others[:10]],
                    severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
                )


def _patches(source: SourceFacts) -> Iterator[tuple[int, Span, str]]:
    """The places where values are chosen by a date or counted from a year, as (block, place, what)."""
    for store in source.facts.stores:
        target = store.target
        if isinstance(target, facts.Item) and isinstance(target.index, facts.Seq) and not _is_split(target.index):
            date = _date_in(source, target.index.items[0]) if target.index.items else ""
            if date:
                yield store.block, store.span, f"the date `{date}`"
        if not is_plain(store.value):
            yield from ((store.block, store.span, f"the year {year}") for year in _years(store.value))
    for call in source.facts.calls:
        name = call.name or getattr(call.func, "name", "")
        if name in _CHOOSERS and call.args and len(call.args) > 1:
            date = _date_in(source, call.args[0])
            if date:
                yield call.block, call.span, f"the date `{date}`"
        for keyword in call.keywords if name == "assign" else ():
            yield from ((call.block, call.span, f"the year {year}") for year in _years(keyword.value))


def _is_split(index: facts.Seq) -> bool:
    """Whether a store marks rows as belonging to a part of the data."""
    texts = [str(item.value) for item in index.items if isinstance(item, facts.Const)]
    return any(
        re.search(r"split|fold|set$|is_(train|test|val)|train|test|valid", text, re.IGNORECASE) for text in texts
    )


def _date_in(source: SourceFacts, expr: facts.Expr, depth: int = 0) -> str:
    """The literal date that a mask compares with; empty if there is none."""
    for part in walk(expr):
        if isinstance(part, facts.Compare) and part.operator in _ORDER:
            for side in (part.left, part.right):
                date = _date(source, side)
                if date:
                    return date
        elif isinstance(part, facts.Ref) and depth < 3:
            for index in part.bindings:
                value = source.facts.bindings[index].value if index >= 0 else None
                date = _date_in(source, value, depth + 1) if value is not None else ""
                if date:
                    return date
    return ""


def _date(source: SourceFacts, expr: facts.Expr) -> str:
    match expr:
        case facts.Const(str() as text) if _DATE.match(text):
            return text
        case facts.Called(index) if _MADE.search(source.facts.calls[index].name):
            given = [a.value for a in source.facts.calls[index].args if isinstance(a, facts.Const)]
            complete = len(given) == len(source.facts.calls[index].args) > 0
            return "-".join(map(str, given)) if complete else ""
    return ""


def _years(expr: facts.Expr) -> Iterator[int]:
    """The literal years that something called a year is subtracted from."""
    for part in walk(expr):
        if isinstance(part, facts.Binary) and part.operator == "-" and isinstance(part.left, facts.Const):
            year = part.left.value
            if type(year) is int and 1990 <= year <= 2035 and _is_year(part.right):
                yield year


def _is_year(expr: facts.Expr) -> bool:
    match expr:
        case facts.Attr(_, name) | facts.Item(_, facts.Const(str() as name)):
            return bool(_YEAR.search(name))
    return False
