"""The rule `default-divergence`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Kind, Project, Related, Role, Rule, Site, facts

_READERS = ("os.getenv", "os.environ.get", "decouple.config", "environs.Env.str", "environs.Env.int")

_LOCAL = re.compile(r"127\.0\.0\.1|0\.0\.0\.0|(?<=://)[a-z][a-z0-9_-]*(?=:\d)")
"""The names that one server has on its machine, and for its neighbours in containers."""

_NOTHING = (None, "", "N/A", "n/a", "none", "unknown", "local", "?")
"""Texts that stand for a variable which is not set."""

_OWN = re.compile(r"(^|_)PORT$")
"""What each program that is started has for itself."""

_VARIANT = re.compile(
    r"(^|/)examples?/|settings?[/_.-](prod|dev|local|test|stag|base)\w*|(prod|dev|local|test|stag)\w*[_.-]settings?",
    re.IGNORECASE,
)
"""Programs that stand for themselves, and the settings of one environment."""


class DefaultDivergence(Rule):
    """An environment variable has different defaults in different places.

    As long as the variable is not set, the parts of the program work with different values: the training writes to
    one server and the service reads from another. Sculley et al. 2015, section 6: it should be hard to make manual
    errors, omissions or oversights in a configuration.

    ## How to repair

    Read the variable in one place, such as a settings class, and import the value.

    ## Two services

    ```python title="train.py"
    import os
    HOST = os.getenv("MLFLOW_HOST", "localhost")  # expect: default-divergence
    ```

    ```python title="score.py"
    from os import environ
    HOST = environ.get("MLFLOW_HOST", "mlflow.prod")
    BUCKET = environ.get("BUCKET", "models")
    ```

    ## Numbers as texts are the same; a value that is computed may be

    ```python title="train.py"
    import os
    PORT = os.getenv("PORT", 8080)
    ROOT = os.getenv("ROOT", default_root())
    SEED = os.getenv("SEED")
    URL = os.getenv("URL", "")
    ```

    ```python title="score.py"
    import os
    PORT = os.getenv("PORT", "8080")
    ROOT = os.getenv("ROOT", "data")
    SEED = os.getenv("SEED", "3")
    URL = os.getenv("URL", "http://localhost")
    ```

    ## One machine under two names, the settings of an environment, examples

    ```python title="app.py"
    import os
    URL = os.getenv("URL", "http://localhost:80")
    DEBUG = os.getenv("DEBUG", "1")
    OUT = os.getenv("OUT", "a")
    ```

    ```python title="settings_production.py"
    import os
    URL = os.getenv("URL", "http://127.0.0.1:80")
    DEBUG = os.getenv("DEBUG", "0")
    ```

    ```python title="examples/images/main.py"
    import os
    OUT = os.getenv("OUT", "b")
    ```

    ## A port of each program, a neighbour's name for the same server, a default for one case

    ```python title="exporter.py"
    import os
    PORT = os.getenv("EXPORTER_PORT", "9100")
    URI = os.getenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    MODEL = os.getenv("EMBEDDING_MODEL", "small")
    ```

    ```python title="drift.py"
    import os
    PORT = os.getenv("EXPORTER_PORT", "9101")
    URI = os.getenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    if provider == "custom":
        MODEL = os.getenv("EMBEDDING_MODEL", "custom")
    ```

    ## Different parts of a repository, and tests

    ```python title="a/app.py"
    import os
    PORT = os.getenv("PORT", "8080")
    ```

    ```text title="a/pyproject.toml"
    ```

    ```text title="b/pyproject.toml"
    ```

    ```python title="b/app.py"
    import os
    PORT = os.getenv("PORT", "5000")
    ```

    ```python title="a/tests/test_app.py"
    import os
    PORT = os.getenv("PORT", "1")
    ```

    ## Options without a default of their own, and equal defaults

    ```python title="train.py"
    import argparse, os
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default=None)
    parser.add_argument("--port", default=argparse.SUPPRESS)
    host = parser.parse_args().host or os.getenv("HOST", "localhost")
    ```

    ```python title="score.py"
    import os
    host = os.getenv("HOST", "localhost")
    ```
    """

    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each variable whose written defaults differ."""
        found: dict[tuple[str, str], list[tuple[Site, str]]] = defaultdict(list)
        for site in project.calls(*_READERS):
            name, default = site.argument(0, "key"), site.argument(1, "default")
            if site.source.source.is_any(*self.skip_roles) or site.source.kind is not Kind.PYTHON:
                continue
            if _VARIANT.search(site.source.path) or site.source.source.is_any(Role.TUTORIAL):
                continue
            if (
                isinstance(name, facts.Const)
                and isinstance(default, facts.Const)
                and default.value not in _NOTHING
                and not _OWN.search(str(name.value))
                and not _is_for_a_case(site)
            ):
                root = project.subprojects.root_of(site.source.path)
                found[root, str(name.value)].append((site, str(default.value)))
        for (_, variable), sites in found.items():
            values = dict.fromkeys(value for _, value in sites)
            if len({_LOCAL.sub("localhost", value.lower()).rstrip("/") for value in values}) < 2:
                continue
            (_, usual), *_ = sites
            other, value = next((site, value) for site, value in sites if value.lower() != usual.lower())
            yield self.finding(
                other.location,
                f"`{variable}` has different defaults: {', '.join(f'`{v}`' for v in values)}",
                related=[Related(site.location, f"`{v}`") for site, v in sites if site is not other],
                scope=f"{variable}={value}",
            )


def _is_for_a_case(site: Site) -> bool:
    """Whether a default counts only where something has one value: the others have defaults of their own."""
    guard = site.source.enclosing(site.call.block, "if")
    return guard is not None and isinstance(guard.test, facts.Compare) and guard.test.operator in ("==", "in")
