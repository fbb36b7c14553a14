"""The first half of a run: from a scope, or from what discovery saw, to a Project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mldebt.discover import discover
from mldebt.gather import gather
from mldebt.project import Project
from mldebt.roles import homework_products, roles_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mldebt.cache import Cache
    from mldebt.discover import Discovery
    from mldebt.scope import Scope
    from mldebt.settings import Settings


def load_project(settings: Settings, scope: Scope, *, cache: Cache | None = None) -> Project:
    """The project below a scope's root, its facts gathered through the cache."""
    found = discover(
        (scope.root, *scope.given),
        root=scope.root,
        exclude=settings.exclude or (),
        extend_exclude=settings.extend_exclude,
    )
    project = link(found, scope.root, settings, cache)
    if cache is not None:
        cache.save()
    return project


def link(
    found: Discovery,
    root: Path,
    settings: Settings,
    cache: Cache | None,
    progress: Callable[[int, int], None] | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Project:
    """The project of all discovered sources, whose roles are completed by what they say about themselves.

    `meanwhile` is called while workers start, if any do.
    """
    workers = settings.workers
    gathered = gather(found.sources, workers=workers, cache=cache, progress=progress, meanwhile=meanwhile)
    products = homework_products(found.files)
    facts = [
        (msgspec.structs.replace(source, roles=roles_with(source, facts, products)), facts)
        for source, facts in gathered
    ]
    return Project(root, facts, found.files)
