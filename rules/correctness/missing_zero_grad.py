"""The rule `missing-zero-grad`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from mldebt import Finding, Kind, Project, Related, Rule, Severity, SourceFacts, facts, walk

_OPTIMIZER = re.compile(r"opt|adam|sgd", re.IGNORECASE)


class MissingZeroGrad(Rule):
    """Gradients are never cleared in a training loop.

    PyTorch adds the gradients of every `backward()` to those that are there already. Without `zero_grad()` each step
    follows the sum of all batches so far: the loss still falls for a while, and nothing fails. Zhang et al. 2022 list
    it as "Gradients Not Cleared Before Backward Propagation".

    ## How to repair

    Call `optimizer.zero_grad()` at the start of each iteration.

    ## Not cleared at all, or once before the loop

    ```python title="train.py"
    import torch

    def train(net, loader, loss_fn):
        optimizer = torch.optim.Adam(net.parameters())
        optimizer.zero_grad()
        for x, y in loader:
            loss = loss_fn(net(x), y)
            loss.backward()  # expect: missing-zero-grad
            optimizer.step()
    ```

    ```python title="train.ipynb"
    # %%
    import torch
    for x, y in loader:
        loss_fn(net(x), y).backward()  # expect: missing-zero-grad
        opt.step()
    ```

    ## Cleared: by the optimizer, the module, by hand

    ```python title="train.py"
    import torch

    for x, y in loader:
        opt.zero_grad(set_to_none=True)
        loss_fn(net(x), y).backward()
        opt.step()
    for x, y in loader:
        net.zero_grad()
        loss_fn(net(x), y).backward()
        opt.step()
    for x, y in loader:
        loss_fn(net(x), y).backward()
        opt.step()
        net.weight.grad = None
    ```

    ## Accumulated on purpose, closures, helpers that get the optimizer

    ```python title="train.py"
    import torch

    for i, (x, y) in enumerate(loader):
        loss_fn(net(x), y).backward()
        if i % 4 == 0:
            opt.step()
            opt.zero_grad()
    for x, y in loader:
        prepare(opt)
        loss_fn(net(x), y).backward()
        opt.step()
    for x, y in loader:
        loss_fn(net(x), y).backward()
        scheduler.step()
    ```

    ## A closure, two networks that take turns, a function around the step, the clearing in a branch

    ```python title="train.py"
    import torch

    def lbfgs(net, loader, optimizer):
        for x, y in loader:
            def closure():
                optimizer.zero_grad()
                loss = loss_fn(net(x), y)
                loss.backward()
                return loss
            optimizer.step(closure)

    def adversarial(generator, critic, opt_g, opt_d, loader):
        for real in loader:
            critic.zero_grad()
            critic_loss(real).backward()
            opt_d.step()
            generator.zero_grad()
            generator_loss(real).backward()
            opt_g.step()

    def accumulated(net, loader, opt):
        for i, (x, y) in enumerate(loader):
            if i % 4 == 0:
                opt.zero_grad()
            loss_fn(net(x), y).backward()
            opt.step()

    class Trainer:
        def one(self, batch):
            self.optimizer.zero_grad()
            self.loss(batch).backward()

        def all(self, loader):
            for batch in loader:
                self.one(batch)
                self.optimizer.step()
    ```
    """

    severity = Severity.ERROR
    minutes = 2

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each loop that steps without clearing."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            header = source.facts.header
            uses_torch = any(module.partition(".")[0] == "torch" for module in header.modules)
            for loop, block in enumerate(source.facts.blocks):
                if uses_torch and block.kind in ("for", "while") and "backward" in header.methods:
                    yield from self._in_loop(source, loop)

    def _in_loop(self, source: SourceFacts, loop: int) -> Iterator[Finding]:
        directly = [c for c in source.facts.calls if _innermost_loop(source, c.block) == loop]
        backward = next((c for c in directly if _method(c) == "backward" and c.bare), None)
        step = next((c for c in directly if _is_step(c)), None)
        if backward is None or step is None or not _runs_always(source, step, loop):
            return  # gradients are accumulated on purpose
        if _clears_somewhere(source, loop) or _hands_on_optimizer(source, step, loop):
            return
        yield self.finding(
            source.location(backward.span),
            "the loop never clears the gradients: every step follows the sum of all batches so far",
            related=[Related(source.location(step.span), "steps")],
            scope=source.scope_name(backward.block),
        )


def _method(call: facts.Call) -> str:
    return call.func.name if isinstance(call.func, facts.Attr) else ""


def _innermost_loop(source: SourceFacts, block: int) -> int | None:
    for ancestor in source.ancestors(block):
        kind = source.facts.blocks[ancestor].kind
        if kind in ("for", "while"):
            return ancestor
        if kind in ("function", "lambda", "class"):
            return None
    return None


def _is_step(call: facts.Call) -> bool:
    func = call.func
    return isinstance(func, facts.Attr) and func.name == "step" and bool(_OPTIMIZER.search(_last_name(func.base)))


def _last_name(expr: facts.Expr) -> str:
    return expr.name if isinstance(expr, facts.Ref | facts.Attr) else ""


def _runs_always(source: SourceFacts, call: facts.Call, loop: int) -> bool:
    """Whether a call runs in every iteration: nothing between it and the loop is conditional."""
    between = takewhile(lambda block: block != loop, source.ancestors(call.block))
    return all(source.facts.blocks[block].kind in ("with", "try") for block in between)


def _clears_somewhere(source: SourceFacts, loop: int) -> bool:
    """Whether gradients are cleared in the loop, or anywhere in another function, which the loop may call."""
    here = source.enclosing(loop, "function", "module")
    for call in source.facts.calls:
        if "zero" in _method(call) or "zero_grad" in call.name:
            inside = loop in source.ancestors(call.block)
            if inside or source.enclosing(call.block, "function", "module") is not here:
                return True
    return any(isinstance(s.target, facts.Attr) and s.target.name == "grad" for s in source.facts.stores)


def _hands_on_optimizer(source: SourceFacts, step: facts.Call, loop: int) -> bool:
    """Whether the loop gives the optimizer, or the object that owns it, to something else."""
    name = _last_name(step.func.base) if isinstance(step.func, facts.Attr) else ""
    inside = (call for call in source.facts.calls if loop in source.ancestors(call.block))
    given = (a for call in inside for a in (*call.args, *(keyword.value for keyword in call.keywords)))
    return any(_last_name(part) == name for argument in given for part in walk(argument))
