"""The rule `unused-notebook-function`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, facts, walk

_WORD = re.compile(r"[A-Za-z_]\w*")
_EXPORTS = re.compile(r"#\s*(\|\s*)?(export|hide|exporti|exports)\b|%%(writefile|file)|default_exp")


class UnusedNotebookFunction(Rule):
    """A notebook defines a function that it never calls.

    Nothing else can import it, so that it is what an earlier version of the analysis left. Readers look for the
    place where it is used, and it is not run when the notebook is. Sculley et al. 2015, section 5 (Dead
    Experimental Codepaths).

    ## How to repair

    Delete it, or move it into a module if it is to be kept.

    ## A helper that no cell calls

    ```python title="explore.ipynb"
    # %%
    def load(path):
        return path.read()
    def save_encoded(frame):  # expect: unused-notebook-function
        first, second = split(frame)
        first.to_csv("first.csv")
    # %%
    data = load("x")
    ```

    ## Handed on, called by another function, called by a magic or by its text

    ```python title="explore.ipynb"
    # %%
    def clean(text):
        return text.strip()
    def tokens(text):
        return clean(text).split()
    def slow(rows):
        return [row for row in rows]
    def by_name(rows):
        return len(rows)
    # %%
    frame["text"] = frame["text"].map(tokens)
    rows.agg("by_name")
    # %%
    %timeit slow(rows)
    ```

    ## Decorated, exported, run by another notebook

    ```python title="library.ipynb"
    # %%
    @app.route("/")
    def page():
        return render("page")
    ```

    ```python title="helpers.ipynb"
    # %%
    def shared(rows):
        return len(rows)
    ```

    ```python title="main.ipynb"
    # %%
    %run helpers.ipynb
    # %%
    shared([1])
    ```

    ## Scripts have readers that nobody knows

    ```python title="helpers.py"
    def shared(rows):
        return len(rows)
    ```

    ## Tests that a runner finds by name

    ```python title="tests.ipynb"
    def test_length():
        assert len("ab") == 2
    ```

    ## A method that is written out

    ```python title="explain.ipynb"
    def predict(self, rows):
        return self.steps[-1].predict(rows)
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 3
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each notebook with such functions."""
        run: set[str] = set()
        for source in project.sources(Kind.NOTEBOOK):
            if any(magic.name == "%run" for magic in source.facts.magics):
                run.update(source.facts.words)
        for source in self.sources(project, Kind.NOTEBOOK):
            if source.source.is_any(Role.TUTORIAL) or source.facts.header.problems or not source.facts.functions:
                continue
            if any(_EXPORTS.match(comment.text) for comment in source.facts.comments):
                continue
            unused = [f for f in _unused(source) if f.name not in run]
            if unused:
                first, *others = unused
                more = f" and {len(others)} more function{'s' * (len(others) > 1)}" if others else ""
                yield self.finding(
                    source.location(source.facts.blocks[first.block].span),
                    f"`{first.name}`{more} of this notebook {'are' if others else 'is'} never called",
                    related=[Related(source.location(f.span), f"nor is `{f.name}`") for f in others],
                    minutes=2 + len(unused),
                    scope=first.qualname,
                )


def _is_shown(function: facts.Function) -> bool:
    """Whether a function is a test, which a runner finds, or a method that is written out to be read."""
    return function.name.startswith("test_") or any(p.name == "self" for p in function.params[:1])


def _unused(source: SourceFacts) -> list[facts.Function]:
    """The plain functions of a notebook's cells whose names are read nowhere but in themselves."""
    content = source.facts
    candidates = {
        f.name: f
        for f in content.functions
        if "." not in f.qualname
        and not f.decorators
        and not _is_shown(f)
        and source.enclosing(f.block, "class") is None
    }
    if not candidates:
        return []
    twice = [f.name for f in content.functions]
    texts = " ".join(magic.text for magic in content.magics)
    mentioned = set(_WORD.findall(texts))
    for line, expr in _read(source):
        for part in walk(expr):
            name = ""
            if isinstance(part, facts.Ref | facts.Attr):
                name = part.name
            elif isinstance(part, facts.Const) and isinstance(part.value, str) and len(part.value) < 100:
                mentioned.update(_WORD.findall(part.value))
            function = candidates.get(name)
            if function is not None:
                own = content.blocks[function.block].span
                if not own.line <= line <= own.end_line:
                    mentioned.add(name)
    return [f for name, f in candidates.items() if name not in mentioned and twice.count(name) == 1]


def _read(source: SourceFacts) -> Iterator[tuple[int, facts.Expr]]:
    """Whatever a notebook reads, with lines."""
    content = source.facts
    for call in content.calls:
        for expr in (call.func, *call.args, *(k.value for k in call.keywords)):
            yield call.span.line, expr
    for use in content.uses:
        yield use.span.line, use.expr
    for binding in content.bindings:
        if binding.value is not None:
            yield binding.span.line, binding.value
    for function in content.functions:
        for expr in (*function.decorators, *(p.default for p in function.params if p.default is not None)):
            yield function.span.line, expr
