"""The rule `train-serve-mismatch`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Confidence, Finding, Project, Related, Rule, Severity, find_mismatches


class TrainServeMismatch(Rule):
    """Serving takes another class or prepares images in another way than training and evaluation.

    The service answers with numbers that nobody has ever evaluated: the probability of the wrong class, or what a
    model says of pictures of a size it has not seen. Breck et al. 2017, Monitor 3: training and serving must compute
    the same values; Sculley et al. 2015, section 5 (Glue Code).

    ## How to repair

    Move the step into one function, or into the saved pipeline, that both sides use; test both on a few rows.

    ## Another column of the probabilities

    ```python title="stages/evaluate.py"
    from sklearn.metrics import roc_auc_score
    p = model.predict_proba(X).astype(float)
    p = p[:, 1]
    print(roc_auc_score(y, p))
    ```

    ```python title="app/main.py"
    from fastapi import FastAPI
    app = FastAPI()
    @app.post("/predict")
    def predict(row):
        return {"churn": model.predict_proba(row)[0][0]}  # expect: train-serve-mismatch
    ```

    ## Another size of images

    ```python title="train.py"
    from torchvision import transforms
    prepare = transforms.Compose([transforms.Resize((256, 256)), transforms.ToTensor()])
    def run(net, loss, optimizer):
        loss.backward()
        optimizer.step()
    ```

    ```python title="serve.py"
    import flask
    from torchvision import transforms
    prepare = transforms.Compose([transforms.Resize((512, 512)), transforms.ToTensor()])  # expect: train-serve-mismatch
    net.eval()
    ```

    ## The same on both sides, or one of several values

    ```python title="train.py"
    from sklearn.metrics import roc_auc_score
    p = model.predict_proba(X)
    print(roc_auc_score(y, p[:, 1]), p[:, 0])
    ```

    ```python title="app.py"
    from fastapi import FastAPI
    def predict(row):
        return model.predict_proba(row)[0, 0]
    ```

    ## Two products in one repository

    ```python title="brain/train.py"
    from sklearn.metrics import roc_auc_score
    print(roc_auc_score(y, model.predict_proba(X)[:, 1]))
    ```

    ```python title="churn/app.py"
    from fastapi import FastAPI
    def predict(row):
        return model.predict_proba(row)[0, 0]
    ```

    ## Values that are not known, rows and not columns, no service

    ```python title="train.py"
    from sklearn.metrics import roc_auc_score
    print(roc_auc_score(y, model.predict_proba(X)[:, 1]))
    ```

    ```python title="app.py"
    from fastapi import FastAPI
    def predict(row, positive):
        p = model.predict_proba(row)
        return p[0], p[:, positive]
    ```

    ```python title="report.py"
    print(model.predict_proba(row)[0, 0])
    ```

    ## Augmentation of the training data, tests

    ```python title="train.py"
    from torchvision import transforms
    prepare = transforms.Compose([transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip()])
    def run(net, loss, optimizer):
        loss.backward()
        optimizer.step()
    ```

    ```python title="serve.py"
    import flask
    from torchvision import transforms
    prepare = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224)])
    net.eval()
    ```

    ```python title="tests/test_app.py"
    from fastapi.testclient import TestClient
    def test_score():
        assert model.predict_proba(row)[0, 0] < 1
    ```

    ## Moved and cast, prepared by something unknown, or inside of the model

    ```python title="train.py"
    from sklearn.metrics import roc_auc_score
    from torchvision import transforms
    prepare = transforms.Compose([transforms.Resize(224), transforms.ToTensor()])
    print(roc_auc_score(y, model.predict_proba(X)[:, 1]))
    loss.backward()
    optimizer.step()
    ```

    ```python title="app.py"
    from fastapi import FastAPI
    from torchvision import transforms
    prepare = transforms.Compose([transforms.Resize(224), transforms.ToTensor(), transforms.ConvertImageDtype(half)])
    def predict(row):
        x = prepare(row).to("cuda").float()
        return model.predict_proba(x)[0, 1], pick(model.predict_proba(x))
    ```
    """

    severity = Severity.ERROR
    confidence = Confidence.MEDIUM
    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each thing that differs."""
        for found in find_mismatches(project):
            first = found.training[0]
            yield self.finding(
                found.serving.location,
                f"{found.what} differs: {found.serving.value} here, {first.value} in training and evaluation "
                f"({first.location})",
                related=dict.fromkeys(Related(c.location, f"{c.value} here") for c in found.training[:5]),
            )
