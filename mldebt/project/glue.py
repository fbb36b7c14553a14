"""Glue: statements that only get data into and out of packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mldebt.facts import Attr, Call, Called, Expr
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Role

if TYPE_CHECKING:
    from mldebt.project.project import Project

_OUTSIDE = (Role.TEST, Role.VENDORED, Role.GENERATED, Role.TEMPLATE, Role.DOCS)
_PLUMBING = frozenset(
    name
    for line in (
        "os shutil glob pathlib argparse subprocess json yaml pickle joblib csv sys io tempfile zipfile",
        "tarfile gzip dotenv configparser tomllib toml dill cloudpickle",
    )
    for name in line.split()
)
_CONVERSIONS = frozenset(
    name
    for line in (
        "astype to_numpy tolist to_list to_dict toarray todense to_frame numpy detach cpu cuda item toPandas",
        "to_pandas to_arrow asDict tobytes add_argument parse_args joinpath mkdir resolve absolute read_text",
        "write_text format encode decode",
    )
    for name in line.split()
)
_CONVERTERS = frozenset(
    name
    for line in (
        "numpy.array numpy.asarray pandas.DataFrame pandas.Series torch.tensor torch.Tensor torch.from_numpy",
        "torch.as_tensor tensorflow.convert_to_tensor tensorflow.constant xgboost.DMatrix lightgbm.Dataset",
        "catboost.Pool polars.from_pandas polars.DataFrame scipy.sparse.csr_matrix str int float list dict",
        "tuple set bool open pandas.to_numeric pandas.to_datetime",
    )
    for name in line.split()
)


def glue_statements(project: Project) -> tuple[int, int]:
    """How many statements call nothing but conversions, data access and plumbing, and how many there are in all.

    Tests, and code that is not the project's own, do not count. A statement is told by the line that it begins on.
    """
    glue = total = 0
    for source in project.code:
        if source.source.is_any(*_OUTSIDE):
            continue
        total += source.facts.blocks[0].size if source.facts.blocks else 0
        glue += _glue_in(project, source)
    return glue, total


def _glue_in(project: Project, source: SourceFacts) -> int:
    calls = source.facts.calls
    inside = {
        part.call
        for call in calls
        for expr in (call.func, *call.args, *(keyword.value for keyword in call.keywords))
        for part in walk(expr)
        if isinstance(part, Called)
    }
    by_line: dict[int, bool] = {}
    for number, call in enumerate(calls):
        if number not in inside:
            line = call.span.line
            by_line[line] = by_line.get(line, True) and _all_glue(project, source, number, 0)
    return sum(by_line.values())


def _all_glue(project: Project, source: SourceFacts, number: int, depth: int) -> bool:
    """Whether a call and all calls inside it are glue."""
    call = source.facts.calls[number]
    if depth > 20 or not _is_glue(project, call):
        return False
    exprs: tuple[Expr, ...] = (call.func, *call.args, *(keyword.value for keyword in call.keywords))
    inner = [part.call for expr in exprs for part in walk(expr) if isinstance(part, Called)]
    return all(_all_glue(project, source, other, depth + 1) for other in inner)


def _is_glue(project: Project, call: Call) -> bool:
    name = call.name
    if name.startswith((":", ".")):
        return False
    if name:
        if name in _CONVERTERS or name.partition(".")[0] in _PLUMBING:
            return True
        api = project.types.tables.lookup(name)
        return api is not None and bool(api.accesses)
    if not isinstance(call.func, Attr):
        return False
    if call.func.name in _CONVERSIONS:
        return True
    api = project.types.tables.lookup(f"*.{call.func.name}")
    return api is not None and bool(api.accesses)
