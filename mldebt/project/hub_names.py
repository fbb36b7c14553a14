"""Models and data sets that are asked for by their name on the hub, where a path could stand as well."""

from __future__ import annotations

import re
from collections.abc import Callable

from mldebt.values import Items, Known, Table, Value, each

_NAME = re.compile(r"[A-Za-z0-9][\w.\-]*(/[A-Za-z0-9][\w.\-]*)?")
_FILE = re.compile(
    r"\.(bin|pt|pth|ckpt|h5|json|jsonl|csv|tsv|txt|parquet|zip|gz|safetensors|gguf|onnx|pkl|py|arrow)$"
)
_LOCAL = re.compile(
    r"(^|[_\-./])(models?|outputs?|artefacts?|out|checkpoints?|ckpts?|results?|saved?|weights?|data|datasets?|artifacts?|runs?|logs?"
    r"|tmp|temp|experiments?|exp|pretrained|trained|finetuned?|best|final|local|my|assets?|resources?|storage|cache)$",
    re.IGNORECASE,
)
_OF_A_RUN = re.compile(
    r"(best|last|final|latest|best[_-]?model|model|ckpt|checkpoint)([_-]?\d+)?|(fold|epoch|step|seed)[_-]?\d+",
    re.I,
)
"""What training calls the directories of a run; nobody calls a model of the hub so."""
_FAMILIES = re.compile(
    r"(distil|xlm-|mdeberta-|deberta-|de|al|camem|flau|mobile|squeeze|ro)?(bert|roberta|gpt2|t5|bart|xlnet|electra|openai-gpt)"
    r"(-|$)|(distilgpt2|t5-|byt5|mt5|gpt-neo|ctrl|longformer|bigbird|all-|paraphrase-|multi-qa-|sentence-t5|msmarco-|clip-"
    r"|stsb-|nli-|en_core_web)",
    re.IGNORECASE,
)
"""How the names begin that the hub keeps without an owner."""

_READERS = frozenset(
    ["csv", "json", "parquet", "text", "arrow", "pandas", "imagefolder", "audiofolder", "webdataset"]
)
"""What `load_dataset` reads files with; the files are another argument."""

_PIPELINE = re.compile(r"[a-z]{2}(_[a-z]+)+_(sm|md|lg|trf)|[a-z]{2}")
"""A pipeline that spaCy installs as a package."""

HUB_CALLS = re.compile(
    r"spacy\.load|(transformers|peft|diffusers|tokenizers|sentence_transformers|optimum|trl|timm|open_clip)\..*|datasets\.load_dataset"
)


def is_reader(value: Value) -> bool:
    """Whether the first argument of `load_dataset` says how to read, and not what."""
    return isinstance(value, Known) and value.value in _READERS


def files_of(value: Value) -> Value:
    """`data_files=`: a path, several, or several by the name of their split."""
    return each(
        value, lambda one: Items("list", tuple(v for _, v in one.entries)) if isinstance(one, Table) else one
    )


def named(value: Value, call: str, is_there: Callable[[str], bool]) -> Value:
    """Names of the hub as addresses of the hub; what is there, or looks like a path, stays a path."""

    def one(option: Value) -> Value:
        if not isinstance(option, Known) or not isinstance(option.value, str):
            return option
        written = option.value.strip()
        if call == "spacy.load":
            return Known(f"spacy:{written}") if _PIPELINE.fullmatch(written) and not is_there(written) else option
        if not _NAME.fullmatch(written) or _FILE.search(written) or is_there(written):
            return option
        first, slash, second = written.partition("/")
        if (
            _OF_A_RUN.fullmatch(second)
            or _LOCAL.search(first)
            or (not slash and call != "datasets.load_dataset" and not _FAMILIES.match(first))
        ):
            return option
        return Known(f"hf://{written}")

    return each(value, one)
