"""Tables that lie beside tables which code reads by their names, and that nothing names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname, splitext
from typing import TYPE_CHECKING, NamedTuple

from mldebt.extract.cells import cell_texts
from mldebt.facts import Attr, Const
from mldebt.outside import FOREIGN
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Kind, Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_TABLES = frozenset({".csv", ".tsv", ".parquet", ".feather", ".xlsx", ".xls", ".jsonl", ".arff", ".npy", ".npz"})
_KEPT = re.compile(
    r"(^|/)(tests?|testdata|fixtures?|docs?|examples?|samples?|results?|outputs?|reports?|submissions?|predictions?|logs?)/"
    r"|submission|result|prediction|sample|example|metric|score|log|output|metadata|dictionary|codebook|descri",
    re.IGNORECASE,
)
_TREE = re.compile(r"[│├└┬─]|^\s*[|+`]-{1,2}")
_LISTS = re.compile(
    r"(^|\.)(listdir|scandir|glob|rglob|iglob|iterdir|walk|ImageFolder|file_uploader|load_dataset|list_files)$"
)
_OTHER = re.compile(
    r"\*\.(ipynb|py|jpe?g|png|bmp|tiff?|gif|wav|mp[34]|flac|txt|json|xml|ya?ml|pkl|pth?|h5|log|md)$"
)
_ENDINGS = r"\.(csv|tsv|parquet|feather|xlsx?|jsonl|np[yz])"
_BUILT = re.compile(r"(\{[^{}\n]*\}|%[sd])[\w-]*" + _ENDINGS + r"\b|\+\s*[frb]?[\"'][\w-]*" + _ENDINGS + r"[\"']")
_MOST = 6


class UnnamedTables(NamedTuple):
    """Tables of one directory that nothing names, and the one beside them that is read."""

    paths: tuple[str, ...]
    read: str


def unnamed_tables(project: Project) -> Iterator[UnnamedTables]:
    """Such tables, by directory. None where code lists directories or puts names of tables together."""
    beside: dict[str, list[str]] = {}
    for path in sorted(project.files):
        if splitext(path)[1].lower() in _TABLES and not _KEPT.search(path):
            beside.setdefault(dirname(path), []).append(path)
    if not any(len(paths) > 1 for paths in beside.values()) or any(map(_lists_tables, project.code)):
        return
    if any(splitext(path)[1].lower() in FOREIGN for path in project.files):
        return  # scripts in other languages may read them
    code, everything = _texts(project)
    if _BUILT.search(code):
        return
    for paths in beside.values():
        unnamed = tuple(path for path in paths if not _is_named(path, everything))
        read = next((path for path in paths if basename(path) in everything), None)
        if read is not None and 0 < len(unnamed) <= _MOST:
            yield UnnamedTables(unnamed, read)


def _lists_tables(source: SourceFacts) -> bool:
    """Whether code reads whatever a directory holds, as far as a pattern does not tell that it means other files."""
    header = source.facts.header
    if not any(map(_LISTS.search, (*header.names, *header.methods))):
        return False
    for call in source.facts.calls:
        if _LISTS.search(call.name or (call.func.name if isinstance(call.func, Attr) else "")):
            texts = [str(p.value) for a in call.args for p in walk(a) if isinstance(p, Const)]
            if not any(map(_OTHER.search, texts)):
                return True
    return False


def _is_named(path: str, text: str) -> bool:
    name = basename(path)
    stem = re.escape(splitext(name)[0])
    return name in text or re.search(rf"[\"'`]{stem}[\"'`]", text) is not None


def _text(source: SourceFacts) -> str:
    """What a file says; of a notebook the cells without their outputs."""
    text = source.text()
    if source.kind is not Kind.NOTEBOOK:
        return text
    return "\n".join(cell_texts(text)) or text


def _texts(project: Project) -> tuple[str, str]:
    """The text of the project's code, and of all that could name a file; trees of files name everything."""
    code, others = [], []
    for source in project.by_path.values():
        if splitext(source.path)[1].lower() in _TABLES:
            continue
        text = _text(source)
        if source.kind in (Kind.PYTHON, Kind.NOTEBOOK, Kind.SHELL) and not source.source.is_any(Role.VENDORED):
            code.append(text)
        else:
            others.append("\n".join(line for line in text.split("\n") if not _TREE.search(line)))
    return "\n".join(code), "\n".join((*code, *others))
