"""The cut-offs of the grades: how dense the debt of many repositories is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

GRADES = "ABCDE"
_FILE = Path(__file__).parent / "calibration.json"


class Calibration(msgspec.Struct, frozen=True):
    """How dense the debt of many repositories is, in minutes per thousand lines of code.

    `cut_offs` are the densities up to which a project has grade A, B, C, D: the 20th, 50th, 80th and 95th
    percentile. `rules` counts the rules that ran, `version` is the tool's.
    """

    version: str
    rules: int
    repositories: int
    lines: int
    cut_offs: tuple[float, float, float, float]
    deciles: tuple[float, ...] = ()

    def grade(self, density: float, *, share: float = 1.0) -> str:
        """The grade of a density, where `share` of each cut-off may be used."""
        return GRADES[sum(density > limit * share for limit in self.cut_offs)]


def load_calibration(file: Path = _FILE) -> Calibration:
    """The cut-offs that this version of the tool grades by."""
    return msgspec.json.decode(file.read_bytes(), type=Calibration)


def calibrate(densities: Sequence[tuple[float, int]], *, version: str, rules: int) -> Calibration:
    """Cut-offs from the densities of many projects, each with its lines of code.

    Raises ValueError for fewer than 20 projects: percentiles of less would be chance.
    """
    if len(densities) < 20:
        raise ValueError(f"a calibration needs at least 20 projects, not {len(densities)}")
    ordered = sorted(density for density, _ in densities)
    return Calibration(
        version=version,
        rules=rules,
        repositories=len(ordered),
        lines=sum(lines for _, lines in densities),
        cut_offs=tuple(round(percentile(ordered, part), 1) for part in (0.2, 0.5, 0.8, 0.95)),  # type: ignore[arg-type]
        deciles=tuple(round(percentile(ordered, part / 10), 1) for part in range(11)),
    )


def percentile(ordered: Sequence[float], part: float) -> float:
    """The value below which a part of sorted values lies, interpolated between neighbours."""
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def dump(calibration: Calibration) -> str:
    """The text of a calibration file."""
    return json.dumps(msgspec.to_builtins(calibration), indent=2) + "\n"
