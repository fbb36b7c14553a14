"""The rule `manual-tiling`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Rule, Severity, SourceFacts, facts, walk

_TILES = frozenset({"tensorflow.tile", "numpy.tile", "jax.numpy.tile", "torch.tile"})
_ELEMENTWISE = frozenset({"+", "-", "*", "/", "**", "//", "%"})


class ManualTiling(Rule):
    """Data are repeated only to match the shape of what they are combined with.

    Broadcasting combines shapes without copying; tiling makes the copies first, and keeps them for the gradients. Zhang
    et al. 2022 list it as "Broadcasting Feature Not Used". It costs memory rather than correctness, so that the rule is
    off unless it is selected.

    ## How to repair

    Leave the repetition away, and insert axes (`x[:, None]`) where the shapes do not line up by themselves.

    ## Tiled in the expression, and just before it

    ```python title="model.py"
    import numpy as np
    import tensorflow as tf

    y = x + tf.tile(bias, [batch, 1])  # expect: manual-tiling
    weights = np.tile(row, (3, 1))  # expect: manual-tiling
    scaled = table * weights
    ```

    ## The copies themselves are wanted

    ```python title="model.py"
    import numpy as np
    import tensorflow as tf

    states = tf.concat([x, tf.tile(start, [batch, 1])], axis=1)
    grid = np.tile(row, (3, 1))
    np.save("grid.npy", grid)
    half = grid * 2
    pattern = np.tile([0, 1], 8)
    ```

    ## Broadcast

    ```python title="model.py"
    y = x + bias
    ```

    ## Fed to a layer; returned

    ```python title="model.py"
    import numpy as np
    import tensorflow as tf

    def states(x, start, layer):
        many = tf.tile(start, [batch, 1])
        return layer(many)

    def grid(row):
        return np.tile(row, (3, 1))
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    default = False
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each tiled operand of arithmetic that is used for nothing else."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if _TILES.isdisjoint(source.facts.header.names):
                continue
            operands, others = _operands(source)
            for index, call in enumerate(source.facts.calls):
                if call.name not in _TILES:
                    continue
                names = [
                    i
                    for i, b in enumerate(source.facts.bindings)
                    if b.value == facts.Called(index) and not b.path
                ]
                direct = facts.Called(index) in operands
                named = [facts.Ref(source.facts.bindings[i].name, (i,)) for i in names]
                if direct or (len(named) == 1 and named[0] in operands and named[0] not in others):
                    yield self.finding(
                        source.location(call.span),
                        f"`{call.name}` copies what broadcasting would combine without copies",
                        scope=source.scope_name(call.block),
                    )


def _operands(source: SourceFacts) -> tuple[list[facts.Expr], list[facts.Expr]]:
    """What stands beside another array in arithmetic, and what is used in any other way."""
    operands: list[facts.Expr] = []
    others: list[facts.Expr] = []
    held = source.facts
    roots = [b.value for b in held.bindings] + [r.value for r in held.returns] + [s.value for s in held.stores]
    roots += [a for c in held.calls for a in (*c.args, *(k.value for k in c.keywords))]
    for root in roots:
        inner: set[int] = set()
        for part in walk(root):
            if isinstance(part, facts.Binary) and part.operator in _ELEMENTWISE:
                sides = (part.left, part.right)
                if not any(isinstance(side, facts.Const) for side in sides):
                    operands += sides
                    inner.update(id(side) for side in sides)
            if isinstance(part, facts.Ref) and id(part) not in inner:
                others.append(part)
    return operands, others
