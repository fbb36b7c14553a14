"""The services that code talks to under an address that is written into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Binary, Called, Const, Expr, Ref, Seq, Text
from mldebt.project.calls import Site
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Location, Span

if TYPE_CHECKING:
    from mldebt.project.project import Project

_CLIENTS: dict[str, tuple[int | None, str]] = {
    "requests.get requests.post requests.put requests.patch requests.delete requests.head requests.Session.get"
    " requests.Session.post httpx.get httpx.post httpx.put httpx.Client.get httpx.Client.post"
    " httpx.AsyncClient.get httpx.AsyncClient.post aiohttp.ClientSession.get aiohttp.ClientSession.post"
    " urllib.request.urlopen urllib.request.Request": (0, "url"),
    "requests.request httpx.request": (1, "url"),
    "mlflow.set_tracking_uri mlflow.set_registry_uri": (0, "uri"),
    "mlflow.tracking.MlflowClient mlflow.MlflowClient mlflow.client.MlflowClient": (0, "tracking_uri"),
    "sqlalchemy.create_engine pymongo.MongoClient": (0, "url"),
    "psycopg2.connect": (0, "dsn"),
    "psycopg2.connect pymysql.connect mysql.connector.connect MySQLdb.connect clickhouse_driver.Client"
    " redis.Redis redis.StrictRedis pymongo.MongoClient qdrant_client.QdrantClient chromadb.HttpClient"
    " pika.ConnectionParameters": (None, "host"),
    "redis.from_url redis.Redis.from_url minio.Minio weaviate.Client qdrant_client.QdrantClient": (0, "url"),
    "elasticsearch.Elasticsearch": (0, "hosts"),
    "kafka.KafkaProducer kafka.KafkaConsumer": (None, "bootstrap_servers"),
    "grpc.insecure_channel": (0, "target"),
    "boto3.client boto3.resource": (None, "endpoint_url"),
    "openai.OpenAI openai.AsyncOpenAI": (None, "base_url"),
}
_ARGUMENTS: dict[str, list[tuple[int | None, str]]] = {}
for _names, _argument in _CLIENTS.items():
    for _name in _names.split():
        _ARGUMENTS.setdefault(_name, []).append(_argument)

_ACCOUNT = frozenset({"user", "username", "password", "passwd", "database", "db", "dbname"})
_ADDRESS = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^/@\s]*@)?)?(?P<host>[A-Za-z0-9_.-]+)(?::(?P<port>\d{2,5}))?(?:[/?].*)?$"
)
_DSN_HOST = re.compile(r"\bhost=(?P<host>[\w.-]+)")
_IP = re.compile(r"\d{1,3}(\.\d{1,3}){3}$")
_OWN = re.compile(
    r"(^|\.)(internal|local|lan|corp|intra|intranet|svc|cluster|rds\.amazonaws\.com|elb\.amazonaws\.com"
    r"|compute\.amazonaws\.com|compute-1\.amazonaws\.com|azurewebsites\.net|azurecontainer\.io|cloudapp\.azure\.com"
    r"|inference\.ml\.azure\.com|run\.app|cloudfunctions\.net|appspot\.com|herokuapp\.com|onrender\.com"
    r"|mongodb\.net|hf\.space|streamlit\.app|vercel\.app|fly\.dev|ngrok\.io|ngrok\.app|ngrok-free\.app|redislabs\.com|railway\.app|modal\.run)$"
    r"|execute-api\.[\w-]+\.amazonaws\.com$"
)
_DATABASES = re.compile(r"(postgres|mysql|mariadb|mssql|oracle|mongodb|redis|amqp|clickhouse|snowflake|kafka)")
_TRACKER = re.compile(r"(mlflow|track(ing|er)|registry)\w*_?(uri|url|server)$", re.IGNORECASE)
_METADATA = re.compile(r"169\.254\.|metadata\.google\.internal|example\.(com|org|net)$|0\.0\.0\.0$")


class Endpoint(NamedTuple):
    """A service and where its address is written. `client` is the called name, `service` host and port.

    `account` says which of user, password and database are written beside it, and where.
    """

    source: SourceFacts
    location: Location
    client: str
    service: str
    account: tuple[tuple[str, Location], ...] = ()


def endpoints(project: Project) -> Iterator[Endpoint]:
    """The services of one installation that the project's calls name by a literal.

    Public hosts without a port are left out, and so is what comes from settings, options or callers.
    """
    for site in project.calls(*_ARGUMENTS):
        for position, keyword in _ARGUMENTS[site.name]:
            argument = site.argument(position, keyword)
            written = None if argument is None else _written(site.source, argument, site.call.span)
            service = _service(written[0], site.name) if written else ""
            if written and service:
                place = site.source.location(written[1])
                yield Endpoint(site.source, place, site.name, service, tuple(_account(site)))
                break
    yield from _trackers(project)


def _trackers(project: Project) -> Iterator[Endpoint]:
    """The addresses of trackers that a keyword carries to where they are used (`tracking_uri="https://…"`)."""
    for source in project.code:
        for call in source.facts.calls:
            if call.name in _ARGUMENTS:
                continue
            for keyword in call.keywords:
                value = keyword.value.value if isinstance(keyword.value, Const) else None
                if isinstance(value, str) and _TRACKER.search(keyword.name) and value.startswith("http"):
                    service = _service(value, "mlflow.set_tracking_uri")
                    if service:
                        yield Endpoint(source, source.location(call.span), keyword.name, service)


def _account(site: Site) -> Iterator[tuple[str, Location]]:
    """The parts of an account that a connecting call names by literals."""
    for keyword in site.call.keywords:
        if keyword.name in _ACCOUNT:
            written = _written(site.source, keyword.value, site.call.span)
            if written and written[0]:
                yield keyword.name, site.source.location(written[1])


def _written(source: SourceFacts, expr: Expr, span: Span) -> tuple[str, Span] | None:
    """The literal text that an expression starts with, and where it is written; None if something gives it."""
    for _ in range(6):
        match expr:
            case Const(str() as text):
                return text, span
            case Text((first, *_)) | Binary("+" | "%", first, _) | Seq(_, (first, *_)):
                expr = first
            case Called(index):
                call = source.facts.calls[index]
                if not (isinstance(call.func, Attr) and call.func.name == "format"):
                    return None
                expr = call.func.base
            case Ref(_, (index,)) if index >= 0:
                binding = source.facts.bindings[index]
                if binding.kind not in ("assign", "annotated") or binding.path or binding.value is None:
                    return None
                expr, span = binding.value, binding.span
            case Attr(Ref("self"), name):
                stores = [s for (_, kept), all_ in source.self_stores.items() if kept == name for s in all_]
                if len(stores) != 1 or stores[0].path:
                    return None
                expr, span = stores[0].value, stores[0].span
            case _:
                return None
    return None


def _service(text: str, client: str) -> str:
    """The host and port that a text names, if it is a service of one installation; else empty."""
    dsn = _DSN_HOST.search(text) if client == "psycopg2.connect" else None
    match = dsn or _ADDRESS.match(text)
    if match is None:
        return ""
    host = match["host"]
    scheme, port = ("", None) if dsn else (match["scheme"] or "", match["port"])
    if _METADATA.search(host) or scheme in ("file", "sqlite", "duckdb", "s3", "gs", "data", "databricks"):
        return ""
    by_name = not scheme and client.rpartition(".")[2] in ("connect", "Redis", "StrictRedis", "MongoClient")
    by_name = by_name or client in (
        "pika.ConnectionParameters",
        "clickhouse_driver.Client",
        "chromadb.HttpClient",
    )
    is_own = bool(port or _IP.match(host) or _OWN.search(host) or _DATABASES.match(scheme) or by_name)
    is_own = is_own or bool(scheme and "." not in host)
    is_own = is_own or (
        client.startswith("mlflow.") and scheme in ("http", "https")
    )  # a tracker belongs to somebody
    if not is_own or (not scheme and not port and not by_name and not dsn):
        return ""
    return f"{host}:{port}" if port else host
