"""The rule `unvalidated-serving-input`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Project, Related, Role, Rule, Severity, unchecked_requests


class UnvalidatedServingInput(Rule):
    """Request data reaches a model without a schema.

    Whatever a client sends is predicted from: a missing field becomes `NaN`, a text in place of a number an error
    500 or a silent category, another unit a wrong answer. The model was trained on data with invariants; Breck et
    al. 2017 ("The ML Test Score", Monitor 2) ask that they hold in the inputs of serving too.

    ## How to repair

    Take the request as a typed model (pydantic) with ranges and allowed values from the training schema.

    ## Straight into a frame

    ```python title="app.py"
    import pandas as pd
    from flask import Flask, request
    app = Flask(__name__)

    @app.route("/predict", methods=["POST"])
    def predict():
        row = request.get_json()
        frame = pd.DataFrame([row])
        return {"y": model.predict(frame)[0]}  # expect: unvalidated-serving-input
    ```

    ## Through a function, and as an untyped body

    ```python title="service.py"
    import pandas as pd
    from fastapi import FastAPI, Request
    app = FastAPI()

    def score(data):
        return model.predict_proba(pd.DataFrame(data))[:, 1]

    @app.post("/score")
    async def handle(request: Request):
        data = await request.json()
        return score(data)  # expect: unvalidated-serving-input

    @app.post("/one")
    def one(body: dict):
        return list(model.predict([list(body.values())]))  # expect: unvalidated-serving-input
    ```

    ## Typed bodies, checks and conversions

    ```python title="service.py"
    import pandas as pd
    from fastapi import FastAPI
    from flask import Flask, request
    from pydantic import BaseModel
    app = FastAPI()

    class Customer(BaseModel):
        age: int

    @app.post("/score")
    def score(body: Customer):
        return model.predict(pd.DataFrame([body.model_dump()]))[0]

    @app.route("/checked")
    def checked():
        data = request.get_json()
        validate(data)
        return model.predict([data])

    @app.route("/converted")
    def converted():
        return model.predict([[float(request.form["age"]), int(request.form["calls"])]])
    ```

    ## No model, no request

    ```python title="service.py"
    from flask import Flask, request
    app = Flask(__name__)

    @app.route("/store")
    def store():
        return save(request.get_json())

    @app.route("/today")
    def today():
        return model.predict(load_today())
    ```

    ## One text, pictures, a model with a signature, tests

    ```python title="text.py"
    from flask import Flask, request
    app = Flask(__name__)
    @app.route("/spam", methods=["POST"])
    def spam():
        message = request.form["message"]
        return {"spam": model.predict(vectorizer.transform([message]))[0]}
    ```

    ```python title="app.py"
    import io
    from flask import Flask, request
    from PIL import Image
    app = Flask(__name__)
    @app.route("/classify", methods=["POST"])
    def classify():
        try:
            image = Image.open(io.BytesIO(request.files["file"].read()))
        except OSError:
            return "no picture", 400
        return {"label": model.predict(image)}
    ```

    ```python title="serve.py"
    import mlflow
    import pandas as pd
    from flask import Flask, request
    app = Flask(__name__)
    signed = mlflow.pyfunc.load_model("models:/churn@champion")
    @app.route("/predict", methods=["POST"])
    def predict():
        return {"y": signed.predict(pd.DataFrame([request.get_json()]))[0]}
    ```

    ```python title="train.py"
    import mlflow
    from mlflow.models import infer_signature
    mlflow.sklearn.log_model(model, "model", signature=infer_signature(X, y))
    ```

    ```python title="tests/test_app.py"
    from flask import Flask, request
    app = Flask(__name__)
    @app.route("/predict", methods=["POST"])
    def predict():
        return model.predict([request.get_json()])
    ```

    ## A service whose input has types

    ```python title="service.py"
    import bentoml
    import numpy as np
    import pandas as pd
    from pydantic import BaseModel

    class Customer(BaseModel):
        age: int

    @bentoml.service
    class Churn:
        @bentoml.api
        def score(self, body: Customer) -> float:
            return self.model.predict(pd.DataFrame([body.model_dump()]))[0]
    ```
    """

    minutes = 30
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each handler that predicts from unchecked data."""
        for found in unchecked_requests(project):
            source, handler = found.source, found.handler
            if not source.source.is_any(*self.skip_roles):
                yield self.finding(
                    found.location,
                    f"the request of `{handler.name}` reaches `{found.call}` without a schema or a check",
                    related=[Related(source.location(handler.span), f"`{handler.name}`")],
                    severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
                    scope=handler.qualname,
                )
