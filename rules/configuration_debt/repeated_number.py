"""The rule `repeated-number`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Profile, Project, Related, Role, Rule, Severity, unusual_numbers


class RepeatedNumber(Rule):
    """The same unusual number is written out in several places.

    `590540` is the number of rows of one table, `60000000` the first identifier of the test set: they are facts about
    the data, and the places that know them must agree. When the data change, one is forgotten, and nothing fails.
    Sculley et al. 2015, section 6: it should be hard to make manual errors, omissions or oversights.

    ## How to repair

    Take the number from the data (`len(train)`), or give it a name in one module.

    ## In two files

    ```python title="convert.py"
    def convert(row, number):
        return 60000000 + number  # expect: repeated-number
    ```

    ```python title="submit.py"
    def submit(row):
        return row.id - 60000000
    ```

    ## Three times in one

    ```python title="blend.py"
    import numpy as np
    train = np.zeros(590540)  # expect: repeated-number
    first = features[:590540]
    rest = features[590540 + 0:]
    other = np.ones(590540)
    third = np.ones((590540, 3))
    ```

    ## Usual numbers, names, seeds

    ```python title="a.py"
    ROWS = 1115
    steps = 10000
    wait(3600, port=8765)
    np.zeros(4096)
    model = Forest(random_state=20190)
    params = {"seed": 20191}
    params["seed"] = 20191
    year = 2019
    ```

    ```python title="b.py"
    from a import ROWS
    steps = 10000
    wait(3600, port=8765)
    np.zeros(4096)
    model = Forest(random_state=20190)
    params = {"seed": 20191}
    params["seed"] = 20191
    year = 2019
    ```

    ## Twice in one file, and tests

    ```python title="a.py"
    first = table[:1115]
    rest = table[1115 + 1:]
    ```

    ```python title="tests/test_a.py"
    assert len(first) == 1115
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK, Role.TUTORIAL, Role.MIGRATION, Role.CONFIG}

    often: int = 3
    """So many places in one file are reported."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each number of a part of the project, at its first place."""
        parts: dict[tuple[str, int], list[Location]] = defaultdict(list)
        for source in self.sources(project, Kind.PYTHON):
            root = project.subprojects.root_of(source.path)
            for number, span in unusual_numbers(source):
                parts[root, number].append(source.location(span))
        by_places: dict[tuple[Location, ...], list[int]] = defaultdict(list)
        for (_, number), found in parts.items():
            places = sorted(set(found))
            files = {place.path for place in places}
            if len(files) > 1 or len(places) >= self.often:
                by_places[tuple(places)].append(number)
        for (first, *others), numbers in by_places.items():
            files = {first.path, *(place.path for place in others)}
            where = f"{len(files)} files" if len(files) > 1 else "the file"
            yield self.finding(
                first,
                f"`{numbers[0]}` is written out {len(others) + 1} times in {where}",
                related=[Related(place, "again") for place in others[:20]],
            )
