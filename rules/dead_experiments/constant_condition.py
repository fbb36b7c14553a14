"""The rule `constant-condition`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Fix, Kind, Profile, Project, Rule, branch_removal, dead_sides, is_inert, written


class ConstantCondition(Rule):
    """A branch on a literal switches code off for good.

    `if False:` in front of an experiment keeps code in the main path that no run reaches: it is not tested, it
    rots when its surroundings change, and every reader has to find out that it does not matter. Sculley et al.
    2015, section 5 ("Dead Experimental Codepaths"), ask to re-examine each branch and to rip out what is unused.

    ## How to repair

    Delete the dead side. If the experiment is alive, choose it by a configuration value.

    ## A disabled experiment

    ```python title="train.py"
    params = {"depth": 3}
    if False:  # expect: constant-condition
        search = grid_search(model)
        params = search.best_params_
    model.set_params(**params)
    ```

    ## Fixed

    ```python title="train.py"
    params = {"depth": 3}
    model.set_params(**params)
    ```

    ## Forced on, with a side that is left behind

    ```python title="train.py"
    if True or args.refit:
        model = fit(X, y)
    else:  # expect: constant-condition
        model = load("model.pkl")
    scale = 0.5 if 1 == 2 else 1.0  # expect: constant-condition
    while 0:  # expect: constant-condition
        model = boost(model)
    ```

    ## An experiment in the middle of a chain, and one half of a test

    ```python title="src/train.py"
    def fit(kind, X, y):
        if kind == "linear":
            return linear(X, y)
        elif None:  # expect: constant-condition
            return forest(X, y)
        elif kind == "boost" and not True:  # expect: constant-condition
            return boost(X, y)
    ```

    ## In a notebook

    ```python title="explore.ipynb"
    # %% [1]
    if 0:  # expect: constant-condition
        plot(df)
    ```

    ## Loops that run until they break, and branches that leave nothing dead

    ```python title="serve.py"
    while True:
        handle(queue.get())
        if True:
            log("handled")
    ```

    ## Tests that depend on something

    ```python title="train.py"
    from typing import TYPE_CHECKING

    if TYPE_CHECKING:
        from mypackage import Model
    if __debug__:
        check(df)
    if args.refit or False:
        fit(df)
    if args.refit and True:
        fit(df)
    ```

    ## Generated code and tests

    ```python title="schema_pb2.py"
    if False:
        register(descriptor)
    ```

    ```python title="tests/test_branches.py"
    if 0:
        run()
    ```

    ## For type checkers, a generator, a doctest, and code that writes code

    ```python title="stream.py"
    if False:
        from vendor import Tracer
    def rows():
        raise NotImplementedError
        if False:
            yield
    ```

    ```python title="steps.py"
    def skip(frame):
        \"""Nothing.

        >>> if False:
        ...     skip(frame)
        \"""
        return frame

    TEMPLATE = \"""
    if 0:
        run()
    \"""
    ```
    """

    profile = Profile.HOOK
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each side that a literal shuts off."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            for side in dead_sides(source):
                if is_inert(source, side):
                    continue
                keyword = "while" if side.block.kind == "while" else "if"
                lines = side.lines
                edits = branch_removal(source, [side])
                yield self.finding(
                    source.location(side.block.span),
                    f"`{keyword} {written(side.test)}` disables {lines} line{'s' if lines > 1 else ''}",
                    scope=source.scope_name(side.block.parent),
                    fix=Fix("Delete what never runs", edits) if edits else None,
                )
