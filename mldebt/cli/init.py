"""`mldebt init`: write settings, hook and workflow for the repository at hand. Nothing that exists is changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from mldebt import __version__
from mldebt.files import read_file, write_file

_SETTINGS = """\
# Settings of mldebt; `mldebt config` shows those in effect, `mldebt config --schema` all there are.
profile = "ci"
"""

_HOOK = """\
  - repo: local
    hooks:
      - id: mldebt
        name: mldebt
        entry: mldebt check --force-exclude --profile=hook --
        language: python
        additional_dependencies: [mldebt=={version}]
        files: |
          (?x)(
            \\.(py|ipynb|ya?ml|toml|cfg|ini|json|in|dvc|env|(ba|z)?sh|sql|smk|mk|pip|dockerfile)$|
            (^|/)(MLproject|Snakefile|Pipfile|(GNU)?[Mm]akefile[^/]*|(Docker|Container)file[^/]*|\\.env\\.[^/]*|\\.condarc)$|
            (^|/)(\\.dvc/config(\\.local)?|(Pipfile|dvc|uv|poetry|pdm)\\.lock|requirements/[^/]*\\.txt)$|
            (^|[-_./])(requirements?|constraints?)([-_.][^/]*)?\\.txt$
          )
        types: [text]
        require_serial: true
"""

_WORKFLOW = """\
name: mldebt
on:
  pull_request:
  push:
    branches: [{branch}]
permissions:
  contents: read
jobs:
  mldebt:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install mldebt=={version}
      - run: mldebt check --output-format github --output-format markdown="$GITHUB_STEP_SUMMARY"
"""

_GITLAB = """\
mldebt:
  image: python:3.12
  script:
    - pip install mldebt=={version}
    - mldebt check --output-format concise --output-format gitlab=gl-code-quality-report.json
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
"""


_JENKINS = """\
stage('mldebt') {{
  steps {{
    sh 'pip install mldebt=={version} && mldebt check --output-format concise --output-format sarif=mldebt.sarif'
  }}
  post {{
    always {{
      recordIssues tools: [sarif(pattern: 'mldebt.sarif')]
    }}
  }}
}}
"""
_RETIRED = frozenset({"legacy", "archive", "archived", "old", "deprecated", "third_party", "vendor", "external"})


class _Proposal(NamedTuple):
    """A file to write; `text` is written if the file is not there, else `addition` is shown."""

    path: str
    text: str
    addition: str


@click.command("init", short_help="Write settings, hook and workflow for this repository.")
@click.argument("directory", default=".", type=click.Path(exists=True, file_okay=False))
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
def command(directory: str, dry_run: bool) -> None:
    """Write settings, a pre-commit hook and a CI job for the repository in DIRECTORY.

    Files that exist are left alone, and what to add to them is shown.
    """
    from mldebt.cli.failures import Failure

    root = Path(directory)
    for proposal in _proposals(root):
        file = root / proposal.path
        if file.exists():
            if _mentions_us(file):
                click.echo(f"{proposal.path}: mentions mldebt already")
            else:
                click.echo(f"{proposal.path}: exists; add\n\n{_indented(proposal.addition)}")
            continue
        if not dry_run:
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                write_file(file, proposal.text.encode())
            except OSError as error:
                raise Failure(f"{file} cannot be written: {error.strerror or error}") from error
        click.echo(f"{proposal.path}: {'would be written' if dry_run else 'written'}")
    click.echo("Next: `mldebt check`; then `mldebt baseline write` to accept what is there for now.")


def _mentions_us(file: Path) -> bool:
    try:
        return b"mldebt" in read_file(file)
    except OSError:
        return False


def _proposals(root: Path) -> Iterator[_Proposal]:
    from mldebt.settings import find_settings

    found = find_settings(root.resolve())
    if found is None or found.parent != root.resolve():
        settings = _SETTINGS + _excludes(root)
        yield _Proposal("mldebt.toml", settings, settings)
    hook = _HOOK.format(version=__version__)
    yield _Proposal(".pre-commit-config.yaml", f"repos:\n{hook}", hook)
    if (root / ".gitlab-ci.yml").exists():
        job = _GITLAB.format(version=__version__)
        yield _Proposal(".gitlab-ci.yml", job, job)
    elif (root / "Jenkinsfile").exists():
        stage = _JENKINS.format(version=__version__)
        yield _Proposal("Jenkinsfile", stage, stage)
    else:
        workflow = _WORKFLOW.format(version=__version__, branch=_branch(root))
        yield _Proposal(".github/workflows/mldebt.yml", workflow, workflow)


def _excludes(root: Path) -> str:
    """A line, to be uncommented, that leaves out directories whose names say that nobody works on them."""
    found = sorted(path.name for path in root.iterdir() if path.is_dir() and path.name.lower() in _RETIRED)
    names = ", ".join(f'"/{name}/"' for name in found)
    return f"# extend-exclude = [{names}]  # if nobody works on them\n" if found else ""


def _branch(root: Path) -> str:
    """The branch that is checked out, by the look of it the main one; `main` if that cannot be told."""
    try:
        head = read_file(root / ".git" / "HEAD").decode("utf-8", "replace").strip()
    except OSError:
        return "main"
    name = head.removeprefix("ref: refs/heads/")
    return name if name in ("main", "master", "develop", "trunk") else "main"


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())
