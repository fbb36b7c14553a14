"""Where bytes come from: whether an expression is, or is read from, something that was just downloaded."""

from __future__ import annotations

import re
from posixpath import basename
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Call, Called, Expr, Ref, Unary
from mldebt.plain_facts import keyword_argument
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
_DEEPEST = 8
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def downloaded_from(project: Project, source: SourceFacts, expr: Expr | None, depth: int = 0) -> str:
    """Where an argument comes from over the network, in words; empty if that is not known."""
    if expr is None or depth > _DEEPEST:
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
                return found or _of_path(project, source, expr, depth)
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
    return _of_path(project, source, expr, depth)


def computes_digest(source: SourceFacts, block: int) -> bool:
    """Whether the function around a block computes a digest: then it may check what it got."""
    scope = source.scope_of(block)
    calls = (call for call in source.facts.calls if source.scope_of(call.block) == scope)
    return any("hash" in call.name or "digest" in repr(call.func) for call in calls)


def _of_path(project: Project, source: SourceFacts, expr: Expr, depth: int) -> str:
    """An address, or a path to which the same file downloads something."""
    texts = known_texts(project.value(source, expr))
    if len(texts) != 1:
        return ""
    path = texts[0]
    if _ADDRESS.match(path):
        return f"`{path.split('?')[0][:80]}`"
    if any(_fetched_to(command.argv) == basename(path) for command in source.facts.commands):
        return f"`{path}`, which was downloaded just before"
    for call in source.facts.calls:
        target = _target(source, call, project, depth)
        if target is not None and known_texts(project.value(source, target)) == texts:
            return f"`{path}`, which was downloaded just before"
    return ""


def _target(source: SourceFacts, call: Call, project: Project, depth: int) -> Expr | None:
    """The path to which a call downloads something, or writes what was downloaded."""
    place = _TO_PATH.get(call.name)
    if place is not None:
        named = keyword_argument(call, place[1])
        return call.args[place[0]] if named is None and len(call.args) > place[0] else named
    if not isinstance(call.func, Attr) or call.func.name != "write" or not call.args or depth > _DEEPEST // 2:
        return None
    opened: Expr | None = call.func.base
    if isinstance(opened, Ref) and len(opened.bindings) == 1 and opened.bindings[0] >= 0:
        opened = source.facts.bindings[opened.bindings[0]].value
    opener = source.facts.calls[opened.call] if isinstance(opened, Called) else None
    if opener is None or opener.name != "open" or not opener.args:
        return None
    return opener.args[0] if downloaded_from(project, source, call.args[0], depth + _DEEPEST // 2) else None


def _fetched_to(argv: tuple[str, ...]) -> str:
    """The name of the file that `wget` or `curl` makes; empty for other commands."""
    if not argv or argv[0] not in ("wget", "curl"):
        return ""
    for option in ("-O", "-o", "--output-document", "--output"):
        if option in argv[:-1] and (option != "-O" or argv[0] == "wget"):
            return basename(argv[argv.index(option) + 1])
    address = next((word for word in argv if _ADDRESS.match(word)), "")
    return basename(address.partition("?")[0]) if argv[0] == "wget" or "-O" in argv else ""
