"""The rule `missing-eval-mode`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Fix,
    Kind,
    Profile,
    Project,
    Related,
    Rule,
    Severity,
    SourceFacts,
    blocks_without_grad,
    differs_in_training,
    facts,
    stuck_in_evaluation,
    walk,
    written,
)

_MODES = frozenset({"eval", "train"})
_FRAMEWORKS = frozenset({"pytorch_lightning", "lightning", "fastai", "ignite", "catalyst", "skorch", "composer"})


class MissingEvalMode(Rule):
    """A PyTorch model predicts, or goes on training, in the wrong mode.

    A model whose weights were just loaded is in training mode: dropout goes on dropping, and batch normalisation takes
    its statistics from the batch that it is given. Predictions are worse, differ from call to call, and depend on which
    rows are scored together; nothing fails. The other way round, a model that stays in evaluation mode trains without
    both. Zhang et al. 2022 list it as "Training / Evaluation Mode Improper Toggling".

    ## How to repair

    Call `net.eval()` after loading the weights and before the first prediction, and `net.train()` at the start of each
    epoch.

    ## Loaded, then used where no gradients are wanted

    ```python title="serve.py"
    import torch
    from torchvision import models
    def predict(x):
        net = models.vgg16()
        net.load_state_dict(torch.load("net.pt", weights_only=True))
        with torch.no_grad():
            return net(x)  # expect: missing-eval-mode
    ```

    ## Fixed

    ```python title="serve.py"
    import torch
    from torchvision import models
    def predict(x):
        net = models.vgg16()
        net.load_state_dict(torch.load("net.pt", weights_only=True))
        net.eval()
        with torch.no_grad():
            return net(x)
    ```

    ## In a class

    ```python title="predictor.py"
    import torch
    from torchvision import models
    class Predictor:
        def __init__(self):
            self.net = models.resnet50()
            self.net.load_state_dict(torch.load("net.pt", weights_only=True))
        @torch.no_grad()
        def predict(self, x):
            return self.net(x)  # expect: missing-eval-mode
    ```

    ## Switched for the validation, and not back for the next epoch

    ```python title="train.py"
    import torch
    from torchvision import models
    def train(loader, held_out, optimizer, loss_fn):
        net = models.resnet50()
        net.train()
        for epoch in range(10):
            for x, y in loader:
                optimizer.zero_grad()
                loss_fn(net(x), y).backward()
                optimizer.step()
            net.eval()  # expect: missing-eval-mode
            for x, y in held_out:
                print(loss_fn(net(x), y).item())
    ```

    ## Switched back, frozen on purpose, or given to a helper

    ```python title="train.py"
    import torch
    from torchvision import models
    def back(loader, optimizer, loss_fn):
        net = models.resnet50()
        for epoch in range(10):
            net.train()
            for x, y in loader:
                loss_fn(net(x), y).backward()
            net.eval()
    def frozen(net, loader, loss_fn):
        for x, y in loader:
            net.eval()
            loss_fn(net(x), y).backward()
    def helped(loader, optimizer, loss_fn):
        net = models.resnet50()
        for x, y in loader:
            prepare(net)
            loss_fn(net(x), y).backward()
            net.eval()
    ```

    ## Switched, by the model or by what holds it, or handed to somebody who may do it

    ```python title="serve.py"
    import torch
    from torchvision import models
    def predict(x):
        net = models.resnet50()
        net.load_state_dict(torch.load("net.pt", weights_only=True))
        net.train(False)
        with torch.no_grad():
            return net(x)
    def handed(x):
        net = models.resnet50()
        net.load_state_dict(prepare(net))
        with torch.no_grad():
            return net(x)
    ```

    ## Layers that do the same in both modes, and dropout that is wanted

    ```python title="serve.py"
    import torch
    from torch import nn
    class Net(nn.Sequential):
        def __init__(self):
            super().__init__(nn.Linear(3, 1))
    def predict(x):
        net = Net()
        net.load_state_dict(torch.load("net.pt", weights_only=True))
        with torch.no_grad():
            return net(x)
    def mc_dropout(x, net):
        net.load_state_dict(torch.load("net.pt", weights_only=True))
        with torch.no_grad():
            return net(x)
    ```

    ## Frameworks that switch by themselves, models of a hub, and training

    ```python title="light.py"
    import pytorch_lightning as pl
    import torch
    from torchvision import models
    def predict(x):
        net = models.resnet50()
        net.load_state_dict(torch.load("net.pt", weights_only=True))
        with torch.no_grad():
            return net(x)
    ```

    ```python title="hub.py"
    import torch
    from transformers import AutoModel
    def embed(tokens):
        net = AutoModel.from_pretrained("acme/net", revision="24f92d3")
        with torch.no_grad():
            return net(**tokens)
    ```
    """

    severity = Severity.ERROR
    profile = Profile.CI
    minutes = 2

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for the first prediction of each model that is never switched."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            header = source.facts.header
            packages = {module.partition(".")[0] for module in header.modules}
            if "torch" not in packages or _FRAMEWORKS & packages:
                continue
            yield from self._stuck(project, source)
            if "load_state_dict" not in header.methods:
                continue
            quiet = blocks_without_grad(source)
            for call in source.facts.calls if quiet else ():
                if isinstance(call.func, facts.Attr) and call.func.name == "load_state_dict":
                    yield from self._uses(project, source, call, call.func.base, quiet)

    def _stuck(self, project: Project, source: SourceFacts) -> Iterator[Finding]:
        for stuck in stuck_in_evaluation(project, source):
            yield self.finding(
                source.location(stuck.switch.span),
                f"`{stuck.name}` goes on training in evaluation mode: the loop never calls `{stuck.name}.train()`",
                related=[Related(source.location(stuck.step.span), "the next round trains it here")],
                scope=source.scope_name(stuck.switch.block),
            )

    def _uses(
        self, project: Project, source: SourceFacts, load: facts.Call, model: facts.Expr, quiet: frozenset[int]
    ) -> Iterator[Finding]:
        name, scope = written(model), source.scope_of(load.block)
        if not isinstance(model, facts.Ref):  # `self.net`, for which the whole class counts
            owner = source.enclosing(load.block, "class")
            if not name.startswith("self.") or owner is None or "eval" in source.facts.header.methods:
                return
            scope = source.facts.blocks.index(owner)
        if "dropout" in source.scope_name(load.block).lower() or not differs_in_training(project, source, model):
            return
        calls = [c for c in source.facts.calls if scope in source.ancestors(c.block)]
        use = next((c for c in calls if c.span > load.span and _is_use(source, c, name, quiet)), None)
        if use is None or any(_may_switch(c, name) for c in calls):
            return
        yield self.finding(
            source.location(use.span),
            f"`{name}` predicts in training mode: nothing calls `{name}.eval()` after its weights were loaded",
            related=[Related(source.location(load.span), "its weights are loaded here")],
            scope=source.scope_name(use.block),
            fix=_fix(project, source, load, name),
        )


def _fix(project: Project, source: SourceFacts, load: facts.Call, name: str) -> Fix | None:
    syntax = project.syntax(source)
    edit = syntax.line_after(load.span, f"{name}.eval()") if syntax is not None else None
    return None if edit is None else Fix(f"Call `{name}.eval()` after loading", (edit,))


def _is_use(source: SourceFacts, call: facts.Call, name: str, quiet: frozenset[int]) -> bool:
    return written(call.func) == name and any(block in quiet for block in source.ancestors(call.block))


def _may_switch(call: facts.Call, name: str) -> bool:
    """Whether a call switches some model, or is given this one."""
    if isinstance(call.func, facts.Attr) and call.func.name in _MODES:
        return True
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    return any(written(part) == name for argument in given for part in walk(argument))
