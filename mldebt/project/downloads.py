"""Where bytes come from: whether an expression is, or is read from, something that was just downloaded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Called, Expr, Ref, Unary
from mldebt.values import known_texts

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

_ANSWERS = re.compile(
    r"(requests|httpx|urllib3)(\.[\w]+)*\.(get|post|request)|urllib\.request\.urlopen|urllib2?\.urlopen|six\.moves\.urllib\.request\.urlopen"
)
_FILES = {
    "huggingface_hub.hf_hub_download": "a hub",
    "huggingface_hub.snapshot_download": "a hub",
    "tensorflow.keras.utils.get_file": "a download",
    "keras.utils.get_file": "a download",
    "pooch.retrieve": "a download",
    "cached_path.cached_path": "a download",
}
"""Calls that give the path of what they downloaded."""
_TO_PATH = {
    "urllib.request.urlretrieve": (1, "filename"),
    "urllib.urlretrieve": (1, "filename"),
    "torch.hub.download_url_to_file": (1, "dst"),
    "gdown.download": (1, "output"),
    "wget.download": (1, "out"),
}
"""Calls that download to a path that they are given: its position and name."""
_THROUGH = re.compile(
    r"(io\.)?(BytesIO|StringIO|open|BufferedReader)|(gzip|bz2|lzma)\.open|(gzip|bz2|lzma|zlib)\.decompress|str|pathlib\.Path"
)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def downloaded_from(project: Project, source: SourceFacts, expr: Expr | None, depth: int = 0) -> str:
    """Where an argument comes from over the network, in words; empty if that is not known."""
    if expr is None or depth > 8:
        return ""
    match expr:
        case Attr(base, "content" | "raw" | "text" | "data" | "body"):
            return downloaded_from(project, source, base, depth + 1)
        case Unary("await", operand):
            return downloaded_from(project, source, operand, depth + 1)
        case Ref(_, (binding,)) if binding >= 0:
            fact = source.facts.bindings[binding]
            if fact.kind in ("assign", "annotated", "with", "walrus") and not fact.path:
                found = downloaded_from(project, source, fact.value, depth + 1)
                return found or _of_path(project, source, expr)
        case Called(index):
            call = source.facts.calls[index]
            if _ANSWERS.fullmatch(call.name):
                return "the network"
            if call.name in _FILES:
                return _FILES[call.name]
            if isinstance(call.func, Attr) and call.func.name == "read":
                return downloaded_from(project, source, call.func.base, depth + 1)
            if _THROUGH.fullmatch(call.name) and call.args:
                return downloaded_from(project, source, call.args[0], depth + 1)
    return _of_path(project, source, expr)


def _of_path(project: Project, source: SourceFacts, expr: Expr) -> str:
    """An address, or a path to which the same file downloads something."""
    texts = known_texts(project.value(source, expr))
    if len(texts) != 1:
        return ""
    if _ADDRESS.match(texts[0]):
        return f"`{texts[0].split('?')[0][:80]}`"
    for call in source.facts.calls:
        place = _TO_PATH.get(call.name)
        if place is None:
            continue
        target = next((k.value for k in call.keywords if k.name == place[1]), None)
        if target is None and len(call.args) > place[0]:
            target = call.args[place[0]]
        if target is not None and known_texts(project.value(source, target)) == texts:
            return f"`{texts[0]}`, which was downloaded just before"
    return ""
