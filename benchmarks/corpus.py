"""What is measured: the transformers 4.46.0 wheel, whole or in part, and repositories of the reader's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

CACHE = Path(__file__).parent / ".cache"
WHEEL = "transformers==4.46.0"
APPLICATION_LINES = 15_000


def transformers() -> Path:
    """The unpacked wheel; downloaded with pip on first use."""
    target = CACHE / "transformers"
    if target.is_dir():
        return target
    CACHE.mkdir(exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "-d",
        str(CACHE),
        WHEEL,
    ]
    subprocess.run(command, check=True)
    unpacking = CACHE / "unpacking"
    shutil.rmtree(unpacking, ignore_errors=True)
    (wheel,) = CACHE.glob("transformers-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacking)
    unpacking.rename(target)
    return target


def python_files(root: Path) -> list[Path]:
    """The Python files below a directory, sorted."""
    return sorted(root.rglob("*.py"))


def count_lines(files: Sequence[Path]) -> int:
    """The lines of all files together."""
    return sum(file.read_bytes().count(b"\n") for file in files)


def spread(files: Sequence[Path], number: int) -> list[Path]:
    """So many of the files, evenly spread over the list."""
    number = min(number, len(files))
    return [files[index * len(files) // number] for index in range(number)]


def spread_lines(files: Sequence[Path], lines: int) -> list[Path]:
    """As many of the files, evenly spread, as come nearest to so many lines together."""
    low, high = 1, len(files)
    while low < high:
        middle = (low + high) // 2
        if count_lines(spread(files, middle)) < lines:
            low = middle + 1
        else:
            high = middle
    numbers = {max(low - 1, 1), low}
    return min((spread(files, number) for number in numbers), key=lambda found: abs(count_lines(found) - lines))


def copy(files: Sequence[Path], root: Path, target: Path) -> Path:
    """A directory of its own with copies of the files, at the same places below it."""
    shutil.rmtree(target, ignore_errors=True)
    for file in files:
        place = target / file.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    return target


def application(files: Sequence[Path], root: Path, target: Path) -> Path:
    """A directory of about 15,000 lines: as many of the evenly spread modules as that takes.

    Package heads are left out: that of transformers is a table of 9,000 lines, like no application's.
    """
    chosen: list[Path] = []
    lines = 0
    for file in spread([file for file in files if file.name != "__init__.py"], 40):
        if lines < APPLICATION_LINES:
            chosen.append(file)
            lines += count_lines([file])
    return copy(chosen, root, target)
