"""The rule `pasted-values`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from mldebt import Finding, Kind, Profile, Project, Role, Rule, Severity, SourceFacts, Span, facts, walk

_RUNS = re.compile(r"[A-Za-z]+|\d+")
_CODE = re.compile(r"[\w.:|/-]{3,64}$")
_UPPER_CODE = re.compile(r"(?=.*\d)[A-Z0-9]{4,}$")
_SELECTED = re.compile(
    r"(black|white|deny|allow|ignore|skip|exclude|drop|remove|keep)_?(list|ed|s)?($|_)|outlier|(^|_)(bad|wrong|broken|noisy"
    r"|corrupt\w*|dup\w*|leak\w*|suspicious)(_|$)|(^|_)(ids?|idx|idxs|index|indices|rows|codes|users|items|stores|keys)$",
    re.IGNORECASE,
)
_ELSE = re.compile(
    r"seed|color|colour|palette|size|dim|layer|unit|channel|filter|milestone|step|epoch|token|grid|param|year|bins?$|port"
    r"|thresh|quantile|width|height|shape|gpu|model|arch|hash|md5|sha|date|^cols?$|column",
    re.IGNORECASE,
)
_SELECTS = frozenset({"isin", "drop", "remove", "difference", "filter"})
_TABLES = frozenset({"pandas", "polars", "numpy", "csv", "pyspark", "dask", "cudf", "cv2", "PIL"})


class PastedValues(Rule):
    """Values that occur in the data are listed in code.

    The list is the result of an analysis that somebody made once: outliers to drop, the frequent categories, bad
    images. Nothing makes it again when the data change, and nobody can tell why a value is in it. Sculley et al.
    2015, section 6: what is configured by hand should be easy to check, and reviewed.

    ## How to repair

    Compute the list in a step of its own, or keep it in a reviewed file with a reason for each value.

    ## Categories and rows

    ```python title="features.py"
    import csv

    FREQUENT = ["C9-a73ee510", "C17-e5ba7672", "C23-32c7478e", "C6-7e0ccccf", "C14-b28479f6"]  # expect: pasted-values
    ```

    ```python title="clean.py"
    import pandas as pd

    def clean(df):
        outliers = [1299, 524, 31, 88, 692, 1183]  # expect: pasted-values
        df = df.drop(outliers)
        return df[~df.store.isin(["DE409", "DE40C", "DE24C", "DEA2C", "DE257"])]  # expect: pasted-values
    ```

    ## Names, sizes and regular numbers

    ```python title="train.py"
    import pandas as pd

    MODELS = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
    COLUMNS = ["card1", "card2", "addr1", "dist1", "dist2"]
    cols = ["T1ScoreDiff", "T2ScoreDiff", "T1WinRate", "T2WinRate", "T1Seed", "T2Seed"]
    LAYERS = [784, 512, 256, 128, 10]
    SEEDS = [42, 2021, 1234, 7, 99]
    index = [0, 1, 2, 3, 4, 5]
    rows = [10, 20, 30, 40, 50, 60]
    COLORS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"]
    ```

    ## Configuration, tests, and code that reads no data

    ```yaml title="conf/quirks.yaml"
    bad_rows: [1299, 524, 31, 88, 692]
    ```

    ```python title="codes.py"
    bad_ids = ["C9-a73ee510", "C17-e5ba7672", "C23-32c7478e", "C6-7e0ccccf", "C14-b28479f6"]
    ```
    """

    profile = Profile.AUDIT
    minutes = 20
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK, Role.CONFIG}

    least: int = 5
    """Shorter lists are not reported."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each list."""
        for source in self.sources(project, Kind.PYTHON):
            if _TABLES.isdisjoint(m.partition(".")[0] for m in source.facts.header.modules):
                continue
            found: dict[Span, tuple[int, str]] = {}
            for expr, named, selects, span in _places(source):
                for part in walk(expr):
                    if isinstance(part, facts.Seq) and len(part.items) >= self.least:
                        shown = _pasted(part, named, selects)
                        if shown:
                            found.setdefault(span, (len(part.items), shown))
            for span, (count, shown) in sorted(found.items()):
                yield self.finding(
                    source.location(span),
                    f"{count} values of the data are listed in the code: {shown}, …",
                    severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
                )


def _places(source: SourceFacts) -> Iterator[tuple[facts.Expr, str, bool, Span]]:
    """Where lists stand: what is bound to names, and what is given to selections."""
    for binding in source.facts.bindings:
        if binding.kind in ("assign", "annotated") and binding.value is not None:
            yield binding.value, binding.name, False, binding.span
    for call in source.facts.calls:
        if isinstance(call.func, facts.Attr) and call.func.name in _SELECTS:
            for argument in call.args[:1]:
                yield argument, "", True, call.span


def _pasted(seq: facts.Seq, named: str, selects: bool) -> str:
    """The first values of a list of values; empty for any other list."""
    values = [item.value for item in seq.items if isinstance(item, facts.Const)]
    if len(values) != len(seq.items) or len(set(values)) != len(values):
        return ""
    texts = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if type(value) is int]
    if len(texts) == len(values) and not _ELSE.search(named):
        is_selection = selects or bool(_SELECTED.search(named))
        if 5 * sum(_is_code(text, is_selection) for text in texts) >= 4 * len(texts):
            return ", ".join(f"`{text}`" for text in texts[:3])
    if len(numbers) == len(values) and (selects or (_SELECTED.search(named) and not _ELSE.search(named))):
        steps = {b - a for a, b in pairwise(numbers)}
        if len(steps) > 2 and max(numbers) >= 100:
            return ", ".join(f"`{number}`" for number in numbers[:3])
    return ""


def _is_code(text: str, is_selection: bool) -> bool:
    """Whether a text is a code rather than a name: letters and digits alternate in it, at least twice in most lists."""
    if not _CODE.match(text) or text.startswith("#"):
        return False
    words = [len(_RUNS.findall(word)) for word in re.split(r"[-_.:|/]", text)]
    return max(words) > 2 or (is_selection and bool(_UPPER_CODE.match(text)))
