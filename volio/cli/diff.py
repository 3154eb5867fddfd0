"""``volio diff``: how images differ, in headers, places and voxels."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from volio.cli.console.json_output import array_lines
from volio.cli.console.reporting import DIFFERENT, DONE, Reporter
from volio.cli.console.table import aligned
from volio.cli.greyordinates.comparison import (
    greyordinate_difference_facts,
    greyordinate_differences,
)
from volio.cli.options.load_options import expect_load_options, load_image
from volio.cli.results.facts import joined, shown
from volio.cli.results.rows import Row
from volio.cli.surfaces.comparison import surface_differences, surface_facts
from volio.cli.tracts.comparison import difference_facts, tract_differences
from volio.errors import UsageError
from volio.images.kinds import Kind, check_kind, for_kind
from volio.ops.compare import ImageDifference, compare
from volio.ops.greyordinates.compare import compare_greyordinates
from volio.ops.surfaces.compare import compare_surfaces
from volio.ops.tracts.compare import compare_tracts

__all__ = ["EXAMPLES", "ONE", "add_arguments", "run"]

ONE = "the images differ"
EXAMPLES = """\
%(prog)s scan.nii.gz copy.nii.gz
%(prog)s scan.nii.gz scan.mgz --image        voxels and places alone, not headers
%(prog)s --rtol 1e-5 run1.nii run2.nii run3.nii"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="two images or more; all are compared with the first",
    )
    parser.add_argument(
        "--rtol",
        type=float,
        default=0.0,
        metavar="X",
        help="voxels may differ by this share of the second image's values",
    )
    parser.add_argument(
        "--atol", type=float, default=0.0, metavar="X", help="voxels may differ by this much"
    )
    parser.add_argument(
        "--mm",
        type=float,
        default=0.001,
        metavar="X",
        help="places of voxels may be this far apart (default: 0.001)",
    )
    parser.add_argument(
        "--image", action="store_true", help="compare voxels and places alone, not headers"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing")
    parser.add_argument("--json", action="store_true", help="print an array of objects")
    expect_load_options(parser)


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Compare the files with the first."""
    first, *others = options.files
    if not others:
        raise UsageError("takes two images or more, got one")
    comparing = _Comparing(first, options, reporter)
    results = [comparing.result(other) for other in others]
    if options.json and not options.quiet:
        print("\n".join(array_lines(results)))
    same = all(result.get("same", True) for result in results)
    return reporter.code or (DONE if same else DIFFERENT)


class _Comparing:
    """The first image, and comparisons with it.

    Parameters
    ----------
    first : str
        Its file, which is loaded; an error is reported, and that of every comparison.
    options : Namespace
    reporter : Reporter
    """

    def __init__(self, first: str, options: argparse.Namespace, reporter: Reporter) -> None:
        self.first = first
        self.options = options
        self.reporter = reporter
        with reporter.for_file(first) as outcome:
            self.reference = load_image(first, options, reporter)
            self.comparison = for_kind(COMPARISONS, self.reference, "volio diff")
        self.error = outcome.error

    def result(self, other: str) -> Row:
        """Compare another file with the first, print what differs and return it by name."""
        result: Row = {"a": self.first, "b": other}
        if self.error is not None:
            return result | {"error": self.error}
        with self.reporter.for_file(other) as outcome:
            result |= self._compare(other)
        if outcome.error is not None:
            result["error"] = outcome.error
        return result

    def _compare(self, other: str) -> Row:
        options = self.options
        img = load_image(other, options, self.reporter)
        check_kind(img, self.reference.kind, f"a comparison with {self.first}")
        found = self.comparison.compare(self.reference, img, options.rtol, options.atol)
        rows = self.comparison.differences(found, options)
        if not options.json and not options.quiet:
            print("\n".join(_lines(self.first, other, rows)))
        return {"same": not rows, **self.comparison.facts(found)}


Rows = list[tuple[str, str, str]]


def _differences(found: ImageDifference, options: argparse.Namespace) -> Rows:
    """Return what differs: a name and the two values."""
    rows: Rows = []
    if not options.image:
        rows += _pair_rows("format", found.formats)
        rows += _pair_rows("dtype", found.dtypes)
        rows += [(field.field, shown(field.a), shown(field.b)) for field in found.fields]
    rows += _pair_rows("shape", [joined(shape) for shape in found.shapes])
    rows += _pair_rows("zooms", [joined(sizes) for sizes in found.zooms])
    return [*rows, *_affine_rows(found, options.mm), *_voxel_rows(found)]


def _pair_rows(name: str, pair: Sequence[str]) -> Rows:
    """Return a row with two texts, none where they are the same."""
    one, other = pair
    return [] if one == other else [(name, one, other)]


def _affine_rows(found: ImageDifference, mm: float) -> Rows:
    """Return a row on the affines where voxels are further apart than so many mm."""
    if found.mm is None or found.degrees is None:
        unknown = not found.same_place and found.shapes[0][:3] == found.shapes[1][:3]
        return [("affine", "known for one of them only", "")] if unknown else []
    if found.mm <= mm:
        return []
    how = "mirrored, or turned" if found.degrees == 180 else "turned"
    apart = f"{how} by {found.degrees:.3g} degrees, voxels up to {found.mm:.3g} mm apart"
    return [("affine", apart, "")]


def _voxel_rows(found: ImageDifference) -> Rows:
    voxels: Any = found.voxels
    if voxels is None:
        return [("voxels", "cannot be compared: shapes or kinds differ", "")]
    if not voxels.differing:
        return []
    return [("voxels", _voxel_text(voxels), "")]


def _voxel_text(voxels: Any) -> str:
    share = f"{voxels.differing} of {voxels.count} differ"
    if voxels.where is None:
        return share
    at = ", ".join(str(index) for index in voxels.where)
    one, other = (shown(value) for value in voxels.values)
    return f"{share}, by {voxels.largest:.6g} at most: at [{at}] {one} and {other}"


def _lines(first: str, other: str, rows: Rows) -> list[str]:
    if not rows:
        return [f"{first} and {other}: the same"]
    pairs = [row for row in rows if row[2]]
    table = aligned(("", first, other), pairs)[1:] if pairs else []
    lines = [f"{first} and {other}: differ"]
    lines += [f"  {line}" for line in table]
    return lines + [f"  {name}: {text}" for name, text, second in rows if not second]


def _facts(found: ImageDifference) -> Row:
    voxels: Any = found.voxels
    facts = {
        "formats": found.formats,
        "dtypes": found.dtypes,
        "shapes": found.shapes,
        "zooms": found.zooms,
        "fields": {field.field: [field.a, field.b] for field in found.fields},
        "degrees": found.degrees,
        "mm": found.mm,
    }
    if voxels is not None:
        facts |= {
            "voxels": voxels.count,
            "differing": voxels.differing,
            "largest": voxels.largest,
            "relative": voxels.relative,
            "where": voxels.where,
            "values": voxels.values,
        }
    return facts


class Comparison(NamedTuple):
    """How images of one kind are compared.

    Attributes
    ----------
    compare : callable
        ``compare(a, b, rtol, atol)``: what differs.
    differences : callable
        ``differences(found, options)``: that, as a name and two texts for each difference.
    facts : callable
        ``facts(found)``: the same by name, for ``--json``.
    """

    compare: Callable[[Any, Any, float, float], Any]
    differences: Callable[[Any, argparse.Namespace], Rows]
    facts: Callable[[Any], Row]


COMPARISONS: dict[Kind, Comparison] = {
    "volume": Comparison(compare, _differences, _facts),
    "surface": Comparison(compare_surfaces, surface_differences, surface_facts),
    "greyordinates": Comparison(
        compare_greyordinates, greyordinate_differences, greyordinate_difference_facts
    ),
    "tracts": Comparison(compare_tracts, tract_differences, difference_facts),
}
