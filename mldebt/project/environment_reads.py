"""Environment variables that decide where data is, and whether anything in the project names them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Const, Expr, Item, Ref
from mldebt.outside import document, is_document
from mldebt.project.accesses import DataAccess
from mldebt.project.names import is_code
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import walk
from mldebt.source import Location, Role
from mldebt.values import Gap, Template, Value, alternatives

if TYPE_CHECKING:
    from mldebt.project.project import Project

_GETTERS = (
    "os.getenv",
    "os.environ.get",
    "decouple.config",
    "os.environ.pop",
    "environs.Env.*",
    "os.environ.setdefault",
)
_CONNECTORS = {
    "sqlalchemy.create_engine": (0, "url"),
    "psycopg2.connect": (0, "dsn", "host"),
    "pymongo.MongoClient": (0, "host"),
    "pymysql.connect": (0, "host"),
    "mysql.connector.connect": (None, "host"),
    "snowflake.connector.connect": (None, "account"),
}
_KNOWN = re.compile(
    r"HOME|PATH|PWD|USER|TMPDIR|TEMP|TMP|HOSTNAME|CI|SHELL|APPDATA|LOCALAPPDATA|USERPROFILE|JOB_ID"
    r"|(AWS|CUDA|KAGGLE|GITHUB|SLURM|SM|AZUREML|MLFLOW|WANDB|HF|HUGGINGFACE|TRANSFORMERS|TORCH|XDG|CONDA|VIRTUAL|DVC|GOOGLE"
    r"|NCCL|OMP|PYTEST|LOCAL|WORLD|RANK|MASTER|AIRFLOW|COLAB|DATABRICKS|SPARK|HADOOP|JAVA|LSB|PBS|SCRATCH|PL|TF|KERAS)(_.*)?"
    r"|(TORCH|CONDA|TEMP|LOCAL|KERAS|NLTK)_?\w*"
)
"""Variables of platforms and tools, which these document."""
_CREDENTIAL = re.compile(r"KEY|TOKEN|SECRET|PASS|PWD|USER|CREDENTIAL|AUTH|PORT$")
_VARIABLE = re.compile(r"\{([A-Z][A-Z0-9_]{2,})\}")


class EnvironmentSource(NamedTuple):
    """A variable, the places that read it, and what is opened where it says."""

    name: str
    reads: tuple[Location, ...]
    uses: tuple[tuple[Location, str], ...]


def undeclared_environment(project: Project) -> Iterator[EnvironmentSource]:
    """The variables that lead to data and that only the reading code names, by name."""
    reads = _reads(project)
    if not reads:
        return
    uses: dict[str, list[tuple[Location, str]]] = defaultdict(list)
    for access in project.accesses:
        for name in _variables(access):
            if name in reads and not access.source.source.is_any(Role.TEST):
                uses[name].append((access.location, str(access.address or f"{{{name}}}")))
    for name, place in _connections(project):
        if name in reads:
            uses[name].append((place, "a database"))
    unknown = {name for name in uses if not _KNOWN.fullmatch(name) and not _CREDENTIAL.search(name)}
    unknown -= project.environment.keys()
    for name in sorted(unknown - _named(project, unknown)):
        yield EnvironmentSource(name, tuple(reads[name]), tuple(dict.fromkeys(uses[name])))


def _variables(access: DataAccess) -> set[str]:
    found = set(_VARIABLE.findall(access.address.shape)) if access.address is not None else set()
    if access.cause is not None and access.cause.cause == "environment" and access.cause.detail:
        found.add(access.cause.detail)
    return found


def _connections(project: Project) -> Iterator[tuple[str, Location]]:
    for site in project.calls(*_CONNECTORS):
        position, *keywords = _CONNECTORS[site.name]
        given = site.argument(position if isinstance(position, int) else None, *map(str, keywords))
        for name in _names_in(project.value(site.source, given)) if given is not None else ():
            yield name, site.location


def _names_in(value: Value) -> Iterator[str]:
    for option in alternatives(value):
        for part in option.parts if isinstance(option, Template) else (option,):
            if isinstance(part, Gap) and part.cause == "environment" and part.detail:
                yield part.detail


def _reads(project: Project) -> dict[str, list[Location]]:
    """Where code reads variables without a default; those that code itself sets are left out."""
    found: dict[str, list[Location]] = defaultdict(list)
    given: set[str] = set()
    for site in project.calls(*_GETTERS):
        name = site.argument(0, "key", "option")
        if isinstance(name, Const) and isinstance(name.value, str):
            default = site.argument(1, "default")
            if default is not None and default not in (Const(None), Const("")):
                given.add(name.value)
            elif not site.source.source.is_any(Role.TEST):
                found[name.value].append(site.location)
    for source in project.code:
        if not any(name.startswith("os.environ") for name in source.facts.header.names):
            continue
        for store in source.facts.stores:
            given.update(_item(part) for part in walk(store.target))
        for expr, place in _expressions(source):
            for part in walk(expr):
                if _item(part):
                    found[_item(part)].append(place)
    return {name: list(dict.fromkeys(places)) for name, places in found.items() if name not in given}


def _expressions(source: SourceFacts) -> Iterator[tuple[Expr, Location]]:
    for call in source.facts.calls:
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            yield argument, source.location(call.span)
    for binding in source.facts.bindings:
        if binding.value is not None:
            yield binding.value, source.location(binding.span)
    for use in source.facts.uses:
        yield use.expr, source.location(use.span)


def _item(expr: Expr) -> str:
    """The name in `os.environ["NAME"]`; empty for anything else."""
    match expr:
        case Item(Attr(Ref("os"), "environ") | Ref("environ"), Const(str() as name)):
            return name
    return ""


def _settings(source: SourceFacts) -> Iterator[str]:
    """The variables that classes of settings declare: their fields, in capital letters."""
    for cls in source.facts.classes:
        if any("Settings" in str(base) for base in cls.bases):
            yield from (b.name.upper() for b in source.facts.bindings if b.block == cls.block)


def _messages(source: SourceFacts) -> Iterator[str]:
    """What calls are given that has several words: messages, help texts."""
    for call in source.facts.calls:
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            for part in walk(argument):
                if isinstance(part, Const) and isinstance(part.value, str) and " " in part.value:
                    yield part.value


def _named(project: Project, names: set[str]) -> set[str]:
    """Those of the names that stand outside code, or in what code says in comments and messages."""
    found: set[str] = set()
    for source in project.sources() if names else ():
        text = source.text()
        shouted = text.upper()  # as classes of settings declare variables in small letters
        here = {name for name in names - found if name.upper() in shouted}
        if here and is_code(source):
            text = "\n".join(_said(source))
        found |= _words_among(here, text)
    for path in sorted(project.files - project.by_path.keys()) if names - found else ():
        if is_document(path):
            found |= _words_among(names - found, document(project.root, path))
    return found


def _words_among(names: set[str], text: str) -> set[str]:
    """Those of the names that are words of a text."""
    return {name for name in names if re.search(rf"\b{re.escape(name)}\b", text)}


def _said(source: SourceFacts) -> Iterator[str]:
    """What code says in comments and messages, and the variables that its classes of settings declare."""
    yield from (comment.text for comment in source.facts.comments)
    yield from (literal.value for literal in source.facts.literals if " " in literal.value)
    yield from _messages(source)
    yield from _settings(source)
