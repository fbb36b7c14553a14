"""The rule `copied-within-file`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    facts,
    is_library,
)

_FEWEST_COMMON = 12
_CONTAINED = 0.6
_FEWEST_BLOCKS = 3
_FEWEST_LINES = 5
_ALIKE = 0.7
_HEADS = frozenset({"try", "if", "for", "with"})
_TAILS = frozenset({"except", "else", "finally"})


class CopiedWithinFile(Rule):
    """Code of a file was copied inside that file and changed a little.

    The second training loop, or the fifth stage that is run in the same way, has its own copy of every step: a change
    has to be made in all of them, and what differs on purpose cannot be told from what was forgotten. Sculley et al.
    2015, section 5 (Abstraction Debt): there is no abstraction for what is repeated.

    ## How to repair

    Make one function of it, with what differs as its arguments, or loop over a list of what differs.

    ## Two methods that share most of their lines

    ```python title="solver.py"
    class Solver:
        def train(self):
            rows = iter(self.loader)
            for step in range(self.steps):
                batch, labels = next(rows)
                batch = batch.to(self.device)
                labels = labels.to(self.device)
                guesses = self.net(batch)
                loss = self.loss(guesses, labels)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                if step % self.log_step == 0:
                    print(step, loss.item())
                if step % self.save_step == 0:
                    self.save(step)

        def train_both(self):  # expect: copied-within-file
            rows = iter(self.both)
            for step in range(self.steps):
                batch, labels = next(rows)
                batch = batch.to(self.device)
                labels = labels.to(self.device)
                guesses = self.net(batch)
                mask = labels >= 0
                loss = self.loss(guesses, labels)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                if step % self.log_step == 0:
                    print(step, loss.item())
                if step % self.save_step == 0:
                    self.save(step)
    ```

    ## Stages that are run in the same way

    ```python title="main.py"
    NAME = "ingestion"
    try:  # expect: copied-within-file
        logger.info(f"{NAME} started")
        stage = Ingestion()
        stage.main()
        logger.info(f"{NAME} completed")
    except Exception as error:
        logger.exception(error)
        raise error

    NAME = "validation"
    try:
        logger.info(f"{NAME} started")
        stage = Validation()
        stage.main()
        logger.info(f"{NAME} completed")
    except Exception as error:
        logger.exception(error)
        raise

    NAME = "training"
    try:
        logger.info(f"{NAME} started")
        stage = Training()
        stage.main()
        logger.info(f"{NAME} completed")
    except Exception as error:
        logger.exception(error)
        raise error
    ```

    ## A loop over what differs

    ```python title="main.py"
    for name, stage in stages.items():
        try:
            logger.info(f"{name} started")
            stage().main()
        except Exception as error:
            logger.exception(error)
            raise
    ```

    ## Short functions

    ```python title="main.py"
    def load(path):
        return clean(read(path))

    def load_all(paths):
        return clean(read(paths))
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.MIGRATION}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each function that repeats another one, and for each row of blocks that are alike."""
        for source in self.sources(project, Kind.PYTHON):
            if len(source.facts.lines) < _FEWEST_COMMON or is_library(project, source.path):
                continue
            for copy, original, common in _functions(source):
                yield self.finding(
                    source.location(copy[1]),
                    f"`{copy[0]}` repeats {common} lines of `{original[0]}`",
                    related=[Related(source.location(original[1]), f"`{original[0]}`")],
                    scope=copy[0],
                )
            for first, *others in _blocks(source):
                yield self.finding(
                    source.location(first),
                    f"{len(others) + 1} blocks one after the other do nearly the same",
                    related=[Related(source.location(span), "nearly the same") for span in others],
                    minutes=15,
                )


def _functions(source: SourceFacts) -> Iterator[tuple[tuple[str, Span], tuple[str, Span], int]]:
    """The functions most of whose lines stand in an earlier one of the file, with that one."""
    content = source.facts
    texts: list[tuple[str, Span, Counter[int], int]] = []
    for function in content.functions:
        span = content.blocks[function.block].span
        lines = Counter(line for line in content.lines[_body(source, function) - 1 : span.end_line] if line)
        parent = content.blocks[function.block].parent
        if lines.total() < _FEWEST_COMMON or source.enclosing(parent, "function") is not None:
            continue
        best = max(texts, key=lambda other: (other[2] & lines).total(), default=None)
        texts.append((function.qualname, function.span, lines, parent))
        if best is not None and best[0] != function.qualname:
            common = (best[2] & lines).total()
            if common >= _FEWEST_COMMON and common >= _CONTAINED * min(best[2].total(), lines.total()):
                yield (function.qualname, function.span), (best[0], best[1]), common


def _body(source: SourceFacts, function: facts.Function) -> int:
    """The first line below a function's parameters."""
    content, block = source.facts, function.block
    places = (*content.calls, *content.stores, *content.returns, *content.blocks, *content.bindings)
    own = (
        p.span.line
        for p in places
        if _home(p) == block and getattr(p, "kind", "") not in ("parameter", "function")
    )
    return min(own, default=content.blocks[block].span.line + 1)


def _home(place: facts.Call | facts.Store | facts.Return | facts.Block | facts.Binding) -> int:
    return place.parent if isinstance(place, facts.Block) else place.block


def _blocks(source: SourceFacts) -> Iterator[list[Span]]:
    """Rows of blocks beside each other that share most of their lines."""
    content = source.facts
    beside: dict[int, list[Span]] = defaultdict(list)
    for block in content.blocks:
        if block.kind in _HEADS:
            beside[block.parent].append(block.span)
        elif block.kind in _TAILS and beside[block.parent]:
            last = beside[block.parent][-1]
            beside[block.parent][-1] = Span(last.line, last.column, block.span.end_line, block.span.end_column)
    for spans in beside.values():
        row: list[Span] = []
        for span in spans:
            if not row or not _alike(source, row[0], span):
                if len(row) >= _FEWEST_BLOCKS:
                    yield row
                row = []
            row.append(span)
        if len(row) >= _FEWEST_BLOCKS:
            yield row


def _alike(source: SourceFacts, first: Span, second: Span) -> bool:
    one, two = (Counter(x for x in source.facts.lines[s.line - 1 : s.end_line] if x) for s in (first, second))
    total = min(one.total(), two.total())
    return total >= _FEWEST_LINES and 2 * (one & two).total() >= _ALIKE * (one.total() + two.total())
