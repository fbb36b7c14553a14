"""Reading files that somebody else chose (regular ones, never waiting, never more than was asked for), and writing."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

SETTINGS_LIMIT = 10_000_000
"""The bytes of settings and rules beyond which they are not read."""


_PLAINLY = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_file(file: Path, limit: int | None = None, *, follow: bool = True) -> bytes:
    """The bytes of a regular file; unless `follow`, none of a link, whatever it leads to.

    Raises OSError for all others, such as pipes, and beyond the limit.
    """
    descriptor = os.open(file, _PLAINLY if follow else _PLAINLY | getattr(os, "O_NOFOLLOW", 0))
    with open(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(file))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", os.fspath(file))
        if limit is not None and status.st_size > limit:
            raise OSError(errno.EFBIG, f"more than {limit:,} bytes", os.fspath(file))
        return stream.read() if limit is None else stream.read(limit)


def write_file(file: Path, data: bytes, mode: int | None = None) -> None:
    """Put bytes in the place of a file, with an access mode if one is given, at once or not at all. Raises OSError."""
    # Not made of its own name, which may be as long as names can be.
    temporary = file.with_name(f".{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        temporary.write_bytes(data)
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(file)
    except BaseException:
        with suppress(OSError):  # what matters is the first failure
            temporary.unlink(missing_ok=True)
        raise
