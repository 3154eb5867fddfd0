"""``volio stats``: statistics of voxels, and volumes of masks."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from volio.cli.console.json_output import array_lines
from volio.cli.console.reporting import Reporter
from volio.cli.console.table import paragraph, printable
from volio.cli.greyordinates.description import greyordinate_statistics, greyordinate_text
from volio.cli.options.arguments import parse_numbers
from volio.cli.options.inputs import find_inputs
from volio.cli.options.load_options import expect_load_options, load_image
from volio.cli.options.selection import Mask, add_selection, load_mask, select
from volio.cli.results.rows import Row, print_rows
from volio.cli.surfaces.description import surface_statistics, surface_text
from volio.cli.tracts.description import tract_statistics, tract_text
from volio.errors import AffineError, UsageError
from volio.images.kinds import Kind, for_kind
from volio.ops.stats import PERCENTILES, VoxelStatistics, describe_voxels

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
%(prog)s scan.nii.gz
%(prog)s --mask brain.nii.gz bold.nii.gz     of the voxels in a mask
%(prog)s --percentiles 1,99 scan.nii.gz
%(prog)s --volume lesion.nii.gz              mm3 of the voxels that are not 0
%(prog)s --volume --units ml --above 0.5 probability.nii.gz"""

UNITS = {"mm3": 1.0, "ml": 1e-3}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="file, folder or pattern")
    parser.add_argument("-r", "--recursive", action="store_true", help="folders below folders too")
    parser.add_argument(
        "-p",
        "--percentiles",
        type=parse_numbers,
        default=PERCENTILES,
        metavar="P,P,...",
        help="percentiles to give (default: 2,25,50,75,98)",
    )
    parser.add_argument(
        "--volume",
        action="store_true",
        help="print only the volume of the voxels that are not 0 (or that are selected)",
    )
    parser.add_argument(
        "--units", choices=["mm3", "ml", "voxels"], help="of --volume (default: mm3)"
    )
    parser.add_argument("--json", action="store_true", help="print an array of objects")
    add_selection(parser)
    expect_load_options(parser)


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Describe the voxels of the files."""
    if options.units and not options.volume:
        raise UsageError("--units goes with --volume")
    options.units = options.units or "mm3"
    mask = load_mask(options, reporter)
    inputs = find_inputs(options.files, options.recursive)
    is_alone = len(inputs) == 1

    def read(path: str, row: Row) -> None:
        img = load_image(path, options, reporter)
        description = for_kind(DESCRIPTIONS, img, "volio stats")
        row |= description.facts(path, img, mask, options)
        row["kind"] = img.kind

    def texts(rows: Iterable[Row]) -> Iterable[str]:
        return array_lines(rows) if options.json else _texts(rows, options, is_alone)

    print_rows(inputs, read, reporter, texts)
    return reporter.code


def _texts(rows: Iterable[Row], options: argparse.Namespace, alone: bool) -> Iterator[str]:
    """Yield what is printed of each file whose voxels could be described."""
    for row in rows:
        if "error" not in row:
            yield DESCRIPTIONS[row["kind"]].text(row, options, alone)


def _facts(path: str, img: Any, mask: Mask | None, options: argparse.Namespace) -> Row:
    percentiles = () if options.volume else options.percentiles
    found = describe_voxels(img, select(img, mask, options), percentiles)
    if options.volume:
        return {"file": path, "volume": _volume(found, path, options), "units": options.units}
    return {
        "file": path,
        "voxels": found.count,
        "nonzero": found.nonzero,
        "volume_mm3": found.volume,
        "nonzero_volume_mm3": found.nonzero_volume,
        "min": found.minimum,
        "max": found.maximum,
        "mean": found.mean,
        "std": found.std,
        "percentiles": {f"{percent:g}": value for percent, value in found.percentiles.items()},
        "percentiles_from": found.sampled,
        "nan": found.nan,
        "infinite": found.infinite,
    }


def _volume(found: VoxelStatistics, path: str, options: argparse.Namespace) -> float | int:
    """Return the volume of selected voxels, or of those that are not 0."""
    if options.above is None and options.below is None:
        count = found.nonzero
        mm3 = found.nonzero_volume
    else:
        count = found.count
        mm3 = found.volume
    if options.units == "voxels":
        return count
    if mm3 is None:
        raise AffineError(f"{path}: has no affine, so voxels have no volume; try --units voxels")
    return mm3 * UNITS[options.units]


def _text(facts: Row, options: argparse.Namespace, alone: bool) -> str:
    """Return what is printed of one file: a number, or a paragraph."""
    if not options.volume:
        return "\n".join(paragraph(printable(facts["file"]), list(_lines(facts))))
    number = f"{facts['volume']:.8g}"
    return number if alone else f"{number}  {printable(facts['file'])}"


def _lines(facts: Row) -> Iterator[tuple[str, str]]:
    """Yield a name and a text for each statistic."""
    yield "voxels", f"{facts['voxels']}{_mm3(facts['volume_mm3'])}"
    yield "not 0", f"{facts['nonzero']}{_mm3(facts['nonzero_volume_mm3'])}"
    for name in ("min", "max", "mean", "std"):
        yield name, f"{facts[name]:.8g}"
    for percent, value in facts["percentiles"].items():
        yield f"{percent}%", f"{value:.8g}"
    for name in ("nan", "infinite"):
        if facts[name]:
            yield name, str(facts[name])
    finite = facts["voxels"] - facts["nan"] - facts["infinite"]
    sampled = facts["percentiles_from"]
    if 0 < sampled < finite:
        yield "note", f"percentiles are of a sample of {sampled} voxels"


def _mm3(volume: float | None) -> str:
    return "" if volume is None else f", {volume:.8g} mm3"


class Description(NamedTuple):
    """How images of one kind are described.

    Attributes
    ----------
    facts : callable
        ``facts(path, img, mask, options)``: the statistics by name, for ``--json``.
    text : callable
        ``text(facts, options, alone)``: the same for people; `alone` if there is one file only.
    """

    facts: Callable[[str, Any, Mask | None, argparse.Namespace], Row]
    text: Callable[[Row, argparse.Namespace, bool], str]


DESCRIPTIONS: dict[Kind, Description] = {
    "volume": Description(_facts, _text),
    "surface": Description(surface_statistics, surface_text),
    "greyordinates": Description(greyordinate_statistics, greyordinate_text),
    "tracts": Description(tract_statistics, tract_text),
}
