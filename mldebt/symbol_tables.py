"""Names of libraries that are deprecated or gone: the tables in `symbols/*.yaml`, one a library.

```yaml
distributions: [numpy]            # the packages that it can be installed as
references:                       # where it is written
  n20: https://numpy.org/doc/stable/release/1.20.0-notes.html
names:                            # functions, classes, modules; a module stands for everything in it
  numpy.float: {since: "1.20", removed: "1.24", use: float, rename: true, see: n20}
methods:                          # found by the type of what they are called on
  pandas.DataFrame.iteritems: {since: "1.5", removed: "2.0", use: items, rename: true, see: v2.0}
arguments:                        # `function(argument)`, or `function(argument=text)` for one of its values
  sklearn.preprocessing.OneHotEncoder(sparse): {since: "1.2", removed: "1.4", use: sparse_output, see: v1.2}
```

`since` is the version that deprecates, `removed` the first one without it, `back` the one in which the name returns
with another meaning. `use` says what takes its place; `rename` that writing this name instead is all there is to do,
with versions from `from` on (all, if it is not given). `see` names the reference.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

_HERE = Path(__file__).parent / "symbols"


class SymbolRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a table says of one name. Versions are texts; an empty one is none."""

    use: str
    see: str
    since: str = ""
    removed: str = ""
    back: str = ""
    rename: bool = False
    start: str = msgspec.field(default="", name="from")


class SymbolTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The names of one library."""

    distributions: tuple[str, ...]
    references: dict[str, str]
    names: dict[str, SymbolRow] = {}
    methods: dict[str, SymbolRow] = {}
    arguments: dict[str, SymbolRow] = {}

    def under(self, name: str) -> str:
        """The row's name that a qualified name is, or lies in; empty if there is none."""
        while name:
            if name in self.names:
                return name
            name = name.rpartition(".")[0]
        return ""


@cache
def symbol_table(module: str) -> SymbolTable | None:
    """The table of a top-level module; None if there is none. Raises msgspec.ValidationError for a wrong one."""
    import yaml

    file = _HERE / f"{module}.yaml"
    if not module.isidentifier() or not file.is_file():
        return None
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return msgspec.convert(yaml.load(file.read_text(encoding="utf-8"), loader), SymbolTable)


@cache
def tabled_modules() -> frozenset[str]:
    """The top-level modules that have a table."""
    return frozenset(file.stem for file in _HERE.glob("*.yaml"))
