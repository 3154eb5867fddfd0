"""NrrdHeader: the header of an NRRD file, and how facts are set in its fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from math import nan

import numpy as np

from volio.arrays.dtypes import DType, dtype_name
from volio.errors import HeaderDataError
from volio.formats.nrrd import fields
from volio.formats.nrrd.axes import OF_SPACE, PACKED, PackedAxis, reshaped
from volio.formats.nrrd.fields import AXIS_DEFAULTS, vector_text
from volio.formats.nrrd.gradients import OF_GRADIENTS, OF_VOLUMES, gradient_keys, gradients_of
from volio.formats.nrrd.parsed import ParsedNrrd
from volio.formats.nrrd.space import SPACE
from volio.images.headers.gradients import Gradient
from volio.images.headers.metadata import Metadata
from volio.images.headers.shape_checks import Shape, Sizes, first_axes
from volio.images.headers.text.geometry import Matrix, from_ras
from volio.images.headers.text.header import TextHeader
from volio.images.headers.text.lines import Line, number_word
from volio.images.headers.volume_metadata import HeaderVolume
from volio.space.affines import voxel_sizes, with_voxel_sizes

__all__ = ["NrrdHeader"]

#: Fields that no other format has, and what they are called; words that are empty in them.
OTHERS = {
    "measurement frame": "measurement frame",
    "labels": "labels of axes",
    "thicknesses": "thicknesses of slices",
    "sample units": "unit of values",
    "old min": "range of values before (old min)",
    "old max": "range of values before (old max)",
}
NOTHING = {'""', "nan", "NaN", "NAN", "???"}
USUAL_KINDS = (*OF_SPACE, "time", "list", "point", "vector")

#: Magic word of the first edition that has directions in space.
EDITION = "NRRD0004"


class NrrdHeader(TextHeader):
    """The header of an NRRD file: a mapping from fields and free keys to their text.

    Voxel axes of an image are those of space, in the order of the file, and then the others
    (lists, vectors, time), whatever their place in the file. A first axis of kind RGB-color or
    RGBA-color (of unsigned char) or complex (of float or double) is part of the voxels.

    Parameters are those of `TextHeader`.
    """

    parsed_class = ParsedNrrd
    parsed: ParsedNrrd
    default_text = (
        "NRRD0004\ntype: float\ndimension: 1\nsizes: 0\nkinds: domain\nendian: little\n"
        "encoding: raw\n\n"
    )
    field_order = fields.ORDER
    magic = re.compile(r"NRRD(000[0-9]|00\.01)")
    magic_name = "NRRD0001 to NRRD0006"
    list_words = ("LIST", "SKIPLIST")
    end_line = ""
    last_line = fields.EMPTY_LINE
    alone = fields.DATA_FILE
    holder = "NRRD"
    type_names = fields.TYPES | {dtype_name(each.dtype): each.dtype for each in PACKED}
    description_field = "content"
    skip_fields = ("line skip", "byte skip")

    @classmethod
    def parse_line(cls, text: str, number: int) -> Line:
        """Return the line of a field or a free key; see `TextMapping`."""
        content = text.rstrip("\r")
        if free := fields.FREE.fullmatch(content):
            return Line(text, free[1], fields.unescaped(free[2]), free=True)
        if field := fields.FIELD.fullmatch(content):
            return Line(text, cls.canonical(field[1].strip()), field[2].strip())
        problem = "must be a field, a key or a comment"
        raise HeaderDataError(f"line {number}: {problem}, got {text[:40]!r}")

    @classmethod
    def line(cls, key: str, value: str, free: bool) -> Sequence[Line]:
        """Return the line of a field or a free key; of a list of files one for each."""
        if free:
            return [Line(f"{key}:={fields.escaped(value)}", key, value, free=True)]
        return super().line(key, value, free)

    @classmethod
    def canonical(cls, key: str) -> str:
        """Return the usual spelling of a field's name; free keys stay as they are."""
        return fields.SYNONYMS.get("".join(key.lower().split()), key)

    @property
    def measurement_frame(self) -> Matrix:
        """Directions of measured vectors in the file's space, one a column, shape (3, 3)."""
        return self.parsed.measurement_frame.copy()

    # Axes.

    def _set_entry(self, axis: int | None, key: str, value: str) -> None:
        """Set the entry of an axis of the file, if it has it, in a field with one for each axis."""
        found = self.parsed.entries(key)
        if axis is not None and found[axis] != value:
            found[axis] = value
            self.set_field(key, " ".join(found))

    def _set_axes(self, wanted: Sequence[int | None]) -> None:
        """Keep, drop and add axes of the file: for each the one it was, None for a new one."""
        if [*wanted] == [*range(self.parsed.dimension)]:
            return
        for key, default in AXIS_DEFAULTS.items():
            if key in self.parsed.fields:
                found = self.parsed.entries(key)
                entries = [default if axis is None else found[axis] for axis in wanted]
                self.set_field(key, " ".join(entries))
        self.set_field("dimension", str(len(wanted)))

    def _set_dtype(self, dtype: DType) -> None:
        packed = next((each for each in PACKED if each.dtype == dtype), None)
        self._set_packed(packed)
        scalar = dtype if packed is None else packed.scalar
        if scalar != self.parsed.scalar:
            self.set_field("type", self.type_name(scalar))
        if scalar.itemsize > 1 and self.field("endian") is None:
            self.set_field("endian", "little")

    def _set_packed(self, packed: PackedAxis | None) -> None:
        """Drop the first axis, where it is part of the voxels, and add one that will be."""
        axes = range(self.parsed.first, self.parsed.dimension)
        if packed is None:
            self._set_axes(axes)
            return
        self._set_axes([None, *axes])
        self._set_entry(0, "sizes", str(packed.size))
        self._set_entry(0, "kinds", packed.kind)

    def _set_shape(self, lengths: Shape) -> None:
        """Keep, drop and add axes of the file for an image of another shape."""
        affine = self.affine
        first = self.parsed.first
        places = reshaped(self.parsed.file_axes, lengths)
        before = {place: self._axis_of(place) for place in places}
        self._set_axes([*range(first), *before.values()])
        for axis, place in enumerate(places, first):
            self._set_entry(axis, "sizes", str(lengths[place]))
            if before[place] is None:
                self._describe_new(axis, place, len(lengths))
        has_plane = self.parsed.space_dimension < 3 and "space directions" in self.parsed.fields
        if has_plane and len(lengths) > 2:
            self._set_affine(affine)  # a third axis needs a space of three

    def _describe_new(self, axis: int, place: int, ndim: int) -> None:
        """Set kind and direction of a new axis, where the header needs them."""
        of_space = place < 3
        if ndim > 3 or self.field("kinds"):
            self._set_entry(axis, "kinds", "domain" if of_space else "list")
        if of_space and self.field("space directions"):
            way = np.eye(3, self.parsed.space_dimension)[place]
            self._set_entry(axis, "space directions", vector_text(way))

    def _axis_of(self, place: int) -> int | None:
        """Return the axis of the file that holds an axis of the image; None if it has none."""
        axes = self.parsed.file_axes
        return axes[place] if place < len(axes) else None

    # Space.

    def _set_affine(self, affine: Matrix) -> None:
        """Store an affine as directions and origin in the file's space, LPS where it has none."""
        later = self.zooms[3:]
        start = self.start_time
        has_space = self.field("space") is not None
        if len(self.shape) == 2 and not has_space and _is_flat(affine):
            self.set_field("space dimension", "2")  # many programs take no planes in space
            self._set_directions(affine, 2)
            return
        if not has_space or self.parsed.space_dimension != 3:
            if self.time_unit is not None:  # the space that may have it is given up
                self._set_fourth("units", f'"{self.parsed.later_unit}"')
            self.set_field("space dimension", None)
            self.set_field("space", SPACE)
        self._set_directions(affine, 3)
        self._set_later(later)
        if self.start_time != start:
            self._set_start(start)

    def _set_directions(self, matrix: Matrix, count: int) -> None:
        """Store directions and origin in the first `count` axes of the file's space."""
        columns, origin = from_ras(matrix, self.parsed.scale)
        ways = ["none"] * self.parsed.dimension
        for place, axis in enumerate(self.parsed.file_axes[:3]):
            if axis is not None:
                ways[axis] = vector_text(columns[:count, place])
            for key in ("spacings", "axis mins", "axis maxs"):
                self._set_entry(axis, key, "nan")
        self._need_edition()
        self.set_field("space directions", " ".join(ways))
        self.set_field("space origin", vector_text(origin[:count]))

    def _set_fourth(self, key: str, value: str) -> None:
        """Set the entry of the fourth axis of the image, if it has it; see `_set_entry`."""
        self._set_entry(self._axis_of(3), key, value)

    def _set_start(self, value: float) -> None:
        """Store where the fourth axis begins: along the time of the file's space, if it has it."""
        self._set_fourth("axis maxs", "nan")  # of other volumes
        if value == self.start_time:
            return
        if self.parsed.fourth.time_step:
            origin = self.parsed.origin or (0.0, 0.0, 0.0)
            self.set_field("space origin", vector_text([*origin[:3], value]))
        else:
            self._set_fourth("axis mins", number_word(value or nan))

    def _set_later(self, sizes: Sequence[float]) -> None:
        """Store the spacings of the axes after the third."""
        for place, size in enumerate(sizes, 3):
            if self.zooms[place] != size:
                self._set_entry(self._axis_of(place), "spacings", number_word(size))

    def _need_edition(self) -> None:
        """Raise the magic word to that of the edition that has every field written here."""
        if self.lines[0].text.strip() < EDITION:  # NRRD00.01 comes before NRRD0001
            self.lines = (Line(EDITION), *self.lines[1:])

    def _set_zooms(self, sizes: Sizes) -> None:
        changed = with_voxel_sizes(self.affine, sizes)
        if not np.allclose(voxel_sizes(self.affine), voxel_sizes(changed), rtol=1e-12):
            self._set_affine(changed)
        self._set_later(sizes[3:])

    # What other formats can take over.

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and affine."""
        found = super().metadata()
        volumes = first_axes(self.shape, 4)[3]
        gradients = gradients_of(found.keys, self._gradient_frame(), volumes)
        keys = found.keys
        if gradients:
            keys = {key: keys[key] for key in keys if not key.startswith(OF_GRADIENTS)}
        start = found.start if self.parsed.may_be_time else 0.0
        others = self._others(gradients)
        return replace(found, start=start, gradients=gradients, keys=keys, others=others)

    def _gradient_frame(self) -> Matrix:
        """Return the matrix from measured vectors to scanner RAS+, shape (3, 3)."""
        return self.parsed.signs[:, np.newaxis] * self.parsed.measurement_frame

    def _others(self, gradients: Sequence[Gradient]) -> tuple[str, ...]:
        """Name what only NRRD has; the measurement frame is part of gradients."""
        names = [name for key, name in OTHERS.items() if {*self.parsed.words(key)} - NOTHING]
        if gradients and "measurement frame" in names:
            names.remove("measurement frame")
        kinds = dict.fromkeys(self.parsed.image_entries("kinds"))
        if special := [kind for kind in kinds if kind.lower() not in USUAL_KINDS]:
            names.append(f"kinds of axes ({', '.join(special)})")
        return tuple(names)

    def set_metadata(self, metadata: Metadata) -> None:
        """Store gradients, the unit of time, text and free keys."""
        self._need_edition()
        if metadata.unit == "s":
            self._set_fourth("units", '"s"')
        super().set_metadata(metadata)

    def select_volumes(self, volumes: Sequence[HeaderVolume]) -> None:
        """Store the gradients of volumes; see `SpatialHeader`."""
        self.replace_free_keys(OF_VOLUMES, {})
        super().select_volumes(volumes)

    def _set_gradients(self, gradients: Sequence[Gradient]) -> None:
        if gradients:
            for key, value in gradient_keys(gradients, self._gradient_frame()).items():
                self.set_field(key, value, free=True)


def _is_flat(matrix: Matrix) -> bool:
    """Return whether a plane is in that of the first two axes of the world."""
    return not matrix[2, [0, 1, 3]].any() and not matrix[:2, 2].any()
