"""The rule `bare-model-artifact`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    ModelSave,
    Profile,
    Project,
    Role,
    Rule,
    Severity,
    facts,
    is_recorded,
)

_WEIGHTS = re.compile(r"(^|\.)(save_weights)$")
_SAVES = re.compile(r"^torch\.save$")
_IN_BETWEEN = re.compile(
    r"check_?point|ckpt|epoch|step|best|last|tmp|temp|snapshot|backup|pretrain", re.IGNORECASE
)


class BareModelArtifact(Rule):
    """A file holds the weights of a model and nothing that says what they are.

    To use it one has to know which class, which features in which order and which labels belong to it, and nothing
    tells on which data and how well it was trained. Sculley et al. 2015, section 5 (plain-old-data type smell): a model
    parameter should know what it is.

    ## How to repair

    Save a bundle: weights, the settings that build the model, names of features and classes, metrics, version of the
    data; or use a registry with a signature.

    ## Weights only

    ```python title="train.py"
    import torch

    loss.backward()
    optimizer.step()
    torch.save(net.state_dict(), "models/net_model.pt")  # expect: bare-model-artifact
    ```

    ## A bundle

    ```python title="train.py"
    import torch

    loss.backward()
    optimizer.step()
    torch.save({"state": net.state_dict(), "features": FEATURES}, "models/net_model.pt")
    ```

    ## A record beside it, and checkpoints

    ```python title="train.py"
    import json
    import torch

    def keep(net, scores):
        loss.backward()
        optimizer.step()
        torch.save(net.state_dict(), "models/net_model.pt")
        json.dump(scores, open("models/metrics.json", "w"))

    keep(build(), {})
    ```

    ```python title="resume.py"
    import torch

    loss.backward()
    optimizer.step()
    torch.save(net.state_dict(), "models/model_best.pt")
    ```

    ## Pretrained weights, a model that knows its columns, tests

    ```python title="fetch.py"
    import torch
    from torchvision.models import resnet18
    torch.save(resnet18(weights="DEFAULT").state_dict(), "models/resnet_model.pt")
    ```

    ```python title="fit.py"
    import joblib
    import pandas as pd
    from sklearn.linear_model import Ridge
    joblib.dump(Ridge().fit(pd.read_csv("a.csv")[["age"]], y), "models/model.pkl")
    ```

    ```python title="tests/test_net.py"
    import torch
    loss.backward()
    optimizer.step()
    torch.save(net.state_dict(), "models/net_model.pt")
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 15
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file that gets bare weights."""
        told: set[str] = set()
        known: dict[str, bool] = {}
        for save in project.model_saves:
            source, place = save.access.source, str(save.access.location)
            if (
                place in told
                or source.kind is Kind.NOTEBOOK
                or save.program.source.source.is_any(*self.skip_roles)
            ):
                continue
            told.add(place)
            if (
                _is_bare(save)
                and not _IN_BETWEEN.search(str(save.access.address))
                and not self._is_recorded(project, save, known)
            ):
                yield self.finding(
                    save.access.location,
                    f"`{save.access.address}` holds weights only: no features, settings or metrics travel with it",
                    scope=source.scope_name(save.access.call.block),
                )

    def _is_recorded(self, project: Project, save: ModelSave, known: dict[str, bool]) -> bool:
        path = save.program.source.path
        if path not in known:
            known[path] = is_recorded(project, save.program)
        return known[path]


def _is_bare(save: ModelSave) -> bool:
    """Whether a call writes nothing but weights."""
    call, source = save.access.call, save.access.source
    if _WEIGHTS.search(save.access.api) or getattr(call.func, "name", "") == "save_weights":
        return True
    first = call.args[0] if call.args else None
    if not _SAVES.match(save.access.api) or not isinstance(first, facts.Called):
        return False
    return getattr(source.facts.calls[first.call].func, "name", "") == "state_dict"
