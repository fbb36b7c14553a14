"""The rule `wrong-distribution`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Dependency, Finding, Kind, Manifest, Project, Related, Role, Rule, Severity, manifests

_MEANT = {
    "sklearn": "`scikit-learn`; this name is a placeholder whose newer versions refuse to install",
    "cv2": "`opencv-python`",
    "pil": "`pillow`",
    "yaml": "`pyyaml`",
    "skimage": "`scikit-image`",
    "dotenv": "`python-dotenv`; this is another package",
    "opencv": "`opencv-python`",
    "tensorflow-gpu": "`tensorflow`; this name is no longer published",
    "torch-vision": "`torchvision`",
    "pytorch": "`torch`; this name is a placeholder that fails to install",
    "google-cloud": "a package for each service; this one is empty",
    "imblearn": "`imbalanced-learn`; this name is a placeholder",
    "mpl-toolkits": "`matplotlib`",
}
_STANDARD = frozenset(
    name
    for line in (
        "pickle json os sys re csv random math collections datetime time logging itertools functools",
        "subprocess glob shutil io warnings copy typing pathlib argparse uuid sqlite3 tkinter unittest string",
        "urllib multiprocessing threading enum hashlib statistics contextlib asyncio dataclasses abc base64",
        "tempfile traceback configparser smtplib socket zipfile",
    )
    for name in line.split()
)

_OLD_PYTHON = re.compile(r"(enum34|futures|functools32|backports[-.](shutil|functools|abc|ssl).*|subprocess32)$")


class WrongDistribution(Rule):
    """A list of dependencies names a module, and the package of that name is another one, or none.

    The install fails, or brings a placeholder or an abandoned backport that hides the module of the standard library.
    Whoever wrote it had the right package by accident. van Oort et al. 2021 name the management of dependencies as the
    main obstacle to reproducing a project.

    ## How to repair

    Name the package that provides the module, with its version.

    ## Modules in place of packages

    ```text title="requirements.txt"
    sklearn  # expect: wrong-distribution
    pandas==2.2.3
    pickle
    ```

    ```toml title="pyproject.toml"
    [project]
    dependencies = [
        "cv2",  # expect: wrong-distribution
        "numpy==2.1",
    ]
    ```

    ## The right names

    ```text title="requirements.txt"
    scikit-learn==1.5.2
    opencv-python==4.10.0.84
    pyyaml==6.0.2
    ```

    ## Backports for old versions of the language, and conda, where the names are others

    ```text title="requirements.txt"
    dataclasses; python_version < "3.7"
    ```

    ```text title="old/requirements.txt"
    enum34==1.1.6
    configparser==3.5.0
    ```

    ```text title="gpu/requirements.txt"
    tensorflow-gpu==1.14.0
    ```

    ```yaml title="environment.yml"
    dependencies:
      - pytorch=2.4
      - opencv=4.10
    ```
    """

    minutes = 5
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each list with such names."""
        for manifest in manifests(project):
            source = manifest.source
            if source.source.is_any(*self.skip_roles) or source.kind is Kind.YAML:
                continue
            wrong = [(d, meant) for d in manifest.dependencies if (meant := _meant(manifest, d))]
            if wrong:
                (first, meant), *others = wrong
                yield self.finding(
                    first.location,
                    f"`{first.name}` is not the package that is meant: {meant}",
                    related=[Related(d.location, f"`{d.name}`: {text}") for d, text in others[:10]],
                    severity=Severity.INFO if source.source.is_any(Role.TUTORIAL, Role.NOTEBOOK) else None,
                    scope=first.name,
                )


def _meant(manifest: Manifest, dependency: Dependency) -> str:
    """What to name instead; empty for a name that is right."""
    name = dependency.name
    if name == "tensorflow-gpu" and dependency.specifier.startswith("=="):
        return ""  # the old versions are there
    if name in _STANDARD and any(_OLD_PYTHON.match(other.name) for other in manifest.dependencies):
        return ""  # a frozen environment of Python 2, which needs the backports
    if name in _STANDARD:
        marked = any(r.name == name and r.marker for r in manifest.source.facts.requirements)
        return "" if marked else "the module is part of the language"
    return _MEANT.get(name, "")
