"""SeriesAxis: points at equal steps of time, frequency, length or angle."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.decimals import field_decimal
from volio.errors import HeaderDataError, IndexingError, UsageError
from volio.formats.cifti2.axes.axis import MatrixAxis, whole_number
from volio.formats.cifti2.codes import CIFTI_SERIESUNIT_TYPES, SERIES
from volio.formats.cifti2.elements.element import required
from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap

__all__ = ["SeriesAxis"]

LARGEST_EXPONENT = 300  # ten to it is a float


class SeriesAxis(MatrixAxis):
    """Points at equal steps.

    Parameters
    ----------
    start : float
        Of the first point, in `unit`.
    step : float
        From one point to the next, in `unit`; of time series the repetition time.
    size : int
        Number of points.
    unit : {'SECOND', 'HERTZ', 'METER', 'RADIAN'}, optional
        In capitals or not.

    Raises
    ------
    HeaderDataError
        If the unit is none of these, or the size is not 0 or more.

    Examples
    --------
    >>> axis = SeriesAxis(start=0, step=0.5, size=1200)
    >>> axis[10::2]
    SeriesAxis(start=5.0, step=1.0, size=595, unit='SECOND')
    """

    def __init__(self, start: float, step: float, size: int, unit: str = "SECOND") -> None:
        self.start = _as_typed(start)
        self.step = _as_typed(step)
        self.size = size
        self.unit = unit

    @property
    def size(self) -> int:
        """Number of points."""
        return self._size

    @size.setter
    def size(self, size: int) -> None:
        count = whole_number(size)
        if count is None or count < 0:
            raise HeaderDataError(f"size: must be a whole number, 0 or more, got {size!r}")
        self._size = count

    @property
    def unit(self) -> str:
        """SECOND, HERTZ, METER or RADIAN."""
        return self._unit

    @unit.setter
    def unit(self, unit: str) -> None:
        if unit.upper() not in CIFTI_SERIESUNIT_TYPES:
            raise HeaderDataError(
                f"unit: must be one of {', '.join(CIFTI_SERIESUNIT_TYPES)}, got {unit!r}"
            )
        self._unit = unit.upper()

    @property
    def time(self) -> NDArray[Any]:
        """Every point, in `unit`, shape (size,)."""
        return np.arange(self.size) * self.step + self.start

    def __len__(self) -> int:
        return self.size

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SeriesAxis):
            return False
        return (self.start, self.step, self.size, self.unit) == (
            *(other.start, other.step, other.size),
            other.unit,
        )

    def __add__(self, other: Any) -> Self:
        """Return the series with the points of another after it; the other's start is ignored.

        Raises
        ------
        UsageError
            If step or unit differ.
        """
        if not isinstance(other, SeriesAxis):
            return NotImplemented
        if (self.step, self.unit) != (other.step, other.unit):
            raise UsageError(
                f"series of {self.step} {self.unit} and {other.step} {other.unit} a step cannot "
                "be joined"
            )
        return type(self)(self.start, self.step, self.size + other.size, self.unit)

    def get_element(self, index: int) -> float:
        """Return a point, in `unit`."""
        return self.start + self.step * self.check_index(index)

    def part(self, index: Any) -> Self:
        """Return the series of a slice, of any step, as of a range of numbers."""
        if not isinstance(index, slice):
            raise IndexingError(
                "index: a series takes integers and slices; other indices would leave points at "
                "unequal steps"
            )
        chosen = range(self.size)[index]
        start = self.start + chosen.start * self.step
        return type(self)(start, self.step * chosen.step, len(chosen), self.unit)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(start={self.start!r}, step={self.step!r}, size={self.size}, "
            f"unit={self.unit!r})"
        )

    @classmethod
    def from_index_mapping(cls, mim: Cifti2MatrixIndicesMap) -> Self:
        """Return the series of a map of indices; start and step are scaled by its exponent.

        Raises
        ------
        HeaderDataError
            If the map does not state all of it.
        """
        exponent = required(mim.series_exponent, "MatrixIndicesMap: SeriesExponent")
        start = required(mim.series_start, "MatrixIndicesMap: SeriesStart")
        step = required(mim.series_step, "MatrixIndicesMap: SeriesStep")
        size = required(mim.number_of_series_points, "MatrixIndicesMap: NumberOfSeriesPoints")
        unit = required(mim.series_unit, "MatrixIndicesMap: SeriesUnit")
        return cls(scaled(start, exponent), scaled(step, exponent), size, unit)

    def to_mapping(self, dim: int) -> Cifti2MatrixIndicesMap:
        """Return the map of indices of the series, with an exponent of 0."""
        return Cifti2MatrixIndicesMap([dim], SERIES, self.size, 0, self.start, self.step, self.unit)


def scaled(number: float, exponent: int) -> float:
    """Return a number times ten to an exponent, rounded once.

    Raises
    ------
    HeaderDataError
        If the exponent is beyond what a float holds.
    """
    if abs(exponent) > LARGEST_EXPONENT:
        raise HeaderDataError(
            f"MatrixIndicesMap: SeriesExponent: must be from -{LARGEST_EXPONENT} to "
            f"{LARGEST_EXPONENT}, got {exponent}"
        )
    # A power of ten up to 22 is exact, a negative one never is.
    return number * float(10**exponent) if exponent >= 0 else number / float(10**-exponent)


def _as_typed(number: Any) -> float:
    """Return a number of numpy as a float; one of 32 bits, as of voxel sizes, as it was typed."""
    found: float = field_decimal(number) if isinstance(number, np.floating) else number
    return found
