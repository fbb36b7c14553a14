"""The rule `last-item-decides`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, facts, walk


class LastItemDecides(Rule):
    """A loop checks every item, and only the last one decides.

    Each round overwrites the answer of the round before: a table whose first column is missing passes as long as its
    last one is there. The check gives false safety, which is worse than none. Sculley et al. 2015, section 7: data
    need tests that can be relied on; Breck et al. 2017 (ML Test Score, data 1).

    ## How to repair

    Begin with `True`, set it to `False` in the loop, or use `all(…)`.

    ## Both branches answer

    ```python title="validate.py"
    def validate(columns, schema):
        valid = None
        for column in columns:
            if column not in schema:
                valid = False  # expect: last-item-decides
            else:
                valid = True
        return valid
    ```

    ```python title="status.py"
    import pandas as pd

    def validate(path, schema):
        data = pd.read_csv(path)
        for column in list(data.columns):
            if column not in schema:
                status = False  # expect: last-item-decides
                with open("status.txt", "w") as file:
                    file.write(f"valid: {status}")
            else:
                status = True
                with open("status.txt", "w") as file:
                    file.write(f"valid: {status}")
        return status
    ```

    ## One answer is kept, or the loop ends with it

    ```python title="validate.py"
    def validate(columns, schema):
        valid = True
        for column in columns:
            if column not in schema:
                valid = False
        return valid

    def find(columns, schema):
        for column in columns:
            if column in schema:
                found = True
                break
            else:
                found = False
        return found

    def first(columns, schema):
        for column in columns:
            if column in schema:
                found = True
            else:
                found = False
                return found
        return found
    ```

    ## An answer for each item

    ```python title="flags.py"
    def flags(rows):
        result = []
        for row in rows:
            if row.age > 30:
                old = True
            else:
                old = False
            result.append(old)
        return result

    def last(rows):
        for row in rows:
            if row.age > 30:
                old = True
            else:
                old = False
    ```
    """

    profile = Profile.CI
    severity = Severity.WARNING
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each name that such a loop overwrites."""
        for source in self.sources(project, Kind.PYTHON):
            blocks = source.facts.blocks
            by_block: dict[int, dict[str, facts.Binding]] = {}
            for binding in source.facts.bindings:
                if binding.kind == "assign" and not binding.path and _answer(binding.value) is not None:
                    by_block.setdefault(binding.block, {})[binding.name] = binding
            for index, named in by_block.items():
                block = blocks[index]
                if block.kind != "else" or block.partner not in by_block or blocks[block.parent].kind != "for":
                    continue
                for name, second in named.items():
                    first = by_block[block.partner].get(name)
                    if first is not None and _answer(first.value) is not _answer(second.value):
                        loop = block.parent
                        if not _leaves(source, loop) and _is_read_after(
                            source, loop, (block.partner, index), name
                        ):
                            yield self.finding(
                                source.location(first.span),
                                f"each round of the loop sets `{name}` anew: only the last item decides",
                                related=[Related(source.location(second.span), "set here otherwise")],
                                severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
                                scope=source.scope_name(index),
                            )


def _answer(value: facts.Expr | None) -> bool | None:
    return value.value if isinstance(value, facts.Const) and isinstance(value.value, bool) else None


def _leaves(source: SourceFacts, loop: int) -> bool:
    """Whether something ends the loop before its last item."""
    if any(loop in source.ancestors(result.block) for result in source.facts.returns):
        return True
    span = source.facts.blocks[loop].span
    words = (line.strip() for line in source.text().splitlines()[span.line - 1 : span.end_line])
    return any(word.startswith(("break", "raise")) for word in words)


def _is_read_after(source: SourceFacts, loop: int, branches: tuple[int, int], name: str) -> bool:
    """Whether a name is read behind the loop, and within it in the two branches at most."""
    scope = source.scope_of(loop)
    last = source.facts.blocks[loop].span.end_line
    behind = False
    for block, line, expr in _reads(source):
        if source.scope_of(block) != scope or not _mentions(expr, name):
            continue
        around = set(source.ancestors(block))
        if loop in around and around.isdisjoint(branches):
            return False
        behind = behind or line > last
    return behind


def _reads(source: SourceFacts) -> Iterator[tuple[int, int, facts.Expr | None]]:
    for use in source.facts.uses:
        yield use.block, use.span.line, use.expr
    for result in source.facts.returns:
        yield result.block, result.span.line, result.value
    for call in source.facts.calls:
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            yield call.block, call.span.line, argument
    for index, block in enumerate(source.facts.blocks):
        if index:
            yield block.parent, block.span.line, block.test


def _mentions(expr: facts.Expr | None, name: str) -> bool:
    return any(isinstance(part, facts.Ref) and part.name == name for part in walk(expr))
