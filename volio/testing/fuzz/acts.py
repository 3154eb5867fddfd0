"""What is done with a file that may be damaged: every result is values or an error of volio."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

import volio
from volio.errors import VolioError
from volio.formats.table import FORMATS
from volio.images.kinds import Kind
from volio.ops.examine import examine, repair
from volio.ops.verify import verify

__all__ = ["ACTS", "convert_and_show", "examine_and_repair", "survey"]


def survey(where: Path, format: str | None = None) -> str:
    """Load, describe, slice, read and save an image; return 'values' or volio's error's name.

    Raises
    ------
    AssertionError
        If an error has no message, or one of loading does not name the file.
    """
    try:
        img = volio.load(where, format=format)
    except VolioError as error:
        # A header may name another file next to it.
        if where.name not in str(error) and str(where.parent) not in str(error):
            raise AssertionError(f"an error that names no file: {error}") from error
        return type(error).__name__
    try:
        str(img), str(img.header)
        for act in ACTS.get(img.kind, ()):
            act(img)
    except VolioError as error:
        if not str(error):
            raise AssertionError("an error without a message") from error
        return type(error).__name__
    return "values"


def examine_and_repair(where: Path) -> None:
    """Look for what is odd in a file, repair it in memory and read it to its end."""
    with suppress(VolioError):  # survey has looked at the messages of errors
        findings = examine(where)
        if not all(finding.found for finding in findings):
            raise AssertionError("a finding without a message")
        verify(where)
        repair(volio.load(where), findings)


def convert_and_show(where: Path, format: str | None, folder: Path, choice: int) -> None:
    """Draw an image, save it in another format of its kind, and read what was saved.

    Parameters
    ----------
    where : Path
    format : str or None
        To load it with.
    folder : Path
        That is made for the file that is saved.
    choice : int
        Which format, and which of its endings.
    """
    img = volio.load(where, format=format)
    with suppress(VolioError):
        DRAW.get(img.kind, str)(img)
    rows = [row for row in FORMATS if row.kind == img.kind and row.write]
    row = rows[choice % len(rows)]
    endings = row.endings
    target = folder / f"converted{endings[choice // len(rows) % len(endings)]}"
    folder.mkdir()
    try:
        volio.save(img, target, format=row.name)
    except VolioError:
        return
    saved = volio.load(target, format=row.name)
    for act in ACTS.get(saved.kind, ()):
        act(saved)


def _draw_volume(img: Any) -> None:
    img._repr_html_()  # which draws all that `_repr_png_` does


def _draw_surface(surf: Any) -> None:
    surf._repr_html_()
    surf.plot(views="left", size=40)


def _draw_tracts(tracts: Any) -> None:
    tracts.plot(views="x", size=40)


#: How an image of each kind is drawn.
DRAW: dict[Kind, Callable[[Any], object]] = {
    "volume": _draw_volume,
    "surface": _draw_surface,
    "tracts": _draw_tracts,
}


def _slice(img: Any) -> None:
    if 0 not in img.shape:
        np.asanyarray(img.dataobj[(..., *(length // 2 for length in img.shape[1:]))])


def _read(img: Any) -> None:
    data = np.asanyarray(img.dataobj)
    if data.shape != img.shape:
        raise AssertionError(f"the voxels have shape {data.shape}, the image {img.shape}")


def _save(img: Any) -> None:
    if type(img).rw and len(img.files_types) == 1:
        img.to_bytes()


def _read_surface(surf: Any) -> None:
    contents = surf.contents()
    for array in contents.arrays:
        if len(array.values) != surf.n_vertices:
            raise AssertionError(f"{len(array.values)} values of {surf.n_vertices} vertices")


def _read_matrix(img: Any) -> None:
    for axis, length in enumerate(img.shape):
        if len(img.header.get_axis(axis)) != length:
            raise AssertionError(f"axis {axis} does not have the {length} indices of the data")


def _read_tracts(tracts: Any) -> None:
    lines = tracts.held()
    for which, count in (("per_point", len(lines.points)), ("per_line", len(lines))):
        for name, values in getattr(lines, which).items():
            if len(values) != count:
                raise AssertionError(f"{name}: {len(values)} values {which}, there are {count}")
    for members in tracts.groups.values():
        tracts[members]
    tracts.lengths()
    tracts.bounds()
    for block in tracts[::2].lines.blocks(100):
        if len(block.points) != block.lengths.sum():
            raise AssertionError("a block whose points are not those of its lines")


#: What is done with an image of each kind once it is loaded.
ACTS: dict[Kind, tuple[Callable[[Any], None], ...]] = {
    "volume": (_slice, _read, _save),
    "surface": (_read_surface, _save),
    "tracts": (_read_tracts, _save),
    "greyordinates": (_read, _read_matrix, _save),
}
