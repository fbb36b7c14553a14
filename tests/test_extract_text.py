"""Decoding, the dispatcher, and the diagnosis of Python that does not parse."""

from __future__ import annotations

import pytest

from mldebt.extract import extract, size_limit
from mldebt.extract.diagnose import diagnose_syntax
from mldebt.source import Kind


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"\xef\xbb\xbff(1)\n", 1),
        (b"\r\n\r\nf(1)\r\n", 3),
        (b"\r\rf(1)", 3),
        (b"\x0c\n# \x0b \xe2\x80\xa8 x\nf(1)\n", 3),
        (b"# -*- coding: latin-1 -*-\n# \xe9\nf(1)\n", 3),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nf('\x80')\n", 3),
    ],
)
def test_lines_are_counted_as_python_does(data: bytes, line: int) -> None:
    facts = extract(Kind.PYTHON, data)
    assert facts.header.problems == ()
    assert [call.span.line for call in facts.calls] == [line]


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        ("x = 1\n".encode("utf-16"), "UTF-16", 1),
        ("x = 1\n".encode("utf-16-le"), "UTF-16", 1),
        (b"x = 1\ny = '\0'\n" + b"# padding\n" * 30, "NUL", 2),
        (b"x = 1\r\ny = '\xe9'\n", "not valid utf-8", 2),
        (b"# coding: klingon\n", "unknown encoding", 1),
        (b"# coding: rot13\nx\n", "encoding", 1),
    ],
)
def test_undecodable_files_are_one_problem(data: bytes, message: str, line: int) -> None:
    (problem,) = extract(Kind.PYTHON, data).header.problems
    assert (problem.kind, problem.span.line, problem.fatal) == ("encoding", line, True)
    assert message in problem.message


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_an_extractor_and_a_limit(kind: Kind) -> None:
    assert extract(kind, b"").pack() == extract(kind, b"").pack()
    (problem,) = extract(kind, b" " * (size_limit(kind) + 1)).header.problems
    assert problem.kind == "limit-size"


@pytest.mark.parametrize(
    ("text", "line", "kind", "where"),
    [
        ("x = 1\nprint x\n", 2, "python-2", 2),
        ("print 'a' % b\n", 1, "python-2", 1),
        ("print >>f, x\n", 1, "python-2", 1),
        ("try:\n    pass\nexcept ValueError, e:\n    pass\n", 3, "python-2", 3),
        ("try:\n    pass\nexcept (A, B), e:\n    pass\n", 3, "python-2", 3),
        ("raise ValueError, 'x'\n", 1, "python-2", 1),
        ("exec 'x = 1'\n", 1, "python-2", 1),
        ("if a <> b:\n    pass\n", 1, "python-2", 1),
        ("x = `y`\n", 1, "python-2", 1),
        ("x = 10L\n", 1, "python-2", 1),
        ("x = 0777\n", 1, "python-2", 1),
        ("if x: print y\n", 1, "python-2", 1),
        ("def f(a, (b, c)):\n    pass\n", 1, "python-2", 1),
        ("x = (\ny = 1\n", 2, "syntax-error", 2),
        ("print(x\ny = 1\n", 2, "syntax-error", 2),
        ("print (x\ny = 1\n", 2, "syntax-error", 2),
        ("import {{ name }}\n", 1, "template", 1),
        ("{% if x %}\nimport a\n{% endif %}\n", 1, "template", 1),
        ("x = {{'a': 1}: 2\n", 1, "syntax-error", 1),
        ("a = 1\n<<<<<<< HEAD\nb = 1\n=======\nb = 2\n>>>>>>> other\n", 2, "merge-conflict", 2),
    ],
)
def test_diagnosis(text: str, line: int, kind: str, where: int) -> None:
    problem = diagnose_syntax(text, line, "message")
    assert (problem.kind, problem.span.line, problem.fatal) == (kind, where, True)
    assert kind != "syntax-error" or problem.message == "does not parse: message"
    if not text.startswith("print >>"):  # which is a tuple now
        (found,) = extract(Kind.PYTHON, text.encode()).header.problems
        assert found.kind == kind
