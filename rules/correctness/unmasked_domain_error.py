"""The rule `unmasked-domain-error`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Rule, Site, facts

_LOGS = ("torch.log", "torch.log2", "torch.log10", "tensorflow.math.log", "tensorflow.log", "numpy.log", "numpy.log2",
         "numpy.log10", "jax.numpy.log", "keras.backend.log", "tensorflow.keras.backend.log")  # fmt: skip
_PROBABILITIES = re.compile(
    r"(torch|torch\.nn\.functional|tensorflow|tensorflow\.nn|tensorflow\.math|jax\.nn|scipy\.special|keras\.backend|"
    r"tensorflow\.keras\.backend|keras\.activations|tensorflow\.keras\.activations)\.(sigmoid|softmax|expit)"
)
_METHODS = frozenset({"sigmoid", "softmax"})
_STABLE = {"sigmoid": "logsigmoid", "expit": "log_expit", "softmax": "log_softmax"}
_DEEPEST = 4


class UnmaskedDomainError(Rule):
    """A logarithm is taken of a probability that can be zero.

    A sigmoid or softmax gives exactly 0 for inputs that are far enough away; the logarithm is then minus infinity, the
    loss NaN, and a training run that went well for hours is lost. Zhang et al. 2022 list it as "Missing the Mask of
    Invalid Value". How far values go cannot be seen, so that the rule is off unless it is selected.

    ## How to repair

    Use what computes both at once (`F.logsigmoid`, `log_softmax`, `binary_cross_entropy_with_logits`), or clamp.

    ## Directly, and through a name

    ```python title="loss.py"
    import torch
    import torch.nn.functional as F

    def loss(logits, y):
        return -(y * torch.log(torch.sigmoid(logits))).mean()  # expect: unmasked-domain-error

    def entropy(logits):
        p = F.softmax(logits, dim=1)
        return -(p * torch.log(p)).sum()  # expect: unmasked-domain-error
    ```

    ## Masked, stable, or no probability

    ```python title="loss.py"
    import torch
    import torch.nn.functional as F

    def loss(logits, y, eps=1e-8):
        a = torch.log(torch.sigmoid(logits) + eps)
        b = torch.log(torch.sigmoid(logits).clamp(min=1e-8))
        c = F.log_softmax(logits, dim=1)
        p = torch.clamp(torch.softmax(logits, 1), 1e-6, 1)
        return a, b, c, torch.log(p)

    def scale(x):
        return torch.log(x)
    ```

    ## A name that can be something else

    ```python title="loss.py"
    import torch

    def entropy(p, logits=None):
        if logits is not None:
            p = torch.softmax(logits, 1)
        return -(p * torch.log(p)).sum()
    ```

    ## Numbers, one added, only what is above zero, losses of the library

    ```python title="loss.py"
    import numpy as np
    import torch
    import torch.nn.functional as F

    def loss(logits, y):
        p = torch.sigmoid(logits)
        a = torch.log(p + 1)
        b = torch.log(p[p > 0])
        c = np.log(2) + np.log(10.0)
        return a, b, c, F.binary_cross_entropy(p, y)
    ```
    """

    profile = Profile.AUDIT
    default = False
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each logarithm of what is surely a probability as it came out."""
        for site in project.calls(*_LOGS):
            argument = site.argument(0, "input", "x")
            if argument is None or site.source.source.is_any(*self.skip_roles):
                continue
            origin = _probability(project, site, argument)
            if origin is not None:
                last = origin.func.name if isinstance(origin.func, facts.Attr) else origin.name.rpartition(".")[2]
                yield self.finding(
                    site.location,
                    f"`{site.name}` of a `{last}` is infinite where that is 0: `{_STABLE.get(last, 'log')}` is not",
                    related=[Related(site.source.location(origin.span), "the probability comes from here")],
                    scope=site.source.scope_name(site.call.block),
                )


def _probability(project: Project, site: Site, expr: facts.Expr, depth: int = 0) -> facts.Call | None:
    """The call that made a probability, if an expression is its result and nothing was done with it."""
    source = site.source
    if isinstance(expr, facts.Ref) and len(expr.bindings) == 1 and expr.bindings[0] >= 0 and depth < _DEEPEST:
        binding = source.facts.bindings[expr.bindings[0]]
        is_plain = binding.kind == "assign" and not binding.path and binding.value is not None
        return _probability(project, site, binding.value, depth + 1) if is_plain and binding.value else None
    if isinstance(expr, facts.Called):
        call = source.facts.calls[expr.call]
        if _PROBABILITIES.fullmatch(call.name):
            return call
        if not call.name and isinstance(call.func, facts.Attr) and call.func.name in _METHODS:
            return call if project.type_of(source, call.func.base).startswith("torch.") else None
    return None
