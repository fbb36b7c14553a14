"""What the workers of PyTorch's data loaders draw, and with which seeds they start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Binary, Call, Const, Expr, Function, Hole, Item, Ref
from mldebt.project.torch_modules import is_dataset
from mldebt.project.walk import walk

if TYPE_CHECKING:
    from mldebt.project.calls import Site
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

_SEEDS = ("numpy.random.seed", "random.seed")
_DEEPEST = 6
_CHANGING = re.compile(r"epoch|step|iter|round|time|rank|state", re.IGNORECASE)
_DRAWS = re.compile(
    r"numpy\.random\.(?!seed|default_rng|RandomState|Generator|SeedSequence|get_state|set_state)\w+"
)


def draws_in_workers(project: Project) -> Iterator[tuple[SourceFacts, Call]]:
    """The draws from NumPy's global generator that methods of data sets make."""
    for source in project.code:
        if not any(_DRAWS.fullmatch(name) for name in source.facts.header.names):
            continue
        for cls in source.facts.classes:
            if is_dataset(project, source, cls):
                for call in source.facts.calls:
                    inside = cls.block in source.ancestors(call.block)
                    if (
                        inside
                        and _DRAWS.fullmatch(call.name)
                        and not source.scope_name(call.block).endswith("__init__")
                    ):
                        yield source, call


def repeats_its_seed(project: Project, site: Site, init: Expr) -> bool:
    """Whether the function that workers start with seeds with nothing but settings and the number of the worker."""
    source, block = site.source, -1
    if isinstance(init, Hole):  # a lambda: its calls stand in a block of their own on the same lines
        span, blocks = site.call.span, enumerate(source.facts.blocks)
        inner = [i for i, b in blocks if b.kind == "lambda" and span.line <= b.span.line <= span.end_line]
        block = inner[0] if len(inner) == 1 else -1
    elif isinstance(init, Ref):
        symbol = project.names.symbol(source, f":{init.name}")
        if symbol is not None and isinstance(symbol.fact, Function):
            source, block = symbol.source, symbol.fact.block
    if block < 0:
        return False
    seeds = [c for c in source.facts.calls if c.name in _SEEDS and block in source.ancestors(c.block)]
    return bool(seeds) and all(len(c.args) == 1 and _is_fixed(source, c.args[0]) for c in seeds)


def _is_fixed(source: SourceFacts, expr: Expr, depth: int = 0) -> bool:
    """Whether a seed is the same in each epoch: made of constants, settings and the worker's number, without a call."""
    for part in walk(expr):
        if not isinstance(part, Const | Binary | Ref | Attr | Item) or depth > _DEEPEST:
            return False
        if isinstance(part, Ref | Attr) and _CHANGING.search(part.name):
            return False
        for index in part.bindings if isinstance(part, Ref) else ():
            binding = source.facts.bindings[index] if index >= 0 else None
            if binding is None or binding.kind not in ("parameter", "assign", "annotated"):
                return False
            if binding.kind != "parameter" and not _is_fixed(source, binding.value or Hole("none"), depth + 1):
                return False
    return True
