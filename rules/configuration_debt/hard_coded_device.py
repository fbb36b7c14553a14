"""The rule `hard-coded-device`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Project, Related, Role, Rule, Severity, SourceFacts, Span, facts, is_library

_DEVICE = re.compile(r"cuda(:\d+)?$|/?(device:)?gpu:\d+$", re.IGNORECASE)
_NUMBERED = re.compile(r".*:\d+$")
_NAMED = re.compile(r"(^|_)devices?($|_)", re.IGNORECASE)
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_NONE = ("", "-1")
_PLACES = ("torch.device", "torch.cuda.set_device", "tensorflow.device", "tensorflow.compat.v1.device")


class HardCodedDevice(Rule):
    """The processor that a program runs on is written into code.

    `cuda:1` exists on one of the machines of the team. Everybody else edits the file before the first run, and a
    service or a test without that processor cannot run it at all. Sculley et al. 2015, section 6: it should be easy
    to specify a configuration as a small change from a previous one.

    ## How to repair

    Make the device an option or a setting, and fall back to what is there.

    ## Devices in code

    ```python title="train.py"
    import os
    import torch

    os.environ["CUDA_VISIBLE_DEVICES"] = "3"  # expect: hard-coded-device

    class Settings:
        def __init__(self):
            self.device = "cuda:0"

    model = build().to("cuda:0")
    ```

    ```python title="predict.py"
    import torch

    device = torch.device("cuda:1")  # expect: hard-coded-device
    ```

    ## Asked for, given as an option or a parameter, or no processor at all

    ```python title="train.py"
    import argparse
    import os
    import torch

    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cuda:0")
    model.to("cuda")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda:0")

    def load(path, device="cuda"):
        return torch.load(path, map_location=device)

    def save(path, device=torch.device("cuda")):
        torch.save(path)

    def pick(wanted):
        if wanted == "gpu":
            return torch.device("cuda")
        return torch.device("cpu")
    ```

    ## Several devices, which are the point of the program, and packages for others

    ```python title="parallel.py"
    import tensorflow as tf

    with tf.device("/gpu:0"):
        first = multiply()
    with tf.device("/gpu:1"):
        second = multiply()
    ```

    ```python title="published/setup.py"
    from setuptools import setup

    setup(name="published", classifiers=["Programming Language :: Python :: 3"])
    ```

    ```python title="published/layer.py"
    import torch

    weight = torch.ones(3).to("cuda")
    ```

    ## Notebooks, where the machine was chosen for the notebook

    ```python title="explore.ipynb"
    # %%
    model = build().to("cuda")
    ```
    """

    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that names its device."""
        for source in self.sources(project, Kind.PYTHON):
            if not any(m.startswith(("torch", "tensorflow", "keras", "os")) for m in source.facts.header.modules):
                continue
            places = {span: text for text, span, block in _written(source) if not _is_chosen(source, block)}
            devices = {text for text in places.values() if not text.startswith(_VISIBLE)}
            if any(call.name == "exec" for call in source.facts.calls if places):
                continue  # a file of settings may say something else
            if places and len(devices) < 2 and not is_library(project, source.path):
                (span, text), *others = sorted(places.items())
                yield self.finding(
                    source.location(span),
                    f"the device `{text}` is written into the code",
                    related=[Related(source.location(place), f"`{device}`") for place, device in others[:10]],
                    severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
                )


def _written(source: SourceFacts) -> Iterator[tuple[str, Span, int]]:
    """The devices that a source names, with their places and blocks."""
    for store in source.facts.stores:
        if type(store.value) is not facts.Const:
            continue  # as mostly
        target, text = store.target, _text(store.value)
        if (
            isinstance(target, facts.Item)
            and target.index == facts.Const(_VISIBLE)
            and text not in (None, *_NONE)
        ):
            yield f"{_VISIBLE}={text}", store.span, store.block
        elif isinstance(target, facts.Attr) and _NAMED.search(target.name) and _DEVICE.match(text or ""):
            yield text or "", store.span, store.block
    for binding in source.facts.bindings:
        text = _text(binding.value) if binding.kind == "assign" else None
        if text and _NAMED.search(binding.name) and _DEVICE.match(text):
            yield text, binding.span, binding.block
    defaults = {
        p.default for function in source.facts.functions for p in function.params if p.default is not None
    }
    for index, call in enumerate(source.facts.calls):
        if not call.args:
            continue
        method = call.func.name if isinstance(call.func, facts.Attr) else ""
        argument = call.args[0]
        if type(argument) is not facts.Const or facts.Called(index) in defaults:
            continue
        if call.name in _PLACES or method == "to":
            text = _text(argument)
            if text and _DEVICE.match(text) and _NUMBERED.match(text):
                yield text, call.span, call.block
        elif method == "cuda" and type(argument.value) is int:
            yield f"cuda:{argument.value}", call.span, call.block


def _text(expr: facts.Expr | None) -> str | None:
    return expr.value if isinstance(expr, facts.Const) and isinstance(expr.value, str) else None


def _is_chosen(source: SourceFacts, block: int) -> bool:
    """Whether a condition around a place decides about the device, or the place is in a handler."""
    blocks = source.facts.blocks
    return any(blocks[b].kind in ("if", "else", "ternary", "except", "case") for b in source.ancestors(block))
