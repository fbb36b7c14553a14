"""The rule `private-library-part`."""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterator

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
    imported_name,
    is_library,
)

_BUILT_IN = frozenset(dir(builtins))
_PRIVATE = re.compile(r"\._(?!_)\w+")
_PUBLIC = re.compile(
    r"\._(asdict|replace|make|fields|get_kwargs|meta|objects|id|source|score|version|typing\w*|C|value_|[A-Z]\w*)\b"
)
"""Parts whose underscore keeps names of fields free, base classes (`_Loss`) that everybody derives, torch's core."""


class PrivateLibraryPart(Rule):
    """Code reaches into a private part of a library.

    An underscore says that the next version may rename or drop it without a word, and that nobody tested the use.
    Sculley et al. 2015, section 5 (Glue Code): a system is frozen to the peculiarities of one version of a package.

    ## How to repair

    Use what the library documents; ask for what is missing there; copy a small helper, with its license.

    ## A function, a module and an attribute that are private

    ```python title="clusters.py"
    import hdbscan
    from sklearn.utils._testing import ignore_warnings  # expect: private-library-part

    def leaves(model):
        return hdbscan.plots._get_leaves(model.tree), ignore_warnings
    ```

    ```python title="trainer.py"
    import tensorflow as tf

    def build():
        graph = tf.get_default_graph()
        graph._finalized = False  # expect: private-library-part
        return graph
    ```

    ## Of one's own, of Python, and public in spite of the underscore

    ```python title="rows.py"
    import os
    import sys
    from collections import namedtuple

    from tables import _clean
    from torch._C import Graph
    from torch.nn.modules.loss import _Loss

    Row = namedtuple("Row", "a b")

    class Store:
        def __init__(self):
            self._rows = []
        def add(self, row: Row):
            self._rows.append(row._replace(a=_clean(row.a)))
            if not sys._getframe(0) or not Graph or not _Loss:
                os._exit(1)
    ```

    ```python title="tables.py"
    def _clean(text):
        return text.strip()
    ```

    ## Tests may

    ```python title="tests/test_rows.py"
    from sklearn.utils._testing import assert_allclose

    def test_rows():
        assert_allclose([1], [1])
    ```
    """

    profile = Profile.AUDIT
    minutes = 20
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            found: dict[str, Span] = {}
            for name, span in _private(source):
                if _is_foreign(project, source, name):
                    found.setdefault(name, span)
            imported = {name for name in found if any(other.startswith(f"{name}.") for other in found)}
            places = [(name, span) for name, span in found.items() if name not in imported]
            if places and not is_library(project, source.path):
                (name, span), *others = sorted(places, key=lambda place: place[1])
                yield self.finding(
                    source.location(span),
                    f"`{name}` is a private part of a library" + (f" (and {len(others)} more)" if others else ""),
                    related=[Related(source.location(at), f"`{other}`, too") for other, at in others[:8]],
                )


def _private(source: SourceFacts) -> Iterator[tuple[str, Span]]:
    """The qualified names of private parts that a file calls, imports or sets, with their places."""
    content = source.facts
    made = {
        index: content.calls[binding.value.call].name
        for index, binding in enumerate(content.bindings)
        if isinstance(binding.value, facts.Called) and not binding.path and binding.kind == "assign"
    }
    for call in content.calls:
        if "._" in call.name:
            yield call.name, call.span
        elif isinstance(call.func, facts.Attr) and call.func.name.startswith("_"):
            yield from _of_made(made, call.func, call.span)
    for fact in content.imports:
        name = imported_name(fact) if fact.name else fact.module
        if "._" in name:
            yield name, fact.span
    for store in content.stores:
        if isinstance(store.target, facts.Attr) and store.target.name.startswith("_"):
            yield from _of_made(made, store.target, store.span)


def _of_made(made: dict[int, str], part: facts.Attr, span: Span) -> Iterator[tuple[str, Span]]:
    """A private part of what a library made, by the library's name."""
    if isinstance(part.base, facts.Ref) and len(part.base.bindings) == 1:
        maker = made.get(part.base.bindings[0], "")
        if maker:
            yield f"{maker}().{part.name}", span


def _is_foreign(project: Project, source: SourceFacts, name: str) -> bool:
    """Whether a qualified name leads to a private part of an installed package."""
    top = name.partition(".")[0]
    if not top or name[:1] in ".:" or top in sys.stdlib_module_names or top[0] == "_" or top in _BUILT_IN:
        return False
    if not _PRIVATE.search(name) or _PUBLIC.search(name):
        return False
    return not project.names.is_inside(source, top) and project.names.symbol(source, name) is None
