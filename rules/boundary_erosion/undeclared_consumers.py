"""The rule `undeclared-consumers`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import Confidence, Finding, Handoff, Project, Related, Role, Rule, component_of

_PASSING = re.compile(r"^http|(^|[/.])(cache|tmp|temp)s?/")


class UndeclaredConsumers(Rule):
    """Three or more components read the same product, and nothing declares who they are.

    Whoever changes the product, its columns, its scale or its place, cannot see whom that breaks; the readers in
    turn keep it from being changed. Sculley et al. 2015, section 2: undeclared consumers are visibility debt that
    creates a "hidden tight coupling" to other parts of the stack.

    ## How to repair

    Put one accessor, catalogue entry or stage in front of the data, and list its consumers in a contract.

    ## A scaler that everybody loads

    ```python title="train.py"
    import joblib
    scaler = object()
    joblib.dump(scaler, "models/scaler_v3.pkl")  # expect: undeclared-consumers
    ```

    ```python title="score_batch.py"
    import joblib
    scaler = joblib.load("models/scaler_v3.pkl")
    ```

    ```python title="serve_api.py"
    import joblib
    scaler = joblib.load("models/scaler_v3.pkl")
    ```

    ```python title="monitor.py"
    import joblib
    scaler = joblib.load("models/scaler_v3.pkl")
    ```

    ## One door

    ```python title="train.py"
    import joblib
    joblib.dump(object(), "models/scaler_v3.pkl")
    ```

    ```python title="artifacts.py"
    import joblib
    SCALER = joblib.load("models/scaler_v3.pkl")
    ```

    ```python title="serve_api.py"
    from artifacts import SCALER
    ```

    ```python title="monitor.py"
    from artifacts import SCALER
    ```

    ## A module that others ask for it; a service; what nothing here writes

    ```python title="train.py"
    import joblib
    joblib.dump(object(), "models/scaler_v3.pkl")
    ```

    ```python title="artifacts.py"
    import joblib
    def scaler():
        return joblib.load("models/scaler_v3.pkl")
    ```

    ```python title="serve_api.py"
    import pandas as pd, requests
    from artifacts import scaler
    scaler(), pd.read_csv("raw/world.csv"), requests.get("http://localhost:8000/health")
    ```

    ```python title="monitor.py"
    import pandas as pd, requests
    from artifacts import scaler
    scaler(), pd.read_csv("raw/world.csv"), requests.get("http://localhost:8000/health")
    ```

    ```python title="board.py"
    import pandas as pd, requests
    from artifacts import scaler
    scaler(), pd.read_csv("raw/world.csv"), requests.get("http://localhost:8000/health")
    ```

    ## Declared as stages; two consumers; tests do not count

    ```yaml title="dvc.yaml"
    stages:
      make: {cmd: python make.py, outs: [work/orders_clean.csv]}
      a: {cmd: python a.py, deps: [a.py, work/orders_clean.csv]}
      b: {cmd: python b.py, deps: [b.py, work/orders_clean.csv]}
      c: {cmd: python c.py, deps: [c.py, work/orders_clean.csv]}
    ```

    ```python title="make.py"
    import pandas as pd
    pd.DataFrame().to_csv("work/orders_clean.csv")
    pd.DataFrame().to_csv("work/shops_clean.csv")
    ```

    ```python title="a.py"
    import pandas as pd
    pd.read_csv("work/orders_clean.csv")
    pd.read_csv("work/shops_clean.csv")
    ```

    ```python title="b.py"
    import pandas as pd
    pd.read_csv("work/orders_clean.csv")
    pd.read_csv("work/shops_clean.csv")
    ```

    ```python title="c.py"
    import pandas as pd
    pd.read_csv("work/orders_clean.csv")
    ```

    ```python title="tests/test_shops.py"
    import pandas as pd
    pd.read_csv("work/shops_clean.csv")
    ```

    ## Figures of a run, what is kept for a while

    ```python title="train.py"
    import json, joblib
    json.dump({}, open("reports/metrics.json", "w")), joblib.dump(object(), "cache/rows.pkl")
    ```

    ```python title="a.py"
    import json, joblib
    json.load(open("reports/metrics.json")), joblib.load("cache/rows.pkl")
    ```

    ```python title="b.py"
    import json, joblib
    json.load(open("reports/metrics.json")), joblib.load("cache/rows.pkl")
    ```

    ```python title="c.py"
    import json, joblib
    json.load(open("reports/metrics.json")), joblib.load("cache/rows.pkl")
    ```

    ## One module reads it for most of them, by a name of the configuration

    ```python title="train.py"
    import joblib
    joblib.dump(object(), "models/scaler_v3.pkl")
    ```

    ```python title="settings.py"
    SCALER = "models/scaler_v3.pkl"
    ```

    ```python title="artifacts.py"
    import joblib, settings
    scaler = joblib.load(settings.SCALER)
    ```

    ```python title="serve_api.py"
    from artifacts import scaler
    ```

    ```python title="board.py"
    from artifacts import scaler
    ```

    ```python title="monitor.py"
    from artifacts import scaler
    ```
    """

    minutes = 30
    gathers = True
    minutes_per_consumer: int = 10
    fewest: int = 3
    """How many undeclared consumers are too many."""
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each product, at its first write."""
        consumers: dict[str, dict[str, Handoff]] = {}
        for handoff in project.handoffs:
            sources = (project.by_path[handoff.producer].source, project.by_path[handoff.consumer].source)
            address = handoff.artifact.address
            if _PASSING.search(str(address)) or not (address.ending or address.is_remote):
                continue
            if handoff.declared or not handoff.is_sure or any(s.is_any(*self.skip_roles) for s in sources):
                continue
            product = f"{handoff.artifact.subproject}:{address}"
            consumers.setdefault(product, {}).setdefault(component_of(handoff.consumer), handoff)
        groups: dict[tuple[str, ...], list[list[Handoff]]] = defaultdict(list)
        for readers in consumers.values():
            handoffs = self._apart(project, list(readers.values()))
            if len({_knowing(project, handoff) for handoff in handoffs}) >= self.fewest:
                groups[handoffs[0].producer, *sorted(h.consumer for h in handoffs)].append(handoffs)
        for products in groups.values():
            yield self._finding(products)

    def _finding(self, products: list[list[Handoff]]) -> Finding:
        """One finding for the products of one writer that the same components read."""
        handoffs, *others = products
        first = min(handoffs, key=lambda h: h.write.origin)
        shown = ", ".join(f"`{h.consumer}`" for h in handoffs[:4])
        shown += f" and {len(handoffs) - 4} more" if len(handoffs) > 4 else ""
        also = f" (as {'are' if len(others) > 1 else 'is'} {len(others)} more file{'s' * (len(others) > 1)})"
        related = [Related(h.read.origin, f"`{h.consumer}` reads it") for h in handoffs]
        related += [Related(found[0].write.origin, f"writes `{found[0].artifact.name}`") for found in others]
        return self.finding(
            first.write.origin,
            f"`{first.artifact.name}` is read by {len(handoffs)} components ({shown}){also if others else ''}, "
            "which no stage, catalogue or contract names",
            related=[r for r in dict.fromkeys(related) if r.location != first.write.origin],
            minutes=self.minutes + self.minutes_per_consumer * len(handoffs),
            confidence=Confidence.HIGH if len(handoffs) > self.fewest else Confidence.MEDIUM,
        )

    def _apart(self, project: Project, handoffs: list[Handoff]) -> list[Handoff]:
        """The hand-offs to different programs: a consumer that another one imports is a part of that one."""
        paths = {handoff.consumer for handoff in handoffs}
        return [
            h
            for h in handoffs
            if not project.imports.importers.get(h.consumer, frozenset()) & (paths - {h.consumer})
        ]


def _knowing(project: Project, handoff: Handoff) -> str:
    """The module that knows the name of the product: a consumer that asks another one for it need not."""
    door = handoff.read.source
    name = handoff.artifact.address.name
    if door.path == handoff.consumer or not name:
        return handoff.consumer
    knows = name in project.by_path[handoff.consumer].text() and name not in door.text()
    return handoff.consumer if knows else door.path
