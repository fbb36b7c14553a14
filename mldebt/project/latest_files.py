"""Places where code takes the newest, or the last, file of a directory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mldebt.facts import Attr, Binary, Call, Called, Const, Each, Expr, Item, Ref, Text, Unary
from mldebt.plain_facts import keyword_argument
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk_calls
from mldebt.source import Span

_LISTINGS = re.compile(r"(^|\.)(glob|iglob|rglob|listdir|scandir|iterdir|list_files|get_files|list_blobs)$")
_TIMES = frozenset({"getctime", "getmtime", "st_mtime", "st_ctime", "st_mtime_ns", "last_modified"})
_KEEPING = re.compile(
    r"resum|clean|remov|delet|rotat|prun|purge|keep|version|next_|increment|run_name|log|metadata|release|summary|config"
    r"|backup|history",
    re.IGNORECASE,
)
_RECORDS = re.compile(r"(^|\.)(log_params?|log_artifacts?|log_dict|set_tags?|log_input|use_artifact)$")
_WATCHES = re.compile(
    r"(^|[/_.])(monitor(ing)?|dashboard|report(s|ing)?|drift|tui|gui|ui|streamlit_?\w*|status)([/_.]|$)",
    re.IGNORECASE,
)
_PAGES = frozenset({"streamlit", "dash", "gradio", "textual", "panel", "nicegui", "tkinter"})
"""What shows results to people: there, the latest are asked for."""
_NO_INPUT = re.compile(r"\.(jsonl?|log|txt|md|html?|png|jpe?g|svg|pdf|out|err)$", re.IGNORECASE)
_REMOVES = re.compile(r"(^|\.)(remove|unlink|rmtree|rmdir)$")
_LAST = (Const(-1), Unary("-", Const(1)))


class LatestChoice(NamedTuple):
    """`kind` is newest (by time) or last (by name)."""

    kind: str
    block: int
    span: Span


def latest_choices(source: SourceFacts) -> Iterator[LatestChoice]:
    """The choices of one file out of a listing, one a line, in textual order.

    Functions that resume a run, number versions or clear files away are left out, as are reports, files whose name a
    tracker gets, and what only shows or watches the latest results.
    """
    header = source.facts.header
    if any(module.partition(".")[0] in _PAGES for module in header.modules):
        return
    if any(_LISTINGS.search(name) for name in (*header.names, *header.methods)):
        seen: set[int] = set()
        for choice in sorted(_all(source), key=lambda c: c.span):
            if choice.span.line in seen or _is_housekeeping(source, choice.block) or _WATCHES.search(source.path):
                continue
            seen.add(choice.span.line)
            if not _is_recorded(source, choice):
                yield choice


def _all(source: SourceFacts) -> Iterator[LatestChoice]:
    for call in source.facts.calls:
        if call.name == "max" and call.args and _by_time(source, call) and _lists(source, call.args[0]):
            yield LatestChoice("newest", call.block, call.span)
    for expr, block, span in _expressions(source):
        maker = _made_by(source, expr.base) if isinstance(expr, Item) else None
        if maker is None or maker.name != "sorted" or not maker.args or not _lists(source, maker.args[0]):
            continue
        index = expr.index if isinstance(expr, Item) else None
        if index in _LAST:
            yield LatestChoice("newest" if _by_time(source, maker) else "last", block, span)
        elif index == Const(0) and _is_descending(maker) and _by_time(source, maker):
            yield LatestChoice("newest", block, span)


def _expressions(source: SourceFacts) -> Iterator[tuple[Expr, int, Span]]:
    facts = source.facts
    yield from ((use.expr, use.block, use.span) for use in facts.uses)
    yield from ((b.value, b.block, b.span) for b in facts.bindings if b.value is not None)
    yield from ((result.value, result.block, result.span) for result in facts.returns)
    for call in facts.calls:
        yield from ((argument, call.block, call.span) for argument in call.args)


def _is_descending(call: Call) -> bool:
    return any(keyword.name == "reverse" and keyword.value == Const(True) for keyword in call.keywords)


def _by_time(source: SourceFacts, call: Call) -> bool:
    """Whether the key of a `max` or `sorted` is the time of a file."""
    key = keyword_argument(call, "key")
    if key is None or isinstance(key, Attr):
        return key is not None and key.name in _TIMES
    lines = range(call.span.line, call.span.end_line + 1)
    names = {inner.name.rpartition(".")[2] for inner in source.facts.calls if inner.span.line in lines}
    chains = [use.expr for use in source.facts.uses if use.span.line in lines]
    chains += [result.value for result in source.facts.returns if result.span.line in lines]  # of lambdas
    names |= {chain.name for chain in chains if isinstance(chain, Attr)}
    return not names.isdisjoint(_TIMES)


def _lists(source: SourceFacts, expr: Expr, depth: int = 3) -> bool:
    """Whether an expression is a listing of files, or one that is filtered or sorted."""
    if depth == 0:
        return False
    expr = _bound(source, expr)
    if isinstance(expr, Each):
        element = expr.element
        while isinstance(element, Attr | Item):
            element = element.base
        name = element.name if isinstance(element, Ref) else ""
        loops = [b.value for b in source.facts.bindings if b.kind == "for" and b.name == name]
        return any(value is not None and _lists(source, value, depth - 1) for value in loops)
    call = _made_by(source, expr)
    if call is None:
        return False
    if _LISTINGS.search(call.name or (call.func.name if isinstance(call.func, Attr) else "")):
        return not (call.args and _NO_INPUT.search(_pattern(call.args[0])))
    return call.name in ("list", "sorted") and bool(call.args) and _lists(source, call.args[0], depth - 1)


def _pattern(expr: Expr) -> str:
    """The end of what a listing looks for, as far as it is written."""
    if isinstance(expr, Text) and expr.parts:
        expr = expr.parts[-1]
    if isinstance(expr, Binary):
        return _pattern(expr.right)
    return expr.value if isinstance(expr, Const) and isinstance(expr.value, str) else ""


def _made_by(source: SourceFacts, expr: Expr) -> Call | None:
    """The call that an expression is, or that its only binding holds."""
    expr = _bound(source, expr)
    return source.facts.calls[expr.call] if isinstance(expr, Called) else None


def _bound(source: SourceFacts, expr: Expr) -> Expr:
    """What the only binding of a name holds; anything else as it is."""
    if isinstance(expr, Ref) and len(expr.bindings) == 1 and expr.bindings[0] >= 0:
        binding = source.facts.bindings[expr.bindings[0]]
        if binding.kind == "assign" and binding.value is not None and not binding.path:
            return binding.value
    return expr


def _is_recorded(source: SourceFacts, choice: LatestChoice) -> bool:
    """Whether a tracker is told which file was taken: its name, or what is made of it."""
    names = {b.name for b in source.facts.bindings if b.kind == "assign" and b.span.line == choice.span.line}
    for _ in range(3):
        for binding in source.facts.bindings:
            if names & {part.name for part in walk_calls(source, binding.value) if isinstance(part, Ref)}:
                names.add(binding.name)
    for call in source.facts.calls if names else ():
        if _RECORDS.search(call.name or (call.func.name if isinstance(call.func, Attr) else "")):
            given = (*call.args, *(keyword.value for keyword in call.keywords))
            if any(isinstance(p, Ref) and p.name in names for expr in given for p in walk_calls(source, expr)):
                return True
    return False


def _is_housekeeping(source: SourceFacts, block: int) -> bool:
    scope = source.scope_of(block)
    owner = source.scope_name(block).rpartition(".")[0]
    if owner and any(
        f.name.startswith("save") and f.qualname.startswith(f"{owner}.") for f in source.facts.functions
    ):
        return True  # a class that finds again what it saved
    calls = (call for call in source.facts.calls if source.scope_of(call.block) == scope)
    names = (call.name or (call.func.name if isinstance(call.func, Attr) else "") for call in calls)
    return bool(_KEEPING.search(source.scope_name(block))) or any(_REMOVES.search(name) for name in names)
