"""Lists and dicts as values: their items, and what a loop makes of them."""

from __future__ import annotations

from mldebt.values import Choice, Gap, Items, Known, Table, Value, choice, each


def item(value: Value, position: int) -> Value:
    """An item by position; gaps stay what they are."""
    if isinstance(value, Items) and -len(value.items) <= position < len(value.items):
        return value.items[position]
    if isinstance(value, Gap):
        return value
    return Gap("index", str(position))


def indexed(base: Value, index: Value) -> Value:
    """`base[index]` for values that are containers or texts."""
    if isinstance(base, Choice):
        return each(base, lambda option: indexed(option, index))
    if isinstance(index, Known):
        if isinstance(base, Items) and isinstance(index.value, int):
            return item(base, index.value)
        if isinstance(base, Table):
            for key, value in base.entries:
                if key == index.value:
                    return value
    elif isinstance(base, Table) and not base.open:
        return choice(value for _, value in base.entries)
    if not isinstance(base, Gap):
        return Gap("index")
    if base.cause == "parameter" and isinstance(index, Known) and isinstance(index.value, str):
        return Gap(base.cause, f"{base.detail}.{index.value}")  # two keys are two things
    return base


def items_of(value: Value, name: str) -> Value:
    """What a loop over a value gives its variable."""

    def one(option: Value) -> Value:
        match option:
            case Items(_, items) if items:
                return choice(items)
            case Table(entries, open):
                keys: list[Value] = [Known(key) for key, _ in entries]
                return choice([*keys, Gap("loop", name)] if open or not keys else keys)
            case Gap(cause, detail):
                return Gap(cause, detail)
        return Gap("loop", name)

    return each(value, one)
