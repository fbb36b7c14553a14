"""Paths in, sorted Sources out: what there is to analyse below a root.

Git decides what is ignored where there is a repository, nested `.gitignore` files decide elsewhere. No
program that the analysed repository names is ever run, links are never followed out of the tree, and only
regular files are opened.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from mldebt.extract import size_limit
from mldebt.listing import list_files
from mldebt.roles import path_roles
from mldebt.settings import SettingsError
from mldebt.source import Kind, Source

DEFAULT_EXCLUDE = (
    ".git/", ".hg/", ".svn/", ".jj/", ".venv/", "venv/", ".direnv/", ".pixi/", ".conda/", "site-packages/",
    "dist-packages/", "node_modules/", "__pycache__/", "__pypackages__/", ".ipynb_checkpoints/",
    ".virtual_documents/", ".tox/", ".nox/", ".eggs/", "*.egg-info/", ".mypy_cache/", ".ruff_cache/",
    ".pytest_cache/", ".hypothesis/", ".mldebt_cache/", ".vscode/", ".idea/",
    "build/", "dist/", "_build/",
    "mlruns/", "wandb/", "outputs/", "multirun/", "lightning_logs/", ".dvc/cache/", ".dvc/tmp/",
    ".snakemake/", ".ploomber/", ".neptune/",
)  # fmt: skip
"""Directories without sources of the project (gitignore patterns); one with a `pyvenv.cfg` is such, too."""

_CONFIGURATION = frozenset({Kind.JSON, Kind.YAML, Kind.TOML, Kind.MARKDOWN, Kind.SQL})
"""Kinds that above their size limit are data rather than something a person wrote."""

_KIND_BY_NAME = {
    "MLproject": Kind.YAML,
    "dvc.lock": Kind.YAML,
    ".condarc": Kind.YAML,
    "Pipfile": Kind.TOML,
    "Pipfile.lock": Kind.JSON,
    "uv.lock": Kind.TOML,
    "poetry.lock": Kind.TOML,
    "pdm.lock": Kind.TOML,
    ".env": Kind.ENV,
    "Dockerfile": Kind.DOCKERFILE,
    "Containerfile": Kind.DOCKERFILE,
    "Makefile": Kind.MAKE,
    "makefile": Kind.MAKE,
    "GNUmakefile": Kind.MAKE,
    "Snakefile": Kind.SNAKEMAKE,
}
_KIND_BY_SUFFIX = {
    ".py": Kind.PYTHON,
    ".ipynb": Kind.NOTEBOOK,
    ".yaml": Kind.YAML,
    ".yml": Kind.YAML,
    ".dvc": Kind.YAML,
    ".toml": Kind.TOML,
    ".json": Kind.JSON,
    ".ini": Kind.INI,
    ".cfg": Kind.INI,
    ".env": Kind.ENV,
    ".dockerfile": Kind.DOCKERFILE,
    ".sh": Kind.SHELL,
    ".bash": Kind.SHELL,
    ".zsh": Kind.SHELL,
    ".mk": Kind.MAKE,
    ".smk": Kind.SNAKEMAKE,
    ".sql": Kind.SQL,
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
}
_REQUIREMENTS = re.compile(r"(^|.*[-_.])(requirements?|constraints?)([-_.].*)?\.(txt|in|pip)$", re.IGNORECASE)


class Discovery(msgspec.Struct, frozen=True):
    """What was found.

    `files` holds every path seen, analysed or not (also the excluded ones that git knows). `problems` are
    (path, message) pairs for what was asked for and cannot be analysed. `data` are the files whose suffix is
    one of configuration but whose size says that they are data: seen, and left alone.
    """

    sources: tuple[Source, ...]
    files: frozenset[str]
    problems: tuple[tuple[str, str], ...]
    data: frozenset[str] = frozenset()


BASELINE = ".mldebt-baseline.json"
"""The usual name of the file of accepted findings; what mldebt itself has written is not analysed."""


def kind_of(path: str) -> Kind | None:
    """The kind of a file by its name (and the name of its directory) alone; None for what is not analysed."""
    directory, _, name = path.rpartition("/")
    if kind := _KIND_BY_NAME.get(name):
        return kind
    if name.lower() == "mlproject":  # MLflow takes any case
        return Kind.YAML
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    if _REQUIREMENTS.match(name) or (
        suffix in (".txt", ".in") and directory.rpartition("/")[2] == "requirements"
    ):
        return Kind.REQUIREMENTS
    if name.startswith(".env."):
        return Kind.ENV
    if name.startswith(("Dockerfile.", "Dockerfile-", "Dockerfile_", "Containerfile.")):
        return Kind.DOCKERFILE
    if name.startswith("Makefile."):
        return Kind.MAKE
    if name in ("config", "config.local") and directory.rpartition("/")[2] == ".dvc":
        return Kind.INI
    return _KIND_BY_SUFFIX.get(suffix) if name not in (suffix, BASELINE) else None


def discover(
    paths: Sequence[Path],
    *,
    root: Path,
    exclude: Sequence[str] = (),
    extend_exclude: Sequence[str] = (),
    force_exclude: bool = False,
    stdin: tuple[str, bytes] | None = None,
) -> Discovery:
    """The sources among `paths` (files and directories), by path relative to `root`.

    `exclude` (gitignore patterns, relative to the root) replaces `DEFAULT_EXCLUDE` unless it is empty,
    `extend_exclude` adds to it. Files named in `paths` are analysed even if ignored or excluded, unless
    `force_exclude`. `stdin` is a file name, relative to the root or absolute, and the bytes that it holds.
    """
    found = _Collector(Path(os.path.realpath(root)), [*(exclude or DEFAULT_EXCLUDE), *extend_exclude])
    for path in sorted(set(map(os.fspath, paths))):
        found.add_given(path, force_exclude=force_exclude)
    if stdin is not None:
        found.add_stdin(*stdin)
    return found.result()


def analysed(
    paths: Iterable[str], *, root: Path, exclude: Sequence[str] = (), extend_exclude: Sequence[str] = ()
) -> list[Source]:
    """The sources among paths (relative to the root) that need not exist on disk; their bytes are still to be given.

    For listings that come from elsewhere, such as a commit; the excludes are those of `discover`.
    """
    excludes = _Excludes([*(exclude or DEFAULT_EXCLUDE), *extend_exclude])
    found = []
    for path in sorted(paths):
        kind = kind_of(path)
        if kind is not None and not excludes.covers(path):
            found.append(Source(path, kind, root / path, path_roles(path, kind)))
    return found


class _Collector:
    """Gathers sources, files and problems below one root."""

    def __init__(self, root: Path, exclude: Iterable[str]) -> None:
        self.root = root
        self.base = os.fspath(root)
        self.excludes = _Excludes(exclude)
        self.sources: dict[str, Source] = {}
        self.files: set[str] = set()
        self.data: set[str] = set()
        self.problems: set[tuple[str, str]] = set()

    def result(self) -> Discovery:
        """What was gathered, in an order that does not depend on how."""
        sources = tuple(self.sources[path] for path in sorted(self.sources))
        return Discovery(sources, frozenset(self.files), tuple(sorted(self.problems)), frozenset(self.data))

    def add_given(self, given: str, *, force_exclude: bool) -> None:
        """Add a file or directory that the caller named."""
        real = os.path.realpath(given)
        path = self.relative(real)
        if path is None:
            self.problems.add((Path(given).as_posix(), f"is outside the analysed root {self.base}"))
            return
        try:
            mode = os.lstat(real).st_mode
        except OSError as error:
            self.problems.add((path, _reason(error)))
            return
        if force_exclude and path and self.excludes.covers(path, directory=stat.S_ISDIR(mode)):
            return
        if stat.S_ISDIR(mode):
            self.add_directory(path)
        elif not stat.S_ISREG(mode):
            self.problems.add((path, "is not a regular file"))
        elif kind_of(path) is None:
            self.files.add(path)
            self.problems.add((path, "is of no kind that can be analysed"))
        else:
            self.files.add(path)
            self.add_file(path, given=True)

    def add_directory(self, directory: str) -> None:
        """Add all files below a directory that are neither ignored nor excluded."""
        top = os.path.join(self.base, directory) if directory else self.base
        prefix = f"{directory}/" if directory else ""
        listing = list_files(top, skip=lambda path: self.excludes.skips(prefix + path))
        self.problems.update((prefix + path, message) for path, message in listing.problems)
        paths = [prefix + path for path in listing.files]
        environments = tuple(path.removesuffix("pyvenv.cfg") for path in paths if path.endswith("/pyvenv.cfg"))
        self.files.update(paths)
        for path in paths:
            if (
                kind_of(path)
                and not path.startswith(environments)
                and not self.excludes.covers(path, below=directory)
            ):
                self.add_file(path)

    def add_file(self, path: str, *, given: bool = False) -> None:
        """Add one file below the root if it is a regular one of a reasonable size."""
        kind = kind_of(path)
        file = os.path.join(self.base, path)
        try:
            status = os.lstat(file)
        except FileNotFoundError:
            self.files.discard(path)  # in git's index, deleted in the work tree
            return
        except OSError as error:
            self.problems.add((path, _reason(error)))
            return
        if kind is None or not stat.S_ISREG(status.st_mode):
            return  # a link leads to a file that is seen by itself, or out of the tree
        limit = size_limit(kind)
        if status.st_size > limit:
            if kind in _CONFIGURATION and not given:
                self.data.add(path)
            else:
                self.problems.add((path, f"is {_size(status.st_size)}, more than the limit of {_size(limit)}"))
            return
        if not os.access(file, os.R_OK):
            self.problems.add((path, "cannot be read: permission denied"))
            return
        self.sources[path] = Source(path, kind, Path(file), path_roles(path, kind))

    def add_stdin(self, name: str, data: bytes) -> None:
        """Add standard input under a file's name; it replaces that file."""
        path = self.relative(os.path.normpath(os.path.join(self.base, name)))
        if path is None:
            self.problems.add((Path(name).as_posix(), f"is outside the analysed root {self.base}"))
            return
        kind = kind_of(path)
        if kind is None:
            self.problems.add((path, "is of no kind that can be analysed"))
            return
        self.files.add(path)
        self.sources[path] = Source(path, kind, self.root / path, path_roles(path, kind), data)

    def relative(self, path: str) -> str | None:
        """An absolute path relative to the root, with `/`; "" for the root, None outside of it."""
        if path == self.base:
            return ""
        prefix = self.base if self.base.endswith(os.sep) else self.base + os.sep
        return path.removeprefix(prefix).replace(os.sep, "/") if path.startswith(prefix) else None


class _Excludes:
    """Gitignore patterns relative to the root, remembered for each directory."""

    def __init__(self, patterns: Iterable[str]) -> None:
        from pathspec import GitIgnoreSpec

        patterns = tuple(patterns)
        try:
            self.spec = GitIgnoreSpec.from_lines(patterns)
        except ValueError as error:
            raise SettingsError([f"exclude: {error}"]) from error
        self.names_files = not all(pattern.endswith("/") for pattern in patterns)
        self.known: dict[str, bool] = {}

    def skips(self, directory: str) -> bool:
        """Whether the patterns name this directory itself."""
        if directory not in self.known:
            self.known[directory] = self.spec.match_file(directory + "/")
        return self.known[directory]

    def covers(self, path: str, *, below: str = "", directory: bool = False) -> bool:
        """Whether a file (or directory), or a directory around it and deeper than `below`, is excluded."""
        if any(self.skips(parent) for parent in _directories(path, below)):
            return True
        if directory:
            return self.skips(path)
        return self.names_files and self.spec.match_file(path)


def _directories(path: str, below: str) -> Iterator[str]:
    """The directories on the way from `below` to a file: `a/b/c.py` has `a` and `a/b`."""
    end = path.find("/", len(below) + 1 if below else 0)
    while end != -1:
        yield path[:end]
        end = path.find("/", end + 1)


def _reason(error: OSError) -> str:
    return f"cannot be read: {(error.strerror or str(error)).lower()}"


def _size(number: int) -> str:
    return f"{number / 1_000_000:.1f} MB"
