"""The rule `pipeline-cycle`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from mldebt import Finding, Handoff, Profile, Project, Related, Rule, Severity, component_of, influences

_STATE = re.compile(
    r"cache|tmp|temp|ckpt|checkpoint|state|history|log|(settings|config|params)[^/]*\.(json|ya?ml|toml|ini)$",
    re.IGNORECASE,
)


class PipelineCycle(Rule):
    """Steps read each other's files: none of them can be the first, and each run starts from the last one's output.

    The result depends on how often the circle has been gone round. Sculley et al. 2015, section 5: pipeline jungles.

    ## How to repair

    Move what both steps need into a step before them.

    ## Features need statistics that need features

    ```python title="features.py"
    import pandas as pd
    stats = pd.read_csv("work/column_stats.csv")
    pd.read_csv("raw/orders.csv").to_parquet("work/order_features.parquet")  # expect: pipeline-cycle
    ```

    ```python title="stats.py"
    import pandas as pd
    pd.read_parquet("work/order_features.parquet").describe().to_csv("work/column_stats.csv")
    ```

    ## A straight line

    ```python title="stats.py"
    import pandas as pd
    pd.read_csv("raw/orders.csv").describe().to_csv("work/column_stats.csv")
    ```

    ```python title="features.py"
    import pandas as pd
    stats = pd.read_csv("work/column_stats.csv")
    pd.read_csv("raw/orders.csv").to_parquet("work/order_features.parquet")
    ```

    ## One file that both rewrite is `competing-writers`

    ```python title="add.py"
    import pandas as pd
    pd.read_csv("work/orders_clean.csv").dropna().to_csv("work/orders_clean.csv")
    ```

    ```python title="drop.py"
    import pandas as pd
    pd.read_csv("work/orders_clean.csv").drop_duplicates().to_csv("work/orders_clean.csv")
    ```

    ## Each other's checkpoints are state

    ```python title="a.py"
    import pandas as pd
    pd.read_csv("work/state_b.csv")
    pd.DataFrame().to_csv("work/state_a.csv")
    ```

    ```python title="b.py"
    import pandas as pd
    pd.read_csv("work/state_a.csv")
    pd.DataFrame().to_csv("work/state_b.csv")
    ```

    ## A history that is read up to a day, settings that a script sets up

    ```python title="score.py"
    import pandas as pd
    rows = pd.read_parquet("work/order_features.parquet")
    pd.concat([pd.read_csv("work/history.csv"), rows]).to_csv("work/history.csv")
    ```

    ```python title="features.py"
    import pandas as pd
    past = pd.read_csv("work/history.csv")
    past[past["day"] < as_of].to_parquet("work/order_features.parquet")
    ```

    ```python title="set_up.py"
    import json
    import pandas as pd
    json.dump({"rows": len(pd.read_csv("work/seen.csv"))}, open("settings.json", "w"))
    ```

    ```python title="see.py"
    import json
    import pandas as pd
    pd.DataFrame(json.load(open("settings.json"))).to_csv("work/seen.csv")
    ```
    """

    severity = Severity.ERROR
    profile = Profile.CI
    minutes = 60

    def check(self, project: Project) -> Iterator[Finding]:
        """Report each strongly connected group of components once, with one circle through it."""
        edges = {
            (component_of(handoff.producer), component_of(handoff.consumer)): handoff
            for handoff in project.handoffs
            if handoff.is_sure and handoff.artifact.kind != "model" and not _STATE.search(handoff.artifact.name)
        }
        if not _may_turn(edges):
            return
        import networkx

        graph: networkx.DiGraph[str] = networkx.DiGraph()
        for (producer, consumer), handoff in edges.items():
            graph.add_edge(producer, consumer, handoff=handoff)
        for group in sorted(networkx.strongly_connected_components(graph), key=min):
            if len(group) < 2:
                continue
            circle = networkx.find_cycle(graph.subgraph(group), min(group))
            handoffs = [graph.edges[edge[0], edge[1]]["handoff"] for edge in circle]
            if len({h.artifact.name for h in handoffs}) < 2 or _is_feedback(project, handoffs):
                continue
            steps = " -> ".join(f"{h.producer} -> {h.artifact.name}" for h in handoffs)
            related = []
            for handoff in handoffs:
                related.append(Related(handoff.write.origin, f"`{handoff.artifact.name}` is written here"))
                related.append(Related(handoff.read.origin, f"`{handoff.artifact.name}` is read here"))
            yield self.finding(
                handoffs[0].write.origin,
                f"Components depend on each other's files: `{steps} -> {handoffs[0].producer}`",
                related=related[1:],
            )


def _is_feedback(project: Project, circle: list[Handoff]) -> bool:
    """Whether the circle is one of models that are trained on each other's predictions, of which others speak."""
    edges = {(i.model, i.learner) for i in influences(project) if not set(circle).isdisjoint(i.steps)}
    direct = len(circle) == 2 and any(model == learner for model, learner in edges)
    return direct or _may_turn((model, learner) for model, learner in edges if model != learner)


def _may_turn(edges: Iterable[tuple[str, str]]) -> bool:
    """Whether there is a circle: hardly ever, and then alone is the graph library loaded."""
    order: TopologicalSorter[str] = TopologicalSorter()
    for producer, consumer in edges:
        order.add(consumer, producer)
    try:
        order.prepare()
    except CycleError:
        return True
    return False
