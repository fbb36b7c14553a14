"""Facts on disk, found by the content of the file that states them.

A cache directory holds one directory for each version of the extraction, and in it

- segments (`*.facts`): written once, under a temporary name, then renamed, never changed. So any number of
  runs can share a cache without locks, and one that dies leaves nothing half-written behind;
- `files.index`: which content a path had when it was last read, with its stat data, so that an unchanged file
  needs no reading;
- answers (`*.answer`): what a whole run came to, by a digest of everything that it depends on.

All of it is MessagePack with checksums: nothing in a cache is ever executed, and what does not check counts as
absent. A cache never makes a run fail: what prevents its use is told once, in `Cache.notice`.
"""

from __future__ import annotations

import os
import re
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from mldebt import sealed
from mldebt.cache_keys import extraction_version

DIRECTORY = ".mldebt_cache"
"""The name of the default cache directory, below the analysed root."""

SIZE_LIMIT = 512_000_000
"""The bytes above which the oldest facts are dropped."""

_VERSION = re.compile(r"[0-9a-f]{16}")
_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n# This directory holds facts that mldebt can extract again.\n"
)
_SEGMENT = ".facts"
_ANSWER = ".answer"
_ANSWERS_KEPT = 16
_FILES = "files.index"
_SEGMENTS_KEPT = 8
_FILES_KEPT = 200_000
_SETTLED_NS = 2_000_000_000  # younger files may change again within the resolution of their time stamp
_ABANDONED_SECONDS = 3600.0
_VERSIONS_KEPT = 3

_Stamp = tuple[int, int, int, int]


class _Entry(NamedTuple):
    """Where a packed value stands in a segment that was read."""

    buffer: memoryview
    checksum: int


class _FileRecord(msgspec.Struct, array_like=True, frozen=True):
    stamp: _Stamp
    key: bytes


_INDEX_DECODER = msgspec.msgpack.Decoder(list[tuple[bytes, int, int]])
_FILES_DECODER = msgspec.msgpack.Decoder(dict[bytes, _FileRecord])


class Cache:
    """Facts of earlier runs, in a directory that is made when it is needed.

    `salt` names everything besides a file's bytes that facts depend on; what a run with another salt left is
    not looked at (empty: `extraction_version`). Nothing is read before the first look-up, nothing written
    before `save`.
    """

    def __init__(self, directory: Path, salt: str = "", *, size_limit: int = SIZE_LIMIT) -> None:
        self.directory = directory
        self.notice = ""
        """Why the cache could not be used or written; empty while all is well."""
        self._home = directory / (salt or extraction_version())
        self._size_limit = size_limit
        self._loaded = False
        self._knows_files = False
        self._entries: dict[bytes, _Entry] = {}
        self._segments: dict[str, int] = {}  # name -> size
        self._members: dict[str, list[bytes]] = {}
        self._fresh: dict[bytes, bytes] = {}
        self._used: set[bytes] = set()
        self._files: dict[bytes, _FileRecord] = {}
        self._fresh_files: dict[bytes, _FileRecord] = {}

    # --- looking up ---

    def key_of_file(self, file: Path, stat: os.stat_result) -> bytes | None:
        """The key of a file's content if the file is as it was when it was last remembered."""
        self._load_files()
        record = self._files.get(os.fsencode(file))
        return record.key if record is not None and record.stamp == _stamp(stat) else None

    def get(self, key: bytes) -> memoryview | bytes | None:
        """The packed facts of a content."""
        self._load()
        if (fresh := self._fresh.get(key)) is not None:
            return fresh
        entry = self._entries.get(key)
        if entry is None:
            return None
        if zlib.crc32(entry.buffer) != entry.checksum:
            del self._entries[key]
            return None
        self._used.add(key)
        return entry.buffer

    def answer(self, question: bytes) -> bytes | memoryview | None:
        """What an earlier run kept under a digest of all that it depended on."""
        answer = self._read(question.hex() + _ANSWER)
        return None if answer is None else answer.head

    # --- adding ---

    def put(self, key: bytes, packed: bytes) -> None:
        """Keep packed facts; they reach the disk with `save`."""
        self._fresh[key] = packed

    def remember(self, file: Path, stat: os.stat_result, key: bytes) -> None:
        """Note that a file with this stat data (taken before it was read) has the content of a key.

        Files that changed a moment ago are not noted: they could change again without a trace.
        """
        if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > _SETTLED_NS:
            self._fresh_files[os.fsencode(file)] = _FileRecord(_stamp(stat), key)

    def keep_answer(self, question: bytes, answer: bytes) -> None:
        """Write what a run came to, and drop the oldest answers. A failure is told in `notice`."""
        try:
            self._prepare()
            sealed.write(self._home / (question.hex() + _ANSWER), answer)
            kept = [entry for entry in os.scandir(self._home) if entry.name.endswith(_ANSWER)]
            kept.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns, reverse=True)
            for entry in kept[_ANSWERS_KEPT:]:
                Path(entry.path).unlink(missing_ok=True)
        except OSError as error:
            self._tell(f"the cache in {self.directory} could not be written: {error.strerror or error}")

    def save(self) -> None:
        """Write what is new. A failure is told in `notice`."""
        if not self._fresh and not self._fresh_files:
            return
        self._load()
        try:
            self._prepare()
            if self._fresh:
                self._write_segment(self._fresh)
                self._used.update(self._fresh)
                self._fresh = {}
            if self._fresh_files:
                self._write_files()
                self._fresh_files = {}
            self._tidy()
        except OSError as error:
            self._tell(f"the cache in {self.directory} could not be written: {error.strerror or error}")

    # --- reading the disk ---

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        try:
            names = sorted(entry.name for entry in os.scandir(self._home))
        except FileNotFoundError:
            return
        except OSError as error:
            self._tell(f"the cache in {self.directory} could not be read: {error.strerror or error}")
            return
        for name in names:
            if name.endswith(_SEGMENT):
                self._load_segment(name)

    def _load_segment(self, name: str) -> None:
        self._segments[name] = 0
        self._members[name] = []
        segment = self._read(name)
        if segment is None:
            return  # spoilt: it holds nothing, and goes with the next merge
        self._segments[name] = segment.size
        try:
            index = _INDEX_DECODER.decode(segment.head)
        except msgspec.MsgspecError:
            return
        position = 0
        for key, length, checksum in index:
            if position + length > len(segment.body):
                break
            self._entries[key] = _Entry(segment.body[position : position + length], checksum)
            self._members[name].append(key)
            position += length

    def _load_files(self) -> None:
        if self._knows_files:
            return
        self._knows_files = True
        index = self._read(_FILES)
        if index is not None:
            with suppress(msgspec.MsgspecError):  # of no use: every file is read then
                self._files = _FILES_DECODER.decode(index.head)

    def _read(self, name: str) -> sealed.Sealed | None:
        try:
            return sealed.read(self._home / name)
        except FileNotFoundError:  # another run merged it away, or there is none yet
            return None
        except OSError as error:
            self._tell(f"the cache in {self.directory} could not be read: {error.strerror or error}")
            return None

    # --- writing the disk ---

    def _prepare(self) -> None:
        if not self._home.exists():
            self._home.mkdir(parents=True, exist_ok=True)
            for home in _versions(self.directory)[_VERSIONS_KEPT:]:
                _remove(home)
        for name, text in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n")):
            file = self.directory / name
            if not file.exists():
                file.write_text(text, encoding="ascii")

    def _write_segment(self, entries: Mapping[bytes, bytes | memoryview], born: str = "") -> None:
        """Write a segment named by its birth (a time in digits; empty: now), which says how old its facts are."""
        index = [(key, len(value), zlib.crc32(value)) for key, value in entries.items()]
        for key, _, checksum in index:
            self._entries[key] = _Entry(memoryview(entries[key]), checksum)
        name = f"{born or format(time.time_ns(), '020d')}-{os.urandom(4).hex()}{_SEGMENT}"
        self._segments[name] = sealed.write(self._home / name, msgspec.msgpack.encode(index), entries.values())
        self._members[name] = list(entries)

    def _write_files(self) -> None:
        self._load_files()
        files = {**self._files, **self._fresh_files}
        if len(files) > _FILES_KEPT:
            files = self._fresh_files
        self._files = files
        sealed.write(self._home / _FILES, msgspec.msgpack.encode(files))

    # --- keeping it small ---

    def _tidy(self) -> None:
        """Merge segments when they are many, drop old facts when they are too large."""
        if sum(self._segments.values()) > self._size_limit:
            self._merge(list(self._segments), self._size_limit // 2)
        elif len(self._segments) > _SEGMENTS_KEPT:
            by_size = sorted(self._segments, key=lambda name: self._segments[name])
            self._merge(by_size[:-1], self._size_limit)
        else:
            return
        self._drop_strays()

    def _merge(self, names: list[str], room: int) -> None:
        """Replace segments by one that holds their entries, those used in this run first, up to `room` bytes."""
        kept: dict[bytes, memoryview] = {}
        for key, value in self._by_merit(names):
            if key not in kept and len(value) <= room:
                kept[key] = value
                room -= len(value)
        if kept:
            self._write_segment(kept, born=max(names).partition("-")[0])
        for name in names:
            del self._segments[name], self._members[name]
            (self._home / name).unlink(missing_ok=True)

    def _by_merit(self, names: list[str]) -> Iterator[tuple[bytes, memoryview]]:
        newest_first = [key for name in sorted(names, reverse=True) for key in self._members[name]]
        for wanted in (True, False):
            for key in newest_first:
                if (key in self._used) is wanted and (entry := self._entries.get(key)) is not None:
                    yield key, entry.buffer

    def _drop_strays(self) -> None:
        """Remove what dead runs and versions long gone left behind."""
        old = time.time() - _ABANDONED_SECONDS
        for entry in os.scandir(self._home):
            if entry.name.endswith(sealed.TEMPORARY) and entry.stat(follow_symlinks=False).st_mtime < old:
                os.unlink(entry.path)

    def _tell(self, notice: str) -> None:
        self.notice = self.notice or notice


def clear(directory: Path) -> bool:
    """Remove a cache directory and tell whether there was one.

    Only what a cache writes is removed, and nothing from a directory that does not say that it is a cache.
    Raises OSError where that fails.
    """
    tag = directory / "CACHEDIR.TAG"
    if directory.is_symlink() or not tag.is_file() or tag.read_text(encoding="ascii", errors="replace") != _TAG:
        return False
    for home in _versions(directory):
        _remove(home)
    for name in ("CACHEDIR.TAG", ".gitignore"):
        (directory / name).unlink(missing_ok=True)
    with suppress(OSError):  # somebody keeps something else there
        directory.rmdir()
    return True


def _versions(directory: Path) -> list[Path]:
    """The directories of versions in a cache, the one that was written last first."""
    found = [entry for entry in os.scandir(directory) if entry.is_dir(follow_symlinks=False)]
    found.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns, reverse=True)
    return [Path(entry.path) for entry in found if _VERSION.fullmatch(entry.name)]


def _remove(home: Path) -> None:
    for entry in os.scandir(home):
        if entry.name == _FILES or entry.name.endswith((_SEGMENT, _ANSWER, sealed.TEMPORARY)):
            Path(entry.path).unlink(missing_ok=True)
    with suppress(OSError):  # another run has just written to it
        home.rmdir()


def _stamp(stat: os.stat_result) -> _Stamp:
    return (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)
