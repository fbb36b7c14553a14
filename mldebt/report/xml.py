"""JUnit and Checkstyle: the XML formats of CI servers."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree import ElementTree as Tree

from mldebt.engine import Report
from mldebt.finding import Finding, Severity
from mldebt.raw_places import RawPlaces, cell_note

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JunitReporter:
    """Writes a suite a file and a failed case a finding; one passed case where there are none."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        places = RawPlaces(report.root, report.texts)
        total = str(len(report.findings))
        root = Tree.Element("testsuites", name="mldebt", tests=total, failures=total, errors="0")
        for path, findings in _by_file(report, places):
            count = str(len(findings))
            suite = Tree.SubElement(
                root, "testsuite", name=path, tests=count, failures=count, errors="0", file=path
            )
            for finding in findings:
                span = places.span(finding.location)
                name = f"{finding.rule} at line {span.line}, column {span.column}"
                case = Tree.SubElement(suite, "testcase", name=name, classname=path)
                message = _clean(cell_note(finding.location) + finding.message)
                failure = Tree.SubElement(case, "failure", type=finding.rule, message=message)
                failure.text = f"{path}:{span.line}:{span.column}: {finding.severity.label} {message}"
        if not report.findings:
            root.set("tests", "1")
            suite = Tree.SubElement(root, "testsuite", name="mldebt", tests="1", failures="0", errors="0")
            Tree.SubElement(suite, "testcase", name="no findings", classname="mldebt")
        return _written(root)


class CheckstyleReporter:
    """Writes a `file` element a file and an `error` a finding."""

    def render(self, report: Report) -> str:
        """The whole output, ending in a line end."""
        places = RawPlaces(report.root, report.texts)
        root = Tree.Element("checkstyle", version="4.3")
        for path, findings in _by_file(report, places):
            file = Tree.SubElement(root, "file", name=path)
            for finding in findings:
                span = places.span(finding.location)
                Tree.SubElement(
                    file,
                    "error",
                    line=str(span.line),
                    column=str(span.column),
                    severity="info" if finding.severity is Severity.INFO else finding.severity.label,
                    message=_clean(cell_note(finding.location) + finding.message),
                    source=f"mldebt.{finding.debt}.{finding.rule}",
                )
        return _written(root)


def _by_file(report: Report, places: RawPlaces) -> list[tuple[str, list[Finding]]]:
    groups = groupby(report.findings, key=lambda finding: places.path(finding.location))
    return [(_clean(path), list(findings)) for path, findings in groups]


def _clean(text: str) -> str:
    """The text without the characters that XML cannot hold, which are written as escapes."""
    return _FORBIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def _written(root: Tree.Element) -> str:
    Tree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Tree.tostring(root, encoding="unicode") + "\n"
