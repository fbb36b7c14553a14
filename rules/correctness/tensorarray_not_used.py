"""The rule `tensorarray-not-used`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Rule, Severity, SourceFacts, facts, qualified, walk

_GROWING = frozenset({"tensorflow.concat", "tensorflow.stack"})
_COMPILED = frozenset({"tensorflow.function", "tensorflow.contrib.eager.defun"})


class TensorarrayNotUsed(Rule):
    """A tensor grows in a loop of a compiled function.

    In a `tf.function` each round makes a new tensor that holds all rounds before: memory and time grow with the square
    of the length, and a shape that changes in the loop is an error in graph mode. Zhang et al. 2022 list it as
    "TensorArray Not Used". It is rare, and off unless it is selected.

    ## How to repair

    Write to a `tf.TensorArray` and call `stack()` after the loop.

    ## Concatenated in a loop over a tensor

    ```python title="series.py"
    import tensorflow as tf

    @tf.function
    def fibonacci(n):
        c = tf.constant([1, 1])
        for i in tf.range(n):
            c = tf.concat([c, [c[-1] + c[-2]]], 0)  # expect: tensorarray-not-used
        return c
    ```

    ## An array, a loop that Python unrolls, eager code

    ```python title="series.py"
    import tensorflow as tf

    @tf.function
    def fibonacci(n):
        c = tf.TensorArray(tf.int32, n)
        for i in tf.range(n):
            c = c.write(i, i)
        return c.stack()

    @tf.function
    def unrolled(x):
        for i in range(3):
            x = tf.concat([x, x], 0)
        return x

    def eager(n):
        c = tf.constant([1, 1])
        for i in tf.range(n):
            c = tf.concat([c, c], 0)
        return c
    ```

    ## Joined, but not to what it was

    ```python title="series.py"
    import tensorflow as tf

    @tf.function
    def last(n, x):
        y = x
        for i in tf.range(n):
            y = tf.concat([x, x], 0)
        return y
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    default = False
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each name that is joined to itself in such a loop."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if _GROWING.isdisjoint(source.facts.header.names):
                continue
            for binding in source.facts.bindings:
                value = binding.value
                if binding.kind != "assign" or not isinstance(value, facts.Called):
                    continue
                call = source.facts.calls[value.call]
                if (
                    call.name in _GROWING
                    and _grows(call, binding.name)
                    and _in_compiled_loop(source, binding.block)
                ):
                    yield self.finding(
                        source.location(binding.span),
                        f"`{binding.name}` is copied in each round of a compiled loop: `tf.TensorArray` grows in place",
                        scope=source.scope_name(binding.block),
                    )


def _grows(call: facts.Call, name: str) -> bool:
    parts = (part for argument in call.args[:1] for part in walk(argument))
    return any(isinstance(part, facts.Ref) and part.name == name for part in parts)


def _in_compiled_loop(source: SourceFacts, block: int) -> bool:
    """Whether a block lies in a loop over a tensor, inside a function that TensorFlow compiles."""
    looped = False
    for ancestor in source.ancestors(block):
        found = source.facts.blocks[ancestor]
        if found.kind == "for" and isinstance(found.test, facts.Called):
            looped |= source.facts.calls[found.test.call].name == "tensorflow.range"
        function = source.function_of(ancestor)
        if function is not None:
            return looped and any(_compiles(source, decorator) for decorator in function.decorators)
    return False


def _compiles(source: SourceFacts, decorator: facts.Expr) -> bool:
    if isinstance(decorator, facts.Called):
        return source.facts.calls[decorator.call].name in _COMPILED
    return qualified(source, decorator) in _COMPILED
