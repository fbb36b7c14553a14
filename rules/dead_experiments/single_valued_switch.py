"""The rule `single-valued-switch`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, IdleSwitch, Project, Related, Rule


class SingleValuedSwitch(Rule):
    """A switch has the same value in every call, file and configuration: its other branch cannot be selected.

    A parameter that every caller gives the same value, an attribute that is set once to a literal, or a setting that
    is the same in all configurations is an experiment that ended without being removed. The code behind it is not
    tested and yet has to be read. Sculley et al. 2015, section 5: often only a small subset of the possible branches
    is actually used.

    ## How to repair

    Remove the switch together with the branch, or use it.

    ## A parameter that every caller gives the same value

    ```python title="train.py"
    from views import draw
    def main():
        option = 1
        draw([1, 2], option)
        draw([3], kind=1)
    main()
    ```

    ```python title="views.py"
    def draw(rows, kind):
        if kind == 0:  # expect: single-valued-switch
            for row in rows:
                print(row)
            print("all rows")
        elif kind == 1:
            print(len(rows))
    ```

    ## An attribute that is set once

    ```python title="config.py"
    class Config:
        def __init__(self):
            self.log_transform = False
            self.use_ranks = False  # expect: single-valued-switch
    ```

    ```python title="train.py"
    from config import Config
    def loss(config, target):
        if config.use_ranks:
            target = rank(target)
        return target.mean()
    loss(Config(), data)
    ```

    ## A setting that is the same in all configurations; one line may call a function of its own

    ```yaml title="conf/dev.yaml"
    train:
      use_embeddings: false  # expect: single-valued-switch
      use_vectors: false  # expect: single-valued-switch
    ```

    ```yaml title="conf/prod.yaml"
    train: {use_embeddings: false, use_vectors: false}
    ```

    ```python title="train.py"
    import yaml
    def add_vectors(frame):
        vectors = load("vectors")
        return frame.join(vectors.dropna())
    def run(path):
        with open("conf/prod.yaml") as stream:
            cfg = yaml.safe_load(stream)
        if cfg["train"]["use_embeddings"]:
            frame = embed(path)
            frame = frame.dropna().join(other)
            frame = frame.sort()
        if cfg["train"]["use_vectors"]:
            frame = add_vectors(path)
    run("a")
    ```

    ## Both values, and unknown values

    ```python title="steps.py"
    def clean(frame, by_word=False):
        if by_word:
            frame = frame.a()
            frame = frame.b()
            return frame.c()
    def join(frame, left=True):
        if not left:
            frame = frame.a()
            frame = frame.b()
            return frame.c()
    clean(1), clean(2, by_word=True)
    join(1, left=flag)
    ```

    ## An attribute that is set again, and debugging

    ```python title="model.py"
    class Model:
        def __init__(self):
            self.is_fitted = False
            self.debug_mode = False
        def fit(self):
            self.is_fitted = True
        def predict(self):
            if self.is_fitted:
                return 1
            if self.debug_mode:
                print(self)
    ```

    ## A function for others, called here by tests alone

    ```python title="hubconf.py"
    def resnet(pretrained=False):
        if pretrained:
            a, b = load(1), load(2)
            c = load(a, b)
            return c
    ```

    ```python title="tests/test_hub.py"
    from hubconf import resnet
    resnet(pretrained=False)
    ```

    ## Selected by a document's command, a sweep, a notebook; wanted by a contract

    ```toml title="mldebt.toml"
    contract.flag = [{name = "left"}]
    ```

    ```python title="steps.py"
    def join(frame, left=True, outer=False, ranks=False):
        if not left:
            frame = frame.a()
            frame = frame.b()
            return frame.c()
        if outer:
            return frame.d().e().f()
    join(1)
    ```

    ```python title="explore.ipynb"
    # %%
    from steps import join
    join(1, outer=True)
    ```

    ```yaml title="conf/dev.yaml"
    use_ranks: false
    ```

    ```yaml title="conf/prod.yaml"
    use_ranks: false
    ```

    ```yaml title="sweep.yaml"
    use_ranks: [true, false]
    ```

    ```python title="train.py"
    import yaml
    cfg = yaml.safe_load(open("conf/prod.yaml"))
    if cfg["use_ranks"]:
        frame = frame.rank()
    ```

    ## An experiment of the last two months may still be running

    ```python title="train.py" changed="90 days ago"
    from views import draw
    draw([1, 2], 1, True)
    draw([3], 1, True)
    ```

    ```python title="views.py" changed="90 days ago"
    def draw(
        rows,
        kind,  # changed: 59 days ago
        fast,  # changed: 61 days ago
    ):
        if kind == 0:
            for row in rows:
                print(row)
            print("all rows")
        if not fast:  # expect: single-valued-switch
            for row in rows:
                print(row)
            print("all rows")
    ```

    ## What the README shows, groups of configurations, and how a run is watched

    ```python title="train.py"
    import argparse
    from steps import join
    parser = argparse.ArgumentParser()
    parser.add_argument("--ranks", default="no")
    args = parser.parse_args()
    if args.ranks == "yes":
        frame = frame.a()
        frame = frame.b()
        frame = frame.c()
    join(1, resume=False, device="cpu")
    ```

    ```python title="steps.py"
    def join(frame, resume=False, device="cpu"):
        if resume:
            frame = frame.a()
            frame = frame.b()
            return frame.c()
        if device == "cuda":
            frame = frame.a()
            frame = frame.b()
            return frame.c()
    ```

    ```text title="README.md"
        python train.py --ranks yes
    ```

    ```yaml title="conf/config.yaml"
    defaults: [{logger: csv}]
    ```

    ```yaml title="conf/logger/csv.yaml"
    use_csv: true
    ```

    ```yaml title="conf/logger/wandb.yaml"
    use_csv: true
    ```

    ## Tests select the other side

    ```python title="train.py"
    from views import draw
    draw([1, 2], 1)
    draw([3], 1)
    ```

    ```python title="views.py"
    def draw(rows, kind):
        if kind == 0:
            for row in rows:
                print(row)
            print("all rows")
    ```

    ```python title="tests/test_views.py"
    from views import draw
    draw([1], 0)
    ```
    """

    minutes = 20
    young_days: int = 60
    """Switches that were changed within so many days are left alone."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each switch that guards enough."""
        for idle in project.idle_switches:
            place = idle.switch.location
            if not project.ages.is_young(place.path, place.span, self.young_days):
                yield self._finding(idle)

    def _finding(self, idle: IdleSwitch) -> Finding:
        switch, lines = idle.switch, idle.lines
        home, first = idle.sides[0]
        where = switch.location if switch.kind != "parameter" else home.location(first.block.span)
        given = {"parameter": "in every call", "attribute": "everywhere", "setting": "in every configuration"}
        related = [Related(s.location(side.block.span), "never runs") for s, side in idle.sides[:5]]
        related = list(dict.fromkeys(related))
        related += [Related(place, "gives the value") for place in switch.places[:5]]
        return self.finding(
            where,
            f"`{switch.name}` is `{switch.value!r}` {given[switch.kind]}: {lines} line{'s' * (lines > 1)} that "
            "another value would select never run",
            related=[r for r in related if r.location != where],
            scope=home.scope_name(first.block.parent) if switch.kind == "parameter" else "",
        )
