"""What programs draw from random generators that nothing they run has seeded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.project.calls import Calls, Site
from mldebt.project.phases import Program
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


class Draw(NamedTuple):
    """A call that draws from a global generator: python, numpy, torch or tensorflow."""

    generator: str
    site: Site


def unseeded_draws(project: Project, program: Program) -> Iterator[Draw]:
    """The draws, by path and place, in what a program runs, from generators that nothing it runs seeds.

    Splits and estimators are not among them. In a notebook only draws that decide about rows or weights count.
    """
    seeded = project.randomness.seeded_by(program.source, program.reach.paths)
    explores = program.source.kind is Kind.NOTEBOOK
    for path in sorted(program.reach.paths):
        source = project.source(path)
        for site in Calls((source,), project.type_of).find(_DRAWS) if source is not None else ():
            generator = project.randomness.generator_of(site)
            if generator not in GENERATORS - seeded or (explores and not _DECISIVE.search(site.name)):
                continue
            if program.reach.has(site.source, site.call.block):
                yield Draw(generator, site)
