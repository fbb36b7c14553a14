"""The rule `pickled-bundle`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Role, Rule, Severity, SourceFacts, facts

_DUMPS = ("pickle.dump", "pickle.dumps", "cPickle.dump", "joblib.dump", "dill.dump", "cloudpickle.dump")
_FEWEST = 2
_OF_A_MODEL = re.compile(
    r"model|pipeline|estimator|classifier|regressor|scaler|encoder|vectorizer|coef|state|weights|version|checkpoint"
)
"""Keys of what is kept with a model so that it can be used: one thing that says what it is."""


class PickledBundle(Rule):
    """Several things are pickled as one list, tuple or dictionary: what they are is known to the code alone.

    The reader unpacks them by position or by a name that nothing declares. Another table between the first and the
    second, and the labels are taken for rows. Sculley et al. 2015, section 5 (Plain-Old-Data Type smell): what is
    handed over should say what it is.

    ## How to repair

    Write each thing to its own file in a format that names its columns (Parquet, CSV with a header, JSON), or give
    the bundle a class.

    ## By position

    ```python title="prepare.py"
    import pickle

    def save(frame, labels, encoders, path):
        with open(path, "wb") as file:
            pickle.dump((frame, labels), file)  # expect: pickled-bundle
        parts = [frame.a, frame.b, frame.c]
        with open("parts.pkl", "wb") as file:
            pickle.dump(parts, file)  # expect: pickled-bundle
    ```

    ## By name

    ```python title="preprocess.py"
    import pickle

    def save(options, source, target, rows):
        data = {
            "settings": options,
            "vocab": {"src": source, "trg": target},
            "train": rows,
        }
        pickle.dump(data, open("data.pkl", "wb"))  # expect: pickled-bundle
    ```

    ## One thing, literals

    ```python title="train.py"
    import joblib
    import pickle

    joblib.dump(model, "model.joblib")
    pickle.dump(rows, open("rows.pkl", "wb"))
    pickle.dump([1, 2, 3], open("sizes.pkl", "wb"))
    pickle.dump({"a": 1}, open("names.pkl", "wb"))
    pickle.dump([model], open("model.pkl", "wb"))
    joblib.dump({"model": model, "features": features}, "served.joblib")
    ```

    ## A list that grows, what an object keeps of itself, tests

    ```python title="cache.py"
    import pickle

    rows = [first, second]
    rows.append(third)
    pickle.dump(rows, open("rows.pkl", "wb"))

    class Index:
        def save(self, path):
            with open(path, "wb") as file:
                pickle.dump((self.words, self.counts), file)
    ```

    ```python title="tests/test_io.py"
    import pickle
    pickle.dump((first, second), open("both.pkl", "wb"))
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each dump of a display."""
        for site in project.calls(*_DUMPS):
            source = site.source
            if source.source.is_any(*self.skip_roles, Role.TUTORIAL):
                continue
            given = site.argument(0, "obj", "value")
            shown = _display(source, given) if given is not None else None
            if given is None or shown is None:
                continue
            parts = shown.values if isinstance(shown, facts.Map) else shown.items
            if len(parts) < _FEWEST or any(isinstance(part, facts.Star) for part in parts):
                continue
            if all(isinstance(part, facts.Const) or _is_own(part) for part in parts):
                continue
            if isinstance(shown, facts.Map) and _is_one_thing(source, site.call.block, shown):
                continue
            kind = "dictionary" if isinstance(shown, facts.Map) else shown.kind
            yield self.finding(
                site.location,
                f"a {kind} of {len(parts)} things is written by `{site.name}`: only the code knows what they are",
                related=_made(source, given),
                scope=source.scope_name(site.call.block),
            )


def _display(source: SourceFacts, expr: facts.Expr) -> facts.Seq | facts.Map | None:
    """The display that an expression is, or that is the only value of its name, used as it is."""
    if isinstance(expr, facts.Ref) and len(expr.bindings) == 1 and expr.bindings[0] >= 0:
        binding = source.facts.bindings[expr.bindings[0]]
        if binding.kind not in ("assign", "annotated") or binding.path or binding.value is None:
            return None
        if expr.bindings[0] in _changed(source):
            return None
        expr = binding.value
    if isinstance(expr, facts.Seq) and expr.kind in ("list", "tuple"):
        return expr
    return expr if isinstance(expr, facts.Map) else None


@functools.lru_cache(maxsize=4)
def _changed(source: SourceFacts) -> set[int]:
    """The bindings of whose values a method is called: they grow."""
    bases = (c.func.base for c in source.facts.calls if isinstance(c.func, facts.Attr))
    return {b.bindings[0] for b in bases if isinstance(b, facts.Ref) and len(b.bindings) == 1}


def _is_one_thing(source: SourceFacts, block: int, shown: facts.Map) -> bool:
    """Whether a dictionary keeps a model with what it needs, or is what an object keeps of itself."""
    keys = " ".join(str(key.value).lower() for key in shown.keys if isinstance(key, facts.Const))
    return bool(_OF_A_MODEL.search(keys)) or source.enclosing(block, "class") is not None


def _is_own(expr: facts.Expr) -> bool:
    """Whether an expression is an attribute of the object itself."""
    return isinstance(expr, facts.Attr) and isinstance(expr.base, facts.Ref) and expr.base.name == "self"


def _made(source: SourceFacts, expr: facts.Expr) -> list[Related]:
    if not isinstance(expr, facts.Ref):
        return []
    return [Related(source.location(source.facts.bindings[expr.bindings[0]].span), "it is put together here")]
