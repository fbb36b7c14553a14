"""Data that code asks a catalogue for by name: entries of Kedro's, views of a feature store, batches of a data context.

`catalog.load("sales")` reads the file behind the entry, `features=["sales:total"]` the view `sales`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mldebt.declarations import feast
from mldebt.declarations.kedro_catalog import Catalogue
from mldebt.facts import Attr, Call, Ref
from mldebt.project.addresses import Address
from mldebt.project.sql_tables import table_address
from mldebt.values import Items, Known, Table, Value, alternatives, lies_in

if TYPE_CHECKING:
    from mldebt.project.project import Project

PREFIX = "kedro:"
CATALOGUE = "kedro.io.DataCatalog"
_VARIABLE = "catalog"
_STORE = "feast.FeatureStore.get_"
_BATCHES = "great_expectations.core."
_METHODS = frozenset({"load", "save"})


class CatalogueNames:
    """Answers what names mean in the catalogues of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue(self._project)

    def asked(self, call: Call) -> str:
        """The catalogue's method that a call is, by the name that Kedro gives to notebooks, sessions and hooks.

        A project without a catalogue has none of that name.
        """
        if isinstance(call.func, Attr) and call.func.name in _METHODS:
            base = call.func.base
            name = base.name if isinstance(base, Ref | Attr) else ""
            if name == _VARIABLE and self._catalogue.entries:
                return f"{CATALOGUE}.{call.func.name}"
        return ""

    def behind(self, component: str, address: Address) -> Address:
        """The file of a catalogue's entry; a name without a known file stays a name."""
        if not address.path.startswith(PREFIX):
            return address
        homes = [home for home in self._catalogue.homes if lies_in(component, home)]
        name = address.path.removeprefix(PREFIX).partition("@")[0]
        entry = self._catalogue.find(max(homes, key=len), name) if homes else None
        file = entry.file if entry is not None else ""
        if not file or any(sign in file for sign in "${}"):
            return address
        if entry is not None and entry.option("table_name"):
            return table_address(file)
        return Address(file, tuple(part for part in file.split("/") if part), file)


def meant(api: str, value: Value) -> Value:
    """What a call gets by its argument: the views of the features that it lists, the path of a batch."""
    if api.startswith(_STORE):
        found = [each for option in alternatives(value) for each in _items(option)]
        views = dict.fromkeys(
            str(each.value).partition(":")[0]
            for each in found
            if isinstance(each, Known) and ":" in str(each.value)
        )
        return Items("list", tuple(Known(feast.PREFIX + view) for view in views)) if views else value
    if api.startswith(_BATCHES) and isinstance(value, Table):
        return next((entry for key, entry in value.entries if key == "path"), value)
    return value


def _items(value: Value) -> tuple[Value, ...]:
    return value.items if isinstance(value, Items) else (value,)
