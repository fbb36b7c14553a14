"""The rule `retained-graph`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Project, Related, Rule, SourceFacts, Span, detaching_fix, facts, walk


class RetainedGraph(Rule):
    """A running total or list keeps the graphs of all losses alive.

    A loss tensor holds everything that was computed to get it. Adding it to a total, instead of its number, keeps the
    graph of every batch until the end: memory grows with each iteration. Zhang et al. 2022 list it as "Memory Not
    Freed".

    ## How to repair

    Add `loss.item()`, or append `loss.detach()`.

    ## Added up or collected

    ```python title="train.py"
    import torch

    total, losses = 0, []
    for x, y in loader:
        loss = loss_fn(net(x), y)
        loss.backward()
        total += loss  # expect: retained-graph
        losses.append(loss)  # expect: retained-graph
    ```

    ```python title="trainer.py"
    import torch

    class Trainer:
        def epoch(self):
            for x, y in self.loader:
                loss = self.loss(x, y)
                loss.backward()
                self.total += loss * len(x)  # expect: retained-graph
    ```

    ## Fixed

    ```python title="train.py"
    import torch

    total, losses = 0, []
    for x, y in loader:
        loss = loss_fn(net(x), y)
        loss.backward()
        total += loss.detach()
        losses.append(loss.detach())
    ```

    ```python title="trainer.py"
    import torch

    class Trainer:
        def epoch(self):
            for x, y in self.loader:
                loss = self.loss(x, y)
                loss.backward()
                self.total += loss.detach() * len(x)
    ```

    ## The number, or the total is what is propagated

    ```python title="train.py"
    import torch

    total, losses = 0, []
    for x, y in loader:
        loss = loss_fn(net(x), y)
        loss.backward()
        total += loss.item()
        losses.append(float(loss))
        loss = loss.detach()
        total += loss
    both = 0
    for x, y in loader:
        loss = loss_fn(net(x), y)
        both += loss
    both.backward()
    ```

    ## Made and propagated once for each batch

    ```python title="train.py"
    import torch

    for x, y in loader:
        parts = []
        loss = loss_fn(net(x), y)
        parts.append(loss)
        loss += penalty(net)
        torch.stack(parts).sum().backward()
    ```

    ## Without gradients; a name that says that it is a number

    ```python title="evaluate.py"
    import torch

    def train(net, loader):
        total: float = 0.0
        for x, y in loader:
            loss = loss_fn(net(x), y)
            loss.backward()
            total += float(loss.detach().cpu().numpy())
        return total

    def evaluate(net, loader):
        total = 0
        with torch.no_grad():
            for x, y in loader:
                loss = loss_fn(net(x), y)
                total += loss
        return total
    ```
    """

    minutes = 2

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each place that keeps a propagated loss."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            modules = source.facts.header.modules
            if "backward" not in source.facts.header.methods or not any(m.startswith("torch") for m in modules):
                continue
            calls = source.facts.calls
            backwards = [c for c in calls if isinstance(c.func, facts.Attr) and c.func.name == "backward"]
            mentioned = (part for call in backwards for part in _mentioned(source, call.func, 0))
            spread = {part.name for part in mentioned if isinstance(part, facts.Attr | facts.Ref)}
            kept = _Kept(source)
            for call in backwards:
                loss = call.func.base if isinstance(call.func, facts.Attr) else None
                if isinstance(loss, facts.Ref) and loss.bindings:
                    yield from self._kept(kept, call, loss, spread)

    def _kept(self, sums: _Kept, backward: facts.Call, loss: facts.Ref, spread: set[str]) -> Iterator[Finding]:
        source = sums.source
        loop = source.enclosing(backward.block, "for", "while", "function")
        if loop is None or loop.kind == "function":
            return
        for name, block, span in sums.of(loss):
            kept = source.is_within(block, loop) and not _starts_in(source, name, loop)
            if kept and name not in spread and name != loss.name:
                yield self.finding(
                    source.location(span),
                    f"`{name}` keeps the graph of every `{loss.name}`: memory grows with each iteration",
                    related=[Related(source.location(backward.span), "is propagated")],
                    scope=source.scope_name(block),
                    fix=detaching_fix(source, span, loss.name),
                )


def _mentioned(source: SourceFacts, expr: facts.Expr, depth: int) -> Iterator[facts.Expr]:
    """The parts of an expression, with those of the calls in it."""
    for part in walk(expr):
        yield part
        if isinstance(part, facts.Called) and depth < 5:
            call = source.facts.calls[part.call]
            for argument in (call.func, *call.args):
                yield from _mentioned(source, argument, depth + 1)


def _accumulations(source: SourceFacts) -> Iterator[tuple[str, facts.Expr, int, Span]]:
    """What is added to or appended: the accumulator's name, the value, and the place."""
    for binding in source.facts.bindings:
        if (
            binding.kind == "augmented"
            and isinstance(binding.value, facts.Binary)
            and binding.value.operator == "+"
        ):
            yield binding.name, binding.value.right, binding.block, binding.span
    for store in source.facts.stores:
        if store.operator == "+=" and isinstance(store.target, facts.Attr):
            yield store.target.name, store.value, store.block, store.span
    for call in source.facts.calls:
        func = call.func
        appends = isinstance(func, facts.Attr) and func.name == "append" and len(call.args) == 1
        if appends and isinstance(func, facts.Attr) and isinstance(func.base, facts.Ref | facts.Attr):
            yield func.base.name, call.args[0], call.block, call.span


class _Kept:
    """What is added to or appended in a file, by the tensors that it holds themselves or in plain arithmetic."""

    def __init__(self, source: SourceFacts) -> None:
        self.source = source
        self._sums: dict[tuple[str, int], list[tuple[Span, str, int]]] = {}
        for name, value, block, span in _accumulations(source):
            for part in _summands(value):
                for binding in {*part.bindings} - {-1}:
                    self._sums.setdefault((part.name, binding), []).append((span, name, block))

    def of(self, loss: facts.Ref) -> list[tuple[str, int, Span]]:
        """The accumulators that keep a loss, in textual order."""
        found = {kept for binding in loss.bindings for kept in self._sums.get((loss.name, binding), ())}
        return [(name, block, span) for span, name, block in sorted(found)]


def _summands(value: facts.Expr) -> Iterator[facts.Ref]:
    if isinstance(value, facts.Ref):
        yield value
    elif isinstance(value, facts.Binary):
        yield from _summands(value.left)
        yield from _summands(value.right)


def _starts_in(source: SourceFacts, name: str, loop: facts.Block) -> bool:
    """Whether an accumulator is made anew in each iteration."""
    assigned = (b for b in source.facts.bindings if b.name == name and b.kind == "assign")
    return any(source.is_within(binding.block, loop) for binding in assigned)
