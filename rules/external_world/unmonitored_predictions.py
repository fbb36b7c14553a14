"""The rule `unmonitored-predictions`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Role, Rule, facts, is_watched, serves

_SINKS = frozenset(
    name
    for line in (
        "prometheus_client statsd opentelemetry datadog evidently whylogs nannyml arize mlflow wandb",
        "sentry_sdk boto3 pymongo sqlalchemy sqlite3 psycopg2 pymysql redis kafka pika logging loguru",
        "structlog csv google elasticsearch influxdb newrelic ddtrace azure bentoml fiddler alibi_detect",
        "seldon_core prometheus_fastapi_instrumentator",
    )
    for name in line.split()
)
_RECORDS = re.compile(
    r"log|record|track|store|save|insert|append|write|publish|monitor|emit|send|audit", re.IGNORECASE
)
_DEMO = re.compile(r"(^|[/_-])(demos?|examples?|playground)([/_.-])", re.IGNORECASE)
_PREDICTS = frozenset({"predict", "predict_proba", "decision_function", "predict_on_batch"})


class UnmonitoredPredictions(Rule):
    """A service predicts, and leaves no trace of what it was asked or what it answered.

    When the world changes, the answers become worse and nothing shows it: neither their distribution nor the inputs
    can be looked at afterwards. Sculley et al. 2015, section 7 (monitoring of prediction bias); Breck et al. 2017,
    monitoring 2 to 7. Off by default: something around the service may do it.

    ## How to repair

    Record the version of the model, the inputs and the score of each prediction, and watch their distributions.

    ## An answer without a trace

    ```python title="app.py"
    from fastapi import FastAPI

    app = FastAPI()

    @app.post("/score")
    def score(row: dict):
        return {"score": float(model.predict_proba([row])[0, 1])}  # expect: unmonitored-predictions
    ```

    ## Logged, or stored

    ```python title="app.py"
    import logging
    from fastapi import FastAPI

    app = FastAPI()

    @app.post("/score")
    def score(row: dict):
        answer = float(model.predict_proba([row])[0, 1])
        logging.info("scored %s", answer)
        return {"score": answer}
    ```

    ## Handed to a function that may record it, and programs that serve nobody

    ```python title="app.py"
    from fastapi import FastAPI

    app = FastAPI()

    @app.post("/score")
    def score(row: dict):
        return save_prediction(row, model.predict([row]))
    ```

    ```python title="batch.py"
    print(model.predict(rows))
    ```

    ## A demonstration

    ```python title="demo.py"
    import gradio as gr
    gr.Interface(fn=lambda x: model.predict([x]), inputs="text", outputs="label").launch()
    ```

    ## Somebody outside watches

    ```toml title="mldebt.toml"
    contract.monitoring.external = true
    ```

    ```python title="app.py"
    from fastapi import FastAPI

    app = FastAPI()

    @app.post("/score")
    def score(row: dict):
        return {"score": float(model.predict_proba([row])[0, 1])}
    ```
    """

    profile = Profile.AUDIT
    default = False
    minutes = 120
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK, Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each service file without anything that records."""
        if is_watched(project):
            return
        for source in project.code:
            if source.source.is_any(*self.skip_roles) or _DEMO.search(source.path) or not serves(source):
                continue
            reached = [project.source(path) for path in project.imports.reached_from(source.path) | {source.path}]
            headers = [other.facts.header for other in reached if other is not None]
            modules = {module.partition(".")[0] for header in headers for module in header.modules}
            names = {name.rpartition(".")[2] for header in headers for name in (*header.names, *header.methods)}
            names |= {function.name for function in source.facts.functions}
            names |= {getattr(call.func, "name", "") for call in source.facts.calls}
            if modules & _SINKS or any(map(_RECORDS.search, names)):
                continue
            for call in source.facts.calls:
                if isinstance(call.func, facts.Attr) and call.func.name in _PREDICTS:
                    yield self.finding(
                        source.location(call.span),
                        f"this service answers with `{call.func.name}`, and nothing records its inputs or answers",
                        scope=source.scope_name(call.block),
                    )
                    break
