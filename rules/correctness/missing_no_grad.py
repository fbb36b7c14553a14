"""The rule `missing-no-grad`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial

from mldebt import (
    Finding,
    Fix,
    Kind,
    Profile,
    Project,
    Related,
    Rule,
    SourceFacts,
    Span,
    blocks_without_grad,
    called_without_grad,
    facts,
    written,
)

_FRAMEWORKS = frozenset({"pytorch_lightning", "lightning", "fastai", "ignite", "catalyst", "skorch", "composer"})
_GRADIENTS = frozenset(
    {"backward", "grad", "requires_grad_", "autograd", "set_grad_enabled", "attribute", "captum"}
)
_OLD_WAYS = frozenset({"volatile", "requires_grad"})  # a file that uses them knows what it does
_LOOPS = frozenset({"for", "while", "comprehension"})


class MissingNoGrad(Rule):
    """A loop predicts with a PyTorch model and builds the graph for gradients that nobody wants.

    Outside `torch.no_grad()` every prediction remembers how it was made. What is collected over a data set keeps all of
    that alive: memory grows with the number of batches, and a larger validation set ends in "out of memory". Zhang et
    al. 2022 list its kin as "Memory Not Freed".

    ## How to repair

    Put the loop under `with torch.no_grad():` (or `torch.inference_mode()`), or decorate the function.

    ## Switched to evaluation, and no more

    ```python title="evaluate.py"
    import torch

    def evaluate(net, loader):
        net.eval()
        outputs = []
        for x, y in loader:
            outputs.append(net(x))  # expect: missing-no-grad
        return outputs
    ```

    ## Fixed

    ```python title="evaluate.py"
    import torch

    @torch.no_grad()
    def evaluate(net, loader):
        net.eval()
        outputs = []
        for x, y in loader:
            outputs.append(net(x))
        return outputs
    ```

    ## In a notebook

    ```python title="evaluate.ipynb"
    # %%
    import torch
    model.eval()
    predictions = [model(x).cpu() for x in loader]  # expect: missing-no-grad
    ```

    ## Under a block, a decorator, the caller's block, or with parameters that need no gradients

    ```python title="evaluate.py"
    import torch
    def evaluate(net, loader):
        net.eval()
        with torch.no_grad():
            return [net(x) for x in loader]
    @torch.inference_mode()
    def decorated(net, loader):
        net.eval()
        return [net(x) for x in loader]
    @smart_inference()
    def other(net, loader):
        net.eval()
        return [net(x) for x in loader]
    def inner(net, loader):
        net.eval()
        return [net(x) for x in loader]
    def outer(net, loader):
        with torch.no_grad():
            return inner(net, loader)
    def frozen(net, loader):
        net.eval().requires_grad_(False)
        return [net(x) for x in loader]
    ```

    ## Gradients are wanted, or one prediction is made

    ```python title="explain.py"
    import torch
    def saliency(net, loader):
        net.eval()
        for x, y in loader:
            x.requires_grad_()
            net(x).max().backward()
    def one(net, x):
        net.eval()
        return net(x)
    ```

    ## Hooks that a framework calls, its pipelines, adversarial examples

    ```python title="module.py"
    import pytorch_lightning as pl
    import torch

    class Net(pl.LightningModule):
        def predict_step(self, batches):
            self.eval()
            return [self(batch) for batch in batches]
    ```

    ```python title="classify.py"
    import torch
    from transformers import pipeline

    classify = pipeline("text-classification", model="acme/net", revision="24f92d3")
    classify.model.eval()
    labels = [classify(text) for text in texts]
    ```

    ```python title="attack.py"
    import torch

    def attack(net, loader):
        net.eval()
        for x, y in loader:
            x.requires_grad = True
            gradient = torch.autograd.grad(loss_fn(net(x), y), x)
    ```
    """

    profile = Profile.CI
    minutes = 2

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for the first such prediction of each function."""
        under: set[str] | None = None
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            header = source.facts.header
            modules = {module.partition(".")[0] for module in header.modules}
            if "eval" not in header.methods or "torch" not in modules or modules & _FRAMEWORKS:
                continue
            if "torch.set_grad_enabled" in header.names or not _OLD_WAYS.isdisjoint(source.facts.words):
                continue
            code_of = cache(partial(_Code, source))
            for call in source.facts.calls:
                if isinstance(call.func, facts.Attr) and call.func.name == "eval" and not call.args:
                    if under is None:
                        under = called_without_grad(project)
                    yield from self._after(project, code_of(source.scope_of(call.block)), call, under)

    def _after(self, project: Project, code: _Code, switch: facts.Call, under: set[str]) -> Iterator[Finding]:
        name = written(switch.func.base) if isinstance(switch.func, facts.Attr) else ""
        source = code.source
        function = source.function_of(code.scope)
        if not name or (function is not None and (function.decorators or function.name in under)):
            return  # a decorator may switch gradients off
        later = code.trained.get(name, switch.span) > switch.span  # then the loop may do both
        if code.has_gradients or later or name in code.layers:  # a single layer is used as a function
            return
        for call in code.asked.get(name, ()):
            if call.span > switch.span and _in_loop(source, call.block, code.scope):
                if any(block in code.quiet for block in source.ancestors(call.block)):
                    continue
                yield self.finding(
                    source.location(call.span),
                    f"`{name}(…)` builds a graph for gradients in each round: nothing switches them off in this loop",
                    related=[Related(source.location(switch.span), "only its mode is switched")],
                    scope=source.scope_name(call.block),
                    fix=_fix(project, source, function),
                )
                return


def _fix(project: Project, source: SourceFacts, function: facts.Function | None) -> Fix | None:
    """The decorator that switches gradients off in the whole function."""
    has_torch = any(fact.module == "torch" and fact.alias == "torch" for fact in source.facts.imports)
    syntax = project.syntax(source) if function is not None and has_torch else None
    edit = syntax.decorator(function.span, "@torch.no_grad()") if syntax and function is not None else None
    return None if edit is None else Fix("Decorate the function with `torch.no_grad`", (edit,))


def _is_layer(source: SourceFacts, value: facts.Expr | None) -> bool:
    name = source.facts.calls[value.call].name if isinstance(value, facts.Called) else ""
    return name.startswith("torch.nn.") and "Parallel" not in name


def _last(call: facts.Call) -> str:
    return call.func.name if isinstance(call.func, facts.Attr) else call.name.rpartition(".")[2]


class _Code:
    """The calls of a scope and of what is inside it: where models go back to training, and where they are asked."""

    def __init__(self, source: SourceFacts, scope: int) -> None:
        self.source, self.scope = source, scope
        self.trained: dict[str, Span] = {}
        self.asked: dict[str, list[facts.Call]] = {}
        self.has_gradients = False
        for call in (c for c in source.facts.calls if scope in source.ancestors(c.block)):
            self.has_gradients |= _last(call) in _GRADIENTS
            self.asked.setdefault(written(call.func), []).append(call)
            if _last(call) == "train" and isinstance(call.func, facts.Attr):
                name = written(call.func.base)
                self.trained[name] = max(call.span, self.trained.get(name, call.span))
        self.layers = {b.name for b in source.facts.bindings if _is_layer(source, b.value)}
        self.quiet = blocks_without_grad(source)


def _in_loop(source: SourceFacts, block: int, scope: int) -> bool:
    for ancestor in source.ancestors(block):
        if ancestor == scope:
            return False
        if source.facts.blocks[ancestor].kind in _LOOPS:
            return True
    return False
