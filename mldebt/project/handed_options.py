"""Options that a call is handed as a dictionary."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt.facts import Call, Called, Ref
from mldebt.project.calls import Site


def keyword_dictionaries(site: Site) -> Iterator[Call]:
    """The calls, of `dict` as a rule, that make what a call is handed as `**kwargs`."""
    for keyword in site.call.keywords:
        if keyword.name or not isinstance(keyword.value, Ref):
            continue
        for index in keyword.value.bindings:
            value = site.source.facts.bindings[index].value if index >= 0 else None
            if isinstance(value, Called):
                yield site.source.facts.calls[value.call]
