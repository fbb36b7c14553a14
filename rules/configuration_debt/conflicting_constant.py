"""The rule `conflicting-constant`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from mldebt import Finding, Kind, Kinship, Project, Related, Role, Rule, Severity, SourceFacts, Span, facts

_MEANT = re.compile(
    r"(.*_)?(SEED|RANDOM_STATE|TEST_SIZE|VAL(IDATION)?_SIZE|N_?FOLDS|N_?SPLITS|THRESH(OLD)?|MAX_LEN(GTH)?|SEQ_LEN(GTH)?"
    r"|IMG_SIZE|IMAGE_SIZE|INPUT_SIZE|WINDOW(_SIZE)?|HORIZON|TARGET(_COL(UMN)?)?|LABEL_COL(UMN)?|ID_COL(UMN)?"
    r"|N(UM)?_CLASSES|N(UM)?_FEATURES|VOCAB_SIZE|SAMPLE_RATE|MODEL_NAME|EXPERIMENT_NAME|CUTOFF(_DATE)?)$"
)
_SAME = re.compile(
    r"(RANDOM_)?(SEED|STATE)$|(IMG|IMAGE|INPUT|VOCAB|TEST|VAL(IDATION)?)_SIZE$|N(UM)?_(CLASSES|FEATURES|FOLDS)$|TARGET|SAMPLE_RATE"
)
"""Names of what a program decides once; a threshold or a window may be another one in each module."""
_VARIANTS = re.compile(
    r"(^|/)(conf\w*|exp\w*|settings|old|archive\w*|deprecated|legacy|backup|examples?|scratch|playground|sandbox"
    r"|v\d+|\w*_v\d+\w*|\w*copy\w*)(/|\.py$|_|$)",
    re.IGNORECASE,
)


class _Constant(NamedTuple):
    source: SourceFacts
    span: Span
    value: object


class ConflictingConstant(Rule):
    """Modules that belong together define the same constant with different values.

    A constant such as the image size, the seed or the name of the target is one decision. Where each module has its
    own copy, the training and what follows it work with different values, and nothing fails. Sculley et al. 2015,
    section 6: it should be hard to make manual errors in a configuration.

    ## How to repair

    Define it once and import it, or give the copies different names if they mean different things.

    ## Training and prediction that share code

    ```python title="train.py"
    from common import load
    IMG_SIZE = 256  # expect: conflicting-constant
    ```

    ```python title="predict.py"
    from common import load
    IMG_SIZE = 224
    ```

    ```python title="common.py"
    def load(path): ...
    ```

    ## A module that defines its own value of what it could import

    ```python title="split.py"
    import model
    RANDOM_STATE = 7  # expect: conflicting-constant
    ```

    ```python title="model.py"
    RANDOM_STATE = 42
    ```

    ## A program that reads the model which another one wrote

    ```python title="train.py"
    import joblib
    from sklearn.svm import SVC
    IMG_SIZE = (224, 224)  # expect: conflicting-constant
    joblib.dump(SVC().fit(load(IMG_SIZE), y), "models/model.pkl")
    ```

    ```python title="predict.py"
    import joblib
    IMG_SIZE = (256, 256)
    joblib.load("models/model.pkl").predict(load(IMG_SIZE))
    ```

    ## Equal values, programs that have nothing in common, variants in a folder

    ```python title="train.py"
    from common import load
    IMG_SIZE = 256
    ```

    ```python title="predict.py"
    from common import load
    IMG_SIZE = 256
    ```

    ```python title="common.py"
    def load(path): ...
    ```

    ```python title="other.py"
    IMG_SIZE = 64
    ```

    ```python title="configs/large.py"
    from common import load
    IMG_SIZE = 512
    ```

    ## Other constants, and names inside of classes and functions

    ```python title="a.py"
    import b
    OUTPUT_DIR = "a"
    class Settings:
        IMG_SIZE = 256
    ```

    ```python title="b.py"
    OUTPUT_DIR = "b"
    IMG_SIZE = 224
    ```

    ## Tests and notebooks

    ```python title="common.py"
    SEED = 42
    def load(path): ...
    ```

    ```python title="tests/test_train.py"
    from common import load
    SEED = 1
    ```

    ```python title="explore.ipynb"
    # %%
    from common import load
    SEED = 7
    ```
    """

    minutes = 10
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK, Role.MIGRATION}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each constant that modules which belong together define differently."""
        named: dict[tuple[str, str], list[_Constant]] = defaultdict(list)
        for source in self.sources(project, Kind.PYTHON):
            if not _VARIANTS.search(source.path):
                for name, constant in _constants(source):
                    named[project.subprojects.root_of(source.path), name].append(constant)
        kinship = Kinship(project)
        for (_, name), constants in named.items():
            if len({constant.value for constant in constants}) > 1:
                yield from self._conflicts(kinship, name, constants)

    def _conflicts(self, kinship: Kinship, name: str, constants: list[_Constant]) -> Iterator[Finding]:
        first = constants[0]
        home = first.source.path
        ties = {
            c: kinship.of(home, c.source.path, closely=bool(_SAME.match(name)))
            or (kinship.of(home, c.source.path) if not name.endswith("_NAME") else "")
            for c in constants[1:]
            if c.value != first.value
        }
        others = [c for c, tie in ties.items() if tie]
        if others:
            place, *more = others
            values = ", ".join(dict.fromkeys(f"`{c.value!r}`" for c in (first, *others)))
            yield self.finding(
                place.source.location(place.span),
                f"`{name}` has different values in {ties[place]}: {values}",
                related=[Related(c.source.location(c.span), f"`{c.value!r}`") for c in (first, *more)],
                severity=Severity.INFO if place.source.source.is_any(Role.TUTORIAL) else None,
            )


def _constants(source: SourceFacts) -> Iterator[tuple[str, _Constant]]:
    """The module's own constants of the meant names that are bound once to a literal."""
    for name, indexes in source.bindings_by_scope.get(0, {}).items():
        if len(indexes) == 1 and name.isupper() and _MEANT.match(name):
            binding = source.facts.bindings[indexes[0]]
            value = _literal(binding.value)
            if value is not None and binding.block == 0:
                yield name, _Constant(source, binding.span, value)


def _literal(expr: facts.Expr | None) -> object:
    """A literal, or a tuple or list of them; None for anything else."""
    if isinstance(expr, facts.Seq):
        items = tuple(map(_literal, expr.items))
        return None if None in items or not items else items
    return expr.value if isinstance(expr, facts.Const) else None
