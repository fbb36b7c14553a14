"""What facts are found by: the content of a file, and the version of all that makes facts of it."""

from __future__ import annotations

import functools
import os
import sys
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("libcst", "nbformat", "pyyaml", "sqlglot")
_MODULES = ("limits.py", "source.py")
_FOLDERS = ("extract", "facts")


def key_of(kind: str, data: bytes) -> bytes:
    """What facts are found by: a digest of a file's kind and content."""
    return blake2b(data, digest_size=16, person=kind.encode()[:16]).digest()


def key_of_large(stat: os.stat_result) -> bytes:
    """What stands for the content of a file that is too large to be read: its size."""
    return key_of("limit-size", str(stat.st_size).encode())


@functools.cache
def extraction_version() -> str:
    """A digest of all that facts depend on besides the bytes of a file: our code, its libraries, Python."""
    digest = blake2b(f"{sys.version_info[:2]}{[version(name) for name in _LIBRARIES]}".encode(), digest_size=8)
    package = Path(__file__).parent
    folders = (file for name in _FOLDERS for file in sorted((package / name).glob("*.py")))
    for file in (*(package / name for name in _MODULES), *folders):
        digest.update(file.read_bytes())
    return digest.hexdigest()
