"""Attributes of instances of the project's own classes: fields, and what the methods store in `self`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mldebt.facts import Attr, Binding, Called, Class, Const, Expr, Function, Ref
from mldebt.plain_facts import keyword_argument
from mldebt.project.frames import NO_FRAME, Frame
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Role
from mldebt.values import Definition, Gap, Instance, Known, Value, choice

if TYPE_CHECKING:
    from mldebt.project.evaluation import Evaluation

_MOST_STORES = 8


def instance_attribute(evaluator: Evaluation, instance: Instance, name: str) -> Value:
    """What `instance.name` can be: stores in its methods, a field, a class attribute, a method."""
    key = (instance, name)
    if key not in evaluator.attributes:
        evaluator.attributes[key] = Gap("cycle", name)  # `self.x = self.x or …`
        evaluator.attributes[key] = _instance_attribute(evaluator, instance, name)
    return evaluator.attributes[key]


def _instance_attribute(evaluator: Evaluation, instance: Instance, name: str) -> Value:
    source = evaluator.project.by_path[instance.path]
    cls = source.facts.classes[instance.cls]
    stored = _stored(evaluator, source, cls, instance, name)
    if stored is not None:
        return stored
    member = evaluator.names.method(source, cls, name)
    if member is None:
        direct = True
        for base in evaluator.names.bases(source, cls):
            if isinstance(base.fact, Class) and not base.rest and base.fact is not cls:
                inherited = Instance(base.source.path, base.source.index_of(base.fact))
                frame = _base_frame(evaluator, source, cls, instance, base.source, base.fact) if direct else None
                found = _stored(evaluator, base.source, base.fact, inherited, name, frame)
                if found is not None:
                    return found
                direct = False
        return Gap("attribute", name)
    if isinstance(member.fact, Function):
        function = member.source.index_of(member.fact)
        if any(_is_property(decorator) for decorator in member.fact.decorators):
            returns = member.source.returns_by_function.get(member.fact.block, [])
            params = member.fact.params
            frame = Frame({(member.source.path, params[0].binding): instance}) if params else NO_FRAME
            return choice(evaluator.value(member.source, expr, frame) for expr in returns)
        return Definition("function", member.source.path, function)
    if isinstance(member.fact, Binding):
        return _field(evaluator, member.source, cls, member.fact, instance)
    return Gap("attribute", name)


def _is_property(decorator: Expr) -> bool:
    return isinstance(decorator, Ref) and decorator.name in ("property", "cached_property")


def _stored(
    evaluator: Evaluation,
    source: SourceFacts,
    cls: Class,
    instance: Instance,
    name: str,
    frame: Frame | None = None,
) -> Value | None:
    """The union of what methods assign to `self.name`; None if none does."""
    stores = source.self_stores.get((cls.block, name), ())
    stores = [s for s in stores if not (isinstance(s.value, Const) and s.value.value is None)] or list(stores)
    if not stores:
        return None
    if len(stores) > _MOST_STORES:
        return Gap("attribute", name)
    if frame is None:
        frame = _frame(evaluator, source, cls, instance)
    values: list[Value] = []
    for store in stores:
        if store.path or store.operator != "=":
            values.append(Gap("attribute", name))
        else:
            values.append(evaluator.value(source, store.value, frame))
    return choice(values)


def _frame(evaluator: Evaluation, source: SourceFacts, cls: Class, instance: Instance) -> Frame:
    """The parameters of the constructor, as the constructing call passes them."""
    if instance.call < 0:
        return NO_FRAME
    member = evaluator.names.method(source, cls, "__init__")
    if member is None or not isinstance(member.fact, Function) or member.source is not source:
        return NO_FRAME
    maker = evaluator.project.by_path[instance.made_in]
    return evaluator.frame_for(maker, instance.call, source, member.fact)


def _base_frame(
    evaluator: Evaluation, source: SourceFacts, cls: Class, instance: Instance, home: SourceFacts, base: Class
) -> Frame | None:
    """The parameters of a base's constructor, as the class's own constructor or the constructing call passes them."""
    member = evaluator.names.method(home, base, "__init__")
    if instance.call < 0 or member is None or not isinstance(member.fact, Function) or member.source is not home:
        return None
    own = evaluator.names.method(source, cls, "__init__")
    if own is None or not isinstance(own.fact, Function) or own.fact is member.fact:
        maker = evaluator.project.by_path[instance.made_in]
        frame = evaluator.frame_for(maker, instance.call, home, member.fact)
    else:
        index = _call_of_base(source, own.fact) if own.source is source else -1
        if index < 0:
            return None
        outer = _frame(evaluator, source, cls, instance)
        frame = evaluator.frame_for(source, index, home, member.fact, outer, outer)
    if member.fact.params:
        frame.given[home.path, member.fact.params[0].binding] = instance
    return frame


def _call_of_base(source: SourceFacts, function: Function) -> int:
    """The call of `super().__init__` in a constructor; -1 if there is none."""
    for index, call in enumerate(source.facts.calls):
        func = call.func
        if not isinstance(func, Attr) or func.name != "__init__" or source.scope_of(call.block) != function.block:
            continue
        owner = func.base
        if isinstance(owner, Called) and source.facts.calls[owner.call].name == "super":
            return index
    return -1


def _field(evaluator: Evaluation, source: SourceFacts, cls: Class, binding: Binding, instance: Instance) -> Value:
    """A field of a dataclass, NamedTuple or pydantic model: what the constructor passes, or its default."""
    if binding.kind == "annotated":
        passed = _passed_to_field(evaluator, source, cls, binding, instance)
        if passed is not None:
            return passed
    if binding.value is None:
        return Gap("attribute", binding.name)
    return _default(evaluator, source, binding.value)


def _passed_to_field(
    evaluator: Evaluation, source: SourceFacts, cls: Class, binding: Binding, instance: Instance
) -> Value | None:
    sites = []
    if instance.call >= 0:
        maker = evaluator.project.by_path[instance.made_in]
        sites.append((maker, maker.facts.calls[instance.call]))
    else:
        callers = evaluator.callers.of(source, cls.qualname)
        if not source.source.is_any(Role.TEST):  # what tests pass says nothing about the code itself
            callers = tuple(caller for caller in callers if not caller.source.source.is_any(Role.TEST))
        sites.extend((c.source, c.call) for c in callers[:16])
    fields = [b.name for b in source.facts.bindings if b.block == cls.block and b.kind == "annotated"]
    values = []
    for home, call in sites:
        given = keyword_argument(call, binding.name)
        position = fields.index(binding.name) if binding.name in fields else -1
        if given is None and 0 <= position < len(call.args):
            given = call.args[position]
        if given is not None:
            values.append(evaluator.value(home, given))
        elif splats := [k.value for k in call.keywords if not k.name]:
            found = evaluator.indexed(home, evaluator.value(home, splats[0]), Known(binding.name))
            values.append(Gap("config", binding.name) if isinstance(found, Gap) or len(splats) > 1 else found)
        elif binding.value is not None:
            values.append(_default(evaluator, source, binding.value))
    return choice(values, by_caller=len({home.path for home, _ in sites}) > 1) if values else None


def _default(evaluator: Evaluation, source: SourceFacts, expr: Expr) -> Value:
    """A field's default, also inside `field(default=…)` or `Field(…)`."""
    if isinstance(expr, Called):
        call = source.facts.calls[expr.call]
        last = call.name.rpartition(".")[2]
        if last in ("field", "Field", "attrib", "ib"):
            for keyword in call.keywords:
                if keyword.name == "default":
                    return evaluator.value(source, keyword.value)
            return evaluator.value(source, call.args[0]) if call.args else Gap("attribute", last)
    value = evaluator.value(source, expr)
    return value if not isinstance(value, Known) or value.value is not None else Known(None)
