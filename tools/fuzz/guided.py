#!/usr/bin/env python
"""Let a coverage-guided fuzzer look for bytes that do what no file may; needs the extra `fuzz`.

    tools/fuzz/guided.py [FOLDER OF FINDS] [OPTIONS OF LIBFUZZER]

The samples of every format are where it begins. `-max_total_time=3600` runs it for an hour,
`-runs=N` for N executions; a file name repeats one. Bytes are read as one file, without a name.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["volio"]):
    from volio.formats.table import FORMATS
    from volio.testing.conformance.case import quiet
    from volio.testing.fuzzing import seeds_of, survey


def one_input(data: bytes) -> None:
    """Read bytes as a file; whatever is not an error of volio is found by the fuzzer."""
    with quiet():
        survey(data)


def main() -> None:
    """Put the samples into a folder and start."""
    with tempfile.TemporaryDirectory() as folder:
        for row in FORMATS:
            for seed in seeds_of(row):
                for name, data in seed.files.items():
                    Path(folder, f"{row.name}-{name}").write_bytes(data)
        files = any(Path(word).is_file() for word in sys.argv[1:])
        corpus = [] if files else [folder]
        options = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=65536"]
        atheris.Setup([sys.argv[0], *options, *sys.argv[1:], *corpus], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
