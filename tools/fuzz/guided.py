#!/usr/bin/env python
"""Let a coverage-guided fuzzer look for files that do what none may; needs the extra `fuzz`.

    tools/fuzz/guided.py [--format NAME ...] [--seconds N | --processor-hours H] [--keep FOLDER]
                         [--corpus FOLDER]

Each format gets the seconds, or its share of the hours, of processor time, in a process of its own
that begins with the format's samples; preparing it takes some seconds more. An input is three
bytes, then the contents of one file: the first byte chooses a sample, the second which of its files
has these contents (the others stay as they are), the third whether it is found by name or contents,
examined and repaired, converted and drawn. Names and the files next to it are so what the format
wants. Every kind of finding, an error and the line it comes from, is kept once; the search goes on
after it. `--corpus` keeps what was learned for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path
from random import Random

import atheris

LONGEST = 1 << 16  # bytes of an input
PREFIX = 3
PATIENCE = 300  # seconds for one input, of the clock: other work may take the processors
ADDRESS_SPACE = 3 << 30  # bytes of the process
TOKENS = 400  # of the dictionary
MUTATED = 0.4  # share of inputs that are damaged as tools/fuzz/run.py does

# Bits of the third byte.
BY_NAME, EXAMINED, CONVERTED = 1, 6, 24


class Target:
    """Reads inputs as files of one format.

    Parameters
    ----------
    name : str
        Of the format.
    folder : Path
        An empty folder.
    keep : Path
        The folder of findings.
    """

    def __init__(self, name: str, folder: Path, keep: Path) -> None:
        from volio.formats.lookup import format_named
        from volio.testing.fuzz.seeds import seeds_of

        self.name = name
        self.seeds = seeds_of(format_named(name))
        self.folder = folder
        self.keep = keep
        self.until = float("inf")  # processor time at which the search ends, in seconds
        self.found: Counter[str] = Counter()
        self.executions = 0

    def inputs(self) -> list[bytes]:
        """Return the inputs that are the samples themselves."""
        return [
            bytes([which, number, how]) + data
            for which, seed in enumerate(self.seeds)
            for number, data in enumerate(seed.files.values())
            for how in (0, BY_NAME | EXAMINED, CONVERTED)
        ]

    def files_of(self, data: bytes) -> tuple[str, dict[str, bytes]]:
        """Return the name to load and the files that an input stands for."""
        which, number, *_ = data[:PREFIX].ljust(PREFIX, b"\0")
        seed = self.seeds[which % len(self.seeds)]
        files = dict(seed.files)
        files[list(files)[number % len(files)]] = data[PREFIX:]
        if seed.is_packed:
            files = {f"{seed.name}/{name}": each for name, each in files.items()}
        return seed.name, files

    def search_on(self, data: bytes) -> None:
        """Read an input, unless the time is used up."""
        if time.process_time() > self.until:
            os.kill(os.getpid(), signal.SIGTERM)  # libFuzzer prints what it did, and ends
        self.run(data)

    def run(self, data: bytes) -> None:
        """Read an input; keep it where anything but values or volio's errors comes of it."""
        from volio.testing.conformance.case import quiet
        from volio.testing.fuzz.acts import convert_and_show, examine_and_repair, survey
        from volio.testing.fuzz.fuzzing import position_of
        from volio.testing.fuzz.seeds import clear, lay_out

        self.executions += 1
        name, files = self.files_of(data)
        how = data[PREFIX - 1] if len(data) >= PREFIX else 0
        where = self.folder / name
        lay_out(files, self.folder)
        asked = self.name if how & BY_NAME else None
        try:
            with quiet():
                outcome = survey(where, asked)
                if how & EXAMINED == EXAMINED:
                    examine_and_repair(where)
                if outcome == "values" and how & CONVERTED == CONVERTED:
                    convert_and_show(where, asked, self.folder / "converted", self.executions)
        except Exception as error:
            self.note(f"{type(error).__name__}: {str(error)[:200]}", position_of(error), files)
        finally:
            clear(self.folder)

    def note(self, what: str, position: str, files: dict[str, bytes]) -> None:
        """Keep the files of a finding, the first of its kind."""
        from volio.testing.fuzz.seeds import lay_out

        kind = what.partition(":")[0] + position
        self.found[kind] += 1
        if self.found[kind] == 1:
            mark = sha256(kind.encode()).hexdigest()[:10]
            lay_out(files, self.keep / f"{self.name}-{mark}")
            print(f"FINDING {self.name} {mark} {what}{position}", file=sys.stderr, flush=True)

    def mutate(self, data: bytes, longest: int, seed: int) -> bytes:
        """Damage an input as a fuzzer of bytes does, or in ways that know what files are."""
        from volio.testing.fuzz.mutations import MUTATIONS

        random = Random(seed)
        if random.random() > MUTATED or len(data) < PREFIX:
            return atheris.Mutate(data, longest)
        others = [each for seed in self.seeds for each in seed.files.values()]
        changed = random.choice(MUTATIONS)(data[PREFIX:], random, others)
        return (data[:PREFIX] + changed)[:longest]


def tokens_of(target: Target) -> set[bytes]:
    """Return words that the files of a format have, and those that often make trouble."""
    from volio.testing.fuzz.mutations import NUMBERS, WORDS

    words = {word for word in WORDS if 0 < len(word) < 64} | {*NUMBERS}
    for seed in target.seeds:
        for data in seed.files.values():
            words.update(re.findall(rb"[A-Za-z_][\w:.-]{2,30}", data[:8000]))
    return set(sorted(words)[:: max(1, len(words) // TOKENS)])


def write_dictionary(path: Path, tokens: set[bytes]) -> None:
    """Write a dictionary of libFuzzer."""
    lines = ['"' + "".join(f"\\x{byte:02x}" for byte in token) + '"' for token in sorted(tokens)]
    path.write_text("\n".join(lines) + "\n")


def search(asked: argparse.Namespace) -> None:
    """Search within one format, in this process, until its time is used up."""
    with tempfile.TemporaryDirectory() as scratch:
        corpus = asked.corpus / asked.format[0]
        corpus.mkdir(parents=True, exist_ok=True)
        files = Path(scratch, "files")
        files.mkdir()
        # What is imported when it is first used is watched too: the samples use it here.
        with atheris.instrument_imports(include=["volio"]):
            target = Target(asked.format[0], files, asked.keep)
            for data in target.inputs():
                target.run(data)
                name = sha256(data).hexdigest()[:20]
                (corpus / name).write_bytes(data[:LONGEST])
        write_dictionary(Path(scratch, "tokens"), tokens_of(target))
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        options = [
            f"-timeout={PATIENCE}",
            "-rss_limit_mb=2500",
            f"-max_len={LONGEST}",
            f"-dict={Path(scratch, 'tokens')}",
            f"-artifact_prefix={asked.keep}/{asked.format[0]}-",
            f"-report_slow_units={PATIENCE}",
            "-print_final_stats=1",
        ]
        target.until = time.process_time() + asked.seconds
        atheris.Setup(
            [sys.argv[0], *options, str(corpus)], target.search_on, custom_mutator=target.mutate
        )
        atheris.Fuzz()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    from volio.formats.table import FORMATS
    from volio.testing.fuzz.seeds import seeds_of

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--format", nargs="+", default=[row.name for row in FORMATS if seeds_of(row)]
    )
    parser.add_argument(
        "--seconds", type=float, default=60, help="of processor time, for each format"
    )
    parser.add_argument(
        "--processor-hours", type=float, help="for all formats together, whatever --seconds says"
    )
    parser.add_argument("--keep", type=Path, default=Path("finds"), help="folder of findings")
    parser.add_argument("--corpus", type=Path, help="folder for inputs that reached new code")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.processor_hours is not None:
        asked.seconds = 3600 * asked.processor_hours / len(asked.format)
    return asked


def processor_seconds() -> float:
    """Return the processor time of all processes that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def in_process(name: str, seconds: float, asked: argparse.Namespace, corpus: Path) -> dict:
    """Search within one format in a process of its own; begin again where it dies."""
    begun = processor_seconds()
    found: dict = {"format": name, "executions": 0, "coverage": 0, "findings": []}
    while (left := seconds - (processor_seconds() - begun)) > 1:
        words = [sys.executable, __file__, "--one", "--format", name, "--seconds", str(left)]
        words += ["--keep", str(asked.keep), "--corpus", str(corpus)]
        ended = subprocess.run(words, capture_output=True, text=True, errors="replace")
        told = ended.stderr
        counts = re.findall(r"number_of_executed_units: (\d+)|^#(\d+)\s", told, re.MULTILINE)
        found["executions"] += max((int(one or other) for one, other in counts), default=0)
        covered = re.findall(r"cov: (\d+)", told)
        found["coverage"] = max([found["coverage"], *map(int, covered)])
        found["findings"] += re.findall(r"^FINDING .*|^.*ERROR: libFuzzer.*", told, re.MULTILINE)
        if not counts:
            found["findings"].append(f"exit status {ended.returncode}: {told[-2000:]}")
            break
    return found


def main() -> int:
    """Search within each format in turn, and report."""
    asked = arguments()
    asked.keep.mkdir(parents=True, exist_ok=True)
    if asked.one:
        search(asked)
        return 0
    executions, findings = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.format:
            found = in_process(name, asked.seconds, asked, asked.corpus or Path(folder))
            executions += found["executions"]
            findings += len(found["findings"])
            found["processor seconds so far"] = round(processor_seconds())
            print(json.dumps(found), flush=True)
    hours = processor_seconds() / 3600
    print(f"{executions} executions, {hours:.2f} hours of processor time, {findings} findings")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
