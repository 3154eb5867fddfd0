"""BrainVisaTexture: a value for each vertex, at one time or several (.tex)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, SaveError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.brainvisa.fields import LITTLE_ENDIAN, distinct_instant, open_fields, packed_word
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import StatedSpaceSurface
from volio.surfaces.stored_values import stored_as
from volio.surfaces.vertex_data import StoredVertexData, VertexArray

__all__ = ["BrainVisaTexture"]

#: Types of values: what a value consists of.
TYPES = {
    "FLOAT": ("f4", 1),
    "DOUBLE": ("f8", 1),
    "U8": ("u1", 1),
    "S8": ("i1", 1),
    "U16": ("u2", 1),
    "S16": ("i2", 1),
    "U32": ("u4", 1),
    "S32": ("i4", 1),
    "POINT2DF": ("f4", 2),
}
#: Types that files are written in, integers from the smallest.
INTEGERS = {"i2": "S16", "i4": "S32", "u4": "U32"}
TEXTURE = "texture"
#: Names of values where there are several times.
TIME = re.compile(rf"{TEXTURE} at ([0-9]{{1,9}})")


class BrainVisaTexture(StatedSpaceSurface):
    """A value for each vertex of a mesh of BrainVISA, at one time or several.

    ``data["texture"]`` has the values; where there are several times, ``data["texture at 3"]``.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    instants : tuple of int
        Number of the time of each array; where it does not fit them, they are numbered from 0.

    Examples
    --------
    >>> volio.save(volio.Surface(data={"depth": [2.5, 2.75, 3.0]}), "one.tex")
    >>> volio.load("one.tex").data["texture"].tolist()
    [2.5, 2.75, 3.0]
    """

    files_types = (("image", ".tex"),)

    def _set_file_defaults(self) -> None:
        self.instants: tuple[int, ...] = ()

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        fields = open_fields(source)
        kind = fields.word("the type of values")
        if kind not in TYPES:
            known = ", ".join(TYPES)
            raise HeaderDataError(f"the type of values must be one of {known}, got {kind[:20]!r}")
        dtype, width = TYPES[kind]
        times = fields.integer("the number of times")
        arrays: list[VertexArray] = []
        instants: dict[int, None] = {}
        for _ in range(times):
            instant = distinct_instant(fields, instants)
            count = fields.integer("the number of values")
            shape = (count,) if width == 1 else (count, width)
            values = fields.array(dtype, shape, "values")
            name = TEXTURE if times == 1 else f"{TEXTURE} at {instant}"
            arrays.append(VertexArray(name, values))
        fields.check_end()
        made = cls(data=StoredVertexData(arrays))
        made.instants = tuple(instants)
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return the values of some contents, of which each is a time.

        Raises
        ------
        SaveError
            If there are none, or they have several numbers for each vertex, or are complex.
        ImageDataError
            If they are beyond float32.
        """
        arrays = contents.arrays
        if not arrays:
            raise SaveError("BrainVISA's textures need values, and there are none")
        widths = {array.values.shape[1:] for array in arrays}
        if widths not in ({()}, {(2,)}):
            raise SaveError("BrainVISA's textures have one number for each vertex, or two of all")
        dtype = _common_dtype([array.values for array in arrays], widths == {()})
        kept = [
            VertexArray(array.name, stored_as(array.values, np.dtype(dtype), array.name))
            for array in arrays
        ]
        times = [TIME.fullmatch(array.name) for array in kept]
        instants = [int(time[1]) for time in times if time is not None]
        if len(kept) > 1 and len(set(instants)) < len(kept):
            instants = list(range(len(kept)))
            kept = [
                VertexArray(f"{TEXTURE} at {number}", array.values)
                for number, array in enumerate(kept)
            ]
        made = cls(data=StoredVertexData(kept))
        made.instants = tuple(instants)
        return made

    def _pieces(self) -> Iterable[bytes]:
        """Return the file, in little-endian binary."""
        arrays = [array.values for array in self.data.arrays()]
        is_single = all(values.ndim == 1 for values in arrays)
        dtype = np.dtype(_common_dtype(arrays, is_single)).newbyteorder("<")
        fits = len(set(self.instants)) == len(self.instants) == len(arrays)
        instants = self.instants if fits else range(len(arrays))
        kind = INTEGERS.get(dtype.str[1:], "FLOAT" if is_single else "POINT2DF")
        yield LITTLE_ENDIAN + packed_word(kind) + len(arrays).to_bytes(4, "little")
        for instant, values in zip(instants, arrays, strict=True):
            yield np.array([instant, len(values)], "<u4").tobytes()
            yield values.astype(dtype).tobytes()


def _common_dtype(arrays: Sequence[NDArray[Any]], is_single: bool) -> str:
    """Return the type that holds all values: the smallest of integers, else float32."""
    if not is_single or any(values.dtype.kind not in "iub" for values in arrays):
        return "f4"
    least = min((int(values.min()) for values in arrays if values.size), default=0)
    greatest = max((int(values.max()) for values in arrays if values.size), default=0)
    for dtype in INTEGERS:
        limits = np.iinfo(dtype)
        if limits.min <= least and greatest <= limits.max:
            return dtype
    return "f4"
