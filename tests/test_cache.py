"""The cache: what it finds, what it survives, how it stays small."""

from __future__ import annotations

import ast
import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mldebt import cache as cache_module
from mldebt import sealed
from mldebt.cache import Cache, clear
from mldebt.cache_keys import key_of

VERSION = "0123456789abcdef"
CHECKOUT = Path(__file__).parents[1]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def entry(number: int, size: int = 100) -> tuple[bytes, bytes]:
    return key_of("python", b"%d" % number), b"%d " % number * size


def fill(directory: Path, numbers: range, **options: int) -> None:
    cache = Cache(directory, VERSION, **options)
    for number in numbers:
        cache.put(*entry(number))
    cache.save()
    assert cache.notice == ""


def known(directory: Path, numbers: range) -> list[int]:
    cache = Cache(directory, VERSION)
    found = [number for number in numbers if cache.get(entry(number)[0]) is not None]
    assert all(bytes(cache.get(entry(number)[0]) or b"") == entry(number)[1] for number in found)
    return found


def segments(directory: Path) -> list[Path]:
    return sorted((directory / VERSION).glob("*.facts"))


def old_file(file: Path, text: str = "x = 1\n") -> Path:
    file.write_text(text)
    os.utime(file, (1_000_000, 1_000_000))
    return file


def test_what_was_put_is_found_in_the_next_run(directory: Path) -> None:
    fill(directory, range(50))
    assert known(directory, range(60)) == list(range(50))


def test_what_was_put_is_found_before_it_is_saved(directory: Path) -> None:
    cache = Cache(directory, VERSION)
    cache.put(b"k", b"v")
    assert cache.get(b"k") == b"v"
    assert not directory.exists()


def test_the_key_tells_kinds_and_contents_apart() -> None:
    keys = {key_of(kind, data) for kind in ("python", "yaml") for data in (b"", b"a", b"b")}
    assert len(keys) == 6


def test_a_run_without_news_writes_nothing(directory: Path) -> None:
    fill(directory, range(5))
    before = {file: file.stat().st_mtime_ns for file in directory.rglob("*")}
    cache = Cache(directory, VERSION)
    assert cache.get(entry(3)[0]) is not None
    cache.save()
    assert {file: file.stat().st_mtime_ns for file in directory.rglob("*")} == before


def test_the_directory_keeps_out_of_version_control_and_backups(directory: Path) -> None:
    fill(directory, range(1))
    assert (directory / ".gitignore").read_text() == "*\n"
    assert (directory / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


# --- unchanged files ---


def remembering(directory: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = file.stat().st_ctime_ns + 10_000_000_000
    monkeypatch.setattr(cache_module.time, "time_ns", lambda: later)
    cache = Cache(directory, VERSION)
    cache.remember(file, file.stat(), b"k" * 16)
    cache.save()


def test_an_unchanged_file_needs_no_reading(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = old_file(tmp_path / "a.py")
    remembering(directory, file, monkeypatch)
    assert Cache(directory, VERSION).key_of_file(file, file.stat()) == b"k" * 16


@pytest.mark.parametrize("change", ["content", "replaced", "touched"])
def test_a_changed_file_is_read(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    file = old_file(tmp_path / "a.py")
    remembering(directory, file, monkeypatch)
    if change == "content":
        old_file(file, "x = 2\n")  # same size, same time stamp
    elif change == "replaced":
        old_file(tmp_path / "b.py").rename(file)
    else:
        os.utime(file)
    assert Cache(directory, VERSION).key_of_file(file, file.stat()) is None


def test_a_file_that_has_just_changed_is_not_trusted(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x")
    cache = Cache(directory, VERSION)
    cache.remember(file, file.stat(), b"k" * 16)
    cache.save()
    assert Cache(directory, VERSION).key_of_file(file, file.stat()) is None


def test_names_that_are_no_text(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = old_file(tmp_path / os.fsdecode(b"\xff\n\x01.py"))
    remembering(directory, file, monkeypatch)
    assert Cache(directory, VERSION).key_of_file(file, file.stat()) == b"k" * 16


# --- damage ---


@pytest.mark.parametrize("length", [0, 1, 8, 19, 20, 60, 300, 1_000, 4_000])
def test_truncation_costs_at_most_what_is_missing(directory: Path, length: int) -> None:
    fill(directory, range(20))
    (segment,) = segments(directory)
    os.truncate(segment, length)
    assert set(known(directory, range(20))) <= set(range(20))
    fill(directory, range(20))
    assert known(directory, range(20)) == list(range(20))


def test_a_flipped_bit_anywhere_is_noticed(directory: Path) -> None:
    fill(directory, range(5))
    (segment,) = segments(directory)
    content = segment.read_bytes()
    for position in range(0, len(content), 7):
        spoilt = bytearray(content)
        spoilt[position] ^= 0x10
        segment.write_bytes(spoilt)
        assert set(known(directory, range(5))) <= set(range(5))  # `known` compares the contents


@pytest.mark.parametrize("garbage", [b"", b"\0" * 100, b"mldebt-1", b"SQLite format 3\0" * 50, os.urandom(5_000)])
def test_garbage_counts_as_absent(directory: Path, garbage: bytes) -> None:
    fill(directory, range(5))
    (directory / VERSION / "files.index").write_bytes(garbage)
    (directory / VERSION / f"{'9' * 20}-00000000.facts").write_bytes(garbage)
    assert known(directory, range(5)) == list(range(5))
    fill(directory, range(5, 10))
    assert known(directory, range(10)) == list(range(10))


def test_well_formed_heads_of_another_shape_count_as_absent(directory: Path) -> None:
    fill(directory, range(5))
    for name in ("files.index", f"{'9' * 20}-00000000.facts"):
        sealed.write(directory / VERSION / name, b"\x93\x01\x02\x03")
    assert known(directory, range(5)) == list(range(5))


def test_another_version_is_not_looked_at(directory: Path) -> None:
    fill(directory, range(5))
    other = Cache(directory, "f" * 16)
    assert other.get(entry(1)[0]) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_cache_does_not_make_it_wait(directory: Path) -> None:
    fill(directory, range(5))
    os.mkfifo(directory / VERSION / "pipe.facts")
    assert known(directory, range(5)) == list(range(5))


def test_a_file_where_the_directory_should_be(directory: Path) -> None:
    directory.write_text("mine")
    cache = Cache(directory, VERSION)
    assert cache.get(b"k") is None
    cache.put(b"k", b"v")
    cache.save()
    assert "could not be" in cache.notice
    assert directory.read_text() == "mine"


def test_a_full_disk_is_told_once_and_leaves_nothing(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(directory, range(5))

    def fail(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(sealed.os, "replace", fail)
        cache = Cache(directory, VERSION)
        cache.put(*entry(7))
        cache.save()
        cache.save()
    assert cache.notice == f"the cache in {directory} could not be written: No space left on device"
    assert len(list((directory / VERSION).iterdir())) == 1
    assert known(directory, range(10)) == list(range(5))


@pytest.fixture
def read_only(directory: Path) -> Iterator[Path]:
    fill(directory, range(5))
    (directory / VERSION).chmod(0o500)
    yield directory
    (directory / VERSION).chmod(0o700)


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_cache_is_read(read_only: Path) -> None:
    cache = Cache(read_only, VERSION)
    assert cache.get(entry(1)[0]) is not None
    cache.put(*entry(9))
    cache.save()
    assert "could not be written" in cache.notice


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a directory that nobody can write to")
def test_a_directory_that_cannot_be_made_is_told() -> None:
    cache = Cache(Path("/proc/no/cache"), VERSION)
    assert cache.get(b"k") is None
    cache.put(b"k", b"v")
    cache.save()
    assert "could not be written" in cache.notice


# --- size ---


def test_many_runs_leave_few_segments(directory: Path) -> None:
    for number in range(40):
        fill(directory, range(number, number + 1))
    assert len(segments(directory)) <= 8
    assert known(directory, range(40)) == list(range(40))


def test_old_facts_go_first_when_the_cache_is_too_large(directory: Path) -> None:
    size = len(entry(10)[1])
    limit = size * 40
    for number in range(10, 99):
        cache = Cache(directory, VERSION, size_limit=limit)
        cache.get(entry(10)[0])  # in use all the time
        cache.put(*entry(number))
        cache.save()
    found = known(directory, range(10, 99))
    assert sum(file.stat().st_size for file in segments(directory)) <= limit + 1_000
    assert found[0] == 10
    assert found[1:] == list(range(99 - len(found) + 1, 99))


def test_versions_long_gone_are_removed(directory: Path) -> None:
    for number in range(6):
        cache = Cache(directory, f"{number:016x}")
        cache.put(b"k", b"v")
        cache.save()
    assert len([entry for entry in directory.iterdir() if entry.is_dir()]) <= 4
    assert Cache(directory, f"{5:016x}").get(b"k") is not None


def test_clear_removes_a_cache_and_nothing_else(directory: Path, tmp_path: Path) -> None:
    fill(directory, range(5))
    assert clear(directory)
    assert not directory.exists()
    assert not clear(directory)
    other = tmp_path / "home" / VERSION
    other.mkdir(parents=True)
    (other / "my.facts").write_text("precious")
    assert not clear(other.parent)
    assert (other / "my.facts").exists()


def test_clear_spares_foreign_files_and_links(directory: Path, tmp_path: Path) -> None:
    fill(directory, range(5))
    (directory / VERSION / "notes.txt").write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(directory)
    assert not clear(link)
    assert len(segments(directory)) == 1
    assert clear(directory)
    assert (directory / VERSION / "notes.txt").read_text() == "mine"


# --- company ---

_RUN = """
import hashlib, json, sys
from pathlib import Path
from mldebt.cache import Cache
from mldebt.gather import gather
from mldebt.source import Kind, Source
sources = [Source(f.name, Kind.PYTHON, f) for f in sorted(Path(sys.argv[1]).glob("*.py"))]
cache = Cache(Path(sys.argv[2]), "0" * 16, size_limit=200_000)
pairs = gather(sources, workers=2, cache=cache, extract="tests.extractions:count")
digest = hashlib.sha256(b"".join(facts.pack() for _, facts in pairs)).hexdigest()
print(json.dumps([digest, len(pairs), cache.notice]))
"""


def test_eight_runs_at_once_on_one_cold_cache(directory: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    for number in range(150):
        (code / f"{number}.py").write_text(f"x{number} = 1\n" * 200)
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-c", _RUN, str(code), str(directory)]
    for _ in range(2):
        runs = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
            for _ in range(8)
        ]
        answers = [run.communicate(timeout=60) for run in runs]
        assert {errors for _, errors in answers} == {""}
        assert len({output for output, _ in answers}) == 1
        assert json.loads(answers[0][0])[1:] == [150, ""]
    assert not list(directory.rglob("*.part"))


def test_nothing_that_is_read_can_run_code() -> None:
    """What is kept between runs, or comes from a project, is never unpickled, unmarshalled or evaluated."""
    runs_code = {"pickle", "marshal", "shelve", "dbm", "dill", "cloudpickle", "joblib", "runpy", "code"}
    for file in sorted((CHECKOUT / "mldebt").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not runs_code & {name.partition(".")[0] for name in names}, file
            own = file.name == "lean_nodes.py"  # it writes constructors for the classes of the parser
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not own:
                assert node.func.id not in ("eval", "exec", "__import__"), file
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "yaml":
                assert node.attr not in ("unsafe_load", "UnsafeLoader", "full_load", "FullLoader", "Loader"), file
