#!/usr/bin/env python
"""Load, save, convert and draw every format again and again, and tell whether anything grows.

    tools/soak.py [--operations N] [--format NAME ...]

Memory (RSS), open files and threads of this process are counted after the first rounds, in which
modules are imported and caches fill, and at the end. The exit status is 1 where they have grown by
more than `GROWTH` bytes, or by any open file or thread.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from volio.formats.table import FORMATS
from volio.testing.conformance.case import quiet
from volio.testing.fuzz.acts import convert_and_show, examine_and_repair, survey
from volio.testing.fuzz.seeds import clear, lay_out, seeds_of

#: Bytes by which memory may grow in all rounds: allocators never give back everything.
GROWTH = 48 << 20
#: Share of the operations that come before the first count.
WARM = 0.4


class State(NamedTuple):
    """What a process holds."""

    memory: int
    files: int
    threads: int


def state() -> State:
    """Count what this process holds; on Linux."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    handles = len(list(Path("/proc/self/fd").iterdir()))
    return State(pages * os.sysconf("SC_PAGE_SIZE"), handles, threading.active_count())


def operations(names: list[str], folder: Path) -> Iterator[str]:
    """Go through samples and what is done with them, without end; yield what was done."""
    seeds = [seed for row in FORMATS if row.name in names for seed in seeds_of(row)]
    number = 0
    while True:
        for seed in seeds:
            files = seed.files
            if seed.is_packed:
                files = {f"{seed.name}/{name}": data for name, data in files.items()}
            lay_out(files, folder)
            where = folder / seed.name
            number += 1
            with quiet():
                if number % 3 == 0:
                    convert_and_show(where, seed.format, folder / "converted", number // 3)
                    done = "convert and draw"
                elif number % 3 == 1:
                    survey(where, seed.format)
                    done = "load and save"
                else:
                    examine_and_repair(where)
                    done = "examine and verify"
            clear(folder)
            yield done


def main() -> int:
    """Do it, and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--operations", type=int, default=2000)
    parser.add_argument("--format", nargs="+", default=[row.name for row in FORMATS])
    asked = parser.parse_args()
    done: Counter[str] = Counter()
    begun = time.process_time()
    before = None
    with tempfile.TemporaryDirectory() as folder:
        for number, what in enumerate(operations(asked.format, Path(folder)), 1):
            done[what] += 1
            if before is None and number >= WARM * asked.operations:
                before = state()
                print(f"after {number} operations: {told(before)}", flush=True)
            if number >= asked.operations:
                break
    after = state()
    assert before is not None
    print(f"after {sum(done.values())} operations: {told(after)}")
    print(f"{dict(done)}, {time.process_time() - begun:.0f} s of processor time")
    has_grown = after.memory - before.memory > GROWTH
    return int(has_grown or after.files > before.files or after.threads > before.threads)


def told(found: State) -> str:
    """Return a state in words."""
    return f"{found.memory / 2**20:.0f} MiB, {found.files} files, {found.threads} threads"


if __name__ == "__main__":
    sys.exit(main())
