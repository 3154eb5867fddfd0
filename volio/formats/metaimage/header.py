"""MetaHeader: where the voxels of a MetaImage are, in space and in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError
from volio.formats.metaimage.fields import LPS, MATRIX, ORIGIN, SIZES
from volio.formats.metaimage.voxels import MetaVoxels
from volio.images.data_files import numbered_names
from volio.images.headers.metadata import Metadata
from volio.images.headers.shape_checks import check_zooms
from volio.images.headers.text import Payload
from volio.images.headers.text_lines import as_integers, as_numbers, written
from volio.space.affines import check_affine, from_matvec, voxel_sizes
from volio.space.orientations import aff2axcodes

__all__ = ["MetaHeader"]


class MetaHeader(MetaVoxels):
    """The header of a MetaImage: a mapping from names of fields to text.

    Directions and places are those of `TransformMatrix`, `Offset` and `ElementSpacing` (or of
    their other names), in LPS; `AnatomicalOrientation` only describes them and follows them.
    Channels are the last axis of an image, 3 or 4 channels of MET_UCHAR colours.

    Parameters are those of `TextHeader`.
    """

    # Space.

    @property
    def _sides(self) -> int:
        """How many axes the directions and places have: three for planes that lie in space."""
        count, stated = len(self._lengths), self._first(ORIGIN)[1] or ""
        return 3 if count < len(stated.split()) == 3 else count

    def _along(self, names: Sequence[str], default: float) -> list[float]:
        """Return a number for each of the `_sides`, those of planes that are not stated too."""
        count, text = self._sides, self._first(names)[1]
        if text is None:
            return [default] * count
        stated = len(text.split())
        known = self._numbers(names, max(stated, len(self._lengths))) or []
        return [*known, *[default] * count][:count]

    def _fit_geometry(self, before: int, after: int) -> None:
        """Bring fields with an entry for each axis to another number of axes."""
        for names, fill in ((ORIGIN, "0"), (SIZES, "1"), (("CenterOfRotation",), "0")):
            for name in names:
                if (text := self.field(name)) is not None:
                    self.set_field(name, " ".join([*text.split(), *[fill] * after][:after]))
        name, text = self._first(MATRIX)
        if text is not None:
            side = isqrt(len(text.split()))
            old, new = np.reshape(text.split(), (side, side)), np.eye(after)
            kept = min(side, after)
            words = np.array([["1" if value else "0" for value in row] for row in new], object)
            words[:kept, :kept] = old[:kept, :kept]
            self.set_field(name, " ".join(words.reshape(-1)))
        if after != 3:
            self.set_field("AnatomicalOrientation", None)

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        count, found = self._sides, np.eye(max(3, len(self._lengths)))
        sizes, origin = self._along(SIZES, 1.0), self._along(ORIGIN, 0.0)
        found[:count, :count] = self._rows().T * sizes  # a row is the direction of an axis
        place = [*origin, 0.0, 0.0, 0.0][:3]
        return from_matvec(LPS[:, None] * found[:3, :3], LPS * place) + 0.0  # no minus zeros

    def _rows(self) -> NDArray[np.float64]:
        """Return the directions of axes, one a row, shape (sides, sides)."""
        count, (_, text) = self._sides, self._first(MATRIX)
        plane = len(self._lengths)
        of_plane = text is not None and len(text.split()) == plane * plane
        stated = plane if of_plane else count
        matrix = self._numbers(MATRIX, stated * stated)
        found = np.eye(count)
        if matrix is not None:
            found[:stated, :stated] = np.reshape(matrix, (stated, stated))
        return found

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine; of one with fewer than three axes what concerns those."""
        matrix, count = check_affine(affine), self._sides
        axes = min(3, count)
        sizes = voxel_sizes(matrix)
        local = LPS[:, None] * matrix[:3] + 0.0
        rows = np.eye(count)
        rows[:axes, :axes] = (local[:, :3] / np.where(sizes > 0, sizes, 1)).T[:axes, :axes]
        self._set_numbers(MATRIX, rows.reshape(-1))
        origin, later = self._along(ORIGIN, 0.0), self._along(SIZES, 1.0)
        self._set_numbers(ORIGIN, [*local[:axes, 3], *origin[axes:]])
        self._set_numbers(SIZES, [*sizes[:axes], *later[axes:]])
        if count == 3 and not (codes := aff2axcodes(matrix)).count(None):
            opposite = dict(zip("RLAPIS", "LRPASI", strict=True))
            letters = "".join(opposite[code] for code in codes)  # where axes come from
            self.set_field("AnatomicalOrientation", letters)

    def _set_numbers(self, names: Sequence[str], numbers: Sequence[float] | NDArray[Any]) -> None:
        name, text = self._first(names)
        if text is None or as_numbers(name, text.split()) != [float(n) for n in numbers]:
            self.set_field(name, " ".join(written(numbers)))

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis, 1 for channels."""
        later = [abs(size) for size in self._along(SIZES, 1.0)[3:]]
        return (*map(float, voxel_sizes(self.affine)), *later, 1.0)[: len(self.shape)]

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes, count = [float(size) for size in value], len(self._lengths)
        check_zooms(sizes, len(self.shape))
        if tuple(sizes) != self.zooms:
            self._set_numbers(SIZES, [*sizes[:count], *self._along(SIZES, 1.0)[count:]])

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size: 1, as ITK has it; None without one."""
        return 1.0 if len(self._lengths) > 3 else None

    def metadata(self) -> Metadata:
        """Return what the header says beside shape, dtype and place."""
        centre = (self.field("CenterOfRotation") or "").split()
        turns = any(word.strip("+-0.") for word in centre)
        return replace(super().metadata(), others=("centre of rotation",) if turns else ())

    # The files of the voxels.

    @property
    def payload(self) -> Payload:
        """Where the voxels lie and how they are encoded."""
        binary, compressed = self._flag("BinaryData", default=True), self._flag("CompressedData")
        encoding = "ascii" if not binary else "zlib" if compressed else "raw"
        start = self._integer("HeaderSize", 0)
        size = self._integer("CompressedDataSize", 0) if compressed else 0
        if start < -1 or size < 0:
            raise HeaderDataError(f"HeaderSize, CompressedDataSize: cannot be {start} and {size}")
        names = self._names()
        starts = (start,) * max(1, len(names)) if start > 0 else ()
        length = size if size and len(names) < 2 else None
        return Payload(encoding, names, starts, from_end=start == -1, length=length)

    def _names(self) -> tuple[str, ...]:
        first, *names = (self.field("ElementDataFile") or "").split("\n")
        words = first.split()
        if not words:
            raise HeaderDataError("ElementDataFile: the header does not say where the voxels are")
        if words[0].upper() == "LOCAL":
            return ()
        if words[0] == "LIST":
            return tuple(names)
        if len(words) >= 3 and "%" in words[0]:
            low, high, *step = as_integers("ElementDataFile", words[1:4])
            return tuple(numbered_names(words[0], low, high, *(step or [1])))
        return (first,)

    @property
    def sized(self) -> bool:
        """Whether the header states how many bytes the voxels take: where they are compressed."""
        return self.payload.encoding == "zlib"

    def name_data(self, name: str | None, nbytes: int | None) -> None:
        """State the file of the voxels, LOCAL for None, and the bytes they take in it."""
        self.set_field("ElementDataFile", "LOCAL" if name is None else name)
        if self._integer("HeaderSize", 0):
            self.set_field("HeaderSize", None)
        self.set_field("CompressedDataSize", None if nbytes is None else str(nbytes))
