"""Files that answer requests with a model, and functions that prepare data for one."""

from __future__ import annotations

import re

from mldebt.project.source_facts import SourceFacts

_SERVERS = frozenset(
    {"flask", "fastapi", "streamlit", "gradio", "bentoml", "dash", "starlette", "sanic", "litserve"}
)
_PREDICTS = frozenset({"predict", "predict_proba", "predict_on_batch", "decision_function", "transform", "eval"})
_PREPARES = re.compile(
    r"clean|pre_?proc|transform|feature|encod|normali[sz]|token|scale|imput|vectori|stem|lemma|resize|embed"
    r"|prepare|extract|lag|roll|bucket|parse_(text|date)|remove_|strip_|compute_|engineer", re.I
)  # fmt: skip
_NOT_FEATURES = re.compile(r"^(load|save|read|get_path|setup|log)_|param|config|logger")


def serves(source: SourceFacts) -> bool:
    """Whether a file answers requests with a model."""
    packages = {module.partition(".")[0] for module in source.facts.header.modules}
    return not packages.isdisjoint(_SERVERS) and not _PREDICTS.isdisjoint(source.facts.header.methods)


def prepares_data(name: str) -> bool:
    """Whether a function computes or cleans features, by its name."""
    return bool(_PREPARES.search(name)) and not _NOT_FEATURES.search(name)
