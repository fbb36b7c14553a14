"""What programs draw from random generators that nothing they run has seeded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mldebt.project.calls import Site
from mldebt.project.phases import FIT, Program
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

GENERATORS = frozenset({"python", "numpy", "torch", "tensorflow"})
_DRAWS = (
    "random.shuffle", "random.sample", "random.choice", "random.choices", "random.random", "random.randint",
    "random.uniform", "random.gauss",
    "numpy.random.shuffle", "numpy.random.permutation", "numpy.random.choice", "numpy.random.rand",
    "numpy.random.randn", "numpy.random.randint", "numpy.random.random", "numpy.random.normal",
    "numpy.random.uniform", "numpy.random.beta", "numpy.random.default_rng",
    "torch.rand", "torch.randn", "torch.randperm", "torch.randint", "torch.utils.data.*Sampler", "torch.nn.*",
    "torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader",
    "tensorflow*.data.Dataset.shuffle", "keras.layers.*", "tensorflow*.layers.*", "tensorflow*.random*",
)  # fmt: skip
_DECISIVE = re.compile(r"\.nn\.|\.layers\.|torch\.utils\.data|(shuffle|permutation|randperm)$")
"""What decides about rows and weights; the rest may pick an example to look at."""
_TABULAR = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "statsmodels.")


class Draw(NamedTuple):
    """A call that draws from a global generator: python, numpy, torch or tensorflow."""

    generator: str
    site: Site


def unseeded_draws(project: Project) -> Iterator[tuple[Program, list[Draw]]]:
    """The programs that train, each with its draws from generators that nothing it runs seeds, if there are any.

    Draws come by path and place; at least one of them decides about rows or weights. Splits and estimators are not
    among them.
    """
    draws: dict[str, list[Draw]] = {}
    for site in project.calls(*_DRAWS):
        generator = project.randomness.generator_of(site)
        if generator in GENERATORS:
            draws.setdefault(site.source.path, []).append(Draw(generator, site))
    for program in project.phases.training if draws else ():
        found = list(_unseeded(project, program, draws))
        if any(_decides(project, program, draw) for draw in found):
            yield program, found


def _decides(project: Project, program: Program, draw: Draw) -> bool:
    """Whether a draw surely decides about rows or weights; layers do not where only other models are fitted."""
    if not _DECISIVE.search(draw.site.name):
        return False
    if draw.generator not in ("torch", "tensorflow"):
        return True
    return any(not event.name.startswith(_TABULAR) for event in project.phases.during(program, *FIT))


def _unseeded(project: Project, program: Program, draws: Mapping[str, list[Draw]]) -> Iterator[Draw]:
    seeded = project.randomness.seeded_by(program.source, program.reach.paths)
    explores = program.source.kind is Kind.NOTEBOOK  # picks examples to look at
    for path in sorted(program.reach.paths & draws.keys()):
        for draw in draws[path]:
            if draw.generator in seeded or (explores and not _DECISIVE.search(draw.site.name)):
                continue
            if program.reach.has(draw.site.source, draw.site.call.block) and not project.randomness.seeds_here(
                draw.site, draw.generator
            ):
                yield draw
