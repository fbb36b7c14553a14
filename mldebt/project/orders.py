"""Sequences without a defined order (sets of texts, directory listings), and where their order matters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binary, Binding, Call, Called, Const, Each, Expr, Item, Ref, Seq, Star
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import parts_of, walk
from mldebt.source import Span
from mldebt.values import alternatives, show

if TYPE_CHECKING:
    from mldebt.project.project import Project

_LISTING = frozenset(
    {"os.listdir", "os.scandir", "glob.glob", "glob.iglob", "pathlib.Path.glob", "pathlib.Path.rglob"}
)
_LISTING_METHODS = frozenset({"iterdir", "rglob"})
_SET_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference"})
_JOINING = frozenset({"concat", "concatenate", "vstack"})
_ORDERING = frozenset(
    {"sort", "sort_values", "sort_index", "sorted", "natsorted", "groupby", "set_index", "lexsort"}
)
_SORTERS = frozenset({"sorted", "natsorted", "shuffle"})
_COLUMNS = (Const(1), Const("columns"), Const(-1))
_KEY = re.compile(r"(\w+_)?(id|key|name)", re.IGNORECASE)
_NAMING = frozenset({"basename", "split", "stem", "splitext", "Path", "str", "replace", "join", "rsplit"})
_PER_COLUMN = frozenset(
    "astype corr describe isna isnull notna notnull groupby hist plot boxplot nunique value_counts dtypes info count"
    " sum mean median std min max skew any all shape".split()
)
_NUMBERS = frozenset({"range", "arange", "permutation", "randperm", "nonzero", "flatnonzero", "astype"})


class Disorder(NamedTuple):
    """A place where an undefined order has an effect.

    `kind` is labels (numbers are given in this order), columns (a frame's columns are chosen in it) or rows
    (files are joined in it).
    """

    kind: str
    source: SourceFacts
    block: int
    span: Span
    effect: Span | None = None
    """Where the order takes effect, if that is elsewhere."""


def disorders(project: Project, source: SourceFacts) -> Iterator[Disorder]:
    """The places of a file where an undefined order decides about labels, columns or rows."""
    orders = _Orders(project, source)
    if orders.may_matter():
        yield from orders.labels()
        yield from orders.columns()
        yield from orders.rows()


class _Orders:
    def __init__(self, project: Project, source: SourceFacts) -> None:
        self._project = project
        self._source = source
        self._facts = source.facts

    def may_matter(self) -> bool:
        """Whether the file makes sets or lists directories at all."""
        names, methods = self._facts.header.names, self._facts.header.methods
        return (
            not _LISTING.isdisjoint(names)
            or not _LISTING_METHODS.isdisjoint(methods)
            or "glob" in methods
            or any(self._facts.calls[n].name == "set" for n in self._source.calls_by_name.get("set", ()))
        )

    # --- where the order matters ---

    def labels(self) -> Iterator[Disorder]:
        """`enumerate` over a set or a listing whose numbers become the values of a table."""
        for index, binding in enumerate(self._facts.bindings):
            if binding.kind != "for" or binding.path != (0,) or not isinstance(binding.value, Called):
                continue
            call = self._facts.calls[binding.value.call]
            if call.name != "enumerate" or not call.args or not self._is_disordered(call.args[0]):
                continue
            if self._makes_table(index):
                yield Disorder("labels", self._source, binding.block, call.span)

    def columns(self) -> Iterator[Disorder]:
        """A list made of a set that selects columns of a frame."""
        for index, binding in enumerate(self._facts.bindings):
            if binding.kind != "assign" or binding.path or not self._is_list_of_set(binding.value):
                continue
            if not self._is_sorted_later(binding.name) and self._selects(index) and not self._takes_rows(index):
                yield Disorder("columns", self._source, binding.block, binding.span)

    def rows(self) -> Iterator[Disorder]:
        """A loop over a listing that reads each file into what is joined afterwards."""
        numbers = sorted(n for name in _JOINING for n in self._source.calls_by_name.get(name, ()))
        calls = (self._facts.calls[number] for number in numbers)
        joins = [call for call in calls if _last(call) in _JOINING and not _is_beside(call)]
        for binding in self._facts.bindings if joins else ():
            if binding.kind != "for" or binding.value is None or not self._is_listing(binding.value):
                continue
            scope = self._source.scope_of(self._facts.blocks[binding.block].parent)
            if not self._reads_into_list(binding) or self._sorts(scope) or self._keeps_names(binding):
                continue
            if self._reads_keys(binding):
                continue
            after = (j for j in joins if j.span.end_line >= binding.span.line)
            join = next((j for j in after if self._source.scope_of(j.block) == scope), None)
            if join is not None and not self._is_matched_later(join):
                yield Disorder("rows", self._source, binding.block, binding.span, join.span)

    def _is_matched_later(self, join: Call) -> bool:
        """Whether the joined rows are only matched with others by a key."""
        made = Called(self._source.number_of(join))
        named = {n for n, b in enumerate(self._facts.bindings) if b.value == made and not b.path}
        others = [call.args[-1] for call in self._facts.calls if _last(call) == "merge" and call.args]
        return any(isinstance(other, Ref) and not named.isdisjoint(other.bindings) for other in others)

    # --- what has no order ---

    def _is_disordered(self, expr: Expr) -> bool:
        return self._is_set(expr) or self._is_list_of_set(expr) or self._is_listing(expr)

    def _is_set(self, expr: Expr | None) -> bool:
        """Whether an expression is a set with unknown items; one that is written out has numbers, or few."""
        match expr:
            case Called(index):
                call = self._facts.calls[index]
                if call.name == "set":
                    return bool(call.args) and not self._is_of_numbers(call.args[0])
                return (
                    isinstance(call.func, Attr)
                    and call.func.name in _SET_METHODS
                    and self._is_set(call.func.base)
                )
            case Binary("-", left, _):
                return self._is_set(left)
            case Binary("|" | "&" | "^", left, right):
                return self._is_set(left) or self._is_set(right)
            case Each("set"):
                return True
            case Ref(_, (only,)) if only >= 0:
                binding = self._facts.bindings[only]
                return binding.kind == "assign" and not binding.path and self._is_set(binding.value)
        return False

    def _is_of_numbers(self, expr: Expr) -> bool:
        """Whether items are surely numbers, whose hashes are not salted."""
        return isinstance(expr, Called) and _last(self._facts.calls[expr.call]) in _NUMBERS

    def _is_list_of_set(self, expr: Expr | None) -> bool:
        match expr:
            case Called(index):
                call = self._facts.calls[index]
                return call.name in ("list", "tuple") and len(call.args) == 1 and self._is_set(call.args[0])
            case Seq("list", (Star(inner),)):
                return self._is_set(inner)
            case Ref(name, (only,)) if only >= 0:
                binding = self._facts.bindings[only]
                made = binding.kind == "assign" and not binding.path and self._is_list_of_set(binding.value)
                return made and not self._is_sorted_later(name)
        return False

    def _is_listing(self, expr: Expr) -> bool:
        match expr:
            case Called(index):
                call = self._facts.calls[index]
                if call.name in ("list", "tqdm.tqdm", "tqdm.auto.tqdm") and call.args:
                    return self._is_listing(call.args[0])
                return self._lists(call)
            case Ref(name, (only,)) if only >= 0:
                binding = self._facts.bindings[only]
                if binding.kind != "assign" or binding.path or binding.value is None:
                    return False
                return self._is_listing(binding.value) and not self._is_sorted_later(name)
        return False

    def _lists(self, call: Call) -> bool:
        if call.name:
            return call.name in _LISTING and not self._names_one(call)
        if not isinstance(call.func, Attr):
            return False
        if call.func.name in _LISTING_METHODS:
            return True
        return call.func.name == "glob" and "Path" in self._project.type_of(self._source, call.func.base)

    def _names_one(self, call: Call) -> bool:
        """Whether a pattern is none: it is known, and names one file."""
        if not call.name.startswith("glob.") or not call.args:
            return False
        patterns = [show(value) for value in alternatives(self._project.value(self._source, call.args[0]))]
        return all("{" not in pattern and not re.search(r"[*?\[]", pattern) for pattern in patterns)

    # --- how it is used ---

    def _is_sorted_later(self, name: str) -> bool:
        """Whether a list is sorted in place, or through `sorted`, or shuffled, anywhere in the file."""
        for call in self._facts.calls:
            if isinstance(call.func, Attr) and call.func.name == "sort":
                subject: Expr | None = call.func.base
            else:
                subject = call.args[0] if _last(call) in _SORTERS and call.args else None
            if isinstance(subject, Ref) and subject.name == name:
                return True
        return False

    def _sorts(self, scope: int) -> bool:
        """Whether anything is put in order in a scope."""
        calls = (call for call in self._facts.calls if self._source.scope_of(call.block) == scope)
        return any(_last(call) in _ORDERING for call in calls)

    def _makes_table(self, index: int) -> bool:
        for store in self._facts.stores:
            if isinstance(store.target, Item) and store.operator == "=" and _is_ref_to(store.value, index):
                return not isinstance(store.target.index, Const)
        return any(
            isinstance(part, Each)
            and part.kind == "dict"
            and any(_is_ref_to(p, index) for p in walk(part.element))
            for part in self._everything()
        )

    def _selects(self, index: int) -> bool:
        """Whether a name selects columns: `df[name]`, `df.loc[:, name]`, `reindex(columns=name)`.

        What treats each column by itself (`df[name].astype(float)`, `df[name].corr()`) does not depend on the order.
        """
        if any(_is_selected(expr, index) for expr in self._held()):
            return True
        return any(
            keyword.name == "columns" and _is_ref_to(keyword.value, index)
            for call in self._facts.calls
            for keyword in (call.keywords if _last(call) == "reindex" else ())
        )

    def _reads_into_list(self, binding: Binding) -> bool:
        """Whether the loop reads data for each item and keeps it in a list (or is a comprehension that does)."""
        inside = {b for b in range(len(self._facts.blocks)) if binding.block in self._source.ancestors(b)}
        reads = any(
            e.phase == "load" and e.call.block in inside for e in self._project.phases.events(self._source)
        )
        if not reads:
            return False
        if self._facts.blocks[binding.block].kind == "comprehension":
            return True
        return any(_last(call) in ("append", "extend") and call.block in inside for call in self._facts.calls)

    def _keeps_names(self, binding: Binding) -> bool:
        """Whether a loop keeps the name of each file beside its rows, so that their order does not matter."""
        names = {n for n, b in enumerate(self._facts.bindings) if b is binding}
        for call in self._facts.calls:
            if _last(call) == "append" and call.args and binding.block in self._source.ancestors(call.block):
                kept = call.args[0]
                if isinstance(kept, Called):
                    made = self._facts.calls[kept.call]
                    if _last(made) not in _NAMING:
                        continue
                    kept = made.args[0] if made.args and made.name else made.func
                if any(isinstance(part, Ref) and not names.isdisjoint(part.bindings) for part in walk(kept)):
                    return True
        return False

    def _takes_rows(self, binding: int) -> bool:
        """Whether a list stands for rows somewhere (`table[list, :]`): its items are numbers."""
        indices = (part.index for part in self._everything() if isinstance(part, Item))
        return any(
            isinstance(index, Seq) and len(index.items) == 2 and _is_ref_to(index.items[0], binding)
            for index in indices
        )

    def _reads_keys(self, binding: Binding) -> bool:
        """Whether a comprehension takes nothing but the key of each row, which says where it belongs."""
        names = {n for n, b in enumerate(self._facts.bindings) if b is binding}
        for expr in self._everything():
            if isinstance(expr, Item) and isinstance(expr.index, Const) and _KEY.fullmatch(str(expr.index.value)):
                read = self._facts.calls[expr.base.call] if isinstance(expr.base, Called) else None
                if read is not None and any(
                    isinstance(a, Ref) and not names.isdisjoint(a.bindings) for a in read.args
                ):
                    return True
        return False

    def _everything(self) -> Iterator[Expr]:
        for expr in self._held():
            yield from walk(expr)

    def _held(self) -> Iterator[Expr | None]:
        facts = self._facts
        held: list[Iterable[Expr | None]] = [
            (binding.value for binding in facts.bindings),
            (store.value for store in facts.stores),
            (result.value for result in facts.returns),
            (argument for call in facts.calls for argument in (call.func, *call.args)),
            (keyword.value for call in facts.calls for keyword in call.keywords),
            (use.expr for use in facts.uses if use.passed),
        ]
        for group in held:
            yield from group


def _is_selected(expr: Expr | None, binding: int) -> bool:
    """Whether an expression selects columns by a name, other than for what treats each column by itself."""
    match expr:
        case None:
            return False
        case Attr(Item(base), name) if name in _PER_COLUMN:
            return _is_selected(base, binding)
        case Item(_, index) if _is_ref_to(index, binding):
            return True
        case Item(_, Seq(_, (*_, last))) if _is_ref_to(last, binding):
            return True
    return any(_is_selected(part, binding) for part in parts_of(expr))


def _is_beside(call: Call) -> bool:
    """Whether frames become columns of one, each under its own name."""
    return any(keyword.name == "axis" and keyword.value in _COLUMNS for keyword in call.keywords)


def _is_ref_to(expr: Expr, binding: int) -> bool:
    return isinstance(expr, Ref) and binding in expr.bindings


def _last(call: Call) -> str:
    return call.name.rpartition(".")[2] or (call.func.name if isinstance(call.func, Attr) else "")
