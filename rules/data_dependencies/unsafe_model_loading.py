"""The rule `unsafe-model-loading`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Confidence,
    Finding,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    Site,
    computes_digest,
    downloaded_from,
    facts,
    known_texts,
)

_PICKLES = {
    "pickle.load": "file", "pickle.loads": "data", "dill.load": "file", "dill.loads": "str", "cloudpickle.load": "file",
    "cloudpickle.loads": "data", "joblib.load": "filename", "sklearn.externals.joblib.load": "filename",
    "pandas.read_pickle": "filepath_or_buffer", "numpy.load": "file", "torch.load": "f",
}  # fmt: skip
_REMOTE_CODE = ("transformers.*", "datasets.load_dataset", "sentence_transformers.*", "*.from_pretrained")
_LOCAL = re.compile(r"[./~]|path/|(your|my)[-_]")
_SAFE_SINCE = "2.6"
_KNOWN_SINCE = "1.13"


class UnsafeModelLoading(Rule):
    """Loading a model or data runs code that somebody else can change.

    A pickle is a program: who can replace the file runs code here, as does `trust_remote_code=True` with what is on the
    hub. Sculley et al. 2015, section 3, call such inputs unstable. `torch.load` reads weights alone since PyTorch 2.6.

    ## How to repair

    Load weights alone (`torch.load(path, weights_only=True)`, safetensors), check a digest before unpickling what was
    downloaded, and pin the `revision` of code from a hub.

    ## A pickle straight from the network

    ```python title="load.py"
    import io, pickle, requests
    import numpy as np

    model = pickle.loads(requests.get("https://models.example.com/churn.pkl").content)  # expect: unsafe-model-loading
    with open("c.pkl", "wb") as file:
        file.write(requests.get("https://models.example.com/c.pkl").content)
    third = pickle.load(open("c.pkl", "rb"))  # expect: unsafe-model-loading
    data = io.BytesIO(requests.get("https://models.example.com/rows.npy").content)
    rows = np.load(data, allow_pickle=True)  # expect: unsafe-model-loading
    ```

    ## A file that was just downloaded

    ```python title="load.py"
    import joblib, torch
    from huggingface_hub import hf_hub_download
    from urllib.request import urlretrieve
    urlretrieve("https://models.example.com/churn.joblib", "churn.joblib")
    model = joblib.load("churn.joblib")  # expect: unsafe-model-loading
    net = torch.load(hf_hub_download("acme/churn", "net.pt"), weights_only=False)  # expect: unsafe-model-loading
    ```
    ```python title="demo.ipynb"
    # %%
    !wget -q https://models.example.com/churn.pkl
    import pickle
    model = pickle.load(open("churn.pkl", "rb"))  # expect: unsafe-model-loading
    ```

    ## Code from a hub, whatever it is that day

    ```python title="load.py"
    from transformers import AutoModel
    model = AutoModel.from_pretrained("acme/net", trust_remote_code=True)  # expect: unsafe-model-loading
    pinned = AutoModel.from_pretrained("acme/net", trust_remote_code=True, revision="24f92d3")
    ```

    ## A version of PyTorch that unpickles by default

    ```python title="load.py"
    import torch
    state = torch.load("net.pt")  # expect: unsafe-model-loading
    ```
    ```text title="requirements.txt"
    torch==2.1.0
    ```

    ## Another part of the repository asks for an old version
    ```python title="brain/load.py"
    import torch
    state = torch.load("net.pt")
    ```
    ```python title="speech/load.py"
    import torch
    state = torch.load("net.pt", weights_only=True)
    ```
    ```text title="speech/requirements.txt"
    torch==2.1.0
    ```

    ## One that does not
    ```python title="load.py"
    import torch
    state = torch.load("net.pt")
    ```
    ```text title="requirements.txt"
    torch>=2.6
    ```

    ## Own files, checked ones, what cannot be known, examples, and readers that run nothing

    ```python title="load.py"
    import hashlib, pickle, requests
    import numpy as np
    from transformers import AutoModel
    model = pickle.load(open("models/churn.pkl", "rb"))
    rows = np.load("rows.npy", allow_pickle=True)
    table = requests.get("https://models.example.com/rows.json").json()
    AutoModel.from_pretrained("acme/net", trust_remote_code=trusted)

    def fetch():
        data = requests.get("https://models.example.com/churn.pkl").content
        return pickle.loads(data) if hashlib.sha256(data).hexdigest() == DIGEST else None
    ```
    ```python title="examples/generate.py"
    from transformers import AutoModel
    model = AutoModel.from_pretrained("acme/net", trust_remote_code=True)
    ```
    """

    profile = Profile.CI
    minutes = 15
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each call that can run foreign code; one a file for a default of PyTorch."""
        by_default: dict[str, list[Site]] = {}
        for site in project.calls(*_PICKLES):
            if site.source.source.is_any(*self.skip_roles) or not _unpickles(project, site):
                continue
            if computes_digest(site.source, site.call.block):
                continue
            origin = downloaded_from(project, site.source, site.argument(0, _PICKLES[site.name]))
            if origin:
                message = f"`{site.name}` runs whatever code is in the pickle that comes from {origin}"
                yield self.finding(site.location, message, scope=site.source.scope_name(site.call.block))
            elif site.name == "torch.load" and not _says(site) and not _is_old(project, site, _KNOWN_SINCE):
                by_default.setdefault(site.source.path, []).append(site)
        for sites in by_default.values():
            yield self._by_default(project, sorted(sites, key=lambda site: site.call.span))
        yield from self._remote_code(project)

    def _by_default(self, project: Project, sites: list[Site]) -> Finding:
        first, *others = sites
        versions = project.allowed_versions
        wish = versions.near(first.source.path, versions.of(first.source.path, ("torch",)))[0]
        return self.finding(
            first.location,
            f"`torch.load` runs the code in a checkpoint: before {_SAFE_SINCE}, and `{wish.location.path}` asks for "
            f"`torch{wish.specifier}`, it needs `weights_only=True`",
            related=[
                Related(wish.location, f"asks for `torch{wish.specifier}`"),
                *(Related(site.location, "here, too") for site in others),
            ],
            severity=Severity.INFO,
            scope=first.source.scope_name(first.call.block),
        )

    def _remote_code(self, project: Project) -> Iterator[Finding]:
        by_file: dict[str, list[tuple[Site, str]]] = {}
        for site in project.calls(*_REMOTE_CODE):
            trusts = site.argument(None, "trust_remote_code") == facts.Const(True) and not site.hides_arguments
            pinned = site.argument(None, "revision", "code_revision") is not None
            if not trusts or pinned or site.source.source.is_any(*self.skip_roles, Role.TUTORIAL):
                continue
            names = known_texts(project.value(site.source, site.call.args[0])) if site.call.args else []
            if names and (_LOCAL.match(names[0]) or project.locate(site.source.path, names[0])):
                continue
            name = f"`{names[0]}`" if len(names) == 1 else "whatever model is asked for"
            by_file.setdefault(site.source.path, []).append((site, name))
        for found in by_file.values():
            (first, name), *others = sorted(found, key=lambda pair: pair[0].call.span)
            yield self.finding(
                first.location,
                f"the code of {name} is run as the hub has it that day (`trust_remote_code=True`, no `revision`)",
                related=[Related(site.location, f"the code of {other}, too") for site, other in others],
                confidence=Confidence.HIGH if name.startswith("`") else Confidence.MEDIUM,
                scope=first.source.scope_name(first.call.block),
            )


def _unpickles(project: Project, site: Site) -> bool:
    """Whether a call surely may run code, by its arguments or by the versions that the project asks for."""
    if site.name == "numpy.load":
        return site.argument(2, "allow_pickle") == facts.Const(True)
    if site.name != "torch.load" or site.hides_arguments:
        return site.name != "torch.load"
    if _says(site):
        return site.argument(None, "weights_only") == facts.Const(False)
    return _is_old(project, site, _SAFE_SINCE)


def _says(site: Site) -> bool:
    return site.argument(None, "weights_only") is not None


def _is_old(project: Project, site: Site, version: str) -> bool:
    """Whether the project asks for versions of PyTorch that are all older."""
    wishes = project.allowed_versions.of(site.source.path, ("torch",))
    wishes = list(project.allowed_versions.near(site.source.path, wishes))
    return bool(wishes) and all(wish.is_below(version) for wish in wishes)
