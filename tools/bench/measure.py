"""Running a case: a fresh process for each measurement, the ways taking turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.case import Case, Sample, Samples
from bench.files import Files

__all__ = ["disagreeing", "run_case"]

TIMEOUT = 300  # seconds for one measurement


def run_case(
    case: Case, files: Files, repeat: int, tell: Callable[[str], None] = lambda text: None
) -> dict[str, Sample]:
    """Measure every way of a case `repeat` times, one after the other in turn.

    A way that fails is not tried again; what it said is in the `error` of its sample.
    """
    samples = {way: Sample() for way in case.ways}
    for turn in range(repeat):
        for way, sample in samples.items():
            if not sample.error:
                tell(f"{case.name}: {way}, {turn + 1} of {repeat}")
                _add(sample, _probe(case.name, way, files, check=turn == 0))
    return samples


def disagreeing(samples: Samples) -> list[str]:
    """Return the ways whose result had other values than volio's."""
    due = samples["volio"].digest
    return [way for way, one in samples.items() if one.digest and due and one.digest != due]


def _add(sample: Sample, found: dict[str, Any]) -> None:
    if "error" in found:
        sample.error = found["error"]
        return
    sample.seconds.append(found["seconds"])
    sample.memory.append(found["memory"])
    sample.nbytes = found["nbytes"]
    sample.digest = sample.digest or found["digest"]


def _probe(case: str, way: str, files: Files, *, check: bool) -> dict[str, Any]:
    folder = files.folder.parent
    words = [case, way, str(folder), files.scale.name, "check" if check else "trust"]
    here = Path(__file__).resolve().parent.parent
    environment = {**os.environ, "PYTHONPATH": str(here), "PYTHONDONTWRITEBYTECODE": ""}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bench.probe", *words],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"took longer than {TIMEOUT} s"}
    try:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or ["said nothing"])[-1]
        return {"error": f"exit status {done.returncode}: {last}"}
    return found
