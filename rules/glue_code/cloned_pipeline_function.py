"""The rule `cloned-pipeline-function`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import CloneClass, Finding, Kind, Project, Related, Role, Rule, is_worth_sharing

_FEWEST_OF_SHORT = 3


class ClonedPipelineFunction(Rule):
    """The same function or class stands in several files.

    A metric, a loader or a cleaning step that each script carries along is repaired in one place and stays wrong in
    the others; training and evaluation drift apart without anybody deciding so. Sculley et al. 2015, section 5;
    Tang et al. 2021 name duplication as the theme of machine-learning refactorings.

    ## How to repair

    Move the function to a module that all of them import.

    ## A metric that two scripts carry along

    ```python title="src/train.py"
    import numpy as np
    def rmsle(y, p):  # expect: cloned-pipeline-function
        y, p = np.clip(y, 0, None), np.clip(p, 0, None)
        np.testing.assert_equal(len(y), len(p))
        first = np.log1p(y)
        difference = (first - np.log1p(p)) ** 2
        difference = difference[np.isfinite(difference)]
        return np.sqrt(np.mean(difference))
    ```

    ```python title="src/tune.py"
    import numpy as np
    def rmsle(y, p):
        \"""Root mean squared logarithmic error.\"""
        y, p = np.clip(y, 0, None), np.clip(p, 0, None)
        np.testing.assert_equal(len(y), len(p))
        first = np.log1p(y)
        difference = (first - np.log1p(p)) ** 2  # natural
        difference = difference[np.isfinite(difference)]
        return np.sqrt(np.mean(difference))
    ```

    ## Constructors

    ```python title="a/train.py"
    class Model:
        def __init__(self, depth, width, rate, alpha, beta):
            self.depth = depth
            self.width = width
            self.rate = rate
            self.alpha = alpha
            self.beta = beta
    ```

    ```python title="a/score.py"
    class Model:
        def __init__(self, depth, width, rate, alpha, beta):
            self.depth = depth
            self.width = width
            self.rate = rate
            self.alpha = alpha
            self.beta = beta
    ```

    ## Parts of a repository that stand for themselves

    ```python title="one/prepare.py"
    def clean(frame):
        frame = frame.dropna().drop_duplicates()
        frame["age"] = frame["age"].clip(0, 100)
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        return frame
    ```

    ```toml title="one/pyproject.toml"
    [project]
    name = "one"
    ```

    ```python title="two/prepare.py"
    def clean(frame):
        frame = frame.dropna().drop_duplicates()
        frame["age"] = frame["age"].clip(0, 100)
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        return frame
    ```

    ```text title="two/setup.py"
    setup(name="two")
    ```

    ## Versions of one file, exported notebooks, configurations, tutorials

    ```python title="src/clean.py"
    def clean(frame):
        frame = frame.dropna().drop_duplicates()
        frame["age"] = frame["age"].clip(0, 100)
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        return frame
    def tidy(frame):
        frame.columns = [name.lower() for name in frame.columns]
        frame = frame.rename(columns={"id": "key"})
        return frame.reset_index()
    def write(frame, path):
        frame.to_csv(path)
        print(len(frame), path)
        return path
    ```

    ```python title="src/clean_old.py"
    def clean(frame):
        frame = frame.dropna().drop_duplicates()
        frame["age"] = frame["age"].clip(0, 100)
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        return frame
    def tidy(frame):
        frame.columns = [name.lower() for name in frame.columns]
        frame = frame.rename(columns={"id": "key"})
        return frame.reset_index()
    def write(frame, path):
        frame.to_csv(path)
        print(len(frame), path)
        return path
    ```

    ```python title="kernel.py"
    # In[1]:
    def clean(frame):
        frame = frame.dropna().drop_duplicates()
        frame["age"] = frame["age"].clip(0, 100)
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        return frame
    ```

    ```python title="tutorials/clean.py"
    def clean(frame):
        frame = frame.dropna().drop_duplicates()
        frame["age"] = frame["age"].clip(0, 100)
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        return frame
    ```

    ## Layers, implementations of one interface, what is generated or of others

    ```python title="nets/small.py"
    class Small(Net):
        def forward(self, x):
            x = self.first(x).relu()
            x = self.drop(x)
            x = self.second(x).relu()
            x = self.norm(x)
            x = self.third(x).relu()
            return self.last(x)
    ```

    ```python title="nets/large.py"
    class Large(Net):
        def forward(self, x):
            x = self.first(x).relu()
            x = self.drop(x)
            x = self.second(x).relu()
            x = self.norm(x)
            x = self.third(x).relu()
            return self.last(x)
    ```

    ```python title="src/clean.py"
    def clean(frame):
        frame = frame.dropna().drop_duplicates()
        frame["age"] = frame["age"].clip(0, 100)
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        return frame
    ```

    ```python title="vendor/tables/clean.py"
    def clean(frame):
        frame = frame.dropna().drop_duplicates()
        frame["age"] = frame["age"].clip(0, 100)
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        return frame
    ```

    ```python title="src/clean_pb2.py"
    def clean(frame):
        frame = frame.dropna().drop_duplicates()
        frame["age"] = frame["age"].clip(0, 100)
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        return frame
    ```

    ## A service's copy, for which there is `train-serve-fork`

    ```python title="features.py"
    import pandas as pd
    def clean(frame):
        frame = frame.dropna().drop_duplicates()
        frame["age"] = frame["age"].clip(0, 100)
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        return frame
    model.fit(clean(pd.read_csv("a.csv")), y)
    ```

    ```python title="app.py"
    import joblib
    from flask import Flask
    app = Flask(__name__)
    model = joblib.load("model.pkl")
    def clean(frame):
        frame = frame.dropna().drop_duplicates()
        frame["age"] = frame["age"].clip(0, 100)
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        return frame
    @app.post("/score")
    def score(row):
        return model.predict(clean(row))
    ```
    """

    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each set of files that share copies of functions."""
        by_files: dict[tuple[str, ...], list[CloneClass]] = defaultdict(list)
        looked_at = {s.path for s in self.sources(project, Kind.PYTHON) if not s.source.is_any(Role.TUTORIAL)}
        for found in project.clones:
            for part in self._parts(project, found, looked_at):
                by_files[part.paths].append(part)
        for paths, classes in by_files.items():
            if not project.versions.are_versions(paths):
                yield self._finding(project, paths, classes)

    def _parts(self, project: Project, found: CloneClass, looked_at: set[str]) -> Iterator[CloneClass]:
        """The copies of a class in each part of the repository, if there are several files of them."""
        parts = defaultdict(list)
        often = _is_everywhere(found)
        for member in found.members:
            if member.source.path in looked_at and is_worth_sharing(project, member, found.is_exact, short=often):
                parts[project.subprojects.root_of(member.source.path)].append(member)
        for members in parts.values():
            part = CloneClass(tuple(members), found.similarity)
            if len({_file(path, project) for path in part.paths}) > (_FEWEST_OF_SHORT - 1 if often else 1):
                yield part

    def _finding(self, project: Project, paths: tuple[str, ...], classes: list[CloneClass]) -> Finding:
        classes.sort(key=lambda c: -c.members[0].clone.size)
        used = {path: len(project.imports.importers.get(path, ())) for path in paths}
        largest = classes[0]
        members = sorted(largest.members, key=lambda m: (-used[m.source.path], m.source.path, m.function.span))
        first = members[0]
        others = f" and {len(classes) - 1} more" if len(classes) > 1 else ""
        return self.finding(
            first.source.location(first.function.span),
            f"{len(members)} {'' if largest.is_exact else 'near '}copies of `{first.function.name}`{others} "
            f"({first.clone.size} lines): {', '.join(str(m.source.location(m.function.span)) for m in members[:5])}",
            related=[
                *(Related(m.source.location(m.function.span), "the same code") for m in members[1:]),
                *(
                    Related(m.source.location(m.function.span), f"`{m.function.name}`, too")
                    for other in classes[1:]
                    for m in other.members
                ),
            ],
            minutes=15 + 5 * len(members),
            scope=first.function.qualname,
        )


def _is_everywhere(found: CloneClass) -> bool:
    """Whether a short helper has the same name and text in several files: `load_config` in each script."""
    names = {member.function.name for member in found.members}
    return (
        found.is_exact
        and len(found.paths) >= _FEWEST_OF_SHORT
        and len(names) == 1
        and not any(name.startswith("__") or name in ("main", "forward") for name in names)
        and all("." not in member.function.qualname for member in found.members)
    )


def _file(path: str, project: Project) -> object:
    """What is read at a path, links followed."""
    source = project.by_path[path].source
    return path if source.data is not None else source.file.resolve()
