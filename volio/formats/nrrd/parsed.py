"""ParsedNrrd: what the fields of an NRRD header state of voxels, space and files."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TypeVar

import numpy as np

from volio.arrays.axis_map import AxisMap
from volio.arrays.dtypes import DType
from volio.cached import cached_property
from volio.errors import GeometryWarning, HeaderDataError
from volio.formats.nrrd.axes import (
    NO_AXIS,
    Axis,
    PackedAxis,
    arranged,
    packed_as,
    sampling_of,
)
from volio.formats.nrrd.fields import (
    AXIS_DEFAULTS,
    ENCODINGS,
    TYPES,
    Vector,
    entries_of,
    unquoted,
    vector,
)
from volio.formats.nrrd.space import signs_of, space_dimension
from volio.images.headers.error_context import warn_of_content
from volio.images.headers.record import Order
from volio.images.headers.shape_checks import Shape, in_range
from volio.images.headers.text.data_names import DataNames, data_names
from volio.images.headers.text.geometry import Matrix, fitted, three, to_ras
from volio.images.headers.text.lines import as_integers, as_number, chosen
from volio.images.headers.text.parsed import ParsedText
from volio.images.headers.text.payload import Payload
from volio.images.headers.units import millimetres_in, seconds_in
from volio.space.affines import from_matvec, spans_space

__all__ = ["ParsedNrrd"]

T = TypeVar("T")

#: Most axes of a file.
MOST_AXES = 16
BYTE_ORDERS: dict[str, Order] = {"little": "<", "big": ">"}


class ParsedNrrd(ParsedText):
    """Lines of an NRRD header and what they state; parameters as for `ParsedText`."""

    needed = (*ParsedText.needed, "measurement_frame")

    # Voxels.

    @cached_property
    def scalar(self) -> DType:
        """Dtype of single numbers, in native byte order."""
        name = " ".join(self.words("type"))
        if name == "block":
            raise HeaderDataError("type: voxels of type block are bytes of an unknown kind")
        return chosen("type", name, TYPES)

    @cached_property
    def encoding(self) -> str:
        """Encoding of the voxels, as `Payload` names it."""
        return self.choice("encoding", ENCODINGS)

    @cached_property
    def endianness(self) -> Order:
        """Byte order of the voxels: '<' or '>'."""
        has_no_order = self.scalar.itemsize == 1 or self.encoding == "ascii"
        default = "little" if has_no_order else ""
        return chosen("endian", self.fields.get("endian") or default, BYTE_ORDERS)

    @cached_property
    def dtype(self) -> DType:
        """Dtype of the voxels, in the file's byte order."""
        found = self.scalar if self.packed is None else self.packed.dtype
        return found.newbyteorder(self.endianness)

    # Axes.

    @cached_property
    def dimension(self) -> int:
        """Number of axes of the file."""
        return self.integer("dimension", low=1, high=MOST_AXES)

    def entries(self, key: str) -> list[str]:
        """Return the entries of a field that has one for each axis; defaults where it is absent.

        Raises
        ------
        HeaderDataError
            If there is another number of them.
        """
        if key not in self.fields:
            return [AXIS_DEFAULTS[key]] * self.dimension
        found = entries_of(key, self.fields[key])
        if len(found) != self.dimension:
            raise HeaderDataError(
                f"{key}: needs {self.dimension} entries, one for each axis, got {len(found)}"
            )
        return found

    @cached_property
    def sizes(self) -> list[int]:
        """Lengths of the axes of the file."""
        return self.axis_lengths("sizes", self.dimension, self.dimension)

    @cached_property
    def axes(self) -> list[Axis]:
        """The axes of the file, the fastest first."""
        kinds = [kind.lower() for kind in self.entries("kinds")]
        ways: list[Vector | None] = [None] * self.dimension
        if "space directions" in self.fields:
            ways = [vector("space directions", way) for way in self.entries("space directions")]
        return [Axis(*stated) for stated in zip(self.sizes, kinds, ways, strict=True)]

    @cached_property
    def packed(self) -> PackedAxis | None:
        """What the first axis is as part of the voxels; None if it is an axis of the image."""
        return packed_as(self.axes, self.scalar)

    @property
    def most_axes(self) -> int:  # type: ignore[override]
        """Most axes of an image that are written."""
        return MOST_AXES - self.first

    @property
    def first(self) -> int:
        """Number of the first axis of the file that is an axis of the image: 0 or 1."""
        return int(self.packed is not None)

    @cached_property
    def axis_map(self) -> AxisMap:
        """Which axis of the file holds which axis of the image, without a packed one."""
        return arranged(self.axes[self.first :])

    @cached_property
    def file_axes(self) -> list[int | None]:
        """Axis of the file for each axis of the image; None where the file has none."""
        axes = self.axis_map.axes
        return [None if axis is None else axis + self.first for axis in axes]

    def of_image(self, per_axis: Sequence[T], absent: T) -> list[T]:
        """Return one of `per_axis` for each axis of the image, `absent` where the file has none."""
        return [absent if axis is None else per_axis[axis] for axis in self.file_axes]

    def image_entries(self, key: str) -> list[str]:
        """Return the entries of a field for each axis of the image; see `entries`."""
        return self.of_image(self.entries(key), AXIS_DEFAULTS[key])

    def image_numbers(self, key: str, first: int = 0) -> list[float]:
        """Return the numbers of a field for each axis of the image, from the axis `first` on."""
        return [as_number(key, entry) for entry in self.image_entries(key)[first:]]

    @cached_property
    def image_axes(self) -> list[Axis]:
        """The axes of the image."""
        return self.of_image(self.axes, NO_AXIS)

    @property
    def fourth(self) -> Axis:
        """The fourth axis of the image; for images without one an axis of length 1."""
        return next(iter(self.image_axes[3:]), NO_AXIS)

    @cached_property
    def shape(self) -> Shape:
        """Shape of the voxel array: axes of space, then the others."""
        return tuple(axis.size for axis in self.image_axes)

    # Space.

    @cached_property
    def signs(self) -> Matrix:
        """Factors of x, y and z from the file's space to RAS+, shape (3,)."""
        return signs_of(self.fields.get("space", ""))

    @cached_property
    def space_units(self) -> list[str]:
        """Units along the axes of the file's space; "" for those that are not stated."""
        found = entries_of("space units", self.fields.get("space units", '""'))
        return [unquoted("space units", unit) for unit in found] or [""]

    @cached_property
    def scale(self) -> Matrix:
        """From the file's space to RAS+ mm, shape (3,)."""
        return self.signs * (millimetres_in(self.space_units[0]) or 1.0)

    @cached_property
    def space_dimension(self) -> int:
        """Number of axes of the file's space."""
        if "space" in self.fields:
            return space_dimension(self.fields["space"])
        return self.integer("space dimension", 3)

    @cached_property
    def affine(self) -> Matrix:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        stated = "space directions" in self.fields
        columns, origin = self._directed() if stated else self._spaced()
        return to_ras(columns, origin, self.scale)

    @cached_property
    def origin(self) -> Vector:
        """Centre of the first voxel, in the file's space; () where it is not stated."""
        return vector("space origin", self.fields.get("space origin", "none"))

    def _directed(self) -> tuple[Matrix, Matrix]:
        """Directions and origin as the file states them, in its own space."""
        columns = np.eye(3)
        for place, axis in enumerate(self.image_axes[:3]):
            if axis.direction:
                columns[:, place] = self._in_space("space directions", axis.direction)
        start = self._in_space("space origin", self.origin) if self.origin else np.zeros(3)
        return columns, start

    def _in_space(self, key: str, found: Vector) -> Matrix:
        """Return the first three components of a vector in the file's space."""
        if len(found) != self.space_dimension:
            raise HeaderDataError(
                f"{key}: must have {self.space_dimension} numbers each, got {len(found)}"
            )
        return three(found)

    def _spaced(self) -> tuple[Matrix, Matrix]:
        """Spacings and position of the first voxel, where no directions are stated."""
        numbers = (self.image_numbers(key) for key in ("spacings", "axis mins", "axis maxs"))
        entries = (self.image_entries(key) for key in ("centerings", "units"))
        axes = [sampling_of(*axis) for axis in zip(self.shape, *numbers, *entries, strict=True)]
        sizes = three((step for step, _ in axes), 1.0)
        return np.diag(sizes), three(start for _, start in axes)

    @cached_property
    def later_sizes(self) -> list[float]:
        """Spacings of the axes after the third, 1 where none is stated.

        In a space with time the step of an axis that leads along it alone is its size.
        """
        later = zip(self.image_numbers("spacings", 3), self.image_axes[3:], strict=True)
        return [abs(size if isfinite(size) else axis.time_step or 1.0) for size, axis in later]

    @cached_property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size; None where the file does not state it."""
        return seconds_in(self.later_unit)

    @property
    def may_be_time(self) -> bool:
        """Whether no unit that is not of time is stated of the fourth axis."""
        return not self.later_unit or self.time_unit is not None

    @cached_property
    def later_unit(self) -> str:
        """The unit of the fourth axis; "" where it is not stated."""
        if len(self.shape) < 4:
            return ""
        unit = self.image_entries("units")[3].strip('"')
        if not unit and self.fourth.time_step:
            return self.space_units[-1]
        return unit

    @cached_property
    def start_time(self) -> float:
        """Position of the first volume along the fourth axis; 0 where it is not stated.

        In a space with time it is the last number of the origin, else one of "axis mins".
        """
        if self.fourth.time_step:
            stated = self.origin[3] if self.origin and self.fourth.time_step > 0 else 0.0
        else:
            stated = next(iter(self.image_numbers("axis mins", 3)), 0.0)
        return stated if isfinite(stated) else 0.0

    @cached_property
    def measurement_frame(self) -> Matrix:
        """Directions of measured vectors in the file's space, one a column, shape (3, 3)."""
        key = "measurement frame"
        text = self.fields.get(key, "none")
        found = [vector(key, each) for each in entries_of(key, text)]
        if not found or not all(found):
            return np.eye(3)
        if any(len(column) != len(found) for column in found):
            raise HeaderDataError(f"{key}: must be a square matrix, got {text[:60]!r}")
        frame = fitted(np.transpose(found), 3)
        if not spans_space(from_matvec(frame)):
            what = "its axes are in one plane, so that gradients have no directions in space"
            warn_of_content(f"{key}: {what}", GeometryWarning)
        return frame

    # The files of the voxels.

    @cached_property
    def payload(self) -> Payload:
        """Where the voxels are and how they are encoded."""
        lines = self.integer("line skip", 0, low=0)
        skip = self.integer("byte skip", 0, low=-1)
        files = DataNames()  # none where the voxels follow the header
        if "data file" in self.fields:
            files = data_names("data file", self.fields["data file"], numbers=3)
        for axes in as_integers("data file", files.words[:1]):
            in_range("data file: axes of a file", axes, 1, self.dimension)
        for each in files.skips:
            in_range("data file: SKIPLIST", each, -1)
        return Payload(self.encoding, files.names, lines=lines, skip=skip, skips=files.skips)
