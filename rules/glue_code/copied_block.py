"""The rule `copied-block`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import (
    CopiedBlock,
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    are_family,
    connected_blocks,
    find_copied_blocks,
    is_covered,
    is_library,
    script_families,
)


class CopiedBlocks(Rule):
    """The same dozen lines stand in several scripts, between code that differs.

    Loading, splitting and preparing were copied from the training script into the one that tunes or evaluates. A
    change is made in one of them, and the numbers of the other are about something else. Sculley et al. 2015,
    section 5 (Glue Code, Abstraction Debt). Whole functions are left to `cloned-pipeline-function`, whole files to
    `versioned-copy` and `copy-per-model`.

    ## How to repair

    Make the common part a function in a module that both import.

    ## Preparation in training and tuning

    ```python title="train.py"
    def train(path, epochs):
        seed_everything(7)
        frame = load(path)  # expect: copied-block
        train, valid = split(frame, stratify="tag", size=0.2)
        tags = train.unique(column="tag")
        config["classes"] = len(tags)
        cleaner = Cleaner()
        cleaner = cleaner.fit(train)
        train = cleaner.transform(train)
        valid = cleaner.transform(valid)
        loader = Loader(train, size=64)
        checks = Loader(valid, size=64)
        trainer = Trainer(config, loader, checks)
        trainer.prepare(classes=len(tags))
        trainer.attach(Logger("runs"))
        return trainer.fit(epochs)
    ```

    ```python title="tune.py"
    def tune(path, trials):
        results = []
        frame = load(path)
        train, valid = split(frame, stratify="tag", size=0.2)
        tags = train.unique(column="tag")
        config["classes"] = len(tags)
        weights = inverse(tags)
        cleaner = Cleaner()
        cleaner = cleaner.fit(train)
        train = cleaner.transform(train)
        valid = cleaner.transform(valid)
        loader = Loader(train, size=64)
        checks = Loader(valid, size=64)
        trainer = Trainer(config, loader, checks)
        trainer.prepare(classes=len(tags))
        trainer.attach(Logger("runs"))
        for trial in range(trials):
            results.append(trainer.search(trial))
        return results
    ```

    ## Imports, short stretches, lines in another order

    ```python title="a.py"
    import json
    import os
    import sys
    import numpy as np
    import pandas as pd
    import torch
    frame = load("a")
    model = build(frame)
    model.fit(frame)
    ```

    ```python title="b.py"
    import json
    import os
    import sys
    import numpy as np
    import pandas as pd
    import torch
    frame = load("a")
    model = build(frame)
    model.score(frame)
    ```

    ## A version of the same file, and whole functions

    ```python title="train.py"
    a = load("a")
    b = load("b")
    c = load("c")
    d = load("d")
    e = load("e")
    f = load("f")
    g = load("g")
    h = load("h")
    i = load("i")
    j = load("j")
    k = load("k")
    m = load("m")
    n = load("n")
    o = load("o")
    p = load("p")
    ```

    ```python title="train_v2.py"
    a = load("a")
    b = load("b")
    c = load("c")
    d = load("d")
    e = load("e")
    f = load("f")
    g = load("g")
    h = load("h")
    i = load("i")
    j = load("j")
    k = load("k")
    m = load("m")
    n = load("n")
    o = load("o")
    p = load("p")
    ```
    """

    profile = Profile.AUDIT
    minutes = 20
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.MIGRATION}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each group of files that share stretches."""
        parts: dict[str, list[CopiedBlock]] = defaultdict(list)
        sources = [s for s in self.sources(project, Kind.PYTHON) if not is_library(project, s.path)]
        clones: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for number, found in enumerate(project.clones):
            for member in found.members:
                span = member.source.facts.blocks[member.function.block].span
                clones[member.source.path].append((number, span.line, span.end_line))
        families = [frozenset(source.path for source in family) for family in script_families(project)]
        for block in find_copied_blocks(sources):
            homes = {
                project.subprojects.root_of(block.first.path),
                project.subprojects.root_of(block.second.path),
            }
            paths = (block.first.path, block.second.path)
            if len(homes) > 1 or project.versions.are_versions(paths) or are_family(families, paths):
                continue
            if not is_covered(block, clones[block.first.path], clones[block.second.path]):
                parts[homes.pop()].append(block)
        for blocks in parts.values():
            for group in connected_blocks(blocks):
                yield self._finding(group)

    def _finding(self, blocks: list[CopiedBlock]) -> Finding:
        largest = max(blocks, key=lambda b: (b.equal, b.first.path, b.second.path))
        places = list(dict.fromkeys(place for b in (largest, *blocks) for place in b.places))
        files = sorted({place.path for place in places})
        shown = ", ".join(f"`{path}`" for path in files[:4]) + (" …" if len(files) > 4 else "")
        return self.finding(
            places[0],
            f"{largest.equal} lines in the middle of {len(files)} files are copies of each other ({shown})",
            related=[Related(place, "the same code") for place in places[1:16]],
            minutes=10 + 10 * len(files),
            scope=largest.first.scope_name(0),
        )
