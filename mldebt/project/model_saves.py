"""Where programs that train save their models, and whether anything remembers how these came about."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Called, Expr, Header, Ref
from mldebt.project.accesses import WRITES, DataAccess
from mldebt.project.phases import Program

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MODEL_FILE = re.compile(
    r"(?!.*(scaler|encoder|vectori[sz]er|tokenizer|imputer|preprocess|columns|features|metrics|history|param|config|card))"
    r".*(model|clf|classifier|regressor|estimator|forest|xgb|lgbm|svm|net|lstm|cnn|bert|pipeline|weights).*"
    r"\.(pkl|pickle|joblib|sav|bin|h5|hdf5|keras|pt|pth|onnx|cbm|ubj|model)",
    re.IGNORECASE,
)
_DATA_FILE = re.compile(
    r"(.*/)?(data|datasets?|raw|interim|processed|cache|features|embeddings)/.*"
    r"|(.*[/_-])?(train|test|val|valid|validation|data|dataset|features?|embeddings?|labels?|targets?|tensors?|images?"
    r"|vocab|samples?|tokens?|stats)([_-]?(set|data|\d+))?\.\w+",
    re.IGNORECASE,
)
"""Files of data that are saved like models are (`torch.save(images, "data/train.pt")`)."""
_TRACKERS = frozenset(
    name
    for line in (
        "mlflow wandb comet_ml neptune clearml dvclive aim tensorboard tensorboardX tensorboard_logger sacred visdom",
        "guild polyaxon trackio swanlab bentoml zenml kedro metaflow sagemaker azureml vertexai optuna ray mlem",
        "pytorch_lightning lightning transformers fastai ignite catalyst accelerate modelstore hopsworks determined",
        "detectron2 ultralytics",
    )
    for name in line.split()
)
"""Packages that record runs, or that are told elsewhere to record them."""
_TRACKER_NAMES = re.compile(
    r"TensorBoard|SummaryWriter|CSVLogger|summary\.(FileWriter|create_file_writer)|WandbCallback|autolog"
)
_RECORDS = re.compile(
    r"metric|score|result|report|eval|history|summary|perf|param|log|meta|experiment|info", re.IGNORECASE
)
_METRICS = re.compile(r"metric|score|result|report", re.IGNORECASE)
_KNOWN = frozenset(
    "joblib sklearn numpy pandas scipy torch tensorflow keras xgboost lightgbm catboost matplotlib seaborn shap onnx"
    " skl2onnx statsmodels imblearn dill cloudpickle tqdm torchsummary torchinfo torchvision transformers".split()
)
_RECORD_FORMATS = frozenset({"json", "yaml", "yml", "toml"})


class ModelSave(NamedTuple):
    """A program that trains writes a model; `access` is where and how."""

    program: Program
    access: DataAccess


def find_model_saves(project: Project) -> Iterator[ModelSave]:
    """The models that training programs write to a place of which something is known, by program and place."""
    written = [a for a in project.accesses if a.effect in WRITES and _is_model(a)]
    for program in project.phases.training if written else ():
        for access in written:
            if program.reach.has(access.source, access.call.block):
                yield ModelSave(program, access)


def is_recorded(project: Project, program: Program) -> bool:
    """Whether a program may record parameters or metrics: by a tracker, a framework, a stage or a file of its own."""
    if program.reach.by_name or any(s.params or s.metrics for s, _ in project.stages_running(program.source)):
        return True
    for path in program.reach.paths:
        source = project.source(path)
        header = source.facts.header if source is not None else None
        if header is None:
            continue
        if _names_tracker(header) or any(module.partition(".")[0] == "hydra" for module in header.modules):
            return True
    return any(_is_record(a) and program.reach.has(a.source, a.call.block) for a in project.accesses)


def is_handed_on(project: Project, access: DataAccess) -> bool:
    """Whether a function of an unknown package gets the model that is written, and may record it."""
    source = access.source
    models = {b for expr in written_objects(access) if isinstance(expr, Ref) for b in expr.bindings if b >= 0}
    roots = {module.partition(".")[0] for module in source.facts.header.modules}
    for call in source.facts.calls if models else ():
        root = call.name.partition(".")[0]
        given = (*call.args, *(keyword.value for keyword in call.keywords))
        if root not in roots or not any(isinstance(v, Ref) and not models.isdisjoint(v.bindings) for v in given):
            continue
        if root in sys.stdlib_module_names or project.types.tables.lookup(call.name) is not None:
            continue
        if root not in _KNOWN and project.names.symbol(source, call.name) is None:
            return True
    return False


def _names_tracker(header: Header) -> bool:
    """Whether a source imports an experiment tracker, or something that is named after recording."""
    return not _TRACKERS.isdisjoint(module.partition(".")[0] for module in header.modules) or any(
        _TRACKER_NAMES.search(name) for name in header.names
    )


def records_quality(project: Project, program: Program) -> bool:
    """Whether a program may record metrics: by a tracker, a stage that declares metrics, or a file of its own."""
    if program.reach.by_name or any(s.metrics or s.plots for s, _ in project.stages_running(program.source)):
        return True
    for path in program.reach.paths:
        source = project.source(path)
        header = source.facts.header if source is not None else None
        if header is not None and (_names_tracker(header)):
            return True
    return any(_is_record(a) and program.reach.has(a.source, a.call.block) for a in project.accesses)


def _is_model(access: DataAccess) -> bool:
    if access.address is None or access.api.endswith("Checkpoint"):
        return False
    if _MODEL_FILE.fullmatch(access.address.name):
        return True
    return access.format == "model" and not _DATA_FILE.fullmatch(access.address.path)


def _is_record(access: DataAccess) -> bool:
    """Whether a write may be a record; the name of a model, too, may hold its quality if a call computes it."""
    if access.effect not in WRITES:
        return False
    if access.format in _RECORD_FORMATS or access.address is None:
        return True
    if _is_model(access):
        return "{call}" in access.address.shape or bool(
            _METRICS.search(access.source.scope_name(access.call.block))
        )
    return bool(_RECORDS.search(access.address.shape))


def written_objects(access: DataAccess) -> list[Expr]:
    """What a write can write: `df.to_csv(…)`, `dump(model, path)`, `dump(model, open(…))`, `dump(model, file)`."""
    source, call = access.source, access.call
    found: list[Expr] = []
    if isinstance(call.func, Attr) and not call.name:
        found.append(call.func.base)
    if len(call.args) > 1 and call.name.rpartition(".")[2] in ("dump", "save", "log_model", "save_model"):
        found.append(call.args[0])
    index = next((n for n, other in enumerate(source.facts.calls) if other is call), -1)
    files = {n for n, b in enumerate(source.facts.bindings) if b.value == Called(index) and not b.path}
    for other in source.facts.calls:
        if len(other.args) < 2:
            continue
        file = other.args[1]
        if file == Called(index) or (isinstance(file, Ref) and not files.isdisjoint(file.bindings)):
            found.append(other.args[0])
    return found
