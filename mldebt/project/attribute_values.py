"""Values of attributes and items: of modules, classes, instances, containers, configuration and the environment."""

from __future__ import annotations

from mldebt.facts import Attr, Binding, Item
from mldebt.project import documents, library
from mldebt.project.containers import indexed
from mldebt.project.frames import NO_FRAME, Frame
from mldebt.project.instances import instance_attribute
from mldebt.project.name_values import NameValues
from mldebt.project.source_facts import SourceFacts
from mldebt.values import (
    Choice,
    Definition,
    Document,
    External,
    Gap,
    Instance,
    Known,
    Namespace,
    Object,
    Value,
    choice,
    each,
)


class AttributeValues(NameValues):
    """Knows what a value holds under a name or an index."""

    def _attr(self, source: SourceFacts, expr: Attr, frame: Frame) -> Value:
        return self.follow(source, self.value(source, expr.base, frame), expr, frame)

    def follow(self, source: SourceFacts, base: Value, expr: Attr | Item, frame: Frame = NO_FRAME) -> Value:
        """What an attribute or item of a source is when its base has a value."""
        if isinstance(expr, Attr):
            if isinstance(base, External) and base.name.startswith("snakemake."):
                data = self.project.frameworks.workflow_data(source, base.name)
                return Gap("config", expr.name) if data is None else indexed(data, Known(expr.name))
            return each(base, lambda option: self.attribute(option, expr.name))
        index = self.value(source, expr.index, frame)
        return each(base, lambda option: self.indexed(source, option, index))

    def attribute(self, base: Value, name: str) -> Value:
        """What an attribute of a value is."""
        match base:
            case Definition("module", path):
                module = self.project.by_path[path]
                symbol = self.names.symbol(module, f":{name}")
                if symbol is None:
                    symbol = self.names.symbol(module, f".{name}")
                return Gap("attribute", name) if symbol is None else self._symbol(symbol)
            case Definition("class", path, index):
                return self._class_attribute(path, index, name)
            case Instance():
                return self._instance_attribute(base, name)
            case External(root):
                flag = self.project.frameworks.flag(f"{root}.{name}") if root.endswith("FLAGS") else None
                return flag or library.external_attribute(f"{root}.{name}")
            case Document():
                return documents.child(self.project, base, name)
            case Namespace(path):
                return self.project.option_value(path, name)
        return library.attribute(base, name)

    def _class_attribute(self, path: str, index: int, name: str) -> Value:
        source = self.project.by_path[path]
        member = self.names.method(source, source.facts.classes[index], name)
        if member is None:
            return Gap("attribute", name)
        if isinstance(member.fact, Binding):
            return self.binding(member.source, member.source.index_of(member.fact), NO_FRAME)
        return self._symbol(member)

    def _instance_attribute(self, base: Instance, name: str) -> Value:

        return instance_attribute(self, base, name)

    def _item(self, source: SourceFacts, expr: Item, frame: Frame) -> Value:
        return self.follow(source, self.value(source, expr.base, frame), expr, frame)

    def indexed(self, source: SourceFacts, base: Value, index: Value) -> Value:
        """`base[index]`, also into configuration, options and the environment."""
        if isinstance(base, Choice):
            return each(base, lambda option: self.indexed(source, option, index))
        if isinstance(base, Document):
            if isinstance(index, Known) and isinstance(index.value, str | int):
                return documents.child(self.project, base, index.value)
            return Gap("config", "")
        if isinstance(base, External):
            if base.name == "sys.argv" and isinstance(index, Known) and isinstance(index.value, int):
                return self.project.argument_value(source.path, index.value)
            if base.name == "os.environ":
                return self.environment(index, None)
            data = self.project.frameworks.workflow_data(source, base.name)
            if data is not None:
                return indexed(data, index)
        if isinstance(base, Object):
            parsed = self.project.frameworks.parsed(self, source, base.type)
            if parsed is not None:
                return each(parsed, lambda option: self.indexed(source, option, index))
        if isinstance(base, Namespace) and isinstance(index, Known):
            return self.project.option_value(base.path, str(index.value))
        return each(index, lambda option: indexed(base, option))

    def environment(self, name: Value, default: Value | None) -> Value:
        """An environment variable: what `.env` files declare for it, its default, or a gap."""
        if not isinstance(name, Known):
            return Gap("environment")
        declared = self.project.environment.get(str(name.value))
        if declared is not None:
            return choice([declared, *(() if default is None else (default,))])
        return Gap("environment", str(name.value)) if default is None else default

    handlers = {**NameValues.handlers, Attr: _attr, Item: _item}
