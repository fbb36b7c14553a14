"""The rule `patched-library`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, SourceFacts, facts

_SETTINGS = re.compile(
    r"(options|rcParams|config|backends|params|settings|environ|stdout|stderr|argv|path|excepthook|modules|displayhook"
    r"|set_epsilon|warn|simplefilter|maxsize|MAX_IMAGE_PIXELS|LOAD_TRUNCATED_IMAGES)$", re.I
)  # fmt: skip


class PatchedLibrary(Rule):
    """Code replaces a function or a class of a library.

    Every user of the library in the process gets the replacement, in an order that depends on imports, and the
    next version of the library may not have the place any more. Sculley et al. 2015, section 5 (Glue Code): a
    system is frozen to the peculiarities of one version of a package.

    ## How to repair

    Write a function or a subclass and call it by its own name; register it where the library has a place for
    that (`pandas.api.extensions`); or contribute the change.

    ## A method that is hung on a library's class, and a function that is replaced

    ```python title="nodes.py"
    import tokenizers
    from pandas.core.window.expanding import _Rolling
    from features import weighted_average

    _Rolling.weighted_average = weighted_average  # expect: patched-library

    def quick(text):
        return text.split()

    tokenizers.Tokenizer.encode = quick  # expect: patched-library
    ```

    ## Settings, objects of one's own, modules of the project

    ```python title="train.py"
    import pandas as pd
    import torch
    import PIL.Image
    import features

    def plain(frame):
        return frame

    pd.options.display.max_rows = 10
    torch.backends.cudnn.benchmark = True
    PIL.Image.MAX_IMAGE_PIXELS = None
    features.build = plain
    model = torch.nn.Linear(1, 1)
    model.forward = plain
    ```

    ```python title="features.py"
    def build(frame):
        return frame
    ```

    ## Put back afterwards

    ```python title="quiet.py"
    import requests

    def silent(url):
        return url

    def run(work):
        before = requests.get
        requests.get = silent
        try:
            work()
        finally:
            requests.get = before
    ```

    ## Tests may

    ```python title="tests/test_train.py"
    import requests

    def fake(url):
        return url

    requests.get = fake
    ```
    """

    profile = Profile.CI
    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each attribute of a library that gets a function or class."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if source.source.is_any(Role.TUTORIAL):
                continue
            stores = Counter(store.target for store in source.facts.stores)
            for store in source.facts.stores:
                if stores[store.target] > 1:
                    continue  # it is put back
                if not isinstance(store.target, facts.Attr) or store.operator != "=" or store.path:
                    continue
                owner = _library(project, source, store.target.base)
                if not owner or _SETTINGS.search(owner) or not _is_code(source, store.value):
                    continue
                if _is_fallback(source, store):
                    continue
                yield self.finding(
                    source.location(store.span),
                    f"`{owner}.{store.target.name}` of a library is replaced for the whole process",
                    related=_origin(source, store.value),
                    scope=source.scope_name(store.block),
                )


def _library(project: Project, source: SourceFacts, expr: facts.Expr) -> str:
    """The full name of a module or class of a library; empty for anything else."""
    names: list[str] = []
    while isinstance(expr, facts.Attr):
        names.append(expr.name)
        expr = expr.base
    if not isinstance(expr, facts.Ref) or len(expr.bindings) != 1 or expr.bindings[0] < 0:
        return ""
    binding = source.facts.bindings[expr.bindings[0]]
    if binding.kind != "import":
        return ""
    fact = source.facts.imports[binding.index]
    root = fact.module if fact.name or fact.alias != fact.module.partition(".")[0] else fact.alias
    full = ".".join((root, *filter(None, (fact.name,)), *reversed(names)))
    if full.startswith(".") or project.names.symbol(source, full) is not None:
        return ""
    return "" if project.names.symbol(source, fact.module) is not None else full


def _is_code(source: SourceFacts, expr: facts.Expr) -> bool:
    """Whether a value is a function or class: of this file, imported, or a lambda."""
    if isinstance(expr, facts.Hole):
        return expr.cause == "lambda"
    if not isinstance(expr, facts.Ref) or len(expr.bindings) != 1 or expr.bindings[0] < 0:
        return False
    binding = source.facts.bindings[expr.bindings[0]]
    return binding.kind in ("function", "class", "import")


def _origin(source: SourceFacts, expr: facts.Expr) -> list[Related]:
    """Where the replacement comes from; a lambda stands beside the patch."""
    if not isinstance(expr, facts.Ref):
        return []
    return [Related(source.location(source.facts.bindings[expr.bindings[0]].span), "the replacement")]


def _is_fallback(source: SourceFacts, store: facts.Store) -> bool:
    """Whether the patch is made only where something is missing: after a test or a failed import."""
    return source.enclosing(store.block, "except", "if", "else", "with") is not None
