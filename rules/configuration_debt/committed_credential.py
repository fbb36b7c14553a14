"""The rule `committed-credential`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Profile, Project, Related, Rule, Severity, SourceFacts, facts

_SECRET = re.compile(r"(^|_)(api_?)?(key|token|secret|password|passwd|pwd)s?$", re.IGNORECASE)
_NO_SECRET = re.compile(
    r"public|publishable|write_key|(^|_)anno_|primary|foreign|sort|partition|(^|_)(pad|eos|bos|unk|sep|cls|mask|stop|max|min|num|new)_|tokens$|id_key|cache"
    r"|key_?(name|col|field|path|file|word)|(session|s3|object|widget|state|redis|bucket)_key",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"your|change_?me|example|placeholder|dummy|fake|test|sample|redacted|secret|insert|enter|replace|none|null|todo|here"
    r"|publishable|default|demo"
    r"|<|>|\{|\$|\*\*|xxx|\.\.\.|^(.)\1*$|^[a-z]+$|^[A-Z_]+$|password|api[-_ ]?key|token",
    re.IGNORECASE,
)
_LIKE_A_KEY = re.compile(
    r"(sk-[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{12,}|AIza[\w-]{20,}|r8_\w{20,}|gsk_\w{20,})"
)
_NAME = re.compile(r"(?=.*[a-z]{4})[a-z0-9]{1,12}([_-][a-z0-9]{1,12})*|\S*/\S*\.\w{1,5}")
"""What a key is called, or where something lies."""

_PLAIN_KEY = re.compile(r"(?<!api)(?<!api_)(?<!secret_)(?<!access_)(?<!auth_)(?<!private_)key$", re.IGNORECASE)
_FEWEST = 8
_LONG = 16
_READS_ENVIRONMENT = frozenset({"os.getenv", "os.environ.get"})
_GUARDS = re.compile(r"(SECRET|PASSWORD|PASSWD|(API|ACCESS|SECRET|AUTH|JWT)_?KEY|AUTH_TOKEN)(_|$)(?!ID|NAME)")
_STANDS_FOR_NONE = re.compile(
    r"^(none|null|empty|dummy\w*|fake|n/?a|x+|\.+|not[-_ ]\w+|no[-_]\w+|unused|undefined|placeholder|missing)$"
    r"|^(pass(word)?|secret|postgres|root|admin|user(name)?|guest|custom|minio(admin)?|mlflow|airflow|default[-_]\w+)$"
    r"|your|insert|<|\bsk-|\.\.\.|/",
    re.IGNORECASE,
)


class CommittedCredential(Rule):
    """A password or a token of a service stands in the code.

    The run depends on one person's account, everybody who reads the repository can use it, and after it is revoked
    the code stops working everywhere. Sculley et al. 2015, section 6: what differs from place to place is
    configuration, and must not be spread over the code.

    ## How to repair

    Revoke it, and read the new one from the environment or from a store of secrets.

    ## In the environment that a notebook prepares, and in a constant

    ```python title="evaluate.ipynb"
    # %%
    import os
    os.environ["MLFLOW_TRACKING_USERNAME"] = "ada"
    os.environ["MLFLOW_TRACKING_PASSWORD"] = "68a4692c47a369aa6f9e"  # expect: committed-credential
    ```

    ```python title="train.py"
    import wandb
    WANDB_API_KEY = "0f3a9c1e7b2d4860a1f5"  # expect: committed-credential
    wandb.login(key=WANDB_API_KEY)
    ```

    ## As an argument, by its form

    ```python title="ask.py"
    from openai import OpenAI
    client = OpenAI(api_key="sk-a8F3kd92Lq0Zx7Vb1Nm4")  # expect: committed-credential
    ```

    ## A default that opens the door wherever nobody sets another

    ```python title="app/security.py"
    import os
    SECRET = os.getenv("API_KEY_SECRET", "my-default-key")  # expect: committed-credential
    TOKEN = os.getenv("API_KEY", "<your key>")
    OTHER = os.environ.get("DB_PASSWORD", "")
    ```

    ## Read from outside, a placeholder, names that are no secrets

    ```python title="ask.py"
    import os
    from openai import OpenAI
    client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])
    other = OpenAI(api_key="YOUR_API_KEY")
    os.environ["HF_TOKEN"] = "<your token here>"
    PAD_TOKEN = "[PAD-0001-xyz]"
    sort_key = "customer_2024_id"
    session_key = "viz_pipeline_step2"
    key = "energy_100g"
    res_key = "3d_fullres"
    show(chart, key="step1_failure_tag_chart")
    mapbox_token = "pk.eyJ1IjoiYWxtYXMiLCJhIjoiY2pkNzRmIn0"
    password = os.getenv("POSTGRES_PASSWORD", "postgres")
    model_key = "models/churn/model_2024.pt"
    TOKEN = ""
    max_tokens = 1024
    ```

    ## Tests

    ```python title="tests/test_ask.py"
    API_KEY = "0f3a9c1e7b2d4860a1f5"
    ```
    """

    profile = Profile.AUDIT
    severity = Severity.WARNING
    minutes = 15

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such values, at the first one; the values are not repeated."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            found = sorted({(source.location(span), name) for name, span in _credentials(source)}, key=_place)
            if found:
                (first, name), *others = found
                yield self.finding(
                    first,
                    f"the value of `{name}` stands in the code"
                    + (f" (and {len(others)} more)" if others else ""),
                    related=[Related(place, f"the value of `{other}`, too") for place, other in others],
                )


def _place(found: tuple[Location, str]) -> tuple[int, int, str]:
    place, name = found
    return (place.cell or 0, place.span.line, name)


def _credentials(source: SourceFacts) -> Iterator[tuple[str, facts.Span]]:
    """The names that get a secret as a literal, with their places."""
    for binding in source.facts.bindings:
        if (
            binding.kind in ("assign", "annotated")
            and not binding.path
            and _is_secret(binding.name, binding.value)
        ):
            yield binding.name, binding.span
    for store in source.facts.stores:
        match store.target:
            case facts.Attr(_, name) | facts.Item(_, facts.Const(str() as name)) if _is_secret(name, store.value):
                yield name, store.span
    for call in source.facts.calls:
        for keyword in call.keywords:
            if _is_secret(keyword.name, keyword.value):
                yield keyword.name, call.span
        match call.args:
            case [facts.Const(str() as name), facts.Const(str() as value)] if call.name in _READS_ENVIRONMENT:
                if _GUARDS.search(name) and len(value) > 2 and not _STANDS_FOR_NONE.search(value):
                    yield name, call.span
        for argument in call.args:
            if isinstance(argument, facts.Const) and _LIKE_A_KEY.fullmatch(str(argument.value)):
                yield call.name or "a call", call.span


def _is_secret(name: str, value: facts.Expr | None) -> bool:
    text = value.value if isinstance(value, facts.Const) else None
    if not isinstance(text, str) or " " in text.strip() or len(text) < _FEWEST:
        return False
    if _LIKE_A_KEY.fullmatch(text):
        return True
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    named = bool(_SECRET.search(name)) and not _NO_SECRET.search(name)
    return (
        named
        and mixed
        and not _PLACEHOLDER.search(text)
        and "/" not in text[:2]
        and not (_PLAIN_KEY.search(name) and _NAME.fullmatch(text))
        and not (name.lower().strip("_") in ("key", "keys") and len(text) < _LONG)
        and not text.startswith("pk.")  # a publishable one
        and not text.endswith((".json", ".pem"))
    )
