"""The rule `jungle-node`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import (
    Artifact,
    DataAccess,
    Finding,
    Kind,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Span,
    facts,
    is_library,
)

_MOST_DATA = 10
_MOST_JOINS = 8
_JOINS = frozenset({"merge", "merge_asof", "merge_ordered"})
_KINDS = frozenset({"dataset", "table"})


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

    ## Tests, and paths that are only listed

    ```python title="paths.py"
    A, B, C, D, E = "a.csv", "b.csv", "c.csv", "d.csv", "e.csv"
    F, G, H, I, J = "f.csv", "g.csv", "h.csv", "i.csv", "j.csv"
    ```
    """

    minutes = 60
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file that touches too much data or joins too often."""
        reads: dict[str, dict[str, DataAccess]] = defaultdict(dict)
        writes: dict[str, dict[str, DataAccess]] = defaultdict(dict)
        for artifact in project.artifacts:
            if artifact.kind in _KINDS:
                _add(reads, artifact, artifact.reads)
                _add(writes, artifact, artifact.writes)
        feeding = {handoff.producer for handoff in project.handoffs}
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            mine, made = reads.get(source.path, {}), writes.get(source.path, {})
            if not mine or is_library(project, source.path):
                continue
            joins = [call for call in source.facts.calls if _joins(call)]
            if len(mine.keys() | made.keys()) < _MOST_DATA and len(joins) < _MOST_JOINS:
                continue
            is_aside = source.kind is Kind.NOTEBOOK and source.path not in feeding
            related = [Related(access.origin, f"reads `{name}`") for name, access in list(mine.items())[:8]]
            related += [Related(access.origin, f"writes `{name}`") for name, access in list(made.items())[:4]]
            related += [Related(source.location(call.span), "joins") for call in joins[:4]]
            yield self.finding(
                source.location(Span.at(1)),
                f"this file reads {len(mine)} datasets, writes {len(made)} and joins {len(joins)} times:"
                " it is a pipeline in one file",
                related=related,
                severity=Severity.INFO if is_aside else None,
            )


def _add(found: dict[str, dict[str, DataAccess]], artifact: Artifact, accesses: tuple[DataAccess, ...]) -> None:
    """Note what a file accesses by calls of its own; a loop over a list of paths is one of them."""
    for access in accesses:
        mine = found[access.component]
        if access.source.path == access.component and access.call not in [other.call for other in mine.values()]:
            mine.setdefault(artifact.name, access)


def _joins(call: facts.Call) -> bool:
    if isinstance(call.func, facts.Attr) and call.func.name in _JOINS:
        return True
    name = call.name.rpartition(".")[2]
    return name in ("concat", "merge") and any(
        k.name == "axis" and k.value == facts.Const(1) for k in call.keywords
    )
