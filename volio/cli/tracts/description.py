"""What ``volio stats`` shows of tracts."""

from __future__ import annotations

import argparse

from volio.cli.console.table import paragraph, printable
from volio.cli.tracts.listing import Row, statistic_lines, value_rows
from volio.errors import UsageError
from volio.ops.tracts.describe import describe_tracts
from volio.tracts.tractogram import Tractogram

__all__ = ["tract_statistics", "tract_text"]


def tract_statistics(
    path: str, tracts: Tractogram, mask: object, options: argparse.Namespace
) -> Row:
    """Return the statistics of tracts by name, for ``--json``.

    Raises
    ------
    UsageError
        If voxels are selected.
    """
    if mask is not None or options.volume:
        raise UsageError("--mask and --volume are for volumes, and these are tracts")
    return {"file": path, "tracts": vars(describe_tracts(tracts)), "values": value_rows(tracts)}


def tract_text(facts: Row, options: argparse.Namespace, alone: bool) -> str:
    """Return what is printed of one file: a paragraph."""
    lines = [
        ("lines", str(facts["tracts"]["lines"])),
        *statistic_lines(facts["tracts"], facts["values"]),
    ]
    return "\n".join(paragraph(printable(facts["file"]), lines))
