"""Why a run could not do its job: printed one a line, exit code 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


class Failure(click.ClickException):
    """The job cannot be done: the message on standard error, exit code 2."""

    exit_code = 2


def say(message: str, *, err: bool = False) -> None:
    """Print lines in which foreign text may stand, such as names, so that no terminal obeys it."""
    from mldebt.printable import printable_lines

    click.echo(printable_lines(message), err=err)


@contextmanager
def reported() -> Iterator[None]:
    """Turn mistakes in settings and packs, and workers that do not start, into messages and exit code 2."""
    from mldebt.limits import WorkerError
    from mldebt.rule import BrokenRuleError
    from mldebt.settings import SettingsError

    try:
        yield
    except SettingsError as error:
        for mistake in error.mistakes:
            say(f"error: {mistake}", err=True)
        raise SystemExit(2) from error
    except (BrokenRuleError, WorkerError) as error:
        say(f"error: {error}", err=True)
        raise SystemExit(2) from error
