"""`mldebt new`: write the file of a new rule."""

from __future__ import annotations

import re
from pathlib import Path

import click

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+$")

_TEMPLATE = '''"""The rule `{id}`; `mldebt rules --test {file}` runs its examples."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Rule, Severity


class {name}(Rule):
    """Printing instead of logging loses the record of a run.

    Say here why this is debt: what it will cost, whom, and who found that out.

    ## What is found

    ```python title="train.py"
    print("score", 0.91)  # expect: {id}
    ```

    ## A logger is fine

    ```python title="train.py"
    import logging

    logging.info("score %s", 0.91)
    ```

    ## Tests may print

    ```python title="tests/test_train.py"
    print("score")
    ```

    ## How to repair

    Say here what to do instead.
    """

    severity = Severity.WARNING
    profile = Profile.CI
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield each call of `print`."""
        for site in project.calls("print"):
            if not site.source.source.is_any(*self.skip_roles):
                yield self.finding(
                    site.location,
                    f"`{{site.name}}` keeps no record of the run",
                    scope=site.source.scope_name(site.call.block),
                )
'''


@click.command("new", short_help="Write the file of a new rule.")
@click.argument("rule")
@click.option(
    "--in",
    "folder",
    required=True,
    type=click.Path(file_okay=False),
    help="The folder of the kind of debt, for instance rules/glue_code (made if it does not exist).",
)
def command(rule: str, folder: str) -> None:
    """Write the file of a new rule called RULE (kebab-case), with examples that pass."""
    if not _ID.match(rule):
        raise click.UsageError(f"A rule's name is at least two lower-case words joined by hyphens, not `{rule}`.")
    file = Path(folder) / f"{rule.replace('-', '_')}.py"
    if file.exists():
        raise click.UsageError(f"{file} exists.")
    name = "".join(word.capitalize() for word in rule.split("-"))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_TEMPLATE.format(id=rule, name=name, file=file.as_posix()), encoding="utf-8")
    click.echo(f"Wrote {file}. Next: mldebt rules --test {file}")
