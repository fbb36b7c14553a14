"""What exception handlers do about what they catch."""

from __future__ import annotations

import re

from mldebt.facts import Block, Call, Const, Expr, Map, Ref, Seq
from mldebt.project.source_facts import SourceFacts

_LOGS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
_REASONS = re.compile(
    r"best.effort|optional|not critical|non-?critical|on purpose|intention|harmless|no problem|fall ?back", re.I
)
_ANYTHING = frozenset({"Exception", "BaseException"})
SILENT = {"pass": "pass", "continue": "continue", "return": "return nothing"}
"""The shapes of handlers that go on as if nothing had happened, in words."""


def hides_everything(source: SourceFacts, index: int, block: Block) -> bool:
    """Whether a handler (a block and its index) catches everything and goes on with nothing, telling no caller."""
    caught = block.test
    if caught is not None and not (isinstance(caught, Ref) and caught.name in _ANYTHING):
        return False
    if _is_explained(source, block) or logs(source, index) or _asks_again(source, block):
        return False
    if block.shape != "return":
        return block.shape in SILENT
    if tells(source, index):
        return False
    return all(_is_nothing(result.value) for result in source.facts.returns if result.block == index)


def logs(source: SourceFacts, handler: int) -> bool:
    """Whether a handler writes to a log or warns, rather than printing at most."""
    calls = (call for call in source.facts.calls if call.block == handler)
    return any(
        getattr(call.func, "name", "") in _LOGS or call.name in ("warnings.warn", "traceback.print_exc")
        for call in calls
    )


def _is_explained(source: SourceFacts, block: Block) -> bool:
    """Whether a comment in a handler says why nothing needs to be done."""
    first, last = block.span.line, max(block.span.end_line, block.span.line + 2)
    return any(first <= c.span.line <= last and _REASONS.search(c.text) for c in source.facts.comments)


def _asks_again(source: SourceFacts, block: Block) -> bool:
    """Whether the loop around asks a person for the next one."""
    blocks = source.facts.blocks
    loop = next((b for b in source.ancestors(block.parent) if blocks[b].kind in ("while", "for")), -1)
    return block.shape == "continue" and any(
        call.name in ("input", "builtins.input", "click.prompt") and loop in source.ancestors(call.block)
        for call in source.facts.calls
    )


def only_tells(block: Block) -> bool:
    """Whether a handler catches everything, says so, and goes on behind the `try`."""
    caught = block.test
    anything = caught is None or (isinstance(caught, Ref) and caught.name in _ANYTHING)
    return anything and block.shape == "log"


def tells(source: SourceFacts, handler: int) -> bool:
    """Whether a handler prints or logs something."""
    return any(call.block == handler for call in source.facts.calls)


def _is_nothing(value: Expr) -> bool:
    """None, an empty text or container, or a tuple of such."""
    match value:
        case Const(None | "") | Seq(_, ()) | Map((), ()):
            return True
        case Seq(_, items):
            return all(map(_is_nothing, items))
    return False


def is_tried_again(source: SourceFacts, block: Block) -> bool:
    """Whether a function goes on after a handler's `pass` and returns something made in another way."""
    scope = source.scope_of(block.partner)
    if block.shape != "pass" or source.facts.blocks[scope].kind == "module":
        return False
    return any(
        result.span.line > block.span.line and source.scope_of(result.block) == scope
        for result in source.facts.returns
        if not _is_nothing(result.value)
    )


def tried_around(source: SourceFacts, call: Call) -> int:
    """The innermost `try` around a call; -1 if there is none."""
    return next((block for block in source.ancestors(call.block) if source.facts.blocks[block].kind == "try"), -1)
