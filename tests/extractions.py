"""Stand-ins for the extraction, run by the workers of the tests below by their names."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from mldebt.facts import Facts, Header
from mldebt.source import Kind


class Panic(BaseException):
    """What native code raises when it panics: no Exception."""


def count(kind: Kind, data: bytes) -> Facts:
    """The facts of an obedient file: its lines and its kind."""
    return Facts.of(Header(lines=data.count(b"\n"), names=(kind.value,)), words=[data[:20].decode()])


def obey(kind: Kind, data: bytes) -> Facts:
    """Do what the first line says: die, hang, wait, grow, recurse, raise, or be killed once."""
    command, _, argument = data.split(b"\n", 1)[0].decode().partition(" ")
    match command:
        case "segfault":
            signal.raise_signal(signal.SIGSEGV)
        case "spin":
            while True:
                pass
        case "sleep":
            time.sleep(60)
        case "slow":
            time.sleep(float(argument))
        case "grow":
            heap = [bytes(10_000_000)]
            while True:
                heap.append(heap[0] + b"x")
        case "killed-once":
            witness = Path(argument)
            if not witness.exists():
                witness.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        case "panic":
            raise Panic(argument)
        case "print":
            print("noise between the frames", flush=True)
    return count(kind, data)
