"""Variables that a Dockerfile declares and nothing uses."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Variable
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project.project import Project

_EVERYWHERE = re.compile(
    r"(PATH|HOME|USER|UID|GID|LANG|LANGUAGE|TZ|TERM|SHELL|PWD|EDITOR|MANPATH|VERSION|BUILD_DATE|VCS_REF|GIT_\w+|COMMIT\w*"
    r"|PORT|HOST|WORKERS|TIMEOUT|MODULE_NAME|APP_MODULE|LOG_LEVEL|DEBUG|VIRTUAL_ENV|FORWARDED_ALLOW_IPS|WEB_CONCURRENCY"
    r"|\w*_HOME|\w*_OPTS|\w*_VERSION|\w*FLAGS|\w*_INDEX_URL|TARGET\w+|BUILD\w*|SOURCE_DATE_EPOCH|MAX_WORKERS|NVM_\w+"
    r"|ENABLE_MLSERVER|DISABLE_NGINX|GRAPH|PRE_START_PATH|GUNICORN_\w+|(NO|HTTPS?|FTP|ALL)_PROXY)$"
)
"""Names that base images, shells and servers know."""

_LIBRARIES = re.compile(
    r"(LC|PIP|PYTHON\w*|DEBIAN|APT|UV|POETRY|PDM|PIPENV|CONDA|MAMBA|CUDA|CUDNN|NVIDIA|NCCL|OMP|MKL|OPENBLAS|NUMBA|NUMEXPR"
    r"|TF|TORCH\w*|XLA|KERAS|HF|TRANSFORMERS|TOKENIZERS|HUGGING\w+|MLFLOW|WANDB|DVC|AWS|AZURE|GOOGLE|GCP|CLOUDSDK|SM"
    r"|SAGEMAKER|AIRFLOW|PREFECT|DAGSTER|ZENML|KEDRO|SPARK|PYSPARK|JAVA|HADOOP|LD|NODE|NPM|YARN|STREAMLIT|GRADIO|FLASK"
    r"|DJANGO|UVICORN|GUNICORN|FASTAPI|BENTOML|RAY|DASK|JUPYTER\w*|NB|POSTGRES|PG\w*|MYSQL|MONGO\w*|REDIS|GRAFANA|GF|MINIO"
    r"|KAFKA|CMAKE|MAKE|CC|CXX|GCC|RUST\w*|CARGO|GO|GRPC|PROTOC\w*|SSL|CURL|REQUESTS|OPENCV|QT|DISPLAY|XDG|MPL\w*|KMP|WHEEL"
    r"|SETUPTOOLS|FORCE|NLTK|SPACY|EASYOCR|R|RETICULATE|S6|ENV|CRYPTOGRAPHY|DEEPFACE|YOLO|ULTRALYTICS|PADDLE\w*|TINI"
    r"|PYPI|DOCKER|COMPOSE|GITHUB|CI|VECLIB|MODIN|SLUGIFY|POLARS|ORT|ONNX\w*|TRITON|TENSORRT|TVM)(_|$)"
)
"""Beginnings of names that libraries and tools know."""


_UNREAD = (
    ".js",
    ".ts",
    ".tsx",
    ".go",
    ".java",
    ".scala",
    ".R",
    ".r",
    ".jl",
    ".cpp",
    ".cc",
    ".cu",
    ".rs",
    ".tmpl",
    ".j2",
)
"""Endings of programs that are not analysed and may read the environment."""


class UnusedVariable(NamedTuple):
    """A variable and the instruction that declares it: `ARG` or `ENV`."""

    source: SourceFacts
    variable: Variable
    instruction: str


def unused_variables(project: Project) -> Iterator[UnusedVariable]:
    """The variables of Dockerfiles that are expanded nowhere and, if exported, mentioned in no code or file."""
    mentions = _Mentions(project)
    for source in project.sources(Kind.DOCKERFILE):
        instructions = source.facts.instructions
        tools = set(_tools(source))
        runs_ours = any(project.executions(stage) for stage in project.stages if stage.path == source.path)
        words = Counter(w for i in instructions for w in re.findall(r"\w+", f"{i.name} {i.value}"))
        starts = [instruction.span.line for instruction in instructions]
        for variable in source.facts.variables:
            name = variable.name
            around = instructions[max(bisect_right(starts, variable.span.line) - 1, 0)]
            kind = around.name if variable.span.line <= around.span.end_line else ""
            if kind not in ("ARG", "ENV") or _LIBRARIES.match(name) or len(name) < 3 or not name.isidentifier():
                continue
            if words[name] > 1:
                continue  # expanded by another instruction, or handed from ARG to ENV
            if kind == "ENV" and not runs_ours:
                continue  # nobody knows what the foreign program in the image reads
            if kind == "ENV" and (not name.isupper() or _EVERYWHERE.match(name) or mentions.has(name)):
                continue  # known, or read by something
            if kind == "ENV" and name.partition("_")[0].lower() in tools:
                continue  # a setting of a program that is installed or run
            yield UnusedVariable(source, variable, kind)


def _tools(source: SourceFacts) -> Iterator[str]:
    """The programs that an image starts from, installs or runs, by name."""
    for instruction in source.facts.instructions:
        if instruction.name.upper() == "FROM":
            yield from re.findall(r"[a-z0-9]+", instruction.value.lower())
        elif instruction.name.upper() == "ENV":
            yield from (path.lower() for path in re.findall(r"/bin/(\w+)", instruction.value))
    for command in source.facts.commands:
        installs = "install" in command.argv or "add" in command.argv[:2]
        for word in command.argv if installs else command.argv[:1]:
            yield re.split(r"[=<>\[@]", word.rpartition("/")[2].lower())[0]


class _Mentions:
    """Whether anything but Dockerfiles mentions a variable."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._has = lru_cache(maxsize=None)(self._look)

    def has(self, name: str) -> bool:
        """Whether code or another file may mention it, or a Dockerfile expands it."""
        return self._has(name)

    def _look(self, name: str) -> bool:
        if any(path.endswith(_UNREAD) for path in self._project.files):
            return True
        folded = any("BaseSettings" in source.facts.words for source in self._project.code)
        wanted = name.lower() if folded else name
        pattern = re.compile(rf"(?<!\w){name}(?!\w)")
        for source in self._project.sources():
            words = source.facts.words
            if any((word.lower() if folded else word) == wanted for word in words):
                return True
            if source.kind is Kind.DOCKERFILE:
                instructions = source.facts.instructions
                if any(re.search(rf"\$\{{?{name}\b", instruction.value) for instruction in instructions):
                    return True
                continue
            if source in self._project.code or source.kind is Kind.MARKDOWN:
                if any(pattern.search(literal.value) for literal in source.facts.literals):
                    return True
                continue
            if pattern.search(source.text()):
                return True
        return False
