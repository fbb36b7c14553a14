"""Foreign text made fit to be shown: nothing in it steers a terminal, a log or the direction of reading."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with control characters (line ends, too), lone surrogates and directional marks made visible."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def printable_lines(text: str) -> str:
    """The same for a text whose line ends are meant."""
    return "\n".join(map(printable, text.split("\n")))


def _escape(char: str) -> str:
    return " " if char == "\u3000" or char == "\u00a0" else char.encode("unicode_escape").decode("ascii")
