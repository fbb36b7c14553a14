"""The rule `scrape-and-train`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Project, Related, Role, Rule, SourceFacts, comes_from, facts

_FETCHES = (
    "requests.get", "requests.post", "httpx.get", "urllib.request.urlopen", "yfinance.download", "yfinance.Ticker",
    "tweepy.*", "pandas_datareader.*", "alpha_vantage.*", "ccxt.*", "quandl.get", "fredapi.Fred", "gspread.*",
    "nsepy.get_history", "investpy.*", "binance.client.Client", "feedparser.parse", "praw.Reddit", "wikipedia.*",
)  # fmt: skip
_SAVES = frozenset({"to_csv", "to_parquet", "to_feather", "to_pickle", "to_sql", "savetxt"})
_KEEPS = frozenset({"dump", "save", "write", "writerow", "writerows"})
"""What may keep the rows, or the model."""


class ScrapeAndTrain(Rule):
    """A program fetches data from the network and trains on it in one run, and keeps nothing of it.

    Tomorrow the same call gives other rows: the training cannot be repeated, and what a model was trained on cannot be
    looked at. Sculley et al. 2015, section 5 (Pipeline Jungles: scrapes) and section 8 (Reproducibility Debt).

    ## How to repair

    Let one step fetch and write a dated snapshot, and another one train on that file.

    ## Prices, straight into a model

    ```python title="train.py"
    import yfinance as yf
    from sklearn.linear_model import LinearRegression

    data = yf.download("SPY", start="2015-01-01")  # expect: scrape-and-train
    data = data.dropna()
    X = data[["Open", "High"]]
    model = LinearRegression().fit(X, data["Close"])
    ```

    ## A snapshot between the two

    ```python title="train.py"
    import pandas as pd
    import yfinance as yf
    from sklearn.linear_model import LinearRegression

    prices = yf.download("SPY", start="2015-01-01")
    prices.to_csv("data/spy.csv")
    data = pd.read_csv("data/spy.csv")
    model = LinearRegression().fit(data[["Open"]], data["Close"])
    ```

    ## What is fetched is something else; notebooks explore

    ```python title="train.py"
    import requests
    from sklearn.linear_model import LinearRegression

    version = requests.get("https://example.com/version").text
    model = LinearRegression().fit(X, y)
    ```

    ```python title="explore.ipynb"
    # %%
    import yfinance as yf
    from sklearn.linear_model import LinearRegression
    data = yf.download("SPY", start="2015-01-01")
    model = LinearRegression().fit(data[["Open"]], data["Close"])
    ```

    ## Files of a hub, tests

    ```python title="train.py"
    from datasets import load_dataset
    from huggingface_hub import hf_hub_download
    import pandas as pd
    from sklearn.linear_model import Ridge
    rows = pd.read_csv(hf_hub_download("a/b", "rows.csv", revision="3f2a"))
    Ridge().fit(rows[["a"]], rows["y"])
    ```

    ```python title="tests/test_train.py"
    import pandas as pd, requests
    from io import StringIO
    from sklearn.linear_model import Ridge
    rows = pd.read_csv(StringIO(requests.get("https://example.org/a.csv").text))
    Ridge().fit(rows[["a"]], rows["y"])
    ```

    ## Pages, row by row, through functions; only the model is kept

    ```python title="cars.py"
    import joblib, requests
    import pandas as pd
    from bs4 import BeautifulSoup
    from sklearn.linear_model import Ridge
    def fetch(pages):
        rows = []
        for page in pages:
            soup = BeautifulSoup(requests.get(page, timeout=9).text, "html.parser")  # expect: scrape-and-train
            for car in soup.find_all("li"):
                rows.append({"price": float(car.b.text), "year": int(car.i.text)})
        return pd.DataFrame(rows)
    def train(cars):
        joblib.dump(Ridge().fit(cars[["year"]], cars["price"]), "model.pkl")
    train(fetch(PAGES))
    ```

    ```python title="kept.py"
    import json, requests
    from sklearn.linear_model import Ridge
    rows = requests.get("https://example.org/rows", timeout=9).json()
    json.dump(rows, open("rows.json", "w"))
    Ridge().fit(rows["X"], rows["y"])
    ```

    ## A store of features keeps what it serves

    ```python title="train.py"
    from feast import FeatureStore
    from sklearn.linear_model import Ridge
    rows = FeatureStore(".").get_historical_features(entity_df=entities, features=["a:b"]).to_df()
    Ridge().fit(rows[["b"]], rows["y"])
    ```
    """

    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each fetch whose rows reach a fit of the same file."""
        seen: set[str] = set()
        for site in project.calls(*_FETCHES):
            source = site.source
            if source.kind is not Kind.PYTHON or source.source.is_any(*self.skip_roles) or source.path in seen:
                continue
            if not _SAVES.isdisjoint(source.facts.header.methods):
                continue
            fits = [event for event in project.phases.events(source) if event.phase == "fit"]
            if not fits:
                continue
            number = source.number_of(site.call)
            if self._keeps(source, number, [source.number_of(event.call) for event in fits]):
                continue
            for event in fits:
                given = [*event.call.args, *(keyword.value for keyword in event.call.keywords)]
                if any(comes_from(source, expr, number, widely=True) for expr in given):
                    seen.add(source.path)
                    yield self.finding(
                        site.location,
                        f"`{site.name}` fetches data that is trained on in the same run: it cannot be trained on again",
                        related=[Related(event.location, "the model is fitted on it")],
                        scope=source.scope_name(site.call.block),
                    )
                    break

    def _keeps(self, source: SourceFacts, fetch: int, fits: list[int]) -> bool:
        """Whether the file writes what it fetches, and not only what it fits."""
        for call in source.facts.calls:
            name = call.name.rpartition(".")[2] or (call.func.name if isinstance(call.func, facts.Attr) else "")
            if (
                name in _KEEPS
                and any(comes_from(source, value, fetch, widely=True) for value in call.args)
                and not any(comes_from(source, value, fit) for value in call.args for fit in fits)
            ):
                return True
        return False
