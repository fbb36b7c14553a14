"""The rule `twin-calls`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, SourceFacts, facts

_FEWEST_EQUAL = 6
_MOST_DIFFERENT = 3
_BRANCHES = frozenset({"if", "else", "case", "try", "except"})


class TwinCalls(Rule):
    """Two branches make the same call, and only one or two of its many arguments differ.

    A new argument has to be added in each branch, and the one that is forgotten makes two models or data sets
    differ for a reason that nobody sees. Sculley et al. 2015, section 5 (Abstraction Debt).

    ## How to repair

    Make the call once; let the branches choose the arguments that differ.

    ## A model that is built in two branches

    ```python title="train.py"
    if dataset == "mnist":
        net = Net(data, width=w, height=h, batch=b, rate=rate, out=out, loss=loss, classes=10)  # expect: twin-calls
    else:
        net = Net(data, width=w, height=h, batch=b, rate=rate, out=out, loss=loss)
    ```

    ## Few arguments, arguments by position, other arguments

    ```python title="train.py"
    if dataset == "mnist":
        net = Net(session, width=width, height=height)
        other = Net(session, width=1, height=2, batch=3, rate=4, seed=5, out=6)
        export(net, image, file, 12, dynamic, simplify)
    else:
        net = Net(session, width=width)
        export(net, image, file, 12, dynamic, simplify)
        other = Net(session, width=8, height=7, batch=6, rate=5, seed=4, out=3)
    ```

    ## Calls that are no alternatives: both happen

    ```python title="train.py"
    train = Loader(files, batch=batch, workers=workers, pin=pin, drop=drop, seed=seed, shuffle=True, size=size)
    valid = Loader(files, batch=batch, workers=workers, pin=pin, drop=drop, seed=seed, shuffle=False, size=size)
    ```
    """

    profile = Profile.AUDIT
    minutes = 15
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each group of alternative calls that are nearly the same."""
        for source in self.sources(project, Kind.PYTHON):
            groups: dict[tuple[str, int], list[facts.Call]] = defaultdict(list)
            for call in source.facts.calls:
                if len(call.keywords) >= _FEWEST_EQUAL:
                    name = call.name or _written(call.func)
                    if name:
                        groups[name, source.scope_of(call.block)].append(call)
            for (name, _), calls in groups.items():
                if len(calls) > 1:
                    yield from self._twins(source, name, calls)

    def _twins(self, source: SourceFacts, name: str, calls: list[facts.Call]) -> Iterator[Finding]:
        first = calls[0]
        others = [call for call in calls[1:] if _alternatives(source, first, call) and _alike(first, call)]
        if not others:
            return
        equal, different = _compared(first, others[0])
        what = ", ".join(f"`{argument}`" for argument in different) or "nothing"
        yield self.finding(
            source.location(first.span),
            f"{len(others) + 1} branches call `{name.rpartition('.')[2].lstrip(':')}` with the same {equal} arguments; "
            f"{what} differ{'s' * (len(different) < 2)}",
            related=[Related(source.location(call.span), "the same call") for call in others],
            scope=source.scope_name(first.block),
        )


def _written(func: facts.Expr) -> str:
    if isinstance(func, facts.Attr):
        base = _written(func.base)
        return f"{base}.{func.name}" if base else ""
    return func.name if isinstance(func, facts.Ref) else ""


def _alternatives(source: SourceFacts, one: facts.Call, other: facts.Call) -> bool:
    """Whether at most one of two calls happens: they are in different branches of one `if` or `match`."""
    blocks = source.facts.blocks
    first, second = list(source.ancestors(one.block)), list(source.ancestors(other.block))
    for mine in first:
        partner = next((b for b in second if blocks[b].kind == "else" and blocks[b].partner == mine), None)
        if blocks[mine].kind == "if" and partner is not None:
            return True
        if blocks[mine].kind == "case" and mine not in second:
            return any(blocks[b].kind == "case" and blocks[b].parent == blocks[mine].parent for b in second)
    return False


def _arguments(call: facts.Call) -> dict[str, facts.Expr]:
    return {str(i): arg for i, arg in enumerate(call.args)} | {k.name: k.value for k in call.keywords}


def _compared(one: facts.Call, other: facts.Call) -> tuple[int, list[str]]:
    """How many arguments are equal, and the names (or positions) of those that are not."""
    first, second = _arguments(one), _arguments(other)
    names = sorted(first.keys() | second.keys())
    different = [name for name in names if not _same(first.get(name), second.get(name))]
    return len(names) - len(different), different


def _same(one: facts.Expr | None, other: facts.Expr | None) -> bool:
    """Equal as written; results of calls, which are told apart by their places, are not."""
    return one is not None and one == other


def _alike(one: facts.Call, other: facts.Call) -> bool:
    equal, different = _compared(one, other)
    named = sum(1 for keyword in one.keywords if keyword in other.keywords)
    return named >= _FEWEST_EQUAL and equal > len(different) <= _MOST_DIFFERENT
