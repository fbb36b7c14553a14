"""The rule `jungle-node`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sized

from mldebt import (
    DataAccess,
    Finding,
    Kind,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    facts,
    is_exported_notebook,
    is_library,
    is_teaching,
)

_MOST_DATA = 10
_MOST_JOINS = 8
_FEWEST_JOINED = 3
"""Joins of fewer datasets put columns together that come from one."""

_JOINS = frozenset({"merge", "merge_asof", "merge_ordered"})
_KINDS = frozenset({"dataset", "table"})
_REPORT = re.compile(
    r"(^|/)(reports?|figures?|logs?|plots?|metrics|dashboards?|eda|analysis|summary)(/|_)", re.IGNORECASE
)
"""What is made for people to look at."""


class JungleNode(Rule):
    """One script reads, joins and writes so much data that it is a pipeline in one file.

    Each input can change without the others, each join can lose or multiply rows, and none of it can be run or tested
    alone. Sculley et al. 2015, section 5 (Pipeline Jungles): "a jungle of scrapes, joins, and sampling steps, often
    with intermediate files output".

    ## How to repair

    Make one step for each source, and give each join a function with a test and `validate=`.

    ## Ten tables

    ```python title="build.py"
    import pandas as pd  # expect: jungle-node
    a = pd.read_csv("in/accounts.csv")
    b = pd.read_csv("in/billing.csv")
    c = pd.read_csv("in/calls.csv")
    d = pd.read_csv("in/devices.csv")
    e = pd.read_csv("in/events.csv")
    f = pd.read_csv("in/facts.csv")
    g = pd.read_csv("in/geo.csv")
    h = pd.read_csv("in/history.csv")
    a.merge(b).merge(c).to_csv("work/first.csv")
    d.merge(e).merge(f).merge(g).merge(h).to_csv("work/second.csv")
    ```

    ## One loop over many tables

    ```python title="blend.py"
    import pandas as pd
    NAMES = ["a.csv", "b.csv", "c.csv", "d.csv", "e.csv", "f.csv", "g.csv", "h.csv", "i.csv", "j.csv"]
    tables = []
    for name in NAMES:
        tables.append(pd.read_csv(name))
    ```

    ## Few tables

    ```python title="build.py"
    import pandas as pd
    a = pd.read_csv("in/accounts.csv")
    b = pd.read_csv("in/billing.csv")
    a.merge(b).to_csv("work/first.csv")
    ```

    ## Columns of one dataset that are put together; tests, and paths that are only listed

    ```python title="features.py"
    import pandas as pd
    rows = pd.read_csv("in/events.csv")
    for name in COLUMNS:
        a = rows.merge(count(rows, name)).merge(mean(rows, name)).merge(last(rows, name))
        b = rows.merge(count(a, name)).merge(mean(a, name)).merge(last(a, name))
        rows = a.merge(b).merge(rows)
    ```

    ```python title="tests/test_build.py"
    import pandas as pd
    one = [pd.read_csv("1.csv"), pd.read_csv("2.csv"), pd.read_csv("3.csv"), pd.read_csv("4.csv")]
    two = [pd.read_csv("5.csv"), pd.read_csv("6.csv"), pd.read_csv("7.csv"), pd.read_csv("8.csv")]
    three = [pd.read_csv("9.csv"), pd.read_csv("10.csv"), pd.read_csv("11.csv"), pd.read_csv("12.csv")]
    ```

    ```python title="paths.py"
    A, B, C, D, E = "a.csv", "b.csv", "c.csv", "d.csv", "e.csv"
    F, G, H, I, J = "f.csv", "g.csv", "h.csv", "i.csv", "j.csv"
    ```

    ## Exploring tables feeds nothing

    ```python title="explore.ipynb"
    # %%
    import pandas as pd  # expect: jungle-node as info
    a = pd.read_csv("in/accounts.csv")
    b = pd.read_csv("in/billing.csv")
    c = pd.read_csv("in/calls.csv")
    d = pd.read_csv("in/devices.csv")
    e = pd.read_csv("in/events.csv")
    f = pd.read_csv("in/facts.csv")
    g = pd.read_csv("in/geo.csv")
    h = pd.read_csv("in/history.csv")
    a.merge(b).merge(c).to_csv("work/first.csv")
    d.merge(e).merge(f).merge(g).merge(h).to_csv("work/second.csv")
    ```

    ## Looking at tables makes none

    ```python title="look.ipynb"
    # %%
    import pandas as pd
    a, b, c = pd.read_csv("in/a.csv"), pd.read_csv("in/b.csv"), pd.read_csv("in/c.csv")
    a.merge(b).merge(c).merge(b).merge(c).merge(b).merge(c).merge(b).merge(c).plot()
    ```

    ## A registry of datasets

    ```python title="datasets.py"
    import pandas as pd
    LOADERS = {
        "a": lambda: pd.read_csv("a.csv"), "b": lambda: pd.read_csv("b.csv"),
        "c": lambda: pd.read_csv("c.csv"), "d": lambda: pd.read_csv("d.csv"),
        "e": lambda: pd.read_csv("e.csv"), "f": lambda: pd.read_csv("f.csv"),
        "g": lambda: pd.read_csv("g.csv"), "h": lambda: pd.read_csv("h.csv"),
        "i": lambda: pd.read_csv("i.csv"), "j": lambda: pd.read_csv("j.csv"),
        "k": lambda: pd.read_csv("k.csv"),
    }
    ```
    """

    minutes = 60
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file that touches too much data or joins too often."""
        reads: dict[str, dict[str, DataAccess]] = defaultdict(dict)
        writes: dict[str, dict[str, DataAccess]] = defaultdict(dict)
        reading: set[tuple[str, Span]] = set()
        writing: set[tuple[str, Span]] = set()
        for artifact in project.artifacts:
            if artifact.kind in _KINDS and not _REPORT.search(artifact.name):
                _add(reads, artifact.name, artifact.reads, reading)
                _add(writes, artifact.name, artifact.writes, writing)
        if is_teaching(project):
            return
        feeding = {handoff.producer for handoff in project.handoffs}
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            mine, made = reads.get(source.path, {}), writes.get(source.path, {})
            if not mine or is_library(project, source.path):
                continue
            joins = [call for call in source.facts.calls if _joins(call)]
            mixes = len(joins) >= _MOST_JOINS and len(mine) >= _FEWEST_JOINED
            if len(mine.keys() | made.keys()) < _MOST_DATA and not mixes:
                continue
            if not joins and not made and _is_registry(source, mine):
                continue
            is_explored = source.kind is Kind.NOTEBOOK or is_exported_notebook(source)
            is_aside = is_explored and source.path not in feeding
            if is_aside and not made:
                continue  # it looks at data, and makes none
            related = [Related(access.origin, f"reads `{name}`") for name, access in list(mine.items())[:8]]
            related += [Related(access.origin, f"writes `{name}`") for name, access in list(made.items())[:4]]
            related += [Related(source.location(call.span), "joins") for call in joins[:4]]
            joined = f" and joins {len(joins)} time{_s(joins)}" if joins else ""
            yield self.finding(
                source.location(Span.at(1)),
                f"this file reads {_counted(mine)}{',' if joins else ' and'} writes {len(made)}{joined}:"
                " it is a pipeline in one file",
                related=related,
                severity=Severity.INFO if is_aside else None,
            )


def _add(
    found: dict[str, dict[str, DataAccess]],
    name: str,
    accesses: tuple[DataAccess, ...],
    seen: set[tuple[str, Span]],
) -> None:
    """Note what a file accesses by calls of its own; a loop over a list of paths is one of them."""
    for access in accesses:
        mine = found[access.component]
        call = (access.component, access.call.span)
        if access.source.path == access.component and call not in seen and name not in mine:
            mine[name] = access
            seen.add(call)


def _is_registry(source: SourceFacts, mine: Mapping[str, DataAccess]) -> bool:
    """Whether all datasets are read by functions, for others to call."""
    return all(source.scope_of(access.call.block) != 0 for access in mine.values())


def _joins(call: facts.Call) -> bool:
    method = call.func.name if isinstance(call.func, facts.Attr) else ""
    return method in _JOINS or call.name.rpartition(".")[2] in _JOINS


def _counted(found: Sized) -> str:
    return f"{len(found)} dataset{_s(found)}"


def _s(found: Sized) -> str:
    return "" if len(found) == 1 else "s"
