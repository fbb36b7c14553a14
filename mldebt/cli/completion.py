"""Shell completion where click's own falls short: fish and words that hold commas (`--select glue-code,nan`)."""

from __future__ import annotations

from click.shell_completion import FishComplete, add_completion_class


class _Fish(FishComplete):
    """Splits what comes back at the first comma alone."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split -m 1 ","')


def register() -> None:
    """Make click use it."""
    add_completion_class(_Fish)
