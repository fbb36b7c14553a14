"""The rule `machine-specific-path`."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from posixpath import dirname, join

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, Span, strings_of

_LOCAL = re.compile(
    r"(?P<place>/home/(?P<user>[\w.@-]+)|/Users/(?P<mac>[\w.@ -]+)|[A-Za-z]:[\\/]+(?:Users[\\/]+)?[\w.() -]+"
    r"|\\\\[\w.-]+\\[\w$.-]+|~/?[^/\s]*/(?:Desktop|Downloads|Documents)|/content/g?drive/My ?Drive)"
    r"(?:[\\/][^\n]*)?$"
)
_STORAGE = re.compile(
    r"(?P<place>/(?:(?:efs|nfs|gpfs|lustre|scratch|raid|nas|ssd|hdd|disk|afs|storage)\w*|cluster|media|mnt(?!/data/)"
    r"|data\d*(?!/(?:raw|processed|input|output|models?\b|train|test|config))|home\d)/[\w.-]+)/[\w.-]+(?:/[^\n]*)?$"
)
"""Storage that a server or a cluster mounts: at least three names deep."""
_SHARED_USER = re.compile(
    r"(jovyan|airflow|bentoml|vscode|app|app_?user|user(name)?|root|runner(admin)?|circleci|docker|spark|node|coder"
    r"|sagemaker-user|glue_user|studio-lab-user|gitpod|mambauser|nonroot|worker|celery|Shared|me|you)$"
)
_NOBODYS = re.compile(
    r"[<>{}$*|]|path[/\\]+to|\byour|xxx|\bexample|[A-Za-z]:[\\/]+(Windows|Program ?(Files|Data))", re.IGNORECASE
)
_MOUNTS = frozenset({"volumes", "volumeMounts", "mountPath", "hostPath"})
_MOUNTERS = frozenset({"mount", "umount", "mkfs", "mkfs.ext4", "gcsfuse", "s3fs", "sshfs", "lsblk"})
"""What a script calls that makes such places itself."""
_SETTINGS = (Kind.YAML, Kind.TOML, Kind.INI, Kind.JSON, Kind.ENV, Kind.SHELL, Kind.MAKE, Kind.REQUIREMENTS)
_JSON_SETTINGS = re.compile(r"(config|settings|params|options|catalog)", re.IGNORECASE)


class MachineSpecificPath(Rule):
    """A path exists on one machine only.

    It names somebody's home directory, a Windows drive or a personal cloud folder: on any other machine the
    program fails, or reads another file. Pimentel et al. 2019 found absolute paths to be a frequent reason why
    notebooks do not run again; Sculley et al. 2015, section 6, count such values as configuration debt.

    ## How to repair

    Use a path relative to the repository, or take the directory from a configuration value or the environment.

    ## In code; several paths below one place are one finding

    ```python title="train.py"
    import pandas as pd

    df = pd.read_csv(r"C:\\Users\\ines\\Desktop\\text.csv")  # expect: machine-specific-path
    HOME = "/home/ines/churn/"  # expect: machine-specific-path
    model.save(f"/home/ines/churn/{name}.pt")
    ```

    ```python title="explore.ipynb"
    # %%
    labels = load("/content/drive/MyDrive/labels.csv")  # expect: machine-specific-path
    ```

    ## In configuration

    ```yaml title="conf/data.yaml"
    data:
      dir: /Users/ines/data  # expect: machine-specific-path
    ```

    ```ini title=".dvc/config"
    ['remote "store"']
        url = D:\\dvc\\store  # expect: machine-specific-path
    ```

    ## Storage of one server or cluster

    ```python title="train.py"
    ROOT = "/media/hdd2/fossils/leaves/train"  # expect: machine-specific-path
    checkpoint = f"/efs/shared/churn/{name}.pt"  # expect: machine-specific-path
    ```

    ## Places that an image or a platform provides

    ```python title="serve.py"
    model = load("/home/churn/model.pkl")
    work = "/home/jovyan/work/a.csv"
    data = "/kaggle/input/train.csv", "/opt/ml/model", "/tmp/a.csv", "/mnt/data/a.csv"
    other = "/data/train/a.csv", "/data/a.csv", "/storage/churn/models/a.pkl"
    ```

    ```yaml title="compose.yaml"
    services:
      score:
        volumes: ["./models:/storage/churn"]
    ```

    ```dockerfile title="Dockerfile"
    FROM python:3.11
    RUN useradd churn
    WORKDIR /home/churn
    ```

    ## Placeholders, addresses, system files, and text that only mentions a path

    ```python title="train.py"
    parser.add_argument("--data", help="for example /home/ines/data")
    example = "/home/<user>/data", "/path/to/data", "/home/username/data"
    font = "C:/Windows/Fonts/arial.ttf"
    url = "https://example.com/home/ines/a.csv"
    # df = pd.read_csv("/home/ines/old.csv")
    ```

    ## Below the root of the repository, which code puts in front

    ```yaml title="config.yaml"
    data: {sample: /data/samples/sample.csv}
    ```

    ```yaml title="data/samples/sample.csv.dvc"
    outs: []
    ```

    ## Tests

    ```python title="tests/test_paths.py"
    assert clean("/home/ines/a.csv") == "a.csv"
    ```

    ## Documentation

    ```python title="docs/conf.py"
    html_path = "/home/ines/churn/docs"
    ```

    ```markdown title="README.md"
    The data are in /home/ines/churn/data.
    ```

    ## In a notebook it is worth a warning

    ```python title="explore.ipynb"
    # %%
    import pandas as pd
    df = pd.read_csv("/home/ines/churn/data.csv")  # expect: machine-specific-path as warning
    ```
    """

    severity = Severity.ERROR
    profile = Profile.HOOK
    minutes = 5
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each place outside the repository that a file names."""
        images = _image_text(project)
        directories = _directories(project)
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK, *_SETTINGS):
            places: dict[str, dict[Span, str]] = {}
            if source.kind is Kind.JSON and not _JSON_SETTINGS.search(source.path.rpartition("/")[2]):
                continue  # results and data, not something that a person wrote
            recorded = {e.span for e in source.facts.entries if "_wandb" in e.path}  # what a run left behind
            mounts = any(c.argv and c.argv[0] in _MOUNTERS for c in source.facts.commands)
            for text, span in strings_of(source):
                match = _LOCAL.match(text) or (None if mounts else _STORAGE.match(text))
                if span in recorded:
                    continue
                if match is None or _NOBODYS.search(text[:200]) or _is_shared(match, images):
                    continue
                if not _is_ours(project, directories, source, match, text):
                    places.setdefault(match["place"].lower(), {}).setdefault(span, text)
            for uses in places.values():
                yield self._finding(source, sorted(uses.items()))

    def _finding(self, source: SourceFacts, uses: list[tuple[Span, str]]) -> Finding:
        (span, text), *others = uses
        more = f" (and {len(others)} more paths below it)" if others else ""
        informal = source.source.is_any(Role.NOTEBOOK, Role.TUTORIAL)
        return self.finding(
            source.location(span),
            f"`{text[:120]}` exists only on one machine{more}",
            related=[Related(source.location(place), f"`{path[:120]}`") for place, path in others[:20]],
            severity=Severity.WARNING if informal or _STORAGE.match(text) else None,
        )


def _is_shared(match: re.Match[str], images: str) -> bool:
    """Whether everybody has the place: a usual account of images, or one that an image of the project makes."""
    if match.re is _STORAGE:
        return match["place"] in images or f"{match['place'].rpartition('/')[0]}:" in images
    user = match["user"] or match["mac"]
    if not user:
        return False
    return bool(_SHARED_USER.match(user) or re.search(rf"\b{re.escape(user)}\b", images))


def _directories(project: Project) -> frozenset[str]:
    """The directories in which the repository has files."""
    found: set[str] = set()
    for path in project.files:
        home = dirname(path)
        while home and home not in found:
            found.add(home)
            home = dirname(home)
    return frozenset(found)


def _is_ours(
    project: Project, directories: Container[str], source: SourceFacts, match: re.Match[str], text: str
) -> bool:
    """Whether a path below `/data` means a directory of the repository, in front of which code puts the root."""
    home = dirname(text.lstrip("/"))
    root = project.subprojects.root_of(source.path)
    return match.re is _STORAGE and (home in directories or join(root, home) in directories)


def _image_text(project: Project) -> str:
    """What images, and the files that mount volumes into them, say."""
    images = [i.value for s in project.sources(Kind.DOCKERFILE) for i in s.facts.instructions]
    mounts = (
        entry.value
        for source in project.sources(Kind.YAML)
        for entry in source.facts.entries
        if _MOUNTS.intersection(entry.path) and isinstance(entry.value, str)
    )
    return "\n".join((*images, *mounts))
