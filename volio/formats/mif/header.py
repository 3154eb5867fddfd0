"""MifHeader: the header of an MRtrix image, and how facts are set in its fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from math import isfinite, nan

import numpy as np

from volio.arrays.dtypes import DType
from volio.arrays.scaling import SlopeIntercept
from volio.errors import HeaderDataError
from volio.formats.mif.parsed import TYPES, ParsedMif, in_order
from volio.images.headers.format import is_neutral
from volio.images.headers.gradients import Gradient
from volio.images.headers.metadata import Metadata
from volio.images.headers.shape_checks import Shape, Sizes
from volio.images.headers.text.geometry import Matrix
from volio.images.headers.text.header import TextHeader
from volio.images.headers.text.lines import Line, number_word, number_words
from volio.images.headers.units import acquisition_from, acquisition_to, quantities
from volio.images.headers.volume_metadata import count_volumes
from volio.numerals import parse_float
from volio.space.affines import directions, from_matvec, voxel_sizes

__all__ = ["MifHeader"]

#: Keys that MRtrix takes from scanners, which are those of BIDS.
QUANTITIES = quantities("""
EchoTime       | echo time       | s
InversionTime  | inversion time  | s
RepetitionTime | repetition time | s
FlipAngle      | flip angle      | degrees
""")

#: Bytes to a multiple of which voxels begin.
ALIGNMENT = 4


class MifHeader(TextHeader):
    """The header of an MRtrix image: a mapping from keys to text.

    Lines of one key (transform, dw_scheme, comments, command_history) are joined.

    Parameters are those of `TextHeader`.
    """

    parsed_class = ParsedMif
    parsed: ParsedMif
    default_text = "mrtrix image\ndim: 0\nvox: 1\nlayout: +0\ndatatype: Float32LE\nfile: . 0\nEND\n"
    field_order = (
        "dim",
        "vox",
        "layout",
        "datatype",
        "transform",
        "scaling",
        "comments",
        "command_history",
        "dw_scheme",
        "file",
    )
    magic = re.compile("mrtrix image")
    magic_name = "'mrtrix image'"
    end_line = "END"
    last_line = re.compile(rb"\nEND[ \t\r]*(\n|\Z)")
    holder = "MRtrix"
    type_names = TYPES
    description_field = "comments"
    history_field = "command_history"
    can_scale = "slope+inter"
    factor_dtype = np.float64

    @classmethod
    def parse_line(cls, text: str, number: int) -> Line:
        """Return the line of a field or a free key; see `TextMapping`."""
        key, colon, value = (part.strip() for part in text.partition(":"))
        if not key or not colon:
            raise HeaderDataError(f"line {number}: must be 'key: value', got {text[:40]!r}")
        return Line(text, key, value, key not in cls.field_order)

    @classmethod
    def line(cls, key: str, value: str, free: bool) -> Sequence[Line]:
        """Return one line for each line of the value."""
        return [Line(f"{key}: {part}", key, part, free) for part in value.split("\n")]

    def check_read(self) -> None:
        """Check that the fields describe the voxels; see `TextHeader`."""
        super().check_read()
        start = self.payload.starts[0]
        if not self.payload.names and start < self.length:
            raise HeaderDataError(f"file: voxels cannot begin at byte {start}, in the header")

    # Voxels.

    def _set_dtype(self, dtype: DType) -> None:
        order = "BE" if self.endianness == ">" else "LE"
        name = self.type_name(dtype)
        self.set_field("datatype", name + order if dtype.itemsize > 1 else name)

    def _set_shape(self, lengths: Shape) -> None:
        if len(lengths) != len(self.shape):
            self._set_axes(len(lengths))
        self.set_field("dim", ",".join(map(str, lengths)))

    def _set_axes(self, count: int) -> None:
        """Store order and sizes of another number of axes; new ones come last in the file."""
        ranks, flipped = self.axis_map
        new = range(len(ranks), count)
        order = enumerate(in_order([*ranks, *new][:count]))
        layout = [f"-{rank}" if axis in flipped else f"+{rank}" for axis, rank in order]
        sizes = [*number_words(self.parsed.sizes), *["1"] * len(new)]
        self.set_field("layout", ",".join(layout))
        self.set_field("vox", ",".join(sizes[:count]))

    # Space.

    def _set_zooms(self, sizes: Sizes) -> None:
        self.set_field("vox", ",".join(number_words(sizes)))

    def _set_affine(self, affine: Matrix) -> None:
        """Store an affine: voxel sizes, their directions and the position of the first voxel."""
        sizes = voxel_sizes(affine).tolist()[: len(self.shape)]
        self.zooms = (*sizes, *self.zooms[3:])
        rows = from_matvec(directions(affine), affine[:3, 3])[:3]
        self.set_field("transform", _table_text(rows))

    # What other formats can take over.

    @property
    def gradients(self) -> tuple[Gradient, ...]:
        """Direction in scanner RAS+ and b-value (s/mm²) of each volume; () where none are stated.

        Raises
        ------
        HeaderDataError
            If a row of dw_scheme is something else.
        """
        return self.parsed.gradients

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and affine."""
        gradients = self.gradients
        fits = len(gradients) in (count_volumes(self.shape), *self.shape[3:4])
        found = super().metadata()
        single = {each.field: _number(found.keys.get(each.field, "")) for each in QUANTITIES}
        return replace(
            found,
            gradients=gradients if fits else (),
            acquisition=acquisition_from(single.get, QUANTITIES),
            keys={
                key: text for key, text in found.keys.items() if not isfinite(single.get(key, nan))
            },
        )

    def set_metadata(self, metadata: Metadata) -> None:
        """Store text, gradients, free keys, and times and angles of the acquisition."""
        super().set_metadata(metadata)
        for key, value in acquisition_to(metadata.acquisition, QUANTITIES).items():
            self.set_field(key, number_word(value), free=True)

    def _set_gradients(self, gradients: Sequence[Gradient]) -> None:
        self.set_field("dw_scheme", _table_text(gradients) or None)

    def get_slope_inter(self) -> SlopeIntercept:
        """Return slope and intercept; None where the file states none."""
        return self.parsed.scaling

    def set_slope_inter(self, slope: float | None, inter: float | None = None) -> None:
        """Set slope and intercept; None for none."""
        if is_neutral(slope, 1.0) and is_neutral(inter, 0.0):
            self.set_field("scaling", None)
            return
        numbers = [inter or 0.0, 1.0 if slope is None else slope]
        self.set_field("scaling", ",".join(number_words(numbers)))
        self.note_scaling_set()

    # The files of the voxels.

    def name_data(self, name: str | None, nbytes: int | None) -> None:
        """Store the file of the voxels; None for after the header, which is filled up to them."""
        if name is not None:
            super().name_data(name, nbytes)
            return
        if self.payload.names:
            self.set_field("file", ". 0")
        start = self.payload.starts[0]
        while (needed := len(super().to_bytes())) > start:  # a longer number takes more bytes
            start = -(-needed // ALIGNMENT) * ALIGNMENT
            self.set_field("file", f". {start}")
        self.length = start

    def to_bytes(self) -> bytes:
        """Return the text of the header, filled up to where the voxels begin after it."""
        return super().to_bytes().ljust(0 if self.payload.names else self.length, b"\0")


def _table_text(rows: Iterable[Iterable[float]]) -> str:
    """Return a table of numbers as it is written, a line for each row."""
    return "\n".join(",".join(number_words(row)) for row in rows)


def _number(text: str) -> float:
    """Return the number of a free key; NaN for several (one for each echo), or none."""
    with suppress(ValueError):
        return parse_float(text)
    return nan
