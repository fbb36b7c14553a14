"""The rule `misnumbered-entry`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from mldebt import Finding, Kind, Project, Related, Role, Rule, Severity, SourceFacts, facts

_NUMBER = re.compile(r"\d+")
Keys = tuple[str | int, ...]


class _Numbered(NamedTuple):
    """A setting whose key, or the key of the part around it, has one number. `own` are the numbers of the value."""

    entry: facts.Entry
    number: str
    own: tuple[str, ...]


class MisnumberedEntry(Rule):
    """One of several numbered settings has the number of another one in its value.

    `sales_2009` that points to the file of 2011 is what remains when an entry was copied and changed in one of two
    places: the data of one year are missing, those of another are there twice, and nothing fails. Sculley et al.
    2015, section 6: it should be hard to make manual errors in a configuration.

    ## How to repair

    Correct the number, or let a pattern (a dataset factory, a loop) make the entries.

    ## A catalogue

    ```yaml title="conf/base/catalog.yml"
    sales_2007:
      type: pandas.CSVDataset
      filepath: data/01_raw/sales_2007.csv
    sales_2008:
      type: pandas.CSVDataset
      filepath: data/01_raw/sales_2008.csv
    sales_2009:
      type: pandas.CSVDataset
      filepath: data/01_raw/sales_2011.csv  # expect: misnumbered-entry
    sales_2010:
      type: pandas.CSVDataset
      filepath: data/01_raw/sales_2010.csv
    ```

    ## Simple settings

    ```yaml title="params.yaml"
    folds:
      fold1: folds/part-1.csv
      fold2: folds/part-2.csv
      fold3: folds/part-2.csv  # expect: misnumbered-entry
      fold4: folds/part-4.csv
    ```

    ## A difference that is regular, values that are shaped differently, and too few entries

    ```yaml title="params.yaml"
    next:
      after1: step-2
      after2: step-3
      after3: step-4
      after4: step-1
    sources:
      y1: a-1.csv
      y2: a-2.csv
      y3: a-3.csv
      y4: b/a-9-1.csv
    two: {y1: a-1.csv, y2: a-1.csv, y3: a-3.csv}
    sizes: {layer1: 1, layer2: 2, layer3: 3, layer4: 8}
    ```

    ## Values that all are of another number

    ```yaml title="params.yaml"
    run1: model-9
    run2: model-9
    run3: model-9
    run4: model-8
    ```
    """

    minutes = 5

    least: int = 3
    """So many neighbours must have the number of their key."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each value with another number than its key."""
        for source in self.sources(project, Kind.YAML, Kind.TOML, Kind.JSON):
            for settings in _families(source).values():
                for place in range(len(settings[0].own)):
                    right = [s for s in settings if s.own[place] == s.number]
                    wrong = [s for s in settings if s.number not in s.own]
                    if len(right) >= self.least and len(right) + len(wrong) == len(settings) >= 4 * len(wrong):
                        for setting in wrong:
                            yield self._finding(source, setting, setting.own[place], right)

    def _finding(self, source: SourceFacts, setting: _Numbered, number: str, right: list[_Numbered]) -> Finding:
        key = ".".join(map(str, setting.entry.path))
        twin = next((other for other in right if other.number == number), None)
        also = f", as `{'.'.join(map(str, twin.entry.path))}` does" if twin is not None else ""
        return self.finding(
            source.location(setting.entry.span),
            f"`{key}` says `{setting.entry.value}`{also}: its neighbours have the number of their key",
            related=[
                Related(source.location(o.entry.span), "its own number")
                for o in (right[:2] if twin is None else [twin])
            ],
            severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
            scope=key,
        )


def _families(source: SourceFacts) -> dict[tuple[Keys, str], list[_Numbered]]:
    """The texts with numbers below numbered keys, by the shape of their keys and of the text."""
    found: dict[tuple[Keys, str], list[_Numbered]] = defaultdict(list)
    for entry in source.facts.entries:
        if entry.kind != "scalar" or not isinstance(entry.value, str) or not entry.path:
            continue
        own = tuple(_NUMBER.findall(entry.value))
        numbers = [n for key in entry.path if isinstance(key, str) for n in _NUMBER.findall(key)]
        if own and len(numbers) == 1:
            shape = tuple(_NUMBER.sub("#", key) if isinstance(key, str) else key for key in entry.path)
            found[shape, _NUMBER.sub("#", entry.value)].append(_Numbered(entry, numbers[0], own))
    return found
