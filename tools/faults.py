"""Make saves fail in every way, on every format that is written, and print the figures.

    .venv/bin/python tools/faults.py [--kills 200] [--seed 1] [--kind surface --kind tracts ...]
        [--part calls --part disk ...]

The full disk needs Linux and the right to mount a small file system (root, or a user namespace).
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from volio.images.kinds import KINDS
from volio.testing.saves import fulldisk, kills
from volio.testing.saves.syscalls import every_failure
from volio.testing.saves.trials import SMALL_SHEETS, trials


def failing_calls(kinds: Collection[str]) -> dict[str, int]:
    tally = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for trial in trials(Path(folder), kinds=kinds, sheets=SMALL_SHEETS):
            trial.prepare()
            for interrupt in (False, True):
                for failure in every_failure(lambda t=trial: t.save(1), interrupt=interrupt):
                    tally["failures"] += 1
                    tally["exceptions"] += failure.raised is not None
                    assert trial.state() == "complete", failure
                    assert trial.remains() == [], failure
                    trial.save(0)
            tally["trials"] += 1
    return tally


def full_disk(kinds: Collection[str]) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        mount = f"mount -t tmpfs -o size=12m tmpfs {folder}"
        run = (
            f"{sys.executable} -W ignore -m volio.testing.saves.fulldisk {folder} {' '.join(kinds)}"
        )
        command = f"{mount} && exec {run}"
        unshare = shutil.which("unshare") or sys.exit("unshare is not there")
        done = subprocess.run(
            [unshare, "-rm", "sh", "-c", command], stdout=subprocess.PIPE, check=True
        )
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="of images")
    parser.add_argument("--part", action="append", choices=["calls", "disk", "size", "kills"])
    options = parser.parse_args()
    kinds = options.kind or list(KINDS)
    for part, name, run in (
        ("calls", "failing system calls", lambda: failing_calls(kinds)),
        ("disk", "full disk (tmpfs)", lambda: full_disk(kinds)),
        ("size", "limited file size", lambda: fulldisk.main("", *kinds)),
        ("kills", "kills", lambda: kills.main(options.kills, options.seed, kinds=kinds)),
    ):
        if options.part and part not in options.part:
            continue
        figures = ", ".join(f"{key}: {number}" for key, number in run().items())
        print(f"{name}: {figures}", flush=True)


if __name__ == "__main__":
    main()
