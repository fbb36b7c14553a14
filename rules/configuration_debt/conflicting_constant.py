"""The rule `conflicting-constant`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from mldebt import Finding, Kind, Project, Related, Role, Rule, Severity, SourceFacts, Span, facts

_MEANT = re.compile(
    r"(.*_)?(SEED|RANDOM_STATE|TEST_SIZE|VAL(IDATION)?_SIZE|N_?FOLDS|N_?SPLITS|THRESH(OLD)?|MAX_LEN(GTH)?|SEQ_LEN(GTH)?"
    r"|IMG_SIZE|IMAGE_SIZE|INPUT_SIZE|WINDOW(_SIZE)?|HORIZON|TARGET(_COL(UMN)?)?|LABEL_COL(UMN)?|ID_COL(UMN)?"
    r"|N(UM)?_CLASSES|N(UM)?_FEATURES|VOCAB_SIZE|SAMPLE_RATE|MODEL_NAME|EXPERIMENT_NAME|CUTOFF(_DATE)?)$"
)
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
    """Modules of one program define the same constant with different values.

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
        """Yield one finding for each constant that modules of one program define differently."""
        named: dict[tuple[str, str], list[_Constant]] = defaultdict(list)
        for source in self.sources(project, Kind.PYTHON):
            if not _VARIANTS.search(source.path):
                for name, constant in _constants(source):
                    named[project.subprojects.root_of(source.path), name].append(constant)
        for (_, name), constants in named.items():
            first = constants[0]
            others = [c for c in constants[1:] if c.value != first.value and _share(project, first, c)]
            if others:
                place, *more = others
                values = ", ".join(dict.fromkeys(f"`{c.value!r}`" for c in (first, *others)))
                yield self.finding(
                    place.source.location(place.span),
                    f"`{name}` has different values in {len(others) + 1} modules of one program: {values}",
                    related=[Related(c.source.location(c.span), f"`{c.value!r}`") for c in (first, *more)],
                    severity=Severity.INFO if place.source.source.is_any(Role.TUTORIAL) else None,
                )


def _constants(source: SourceFacts) -> Iterator[tuple[str, _Constant]]:
    """The module's own constants of the meant names that are bound once to a literal."""
    for name, indexes in source.bindings_by_scope.get(0, {}).items():
        if len(indexes) == 1 and name.isupper() and _MEANT.match(name):
            binding = source.facts.bindings[indexes[0]]
            value = binding.value
            if isinstance(value, facts.Const) and value.value is not None and binding.block == 0:
                yield name, _Constant(source, binding.span, value.value)


def _share(project: Project, one: _Constant, other: _Constant) -> bool:
    """Whether two modules belong to one program: one imports the other, or both import a third."""
    imports = project.imports
    first, second = imports.reached_from(one.source.path), imports.reached_from(other.source.path)
    return bool(first & second)
