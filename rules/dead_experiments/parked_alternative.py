"""The rule `parked-alternative`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, Span, facts

_PARKED = re.compile(
    r"#+\s*(?P<name>[A-Za-z_][\w.]*)\s*=\s*(?P<maker>[A-Za-z_]\w*)(?P<rest>[\w.]*)\(.*\)?\s*\\?$"
)
_EXPLAINS = re.compile(
    r"\b(examples?|usage|e\.g\.|uncomment|equivalent|same as|alternatively)\b|->", re.IGNORECASE
)
_FARTHEST = 3


_ARGUMENT = re.compile(r"#+\s*(?P<name>[a-z]\w*)\s*=\s*(?P<value>[^=\s].*?)\s*,?$")
_PROSE = re.compile(r"\w+ (?!if\b|else\b|for\b|in\b|and\b|or\b|not\b|is\b|lambda\b)[a-z]{2,} [a-z]")


class ParkedAlternative(Rule):
    """Another value of a variable is commented out beside the one that is used.

    The model, loader or optimizer that was tried before is kept for later. It is not run, its name is not changed with
    the rest, and nobody can tell which of the two the published numbers come from. Sculley et al. 2015, section 5
    ("Dead Experimental Codepaths").

    ## How to repair

    Delete it; version control remembers. If both are wanted, choose by a setting.

    ## A model that was tried

    ```python title="train.py"
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.svm import SVC

    model = RandomForestClassifier(random_state=0)
    # model = SVC(C=3)  # expect: parked-alternative
    model.fit(X, y)
    ```

    ## An argument that was tried

    ```python title="fit.py"
    from xgboost import XGBClassifier

    model = XGBClassifier(
        max_depth=4,
        # learning_rate=0.3,  # expect: parked-alternative
        n_estimators=200,
    )
    ```

    ## Above the line, an attribute, in a notebook

    ```python title="explore.ipynb"
    # %%
    import torch
    import models
    class Trainer:
        def __init__(self, net):
            # self.optimizer = torch.optim.SGD(net.parameters(), lr=0.1)  # expect: parked-alternative
            self.optimizer = torch.optim.Adam(net.parameters())
    ```

    ## Prose with an equation, another variable, a number, a name that this file does not know, an instruction

    ```python title="layers.py"
    import torch

    # y = softmax(W x + b)
    y = torch.softmax(x @ w + b, dim=1)
    # z = torch.exp(y)
    scale = torch.ones(3)
    # rate = 0.1
    rate = torch.tensor(0.2)
    # uncomment for double precision:
    # out = torch.zeros(3, dtype=torch.double)
    out = torch.zeros(3)
    ```

    ## Five lines, for which there is `commented-out-code`

    ```python title="train.py"
    import torch
    # net = torch.nn.Linear(3, 2)
    # net = torch.nn.Linear(3, 4)
    # net.weight.data.fill_(1)
    # net.bias.data.fill_(0)
    # net.train()
    net = torch.nn.Linear(3, 1)
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such comments, at the first one."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if source.source.is_any(Role.TUTORIAL):
                continue
            found = sorted({*_alternatives(source), *_arguments(source)})
            if found:
                (span, name), *others = found
                yield self.finding(
                    source.location(span),
                    f"an alternative at `{name}` is commented out"
                    + (f" (and {len(others)} more)" if others else ""),
                    related=[Related(source.location(s), f"at `{n}`, too") for s, n in others],
                    minutes=5 * len(found),
                )


def _alternatives(source: SourceFacts) -> Iterator[tuple[Span, str]]:
    """The comments that assign to the variable that the next line of code around them assigns to."""
    comments = {comment.span.line: comment for comment in source.facts.comments if comment.own_line}
    assigned = dict(_assigned(source))
    known = {binding.name for binding in source.facts.bindings}
    large = {line for parked in _large(source) for line in range(parked.span.line, parked.span.end_line + 1)}
    for line, comment in comments.items():
        match = _PARKED.match(comment.text)
        if match is None or match["maker"] not in known or line in large:
            continue
        around = [comments[n].text for n in range(line - 2, line + 2) if n in comments]
        if any(map(_EXPLAINS.search, around)):
            continue
        if any(assigned.get(near) == match["name"] for near in _near(comments, line)):
            yield comment.span, match["name"]


def _arguments(source: SourceFacts) -> Iterator[tuple[Span, str]]:
    """The comments between the arguments of a call that would be one more of them."""
    matches = [(c, m) for c in source.facts.comments if c.own_line and (m := _ARGUMENT.match(c.text))]
    for comment, match in matches:
        line = comment.span.line
        around = [c for c in source.facts.calls if c.span.line < line < c.span.end_line and c.keywords]
        call = max(around, key=lambda c: c.span, default=None)
        if call is None or _EXPLAINS.search(comment.text) or _PROSE.search(match["value"]):
            continue
        yield comment.span, match["name"]


def _assigned(source: SourceFacts) -> Iterator[tuple[int, str]]:
    """The lines, first and last of a statement, on which the result of a call is assigned, with the target."""
    content = source.facts
    for binding in content.bindings:
        if binding.kind == "assign" and isinstance(binding.value, facts.Called) and not binding.path:
            yield binding.span.line, binding.name
            yield content.calls[binding.value.call].span.end_line, binding.name
    for store in content.stores:
        target = store.target
        made = store.value if isinstance(store.value, facts.Called) and not store.path else None
        if made is not None and isinstance(target, facts.Attr) and isinstance(target.base, facts.Ref):
            yield store.span.line, f"{target.base.name}.{target.name}"
            yield content.calls[made.call].span.end_line, f"{target.base.name}.{target.name}"


def _large(source: SourceFacts) -> Iterator[facts.ParkedCode]:
    """Parked code that is reported as a whole."""
    return (p for p in source.facts.parked if p.span.end_line - p.span.line >= 4)


def _near(comments: dict[int, facts.Comment], line: int) -> Iterator[int]:
    """The first line of code above and below a comment, past other comments."""
    for step in (-1, 1):
        near = line + step
        while near in comments and abs(near - line) < _FARTHEST:
            near += step
        yield near
