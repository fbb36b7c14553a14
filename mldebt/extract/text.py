"""Bytes to text, and what can be said about any text: its lines, whether it calls itself generated.

Lines end at LF, CR LF or CR and nowhere else: form feeds and Unicode separators are part of a line, as they
are for Python and for editors. Texts handed to extractors have LF only.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right

from mldebt.facts import Comment, Facts, Header, Problem
from mldebt.source import Kind, Span

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_GENERATED = re.compile(
    r"^\W*(?:this (?:file|code|module) (?:is|was|has been) )?(?:auto-?matically |auto-?|code )?"
    r"generated (?:by|from|with|using)\b"
    r"|\bdo not (?:edit|modify)\b(?! (?:below|above|this line))|@generated\b|\bauto-?generated\b",
    re.IGNORECASE,
)
_SCAFFOLD = re.compile(
    r"generated (?:by|from|with|using)\W+(?:kedro|cookiecutter|copier|django-admin)\b", re.IGNORECASE
)
"""Tools that write the first version of a file, for people to fill in."""

_HEADER_LINES = 20
_HEADER_CHARACTERS = 4_000


_CUT_OFF = Problem("limit-size", "is so long that only its beginning was analysed", Span.at(1), fatal=False)


class DecodingError(Exception):
    """The bytes are no text that can be read. Carries the Problem that says so."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.problem = Problem("encoding", message, Span.at(line))


def decode(data: bytes, kind: Kind) -> str:
    """The text of a file, with LF line ends and without a byte order mark. Raises DecodingError.

    UTF-8, or for Python what its coding cookie names.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DecodingError("is encoded in UTF-16; save it as UTF-8")
    if (nul := data.find(b"\0")) != -1:
        if len(data) < 4 or data[:200].count(b"\0") * 3 > len(data[:200]):
            raise DecodingError("is encoded in UTF-16 or UTF-32, or is not text; save it as UTF-8")
        raise DecodingError("contains a NUL byte", _line_of(data, nul))
    encoding = "utf-8"
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    elif kind is Kind.PYTHON:
        encoding = _cookie(data) or encoding
    try:
        text = data.decode(encoding)
    except LookupError:
        raise DecodingError(f"names an unknown encoding, {encoding!r}") from None
    except UnicodeDecodeError as error:
        raise DecodingError(f"is not valid {encoding}", _line_of(data, error.start)) from None
    except UnicodeError as error:  # idna, punycode and the like are no encodings of files
        raise DecodingError(f"cannot be decoded as {encoding}: {error}") from None
    if not isinstance(text, str):
        raise DecodingError(f"names an encoding that is not one of text, {encoding!r}")
    return unify_line_ends(text) if "\r" in text else text


def unify_line_ends(text: str) -> str:
    """CR LF and CR become LF; line numbers and columns stay what they were."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _cookie(data: bytes) -> str | None:
    """The encoding that a comment in the first two lines names (PEP 263)."""
    for line in re.split(rb"\r\n|\r|\n", data[:1000], maxsplit=2)[:2]:
        if match := _COOKIE.match(line):
            return match[1].decode("ascii", "replace")
        if line.strip(b" \t\f") and not line.lstrip(b" \t\f").startswith(b"#"):
            return None
    return None


def _line_of(data: bytes, offset: int) -> int:
    before = data[:offset]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")


class Lines:
    """The lines of a text with LF line ends, and places in it by offset."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines[:-1]:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def place(self, offset: int) -> tuple[int, int]:
        """The line and column (1-based) of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets."""
        return Span(*self.place(start), *self.place(end))


def slice_span(text: str, span: Span) -> str:
    """The text (with LF line ends) that a span covers."""
    lines = text.split("\n")[span.line - 1 : span.end_line]
    if not lines:
        return ""
    if span.line == span.end_line:
        return lines[0][span.column - 1 : span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    lines[-1] = lines[-1][: span.end_column - 1]
    return "\n".join(lines)


def count_lines(text: str) -> int:
    """The number of lines; an unfinished last line counts."""
    return text.count("\n") + (not text.endswith("\n")) if text else 0


def count_code_lines(text: str, comment: tuple[str, ...] = ("#",)) -> int:
    """The number of lines that are neither blank nor only a comment."""
    stripped = (line.lstrip() for line in text.split("\n"))
    return sum(1 for line in stripped if line and not line.startswith(comment))


def is_generated(text: str, comment: tuple[str, ...] = ("#", '"""', "'''")) -> bool:
    """Whether a comment at the head of a text says that a program wrote it, and not only its first version."""
    inside = False
    for line in text[:_HEADER_CHARACTERS].split("\n")[:_HEADER_LINES]:
        stripped = line.strip()
        starts = stripped.startswith(comment)
        if stripped.startswith(('"""', "'''")) and '"""' in comment:
            inside = stripped.count('"""') + stripped.count("'''") == 1
        elif inside and stripped.endswith(('"""', "'''")):
            inside = False
        said = (starts or inside) and stripped.lstrip("#/*-<!\"' ")
        if said and _GENERATED.search(said) and not _SCAFFOLD.search(said):
            return True
        if stripped and not starts and not inside:
            return False
    return False


def header_of(text: str, *, comment: tuple[str, ...] = ("#",), **fields: object) -> Header:
    """The header of a text without code: its line counts, whether it is generated, and the given fields.

    A text of which only the beginning is kept (`truncated`) has a Problem that says so, unless `problems` are given.
    """
    counts = {
        "problems": (_CUT_OFF,) if fields.get("truncated") else (),
        "lines": count_lines(text),
        "code_lines": count_code_lines(text, comment),
        "generated": is_generated(text, comment),
    }
    return Header(**{**counts, **fields})  # type: ignore[arg-type]


def failed(text: str, problem: Problem) -> Facts:
    """Facts of a file of which nothing but its size is known."""
    return Facts.of(Header(lines=count_lines(text), problems=(problem,)))


def directive_comments(text: str, marker: str = "#") -> list[Comment]:
    """The comments that address mldebt (`# mldebt: …`), with their exact places."""
    if "mldebt:" not in text:
        return []
    pattern = re.compile(rf"{re.escape(marker)}\s*mldebt:.*")
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if match := pattern.search(line):
            comment = match[0].rstrip()
            start = match.start() + 1
            own_line = not line[: match.start()].strip()
            found.append(Comment(comment, own_line, Span(number, start, number, start + len(comment))))
    return found


def line_comments(text: str) -> list[Comment]:
    """The `#` comments that have a line of their own, and those that address mldebt."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        body = line.strip()
        if body.startswith("#") and not body.startswith("#!"):
            start = line.index("#") + 1
            found.append(Comment(body, True, Span(number, start, number, start + len(body))))
    placed = {comment.span.line for comment in found}
    found += [comment for comment in directive_comments(text) if comment.span.line not in placed]
    return sorted(found, key=lambda comment: comment.span)


def encoding_of(data: bytes, kind: Kind) -> tuple[bytes, str]:
    """The byte order mark that a file begins with (or nothing) and the encoding of what follows."""
    if data.startswith(codecs.BOM_UTF8):
        return codecs.BOM_UTF8, "utf-8"
    return b"", (_cookie(data) if kind is Kind.PYTHON else None) or "utf-8"
