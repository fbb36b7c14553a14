"""The figures about a project's structure, as text and JSON."""

from __future__ import annotations

import msgspec

from mldebt.printable import printable
from mldebt.project.metrics import Metrics
from mldebt.report.json import json_text


def render_metrics(metrics: Metrics, output_format: str) -> str:
    """All figures: lines for people, or `{"version": 1, "metrics": …}` with shares from 0 to 1 (`json`)."""
    if output_format == "json":
        document = {"version": 1, "metrics": metrics}
        return json_text(msgspec.to_builtins(document))
    return "\n".join(printable(line) for line in metrics_lines(metrics)) + "\n"


def metrics_lines(metrics: Metrics) -> list[str]:
    """The figures as lines for people."""
    lines = [
        f"Glue: {metrics.glue_statements} of {metrics.statements} statements{_percent(metrics.glue_ratio)}",
        f"Hand-offs that nothing declares: {metrics.implicit_handoffs} of {metrics.handoffs}"
        f"{_percent(metrics.implicit_handoff_ratio)}",
        f"Longest chain from a source to a model: {metrics.depth} step{'s' * (metrics.depth != 1)}",
    ]
    for closure in metrics.closures:
        names = ", ".join(closure.sources[:6]) + (" …" if len(closure.sources) > 6 else "")
        lines.append(
            f"Data closure of {closure.model}: {len(closure.sources)} source{'s' * (len(closure.sources) != 1)}"
            + (f" ({names})" if names else "")
        )
    lines += [
        f"{spread.package}: imported by {spread.modules} of {metrics.modules} modules{_percent(spread.share)}"
        for spread in metrics.package_spread
    ]
    lines += [
        f"Experiments of {space.entry}: {len(space.switches)} switch{'es' * (len(space.switches) != 1)}, "
        f"{space.paths} paths, {space.selected} selected{_percent(space.utilisation)}: {', '.join(space.switches)}"
        for space in metrics.experiments
    ]
    lines.append(
        f"Dead: {metrics.dead_lines} of {metrics.code_lines} lines of code{_percent(metrics.dead_share)}"
    )
    return lines


def _percent(share: float | None) -> str:
    return "" if share is None else f" ({share * 100:.0f} %)"
