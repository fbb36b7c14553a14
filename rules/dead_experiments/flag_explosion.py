"""The rule `flag-explosion`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Location,
    Profile,
    Project,
    Related,
    Rule,
    Severity,
    Span,
)

_FEWEST_SWITCHES = 5
_LEAST_USED = 0.25


class FlagExplosion(Rule):
    """A training program has so many switches that nearly none of its paths is ever run.

    Every switch doubles the paths that a change can break. Which combinations work is not known, because only a few of
    them were ever selected. Sculley et al. 2015, section 5 (Dead Experimental Codepaths).

    ## How to repair

    Retire the switches that have one value, and compose the others from steps.

    ## Five switches, one configuration

    ```python title="train.py"
    import yaml  # expect: flag-explosion
    from sklearn.linear_model import LogisticRegression
    cfg = yaml.safe_load(open("params.yaml"))
    if cfg["use_text"]:
        X = text(X)
    if cfg["use_embeddings"]:
        X = embed(X)
    if cfg["balance"]:
        X = balance(X)
    if cfg["rank_target"]:
        y = rank(y)
    if cfg["two_steps"]:
        X = first(X)
    LogisticRegression().fit(X, y)
    ```

    ```yaml title="params.yaml"
    use_text: false
    use_embeddings: false
    balance: true
    rank_target: false
    two_steps: false
    ```

    ## Few switches

    ```python title="train.py"
    import yaml
    from sklearn.linear_model import LogisticRegression
    cfg = yaml.safe_load(open("params.yaml"))
    if cfg["use_text"]:
        X = text(X)
    if cfg["debug"]:
        print(X)
    LogisticRegression().fit(X, y)
    ```

    ```yaml title="params.yaml"
    use_text: false
    debug: true
    ```

    ## Switches that several configurations set

    ```python title="train.py"
    import yaml
    from sklearn.linear_model import LogisticRegression
    cfg = yaml.safe_load(open("params.yaml"))
    if cfg["use_text"]:
        X = text(X)
    if cfg["balance"]:
        X = balance(X)
    LogisticRegression().fit(X, y)
    ```

    ```yaml title="params.yaml"
    use_text: false
    balance: true
    ```

    ```yaml title="other.yaml"
    use_text: true
    balance: false
    ```

    ## Numbers, devices and what is logged are no experiments

    ```python title="train.py"
    import yaml
    from sklearn.linear_model import LogisticRegression
    cfg = yaml.safe_load(open("params.yaml"))
    if cfg["depth"] > 3:
        X = a(X)
    if cfg["rate"] > 0.1:
        X = b(X)
    if cfg["use_gpu"]:
        X = c(X)
    if cfg["verbose"]:
        print(X)
    if cfg["log_plots"]:
        plot(X)
    LogisticRegression().fit(X, y)
    ```

    ```yaml title="params.yaml"
    depth: 3
    rate: 0.2
    use_gpu: true
    verbose: false
    log_plots: false
    ```

    ## Switches that a sweep tries

    ```python title="train.py"
    import yaml
    from sklearn.linear_model import LogisticRegression
    cfg = yaml.safe_load(open("params.yaml"))
    if cfg["use_text"]:
        X = text(X)
    if cfg["use_embeddings"]:
        X = embed(X)
    if cfg["balance"]:
        X = balance(X)
    if cfg["rank_target"]:
        y = rank(y)
    if cfg["two_steps"]:
        X = first(X)
    LogisticRegression().fit(X, y)
    ```

    ```yaml title="sweep.yaml"
    method: grid
    parameters:
      use_text: {values: [true, false]}
      use_embeddings: {values: [true, false]}
      balance: {values: [true, false]}
      rank_target: {values: [true, false]}
      two_steps: {values: [true, false]}
    ```

    ## A library's users set its switches

    ```toml title="pyproject.toml"
    [project]
    name = "nets"
    classifiers = ["Programming Language :: Python"]
    ```

    ```python title="nets/train.py"
    import yaml
    from sklearn.linear_model import LogisticRegression
    cfg = yaml.safe_load(open("params.yaml"))
    if cfg["use_text"]:
        X = text(X)
    if cfg["use_embeddings"]:
        X = embed(X)
    if cfg["balance"]:
        X = balance(X)
    if cfg["rank_target"]:
        y = rank(y)
    if cfg["two_steps"]:
        X = first(X)
    LogisticRegression().fit(X, y)
    ```

    ```yaml title="params.yaml"
    use_text: false
    use_embeddings: false
    balance: true
    rank_target: false
    two_steps: false
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 60

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each training program with too many switches."""
        seen: set[frozenset[Location]] = set()
        for space in project.experiments:
            source = space.source
            places = frozenset(switch.location for switch in space.switches)
            if places in seen:
                continue  # the same switches, in another program
            seen.add(places)
            if source.source.is_any(*self.skip_roles):
                continue
            if len(space.switches) >= _FEWEST_SWITCHES and space.utilisation < _LEAST_USED:
                names = ", ".join(f"`{switch.name}`" for switch in space.switches[:8])
                yield self.finding(
                    source.location(Span.at(1)),
                    f"{len(space.switches)} independent switches ({names}) make {space.paths} paths; what is committed "
                    f"selects {space.selected} ({space.utilisation:.1%})",
                    related=[
                        Related(s.location, f"`{s.name}` takes {s.size} values") for s in space.switches[:10]
                    ],
                )
