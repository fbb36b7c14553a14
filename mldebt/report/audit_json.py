"""The audit for other programs, and what a ratchet compares."""

from __future__ import annotations

from typing import Any

import msgspec

from mldebt import __version__
from mldebt.report.audit import Audit, Hotspot, Work
from mldebt.report.json import JsonReporter, json_text
from mldebt.score import DebtScore, Score

VERSION = 1
"""Raised when a consumer of the format could break."""


def render_json(audit: Audit) -> str:
    """One JSON document: score by kind of debt, backlog, hotspots, graph size and all findings.

    Principal and interest are minutes (interest per quarter), densities minutes per thousand lines, payback
    quarters or null where nothing is saved.
    """
    findings = msgspec.json.decode(JsonReporter().render(audit.report))["findings"]
    document = {
        "version": VERSION,
        "tool": __version__,
        "name": audit.name,
        "commit": audit.history.head.sha if audit.history else None,
        "score": _score(audit.score),
        "backlog": {
            "quick": [_work(work) for work in audit.quick],
            "structural": [_work(work) for work in audit.structural],
            "minor": [_work(work) for work in audit.minor],
        },
        "hotspots": [_hotspot(spot) for spot in audit.hotspots],
        "graph": {
            "nodes": len(audit.graph.nodes),
            "edges": len(audit.graph.edges),
            "undeclared": audit.undeclared,
            "unresolved": len(audit.graph.unresolved),
        },
        "metrics": audit.metrics,
        "unread": [{"place": place, "message": message} for place, message in audit.unread],
        "findings": findings,
    }
    return json_text(document)


def _score(score: Score) -> dict[str, Any]:
    return {
        "grade": score.grade,
        "reasons": list(score.reasons),
        "density": round(score.density, 2),
        "principal": round(score.principal, 2),
        "interest": round(score.interest, 2),
        "lines": score.lines,
        "findings": score.findings,
        "accepted": {"findings": score.accepted_findings, "principal": round(score.accepted, 2)},
        "debts": [_debt(debt) for debt in score.debts],
        "cut_offs": list(score.calibration.cut_offs),
        "calibrated_on": score.calibration.repositories,
    }


def _debt(debt: DebtScore) -> dict[str, Any]:
    return {
        "debt": debt.debt,
        "findings": debt.findings,
        "principal": round(debt.principal, 2),
        "interest": round(debt.interest, 2),
        "density": round(debt.density, 2),
        "grade": debt.grade,
    }


def _work(work: Work) -> dict[str, Any]:
    return {
        "rule": work.first.rule,
        "debt": work.first.debt,
        "minutes": work.minutes,
        "interest": round(work.interest, 2),
        "payback": round(work.payback, 3) if work.interest else None,
        "files": [
            {
                "path": item.path,
                "findings": [finding.fingerprint for finding in item.findings],
                "minutes": item.minutes,
                "interest": round(item.interest, 2),
                "part": item.part,
                "churn": round(item.churn, 2),
                "consumers": item.consumers,
            }
            for item in work.items
        ],
    }


def _hotspot(spot: Hotspot) -> dict[str, Any]:
    return {
        "path": spot.path,
        "principal": round(spot.principal, 2),
        "commits": spot.commits,
        "lines": spot.lines,
        "owners": list(spot.owners),
    }
