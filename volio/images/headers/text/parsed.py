"""ParsedText: the lines of a text header, and the facts that are parsed from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from volio.arrays.axis_map import AxisMap
from volio.arrays.dtypes import DType
from volio.cached import cached_property
from volio.errors import HeaderDataError
from volio.images.headers.record import Order
from volio.images.headers.shape_checks import LARGEST, Shape, Sizes, in_range
from volio.images.headers.text.geometry import Matrix
from volio.images.headers.text.lines import Line, as_integer, as_lengths, as_numbers, chosen
from volio.images.headers.text.payload import Payload
from volio.space.affines import voxel_sizes

__all__ = ["ParsedText"]

T = TypeVar("T")


class ParsedText:
    """Lines of a text header, and what they state.

    It never changes: a header with another line has another `ParsedText`, so that no fact can be
    older than its lines. Each fact is parsed when it is first asked for, and kept.

    A format implements `dtype`, `shape`, `payload`, `affine`, `later_sizes` and, where its
    definition has them, `axis_map`, `time_unit` and `start_time`, with `functools.cached_property`.

    Parameters
    ----------
    lines : iterable of Line
    """

    #: Facts without which no image can be read.
    needed: ClassVar[tuple[str, ...]] = ("dtype", "shape", "payload", "affine", "zooms")

    #: Most axes of an image that are written.
    most_axes: int = 16

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = tuple(lines)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ParsedText):
            return NotImplemented
        return type(self) is type(other) and self.lines == other.lines

    def __hash__(self) -> int:
        return hash(self.lines)

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        return type(self), (self.lines,)  # facts are parsed again

    def check(self) -> None:
        """Parse what is needed to read an image.

        Raises
        ------
        HeaderDataError
            If a field is malformed, or a direction, the origin or a voxel size is not finite.
        """
        # Each property parses its fields, and raises where they are malformed.
        for fact in self.needed:
            getattr(self, fact)
        if not np.isfinite(self.affine).all() or not all(map(isfinite, self.zooms)):
            raise HeaderDataError("directions, origin and voxel sizes must be finite")

    # Fields.

    @cached_property
    def texts(self) -> dict[str, str]:
        """Text of each field and free key by its name; lines of the same name are joined."""
        values = _by_key(line for line in self.lines if line.key)
        return {key: "\n".join(found) for key, found in values.items()}

    @cached_property
    def fields(self) -> dict[str, str]:
        """Text of each field of the format, as `field_text` has it, by its name."""
        values = _by_key(line for line in self.lines if line.key and not line.free)
        return {key: self.field_text(key, found) for key, found in values.items()}

    @classmethod
    def field_text(cls, key: str, values: Sequence[str]) -> str:
        """Return the text of a field that has values in one line or several."""
        return "\n".join(values)

    def words(self, key: str) -> list[str]:
        """Return the words of a field; none where it is absent."""
        return self.fields.get(key, "").split()

    def integer(
        self, key: str, default: int | None = None, low: int = -LARGEST, high: int = LARGEST
    ) -> int:
        """Return the integer of a field.

        Raises
        ------
        HeaderDataError
            If it is not one from `low` to `high`, or the field is absent and there is no default.
        """
        text = self.fields.get(key)
        if text is None and default is not None:
            return default
        return in_range(key, as_integer(key, text or ""), low, high)

    def axis_lengths(self, key: str, fewest: int, most: int) -> list[int]:
        """Return the lengths of axes that a field states; see `as_lengths`."""
        return as_lengths(key, self.words(key), fewest, most)

    def numbers(self, key: str, count: int | None = None) -> list[float]:
        """Return the numbers of a field, none where it is absent; see `as_numbers`."""
        return as_numbers(key, self.words(key), count)

    def choice(self, key: str, choices: Mapping[str, T], default: str = "", names: str = "") -> T:
        """Return what the text of a field, or `default` for it, stands for; see `chosen`."""
        return chosen(key, self.fields.get(key, default), choices, names)

    # Facts.

    @property
    def dtype(self) -> DType:
        """Dtype of the voxels, in the file's byte order."""
        raise NotImplementedError

    @property
    def endianness(self) -> Order:
        """Byte order of the voxels: '<' or '>'."""
        return ">" if self.dtype.str[0] == ">" else "<"

    @property
    def shape(self) -> Shape:
        """Shape of the voxel array."""
        raise NotImplementedError

    @property
    def axis_map(self) -> AxisMap:
        """Which axis of the file holds which axis of the image."""
        return AxisMap(tuple(range(len(self.shape))))

    @property
    def payload(self) -> Payload:
        """Where the voxels are and how they are encoded."""
        raise NotImplementedError

    @property
    def affine(self) -> Matrix:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        raise NotImplementedError

    @property
    def later_sizes(self) -> Sequence[float]:
        """Size of a voxel along each axis after the third."""
        raise NotImplementedError

    @cached_property
    def zooms(self) -> Sizes:
        """Size of a voxel along each axis: mm, and the file's units for those after the third."""
        sizes = voxel_sizes(self.affine).tolist()
        return (*sizes, *self.later_sizes)[: len(self.shape)]

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size; None where the file does not state it."""
        return None

    @property
    def start_time(self) -> float:
        """Position of the first volume along the fourth axis, in its unit; 0 where not stated."""
        return 0.0


def _by_key(lines: Iterable[Line]) -> dict[str, list[str]]:
    """Return the values of lines by their keys, in the order of the lines."""
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(line.key, []).append(line.value)
    return found
