"""The rule `unselected-dispatch-branch`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import (
    Finding,
    Location,
    Project,
    Related,
    Rule,
    Span,
    Unselected,
    find_unselected,
    is_exported_notebook,
    is_wanted,
)


class UnselectedDispatchBranch(Rule):
    """A branch waits for a name that no configuration, command, document or caller gives.

    The model or loss behind it was tried once. It has to be read, kept working and tested with every change of the
    others. Sculley et al. 2015, section 5 (Dead Experimental Codepaths): only a small subset of the possible
    branches is actually used.

    ## How to repair

    Delete the branch with what only it calls; the experiment stays in the history and in the tracker.

    ## A model that no configuration names

    ```python title="train.py"
    import yaml

    def build(name):
        if name == "boosted":
            return Boosted()
        if name == "lstm":  # expect: unselected-dispatch-branch
            return Lstm(layers=2)
        if name == "linear":
            return Linear()

    build(yaml.safe_load(open("params.yaml"))["model"])
    ```

    ```yaml title="params.yaml"
    model: boosted
    other: linear
    ```

    ## Choices of an option select nothing

    ```python title="train.py"
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--net", choices=["resnet", "unet", "vgg"], default="resnet")
    args = parser.parse_args()
    if args.net == "resnet":
        net = Resnet()
    elif args.net == "unet":
        net = Unet()
    else:
        net = Vgg("vgg")
    ```

    ```python title="search.py"
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--net", choices=["wide", "deep", "both_nets"], default="wide")
    args = parser.parse_args()
    if args.net == "wide":
        net = Wide()
    elif args.net == "deep":  # expect: unselected-dispatch-branch
        net = Deep()
    elif args.net == "both_nets":
        net = Both()
    ```

    ```text title="README.md"
    Try `python search.py --net both_nets` and `python train.py --net unet`.
    ```

    ## Phases, data, names that nothing in the project gives at all

    ```python title="run.py"
    def run(mode, rows, model):
        if mode == "train":
            Trainer().fit()
        elif mode == "predict":
            Predictor().run()
        elif mode == "fit":
            Fitter("train")
        for row in rows:
            if row == "apple":
                Apple()
            elif row == "pear":
                Pear()
            elif row == "plum":
                Plum("apple")
        if model == "small":
            Small()
        elif model == "medium":
            Medium()
        elif model == "large":
            Large()
    ```

    ## A published library

    ```python title="nets/build.py"
    def build(name):
        if name == "boosted":
            return Boosted()
        if name == "lstm":
            return Lstm("boosted")
        if name == "linear":
            return Linear()
    ```

    ```toml title="pyproject.toml"
    [project]
    name = "nets"
    classifiers = ["Programming Language :: Python"]
    ```

    ## One finding where every call gives one name; names from the environment; a contract

    ```python title="build.py"
    import os

    def build(name):
        if name == "boosted":
            return Boosted()
        elif name == "lstm":
            a = Lstm()
            b = a.deeper()
            return b.wider()
        elif name == "linear":
            return Linear()
    build("boosted"), build("boosted")
    MODELS = ("linear",)
    ```

    ```python title="wanted.py"
    def choose(model_kind):
        if model_kind == "boosted":
            return Boosted()
        if model_kind == "recurrent":
            return Lstm(layers=2)
        if model_kind == "linear":
            return Linear()
    choose(read("model_kind", "boosted", "linear"))
    ```

    ```toml title="mldebt.toml"
    [[contract.flag]]
    name = "recurrent"
    ```

    ## An experiment of the last two months may still be running

    ```python title="train.py" changed="90 days ago"
    def build(model):
        if model == "boosted":
            return Boosted()
        if model == "lstm":  # changed: 59 days ago
            return Lstm(layers=2)
        if model == "linear":
            return Linear()
    def reduce(method):
        if method == "pca":
            return Pca()
        if method == "umap":  # changed: 61 days ago  # expect: unselected-dispatch-branch
            return Umap()
        if method == "svd":
            return Svd()
    build(read("model", "boosted", "linear")), reduce(read("method", "pca", "svd"))
    ```

    ## From the environment, from a command in a document

    ```python title="train.py"
    import os
    def build(name):
        if name == "boosted":
            return Boosted()
        if name == "lstm":
            return Lstm(layers=2)
        if name == "linear":
            return Linear()
    build(os.getenv("MODEL", "boosted"))
    FALLBACKS = ("boosted", "linear")
    ```

    ```python title="reduce.py"
    def reduce(method):
        if method == "pca":
            return Pca()
        if method == "umap":
            return Umap()
        if method == "svd":
            return Svd()
    reduce(read("method", "pca", "svd"))
    ```

    ```text title="README.md"
        python reduce.py --method umap
    ```
    """

    minutes = 15
    young_days: int = 60
    """Branches that were changed within so many days are left alone."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file and subject with such branches."""
        chains: dict[tuple[str, str], list[Unselected]] = defaultdict(list)
        for found in find_unselected(project):
            if is_exported_notebook(found.dispatch.source):
                continue
            if any(is_wanted(project, name) for name in (found.dispatch.name, *found.branch.keys)):
                continue
            place = found.dispatch.source.facts.blocks[found.branch.block].span
            if project.ages.is_young(found.dispatch.source.path, Span.at(place.line), self.young_days):
                continue
            chains[found.dispatch.source.path, found.dispatch.name].append(found)
        idle = {id(side.block) for found in project.idle_switches for _, side in found.sides}
        for members in chains.values():
            first = members[0]
            if any(_is_inside(m, idle) for m in members):
                continue  # `single-valued-switch` knows more of it
            source, block = first.dispatch.source, first.branch.block
            names = dict.fromkeys(key for found in members for key in found.branch.keys)
            keys = ", ".join(f'`"{key}"`' for key in names)
            lines = sum(
                max(1, span.end_line - span.line)
                for found in members
                for span in (source.facts.blocks[found.branch.block].span,)
            )
            related = [
                Related(source.location(source.facts.blocks[found.branch.block].span), "not selected either")
                for found in members[1:]
            ]
            related += [Related(place, f"`{key}` is named here") for key, place in _nearest(source.path, first)]
            yield self.finding(
                source.location(source.facts.blocks[block].span),
                f"nothing selects {keys} of `{first.dispatch.name}`: {lines} line{'s' * (lines > 1)} of an"
                " abandoned experiment",
                related=related,
                minutes=10 + 5 * len(members),
                scope=source.scope_name(first.dispatch.block),
            )


def _is_inside(found: Unselected, blocks: set[int]) -> bool:
    """Whether a branch is one of some blocks, or stands in one."""
    source = found.dispatch.source
    return any(id(source.facts.blocks[block]) in blocks for block in source.ancestors(found.branch.block))


def _nearest(path: str, found: Unselected) -> list[tuple[str, Location]]:
    """Where other keys are named: in the file itself or below its directory, if they are named there."""
    home = path.partition("/")[0]
    near = [pair for pair in found.selected if pair[1].path.partition("/")[0] == home]
    return near or list(found.selected)
