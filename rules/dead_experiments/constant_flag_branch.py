"""The rule `constant-flag-branch`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    DeadSide,
    Finding,
    Fix,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Switch,
    branch_removal,
    dead_sides,
    is_exported_notebook,
    is_library,
    is_wanted,
)

_NO_EXPERIMENT = re.compile(
    r"_*((\w+_)?(debug|dbg|verbose|verbosity|quiet|testing|trace|dry_?run)|__\w+__|has_\w+|(?-i:is_\w+)|\w+_available)$",
    re.IGNORECASE,
)

_OFFERS = re.compile(r"\bset (it |this )?to (true|1|on)\b|\bsecurity\b|\boptional\b|\bor ?:", re.IGNORECASE)


class ConstantFlagBranch(Rule):
    """A switch that nothing ever sets keeps one side of its branches dead.

    `USE_TFIDF = False` at the top of a script looks like a choice, but no command, configuration or caller makes
    it: the code behind it is an experiment that nobody runs and nobody dares to delete. Sculley et al. 2015,
    section 5 ("Dead Experimental Codepaths"): each such switch doubles the paths that a change can break.

    ## How to repair

    Delete the dead side and the switch. If the experiment is alive, make the switch a configuration value.

    ## A side that is never taken

    ```python title="features.py"
    USE_TFIDF = False  # expect: constant-flag-branch

    class Features:
        use_svd = False  # expect: constant-flag-branch

        def make(self, df):
            if self.use_svd:
                df = reduce(df)
            if USE_TFIDF:
                return tfidf(df)
            return words(df)
    ```

    ## Fixed

    ```python title="features.py"
    USE_TFIDF = False

    class Features:
        use_svd = False

        def make(self, df):
            return words(df)
    ```

    ## Several branches are one finding; a text can be a switch, and its name part of a test

    ```python title="train.py"
    MODEL = "xgb"  # expect: constant-flag-branch
    RESUME = None  # expect: constant-flag-branch
    if MODEL == "lgbm":
        model = build_lgbm()
    elif MODEL == "xgb":
        model = build_xgb()
    else:
        model = build_linear()
    if RESUME and exists("model.pkl"):
        model = load(RESUME)
    ```

    ## Set again, anywhere

    ```python title="train.py"
    CACHE = None
    FAST = False
    SMALL = False
    class Trainer:
        amp = clip = ema = False
        def step(self):
            global CACHE
            if CACHE is not None or FAST or SMALL:
                use(CACHE)
            if self.amp or self.clip or self.ema:
                scale()
            CACHE = load()
    class Averaged(Trainer):
        ema = True
    Trainer.build(clip=True).amp = True
    ```

    ```python title="quick.py"
    import train

    train.FAST = True
    setattr(train, "SMALL", True)
    ```

    ## Overridden by a configurator, or by a framework

    ```python title="train.py"
    compile_model = False
    exec(open("configurator.py").read())
    if compile_model:
        model = compiled(model)

    class Fit(framework.Task):
        resume = False
        def run(self):
            if self.resume:
                load()
    ```

    ## Not experiments; settings are for other modules to read, and in notebooks they are the user interface

    ```python title="app.py"
    DEBUG = False
    try:
        import torch
        HAS_TORCH = True
    except ImportError:
        HAS_TORCH = False
    if DEBUG or HAS_TORCH:
        show()
    ```

    ```python title="config.py"
    TASK = "all"
    SUFFIX = "_sample" if TASK == "sample" else ""
    ```

    ```python title="explore.ipynb"
    # %%
    PLOT = False
    # %%
    if PLOT:
        df.plot()
    ```

    ## Wanted by a contract; a platform that is asked for; an amount

    ```toml title="mldebt.toml"
    contract.flag = [{name = "USE_TFIDF", owner = "anna", expires = 2999-12-31}]
    ```

    ```python title="features.py"
    import sys
    USE_TFIDF = False
    IS_WINDOWS = sys.platform == "win32"
    CYCLE_WEIGHT = 0
    if USE_TFIDF or IS_WINDOWS or CYCLE_WEIGHT > 0:
        frame = tfidf(frame, CYCLE_WEIGHT)
    ```

    ## An experiment of this month may still be running

    ```python title="features.py" changed="90 days ago"
    USE_TFIDF = False  # changed: 12 days ago  # expect: constant-flag-branch as info
    if USE_TFIDF:
        frame = tfidf(frame)
    USE_SVD = False  # changed: 31 days ago  # expect: constant-flag-branch as warning
    if USE_SVD:
        frame = svd(frame)
    ```

    ## A setting that its comment offers

    ```python title="images.py"
    # Optional: set to True only if files of this machine may be read
    ALLOW_LOCAL_FILES = False
    VIEW = False  # or: int("18")
    def load(path, views):
        if ALLOW_LOCAL_FILES:
            return open(path).read()
        if VIEW:
            return views[VIEW]
    ```
    """

    profile = Profile.HOOK
    minutes = 15
    skip_roles = Rule.skip_roles | {Role.CONFIG, Role.NOTEBOOK}
    young_days: int = 30
    """A switch that was changed within so many days is worth an information only."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each switch that makes a branch dead."""
        for source in self.sources(project, Kind.PYTHON):
            for switch in project.switches.of(source):
                name = switch.binding.name
                if (
                    name not in source.tests_by_name
                    or _NO_EXPERIMENT.match(name)
                    or is_wanted(project, name)
                    or switch.is_amount
                    or _is_offered(switch)
                ):
                    continue
                if not name.startswith("_") and is_library(project, source.path):
                    continue  # a setting for its users
                sides = list(dead_sides(source, switch.value_of, name))
                if sides:
                    literal = {side.block for side in dead_sides(source, name=name)}
                    sides = [side for side in sides if side.block not in literal]
                if sides and not is_exported_notebook(source):
                    yield self._finding(project, switch, sides)

    def _finding(self, project: Project, switch: Switch, sides: list[DeadSide]) -> Finding:
        source, lines = switch.source, sum(side.lines for side in sides)
        young = project.ages.is_young(source.path, switch.binding.span, self.young_days)
        edits = branch_removal(source, sides)
        line = sides[0].block.span.line
        dead = (
            f"one side of the choice at line {line} is never taken"
            if all(side.block.kind == "ternary" for side in sides)
            else f"the {lines} line{'s' * (lines > 1)} it guards at line {line} can never run"
        )
        return self.finding(
            source.location(switch.binding.span),
            f"`{switch.binding.name}` is always `{switch.value.value!r}`: {dead}",
            related=[Related(source.location(side.block.span), "never runs") for side in sides],
            scope=switch.cls.qualname if switch.cls else "",
            fix=Fix("Delete what never runs", edits) if edits else None,
            severity=Severity.INFO if young else None,
        )


def _is_offered(switch: Switch) -> bool:
    """Whether a comment on the line of a switch, or right above, tells users when to set it."""
    line = switch.binding.span.line
    return any(line - 2 <= c.span.line <= line and _OFFERS.search(c.text) for c in switch.source.facts.comments)
