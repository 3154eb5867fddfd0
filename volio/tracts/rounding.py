"""Values in the dtype of a file, block by block, and how much rounding changed them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.caller import warn_caller
from volio.errors import ImageDataError, PrecisionWarning

__all__ = ["Rounding"]

Array = NDArray[Any]

#: mm by which points may be rounded without a word: float32 does so up to 800 mm from the origin.
FINE = 1e-4


class Rounding:
    """Brings values into float32 and remembers the largest error of each name.

    Parameters
    ----------
    title : str
        Of the format, for messages.
    dtype : dtype-like, optional
        Another float than float32.
    """

    def __init__(self, title: str, dtype: DTypeLike = np.float32) -> None:
        self.title = title
        self.dtype = np.dtype(dtype)
        self.errors: dict[str, float] = {}

    def points(self, points: Array) -> Array:
        """Return coordinates in mm as float32; rounding is an error from `FINE` on."""
        return self.to_float32("points", points, FINE)

    def to_float32(self, name: str, values: Array, fine: float = 0.0) -> Array:
        """Return values as float32; what is float32 already is not copied.

        Parameters
        ----------
        name : str
            Of the values, for messages.
        values : array
        fine : float
            Errors up to here are none.

        Raises
        ------
        ImageDataError
            If finite values are beyond what float32 holds.
        """
        return self._cast(name, values, np.dtype(np.float32), fine)

    def to_dtype(self, name: str, values: Array) -> Array:
        """Return values as the float that was chosen; see `to_float32`."""
        return self._cast(name, values, self.dtype, 0.0)

    def _cast(self, name: str, values: Array, dtype: np.dtype[Any], fine: float) -> Array:
        if values.dtype == dtype:
            return values
        with np.errstate(over="ignore"):
            cast = values.astype(dtype)
        if values.dtype.kind in "bu" and values.dtype.itemsize < dtype.itemsize:
            return cast
        # Integers of 64 bits are exact in the wide float of most systems, not in float64.
        wide = np.dtype(np.longdouble) if values.dtype.kind in "iu" else np.dtype(np.float64)
        apart = np.abs(cast.astype(wide) - values.astype(wide))
        error = float(np.nanmax(apart[np.isfinite(values)], initial=0))
        if not np.isfinite(error):
            most = float(np.finfo(dtype).max)
            raise ImageDataError(f"{name}: values beyond what {dtype} holds, {most:.3g}")
        if error > fine:
            self.errors[name] = max(error, self.errors.get(name, 0.0))
        return cast

    def warn(self) -> None:
        """Warn once of everything that was rounded.

        Warns
        -----
        PrecisionWarning
            The message states the largest error of each name.
        """
        if self.errors:
            errors = ", ".join(
                f"{name} by up to {error:.3g}" for name, error in self.errors.items()
            )
            warn_caller(f"{self.title}: rounded to {self.dtype}: {errors}", PrecisionWarning)
