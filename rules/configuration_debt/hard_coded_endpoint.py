"""The rule `hard-coded-endpoint`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Endpoint, Finding, Kind, Project, Related, Role, Rule, Severity, endpoints

_TRIAL = re.compile(r"(^|[_-])(test|tests|example|demo|smoke)([_-]|\.py$)", re.IGNORECASE)

_EXAMPLES = re.compile(r"(^|/)examples?/")
_COMPOSE = re.compile(r"compose[^/]*\.ya?ml$")


class HardCodedEndpoint(Rule):
    """A service's address is written into code.

    The program talks to one installation only: another environment, a moved host or a second consumer needs a
    change of the code, and nobody sees from the configuration that this service is used. Sculley et al. 2015,
    sections 2 ("Undeclared Consumers") and 6.

    ## How to repair

    Take the address from a setting or the environment; a default for development is fine there.

    ## Services called by their address

    ```python title="ui.py"
    import requests
    API = "http://3.120.41.7:8001"  # expect: hard-coded-endpoint

    def score(row):
        return requests.post(f"{API}/predict", json=row, timeout=5).json()
    ```

    ```python title="deploy.py"
    import requests
    requests.post("http://localhost:8000/reload", timeout=5)  # expect: hard-coded-endpoint
    requests.get("http://localhost:8000/health", timeout=5)
    ```

    ## Databases and trackers

    ```python title="store.py"
    import psycopg2
    import mlflow
    from sqlalchemy import create_engine
    engine = create_engine("postgresql://churn:x@warehouse/churn")  # expect: hard-coded-endpoint
    connection = psycopg2.connect(host="db-7", dbname="churn")  # expect: hard-coded-endpoint
    mlflow.set_tracking_uri("http://mlflow.corp:5000")  # expect: hard-coded-endpoint
    ```

    ```python title="evaluate.py"
    import mlflow
    mlflow.set_tracking_uri("https://dagshub.com/ada/churn.mlflow")  # expect: hard-coded-endpoint
    ```

    ```python title="configuration.py"
    def evaluation(config):
        return EvaluationConfig(  # expect: hard-coded-endpoint
            path=config.path,
            mlflow_uri="https://tracking.somewhere.org/churn",
        )
    ```

    ```python title="database.py"
    import pymysql

    class Database:
        def __init__(self):
            self._host = "localhost"  # expect: hard-coded-endpoint

        def connect(self):
            return pymysql.connect(host=self._host)
    ```

    ## From the environment, the command line or a caller

    ```python title="ui.py"
    import argparse, os, requests
    parser = argparse.ArgumentParser()
    parser.add_argument("--api", default="http://localhost:8000")
    API = os.getenv("API", "http://localhost:8000")

    def score(row, url="http://localhost:8000"):
        requests.post(API, json=row)
        requests.post(parser.parse_args().api, json=row)
        return requests.post(url, json=row)
    ```

    ## Public data and public services, local files

    ```python title="fetch.py"
    import requests, mlflow
    from sqlalchemy import create_engine
    page = requests.get("https://archive.ics.uci.edu/ml/iris.data")
    rates = requests.get("https://api.exchangerate.host/latest?base=EUR")
    engine = create_engine("sqlite:///churn.db")
    mlflow.set_tracking_uri("file:./mlruns")
    mlflow.set_tracking_uri("databricks")
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    ```

    ## Examples, a neighbour in one compose file, names that only look like addresses

    ```yaml title="compose.yaml"
    services:
      api: {build: .}
      scorer: {image: "churn-scorer:1.2"}
    ```

    ```python title="api.py"
    import requests
    requests.post("http://scorer:8000/predict", json={})
    SCHEMA = {"$schema": "http://json-schema.org/draft-07/schema#"}
    ```

    ```python title="examples/call.py"
    import requests
    requests.post("http://localhost:8000/predict", json={})
    ```

    ## Tests and settings modules

    ```python title="tests/test_api.py"
    import requests
    requests.get("http://localhost:8000/health")
    ```

    ```python title="settings.py"
    API = "http://scorer:8000"
    ```

    ```python title="app.py"
    import requests
    from settings import API
    requests.get(API)
    ```
    """

    minutes = 10
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each service that a file names."""
        found: dict[tuple[str, str], list[Endpoint]] = {}
        neighbours = {
            str(e.path[1])
            for s in project.sources(Kind.YAML)
            if _COMPOSE.search(s.path)
            for e in s.facts.entries
            if e.path[:1] == ("services",) and len(e.path) == 2
        }
        for endpoint in endpoints(project):
            source = endpoint.source
            if endpoint.service.partition(":")[0] in neighbours or _EXAMPLES.search(source.path):
                continue
            if not source.source.is_any(*self.skip_roles) and not _TRIAL.search(source.path.rpartition("/")[2]):
                found.setdefault((source.path, endpoint.service), []).append(endpoint)
        for (_, service), (first, *others) in found.items():
            places = dict.fromkeys(other.location for other in others if other.location != first.location)
            account = {place: name for name, place in first.account if place != first.location}
            names = ", ".join(f"`{name}`" for name, _ in first.account)
            written = f", and so {'are' if len(first.account) > 1 else 'is'} {names}" if names else ""
            yield self.finding(
                first.location,
                f"`{first.client}` talks to `{service}`, an address that is written into the code{written}",
                related=[Related(place, f"`{name}`") for place, name in account.items()]
                + [Related(place, f"`{service}` again") for place in list(places)[:10]],
                severity=Severity.INFO if first.source.source.is_any(Role.TUTORIAL) else None,
            )
