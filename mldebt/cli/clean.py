"""`mldebt clean`: remove the cache."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("clean", short_help="Remove the cached facts.")
@click.argument("directory", default=".", type=click.Path(exists=True, file_okay=False))
@click.option("--cache-dir", type=click.Path(file_okay=False), help="The cache, if it is somewhere else.")
def command(directory: str, cache_dir: str | None) -> None:
    """Remove the cached facts of the project in DIRECTORY."""
    from mldebt.cache import DIRECTORY, clear
    from mldebt.cli.failures import reported, say
    from mldebt.scope import find_scope
    from mldebt.settings import load_settings

    with reported():
        root = find_scope([Path(directory)]).root
        place = Path(cache_dir or load_settings(root).cache_dir or root / DIRECTORY)
    say(f"Removed {place}." if clear(place) else f"There is no cache in {place}.")
