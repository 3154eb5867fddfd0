"""What was measured, as text for people and as rows for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.case import MIB, Case, Sample, Samples
from bench.measure import disagreeing

__all__ = ["rows", "text", "write_csv", "write_json"]


def text(case: Case, samples: Samples) -> str:
    """Return a case's figures, one way a line, then its targets."""
    lines = [f"{case.name}: {case.title}"]
    lines += [f"  {_line(way, one, samples)}" for way, one in samples.items()]
    if samples["volio"].error:
        return "\n".join([*lines, "  targets: not judged, volio failed"])
    for target in case.targets:
        verdict = target.judge(samples)
        word = {True: "reached", False: "NOT REACHED", None: "not judged"}[verdict.reached]
        lines.append(f"  target {verdict.target}: {verdict.found}, {word}")
    return "\n".join(lines)


def _line(way: str, sample: Sample, samples: Samples) -> str:
    if sample.error:
        return f"{way:<22} failed: {sample.error}"
    own = samples["volio"]
    ratio = "" if own.error or way == "volio" else f"{sample.typical / own.typical:8.2f}x"
    spread = f"{min(sample.seconds) * 1e3:.1f} to {max(sample.seconds) * 1e3:.1f}"
    values = "  OTHER VALUES" if way in disagreeing(samples) else ""
    return (
        f"{way:<22} {sample.typical * 1e3:10.2f} ms ({spread}) {ratio:>9}"
        f"  peak {median(sample.memory) / MIB:8.1f} MiB{values}"
    )


def rows(case: Case, samples: Samples) -> Iterator[dict[str, Any]]:
    """Go through the ways of a case, as rows of a table."""
    own, others = samples["volio"], disagreeing(samples)
    for way, one in samples.items():
        row: dict[str, Any] = {"case": case.name, "way": way, "error": one.error}
        if not one.error:
            row |= {
                "median_s": one.typical,
                "least_s": min(one.seconds),
                "most_s": max(one.seconds),
                "repeats": len(one.seconds),
                "times_volio": None if own.error else one.typical / own.typical,
                "peak_bytes": int(median(one.memory)),
                "result_bytes": one.nbytes,
                "same_values": way not in others,
            }
        yield row


def verdicts(case: Case, samples: Samples) -> Iterator[dict[str, Any]]:
    """Go through the targets of a case, as rows of a table."""
    for target in () if samples["volio"].error else case.targets:
        verdict = target.judge(samples)
        yield {
            "case": case.name,
            "target": verdict.target,
            "found": verdict.found,
            "reached": verdict.reached,
        }


Results = list[tuple[Case, dict[str, Sample]]]


def write_json(path: Path, results: Results, machine: dict[str, Any]) -> None:
    """Write figures, targets and what the machine was."""
    everything = {
        "machine": machine,
        "figures": [row for case, samples in results for row in rows(case, samples)],
        "targets": [row for case, samples in results for row in verdicts(case, samples)],
    }
    path.write_text(json.dumps(everything, indent=1) + "\n")


def write_csv(path: Path, results: Results) -> None:
    """Write figures, a line for each way of each case."""
    lines = [row for case, samples in results for row in rows(case, samples)]
    names = list(dict.fromkeys(name for line in lines for name in line))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(lines)
