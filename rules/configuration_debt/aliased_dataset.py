"""The rule `aliased-dataset`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import Declared, Finding, Profile, Project, Related, Role, Rule, Severity

_PACKAGES = frozenset(
    "pandas spark polars dask pickle json yaml text kedro kedro_datasets tensorflow pytorch".split()
)


class AliasedDataset(Rule):
    """Two entries of the catalogue are one file or one table.

    Whoever writes the one overwrites the other, and a pipeline that reads the one does not wait for what writes the
    other: the order of the nodes is chance. Often an entry was copied, and its path forgotten. Sculley et al. 2015,
    section 6: it should be hard to make manual errors in a configuration; section 3: data dependencies should be
    visible.

    ## How to repair

    Give the second entry a path of its own, or use one name.

    ## A copied entry

    ```yaml title="conf/base/catalog.yml"
    raw:
      type: pandas.CSVDataset
      filepath: data/01_raw/titanic.csv

    titanic:  # expect: aliased-dataset
      type: pandas.CSVDataset
      filepath: data/01_raw/titanic.csv
    ```

    ## The same table

    ```yaml title="conf/base/catalog.yml"
    synthetic:
      type: pandas.SQLTableDataset
      table_name: synthetic
      credentials: db

    joined:  # expect: aliased-dataset
      type: pandas.SQLTableDataset
      table_name: synthetic
      credentials: db
    ```

    ## Different files, versions of one entry, a type for each reader

    ```yaml title="conf/base/catalog.yml"
    raw:
      type: pandas.CSVDataset
      filepath: data/01_raw/titanic.csv

    clean@pandas:
      type: pandas.ParquetDataset
      filepath: data/02_intermediate/clean.parquet

    clean@spark:
      type: spark.SparkDataset
      filepath: data/02_intermediate/clean.parquet

    book:
      type: pandas.ExcelDataset
      filepath: data/01_raw/book.xlsx
      load_args: {sheet_name: a}

    page:
      type: pandas.ExcelDataset
      filepath: data/01_raw/book.xlsx
      load_args: {sheet_name: b}
    ```

    ## Parts of one table, a type of the project's own

    ```yaml title="conf/base/catalog.yml"
    svm_metrics:
      type: pandas.SQLTableDataset
      table_name: metrics
      save_args: {if_exists: append}

    tree_metrics:
      type: pandas.SQLTableDataset
      table_name: metrics
      save_args: {if_exists: append}

    store:
      type: shop.datasets.StoreWriter
      filepath: data/store

    store_to_read:
      type: shop.datasets.StoreWriter
      filepath: data/store
    ```

    ## Other environments

    ```yaml title="conf/base/catalog.yml"
    raw:
      type: pandas.CSVDataset
      filepath: data/01_raw/titanic.csv
    ```

    ```yaml title="conf/prod/catalog.yml"
    raw:
      type: pandas.CSVDataset
      filepath: data/01_raw/titanic.csv
    ```
    """

    profile = Profile.AUDIT
    severity = Severity.WARNING
    minutes = 15
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each entry whose data an earlier entry of the same file has."""
        seen: dict[tuple[str, str], list[tuple[str, str, Declared]]] = defaultdict(list)
        said: dict[str, dict[str | int, dict[tuple[str | int, ...], str]]] = {}
        for declared in project.declared_data:
            source = project.source(declared.location.path)
            if (
                declared.kind != "dataset"
                or source is None
                or source.source.is_any(*self.skip_roles, Role.TUTORIAL)
            ):
                continue
            path = declared.location.path
            if path not in said:
                said[path] = _said(project, path)
            place, read = _place(said[path].get(declared.name, {}))
            is_own = (
                declared.type.partition(".")[0] not in _PACKAGES
            )  # a type of the project's own may do anything
            if place and not is_own and "@" not in declared.name and not declared.name.startswith("_"):
                seen[declared.location.path, place].append((read, declared.type, declared))
        files: dict[str, list[tuple[Declared, Declared]]] = defaultdict(list)
        for (path, _), found in seen.items():
            first_read, first_type, first = found[0]
            for read, type_, other in found[1:]:
                if read == first_read and type_ == first_type and other.name != first.name:
                    files[path].append((other, first))
        for (other, first), *more in files.values():
            yield self.finding(
                other.location,
                f"`{other.name}` is the same data as `{first.name}`"
                + (f" (and {len(more)} more)" if more else ""),
                related=[
                    Related(first.location, f"`{first.name}`"),
                    *(Related(a.location, f"`{a.name}` is the same as `{b.name}`") for a, b in more[:20]),
                ],
                scope=other.name,
            )


def _said(project: Project, path: str) -> dict[str | int, dict[tuple[str | int, ...], str]]:
    """What each entry of a catalogue says, by the keys below it."""
    found: dict[str | int, dict[tuple[str | int, ...], str]] = {}
    for keys, entry in project.documents.tree(path).items():
        if len(keys) > 1 and entry.kind == "scalar":
            found.setdefault(keys[0], {})[keys[1:]] = entry.text
    return found


def _place(said: dict[tuple[str | int, ...], str]) -> tuple[str, str]:
    """Where the data of an entry are, empty if that is not known, and how they are read."""
    path = said.get(("filepath",)) or said.get(("path",)) or said.get(("table_name",)) or ""
    known = f"{path}|{said.get(('credentials',), '')}" if path and "{" not in path and "$" not in path else ""
    if any(value in ("append", "a") for value in said.values()):
        return "", ""  # each adds its part
    return known, repr(sorted((k, v) for k, v in said.items() if k[0] in ("load_args", "schema", "database")))
