"""The rule `repeated-logging-setup`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Profile, Project, Related, Role, Rule, Severity, is_library

_HANDLERS = ("logging.StreamHandler", "logging.FileHandler", "logging.handlers.RotatingFileHandler")


class RepeatedLoggingSetup(Rule):
    """Several scripts set up handlers and formats of their logs by themselves.

    The dozen lines were copied into each step of the pipeline. One of them gets another level or another file, and the
    run can no longer be followed in one place. Sculley et al. 2015, section 5 (Abstraction Debt).

    ## How to repair

    Make it one function, `get_logger(name)`, or a configuration that is read once where the program starts.

    ## Two steps

    ```python title="ingest.py"
    import logging
    logger = logging.getLogger("ingest")
    formatter = logging.Formatter("%(asctime)s %(message)s")  # expect: repeated-logging-setup
    handler = logging.FileHandler("ingest.log")
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    ```

    ```python title="train.py"
    import logging
    logger = logging.getLogger("train")
    formatter = logging.Formatter("%(asctime)s %(message)s")
    handler = logging.FileHandler("train.log")
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    ```

    ## One place, and plain configurations

    ```python title="log.py"
    import logging
    def get_logger(name):
        logger = logging.getLogger(name)
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger.addHandler(handler)
        return logger
    ```

    ```python title="train.py"
    import logging
    logging.basicConfig(level=logging.INFO)
    ```

    ## Tests set up what they need

    ```python title="src/log.py"
    import logging
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logging.getLogger().addHandler(handler)
    ```

    ```python title="tests/test_log.py"
    import logging
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logging.getLogger().addHandler(handler)
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 15
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.MIGRATION}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each part of the repository in which several files set up their logs."""
        handling = {site.source.path for site in project.calls(*_HANDLERS)}
        parts: dict[str, dict[str, Location]] = defaultdict(dict)
        for site in project.calls("logging.Formatter"):
            source = site.source
            if source.kind is not Kind.PYTHON or source.source.is_any(*self.skip_roles):
                continue
            if source.path not in handling or not {"addHandler", "setFormatter"} <= set(
                source.facts.header.methods
            ):
                continue
            parts[project.subprojects.root_of(source.path)].setdefault(source.path, site.location)
        for places in parts.values():
            files = [path for path in sorted(places) if not is_library(project, path)]
            original = [path for path in files if path not in project.versions.originals]
            if len(original) > 1:
                first, *others = (places[path] for path in original)
                yield self.finding(
                    first,
                    f"{len(original)} files set up handlers and formats of their logs, each by itself",
                    related=[Related(place, "here, too") for place in others],
                    minutes=5 + 5 * len(original),
                )
