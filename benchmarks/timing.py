"""Time and memory of commands and functions, as the system counts them."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Cost(NamedTuple):
    """Seconds on the clock, seconds of processor time in all processes, peak megabytes of the largest process."""

    wall: float
    cpu: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f} s of processor time, {self.megabytes:.0f} MB)"


def run(command: Sequence[str | Path], *, cwd: Path | None = None, ok: Sequence[int] = (0,)) -> Cost:
    """The cost of a command. Raises RuntimeError if it exits with another code than those that are `ok`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    # mldebt: ignore[script-subprocess] what is measured are whole processes
    with subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode not in ok:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {errors.decode()[-2_000:]}")
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def check(directory: Path, *options: str, repeat: int = 1) -> Cost:
    """The cost of `mldebt check --profile audit` on a directory; of several runs the quickest."""
    command = [sys.executable, "-m", "mldebt", "check", "--profile", "audit", "--exit-zero", "--isolated"]
    output = ["--output-format", "json", *options, "."]
    return min(run([*command, *output], cwd=directory) for _ in range(repeat))


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the line through the logarithms: 1 where y grows as x does."""
    xs = [math.log(x) for x, _ in points]
    ys = [math.log(y) for _, y in points]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    above = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    return above / sum((x - x_mean) ** 2 for x in xs)


def machine() -> str:
    """The size of this machine, and how busy it has been during the last quarter of an hour."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    version = ".".join(map(str, sys.version_info[:3]))
    size = f"{os.cpu_count()} processors, {memory:.0f} GB of memory"
    return f"{size}, Python {version}, {sys.platform}, load {os.getloadavg()[2]:.1f}"
