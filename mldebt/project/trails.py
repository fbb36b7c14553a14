"""What rows passed through, and what the names of data tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mldebt.facts import Attr, Call, Called, Const, Expr, Item, Ref, Seq
from mldebt.project.source_facts import SourceFacts

TARGET = re.compile(r"label|target|(^|_)(y|ys|class|classes)($|_)", re.IGNORECASE)
PART = re.compile(r"[xX]_?(?P<part>tr|te|train|test|val|valid)$")


class Learned(NamedTuple):
    """Something that was fitted on rows (`call` fits it), or a call that copies rows.

    `named` says that the rows are a training part by their name (`X_train`), wherever they come from; `refill` that
    it is a statistic which is written back into the rows.
    """

    source: SourceFacts
    call: int
    what: str
    named: bool = False
    refill: bool = False


class Trail:
    """What rows passed through.

    `places` are the bindings and calls on the way; `learned` what was fitted on all of the rows and then applied to
    them; `copied` the calls that repeat rows; `parts` holds train, test and target where the trail ends at a split,
    and `divided` the `train_test_split` calls where it does; `sliced` says that a range of the rows was taken,
    `sampled` some of them in another way, `joined` that rows or columns of several tables were put together.
    """

    def __init__(self) -> None:
        self.places: set[tuple[str, str, int]] = set()
        self.learned: list[Learned] = []
        self.copied: list[Learned] = []
        self.parts: set[str] = set()
        self.divided: set[tuple[str, int]] = set()
        self.sliced = False
        self.sampled = False
        self.joined = False

    @property
    def is_whole(self) -> bool:
        """Whether these are surely all rows of what the trail starts from."""
        return not self.parts and not self.divided and not self.sliced and not self.sampled

    def add(self, other: Trail) -> None:
        """Take in what another trail holds."""
        self.places |= other.places
        self.learned += [learned for learned in other.learned if learned not in self.learned]
        self.copied += [copied for copied in other.copied if copied not in self.copied]
        self.parts |= other.parts
        self.divided |= other.divided
        self.sliced = self.sliced or other.sliced
        self.sampled = self.sampled or other.sampled
        self.joined = self.joined or other.joined


def first_argument(call: Call) -> Expr | None:
    """The data that a call gets: its first argument, or the one with a usual keyword."""
    if call.args:
        return call.args[0]
    named = ("X", "data", "x", "raw_documents", "objs", "df", "arrays")
    return next((keyword.value for keyword in call.keywords if keyword.name in named), None)


def is_target(source: SourceFacts, expr: Expr | None) -> bool:
    """Whether an expression is named like labels: `y`, `df["target"]`, `train.label.values.reshape(-1, 1)`."""
    name = next(_names(source, expr), "")
    return bool(TARGET.search(name))


def _names(source: SourceFacts, expr: Expr | None) -> Iterator[str]:
    """The names of an expression's columns, attributes and variable, the most telling first."""
    while expr is not None:
        match expr:
            case Item(_, Const(str() as column)) | Item(_, Seq("list", (Const(str() as column),))):
                yield column
            case Attr(_, name) if name not in ("values", "iloc", "loc", "reshape", "ravel", "T", "to_numpy"):
                yield name
            case Ref(name):
                yield name
        if isinstance(expr, Called):
            expr = source.facts.calls[expr.call].func
        else:
            expr = expr.base if isinstance(expr, Item | Attr) else None
