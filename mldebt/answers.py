"""What an unchanged project came to the last time: a warm run links nothing and asks no rule.

A run is a function of the code of mldebt and of the rules, of the settings, of the day (comments expire) and of
what discovery saw: the content of every source, the names of all files, the sizes of data. A digest of these is
the question; the answer is kept in the cache.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from hashlib import blake2b
from pathlib import Path

import msgspec

from mldebt.cache import Cache
from mldebt.cache_keys import extraction_version, key_of, key_of_large
from mldebt.discover import Discovery
from mldebt.extract import size_limit
from mldebt.finding import Finding
from mldebt.outside import stamps
from mldebt.packs import Packs
from mldebt.project import Project
from mldebt.settings import Settings
from mldebt.source import Source


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """The findings of a run that stay, and those that comments accept: whole, before any choice of paths."""

    kept: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]


class Answers:
    """The answers to runs that ask the same of mldebt, and differ in what they find on disk."""

    def __init__(self, cache: Cache, settings: Settings, packs: Packs, today: date, root: Path) -> None:
        self._cache = cache
        self._root = root
        asked = msgspec.structs.replace(settings, workers=None, cache_dir=None)
        self._asked = b"".join(
            (msgspec.json.encode(asked, order="sorted"), _code_digest(packs), today.isoformat().encode())
        )

    def recall(self, found: Discovery) -> Answer | None:
        """The answer of an earlier run, if everything is as it was then."""
        keys = []
        for source in found.sources:
            key = self._key(source)
            if not key:
                return None
            keys.append(key)
        packed = self._cache.answer(self._question(found, keys))
        if packed is not None:
            with suppress(msgspec.MsgspecError):  # checked, and yet no answer: as good as absent
                return _DECODER.decode(packed)
        return None

    def keep(self, found: Discovery, project: Project, answer: Answer) -> None:
        """Remember an answer, unless a file could not be analysed for a passing reason or is being changed."""
        keys = []
        for source in found.sources:
            facts = project.by_path[source.path].facts
            if not facts.key or facts.key != self._key(source):
                return
            keys.append(facts.key)
        with suppress(UnicodeEncodeError):  # names that are no text cannot be kept as text
            self._cache.keep_answer(self._question(found, keys), _ENCODER.encode(answer))

    def _key(self, source: Source) -> bytes | None:
        """The key of a source's content as it is now; None where only reading it could tell."""
        if source.data is not None:
            return key_of(source.kind, source.data)
        try:
            stat = os.stat(source.file)
        except OSError:
            return None
        if stat.st_size > size_limit(source.kind):
            return key_of_large(stat)
        return self._cache.key_of_file(source.file, stat)

    def _question(self, found: Discovery, keys: Iterable[bytes]) -> bytes:
        digest = blake2b(self._asked, digest_size=16)
        for source, key in zip(found.sources, keys, strict=True):
            digest.update(
                b"\0%s\0%s\0%s" % (os.fsencode(source.path), ",".join(sorted(source.roles)).encode(), key)
            )
        for name in sorted(found.files):
            digest.update(b"\0" + os.fsencode(name))
        digest.update(stamps(self._root, found.files))
        digest.update(repr((found.problems, sorted(found.data))).encode(errors="surrogatepass"))
        return digest.digest()


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Answer)
_CODE = frozenset({".py", ".yaml"})


def _code_digest(packs: Packs) -> bytes:
    """A digest of all code and tables that findings depend on."""
    digest = blake2b(f"{extraction_version()}{sys.version_info[:3]}".encode(), digest_size=16)
    folders = {rule.file.parent for rule in packs.files.values()}
    for file in (*_package_files(), *(file for folder in sorted(folders) for file in _code_below(folder))):
        digest.update(os.fsencode(file))
        digest.update(file.read_bytes())
    return digest.digest()


@functools.cache
def _package_files() -> tuple[Path, ...]:
    package = Path(__file__).parent
    files = (Path(folder, name) for folder, _, names in os.walk(package) for name in names)
    return tuple(sorted(file for file in files if file.suffix in _CODE))


def _code_below(folder: Path) -> Iterator[Path]:
    """The rules of a folder and the helpers that they import."""
    return (file for file in sorted(folder.iterdir()) if file.suffix in _CODE)
