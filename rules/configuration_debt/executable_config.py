"""The rule `executable-config`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    executed_files,
    facts,
    file_read,
    walk,
)

_CONFIGURATION = re.compile(
    r"(.*_)?(cfg|conf|configs?|configuration|args|opts?|options|params|hparams|flags|settings|hyper_?params)$",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"(^|[/_.-])(config\w*|settings|params|hparams|options)\.(py|txt|cfg|json|ya?ml)$", re.IGNORECASE
)
_SET_UP = re.compile(r"\bpython\S* \S+\.py (\S+ )*config\S*\.py\b|\bconfigurator\b")
_GIVEN = re.compile(r"(option|argv|environment|config)$")


class ExecutableConfig(Rule):
    """Configuration is executed as code.

    A setting that goes through `eval` or `exec` can be anything: it cannot be validated, searched or compared,
    a mistake in it shows when the program is already running, and whoever writes it runs code. Sculley et al.
    2015, section 6: it should be easy to assert and verify basic facts about a configuration.

    ## How to repair

    Look the name up in a dictionary of what is allowed, use `ast.literal_eval` for plain values, or let the
    framework instantiate (`_target_`).

    ## A setting that is evaluated

    ```python title="train.py"
    import argparse, os, yaml
    cfg = yaml.safe_load(open("params.yaml"))
    model = eval(cfg["model"]["class"])()  # expect: executable-config
    parser = argparse.ArgumentParser()
    parser.add_argument("--loss")
    args = parser.parse_args()
    loss = eval(f"losses.{args.loss}")  # expect: executable-config
    other = eval(f"losses.{args.loss}")
    size = eval(os.environ["IMAGE_SIZE"])  # expect: executable-config
    ```

    ## A file of settings that is run

    ```python title="train.py"
    batch_size = 12
    exec(open("configurator.py").read())  # expect: executable-config
    ```

    ## Settings that become variables

    ```python title="train.py"
    import json
    config = json.load(open("config.json"))
    globals().update(config)  # expect: executable-config
    ```

    ## Literals, evaluation mode, expressions that are no settings

    ```python title="train.py"
    import ast
    from settings import config
    sizes = ast.literal_eval(config["sizes"])
    model.eval()
    model = MODELS[config["model"]]
    value = eval("1 + 1")
    frame.eval("a > b")
    row = eval(line)
    ```

    ## A version in setup.py

    ```python title="setup.py"
    exec(open("churn/version.py").read())
    ```

    ## Tests, and tools for people at a prompt

    ```python title="tests/test_config.py"
    import yaml
    cfg = yaml.safe_load(open("params.yaml"))
    assert eval(cfg["expression"]) == 3
    ```

    ```python title="shell.py"
    while True:
        print(eval(input(">>> ")))
    ```

    ## The one script of a research repository says how it is configured

    ```text title="README.md"
    Override settings on the command line or in a file: `python train.py config/small.py --batch_size=32`.
    ```

    ```python title="train.py"
    batch_size = 8
    exec(open("configurator.py").read())  # expect: executable-config as info
    fit(batch_size)
    ```
    """

    profile = Profile.HOOK
    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each setting that is run as code."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            names = {"eval", "exec", "globals"}
            if names.isdisjoint(source.facts.words) and names.isdisjoint(source.facts.header.names):
                continue
            found: dict[str, list[facts.Call]] = {}
            for call in source.facts.calls:
                found.setdefault(_executed(project, source, call), []).append(call)
            for what, (first, *others) in found.items():
                if what:
                    yield self.finding(
                        source.location(first.span),
                        f"{what}: it cannot be validated, searched or compared",
                        related=[
                            *(Related(place, "is executed") for place in executed_files(project, source, first)),
                            *(Related(source.location(other.span), "again") for other in others[:10]),
                        ],
                        severity=Severity.INFO if _is_told(project, source, what) else None,
                        scope=source.scope_name(first.block),
                    )


def _is_told(project: Project, source: SourceFacts, what: str) -> bool:
    """Whether a lesson executes a setting, or the README says that a program is set up by files which are run."""
    if source.source.is_any(Role.TUTORIAL):
        return True
    texts = project.sources(Kind.MARKDOWN) if what.startswith("the configuration file") else ()
    return any(_SET_UP.search(text.text()) for text in texts)


def _executed(project: Project, source: SourceFacts, call: facts.Call) -> str:
    """What a call runs, as the beginning of a message; empty if it runs no setting."""
    if (
        isinstance(call.func, facts.Attr)
        and call.func.name == "update"
        and isinstance(call.func.base, facts.Called)
    ):
        inner = source.facts.calls[call.func.base.call]
        if inner.name == "globals" and call.args and _setting(project, source, call.args[0]):
            return f"`globals().update({_setting(project, source, call.args[0])})` turns settings into variables"
        return ""
    if call.name not in ("eval", "exec") or not call.args:
        return ""
    if call.name == "exec" and (path := file_read(source, call.args[0])):
        return f"the configuration file `{path}` is executed" if _FILE.search(path) else ""
    setting = _setting(project, source, call.args[0])
    return f"the setting `{setting}` is executed with `{call.name}`" if setting else ""


def _setting(project: Project, source: SourceFacts, expr: facts.Expr) -> str:
    """The setting that an expression contains, for people; empty if it contains none."""
    for part in walk(expr):
        if isinstance(part, facts.Attr | facts.Item | facts.Ref):
            root: facts.Expr = part
            trail: list[object] = []
            while isinstance(root, facts.Attr | facts.Item):
                key = root.index if isinstance(root, facts.Item) else root.name
                trail.append(key.value if isinstance(key, facts.Const) else key if isinstance(key, str) else "")
                root = root.base
            trail = [step for step in trail if step != ""]  # what an index or a slice takes has no name
            named = isinstance(root, facts.Ref) and (
                _CONFIGURATION.match(root.name)
                or (root.name == "self" and trail and _CONFIGURATION.match(str(trail[-1])))
            )
            if named and isinstance(root, facts.Ref):
                return ".".join([root.name, *map(str, reversed(trail))])
            cause = getattr(project.value(source, part), "cause", "")
            if _GIVEN.match(cause) and isinstance(root, facts.Ref):
                return ".".join([root.name, *map(str, reversed(trail))])
        elif (
            isinstance(part, facts.Called) and getattr(project.value(source, part), "cause", "") == "environment"
        ):
            return source.facts.calls[part.call].name
    return ""
