"""The rule `undefined-name`."""

from __future__ import annotations

import builtins
import re
from collections import Counter
from collections.abc import Iterator
from posixpath import dirname

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    SourceFacts,
    Span,
    facts,
    names_in,
    star_names,
)

_GIVEN = frozenset(dir(builtins)) | frozenset(
    "display get_ipython In Out spark sc sqlContext dbutils displayHTML snakemake catalog context session pipelines"
    " unicode xrange raw_input reduce unichr long basestring file cmp execfile reload apply buffer intern"
    " WindowsError profile __file__ __path__ __class__".split()
)
"""Builtins, and what IPython, Databricks, Kedro, Snakemake, profilers and Python 2 define."""
_MAKES_NAMES = frozenset({"exec", "eval", "globals", "locals", "vars", "execfile", "setattr"})
_FEWEST_CELLS = 3
_EXPECTED = re.compile(r"noqa|F821|pylint|type: ignore|undefined")


class UndefinedName(Rule):
    """A step reads a name that nothing in its file defines: it has not run since it was copied here.

    Lines of another script were left behind, or a parameter was taken away. Whoever runs the step gets a `NameError`;
    that nobody noticed says that nobody runs it. Sculley et al. 2015, section 5 ("Dead Experimental Codepaths").

    ## How to repair

    Delete what is left over, or hand the value in.

    ## Lines of another job

    ```python title="inference.py"
    from pyspark.ml import Pipeline, PipelineModel

    def run(frame, path):
        pipeline = Pipeline(stages=stages).fit(frame)  # expect: undefined-name
        model = PipelineModel.load(path.format(bucket))
        return model.transform(frame)
    ```

    ## Defined somewhere in the file, given, guarded, or brought by a star

    ```python title="train.py"
    import torch

    def load():
        global model
        model = torch.load("model.pt")
    def score(rows):
        try:
            unicode
        except NameError:
            unicode = str
        return model(rows) if __name__ else spark.table(str(rows))
    def fallback(rows):
        try:
            return fast_path(rows)
        except NameError:
            return rows
    ```

    ```python title="plot.py"
    from pylab import *

    def draw(rows):
        return plot(rows)
    ```

    ## A star that brings what another file of the project has, and no more

    ```python title="layers.py"
    import torch

    def block(width):
        return torch.nn.Linear(width, width)
    ```

    ```python title="trainer.py"
    from layers import *

    class Trainer:
        def __init__(self, config):
            self.config = config
        def build(self, name):
            if name != "adam":
                raise ValueError(config.optimizer)  # expect: undefined-name
            return torch.optim.Adam(block(8).parameters())
    ```

    ## Cells that a tool keeps in files

    ```python title="board/1.py"
    print(frame.size)
    ```

    ```python title="board/2.py"
    print(frame.columns)
    ```

    ```python title="board/3.py"
    print(frame.index)
    ```

    ## Known to the author

    ```python title="rules.py"
    def score(rows):
        return injected(rows)  # noqa: F821
    ```
    """

    profile = Profile.AUDIT
    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such names, at the first one."""
        files = {
            source: found
            for source in self.sources(project, Kind.PYTHON)
            if (found := list(_undefined(project, source)))
        }
        cells = Counter(dirname(source.path) for source in files if _is_cell(source))
        for source, found in files.items():
            if not _is_cell(source) or cells[dirname(source.path)] < _FEWEST_CELLS:
                (span, name), *others = found
                others = [(s, n) for s, n in others if n != name]
                more = f" (and {len({n for _, n in others})} more names)" if others else ""
                yield self.finding(
                    source.location(span),
                    f"`{name}` is not defined here: this line cannot run{more}",
                    related=[Related(source.location(s), f"nor is `{n}`") for s, n in others[:8]],
                )


def _is_cell(source: SourceFacts) -> bool:
    """Whether names are missing at the top of a file that defines no functions: other tools keep their cells so."""
    return not source.facts.functions


def _undefined(project: Project, source: SourceFacts) -> Iterator[tuple[Span, str]]:
    """Each name that is read and bound nowhere, with its first place."""
    content = source.facts
    header = content.header
    brought = star_names(project, source)
    if header.problems or header.truncated or header.generated or brought is None:
        return
    bound = {b.name for b in content.bindings if b.kind == "global" or not source.scope_of(b.block)}
    bound.update(brought, (fact.alias for fact in content.imports))
    bound.update(function.name for function in content.functions)
    bound.update(cls.name for cls in content.classes)
    unknown = {name for name in _unbound(source) - bound - _GIVEN if name.isidentifier() and name[:2] != "__"}
    if not unknown or any(call.name.rpartition(":")[2] in _MAKES_NAMES for call in content.calls):
        return
    scopes: dict[str, set[int]] = {name: set() for name in unknown}
    for binding in content.bindings:
        if binding.name in scopes:
            scopes[binding.name].add(source.scope_of(binding.block))
    expected = {comment.span.line for comment in content.comments if _EXPECTED.search(comment.text)}
    first: dict[str, Span] = {}
    places = ((r.name, b, s) for b, s, e in _read(source) for r in names_in(e) if not r.bindings)
    for name, block, span in places:
        if name not in unknown or (name in first and first[name] <= span):
            continue
        if span.line in expected or not scopes[name].isdisjoint(source.ancestors(block)):
            continue
        if source.enclosing(block, "try", "except") is None:
            first[name] = span
    yield from sorted(((span, name) for name, span in first.items()), key=lambda item: item[0])


def _unbound(source: SourceFacts) -> set[str]:
    """The names that are read where their own scope does not bind them: in a use, or as what is called."""
    found = {ref.name for use in source.facts.uses for ref in names_in(use.expr) if not ref.bindings}
    called = (call.func for call in source.facts.calls)
    found.update(func.name for func in called if type(func) is facts.Ref and not func.bindings)
    return found


def _read(source: SourceFacts) -> Iterator[tuple[int, Span, facts.Expr]]:
    content = source.facts
    for call in content.calls:
        for expr in (call.func, *call.args, *(keyword.value for keyword in call.keywords)):
            yield call.block, call.span, expr
    for use in content.uses:
        yield use.block, use.span, use.expr
