"""What a walk over one Python module has collected so far, and the names that are visible right now.

`env` maps each name of the current scope to the bindings that reach the current statement; it is copied at
branches and merged after them. `table` maps each name of the current scope to all of its bindings; enclosing
scopes are read through their tables (`outer`), because a function runs after its surroundings are complete:
therefore function bodies are walked last (`later`).
"""

from __future__ import annotations

import builtins
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

import libcst as cst

from mldebt.extract.positions import Positions
from mldebt.facts import (
    Attr,
    Binding,
    BindingKind,
    Block,
    BlockKind,
    Call,
    Class,
    Condition,
    Const,
    Expr,
    Function,
    HandlerShape,
    Import,
    Item,
    Literal,
    Ref,
    Return,
    Store,
    Use,
)
from mldebt.source import Span

Names = dict[str, tuple[int, ...]]

LOOP_CARRIED = -1
"""In `Ref.bindings`: also whatever a later statement of an enclosing loop binds to the name."""

_BUILTINS = frozenset(dir(builtins)) | {"unicode", "xrange", "raw_input", "display", "get_ipython"}
_MOST_BINDINGS = 32


class _Draft:
    """A block whose end is not known yet."""

    __slots__ = ("column", "end", "kind", "line", "parent", "partner", "shape", "size", "test")

    def __init__(self, kind: BlockKind, parent: int, start: tuple[int, int], test: Expr | None) -> None:
        self.kind = kind
        self.parent = parent
        self.line, self.column = start
        self.end = start
        self.test = test
        self.partner = -1
        self.shape: HandlerShape = ""
        self.size = 0

    def block(self) -> Block:
        """The finished block."""
        span = Span(self.line, self.column + 1, self.end[0], self.end[1] + 1)
        return Block(self.kind, self.parent, span, self.test, self.size, self.partner, self.shape)


class Recorder:
    """Collects facts; knows nothing of how statements and expressions look."""

    def __init__(self, positions: Positions) -> None:
        self.positions = positions
        self.drafts: list[_Draft] = []
        self.bindings: list[Binding] = []
        self.imports: list[Import] = []
        self.functions: list[Function] = []
        self.classes: list[Class] = []
        self.calls: list[Call | None] = []
        self.stores: list[Store] = []
        self.returns: list[Return] = []
        self.conditions: list[Condition] = []
        self.literals: list[Literal] = []
        self.names: set[str] = set()
        self.methods: set[str] = set()
        self.words: set[str] = set()
        self.quoted: list[tuple[str, Span]] = []
        self.has_main = False
        self._uses: dict[object, list[object]] = {}
        self._qualified: dict[int, str] = {}

        self.block = 0
        self.scope = 0
        self.path = ""
        self.env: Names = {}
        self.table: dict[str, list[int]] = {}
        self.outer: list[Mapping[str, Sequence[int]]] = []
        self.closure: list[Mapping[str, Sequence[int]]] = []
        self.global_names: set[str] = set()
        self.statements = 0
        self.breaks = 0
        self.end = (1, 0)
        self.later: deque[Callable[[], None]] = deque()

    # --- blocks ---

    def open(self, kind: BlockKind, start: cst.CSTNode | tuple[int, int], test: Expr | None = None) -> int:
        """Begin a block inside the current one and make it the current one."""
        place = start if isinstance(start, tuple) else self.positions.starts[id(start)]
        index = self.reserve(kind, place, test)
        self.block = index
        return index

    def reserve(self, kind: BlockKind, start: tuple[int, int], test: Expr | None = None) -> int:
        """Add a block inside the current one without entering it."""
        self.drafts.append(_Draft(kind, self.block, start, test))
        return len(self.drafts) - 1

    def close(self, index: int, statements_before: int) -> None:
        """End a block: its parent becomes the current one again."""
        draft = self.drafts[index]
        draft.size = self.statements - statements_before
        draft.end = max(self.end, (draft.line, draft.column))
        self.block = draft.parent

    # --- names ---

    def bind(
        self,
        name: str,
        kind: BindingKind,
        node: cst.CSTNode,
        value: Expr | None = None,
        path: tuple[int, ...] = (),
        annotation: str = "",
        index: int = -1,
    ) -> int:
        """Record that a name receives a value here; later reads in this scope see this binding alone."""
        return self.bind_at(name, kind, self.positions.span(node), value, path, annotation, index)

    def bind_at(
        self,
        name: str,
        kind: BindingKind,
        span: Span,
        value: Expr | None = None,
        path: tuple[int, ...] = (),
        annotation: str = "",
        index: int = -1,
    ) -> int:
        """As `bind`, for a place that no node has."""
        if name in self.global_names:
            kind = "global"
        binding = len(self.bindings)
        self.bindings.append(Binding(name, kind, self.block, span, value, path, annotation, index))
        self.env[name] = (binding,)
        self.table.setdefault(name, []).append(binding)
        self.words.add(name)
        return binding

    def reaching(self, name: str) -> tuple[int, ...]:
        """The bindings that a name can have here; empty for builtins and names from elsewhere."""
        found = self.env.get(name)
        if found is not None:
            return found
        for names in self.outer:
            if name in names:
                return tuple(names[name][:_MOST_BINDINGS])
        return ()

    def qualify(self, expr: Expr) -> str:
        """The qualified name of a chain of attributes, as far as this file knows it; else empty."""
        parts: list[str] = []
        while type(expr) is Attr:
            parts.append(expr.name)
            expr = expr.base
        if type(expr) is not Ref:
            return ""
        root = self._root_name(expr)
        if not root or not parts:
            return root
        parts.append(root)
        parts.reverse()
        return ".".join(parts)

    def _root_name(self, ref: Ref) -> str:
        """The qualified name of a name: an import, a definition of this file, a builtin."""
        if not ref.bindings:
            return ref.name if ref.name in _BUILTINS else ""
        found = ""
        for index in ref.bindings:
            if index == LOOP_CARRIED:
                return ""
            binding = self.bindings[index]
            if binding.kind in ("import", "function", "class"):
                found = found or self._qualified[index]
            elif type(binding.value) is not Const or binding.value.value is not None:
                return ""  # `try: import lightgbm except ImportError: lightgbm = None` is still lightgbm
        return found

    def name_binding(self, binding: int, qualified: str) -> None:
        """Remember the qualified name that an import, function or class binding stands for."""
        self._qualified[binding] = qualified

    # --- branches ---

    def merge(self, envs: Iterable[Names | None]) -> Names:
        """What is visible after several ways of getting here; None is a way that ended (return, raise)."""
        live = [env for env in envs if env is not None]
        if not live:
            return {}
        merged = live[0]
        for other in live[1:]:
            if other is merged:
                continue
            result = dict(merged)
            for name, bindings in other.items():
                known = result.get(name)
                if known is None:
                    result[name] = bindings
                elif known is not bindings and known != bindings:
                    union = known + tuple(b for b in bindings if b not in known)
                    result[name] = union[:_MOST_BINDINGS]
            merged = result
        return merged

    # --- uses ---

    def use(self, expr: Expr, key: object, node: cst.CSTNode, passed: bool) -> None:
        """Record that a chain is read here; only its first place in the scope is kept."""
        entry = self._uses.get(key)
        if entry is None:
            self._uses[key] = [expr, self.block, node, passed]
        elif passed:
            entry[3] = True

    def uses(self) -> list[Use]:
        """The recorded uses."""
        span = self.positions.span
        return [
            Use(expr, block, span(node), passed)  # type: ignore[arg-type]
            for expr, block, node, passed in self._uses.values()
        ]


def root_of(expr: Expr) -> Expr:
    """What a chain of attributes and items starts from."""
    while type(expr) is Attr or type(expr) is Item:
        expr = expr.base
    return expr
