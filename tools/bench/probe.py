"""One measurement, in a process of its own: ``python -m bench.probe CASE WAY FOLDER SCALE``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np  # noqa: F401  its import is nobody's cost

from bench.files import FULL, TINY, Files
from bench.groups import cases

__all__ = ["measured", "peak", "start_peak"]


def measured(case_name: str, way_name: str, files: Files, *, check: bool = True) -> dict[str, Any]:
    """Do the work of a case once, one way, and return what it took.

    The peak of memory is that of the process while it worked, over what it held before.
    """
    case = cases()[case_name]
    work = case.ways[way_name](files)
    before = start_peak()
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    memory = max(0, peak() - before)
    digest = case.checksum(result) if check else ""
    return {"seconds": seconds, "memory": memory, "digest": digest, "nbytes": case.size(result)}


def start_peak() -> int:
    """Let the peak of memory begin anew where the system can; return the memory in use."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _status("VmRSS")
    except OSError:
        return peak()


def peak() -> int:
    """Return the peak of the memory of this process since `start_peak`, in bytes."""
    try:
        return _status("VmHWM")
    except OSError:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(field))


def main(words: list[str]) -> None:
    """Print a measurement as JSON, or what went wrong."""
    case, way, folder, scale, check = words
    files = Files(Path(folder), TINY if scale == TINY.name else FULL)
    try:
        found = measured(case, way, files, check=check == "check")
    except Exception as error:
        found = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
