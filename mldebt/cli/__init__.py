"""The command line. One file a command; only the command that is used is imported."""

from __future__ import annotations

import errno
import faulthandler
import gc
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NoReturn

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

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


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


def main() -> NoReturn:
    """Run the command line and end the process; anything unexpected is a short message and exit code 2."""
    _open_streams()
    faulthandler.enable()  # what crashes the interpreter is named by the code that called it
    gc.disable()  # nearly all that a run makes is kept to its end: looking for garbage would take a quarter of it
    if "_MLDEBT_COMPLETE" in os.environ:
        from mldebt.cli.completion import register

        register()
    try:
        code = _run()
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):  # a reader may leave when it has seen enough
            _tell_defect(error)
        # Python would complain when it flushes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 2
    _end(code)


def _open_streams() -> None:
    """Give the output that has nowhere to go (`2>&-`) to nobody: Python has None for such streams.

    Workers inherit it: in a process that starts without a standard stream, the next file takes the number of that.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != number:
                os.dup2(nothing, number)
                os.close(nothing)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8"))
    if isinstance(sys.stdout, TextIOWrapper):  # what a terminal has no letters for is shown all the same
        sys.stdout.reconfigure(errors="backslashreplace")


def _run() -> int:
    """The exit code of the command line, whose failures are told on standard error."""
    try:
        return _code(cli(prog_name="mldebt", standalone_mode=False))
    except SystemExit as end:
        return _code(end.code)
    except click.Abort:
        print("Interrupted.", file=sys.stderr)
        return 130
    except click.ClickException as error:
        error.show()
    except BrokenPipeError:
        raise
    except Exception as error:
        _tell_defect(error)
    return 2


def _code(value: object) -> int:
    """What `sys.exit` would make of a value."""
    return value if isinstance(value, int) else int(value is not None)


def _end(code: int) -> NoReturn:
    """End the process at once: taking a million objects apart one by one takes as long as finding some debts."""
    sys.stderr.flush()
    if sys.getprofile() or sys.gettrace():  # whoever measures us wants to have the last word
        sys.exit(code)
    os._exit(code)


def _tell_defect(error: Exception) -> None:
    if os.environ.get("MLDEBT_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
        return
    from mldebt.printable import printable

    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        print(f"mldebt: the output cannot be written: {error.strerror}", file=sys.stderr)
        return
    # A file that has a name is told where it is missed.
    if isinstance(error, FileNotFoundError) and error.filename is None:
        print("mldebt: the current directory does not exist any more", file=sys.stderr)
        return
    message = printable(" ".join(str(error).split()))
    print(f"mldebt: {type(error).__name__}: {message}", file=sys.stderr)
    print("This should not happen; MLDEBT_TRACEBACK=1 shows where it did.", file=sys.stderr)
