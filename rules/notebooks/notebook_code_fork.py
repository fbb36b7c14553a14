"""The rule `notebook-code-fork`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from posixpath import basename

from mldebt import CloneMember, Finding, Kind, Profile, Project, Related, Role, Rule, is_worth_sharing

_SHOWN = 4


class NotebookCodeFork(Rule):
    """A notebook holds its own copy of functions that stand in a module, or in another notebook.

    The copy in the notebook is the one that is tried and tuned, the one in the module is the one that runs; after the
    first change they are different functions with one name. Sculley et al. 2015, section 8, describe what grows between
    research and engineering; van Oort et al. 2021 found duplication to be the most widespread smell of ML projects.

    ## How to repair

    Import the function. Install the project in the notebook's environment (`pip install -e .`), so that it can.

    ## Copied out of a module

    ```python title="explore.ipynb"
    # %%
    def prepare(frame):  # expect: notebook-code-fork
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        frame["late"] = frame["day"] > 20
        frame["share"] = frame["rate"].rank(pct=True)
        return frame[frame["share"] > 0.1]
    ```

    ```python title="src/features.py"
    def prepare(frame):
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        frame["late"] = frame["day"] > 20
        frame["share"] = frame["rate"].rank(pct=True)
        return frame[frame["share"] > 0.1]
    ```

    ## Copied from notebook to notebook

    ```python title="a_baseline.ipynb"
    # %%
    def prepare(frame):  # expect: notebook-code-fork
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        frame["late"] = frame["day"] > 20
        frame["share"] = frame["rate"].rank(pct=True)
        return frame[frame["share"] > 0.1]
    ```

    ```python title="b_forest.ipynb"
    # %%
    def prepare(frame):
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        frame["late"] = frame["day"] > 20
        frame["share"] = frame["rate"].rank(pct=True)
        return frame[frame["share"] > 0.1]
    ```

    ## Small helpers, and lessons that repeat what the last one said

    ```python title="a.ipynb"
    # %%
    def area(r):
        return 3.14 * r * r
    ```

    ```python title="lessons/two.ipynb"
    # %%
    def area(r):
        return 3.14 * r * r
    ```

    ## The module is exported from the notebook

    ```python title="features.ipynb"
    # %%
    def prepare(frame):
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        frame["late"] = frame["day"] > 20
        frame["share"] = frame["rate"].rank(pct=True)
        return frame[frame["share"] > 0.1]
    ```

    ```python title="features.py"
    def prepare(frame):
        frame["rate"] = frame["paid"] / frame["due"]
        frame["day"] = frame["time"].dt.day
        frame["hour"] = frame["time"].dt.hour
        frame["late"] = frame["day"] > 20
        frame["share"] = frame["rate"].rank(pct=True)
        return frame[frame["share"] > 0.1]
    ```

    """

    profile = Profile.CI
    minutes = 15

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each notebook and the file that has the same functions."""
        if not any(source.kind is Kind.NOTEBOOK for source in project.code):
            return
        alike = {frozenset((copy.notebook.path, copy.original.path)) for copy in project.notebook_copies}
        pairs: dict[tuple[str, str], list[tuple[CloneMember, CloneMember]]] = defaultdict(list)
        for found in project.clones:
            parts: dict[str, list[CloneMember]] = defaultdict(list)
            for member in found.members:
                source = member.source.source
                if source.is_any(*self.skip_roles, Role.TUTORIAL) or not is_worth_sharing(
                    project, member, found.is_exact
                ):
                    continue
                parts[project.subprojects.root_of(member.source.path)].append(member)
            for members in parts.values():
                modules = [m for m in members if m.source.kind is Kind.PYTHON]
                notebooks = [m for m in members if m.source.kind is Kind.NOTEBOOK]
                origin, *copies = modules[:1] + notebooks
                if not modules and copies:
                    copies, origin = [origin], copies[0]
                for copy in copies:
                    if _stem(copy) != _stem(origin) and copy.source.path != origin.source.path:
                        pairs[copy.source.path, origin.source.path].append((copy, origin))
        for (copied, path), found_pairs in pairs.items():
            if frozenset((copied, path)) in alike or project.versions.are_versions((copied, path)):
                continue  # `copied-notebook` or `versioned-copy` says so
            yield self._finding(path, sorted(found_pairs, key=lambda pair: pair[0].function.span))

    def _finding(self, path: str, pairs: list[tuple[CloneMember, CloneMember]]) -> Finding:
        copy, _ = pairs[0]
        names = list(dict.fromkeys(pair[0].function.name for pair in pairs))
        shown = ", ".join(f"`{name}`" for name in names[:_SHOWN]) + (" …" if names[_SHOWN:] else "")
        return self.finding(
            copy.source.location(copy.function.span),
            f"the notebook has its own copy of {shown}, which `{path}` has, too",
            related=[
                Related(pair[1].source.location(pair[1].function.span), f"`{pair[1].function.name}`")
                for pair in pairs
            ],
            minutes=10 + 5 * len(names),
            scope=copy.function.qualname,
        )


def _stem(member: CloneMember) -> str:
    """The file's name without its ending and without what exports change in it."""
    return "".join(filter(str.isalnum, basename(member.source.path).rpartition(".")[0].lower()))
