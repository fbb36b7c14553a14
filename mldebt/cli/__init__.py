"""The command line. One file a command; only the command that is used is imported."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from mldebt import __version__

_COMMANDS = (
    "audit",
    "baseline",
    "calibrate",
    "check",
    "clean",
    "config",
    "explain",
    "graph",
    "init",
    "new",
    "rules",
    "trend",
)


class _LazyGroup(click.Group):
    """A group whose commands live in modules of their own names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"mldebt.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            from mldebt.schema import suggestion

            ctx.fail(f"There is no command `{args[0]}`{suggestion(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it says about its arguments is fit to be shown."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            from mldebt.printable import printable_lines

            vars(error)["message"] = printable_lines(error.message)
            raise


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mldebt", message="%(prog)s %(version)s")
def cli() -> None:
    """Find the technical debt of machine-learning code: across scripts, notebooks and pipeline files.

    Exit codes: 0 clean, 1 findings at or above --fail-on, 2 the job could not be done.
    """


def main() -> None:
    """Run the command line; anything unexpected is a short message and exit code 2."""
    if "_MLDEBT_COMPLETE" in os.environ:
        from mldebt.cli.completion import register

        register()
    try:
        sys.exit(cli(prog_name="mldebt", standalone_mode=False))
    except click.Abort:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has left; Python would complain when it flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
    except Exception as error:
        _tell_defect(error)
        sys.exit(2)


def _tell_defect(error: Exception) -> None:
    if os.environ.get("MLDEBT_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
        return
    from mldebt.printable import printable

    message = printable(" ".join(str(error).split()))
    print(f"mldebt: {type(error).__name__}: {message}", file=sys.stderr)
    print("This should not happen; MLDEBT_TRACEBACK=1 shows where it did.", file=sys.stderr)
