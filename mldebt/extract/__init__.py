"""Bytes to facts: one pure function a kind of source, chosen by `extract`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from mldebt.extract.text import DecodingError, decode, failed
from mldebt.facts import Facts, Problem
from mldebt.source import Kind, Span

_EXTRACTORS = {
    Kind.PYTHON: ("python_source", "extract_source"),
    Kind.NOTEBOOK: ("notebook", "extract_notebook"),
    Kind.YAML: ("yaml_files", "extract_yaml"),
    Kind.TOML: ("toml_files", "extract_toml"),
    Kind.JSON: ("json_files", "extract_json"),
    Kind.INI: ("ini_files", "extract_ini"),
    Kind.ENV: ("env_files", "extract_env"),
    Kind.REQUIREMENTS: ("requirements", "extract_requirements"),
    Kind.DOCKERFILE: ("dockerfile", "extract_dockerfile"),
    Kind.SHELL: ("shell", "extract_shell"),
    Kind.MAKE: ("make", "extract_make"),
    Kind.SNAKEMAKE: ("snakemake", "extract_snakemake"),
    Kind.SQL: ("sql", "extract_sql"),
    Kind.MARKDOWN: ("markdown", "extract_markdown"),
}
"""The module and function that extract each kind; imported on first use."""

_SIZE_LIMITS = {
    Kind.PYTHON: 5_000_000,
    Kind.NOTEBOOK: 100_000_000,
    Kind.JSON: 1_000_000,
    Kind.TOML: 5_000_000,
}
_SIZE_LIMIT = 2_000_000


def size_limit(kind: Kind) -> int:
    """The number of bytes above which a file of this kind is not analysed."""
    return _SIZE_LIMITS.get(kind, _SIZE_LIMIT)


def extract(kind: Kind, data: bytes) -> Facts:
    """The facts that a file's bytes state: the same bytes give the same facts.

    Never raises: what cannot be analysed becomes a Problem in the header.
    """
    if len(data) > size_limit(kind):
        message = f"is {len(data):,} bytes, more than the limit of {size_limit(kind):,}"
        return failed("", Problem("limit-size", message, Span.at(1)))
    try:
        text = decode(data, kind)
    except DecodingError as error:
        return failed("", error.problem)
    try:
        return _extractor(kind)(text)
    except MemoryError:
        raise  # the worker's limit: it starts afresh and gives the file a second chance
    except RecursionError:
        return failed(text, Problem("limit-depth", "is nested too deeply", Span.at(1)))
    except Exception as error:  # a defect of an extractor costs this file and is reported at it
        message = f"made the extractor fail: {type(error).__name__}: {error}"
        return failed(text, Problem("crash", message[:500], Span.at(1)))


def _extractor(kind: Kind) -> Callable[[str], Facts]:
    module, function = _EXTRACTORS[kind]
    extractor: Callable[[str], Facts] = getattr(import_module(f"mldebt.extract.{module}"), function)
    return extractor
