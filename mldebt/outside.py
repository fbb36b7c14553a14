"""Files that are no Sources and that rules look at all the same: how big data is, what documents say.

What an earlier run found holds only as long as these are as they were, too (`mldebt.answers`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from posixpath import basename, splitext

from mldebt.files import read_file

MODELS = frozenset(
    f".{ending}"
    for ending in "pkl pickle joblib h5 hdf5 keras pt pth ckpt onnx pb safetensors sav model cbm".split()
)
DATA = frozenset(
    f".{ending}"
    for ending in "csv tsv parquet feather xlsx xls json jsonl npy npz arff hdf zip gz tgz db sqlite mat".split()
)
_TEXTS = frozenset(
    f".{ending}" for ending in "rst txt example sample template dist tf tpl j2 cfg service".split()
)
FOREIGN = frozenset({".r", ".rmd", ".jl"})
"""Scripts in other languages."""
_NAMES = ("README", "Dockerfile", "Jenkinsfile", "Procfile", ".env", ".gitattributes")
_LARGEST = 200_000
"""Bytes of a document beyond which it is not read."""


def is_document(path: str) -> bool:
    """Whether a file that is no Source may explain the project: a README, a template of settings."""
    return splitext(path)[1].lower() in _TEXTS or basename(path).startswith(_NAMES)


def document(root: Path, path: str) -> str:
    """The text of a document; empty if it cannot be read, is too long to be one, or a link leads out of the root."""
    file = root / path
    if file.is_symlink() and not file.resolve().is_relative_to(root.resolve()):
        return ""
    try:
        return read_file(file, _LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def stamps(root: Path, paths: Iterable[str]) -> bytes:
    """The sizes and times of the files among some paths that rules look at, and the commit, as one value to compare."""
    found: list[tuple[object, ...]] = [_commit(root)]
    for path in sorted(paths):
        if splitext(path)[1].lower() in MODELS | DATA | FOREIGN or is_document(path):
            try:
                stat = os.stat(root / path)
            except OSError:
                continue
            found.append((path, stat.st_size, stat.st_mtime_ns))
    return repr(found).encode(errors="surrogatepass")


def _commit(root: Path) -> tuple[str, ...]:
    """What git has checked out, as its own files name it, without asking git; empty outside of a repository."""
    for directory in (root.absolute(), *root.absolute().parents):
        home = directory / ".git"
        try:
            if home.is_file():  # a work tree of its own, or a submodule
                home = directory / read_file(home, _LARGEST).decode().partition("gitdir:")[2].strip()
            text = read_file(home / "HEAD", _LARGEST).decode().strip()
        except (OSError, UnicodeDecodeError):
            continue
        named = home / text.removeprefix("ref: ")
        return text, document(home, str(named)) if text.startswith("ref: ") else ""
    return ()
