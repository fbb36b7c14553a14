"""Bare `libcst.parse_module` over the files named on standard input, the collector paused: the reference.

Run with `both` as argument it extracts every file right after parsing it, in the same process, and prints the
processor seconds of both.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path


def main() -> None:
    import libcst

    from mldebt.extract import extract
    from mldebt.source import Kind

    both = sys.argv[1:] == ["both"]
    texts = [Path(name).read_bytes() for name in sys.stdin.read().splitlines()]
    libcst.parse_module("")
    extract(Kind.PYTHON, b"import os\n")  # what is imported on first use is no part of the throughput
    parsing = extracting = 0.0
    for text in texts:
        gc.disable()
        start = time.process_time()
        libcst.parse_module(text)
        parsing += time.process_time() - start
        gc.enable()
        if both:
            start = time.process_time()
            extract(Kind.PYTHON, text).pack()
            extracting += time.process_time() - start
    print(parsing, extracting)


if __name__ == "__main__":
    main()
