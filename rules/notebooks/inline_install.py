"""The rule `inline-install`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, facts, is_library

_WITH_VALUE = re.compile(
    r"-[iftnp]$|--(index-url|extra-index-url|find-links|target|prefix|root|src|platform|python-version|proxy|timeout"
    r"|retries|trusted-host|cache-dir|log|global-option|config-settings|name|channel|abi|implementation"
    r"|progress-bar|upgrade-strategy|no-binary|only-binary|root-user-action|exists-action|use-feature|use-deprecated"
    r"|cert|client-cert|keyring-provider|retry-delay|report|python|build-option|group)$"
)
_FILE_OPTION = re.compile(r"-[a-zA-Z]*[rec]$|--(requirement|editable|file)$")
_TOOLS = frozenset({"pip", "setuptools", "wheel", "uv", "conda"})
_PINNED = re.compile(r"===?|~=|\bhttps?://(?!.*\.git$)|[$]|^\{|^[./~]|\.(whl|tar\.gz|zip)(#.*)?$|git\+.*@[\w.-]+")
_CONDA_PIN = re.compile(r"=")
_NAME = re.compile(r"(?:git\+)?(?:.*/)?(?P<name>[A-Za-z0-9][\w.-]*?)(?:\.git)?(?:\[.*\])?(?:[<>!].*)?$")


class InlineInstall(Rule):
    """A notebook installs packages without versions.

    It then runs against whatever is newest on that day: next month its results differ, or it fails, and nothing
    says which versions it was written for. Pimentel et al. 2019 found undeclared dependencies to be a main cause
    of notebooks that do not run; Sculley et al. 2015, section 3, call such inputs unstable dependencies.

    ## How to repair

    Install the project's locked requirements (`%pip install -r ../requirements.lock`), or pin the versions.

    ## Bare names, in every way to install them

    ```python title="train.ipynb"
    # %%
    !pip install transformers datasets -q  # expect: inline-install
    # %%
    import transformers
    ```

    ```python title="conda.ipynb"
    # %%
    %conda install -c conda-forge lightgbm  # expect: inline-install
    ```

    ```python title="module.ipynb"
    # %%
    import sys
    !{sys.executable} -m pip install "scikit-learn>=1.0"  # expect: inline-install
    ```

    ## Several lines of a notebook are one finding

    ```python title="train.ipynb"
    # %%
    %pip install -U xgboost==2.0.3 shap  # expect: inline-install
    # %%
    %pip install git+https://example.com/team/tools.git
    ```

    ## With versions

    ```python title="train.ipynb"
    # %%
    %pip install -q xgboost==2.0.3 "keras~=3.4.1"
    !conda install -y lightgbm=4.3
    !pip install git+https://example.com/team/tools.git@v1.2
    !pip install https://example.com/wheels/tools-1.0-py3-none-any.whl
    ```

    ## From the project's requirements, under its constraints, or from the project itself

    ```python title="train.ipynb"
    # %%
    !pip install -r ../requirements.txt
    !pip install -qr ../requirements.txt
    !pip install -c constraints.txt pandas
    %pip install -e ..
    !pip install --no-deps ./dist/churn.whl
    ```

    ## An example of a library shows its newest version

    ```python title="examples/start.ipynb"
    # %%
    !pip install nets torch
    ```

    ```toml title="pyproject.toml"
    [project]
    name = "nets"
    classifiers = ["Programming Language :: Python"]
    ```

    ## The installer, and what cannot be known

    ```python title="train.ipynb"
    # %%
    !pip install -q -U pip setuptools
    !pip install $PACKAGE {extra}
    !apt-get install -y graphviz
    !pip list
    !pip install ./wheels/nets.whl --root-user-action ignore --exists-action w
    ```
    """

    profile = Profile.HOOK
    minutes = 5
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield at most one finding a notebook."""
        for source in self.sources(project, Kind.NOTEBOOK):
            if source.source.is_any(Role.TUTORIAL) and is_library(project, source.path):
                continue  # it shows the newest version of the library that it is a part of
            installs = [
                (command, names) for command in source.facts.commands if (names := _unpinned(command.argv))
            ]
            if installs:
                yield self._finding(source, installs)

    def _finding(self, source: SourceFacts, installs: list[tuple[facts.Command, list[str]]]) -> Finding:
        names = list(dict.fromkeys(name for _, found in installs for name in found))
        shown = ", ".join(f"`{name}`" for name in names[:5]) + (
            f" and {len(names) - 5} more" if names[5:] else ""
        )
        first, *others = installs
        mild = source.source.is_any(Role.TUTORIAL) or _for_colab(source, first[0])
        return self.finding(
            source.location(first[0].span),
            f"the notebook installs {shown} without exact versions: it runs against whatever is newest that day",
            related=[Related(source.location(c.span), f"installs {', '.join(found)}") for c, found in others],
            severity=Severity.INFO if mild else None,
        )


def _unpinned(argv: tuple[str, ...]) -> list[str]:
    """The packages that a command installs in whatever version there is; none if it installs nothing."""
    if "install" not in argv:
        return []
    words = [word.rpartition("/")[2] for word in argv[: argv.index("install")]]
    if not words or words[-1] not in ("pip", "pip3", "conda", "mamba", "micromamba"):
        return []
    is_pip = words[-1].startswith("pip")
    packages: list[str] = []
    rest = iter(argv[argv.index("install") + 1 :])
    for word in rest:
        if is_pip and re.match(r"-[a-zA-Z]*c$|--constraint", word):
            return []
        if _WITH_VALUE.match(word) or _FILE_OPTION.match(word):
            next(rest, None)
        elif not word.startswith("-"):
            packages.append(word)
    unpinned = (p for p in packages if not _PINNED.search(p) and (is_pip or not _CONDA_PIN.search(p)))
    matches = (_NAME.match(package) for package in unpinned)
    return [match["name"] for match in matches if match and match["name"] not in _TOOLS]


def _for_colab(source: SourceFacts, command: facts.Command) -> bool:
    """Whether a command runs on a hosted service only, where nothing else can prepare the environment."""
    line = command.span.line
    around = [b.test for b in source.facts.blocks if b.kind == "if" and b.span.line <= line <= b.span.end_line]
    same_line = [other.argv for other in source.facts.commands if other.span.line == line]
    return "colab" in repr((around, same_line)).lower()
