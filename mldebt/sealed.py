"""Files that are whole or count as absent: written under another name, renamed, checked when they are read.

A sealed file is magic, the length and the checksum of its head, the head, and a body whose parts the head
describes.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

TEMPORARY = ".part"
"""The suffix of files that are being written."""

_MAGIC = b"mldebt-1"
_START = len(_MAGIC) + 12


class Sealed(NamedTuple):
    """The two parts of a file that was read."""

    head: memoryview
    body: memoryview

    @property
    def size(self) -> int:
        """The bytes of the whole file."""
        return _START + len(self.head) + len(self.body)


def read(file: Path) -> Sealed | None:
    """The parts of a sealed file; None if it is not one, or was cut or spoilt in its head.

    The body is not checked here. Raises FileNotFoundError and other OSErrors. Never waits: what is no regular
    file is no sealed file either.
    """
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb", buffering=0) as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = stream.read()
    view = memoryview(content)
    length = int.from_bytes(content[len(_MAGIC) : len(_MAGIC) + 8], "little")
    checksum = int.from_bytes(content[_START - 4 : _START], "little")
    head = view[_START : _START + length]
    if content[: len(_MAGIC)] != _MAGIC or len(head) != length or zlib.crc32(head) != checksum:
        return None
    return Sealed(head, view[_START + length :])


def write(file: Path, head: bytes, body: Iterable[bytes | memoryview] = ()) -> int:
    """Write a sealed file at once or not at all; its size in bytes. Raises OSError."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}-{os.urandom(4).hex()}{TEMPORARY}")
    try:
        with open(temporary, "xb") as stream:
            stream.write(_MAGIC + len(head).to_bytes(8, "little") + zlib.crc32(head).to_bytes(4, "little"))
            stream.write(head)
            stream.writelines(body)
            size = stream.tell()
        os.replace(temporary, file)
    except BaseException:
        with suppress(OSError):  # what matters is the first failure
            temporary.unlink(missing_ok=True)
        raise
    return size
