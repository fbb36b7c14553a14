"""PyTorch modules that stay in the mode for evaluation while they are trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Call, Ref
from mldebt.project.branches import written
from mldebt.project.source_facts import SourceFacts
from mldebt.project.torch_modules import differs_in_training
from mldebt.project.walk import walk

if TYPE_CHECKING:
    from mldebt.project.project import Project

_HARMLESS = frozenset({"torch.save", "print", "len", "torch.nn.utils.clip_grad_norm_"})


class StuckInEvaluation(NamedTuple):
    """`switch` puts the model `name` into evaluation in a loop in which `step` trains it, in the round after."""

    name: str
    switch: Call
    step: Call


def stuck_in_evaluation(project: Project, source: SourceFacts) -> Iterator[StuckInEvaluation]:
    """The models that a training loop switches to evaluation, and nothing in it back: all rounds but the first train
    without dropout and with frozen statistics. Whatever gets the model may switch it.
    """
    calls = source.facts.calls
    steps = [call for call in calls if _method(call) == "backward"]
    for switch in calls if steps else ():
        if _method(switch) != "eval" or switch.args or not isinstance(switch.func, Attr):
            continue
        loop = _outermost_loop(source, switch.block)
        if loop is None or not isinstance(switch.func.base, Ref):
            continue
        name, inside = written(switch.func.base), [c for c in calls if loop in source.ancestors(c.block)]
        used = next((c.span.line for c in inside if written(c.func) == name), switch.span.line)
        step = next((c for c in steps if c in inside and used <= c.span.line < switch.span.line), None)
        if step is None or source.scope_of(step.block) != source.scope_of(switch.block):
            continue
        if any(_method(c) in ("train", "requires_grad_") or _is_given(c, name) for c in inside):
            continue
        if differs_in_training(project, source, switch.func.base):
            yield StuckInEvaluation(name, switch, step)


def _method(call: Call) -> str:
    return call.func.name if isinstance(call.func, Attr) else ""


def _outermost_loop(source: SourceFacts, block: int) -> int | None:
    """The outermost loop around a block in its function."""
    found = None
    scope = source.scope_of(block)
    for ancestor in source.ancestors(block):
        if ancestor == scope:
            break
        if source.facts.blocks[ancestor].kind in ("for", "while"):
            found = ancestor
    return found


def _is_given(call: Call, name: str) -> bool:
    """Whether a call gets a model, and may switch it."""
    if call.name in _HARMLESS:
        return False
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    return any(isinstance(part, Ref) and part.name == name for expr in given for part in walk(expr))
