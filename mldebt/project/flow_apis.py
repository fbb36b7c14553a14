"""What calls do to rows: which objects learn from rows, which calls copy them, which split them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Binding, Call, Called, Class, Const, Expr, Function, Ref, Store
from mldebt.project.qualify import qualified
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk

if TYPE_CHECKING:
    from mldebt.api_tables import ApiTables
    from mldebt.project.project import Project

FITS = frozenset({"fit", "fit_transform", "partial_fit"})
_COMPOSITES = frozenset(
    {
        "sklearn.pipeline.Pipeline",
        "sklearn.pipeline.FeatureUnion",
        "sklearn.compose.ColumnTransformer",
        "imblearn.pipeline.Pipeline",
    }
)
_VOCABULARIES = frozenset(
    {
        "sklearn.preprocessing.LabelEncoder",
        "sklearn.preprocessing.OneHotEncoder",
        "sklearn.preprocessing.OrdinalEncoder",
        "sklearn.feature_extraction.text.CountVectorizer",
        "sklearn.feature_extraction.DictVectorizer",
    }
)
_COPYING_SAMPLERS = ("imblearn.over_sampling.", "imblearn.combine.")
_SPLITS = frozenset({"sklearn.model_selection.train_test_split"})
_CROSS_VALIDATIONS = re.compile(r"sklearn\.model_selection\.cross_val(_score|idate|_predict)$")
_DEEPEST = 6


class RowApis:
    """Answers from the API tables, and from the project's own transformers."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._names: dict[int, tuple[Call, str]] = {}

    @cached_property
    def tables(self) -> ApiTables:
        """What library calls mean."""
        return self._project.types.tables

    def name(self, source: SourceFacts, call: Call) -> str:
        """The canonical name of what a call calls; empty where it is not known."""
        if id(call) not in self._names:
            self._names[id(call)] = (call, self._name(source, call))
        return self._names[id(call)][1]

    def _name(self, source: SourceFacts, call: Call) -> str:
        if call.name and call.name[0] not in ":.":
            return self.tables.canonical(call.name)
        if not call.name and isinstance(call.func, Attr):
            receiver = self._project.type_of(source, call.func.base)
            return self.tables.canonical(f"{receiver}.{call.func.name}") if receiver else ""
        return ""

    def is_split(self, source: SourceFacts, expr: Expr | None) -> bool:
        """Whether an expression is a call that holds out rows."""
        return isinstance(expr, Called) and self.name(source, source.facts.calls[expr.call]) in _SPLITS

    def is_cross_validation(self, name: str) -> bool:
        """Whether a function of this name scores a model on folds of its second argument."""
        return bool(_CROSS_VALIDATIONS.match(name))

    def has_role(self, type_name: str, *roles: str) -> bool:
        """Whether a type plays one of the roles of the tables (splitter, search, …)."""
        api = self.tables.lookup(type_name) if type_name else None
        return api is not None and api.is_type and api.role in roles

    def types(self, source: SourceFacts, receiver: Expr, depth: int = 0) -> Iterator[str]:
        """The types that a receiver can have, as far as they are known."""
        found = self._project.type_of(source, receiver)
        if found:
            yield self.tables.canonical(found)
        elif isinstance(receiver, Called) and depth < _DEEPEST:
            func = source.facts.calls[receiver.call].func
            if isinstance(func, Attr) and func.name == "fit":  # gives the object itself
                yield from self.types(source, func.base, depth + 1)
        elif isinstance(receiver, Ref) and depth < _DEEPEST:
            for index in receiver.bindings:
                binding = source.facts.bindings[index] if index >= 0 else None
                if binding is not None and binding.kind == "assign" and binding.value and not binding.path:
                    yield from self.types(source, binding.value, depth + 1)

    def learner(self, source: SourceFacts, receiver: Expr) -> str:
        """The name of the class if what it computes for a row depends on the rows that it was fitted on.

        Encoders that only learn a vocabulary, and transformers without a state, do not; a pipeline or column
        transformer does if one of its steps does. Empty for anything else.
        """
        for name in self.types(source, receiver):
            if name in _COMPOSITES:
                step = self._learning_step(source, receiver)
                if step:
                    return step
            elif ":" in name:
                if self._is_own_learner(name):
                    return name.rpartition(":")[2]
                if self._is_own_composite(name) and (step := self._learning_step(source, receiver)):
                    return step
            else:
                api = self.tables.lookup(f"{name}.fit_transform")
                if api is not None and api.flow == "mixes" and not api.name.startswith("*"):
                    return name.rpartition(".")[2]
        return ""

    def learns_vocabulary(self, source: SourceFacts, receiver: Expr) -> bool:
        """Whether a receiver is an encoder of categories, whose codes are others if it is fitted again."""
        return any(name in _VOCABULARIES for name in self.types(source, receiver))

    def encodes_labels(self, source: SourceFacts, receiver: Expr) -> bool:
        """Whether a receiver is an encoder that takes a single column, as labels are."""
        names = ("sklearn.preprocessing.LabelEncoder", "sklearn.preprocessing.LabelBinarizer")
        return any(name in names for name in self.types(source, receiver))

    def is_predictor(self, source: SourceFacts, receiver: Expr) -> str:
        """The name of the class if a receiver is a classifier or regressor; else empty."""
        for name in self.types(source, receiver):
            if self.has_role(name, "classifier", "regressor"):
                return name.rpartition(".")[2]
        return ""

    def copies_rows(self, source: SourceFacts, call: Call) -> str:
        """The name of the call if it repeats or synthesises rows; else empty."""
        if isinstance(call.func, Attr) and call.func.name in ("fit_resample", "fit_sample"):
            for name in self.types(source, call.func.base):
                steps = self._steps(source, call.func.base, 0) if name in _COMPOSITES else iter((name,))
                for step in steps:
                    if step.startswith(_COPYING_SAMPLERS):
                        return step.rpartition(".")[2]
            return ""
        if self.name(source, call) == "sklearn.utils.resample":
            replace = next((k.value for k in call.keywords if k.name == "replace"), Const(True))
            sized = any(k.name == "n_samples" for k in call.keywords)
            return "resample" if sized and replace == Const(True) else ""
        return ""

    def learning_function(self, name: str) -> str:
        """The function's name if it scales each row by statistics of all rows (`sklearn.preprocessing.scale`)."""
        owner, _, last = name.rpartition(".")
        api = self.tables.lookup(name) if owner == "sklearn.preprocessing" else None
        return (
            last
            if api is not None and not api.is_type and api.flow == "mixes" and last != "label_binarize"
            else ""
        )

    # --- inside ---

    def _learning_step(self, source: SourceFacts, expr: Expr) -> str:
        """The first learning class among the steps of a pipeline expression."""
        for name in self._steps(source, expr, 0):
            api = self.tables.lookup(f"{name}.fit_transform")
            if api is not None and api.flow == "mixes" and not api.name.startswith("*"):
                return name.rpartition(".")[2]
        return ""

    def _steps(self, source: SourceFacts, expr: Expr, depth: int) -> Iterator[str]:
        """The classes of the objects that a pipeline is made of, those of inner pipelines included."""
        for part in walk(expr) if depth <= _DEEPEST else ():
            if isinstance(part, Called):
                call = source.facts.calls[part.call]
                name = self.name(source, call)
                if name not in _COMPOSITES and name.rpartition(".")[2][:1].isupper():
                    yield name
                for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
                    yield from self._steps(source, argument, depth + 1)
                if isinstance(call.func, Attr) and call.func.name == "fit":  # gives the pipeline itself
                    yield from self._steps(source, call.func.base, depth + 1)
            elif isinstance(part, Ref):
                for home, value in self._values(source, part):
                    yield from self._steps(home, value, depth + 1)

    def _values(self, source: SourceFacts, name: Ref) -> Iterator[tuple[SourceFacts, Expr]]:
        """What a name is bound to, also where another module of the project binds it."""
        for index in name.bindings:
            binding = source.facts.bindings[index] if index >= 0 else None
            if binding is not None and binding.kind == "import":
                symbol = self._project.names.symbol(source, f":{name.name}")
                binding = symbol.fact if symbol and isinstance(symbol.fact, Binding) else None
                source = symbol.source if symbol else source
            if binding is not None and binding.value is not None:
                yield source, binding.value

    def _own_class(self, name: str) -> tuple[SourceFacts | None, Class | None]:
        """The class of the project that a name such as `steps.py:Scaler` stands for, with its source."""
        path, _, qualname = name.partition(":")
        source = self._project.source(path)
        cls = source.classes_by_name.get(qualname) if source is not None else None
        return source, cls if isinstance(cls, Class) else None

    def _is_own_learner(self, name: str) -> bool:
        """Whether a class of the project has `fit` and `transform`, and `fit` keeps something it computed."""
        source, cls = self._own_class(name)
        if source is None or cls is None:
            return False
        members = {f.name: f for f in source.facts.functions if source.facts.blocks[f.block].parent == cls.block}
        return "transform" in members and "fit" in members and self._keeps_a_result(source, members["fit"])

    def _is_own_composite(self, name: str) -> bool:
        """Whether a class of the project is a pipeline that only does more with its result."""
        source, cls = self._own_class(name)
        if source is None or cls is None:
            return False
        return any(self.tables.canonical(qualified(source, base)) in _COMPOSITES for base in cls.bases)

    def _keeps_a_result(self, source: SourceFacts, fit: Function) -> bool:
        inside = (s for s in source.facts.stores if fit.block in source.ancestors(s.block))
        return any(_is_own_attribute(s) and any(isinstance(p, Called) for p in walk(s.value)) for s in inside)


def _is_own_attribute(store: Store) -> bool:
    target = store.target
    return isinstance(target, Attr) and isinstance(target.base, Ref) and target.base.name == "self"
