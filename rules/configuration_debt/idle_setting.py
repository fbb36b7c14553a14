"""The rule `idle-setting`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Role, Rule, idle_settings


class IdleSetting(Rule):
    """A setting is taken over into a variable or an object and then used by nothing.

    Whoever changes it believes that something changes: the optimizer keeps its own momentum, the split its own seed.
    Sculley et al. 2015, section 6: it should be possible to detect unused or redundant settings.

    ## How to repair

    Hand the setting on to what it is meant for, or delete it.

    ## Kept in the object, and in a variable

    ```python title="trainer.py"
    import tensorflow as tf

    class Trainer:
        def __init__(self, config, loader):
            self.rate = config.rate
            self.beta1 = config.beta1  # expect: idle-setting
            self.beta2 = config.beta2
            self.loader = loader
        def train(self):
            return tf.train.AdamOptimizer(self.rate).minimize(self.loader)
    ```

    ```python title="split.py"
    from sklearn.ensemble import RandomForestRegressor

    def train(config, rows):
        seed = config["base"]["random_state"]  # expect: idle-setting
        depth = config["forest"]["depth"]
        return RandomForestRegressor(max_depth=depth).fit(rows)
    ```

    ## Read elsewhere, by name, or of the same object

    ```python title="model.py"
    class Model:
        def __init__(self, config, device):
            self.config = config
            self.device = device
            self.width = config.width
            self.depth = config.depth
        def build(self):
            return layers(self.width, getattr(self, "depth"))

    def place(model):
        return model.device, model.config
    ```

    ```python title="record.py"
    class Record:
        def __init__(self, args):
            self.rate = args.rate
        def show(self):
            return vars(self)
    ```

    ## Objects of frameworks, which read what they like

    ```python title="estimator.py"
    from sklearn.base import BaseEstimator

    class Clip(BaseEstimator):
        def __init__(self, low):
            self.low = low
    ```

    ## Looked at, and used under another name elsewhere

    ```python title="steps.py"
    def check(params):
        missing = params["columns"]
        assert missing, "columns"
    class Step:
        def __init__(self, args):
            self.root = args.root
    def run(args):
        return open(args.root), Step(args)
    ```
    """

    profile = Profile.AUDIT
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each class and each function with such settings."""
        for idle in idle_settings(project):
            if idle.source.source.is_any(*self.skip_roles):
                continue
            (name, span), *others = idle.names
            more = f" and {len(others)} more" if others else ""
            yield self.finding(
                idle.source.location(span),
                f"`{name}`{more} {'take' if others else 'takes'} a setting over, and nothing uses "
                f"{'them' if others else 'it'}",
                related=[Related(idle.source.location(s), f"nor `{n}`") for n, s in others],
                scope=idle.scope,
            )
