"""The rule `data-in-git`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Location, Profile, Project, Related, Rule, Span, doubly_tracked, stored_data


class DataInGit(Rule):
    """Data or models are stored in git.

    Each version stays in the history of every clone for good, nobody can say which of them a result came from, and
    a model in the repository is served long after the code has moved on. Sculley et al. 2015, section 3: versioned
    copies of data need a place that knows versions. One finding a directory.

    ## How to repair

    Let DVC, Git LFS or a registry keep the file, and git its hash: `dvc add FILE` or `git lfs track "*.pkl"`. Say
    `versioned = "git"` in a contract where a small reference table belongs into git. (What is big is told by the
    options: models from 100 kB, data from 1 MB.)

    ## A file that DVC tracks, too

    ```csv title="data/visits.csv"
    a,b  # expect: data-in-git
    ```

    ```yaml title="data/visits.csv.dvc"
    outs: [{path: visits.csv, md5: 1}]
    ```

    ## Tracked by one of the two; small files

    ```yaml title="data/visits.csv.dvc"
    outs: [{path: visits.csv, md5: 1}]
    ```

    ```csv title="data/shops.csv"
    a,b
    ```

    ## Left to git on purpose

    ```csv title="data/visits.csv"
    a,b
    ```

    ```yaml title="data/visits.csv.dvc"
    outs: [{path: visits.csv, md5: 1, cache: false}]
    ```
    """

    profile = Profile.HOOK
    minutes = 15
    model_kilobytes: int = 100
    """From which size on a model is too big for git."""
    data_kilobytes: int = 1000
    """From which size on data is too big for git."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each directory, at its biggest file."""
        for stored in stored_data(project, self.model_kilobytes, self.data_kilobytes):
            path = stored.files[0][0]
            total = sum(size for _, size in stored.files)
            counts = Counter(basename(file) for file, _ in stored.files)
            shown = list(counts.items())[:3]
            names = ", ".join(f"`{name}`" + (f" ({count} files)" if count > 1 else "") for name, count in shown)
            rest = len(stored.files) - sum(count for _, count in shown)
            names += f" and {rest} more" if rest else ""
            readers = [
                read
                for artifact in project.artifacts
                for read in artifact.reads
                if read.address is not None and read.address.path in {file for file, _ in stored.files}
            ]
            places = list(dict.fromkeys(read.location for read in readers))
            yield self.finding(
                Location(path, Span.at(1)),
                f"{_size(total)} of data or models in git: {names}",
                related=[
                    *(Related(place, "it is read here") for place in places[:5]),
                    *(Related(Location(file, Span.at(1)), "so is this") for file, _ in stored.files[1:6]),
                ],
            )
        for path in doubly_tracked(project):
            yield self.finding(
                Location(path, Span.at(1)), f"`{path}` is stored in git and tracked by DVC at once"
            )


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.0f} kB"
