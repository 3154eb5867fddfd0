"""NrrdVoxels: what the fields of an NRRD file say of the array of its voxels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.axis_map import Arrangement
from volio.errors import HeaderDataError
from volio.formats.nrrd.axes import (
    RGB,
    RGBA,
    Axis,
    arranged,
    packed_dtype,
    packed_kind,
    reshaped,
)
from volio.formats.nrrd.fields import (
    AXIS_DEFAULTS,
    ORDER,
    TYPES,
    canonical,
    escaped,
    parse_lines,
    quoted,
    time_of,
    unquoted,
    vector_text,
    vectors,
)
from volio.formats.nrrd.space import padded
from volio.images.headers.record import Order
from volio.images.headers.text import TextHeader
from volio.images.headers.text_lines import Line, as_integers

__all__ = ["NrrdVoxels"]

LENGTH = 1 << 62
PAIR = re.compile(rb"\r?\n\r?\n")


class NrrdVoxels(TextHeader):
    """The fields that say dtype and shape, and the entries for each axis."""

    fresh = (
        "NRRD0004\ntype: float\ndimension: 1\nsizes: 0\nkinds: domain\nendian: little\n"
        "encoding: raw\n\n"
    )
    order = ORDER
    type_names = TYPES | {"RGB": RGB, "RGBA": RGBA, "complex64": np.dtype(np.complex64)}
    type_names |= {"complex128": np.dtype(np.complex128)}

    @classmethod
    def parse(cls, text: str) -> Iterator[Line]:
        """Go through the lines of a header, the empty one at its end included."""
        return parse_lines(text)

    @classmethod
    def line(cls, key: str, value: str, free: bool) -> Sequence[Line]:
        """Return the line of a field or a free key; of a list of files one for each."""
        if free:
            return [Line(f"{key}:={escaped(value)}", key, value, free=True)]
        first, *more = value.split("\n")
        return [Line(f"{key}: {first}", key, first), *(Line(name, key, name) for name in more)]

    @classmethod
    def end_of(cls, head: bytes, complete: bool) -> int | None:
        """Return the length of the header, to the empty line; of one that stands alone, all."""
        if end := PAIR.search(head):
            return end.end()
        alone = re.search(rb"\ndata ?file:", head, re.IGNORECASE)
        return len(head) if complete and alone else None

    @classmethod
    def canonical(cls, key: str) -> str:
        """Return the usual spelling of a field's name."""
        return canonical(key)

    def _place_for(self, key: str, free: bool) -> int:
        if not free:
            return super()._place_for(key, free)
        files = (n for n, line in enumerate(self.lines) if line.key == "data file")
        return next(files, self._end())

    def _end(self) -> int:
        return len(self.lines) - (len(self.lines) > 1 and not self.lines[-1].text.strip())

    # Voxels.

    @property
    def endianness(self) -> Order:
        """Byte order of the voxels: '<' or '>'."""
        found = (self.field("endian") or "").lower()
        if found in ("little", "big"):
            return "<" if found == "little" else ">"
        text = self._scalar.itemsize == 1 or self.payload.encoding == "ascii"
        if text and not found:
            return "<"
        raise HeaderDataError(f"endian: must be little or big, got {found or 'nothing'!r}")

    @property
    def _scalar(self) -> np.dtype[Any]:
        found = " ".join((self.field("type") or "").lower().split())
        if found == "block":
            raise HeaderDataError("type: voxels of type block are bytes without a meaning")
        if found not in TYPES:
            raise HeaderDataError(f"type: must be one of {', '.join(TYPES)}; got {found[:40]!r}")
        return TYPES[found]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the voxels, in the file's byte order."""
        scalar = self._scalar
        return (packed_dtype(self._axes, scalar) or scalar).newbyteorder(self.endianness)

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        found = self.known_dtype(value)
        if self._packed:
            self._set_axes([(axis, None) for axis in range(1, len(self._axes))])
        kind = packed_kind(found)
        if kind is not None:
            self._set_axes([(None, None), *((n, None) for n in range(len(self._axes)))])
            self._set_entry(0, "sizes", str(kind[1]))
            self._set_entry(0, "kinds", kind[0])
            found = kind[2]
        if found != self._scalar:
            self.set_field("type", next(name for name in TYPES if TYPES[name] == found))
        if found.itemsize > 1 and self.field("endian") is None:
            self.set_field("endian", "little")

    @property
    def _packed(self) -> int:
        """How many of the first axes are part of the voxels: 0 or 1."""
        return int(packed_dtype(self._axes, self._scalar) is not None)

    # Axes.

    def entries(self, key: str) -> list[str] | None:
        """Return the entries of a field that has one for each axis; None where it is absent.

        Raises
        ------
        HeaderDataError
            If there is another number of them.
        """
        text, count = self.field(key), self._dimension
        if text is None:
            return None
        if key == "space directions":
            found = [vector_text(vector) for vector in vectors(key, text)]
        else:
            quotes = key in ("labels", "units")
            found = quoted(unquoted(key, text)) if quotes else text.split()
        if len(found) != count:
            raise HeaderDataError(f"{key}: needs {count} entries, one an axis, got {len(found)}")
        return found

    @property
    def _dimension(self) -> int:
        count = as_integers("dimension", [self.field("dimension") or ""])[0]
        if not 1 <= count <= 16:
            raise HeaderDataError(f"dimension: must be 1 to 16, got {count}")
        return count

    @property
    def _axes(self) -> list[Axis]:
        sizes = as_integers("sizes", self.entries("sizes") or [])
        if len(sizes) != self._dimension or any(not 0 <= size < LENGTH for size in sizes):
            raise HeaderDataError(f"sizes: must be lengths of {self._dimension} axes, got {sizes}")
        kinds = [kind.lower() for kind in self.entries("kinds") or ["???"] * len(sizes)]
        ways = self.entries("space directions")
        oriented = [None] * len(sizes) if ways is None else [_leads(way) for way in ways]
        timed = [kind == "time" for kind in kinds]
        if ways is not None:
            timed = [known or time_of(way) > 0 for known, way in zip(timed, ways, strict=True)]
        return [Axis(*each) for each in zip(sizes, kinds, oriented, timed, strict=True)]

    def _set_entry(self, axis: int, key: str, value: str) -> None:
        found = self.entries(key) or [AXIS_DEFAULTS[key]] * self._dimension
        if found[axis] != value:
            found[axis] = value
            self.set_field(key, " ".join(found))

    def _set_axes(self, wanted: Sequence[tuple[int | None, int | None]]) -> None:
        """Keep, drop and add axes: for each the one it was, and the image's axis if it is new."""
        for key, default in AXIS_DEFAULTS.items():
            found = self.entries(key)
            if found is not None:
                texts = [default if axis is None else found[axis] for axis, _ in wanted]
                self.set_field(key, " ".join(texts))
        self.set_field("dimension", str(len(wanted)))

    @property
    def arrangement(self) -> Arrangement:
        """How the axes of the image lie in the file, those that are part of voxels left out."""
        return arranged(self._axes[self._packed :])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array: axes of space, then the others."""
        return self.arrangement.image_shape([axis.size for axis in self._axes[self._packed :]])

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths, packed = [int(length) for length in value], self._packed
        if not 1 <= len(lengths) <= 16 - packed or any(not 0 <= n < LENGTH for n in lengths):
            raise HeaderDataError(f"shape: 1 to {16 - packed} axes fit NRRD, got {tuple(lengths)}")
        wanted = reshaped(self.arrangement, lengths)
        if [axis for axis, _ in wanted] != list(range(len(self._axes) - packed)):
            front: list[tuple[int | None, int | None]] = [(n, None) for n in range(packed)]
            moved = [(None if n is None else n + packed, place) for n, place in wanted]
            self._set_axes([*front, *moved])
        for axis, (before, place) in enumerate(wanted, packed):
            self._set_entry(axis, "sizes", str(lengths[place]))
            if before is None and (len(lengths) > 3 or self.field("kinds")):
                self._set_entry(axis, "kinds", "domain" if place < 3 else "list")
            if before is None and place < 3 and self.field("space directions"):
                self._set_entry(axis, "space directions", vector_text(np.eye(3)[place].tolist()))

    def _of_image(self, key: str) -> list[str]:
        """Return the entries of a field, for each axis of the image."""
        found = self.entries(key) or [AXIS_DEFAULTS[key]] * self._dimension
        held = found[self._packed :]
        default = AXIS_DEFAULTS[key]
        return [default if axis is None else held[axis] for axis in self.arrangement.axes]


def _leads(way: str) -> bool:
    """Tell whether a direction leads along any of the axes of space."""
    vector = vectors("space directions", way)[0]
    return vector is not None and (len(vector) < 4 or bool(np.any(padded(vector))))
