"""The rule `committed-account`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from mldebt import Finding, Kind, Location, Profile, Project, Related, Role, Rule, Severity, SourceFacts

_SECRET = re.compile(
    r"(^|[_\W])(pass(word|wd)?|pwd|(api|access|secret|fernet|auth|private)_?key|secret|(auth|access|api|bot)_?token)s?$"
    r"|(^|__)admin_?pass\w*$",
    re.IGNORECASE,
)
_KEY_FILE = re.compile(r"(kaggle|.*(secret|credential|service[-_]?account)s?)\.json$", re.IGNORECASE)
_ACCOUNT_URL = re.compile(r"[a-z][a-z0-9+.]*://[^\s:/@${}<>]+:(?P<password>[^\s:/@${}<>]+)@")
_FROM_OUTSIDE = re.compile(
    r"\$|\{|<|^(null|none|true|false|env|vault|secretsmanager|placeholder|xyz|abc|random\w*|string|str|xxx+|\*+|\.\.\.)$"
    r"|change|your|ex[ae]mple|replace|insert|to[-_]?do|^/run/|^/|\.(txt|json|pem|key)$|secrets?\.|^env[:.(]|getenv|^\d?$|^(?-i:[A-Z]+(_[A-Z]+)+)$",
    re.IGNORECASE,
)
_FOR_OTHERS = re.compile(
    r"ex[ae]mple|sample|template|\.dist|(^|/)(\.github|i18n|locales?|charts?|docs?)/|schema|openapi|swagger",
    re.IGNORECASE,
)
_KINDS = (Kind.YAML, Kind.TOML, Kind.INI, Kind.ENV, Kind.DOCKERFILE, Kind.JSON)


class CommittedAccount(Rule):
    """A password or key stands in a configuration file of the repository.

    Everybody who has the code has the account, changing it is a commit, and the file cannot be the same on two
    machines. A default such as `admin` opens every installation that was never changed. Sculley et al. 2015, section
    6: what differs from place to place is configuration, and belongs outside of the code.

    ## How to repair

    Take it from the environment or a store of secrets (`${POSTGRES_PASSWORD}`), and change it.

    ## Services and their accounts

    ```yaml title="docker-compose.yml"
    services:
      db:
        image: postgres:15
        environment:
          POSTGRES_USER: airflow
          POSTGRES_PASSWORD: airflow  # expect: committed-account
      grafana:
        image: grafana/grafana:10.0
        environment:
          - GF_SECURITY_ADMIN_PASSWORD=admin
    ```

    ```ini title=".env"
    DB_HOST=localhost
    DB_PASSWORD=hunter22  # expect: committed-account
    ```

    ## A key file, an address with a password

    ```json title="kaggle.json"
    {
      "username": "ada",
      "key": "5d41402abc4b2a76b9719d911017c592"  // expect: committed-account
    }
    ```

    ```yaml title="conf/local/credentials.yml"
    warehouse:
      con: postgresql://churn:s3cr3t@db:5432/churn  # expect: committed-account
    ```

    ## From the environment, a placeholder, an example

    ```yaml title="docker-compose.yml"
    services:
      db:
        environment:
          POSTGRES_PASSWORD: ${DB_PASSWORD:-postgres}
          OTHER_PASSWORD: <your password>
          POSTGRES_PASSWORD_FILE: /run/secrets/db
          EMPTY_PASSWORD: ""
        secrets: [password]
    ```

    ```ini title=".env.example"
    DB_PASSWORD=hunter22
    ```

    ## Words that only look alike

    ```yaml title="params.yaml"
    tokenizer: {pad_token: "<pad>", key: value, sort_key: age, secret: null}
    max_tokens: 512
    primary_key: customer_id
    ```

    ## Tests

    ```yaml title="tests/docker-compose.yml"
    services: {db: {environment: {POSTGRES_PASSWORD: test}}}
    ```
    """

    profile = Profile.AUDIT
    severity = Severity.WARNING
    minutes = 15
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file, at the first account; the values are not repeated."""
        for source in self.sources(project, *_KINDS):
            if _FOR_OTHERS.search(source.path) or source.source.is_any(Role.TUTORIAL):
                continue
            found = dict(sorted((location, name) for name, location in _accounts(source)))
            if found:
                (first, name), *others = found.items()
                yield self.finding(
                    first,
                    f"the value of `{name}` stands in the file"
                    + (f" (and {len(others)} more)" if others else ""),
                    related=[Related(place, f"the value of `{other}`, too") for place, other in others],
                )


def _accounts(source: SourceFacts) -> Iterator[tuple[str, Location]]:
    """The names that get a secret, with their places."""
    for variable in source.facts.variables:
        if _is_given(variable.name, variable.value):
            yield variable.name, source.location(variable.span)
    if source.kind is Kind.JSON and not _KEY_FILE.match(basename(source.path)):
        return
    for entry in source.facts.entries:
        if entry.kind != "scalar" or not isinstance(entry.value, str | int) or isinstance(entry.value, bool):
            continue
        name, text = str(entry.path[-1]) if entry.path else "", str(entry.value)
        assigned, _, value = text.partition("=")
        if entry.path and isinstance(entry.path[-1], int) and assigned.isidentifier():
            name, text = assigned, value  # `- NAME=value` of a compose file
        is_key = source.kind is Kind.JSON and name in ("key", "private_key", "client_secret")
        if (is_key and len(text) > 12) or _is_given(name, text):
            yield name, source.location(entry.span)


def _is_given(name: str, text: str) -> bool:
    """Whether a name is one of a secret and a text its value, or the text is an address with a password."""
    address = _ACCOUNT_URL.search(text)
    if address is not None:
        return not _FROM_OUTSIDE.search(address["password"])
    return bool(_SECRET.search(name)) and len(text) > 2 and " " not in text and not _FROM_OUTSIDE.search(text)
