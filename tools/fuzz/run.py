#!/usr/bin/env python
"""Read damaged files of every format, for as long as asked, and tell what went wrong.

    tools/fuzz/run.py [--format NAME ...] [--cases N | --hours H | --processor-hours H] [--start N]
                      [--jobs N] [--keep FOLDER]

Each batch runs in a process of its own, so that a crash or a hang is a finding too. Equal numbers
make equal cases: ``--start N --cases 1 --format NAME`` repeats one. ``--keep`` saves the files of
findings. The exit status is 1 where there were any.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from volio.formats.lookup import format_named
from volio.formats.table import FORMATS
from volio.testing.fuzz.fuzzing import fuzz
from volio.testing.fuzz.seeds import lay_out, seeds_of

BATCH = 1000
PATIENCE = 3600  # seconds for a batch, of the clock: other work may take the processors


def main() -> int:
    """Run batches of every format in turn until the cases or the hours are used up."""
    asked = arguments()
    if asked.batch:
        print(json.dumps(batch(asked.format[0], asked.start, asked.cases, asked.keep)))
        return 0
    begun, done, outcomes, findings = time.monotonic(), 0, Counter(), []
    with ThreadPoolExecutor(asked.jobs) as pool:
        for found in results(pool, asked, begun):
            outcomes.update(found["outcomes"])
            findings += found["findings"]
            done = sum(outcomes.values())
            told = f"{done} cases, {len(findings)} findings, {time.monotonic() - begun:.0f} s"
            told += f", {processor_seconds():.0f} s of processor time"
            print(f"\r{told}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    report(outcomes, findings, time.monotonic() - begun)
    return bool(findings)


def results(pool: ThreadPoolExecutor, asked: argparse.Namespace, begun: float):
    """Go through the results in order; a batch begins when there is a process for it."""
    waiting: deque = deque()
    for job in jobs(asked, begun):
        waiting.append(pool.submit(in_process, *job, asked.keep))
        if len(waiting) > asked.jobs:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--format", nargs="+", default=[row.name for row in FORMATS if seeds_of(row)]
    )
    parser.add_argument("--cases", type=int, default=BATCH, help="of each format")
    parser.add_argument("--hours", type=float, help="go on for so long, whatever --cases says")
    parser.add_argument(
        "--processor-hours", type=float, help="go on until the processes have used so much"
    )
    parser.add_argument("--start", type=int, default=0, help="number of the first case")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--keep", type=Path, help="folder for the files of findings")
    parser.add_argument("--batch", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def jobs(asked: argparse.Namespace, begun: float):
    """Go through (format, first number, how many), formats in turn."""
    by_time = asked.hours is not None or asked.processor_hours is not None
    for low in count(asked.start, BATCH):
        left = asked.start + asked.cases - low
        if not by_time and left <= 0:
            return
        for name in asked.format:
            if by_time and time_is_up(asked, begun):
                return
            yield name, low, BATCH if by_time else min(BATCH, left)


def time_is_up(asked: argparse.Namespace, begun: float) -> bool:
    """Tell whether the hours that were asked for are over."""
    if asked.hours is not None and time.monotonic() - begun > 3600 * asked.hours:
        return True
    return asked.processor_hours is not None and processor_seconds() > 3600 * asked.processor_hours


def batch(name: str, start: int, cases: int, keep: Path | None) -> dict:
    """Run the cases of a batch in this process."""
    with tempfile.TemporaryDirectory() as folder:
        found = fuzz(seeds_of(format_named(name)), cases, Path(folder), start)
    for finding in found.findings if keep else ():
        target = keep / f"{name}-{finding.case.number}"
        lay_out(finding.case.files, target)
    told = [[name, finding.case.number, finding.what] for finding in found.findings]
    return {"outcomes": found.outcomes, "findings": told}


def in_process(name: str, start: int, cases: int, keep: Path | None) -> dict:
    """Run a batch in a process of its own; where that dies or hangs, find the case that did it."""
    words = [sys.executable, __file__, "--batch", "--format", name]
    words += ["--start", str(start), "--cases", str(cases), *(["--keep", keep] if keep else [])]
    try:
        ended = subprocess.run(words, capture_output=True, timeout=PATIENCE, text=True)
        what = f"exit status {ended.returncode}: {ended.stderr[-300:]}"
    except subprocess.TimeoutExpired:
        ended, what = None, f"hung for {PATIENCE} s"
    if ended is not None and ended.returncode == 0:
        return json.loads(ended.stdout)
    if cases == 1:
        return {"outcomes": {"FINDING": 1}, "findings": [[name, start, what]]}
    half = cases // 2
    first = in_process(name, start, half, keep)
    second = in_process(name, start + half, cases - half, keep)
    outcomes = Counter(first["outcomes"]) + Counter(second["outcomes"])
    return {"outcomes": outcomes, "findings": first["findings"] + second["findings"]}


def processor_seconds() -> float:
    """Return the processor time of all batches that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(outcomes: Counter, findings: list, seconds: float) -> None:
    """Print what came of it."""
    total = sum(outcomes.values())
    print(f"{total} cases in {seconds / 3600:.2f} hours, {total / max(seconds, 1e-9):.0f} a second")
    print(f"{processor_seconds() / 3600:.2f} hours of processor time")
    for outcome, times in outcomes.most_common():
        print(f"{times:9d}  {outcome}")
    for name, number, what in findings:
        print(f"{name} {number}: {what}")


if __name__ == "__main__":
    sys.exit(main())
