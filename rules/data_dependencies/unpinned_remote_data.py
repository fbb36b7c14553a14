"""The rule `unpinned-remote-data`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Location,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Site,
    SourceFacts,
    Span,
    facts,
    known_texts,
    strings_of,
    walk,
)

_ENDINGS = r"\.([ct]sv|jsonl?|parquet|feather|xlsx?|data|np[zy]|zip|t?gz|tar|arff|pkl|h5|txt|pth?)(\?[^\s\"']*)?"
_BRANCH = re.compile(
    r"https?://(raw\.githubusercontent\.com/[^/\s]+/[^/\s]+/(refs/heads/)?|(www\.)?github\.com/[^/\s]+/[^/\s]+/"
    r"(raw|blob)/(refs/heads/)?)(main|master|HEAD|develop|dev)/[^\s\"']*?" + _ENDINGS, re.IGNORECASE,
)  # fmt: skip
_DRIVE_FILE = r"(0B[A-Za-z0-9_-]{26}|1[A-Za-z0-9_-]{32})"
_DRIVE = re.compile(
    rf"https?://(drive|docs)\.google\.com/(file/d/|open\?id=|uc\?(export=download&|confirm=\w+&)?id=){_DRIVE_FILE}\b"
)
_DRIVE_ID = re.compile(_DRIVE_FILE)
_DRIVE_CODE = re.compile(r"gdown|google_?drive|gdrive", re.IGNORECASE)
_SHEET = re.compile(
    r"https?://(docs\.google\.com/spreadsheets/d/[\w-]+/(export|gviz|pub)[^\s\"']*"
    r"|((www|dl)\.)?dropbox(usercontent)?\.com/(s|sh|scl)/[^\s\"']*?" + _ENDINGS + ")", re.IGNORECASE,
)  # fmt: skip
_BUILDERS = frozenset("csv json parquet text arrow pandas imagefolder audiofolder webdataset".split())
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_CHECKED = frozenset({"hashlib", "sha256", "md5", "known_hash", "expected_hash", "checksum", "pooch"})
_HUBS = ("datasets.load_dataset", "sklearn.datasets.fetch_openml", "kagglehub.dataset_download")
_PROSE = ("requirements", "license", "readme", "schema")


class UnpinnedRemoteData(Rule):
    """Data comes from a remote place whose content can change: a branch, a sheet, a hub without a revision.

    The same commit trains on other data tomorrow, and a result cannot be traced to the rows it came from. Sculley
    et al. 2015, section 3: unstable data dependencies; a versioned copy of the signal is the remedy.

    ## How to repair

    Name a commit, a revision or a version; check a hash after the download; or keep a versioned copy.

    ## The head of a branch, a sheet that people edit, data sets of hubs

    ```python title="train.py"
    import pandas as pd
    from datasets import load_dataset
    from sklearn.datasets import fetch_openml
    URL = "https://raw.githubusercontent.com/acme/data/main/tweets.csv"  # expect: unpinned-remote-data
    df = pd.read_csv(URL)
    labels = pd.read_csv(
        "https://docs.google.com/spreadsheets/d/1x-2y/export?format=csv"  # expect: unpinned-remote-data
    )
    reviews = load_dataset("imdb")  # expect: unpinned-remote-data
    titanic = fetch_openml(name="titanic")  # expect: unpinned-remote-data
    ```

    ```bash title="run.sh"
    export DATA="https://raw.githubusercontent.com/acme/data/main/tweets.csv"  # expect: unpinned-remote-data
    python train.py --data "$DATA"
    ```

    ```yaml title="config.yaml"
    source: https://github.com/acme/data/raw/main/images.zip  # expect: unpinned-remote-data
    ```

    ## A file that its owner can replace

    ```bash title="download.sh"
    URL=https://www.dropbox.com/s/d1kjpkqklf0/faces.zip?dl=0  # expect: unpinned-remote-data
    wget -N $URL -O data/faces.zip
    ```

    ## Pinned, local, or a builder of local files

    ```python title="train.py"
    import pandas as pd
    from datasets import load_dataset
    from sklearn.datasets import fetch_openml
    pd.read_csv("https://raw.githubusercontent.com/acme/data/3f1c2ab9d0/tweets.csv")
    load_dataset("imdb", revision="e6281661ce1c48d982bc483cf8a173c1bbeb5d31")
    load_dataset("csv", data_files="tweets.csv")
    load_dataset("./reviews")
    fetch_openml(name="titanic", version=1)
    fetch_openml(data_id=40945)
    load_dataset(name, **options)
    ```

    ## A file that anybody with the link's rights can replace; a letter code of another kind

    ```python title="fetch.py"
    import gdown
    import pandas as pd
    WEIGHTS = "1bonesF1NYidcd5veLqy1RZgF4mpYJWXZ"  # expect: unpinned-remote-data
    gdown.download(id=WEIGHTS, output="net.pt")
    pd.read_csv("https://drive.google.com/uc?id=13Sj7uIsyqWXoTh1ejWUviTzeQSES2Omd")  # expect: unpinned-remote-data
    ```

    ```python title="track.py"
    RUN = "1bonesF1NYidcd5veLqy1RZgF4mpYJWXZ"
    ```

    ## Checked after the download; no data

    ```python title="fetch.py"
    import hashlib
    URL = "https://raw.githubusercontent.com/acme/data/main/tweets.csv"
    assert hashlib.sha256(open("tweets.csv", "rb").read()).hexdigest() == "6f1c"
    ```

    ```python title="about.py"
    HOME = "https://github.com/acme/data/blob/main/README.md"
    INSTALL = "https://raw.githubusercontent.com/acme/tool/main/requirements.txt"
    ```

    ```json title="threads.json"
    {"$schema": "https://raw.githubusercontent.com/acme/tool/main/schema.json",
     "body": "I used https://raw.githubusercontent.com/acme/data/main/tweets.csv, and it failed."}
    ```

    ## Objects with a version, records of an archive, a file of one month, a verified download

    ```python title="fetch.py"
    import pandas as pd
    import pooch
    pd.read_csv("https://shop.s3.amazonaws.com/visits.csv?versionId=3HL4kqtJlcpXroDTDmJ")
    pd.read_csv("https://zenodo.org/records/1234567/files/visits.csv")
    pd.read_parquet("https://example.org/trip-data/yellow_2023-01.parquet")
    pooch.retrieve("https://raw.githubusercontent.com/acme/data/main/a.csv", known_hash="sha256:6f1c")
    ```

    ```python title="tests/test_read.py"
    import pandas as pd
    def test_remote():
        assert len(pd.read_csv("https://raw.githubusercontent.com/acme/data/main/tweets.csv"))
    ```

    ```markdown title="docs/data.md"
    The rows are at https://raw.githubusercontent.com/acme/data/main/tweets.csv
    ```
    """

    profile = Profile.HOOK
    minutes = 20
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each address or name in a file, at its first place, the others related."""
        found: dict[tuple[str, str], list[Location]] = {}
        for source in self.sources(project):
            if source.kind is not Kind.MARKDOWN and not self._is_checked(source):
                for text, span in ((text, span) for text, span in strings_of(source) if "://" in text):
                    for match in filter(None, (pattern.search(text) for pattern in (_BRANCH, _SHEET, _DRIVE))):
                        if source.kind is Kind.JSON and match[0] != text.strip():
                            continue  # a text that is data itself, such as a saved discussion, may name anything
                        if not any(word in match[0].lower() for word in _PROSE):
                            message = f"data at `{_short(match[0])}` can change: the address names no version"
                            found.setdefault((source.path, message), []).append(source.location(span))
                for text, span in _drive_files(source):
                    message = f"the file `{text}` on Google Drive can be replaced: nothing checks what comes"
                    found.setdefault((source.path, message), []).append(source.location(span))
        for site in project.calls(*_HUBS):
            name = self._name(project, site)
            if name:
                message = f"data set `{name}` is loaded from its hub without a version"
                found.setdefault((site.source.path, message), []).append(site.location)
        for (path, message), places in found.items():
            first, *others = sorted(dict.fromkeys(places))
            is_draft = project.by_path[path].source.is_any(Role.NOTEBOOK)
            yield self.finding(
                first,
                message,
                related=[Related(place, "it is named here, too") for place in others],
                severity=Severity.INFO if is_draft else None,
            )

    def _name(self, project: Project, site: Site) -> str:
        """The name of the data set that a call loads in whatever version there is; else an empty text."""
        pins = {keyword.name for keyword in site.call.keywords} & {"revision", "version", "data_id", ""}
        if site.source.source.is_any(*self.skip_roles) or pins or site.hides_arguments:
            return ""
        argument = site.argument(0, "path", "name", "handle")
        texts = known_texts(project.value(site.source, argument)) if argument is not None else []
        if len(texts) != 1 or not _HUB_NAME.fullmatch(texts[0]) or texts[0] in _BUILDERS:
            return ""
        if site.name.endswith("fetch_openml") and site.argument(1) is not None:
            return ""
        here = texts[0] in project.files or texts[0] in project.directories
        return "" if here else texts[0]

    def _is_checked(self, source: SourceFacts) -> bool:
        return not _CHECKED.isdisjoint(source.facts.words) or not _CHECKED.isdisjoint(source.facts.header.modules)


def _drive_files(source: SourceFacts) -> Iterator[tuple[str, Span]]:
    """The identifiers of files on Google Drive that code passes on, where it says that it fetches from there."""
    header = source.facts.header
    if not any(_DRIVE_CODE.search(name) for name in (*header.names, *header.modules, *header.methods)):
        return
    for binding in source.facts.bindings:
        for part in walk(binding.value):
            if isinstance(part, facts.Const) and _DRIVE_ID.fullmatch(str(part.value)):
                yield str(part.value), binding.span
    for call in source.facts.calls:
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            if isinstance(argument, facts.Const) and _DRIVE_ID.fullmatch(str(argument.value)):
                yield str(argument.value), call.span


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:60]}…{text[-35:]}"
