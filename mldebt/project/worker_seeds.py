"""What the workers of PyTorch's data loaders draw, and with which seeds they start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mldebt.facts import Binary, Call, Const, Expr, Function, Hole, Ref
from mldebt.project.torch_modules import is_dataset
from mldebt.project.walk import walk

if TYPE_CHECKING:
    from mldebt.project.calls import Site
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

_SEEDS = ("numpy.random.seed", "random.seed")
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
    """Whether a function seeds with nothing but constants and the number of the worker."""
    source, block, names = site.source, -1, set()
    if isinstance(init, Hole):  # a lambda: its calls stand in a block of their own on the same lines
        inner = [
            i
            for i, b in enumerate(source.facts.blocks)
            if b.kind == "lambda" and site.call.span.line <= b.span.line <= site.call.span.end_line
        ]
        block = inner[0] if len(inner) == 1 else -1
        names = {b.name for b in source.facts.bindings if b.block == block and b.kind == "parameter"}
    elif isinstance(init, Ref):
        symbol = project.names.symbol(source, f":{init.name}")
        function = symbol.fact if symbol is not None else None
        if symbol is not None and isinstance(function, Function):
            source, block = symbol.source, function.block
            names = {param.name for param in function.params}
    seeds = (
        [c for c in source.facts.calls if c.name in _SEEDS and block in source.ancestors(c.block)]
        if block >= 0
        else []
    )
    return bool(seeds) and all(len(c.args) == 1 and _is_fixed(source, c.args[0], names) for c in seeds)


def _is_fixed(source: SourceFacts, expr: Expr, names: set[str]) -> bool:
    """Whether a seed is made of constants and of the worker's number."""
    for part in walk(expr):
        if isinstance(part, Const | Binary):
            continue
        if not isinstance(part, Ref):
            return False
        values = [binding.value for binding in source.facts.bindings if binding.name == part.name]
        if part.name not in names and (len(values) != 1 or not isinstance(values[0], Const)):
            return False
    return True
