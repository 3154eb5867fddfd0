"""What arrays in memory can do, for arrays that are read first: operators, sums, casts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from volio.arrays.dtypes import Array

__all__ = ["ArrayOperators"]


def _reading(name: str) -> Callable[..., Any]:
    """Return a method that reads all values and does what the method of an ndarray does."""

    def method(self: ArrayOperators, *args: Any, **options: Any) -> Any:
        return getattr(np.asarray(self), name)(*args, **options)

    method.__name__ = name
    method.__doc__ = f"Read all values, and return ``ndarray.{name}`` of them."
    return method


class ArrayOperators(NDArrayOperatorsMixin):
    """Operators and methods of ndarrays for an array that has ``__array__``.

    Each reads all values, as ufuncs do; results are arrays in memory. What changes an array in
    place is not there, as values in files are not changed.
    """

    __hash__ = object.__hash__

    if TYPE_CHECKING:
        # numpy's class declares it. It is not there when programs run: ufuncs take ``__array__``,
        # and dask copies what has it, that is, would read a whole file.
        def __array_ufunc__(
            self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
        ) -> Any: ...

    def __contains__(self, value: Any) -> bool:
        return value in np.asarray(self)

    @property
    def T(self) -> Array:
        """All values, with the axes reversed."""
        return np.asarray(self).T

    @property
    def real(self) -> Array:
        """The real parts of all values."""
        return np.asarray(self).real

    @property
    def imag(self) -> Array:
        """The imaginary parts of all values."""
        return np.asarray(self).imag

    @property
    def flat(self) -> np.flatiter[Array]:
        """An iterator over all values, the last axis fastest."""
        return np.asarray(self).flat

    all = _reading("all")
    any = _reading("any")
    argmax = _reading("argmax")
    argmin = _reading("argmin")
    argsort = _reading("argsort")
    astype = _reading("astype")
    clip = _reading("clip")
    compress = _reading("compress")
    conj = _reading("conj")
    conjugate = _reading("conjugate")
    copy = _reading("copy")
    cumprod = _reading("cumprod")
    cumsum = _reading("cumsum")
    diagonal = _reading("diagonal")
    dot = _reading("dot")
    flatten = _reading("flatten")
    item = _reading("item")
    max = _reading("max")
    mean = _reading("mean")
    min = _reading("min")
    nonzero = _reading("nonzero")
    prod = _reading("prod")
    ravel = _reading("ravel")
    repeat = _reading("repeat")
    round = _reading("round")
    squeeze = _reading("squeeze")
    std = _reading("std")
    sum = _reading("sum")
    swapaxes = _reading("swapaxes")
    take = _reading("take")
    tobytes = _reading("tobytes")
    tolist = _reading("tolist")
    trace = _reading("trace")
    transpose = _reading("transpose")
    var = _reading("var")
