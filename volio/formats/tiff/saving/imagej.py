"""Writing hyperstacks of ImageJ: all voxels as one array, after the directory of the first page.

Source: https://imagej.net/ij/developer/source/ij/io/TiffEncoder.java.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

from volio.arrays.dtypes import RGB, DType
from volio.errors import SaveError
from volio.formats.tiff.saving.directories import (
    ASCII,
    LONG,
    RATIONAL,
    SHORT,
    Layout,
    NewDirectory,
    new_page,
)
from volio.formats.tiff.saving.ome_xml import unit_sign

__all__ = ["IMAGEJ_DTYPES", "ImagejFile"]

IMAGEJ_DTYPES = ("uint8", "uint16", "float32")
#: What ImageJ calls units, where OME-XML has a sign.
UNITS = {"µm": "micron", "in": "inch", "Å": "angstrom"}
MOST = 2**32
PRECISE = 10**6


class ImagejFile:
    """What a file of ImageJ has around its voxels.

    Parameters
    ----------
    dtype : numpy.dtype
        Of voxels: uint8, uint16, float32 or RGB.
    shape : (int, int, int, int, int)
        Times, slices, channels, rows, columns.
    sizes : mapping
        Of a voxel along X, Y and Z, mm; empty where these are not known.
    unit : str
        In which they are stored.
    step : float or None
        Seconds from one volume to the next.

    Raises
    ------
    SaveError
        If a page has 4 GiB or more.
    """

    def __init__(
        self,
        dtype: DType,
        shape: Sequence[int],
        sizes: Mapping[str, float],
        unit: str,
        step: float | None,
    ) -> None:
        self._dtype = dtype
        self._shape = tuple(shape)
        self._page = prod(shape[3:]) * dtype.itemsize
        self._count = prod(shape[:3])
        if self._page >= MOST:
            raise SaveError(f"imagej: a page of {self._page} bytes does not fit; OME-TIFF holds it")
        sign, mm = unit_sign(unit)
        self._sizes = {axis: size / mm for axis, size in sizes.items()}
        self._check_sizes(sign)
        self._text = self._description(UNITS.get(sign, sign), step)

    def _check_sizes(self, unit: str) -> None:
        """Check that fractions of 32-bit numbers hold how many voxels there are in a unit."""
        for axis in ("X", "Y"):
            size = self._sizes.get(axis, 1.0)
            if not 1 / (MOST - 1) <= size <= MOST - 1:
                raise SaveError(
                    f"imagej: sizes of a voxel from {1 / MOST:.2g} to {MOST:.2g} {unit} fit, got "
                    f"{size}; OME-TIFF holds it"
                )

    def _description(self, unit: str, step: float | None) -> str:
        times, slices, channels = self._shape[:3]
        lines = ["ImageJ=1.54f", f"images={self._count}"]
        counts = {"channels": channels, "slices": slices, "frames": times}
        lines += [f"{name}={count}" for name, count in counts.items() if count > 1]
        if sum(count > 1 for count in counts.values()) > 1:
            lines.append("hyperstack=true")
        if channels > 1:
            lines.append("mode=grayscale")
        if self._sizes:
            lines += [f"unit={unit}", f"spacing={self._sizes['Z']!r}"]
        if step:
            lines.append(f"finterval={step!r}")
        return "\n".join([*lines, "loop=false", ""])

    def write(self, stream: Any, write_voxels: Any) -> None:
        """Write a file.

        Parameters
        ----------
        stream : binary file object
        write_voxels : callable
            Writes the voxels to the stream, in C order.
        """
        layout = Layout(is_big=False)
        first = self._directory(0)
        first.entries[270] = (ASCII, _ascii(self._text))
        start = 8 + first.size(layout)
        end = start + self._page * self._count
        following = end + end % 2
        one = self._directory(0).size(layout)
        # From 4 GiB on there is only the first page: programs count the others by the description.
        has_pages = self._count > 1 and following + one * self._count < MOST
        first.set(273, LONG, start)
        stream.write(layout.header(8) + first.pack(layout, 8, following if has_pages else 0))
        write_voxels(stream)
        if has_pages:
            stream.write(b"\0" * (following - end))
            for packed in self._later_pages(layout, start, following, one):
                stream.write(packed)

    def _later_pages(self, layout: Layout, start: int, place: int, size: int) -> Iterator[bytes]:
        """Yield the directories of all pages after the first, which follow each other.

        Parameters
        ----------
        layout : Layout
        start : int
            Byte of the first voxel.
        place : int
            Byte of the first of these directories.
        size : int
            Bytes of each.
        """
        for number in range(1, self._count):
            following = 0 if number == self._count - 1 else place + size
            page = self._directory(start + number * self._page)
            yield page.pack(layout, place, following)
            place += size

    def _directory(self, start: int) -> NewDirectory:
        """Return the directory of a page whose voxels begin at a byte."""
        rows, columns = self._shape[3:]
        samples = 3 if self._dtype == RGB else 1
        page = new_page(rows, columns, samples, 8 * self._dtype.itemsize // samples)
        page.set(273, LONG, start)
        page.set(278, LONG, rows)
        page.set(279, LONG, self._page)
        if self._sizes:
            page.set(282, RATIONAL, *per_unit(self._sizes["X"]))
            page.set(283, RATIONAL, *per_unit(self._sizes["Y"]))
            page.set(296, SHORT, 1)  # the unit is in the description
        if self._dtype.kind == "f":
            page.set(339, SHORT, 3)
        return page


def _ascii(text: str) -> Any:
    directory = NewDirectory()
    directory.set_text(270, text)
    return directory.entries[270][1]


def per_unit(size: float) -> tuple[int, int]:
    """Return how many voxels of a size are in a unit, as a fraction of 32-bit numbers."""
    count = 1 / size
    if count >= 1:
        fraction = Fraction(count).limit_denominator(PRECISE)
    else:
        fraction = 1 / Fraction(size).limit_denominator(PRECISE)
    above = fraction.numerator
    below = fraction.denominator
    excess = max(above, below) / (MOST - 1)
    if excess > 1:  # one of them is rounded to what fits
        return max(1, round(above / excess)), max(1, round(below / excess))
    return above, below
