"""The rule `direct-forward-call`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mldebt import Edit, Finding, Fix, Profile, Project, Rule, Safety, Site, Span, facts, is_module, written


class DirectForwardCall(Rule):
    """A PyTorch module's `forward` is called directly.

    Calling the module itself runs its hooks around `forward`: those of `DataParallel`, quantisation, profilers,
    spectral normalisation. A direct call leaves them out without a word. Zhang et al. 2022 list it as "PyTorch Call
    Method Misused".

    ## How to repair

    Call the module: `net(x)`.

    ## A module by its class, its library, its attribute

    ```python title="serve.py"
    import torch
    from torch import nn
    from torchvision import models

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(3, 1)

        def forward(self, x):
            return self.head.forward(x)  # expect: direct-forward-call

    net = Net()
    y = net.forward(x)  # expect: direct-forward-call
    z = models.resnet18().forward(x)  # expect: direct-forward-call
    ```

    ## Fixed

    ```python title="serve.py"
    import torch
    from torch import nn
    from torchvision import models

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(3, 1)

        def forward(self, x):
            return self.head(x)

    net = Net()
    y = net(x)
    z = models.resnet18()(x)
    ```

    ## Delegation inside a class, and the class's own function

    ```python title="net.py"
    from torch import nn

    class Net(nn.Module):
        def forward(self, x):
            return x

        def embed(self, x):
            return self.forward(x)

    class Wide(Net):
        def forward(self, x):
            return Net.forward(self, super().forward(x))
    ```

    ## Other objects have such a method, and nobody knows what this one is

    ```python title="mail.py"
    import torch

    class Mailbox:
        def forward(self, message):
            return message

    Mailbox().forward("hello")
    model.forward(batch)
    ```

    ## Exported for TorchScript; a test

    ```python title="export.py"
    import torch
    from torch import nn

    class Net(nn.Module):
        @torch.jit.export
        def embed(self, x):
            return self.forward(x)

        def forward(self, x):
            return x
    ```

    ```python title="tests/test_net.py"
    from torch import nn

    def test_linear(x):
        assert nn.Linear(3, 1).forward(x).shape == (1,)
    ```
    """

    profile = Profile.CI
    minutes = 1

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each direct call on an object that is surely a module."""
        for site in project.calls("*.forward"):
            func = site.call.func
            if not isinstance(func, facts.Attr) or site.source.source.is_any(*self.skip_roles):
                continue
            if _is_own(func.base) or not is_module(project, site.source, func.base):
                continue
            shown = written(func.base)
            yield self.finding(
                site.location,
                f"`{shown}.forward(…)` leaves out the hooks of the module: call `{shown}(…)`",
                scope=site.source.scope_name(site.call.block),
                fix=_fix(project, site),
            )


def _is_own(base: facts.Expr) -> bool:
    """`self` and `cls`; what `super()` gives has no type."""
    return isinstance(base, facts.Ref) and base.name in ("self", "cls")


def _fix(project: Project, site: Site) -> Fix | None:
    """The fix that takes `.forward` away, where it stands on the line on which its object ends."""
    syntax = project.syntax(site.source)
    node = syntax.node(site.call.span, ast.Call) if syntax is not None else None
    if syntax is None or node is None or not syntax.text_of(node.func).endswith(".forward"):
        return None
    whole = syntax.span(node.func)
    start = whole.end_column - len(".forward")
    edit: Edit | None = syntax.edit(Span(whole.end_line, start, whole.end_line, whole.end_column), "")
    return None if edit is None else Fix("Call the module itself", (edit,), Safety.SAFE)
