"""Arrays that know how they must be scaled to fit a dtype: nibabel's ``arraywriters`` names.

volio's own savers scale in `volio.arrays`; these are for programs that write files of their own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.cached import cached_property
from volio.compat.nibabel.volumeutils.arrayfiles import array_to_file
from volio.compat.nibabel.volumeutils.floattypes import finite_range
from volio.errors import ScalingError, UsageError, WriterError

__all__ = [
    "ArrayWriter",
    "ScalingError",
    "SlopeArrayWriter",
    "SlopeInterArrayWriter",
    "WriterError",
    "get_slope_inter",
    "make_array_writer",
]


class ArrayWriter:
    """An array to be written in a dtype that holds its values as they are.

    Parameters
    ----------
    array : array-like
    out_dtype : dtype-like, optional
        Type in the file; the type of `array` by default.
    check_scaling : bool, optional
        Refuse arrays that would need scaling.
    nan2zero : bool, optional
        Write NaN as the integer that stands for 0.

    Raises
    ------
    WriterError
        If the values do not fit `out_dtype`.
    """

    def __init__(
        self,
        array: ArrayLike,
        out_dtype: DTypeLike | None = None,
        *,
        check_scaling: bool = True,
        nan2zero: bool = True,
        **kwargs: Any,
    ) -> None:
        self._array = np.asanyarray(array)
        self._out_dtype = self._array.dtype if out_dtype is None else np.dtype(out_dtype)
        self._nan2zero = nan2zero
        if check_scaling and self.scaling_needed():
            raise WriterError(
                f"values: {self._array.dtype} does not fit {self._out_dtype} without scaling"
            )

    @property
    def array(self) -> NDArray[Any]:
        """The array."""
        return self._array

    @property
    def out_dtype(self) -> np.dtype[Any]:
        """The type in the file."""
        return self._out_dtype

    @property
    def has_nan(self) -> bool:
        """Whether there are NaNs."""
        return bool(self._range[2])

    @cached_property
    def _range(self) -> tuple[Any, ...]:
        return finite_range(self._array, check_nan=True)

    def finite_range(self) -> tuple[Any, Any]:
        """Return the lowest and the highest finite value; (inf, -inf) when there is none."""
        return self._range[0], self._range[1]

    def scaling_needed(self) -> bool:
        """Return whether the values need scaling to fit.

        Raises
        ------
        WriterError
            If no scaling can help: structured or complex values for another kind of type.
        """
        have = self._array.dtype
        want = self._out_dtype
        if have == want:
            return False
        if "V" in (have.kind, want.kind) or (have.kind == "c" and want.kind != "c"):
            raise WriterError(f"values: {have} cannot be converted to {want}")
        if want.kind in "fc" or not self._array.size:
            return False
        low, high = self.finite_range()
        if have.kind == "f":
            return not low == high == 0
        limits = np.iinfo(want)
        return bool(int(low) < limits.min or int(high) > limits.max)

    def to_fileobj(self, fileobj: Any, order: str = "F") -> None:
        """Write the array where the file object stands; 'F': the first axis varies fastest."""
        self._write(fileobj, order)

    def _write(
        self,
        fileobj: Any,
        order: str,
        slope: Any = 1.0,
        inter: Any = 0.0,
        limits: tuple[Any, Any] = (None, None),
    ) -> None:
        array_to_file(
            self._array,
            fileobj,
            self._out_dtype,
            None,
            inter,
            slope,
            *limits,
            order,
            self._nan2zero,
        )


class SlopeArrayWriter(ArrayWriter):
    """An array to be written divided by a slope.

    Parameters
    ----------
    array, out_dtype, nan2zero
        See `ArrayWriter`.
    calc_scale : bool, optional
        Choose the slope now; otherwise it is 1 until `calc_scale` is called.
    scaler_dtype : dtype-like, optional
        Float type in which the file keeps the slope.

    Raises
    ------
    WriterError
        If no slope brings the values into `out_dtype`, or it exceeds `scaler_dtype`.
    """

    def __init__(
        self,
        array: ArrayLike,
        out_dtype: DTypeLike | None = None,
        calc_scale: bool = True,
        scaler_dtype: DTypeLike = np.float32,
        *,
        nan2zero: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(array, out_dtype, check_scaling=False, nan2zero=nan2zero)
        self.scaler_dtype = np.dtype(scaler_dtype)
        self.reset()
        if calc_scale:
            self.calc_scale()

    def reset(self) -> None:
        """Forget the scaling and the range of values: slope 1."""
        self._slope = self._scalar(1.0)
        self._scaled = False
        self.__dict__.pop("_range", None)

    @property
    def slope(self) -> Any:
        """What the values are divided by."""
        return self._slope

    @slope.setter
    def slope(self, value: Any) -> None:
        self._slope = self._scalar(value)

    def _scalar(self, value: Any) -> Any:
        with np.errstate(over="ignore"):
            return self.scaler_dtype.type(value)

    def scaling_needed(self) -> bool:
        """Return whether the values need scaling to fit."""
        # Without a finite value there is nothing that a slope could fit.
        return super().scaling_needed() and bool(np.isfinite(self.finite_range()[0]))

    def calc_scale(self, force: bool = False) -> None:
        """Choose the scaling, once, or again with `force`."""
        if self._scaled and not force:
            return
        self.reset()
        self._scaled = True
        if self.scaling_needed():
            self._choose(*self.finite_range())
        slope, inter = get_slope_inter(self)
        if not np.isfinite([slope, inter]).all():
            raise ScalingError(f"slope {slope} and intercept {inter} exceed {self.scaler_dtype}")

    def _choose(self, low: Any, high: Any) -> None:
        limits = np.iinfo(self._out_dtype)
        if self._array.dtype.kind == "i" and limits.min == 0 and -limits.max <= low <= high <= 0:
            self.slope = -1.0  # exact
            return
        low = _wide(low)
        high = _wide(high)
        if limits.min == 0 and low < 0 < high:
            raise WriterError(
                f"values: from {low} to {high} cannot be scaled to {self._out_dtype} "
                "without an intercept: use a signed type"
            )
        if limits.min == 0:
            self.slope = (low if high <= 0 else high) / _wide(limits.max)
        else:
            self.slope = max(low / _wide(limits.min), high / _wide(limits.max))

    def to_fileobj(self, fileobj: Any, order: str = "F") -> None:
        """Write the scaled array where the file object stands."""
        self._write(fileobj, order, *get_slope_inter(self), self._limits())

    def _limits(self) -> tuple[Any, Any]:
        """Return the range to clip to, which turns infinite values into the ends of it."""
        if self._array.dtype.kind in "fc" and self._out_dtype.kind in "iu":
            return self.finite_range()
        return None, None


class SlopeInterArrayWriter(SlopeArrayWriter):
    """An array to be written less an intercept and divided by a slope.

    Parameters
    ----------
    array, out_dtype, calc_scale, scaler_dtype, nan2zero
        See `SlopeArrayWriter`.
    """

    def reset(self) -> None:
        """Forget the scaling: slope 1, intercept 0."""
        super().reset()
        self._inter = self._scalar(0.0)

    @property
    def inter(self) -> Any:
        """What is taken off the values first."""
        return self._inter

    @inter.setter
    def inter(self, value: Any) -> None:
        self._inter = self._scalar(value)

    def _choose(self, low: Any, high: Any) -> None:
        limits = np.iinfo(self._out_dtype)
        span = limits.max - limits.min
        if self._array.dtype.kind in "iu" and int(high) - int(low) <= span:
            # Whole numbers only have to be moved, to the middle of a signed type.
            middle = -(-(int(high) + int(low)) // 2)
            self.inter = int(low) if limits.min == 0 else middle
            return
        if self.has_nan and self._nan2zero:  # then 0 must be among the values
            low = min(low, 0)
            high = max(high, 0)
        self._choose_for_range(_wide(low), _wide(high), _wide(limits.min), _wide(span))

    def _choose_for_range(self, low: Any, high: Any, lowest: Any, span: Any) -> None:
        """Choose slope and intercept that bring a range to `span` integers from `lowest` on."""
        if low == high:
            self.inter = low
        elif lowest == 0 and high == 0:  # so that zero is stored as zero
            self.slope = low / span
        else:
            self.slope = (high - low) / span
            self.inter = low - lowest * self._slope


def _wide(value: Any) -> Any:
    return np.longdouble(value)


def get_slope_inter(writer: ArrayWriter) -> tuple[Any, Any]:
    """Return the slope and intercept of any writer; 1 and 0 where it has none."""
    return getattr(writer, "slope", 1.0), getattr(writer, "inter", 0.0)


def make_array_writer(
    data: ArrayLike,
    out_type: DTypeLike | None,
    has_slope: bool = True,
    has_intercept: bool = True,
    **kwargs: Any,
) -> ArrayWriter:
    """Return the writer for a format that keeps a slope and an intercept, a slope, or nothing.

    Raises
    ------
    UsageError
        For a format with an intercept and no slope.
    WriterError
        If the values do not fit `out_type`.
    """
    if has_intercept and not has_slope:
        raise UsageError("has_intercept: needs has_slope")
    if has_intercept:
        return SlopeInterArrayWriter(data, out_type, **kwargs)
    return (SlopeArrayWriter if has_slope else ArrayWriter)(data, out_type, **kwargs)
