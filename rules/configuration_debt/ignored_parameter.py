"""The rule `ignored-parameter`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    facts,
    names_in,
    walk,
)

_OFTEN_MEANT_OTHERWISE = frozenset({"name", "key", "path", "title", "label"})
"""Parameters that have their name in common with a keyword of something else."""
_ALL_NAMES = frozenset({"locals", "vars", "eval", "exec", "super", "builtins.locals", "builtins.vars"})


class IgnoredParameter(Rule):
    """A parameter is never read, and a literal stands where its value should go.

    Whoever passes `batch_size=512` believes that it has an effect; the number in the body is what counts, and every
    comparison of runs that differ in this argument compares the same run. Sculley et al. 2015, section 6: it should
    be easy to see as a human how the configuration of two models differs, and hard to make manual errors in it.

    ## How to repair

    Pass the parameter on, or delete it.

    ## The value is written out instead

    ```python title="data.py"
    from torch.utils.data import DataLoader

    def load(root, batch_size=512, shuffle=True):  # expect: ignored-parameter
        return DataLoader(read(root), batch_size=32, shuffle=shuffle)
    ```

    ```python title="model.py"
    class Trainer:
        def fit(self, X, y, learning_rate):  # expect: ignored-parameter
            self.model = Booster(eta=0.1, learning_rate=0.05).fit(X, y)
    ```

    ## The parameter is read somewhere in the function

    ```python title="data.py"
    from torch.utils.data import DataLoader

    def load(root, batch_size, shuffle):
        train = DataLoader(read(root), batch_size=batch_size, shuffle=True)
        test = DataLoader(read(root), batch_size=1, shuffle=False)
        if shuffle:
            return train, test

    def each(paths, batch_size=8):
        def one(path):
            return DataLoader(read(path), batch_size=batch_size)
        return [one(path) for path in paths], DataLoader(read(paths), batch_size=1)

    def known(root, batch_size=8):
        return DataLoader(**locals()), DataLoader(root, batch_size=1)
    ```

    ## A parameter that is unread for another reason

    ```python title="hooks.py"
    def on_epoch_end(self, epoch, logs=None):
        save(self.model, path="last.h5")

    def build(width, name=None):
        width = 3
        return Layer(name="first", width=3)

    def abstract(batch_size):
        raise NotImplementedError
    ```

    ## Tests

    ```python title="tests/test_data.py"
    def fake(root, batch_size):
        return Loader(root, batch_size=1)
    ```
    """

    minutes = 10
    severity = Severity.WARNING
    profile = Profile.CI

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each function with such parameters."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            names = {param.name for function in source.facts.functions for param in function.params}
            literal: dict[str, list[facts.Call]] = {}
            for call in source.facts.calls:
                for keyword in call.keywords:
                    if keyword.name in names and _is_literal(keyword.value):
                        literal.setdefault(keyword.name, []).append(call)
            read_at_all = _bindings_used(source) if literal else frozenset()
            for function in source.facts.functions if literal else ():
                found = [
                    (param, calls)
                    for param in function.params
                    if param.name in literal
                    and param.name not in _OFTEN_MEANT_OTHERWISE
                    and param.binding not in read_at_all
                    and (calls := [c for c in literal[param.name] if _is_inside(source, function, c.block)])
                ]
                if found:
                    read = _names_read(source, function)
                    ignored = [(p, c) for p, c in found if p.name not in read and read.isdisjoint(_ALL_NAMES)]
                    if ignored:
                        yield self._finding(source, function, ignored)

    def _finding(
        self,
        source: SourceFacts,
        function: facts.Function,
        ignored: list[tuple[facts.Param, list[facts.Call]]],
    ) -> Finding:
        names = ", ".join(f"`{param.name}`" for param, _ in ignored)
        several = len(ignored) > 1
        return self.finding(
            source.location(source.facts.bindings[ignored[0][0].binding].span),
            f"`{function.qualname}` never reads its parameter{'s' if several else ''} {names}: a literal is passed"
            " on instead",
            related=[
                Related(source.location(call.span), f"`{param.name}` is written out here")
                for param, calls in ignored
                for call in calls[:5]
            ],
            severity=Severity.INFO if source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK) else None,
            scope=function.qualname,
        )


def _is_literal(value: facts.Expr) -> bool:
    """Whether a value is a number, a text or a truth value that is written out."""
    if isinstance(value, facts.Unary):
        value = value.operand
    return isinstance(value, facts.Const) and value.value is not None


def _bindings_used(source: SourceFacts) -> frozenset[int]:
    """The bindings that a file reads somewhere."""
    names = (names_in(use.expr) for use in source.facts.uses)
    return frozenset(index for refs in names for ref in refs for index in ref.bindings)


def _is_inside(source: SourceFacts, function: facts.Function, block: int) -> bool:
    return function.block in source.ancestors(block)


def _names_read(source: SourceFacts, function: facts.Function) -> set[str]:
    """The names that the body of a function reads or binds anew, those of functions inside included."""
    all_ = source.facts
    exprs: list[facts.Expr | None] = [u.expr for u in all_.uses if _is_inside(source, function, u.block)]
    names: set[str] = set()
    for call in all_.calls:
        if _is_inside(source, function, call.block):
            exprs += [call.func, *call.args, *(keyword.value for keyword in call.keywords)]
            names.add(call.name)
    exprs += [b.test for b in all_.blocks if _is_inside(source, function, b.parent)]
    exprs += [r.value for r in all_.returns if _is_inside(source, function, r.block)]
    for store in all_.stores:
        if _is_inside(source, function, store.block):
            exprs += [store.target, store.value]
    for binding in all_.bindings:
        if _is_inside(source, function, binding.block):
            exprs.append(binding.value)
            if binding.kind != "parameter" or binding.block != function.block:
                names.add(binding.name)
    for condition in all_.conditions:
        if _is_inside(source, function, condition.block):
            exprs.append(condition.comparison)
    return names | {part.name for expr in exprs for part in walk(expr) if isinstance(part, facts.Ref)}
