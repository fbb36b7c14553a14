"""Expressions, kept symbolic: what a name, a call or an operator comes to is worked out later, across files."""

from __future__ import annotations

from typing import Literal

import msgspec

DisplayKind = Literal["list", "tuple", "set"]
"""Words of the vocabulary are literal types: each is one object in memory, however often it is decoded."""


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The base of all facts: immutable, compact, invisible to the garbage collector."""


class Const(Fact, frozen=True, tag=0):
    """A literal. Bytes, complex and huge numbers are holes."""

    value: None | bool | int | float | str


class Ref(Fact, frozen=True, tag=1):
    """A name that is read, with the bindings of its own scope that can reach this place.

    No bindings: the name comes from an enclosing scope (see `Facts.blocks`), or is a builtin.
    """

    name: str
    bindings: tuple[int, ...] = ()


class Attr(Fact, frozen=True, tag=2):
    """`base.name`."""

    base: Expr
    name: str


class Item(Fact, frozen=True, tag=3):
    """`base[index]`; a slice is a Hole("slice") index, several indices a tuple."""

    base: Expr
    index: Expr


class Called(Fact, frozen=True, tag=4):
    """The result of a call: an index into `Facts.calls`."""

    call: int


class Binary(Fact, frozen=True, tag=5):
    """`left operator right` for an arithmetic or bit operator as written (`+`, `/`, `%`, …)."""

    operator: str
    left: Expr
    right: Expr


class Text(Fact, frozen=True, tag=6):
    """An f-string: literal parts are Const, the others what stands in the braces."""

    parts: tuple[Expr, ...]


class Seq(Fact, frozen=True, tag=7):
    """A list, tuple or set display. A Star item stands for an unknown number of items."""

    kind: DisplayKind
    items: tuple[Expr, ...]


class Map(Fact, frozen=True, tag=8):
    """A dict display. A `**other` entry has the key Hole("splat") and `other` as its value."""

    keys: tuple[Expr, ...]
    values: tuple[Expr, ...]


class Logic(Fact, frozen=True, tag=9):
    """`and`, `or`, or `if` (items: value when true, value when false, test)."""

    operator: str
    items: tuple[Expr, ...]


class Compare(Fact, frozen=True, tag=10):
    """A single comparison; chains are cut into a Logic("and")."""

    operator: str
    left: Expr
    right: Expr


class Unary(Fact, frozen=True, tag=11):
    """`not x`, `-x`, `~x`, `+x`, and `await x`."""

    operator: str
    operand: Expr


class Each(Fact, frozen=True, tag=12):
    """A comprehension: its element, one for each item of what the comprehension's bindings iterate over.

    For a dict comprehension the element is a two-item tuple. `kind` is list, set, dict or generator.
    """

    kind: str
    element: Expr


class Star(Fact, frozen=True, tag=13):
    """`*x` in a display or an argument list."""

    operand: Expr


class Hole(Fact, frozen=True, tag=14):
    """Something that is not kept, and why (`lambda`, `slice`, `depth`, `bytes`, `number`, …)."""

    cause: str


Expr = (
    Const | Ref | Attr | Item | Called | Binary | Text | Seq | Map | Logic | Compare | Unary | Each | Star | Hole
)
