"""PyTorch modules and datasets: which objects and classes are ones, and where autograd is switched off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Called, Class, Expr, Ref
from mldebt.project.qualify import qualified

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

MODULE = "torch.nn.Module"
_MODULES = ("torch.nn.", "torchvision.models.", "timm.models.", "pytorch_lightning.LightningModule", "lightning.")
_DATASETS = ("torch.utils.data.", "torchvision.datasets.")
_RANDOM = re.compile(
    r"[Dd]ropout|[Bb]atch_?[Nn]orm|InstanceNorm|DropPath|drop_path|(resnet|efficientnet|densenet|mobilenet|vgg)"
)
_NO_GRAD = frozenset(
    {"torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad", "torch.set_grad_enabled"}
)


def is_module(project: Project, source: SourceFacts, expr: Expr) -> bool:
    """Whether an expression is surely an instance of `torch.nn.Module`."""
    kind = project.type_of(source, expr)
    if not kind:
        return False
    path, colon, qualname = kind.rpartition(":")
    home = project.source(path) if colon else None
    if home is None:
        return project.types.tables.is_a(kind, MODULE) or kind.startswith("torch.nn.modules.")
    cls = next((cls for cls in home.facts.classes if cls.qualname == qualname), None)
    return cls is not None and derives(project, home, cls, _MODULES)


def is_dataset(project: Project, source: SourceFacts, cls: Class) -> bool:
    """Whether a class is a data set whose items are read by their index, in workers if there are any."""
    return derives(project, source, cls, _DATASETS)


def derives(project: Project, source: SourceFacts, cls: Class, prefixes: tuple[str, ...], depth: int = 0) -> bool:
    """Whether a class inherits from a library's class whose name begins in one of the given ways."""
    if depth > 6:
        return False
    for base in cls.bases:
        if qualified(source, base).startswith(prefixes):
            return True
    return any(
        isinstance(base.fact, Class)
        and not base.rest
        and derives(project, base.source, base.fact, prefixes, depth + 1)
        for base in project.names.bases(source, cls)
    )


def differs_in_training(project: Project, source: SourceFacts, model: Expr) -> bool:
    """Whether a model surely has layers that do something else in training: by the text of its class, or its name."""
    kind = project.type_of(source, model)
    path, colon, qualname = kind.rpartition(":")
    home = project.source(path) if colon else None
    if home is None:
        if isinstance(model, Ref):
            made = [source.facts.bindings[index].value for index in model.bindings if index >= 0]
        else:
            made = [store.value for store in source.facts.stores if _same_attribute(store.target, model)]
        names = [source.facts.calls[value.call].name for value in made if isinstance(value, Called)]
        return any(_RANDOM.search(name) for name in names)
    cls = next((cls for cls in home.facts.classes if cls.qualname == qualname), None)
    inside = [c for c in home.facts.calls if cls is not None and cls.block in home.ancestors(c.block)]
    return any(_RANDOM.search(call.name) for call in inside)


def _same_attribute(one: Expr, other: Expr) -> bool:
    """Whether both are the same attribute of `self`."""
    if not isinstance(one, Attr) or not isinstance(other, Attr) or one.name != other.name:
        return False
    return all(isinstance(expr.base, Ref) and expr.base.name == "self" for expr in (one, other))


def called_without_grad(project: Project) -> set[str]:
    """The names of the functions that are called somewhere where autograd is switched off."""
    found = set()
    for source in project.code:
        quiet = blocks_without_grad(source)
        for call in source.facts.calls if quiet else ():
            if any(block in quiet for block in source.ancestors(call.block)):
                last = call.func.name if isinstance(call.func, Attr) else call.name.rpartition(".")[2]
                found.add(last.lstrip(":"))
    return found


def blocks_without_grad(source: SourceFacts) -> frozenset[int]:
    """The blocks in which autograd is switched off: `with torch.no_grad():`, and functions decorated with it."""
    facts = source.facts
    found = {
        call.block
        for call in facts.calls
        if call.name in _NO_GRAD and not call.bare and facts.blocks[call.block].kind == "with"
    }
    for function in facts.functions:
        if any(_switches(source, decorator) for decorator in function.decorators):
            found.add(function.block)
    return frozenset(found)


def _switches(source: SourceFacts, expr: Expr) -> bool:
    if isinstance(expr, Called):
        return source.facts.calls[expr.call].name in _NO_GRAD
    return isinstance(expr, Attr) and qualified(source, expr) in _NO_GRAD
