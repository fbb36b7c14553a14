"""Where the nodes of a libcst module stand in its text, in one lean pass.

libcst's own PositionProvider rebuilds the text and keeps its tokens; here the same code generation only counts
lines and columns, and notes the places of the node types that facts are made of. Measured, this takes a fifth
of PositionProvider's time; the results are equal but for compound statements, which start at their keyword.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

import libcst as cst
from libcst._nodes.internal import CodegenState

from mldebt.source import Span

NOTED: frozenset[type] = frozenset(
    getattr(cst, name)
    for line in (
        "Name Attribute Subscript Call Comparison BinaryOperation BooleanOperation UnaryOperation Lambda IfExp",
        "SimpleString ConcatenatedString FormattedString TemplatedString Dict List Tuple Set ListComp SetComp DictComp",
        "GeneratorExp Await Yield NamedExpr Comment ImportAlias",
        "FunctionDef ClassDef If Else For While Try TryStar ExceptHandler ExceptStarHandler Finally With",
        "Match MatchCase Assign AnnAssign AugAssign Expr Return Raise Assert Del Import ImportFrom Global",
        "Nonlocal Pass Break Continue TypeAlias",
    )
    for name in line.split()
    if hasattr(cst, name)  # older versions of libcst have no template strings
)
"""The nodes whose places are noted: those that facts are made of."""


class _Nothing:
    """A context that does nothing, shared by all nodes."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


_NOTHING = _Nothing()


class _Inside:
    """The inside of a node's own parentheses, which are no part of its place."""

    __slots__ = ("node", "positions")

    def __init__(self, positions: Positions, node: cst.CSTNode) -> None:
        self.positions = positions
        self.node = node

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.positions.ends[id(self.node)] = (self.positions.line, self.positions.column)


class Positions(CodegenState):
    """The places of a module's nodes: `starts` and `ends` map a node's id to (1-based line, 0-based column)."""

    __slots__ = ("column", "comments", "ends", "line", "starts")

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.line = 1
        self.column = 0
        self.starts: dict[int, tuple[int, int]] = {}
        self.ends: dict[int, tuple[int, int]] = {}
        self.comments: list[cst.Comment] = []
        module._codegen(self)

    def span(self, node: cst.CSTNode) -> Span:
        """The place of a node; its type must be one of those that are noted."""
        line, column = self.starts[id(node)]
        end_line, end_column = self.ends[id(node)]
        return Span(line, column + 1, end_line, end_column + 1)

    # --- what code generation calls ---

    def add_token(self, value: str) -> None:
        """Count the token's lines and columns."""
        if "\n" in value:
            self.line += value.count("\n")
            self.column = len(value) - value.rfind("\n") - 1
        else:
            self.column += len(value)

    def add_indent_tokens(self) -> None:
        """Count the indentation of a line."""
        for value in self.indent_tokens:
            self.column += len(value)

    def before_codegen(self, node: cst.CSTNode) -> None:
        """Note where a node starts, its parentheses and leading lines included."""
        kind = type(node)
        if kind in NOTED:
            self.starts[id(node)] = (self.line, self.column)
            if kind is cst.Comment:
                self.comments.append(node)  # type: ignore[arg-type]

    def after_codegen(self, node: cst.CSTNode) -> None:
        """Note where a node ends."""
        if type(node) in NOTED and id(node) not in self.ends:
            self.ends[id(node)] = (self.line, self.column)

    def record_syntactic_position(self, node: cst.CSTNode, **_: Any) -> Any:
        """Correct the start: here come a statement's keyword or an expression's first token."""
        if type(node) in NOTED:
            self.starts[id(node)] = (self.line, self.column)
            if getattr(node, "rpar", None):
                return _Inside(self, node)
        return _NOTHING

    def pop_trailing_newline(self) -> None:
        """Nothing is kept, so nothing is taken back."""
