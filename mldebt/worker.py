"""The worker process: reads batches of files from its standard input, writes packed facts to its standard output.

It is started by `mldebt.pool` and speaks frames: eight bytes of length, then so many bytes. A request is a
MessagePack list of (kind, bytes) pairs; every file is answered by a frame of its own, in order, so that the
other side knows which file a dead worker was at. The first, empty frame says that the worker is ready.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import BinaryIO

import msgspec

from mldebt.facts import Facts, Header, Problem
from mldebt.limits import DEPTH, Limits, is_too_deep
from mldebt.source import Kind, Span

Extract = Callable[[Kind, bytes], Facts]

EXIT_MEMORY = 77
"""The exit code of a worker that ran into its memory limit."""

_PARSED = frozenset({Kind.PYTHON, Kind.NOTEBOOK})
"""The kinds that libcst reads."""

_LENGTH_BYTES = 8
_BYTES_A_CALL = 10_000  # of native stack, where Python code calls itself through native code
_LEAST_STACK = 1 << 20


class Setup(msgspec.Struct, frozen=True):
    """What a worker needs to know: the module search path, `module:function` of the extraction, the limits."""

    path: list[str]
    extract: str
    limits: Limits


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame, or None where the stream ends before it is complete."""
    head = stream.read(_LENGTH_BYTES)
    if len(head) < _LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "little")
    body = stream.read(length)
    return body if len(body) == length else None


def write_frame(stream: BinaryIO, body: bytes) -> None:
    """Write one frame. Raises OSError where nobody reads it."""
    stream.write(len(body).to_bytes(_LENGTH_BYTES, "little"))
    stream.write(body)
    stream.flush()


def resolve(reference: str) -> Extract:
    """The function that `module:function` names."""
    module, _, name = reference.partition(":")
    function: Extract = getattr(import_module(module), name)
    return function


def guarded(extract: Extract, kind: Kind, data: bytes) -> Facts:
    """The facts of a file; of one that no Python would read either, only that it is nested too deeply."""
    if kind is Kind.PYTHON and is_too_deep(data):
        problem = Problem("limit-depth", f"nests brackets more than {DEPTH} deep", Span.at(1))
        return Facts.of(Header(lines=data.count(b"\n"), problems=(problem,)))
    return extract(kind, data)


def with_deep_stack(stack: int, task: Callable[[], None]) -> None:
    """Run a task where recursion may go deep, on a thread with `stack` bytes, or what the system grants.

    Its exceptions are raised here.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            task()
        except BaseException as error:
            raised.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size()
    try:
        _start_thread(run, stack).join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if raised:
        raise raised[0]


def _start_thread(run: Callable[[], None], stack: int) -> threading.Thread:
    while True:
        threading.stack_size(stack)
        sys.setrecursionlimit(max(sys.getrecursionlimit(), stack // _BYTES_A_CALL))
        thread = threading.Thread(target=run, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no room for such a stack
            if stack <= _LEAST_STACK:
                raise
            stack //= 2
        else:
            return thread


def main() -> None:
    """Serve until the standard input ends. The Setup is the first argument, as JSON."""
    setup = msgspec.json.decode(sys.argv[1], type=Setup)
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)  # what a library prints must not end up between the frames
    extract = resolve(setup.extract)
    _limit_memory(setup.limits)
    write_frame(replies, b"")
    os.dup2(nothing, 2)  # up to here failures are worth seeing; from here on they are told as facts
    try:
        with_deep_stack(setup.limits.stack, lambda: _serve(extract, setup.limits, requests, replies))
    except OSError:
        os._exit(1)  # the other side is gone; nobody is left to tell
    except MemoryError:
        os._exit(EXIT_MEMORY)


def _serve(extract: Extract, limits: Limits, requests: BinaryIO, replies: BinaryIO) -> None:
    decoder = msgspec.msgpack.Decoder(list[tuple[Kind, bytes]])
    while (request := read_frame(requests)) is not None:
        for kind, data in decoder.decode(request):
            if kind in _PARSED:
                _make_lean()
            _start_clock(limits.seconds_for(len(data)))
            write_frame(replies, guarded(extract, kind, data).pack())
        _start_clock(0)


@functools.cache
def _make_lean() -> None:
    """Nobody but us uses libcst in this process."""
    from mldebt.extract.lean_nodes import make_lean

    make_lean()


def _start_clock(seconds: float) -> None:
    """End the process after so much processor time from now on; 0 stops the clock."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)  # SIGPROF has no handler: it ends native code, too


def _limit_memory(limits: Limits) -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wanted = limits.memory + limits.stack
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or wanted < hard:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


if __name__ == "__main__":
    main()
