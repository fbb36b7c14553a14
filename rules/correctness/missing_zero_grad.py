"""The rule `missing-zero-grad`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from mldebt import Finding, Kind, Project, Related, Rule, Severity, SourceFacts, facts, walk

_LOOPS = ("for", "while")
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
            if uses_torch and "backward" in header.methods:
                code = _Code(source)
                for loop in sorted(code.in_loop):
                    yield from self._in_loop(code, loop)

    def _in_loop(self, code: _Code, loop: int) -> Iterator[Finding]:
        source = code.source
        directly = code.in_loop[loop]
        backward = next((c for c in directly if _method(c) == "backward" and c.bare), None)
        step = next((c for c in directly if _is_step(c)), None)
        if backward is None or step is None or not _runs_always(source, step, loop):
            return  # gradients are accumulated on purpose
        if code.clears_somewhere(loop) or code.hands_on_optimizer(step, loop):
            return
        yield self.finding(
            source.location(backward.span),
            "the loop never clears the gradients: every step follows the sum of all batches so far",
            related=[Related(source.location(step.span), "steps")],
            scope=source.scope_name(backward.block),
        )


def _method(call: facts.Call) -> str:
    return call.func.name if isinstance(call.func, facts.Attr) else ""


class _Code:
    """The calls of a file by the loops that they stand in, and where it clears gradients."""

    def __init__(self, source: SourceFacts) -> None:
        self.source = source
        self.in_loop: dict[int, list[facts.Call]] = {}
        """By the innermost loop of the same function."""
        self._inside: dict[int, list[facts.Call]] = {}
        self._clearing: set[int] = set()
        self._homes: set[int] = set()
        self._sets_grad = any(
            isinstance(s.target, facts.Attr) and s.target.name == "grad" for s in source.facts.stores
        )
        for call in source.facts.calls:
            self._add(call)

    def _add(self, call: facts.Call) -> None:
        blocks = self.source.facts.blocks
        around = list(self.source.ancestors(call.block))
        for block in around:
            if blocks[block].kind in _LOOPS:
                self._inside.setdefault(block, []).append(call)
        nearest = next((b for b in around if blocks[b].kind in (*_LOOPS, "function", "lambda", "class")), 0)
        if blocks[nearest].kind in _LOOPS:
            self.in_loop.setdefault(nearest, []).append(call)
        if "zero" in _method(call) or "zero_grad" in call.name:
            self._clearing.update(around)
            self._homes.add(self._home(call.block))

    def _home(self, block: int) -> int:
        kinds = ("function", "module")
        return next(b for b in self.source.ancestors(block) if self.source.facts.blocks[b].kind in kinds)

    def clears_somewhere(self, loop: int) -> bool:
        """Whether gradients are cleared in the loop, or anywhere in another function, which the loop may call."""
        return self._sets_grad or loop in self._clearing or bool(self._homes - {self._home(loop)})

    def hands_on_optimizer(self, step: facts.Call, loop: int) -> bool:
        """Whether the loop gives the optimizer, or the object that owns it, to something else."""
        name = _last_name(step.func.base) if isinstance(step.func, facts.Attr) else ""
        inside = self._inside[loop]
        given = (a for call in inside for a in (*call.args, *(keyword.value for keyword in call.keywords)))
        return any(_last_name(part) == name for argument in given for part in walk(argument))


def _is_step(call: facts.Call) -> bool:
    func = call.func
    return isinstance(func, facts.Attr) and func.name == "step" and bool(_OPTIMIZER.search(_last_name(func.base)))


def _last_name(expr: facts.Expr) -> str:
    return expr.name if isinstance(expr, facts.Ref | facts.Attr) else ""


def _runs_always(source: SourceFacts, call: facts.Call, loop: int) -> bool:
    """Whether a call runs in every iteration: nothing between it and the loop is conditional."""
    between = takewhile(lambda block: block != loop, source.ancestors(call.block))
    return all(source.facts.blocks[block].kind in ("with", "try") for block in between)
