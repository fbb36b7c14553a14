"""What the place that a report goes to can show: bold type, colours, links."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

_WITH_LINKS = frozenset({"iTerm.app", "WezTerm", "vscode", "Hyper", "ghostty", "zed", "rio", "Tabby"})
_KINDS_WITH_LINKS = frozenset({"xterm-kitty", "xterm-ghostty", "alacritty", "foot", "foot-extra"})
_FIRST_VTE = 5000
"""The version of the library behind GNOME Terminal and others that brought links."""


class Terminal(NamedTuple):
    """Whether text may be styled at all, be coloured, and hold links (OSC 8)."""

    styled: bool = False
    coloured: bool = False
    linked: bool = False


def terminal(choice: str | None, variables: Mapping[str, str], *, is_terminal: bool) -> Terminal:
    """What standard output can show. `choice` is always, never or auto (None: auto).

    `auto` is styled on a terminal or where FORCE_COLOR is set (and not 0), and not coloured where NO_COLOR is.
    """
    if choice == "never":
        return Terminal()
    linked = is_terminal and _shows_links(variables)
    if choice == "always":
        return Terminal(True, True, linked)
    is_forced = variables.get("FORCE_COLOR", "") not in ("", "0")
    styled = is_forced or (is_terminal and variables.get("TERM") not in ("dumb", "unknown"))
    return Terminal(styled, styled and not variables.get("NO_COLOR"), styled and linked)


def standard_output(choice: str | None = None) -> Terminal:
    """What the standard output of this process can show."""
    return terminal(choice, os.environ, is_terminal=sys.stdout.isatty())


def file_link(root: Path, path: str) -> str:
    """The address of a file for a link; it names this machine, which need not be the terminal's."""
    host = os.uname().nodename if hasattr(os, "uname") else ""
    return f"file://{host}{quote(os.fsencode((root / path).as_posix()))}"


def _shows_links(variables: Mapping[str, str]) -> bool:
    """Whether the terminal is one of those that are known to understand links; FORCE_HYPERLINK decides first."""
    if forced := variables.get("FORCE_HYPERLINK"):
        return forced != "0"
    if variables.get("CI"):
        return False
    version = variables.get("VTE_VERSION", "")
    return (
        variables.get("TERM_PROGRAM") in _WITH_LINKS
        or variables.get("TERM") in _KINDS_WITH_LINKS
        or any(name in variables for name in ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM"))
        or (version.isdecimal() and int(version) >= _FIRST_VTE)
    )
