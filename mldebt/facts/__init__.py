"""The vocabulary of facts: what one file states, decided from its bytes alone.

Facts are frozen, carry no path and refer to each other by index into the section that holds them
(`Called(3)` is the fourth entry of `Facts.calls`). Expressions stay symbolic: a name keeps the bindings
that reach it, a call its folded arguments, and what cannot be known is a `Hole` with its cause. Values
are worked out later, across files (`mldebt.values`).

Facts travel and rest as MessagePack: a header that is always decoded and one lazily decoded block of bytes
a section, so that a run pays only for the sections that its rules look at.
"""

from __future__ import annotations

from mldebt.facts.declared import Command, Entry, Instruction, Requirement, Statement, Target, Variable
from mldebt.facts.expressions import (
    Attr,
    Binary,
    Called,
    Compare,
    Const,
    DisplayKind,
    Each,
    Expr,
    Hole,
    Item,
    Logic,
    Map,
    Ref,
    Seq,
    Star,
    Text,
    Unary,
)
from mldebt.facts.packed import Facts, Header, Problem, Section
from mldebt.facts.python import (
    Binding,
    BindingKind,
    Block,
    BlockKind,
    Call,
    Cell,
    Class,
    Clone,
    Comment,
    Condition,
    Function,
    HandlerShape,
    Import,
    Keyword,
    Literal,
    Magic,
    Param,
    ParamKind,
    ParkedCode,
    Return,
    Store,
    Use,
)

__all__ = [
    "Attr",
    "Binary",
    "Binding",
    "BindingKind",
    "Block",
    "BlockKind",
    "Call",
    "Called",
    "Cell",
    "Class",
    "Clone",
    "Command",
    "Comment",
    "Compare",
    "Condition",
    "Const",
    "DisplayKind",
    "Each",
    "Entry",
    "Expr",
    "Facts",
    "Function",
    "HandlerShape",
    "Header",
    "Hole",
    "Import",
    "Instruction",
    "Item",
    "Keyword",
    "Literal",
    "Logic",
    "Magic",
    "Map",
    "Param",
    "ParamKind",
    "ParkedCode",
    "Problem",
    "Ref",
    "Requirement",
    "Return",
    "Section",
    "Seq",
    "Star",
    "Statement",
    "Store",
    "Target",
    "Text",
    "Unary",
    "Use",
    "Variable",
]
