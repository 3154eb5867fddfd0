"""``volio-ls``: what is in image files, one line each."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from volio.cli.console.json_output import array_lines, jsonable
from volio.cli.console.reporting import Reporter
from volio.cli.console.table import aligned, paragraph, printable, terminal_width
from volio.cli.greyordinates.listing import (
    greyordinate_cells,
    greyordinate_facts,
    greyordinate_lines,
    greyordinate_values,
)
from volio.cli.options.inputs import find_inputs
from volio.cli.options.load_options import expect_load_options, load_image
from volio.cli.options.selection import Mask, add_selection, is_selective, load_mask, select
from volio.cli.results.facts import image_facts, joined, scaling_text, shown, unit_text, zooms_text
from volio.cli.results.header_fields import fields_of
from volio.cli.results.rows import Row, print_rows
from volio.cli.surfaces.listing import (
    surface_cells,
    surface_facts,
    surface_lines,
    surface_values,
)
from volio.cli.tracts.listing import tract_cells, tract_facts, tract_lines, tract_values
from volio.errors import UsageError
from volio.images.kinds import Kind, for_kind

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
%(prog)s scan.nii.gz
%(prog)s -r study/                         all images in a folder and those below
%(prog)s -H descrip,intent_code *.nii.gz   two fields of the headers as well
%(prog)s -s --mask brain.nii.gz bold.nii.gz
%(prog)s -s --above 100 scan.nii.gz        statistics of the brighter voxels
%(prog)s --json *.nii.gz                   for programs"""

MANY = 1000  # values whose counts are shown only on request
RIGHT = ("voxels", "min", "max", "mean", "std", "nan", "vertices", "faces", "lines", "points")
#: Columns of texts that are cut in narrow terminals, the first of them first.
SHORTENED = ("data", "structures", "channels", "axes", "grid", "counts")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="file, folder or pattern")
    parser.add_argument("-r", "--recursive", action="store_true", help="folders below folders too")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="all facts of each image, not one line"
    )
    parser.add_argument(
        "-H",
        "--header-fields",
        metavar="FIELDS",
        type=lambda text: text.split(","),
        default=[],
        help="header fields to show, with commas between them, or all",
    )
    parser.add_argument("-s", "--stats", action="store_true", help="statistics of voxels")
    parser.add_argument("-c", "--counts", action="store_true", help="how many voxels of each value")
    parser.add_argument(
        "--all-counts", action="store_true", help=f"the same, for more than {MANY} values too"
    )
    parser.add_argument(
        "-z", "--zeros", action="store_true", help="count zeros (as is done without --nonzero)"
    )
    parser.add_argument("--json", action="store_true", help="print an array of objects")
    add_selection(parser)
    expect_load_options(parser)


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """List the files."""
    _check(options)
    mask = load_mask(options, reporter)
    inputs = find_inputs(options.files, options.recursive)
    if not inputs:
        reporter.warn(f"{', '.join(options.files)}: no images there (-r looks in folders below)")

    def read(path: str, row: Row) -> None:
        img = load_image(path, options, reporter)
        row |= _header_row(path, img, options)
        if options.stats or options.counts:
            row |= LISTINGS[img.kind].values(img, mask, options)

    print_rows(inputs, read, reporter, lambda rows: _texts(rows, options, reporter))
    return reporter.code


def _check(options: argparse.Namespace) -> None:
    """Complete the options; refuse those that have no effect on each other."""
    options.counts = options.counts or options.all_counts
    if is_selective(options) and not (options.stats or options.counts):
        raise UsageError("--mask, --nonzero, --above and --below go with -s or -c")
    options.nonzero = options.nonzero and not options.zeros


def _texts(rows: Iterable[Row], options: argparse.Namespace, reporter: Reporter) -> Iterator[str]:
    """Yield what is printed: lines of JSON, a paragraph for each file, or a table."""
    if options.json:
        yield from array_lines(rows)
        return
    readable = (row for row in rows if "kind" in row)
    if options.verbose or options.header_fields == ["all"]:
        for row in readable:
            yield "\n".join(_paragraph(row))
    else:
        yield "\n".join(_table(list(readable), options, reporter))


def _header_row(path: str, img: Any, options: argparse.Namespace) -> Row:
    """Return what is asked for about the header."""
    row = for_kind(LISTINGS, img, "volio ls").facts(path, img)
    if options.header_fields:
        # That of greyordinates has no fields; the one around it has.
        header = getattr(img, "nifti_header", img.header)
        row["fields"] = _fields(header, options.header_fields)
    return row


def _voxel_values(img: Any, mask: Mask | None, options: argparse.Namespace) -> Row:
    """Return what is asked for about the voxels."""
    found: Row = {}
    selected = select(img, mask, options)
    if options.stats:
        found["stats"] = _stats(img, selected)
    if options.counts:
        from volio.cli.results.counts import count_values

        found["counts"] = count_values(img, selected)
    return found


def _stats(img: Any, selected: Any) -> Row:
    from volio.ops.stats import describe_voxels

    found = describe_voxels(img, selected, percentiles=())
    return {
        "voxels": found.count,
        "min": found.minimum,
        "max": found.maximum,
        "mean": found.mean,
        "std": found.std,
        "nan": found.nan,
    }


def _fields(header: Any, wanted: list[str]) -> dict[str, Any]:
    """Return header fields by name; of those that are not there None."""
    fields = fields_of(header)
    names = list(fields) if wanted == ["all"] else wanted
    return {name: jsonable(fields[name]) if name in fields else None for name in names}


def _table(rows: list[Row], options: argparse.Namespace, reporter: Reporter) -> list[str]:
    """Return the lines of a table for each kind of files, in the order of their first ones."""
    by_kind: dict[Kind, list[dict[str, str]]] = {}
    for row in rows:
        cells = LISTINGS[row["kind"]].cells(row, options)
        by_kind.setdefault(row["kind"], []).append(cells)
    every_row = list(chain.from_iterable(by_kind.values()))
    for field in options.header_fields:
        if rows and not any(cells.get(field) for cells in every_row):
            reporter.warn(f"{field}: no header has this field; -H all shows those there are")
    lines: list[str] = []
    for of_kind in by_kind.values():
        if lines:
            lines.append("")
        lines += _table_of_kind(of_kind)
    return lines


def _table_of_kind(rows: list[dict[str, str]]) -> list[str]:
    """Return the lines of a table, whose columns are those that any of its rows has."""
    heads = list(dict.fromkeys(chain.from_iterable(rows)))
    lines = [[cells.get(head, "") for head in heads] for cells in rows]
    return aligned(heads, lines, RIGHT, SHORTENED, terminal_width())


def _volume_cells(row: Row, options: argparse.Namespace) -> dict[str, str]:
    """Return the cells of the table for a volume, by the head of their column."""
    cells = _header_cells(row)
    cells |= {name: shown(value) for name, value in row.get("fields", {}).items()}
    cells |= _stats_cells(row)
    if "counts" in row:
        cells["counts"] = _counts_text(row["counts"], options.all_counts)
    return cells


def _header_cells(row: Row) -> dict[str, str]:
    """Return the cells of the table for what the header of a volume has."""
    levels = row["levels"]
    return {
        "file": printable(row["file"]),
        "dtype": row["dtype"],
        "shape": joined(row["shape"]),
        "zooms": zooms_text(row, row["zooms"]),
        "axes": row["orientation"] or "",
        "sform": row["sform"] or "",
        "qform": row["qform"] or "",
        "scaling": scaling_text(row),
        "levels": str(len(levels)) if len(levels) > 1 else "",
        "chunks": joined(row["chunks"] or ()),
        "unit": unit_text(row),
        "channels": _channels(row),
    }


def _stats_cells(row: Row) -> dict[str, str]:
    """Return the texts of statistics; "" for no NaN."""
    if "stats" not in row:
        return {}
    stats = row["stats"]
    numbers = {name: f"{stats[name]:.6g}" for name in ("min", "max", "mean", "std")}
    return {"voxels": str(stats["voxels"]), **numbers, "nan": str(stats["nan"] or "")}


def _counts_text(counts: dict[float, int] | None, everything: bool) -> str:
    if counts is None:
        return "(too many values)"
    if len(counts) > MANY and not everything:
        return f"({len(counts)} values: --all-counts)"
    return " ".join(f"{shown(value)}:{count}" for value, count in counts.items())


def _paragraph(row: Row) -> list[str]:
    """Return the lines about one file: its name, then one fact each."""
    facts = LISTINGS[row["kind"]].lines(row)
    return paragraph(printable(row["file"]), [(name, text) for name, text in facts if text])


def _volume_lines(row: Row) -> Iterator[tuple[str, str | None]]:
    """Yield the facts of a volume, one line each: a name and a text, which may be empty."""
    byte_order = f", {row['byte_order']}-endian" if row["byte_order"] else ""
    yield "format", row["format"] + byte_order
    yield "dtype", f"{row['dtype']} {scaling_text(row)}".rstrip()
    yield from _geometry_lines(row)
    yield "chunks", joined(row["chunks"] or ())
    yield "levels", _levels(row)
    yield "channels", _channels(row)
    for name, value in row.get("fields", {}).items():
        yield name, shown(value)
    yield from _stats_cells(row).items()
    if "counts" in row:
        yield "counts", _counts_text(row["counts"], everything=True)


def _geometry_lines(row: Row) -> Iterator[tuple[str, str | None]]:
    """Yield shape, voxel sizes and position of a volume."""
    yield "shape", joined(row["shape"])
    yield "zooms", f"{zooms_text(row, row['zooms'])} {_units(row)}".rstrip()
    yield "axes", row["orientation"] or "unknown"
    yield "affine", _matrix(row["affine"] or [])
    yield "sform", row["sform"]
    yield "qform", row["qform"]


def _channels(row: Row) -> str:
    """Return the names of channels; those without a name by their numbers."""
    names = row["channels"]
    if not any(names):
        return ""
    return ", ".join(printable(name) or f"({number})" for number, name in enumerate(names))


def _levels(row: Row) -> str:
    """Return shape and zooms of each level in a line; "" for one."""
    levels = row["levels"]
    if len(levels) < 2:
        return ""
    lines = [
        f"{number}: {joined(level['shape'])}, {zooms_text(row, level['zooms'])}"
        for number, level in enumerate(levels)
    ]
    return "\n".join(lines)


def _units(row: Row) -> str:
    stated = row["units"] or (unit_text(row),)
    known = [unit for unit in stated if unit not in ("", "unknown")]
    return f"({', '.join(known)})" if known else ""


def _matrix(affine: list[list[float]]) -> str:
    """Return the first three rows of an affine as lines of aligned numbers."""
    rows = [list(map(_number, row)) for row in affine[:3]]
    width = max(map(len, chain.from_iterable(rows)), default=0)
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell in row]
        lines.append(" ".join(cells))
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:.5g}" if abs(value) > 1e-9 else "0"


def _greyordinate_cells(row: Row, options: argparse.Namespace) -> dict[str, str]:
    """Return the cells of the table for greyordinates, with fields of the NIfTI header."""
    fields = {name: shown(value) for name, value in row.get("fields", {}).items()}
    return greyordinate_cells(row, options) | fields


def _greyordinate_lines(row: Row) -> Iterator[tuple[str, str | None]]:
    """Yield the facts of greyordinates, with fields of the NIfTI header."""
    yield from greyordinate_lines(row)
    for name, value in row.get("fields", {}).items():
        yield name, shown(value)


class Listing(NamedTuple):
    """What is listed of images of one kind.

    Attributes
    ----------
    facts : callable
        ``facts(path, img)``: facts of the header, by name, with ``file`` and ``kind``.
    values : callable
        ``values(img, mask, options)``: what ``--stats`` and ``--counts`` ask for.
    cells : callable
        ``cells(row, options)``: the cells of a line of the table, by the head of their column.
    lines : callable
        ``lines(row)``: a name and a text for each line of ``--verbose``.
    """

    facts: Callable[[str, Any], Row]
    values: Callable[[Any, Mask | None, argparse.Namespace], Row]
    cells: Callable[[Row, argparse.Namespace], dict[str, str]]
    lines: Callable[[Row], Iterable[tuple[str, str | None]]]


LISTINGS: dict[Kind, Listing] = {
    "volume": Listing(image_facts, _voxel_values, _volume_cells, _volume_lines),
    "surface": Listing(surface_facts, surface_values, surface_cells, surface_lines),
    "greyordinates": Listing(
        greyordinate_facts, greyordinate_values, _greyordinate_cells, _greyordinate_lines
    ),
    "tracts": Listing(tract_facts, tract_values, tract_cells, tract_lines),
}
