"""The rule `single-valued-switch`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import DeadSide, Finding, Project, Related, Role, Rule, SingleValue, SourceFacts, facts, is_library

_NO_EXPERIMENT = re.compile(
    r"debug|verbos|quiet|silent|dry_?run|resume|device|cuda|gpu|logg|log_(to|every|dir|level)|seed|test|strict|inplace"
    r"|copy|force|overwrite|cache|show|plot|save|print|profil|version|async|raise|error|colou?r|style|legend|title|figure"
    r"|theme|layout|font",
    re.IGNORECASE,
)
_FEWEST_LINES = 3


class SingleValuedSwitch(Rule):
    """A switch has the same value in every call, file and configuration: its other branch cannot be selected.

    A parameter that every caller gives the same value, an attribute that is set once to a literal, or a setting that
    is the same in all configurations is an experiment that ended without being removed. The code behind it is not
    tested and yet has to be read. Sculley et al. 2015, section 5: often only a small subset of the possible branches
    is actually used.

    ## How to repair

    Remove the switch together with the branch, or use it.

    ## A parameter that every caller gives the same value

    ```python title="train.py"
    from views import draw
    def main():
        option = 1
        draw([1, 2], option)
        draw([3], kind=1)
    main()
    ```

    ```python title="views.py"
    def draw(rows, kind):
        if kind == 0:  # expect: single-valued-switch
            for row in rows:
                print(row)
            print("all rows")
        elif kind == 1:
            print(len(rows))
    ```

    ## An attribute that is set once

    ```python title="config.py"
    class Config:
        def __init__(self):
            self.log_transform = False
            self.use_ranks = False  # expect: single-valued-switch
    ```

    ```python title="train.py"
    from config import Config
    def loss(config, target):
        if config.use_ranks:
            target = rank(target)
        return target.mean()
    loss(Config(), data)
    ```

    ## A setting that is the same in all configurations; one line may call a function of its own

    ```yaml title="conf/dev.yaml"
    train:
      use_embeddings: false  # expect: single-valued-switch
      use_vectors: false  # expect: single-valued-switch
    ```

    ```yaml title="conf/prod.yaml"
    train: {use_embeddings: false, use_vectors: false}
    ```

    ```python title="train.py"
    import yaml
    def add_vectors(frame):
        vectors = load("vectors")
        return frame.join(vectors.dropna())
    def run(path):
        with open("conf/prod.yaml") as stream:
            cfg = yaml.safe_load(stream)
        if cfg["train"]["use_embeddings"]:
            frame = embed(path)
            frame = frame.dropna().join(other)
            frame = frame.sort()
        if cfg["train"]["use_vectors"]:
            frame = add_vectors(path)
    run("a")
    ```

    ## Both values, and unknown values

    ```python title="steps.py"
    def clean(frame, by_word=False):
        if by_word:
            frame = frame.a()
            frame = frame.b()
            return frame.c()
    def join(frame, left=True):
        if not left:
            frame = frame.a()
            frame = frame.b()
            return frame.c()
    clean(1), clean(2, by_word=True)
    join(1, left=flag)
    ```

    ## An attribute that is set again, and debugging

    ```python title="model.py"
    class Model:
        def __init__(self):
            self.is_fitted = False
            self.debug_mode = False
        def fit(self):
            self.is_fitted = True
        def predict(self):
            if self.is_fitted:
                return 1
            if self.debug_mode:
                print(self)
    ```

    ## A function for others, called here by tests alone

    ```python title="hubconf.py"
    def resnet(pretrained=False):
        if pretrained:
            a, b = load(1), load(2)
            c = load(a, b)
            return c
    ```

    ```python title="tests/test_hub.py"
    from hubconf import resnet
    resnet(pretrained=False)
    ```
    """

    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each switch that guards enough."""
        for switch in project.single_values.all:
            sides = [
                (s, side) for s, side in switch.sides if not s.source.is_any(*self.skip_roles, Role.NOTEBOOK)
            ]
            lines = sum(side.lines + _only_there(project, s, side) for s, side in sides)
            fewest = 1 if switch.kind == "attribute" else _FEWEST_LINES
            if lines >= fewest and sides and self._counts(project, switch):
                yield self._finding(switch, lines)

    def _counts(self, project: Project, switch: SingleValue) -> bool:
        skipped = (*self.skip_roles, Role.TUTORIAL, Role.NOTEBOOK)
        name = switch.name.partition("(")[2] or switch.name
        if _NO_EXPERIMENT.search(name) or switch.source.source.is_any(*skipped):
            return False
        return not is_library(project, switch.source.path)

    def _finding(self, switch: SingleValue, lines: int) -> Finding:
        home, first = switch.sides[0]
        where = switch.location if switch.kind != "parameter" else home.location(first.block.span)
        given = {"parameter": "in every call", "attribute": "everywhere", "setting": "in every configuration"}
        related = [Related(s.location(side.block.span), "never runs") for s, side in switch.sides[:5]]
        related += [Related(place, "gives the value") for place in switch.places[:5]]
        return self.finding(
            where,
            f"`{switch.name}` is `{switch.value!r}` {given[switch.kind]}: {lines} line{'s' * (lines > 1)} that "
            "another value would select never run",
            related=[r for r in related if r.location != where],
            scope=home.scope_name(first.block.parent) if switch.kind == "parameter" else "",
        )


def _only_there(project: Project, source: SourceFacts, side: DeadSide) -> int:
    """The lines of the functions of the project that only a dead side calls."""
    block = source.facts.blocks.index(side.block)
    lines = 0
    for call in source.facts.calls:
        if block in source.ancestors(call.block):
            symbol = project.callers.target(source, call)
            if symbol is None or not isinstance(symbol.fact, facts.Function) or symbol.rest:
                continue
            callers = project.callers.of(symbol.source, symbol.fact.qualname)
            if all(c.source is source and block in source.ancestors(c.call.block) for c in callers):
                span = symbol.source.facts.blocks[symbol.fact.block].span
                lines += span.end_line - span.line
    return lines
