"""What library calls mean: the tables in `apis/*.yaml`, looked up by qualified name.

`mldebt.api_rows` describes the rows. Users add files of their own for in-house wrappers; the rows of those
win over the built-in ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mldebt.api_rows import Access as Access
from mldebt.api_rows import Api as Api
from mldebt.api_rows import Argument as Argument
from mldebt.api_rows import Table, read_table
from mldebt.api_rows import TableError as TableError

BUILT_IN = Path(__file__).parent / "apis"


class ApiTables:
    """All tables. A built-in table is parsed when a name of one of its modules is first looked up."""

    def __init__(self, built_in: Mapping[str, Path], extra: Sequence[Table] = ()) -> None:
        self._files = built_in
        self._loaded: dict[Path, Table] = {}
        self._extra = tuple(reversed(extra))  # the last table wins
        self._found: dict[str, Api | None] = {}

    def lookup(self, name: str) -> Api | None:
        """The row of a call, method or class (`open`, `pandas.DataFrame.to_csv`); None if nobody knows it.

        Aliases are followed and methods are looked for in base classes; the row's own name tells where it
        was found. `*.to_csv` is the row for a method of an unknown receiver.
        """
        if name not in self._found:
            self._found[name] = self._look_up(self.canonical(name))
        return self._found[name]

    def returns(self, name: str) -> str | None:
        """The qualified type of what a call gives (a class gives itself); None if unknown or a tuple."""
        api = self.lookup(name)
        if api is None:
            return None
        if api.is_type:
            return self.canonical(name)
        if api.returns == ("self",):
            return self.canonical(name).rpartition(".")[0]
        return api.returns[0] if len(api.returns) == 1 else None

    def canonical(self, name: str) -> str:
        """The name under which the tables know it: `tensorflow.keras.Model` is `keras.Model`."""
        if name and "." not in name:
            return f"builtins.{name}"
        for _ in range(4):  # an alias may lead to another; a ring of aliases must end
            other = self._alias(name)
            if other == name:
                break
            name = other
        return name

    def is_a(self, name: str, base: str) -> bool:
        """Whether a class is, or inherits from, another, as far as the tables know."""
        return base in {ancestor.name for ancestor in self._lineage(self.canonical(name))}

    def all(self) -> Iterator[Api]:
        """Every row, in order of name."""
        tables = [*(self._table(file) for file in set(self._files.values())), *self._extra]
        for name in sorted({name for table in tables for name in table.rows}):
            api = self.lookup(name)
            if api is not None:
                yield api

    # --- finding rows ---

    def _tables(self, name: str) -> Iterator[Table]:
        yield from self._extra
        file = self._files.get(name.partition(".")[0])
        if file is not None:
            yield self._table(file)

    def _table(self, file: Path) -> Table:
        if file not in self._loaded:
            self._loaded[file] = read_table(file)
        return self._loaded[file]

    def _alias(self, name: str) -> str:
        for table in self._tables(name):
            prefix = name
            while prefix:
                if prefix in table.aliases:
                    return table.aliases[prefix] + name[len(prefix) :]
                prefix = prefix.rpartition(".")[0]
        return name

    def _look_up(self, name: str) -> Api | None:
        owner, _, last = name.rpartition(".")
        found = self._row(name)
        if found is not None:
            return found
        for ancestor in self._lineage(owner):
            inherited = self._row(f"{ancestor.name}.{last}")
            if inherited is not None:
                return inherited
        return self._starred(name)

    def _row(self, name: str) -> Api | None:
        return next((row for table in self._tables(name) if (row := table.api(name))), None)

    def _starred(self, name: str) -> Api | None:
        """The row `owner.*`; if it describes types, it stands for names with a capital alone."""
        owner, _, last = name.rpartition(".")
        row = None if owner in ("", "*") else self._row(f"{owner}.*")
        return None if row is not None and row.is_type and not last[:1].isupper() else row

    def _lineage(self, name: str) -> Iterator[Api]:
        """A class and all its base classes, nearest first, each once; for a property, those of its value."""
        waiting, seen = [name], {name}
        while waiting:
            current = waiting.pop(0)
            row = self._row(current) or self._starred(current)
            if row is None:
                continue
            if row.is_type:
                yield row
            fresh = [base for base in map(self.canonical, row.bases or row.returns) if base not in seen]
            seen.update(fresh)
            waiting.extend(fresh)


def load_tables(extra: Sequence[Path] = ()) -> ApiTables:
    """The built-in tables, and those of the given files, which win over them.

    Raises TableError, with all problems of all the given files, and OSError where one cannot be read.
    """
    tables: list[Table] = []
    problems: list[str] = []
    for file in extra:
        try:
            tables.append(read_table(file, thorough=True))
        except TableError as error:
            problems.extend(error.problems)
    if problems:
        raise TableError(problems)
    return ApiTables(_index(BUILT_IN), tables)


def effect_of_mode(mode: str) -> str:
    """The effect of a mode: `rb` reads, `w+` writes, `append` appends.

    Understands the modes of `open` and the words that table writers use; an update in place (`r+`) writes.
    """
    if mode == "read":
        return "reads"
    if mode == "append":
        return "appends"
    if mode.isalpha() and len(mode) > 3:  # overwrite, replace, fail, error, ignore, truncate
        return "writes"
    mode = mode.partition(":")[0]  # tarfile's "r:gz" and "w:xz"
    if "a" in mode:
        return "appends"
    return "writes" if set(mode) & set("wx+") else "reads"


def _index(directory: Path) -> dict[str, Path]:
    """Which file describes each top-level module: its first line, `modules: [a, b]`, says so."""
    index: dict[str, Path] = {}
    for file in sorted(directory.glob("*.yaml")):
        with file.open(encoding="utf-8") as stream:
            line = stream.readline()
        names = re.fullmatch(r"modules: \[(.*)\]\n", line)
        if names is None:
            raise TableError([f"{file}: the first line must be `modules: [...]`"])
        index.update((name.strip().strip('"'), file) for name in names[1].split(","))
    return index
