"""Operators of ragged arrays: one numpy operation on all rows, whatever the pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from volio.arrays.dtypes import Array
from volio.errors import UsageError

if TYPE_CHECKING:
    from volio.arrays.ragged.sequence import ArraySequence

__all__ = ["RaggedOperators"]

Operator: TypeAlias = "Callable[..., ArraySequence]"


def _unary(name: str) -> Operator:
    """Return a method that applies an operator of ndarrays to all rows."""

    def method(self: ArraySequence) -> ArraySequence:
        return self._with_data(getattr(_rows(self), name)())

    return _documented(method, name)


def _binary(name: str) -> Operator:
    """Return a method that applies an operator of ndarrays to all rows and a value."""

    def method(self: ArraySequence, value: Any) -> ArraySequence:
        result = _applied(name, self, _rows(self), value)
        return result if result is NotImplemented else self._with_data(result)

    return _documented(method, name)


def _in_place(name: str) -> Operator:
    """Return a method that changes all rows in place, also where other sequences share them."""

    def method(self: ArraySequence, value: Any) -> ArraySequence:
        rows = _rows(self)
        result = _applied(name, self, rows, value)
        if result is NotImplemented:
            return result  # type: ignore[no-any-return]  # python raises its TypeError
        if rows is not self._data:  # a copy: of a view with gaps
            self._data[self._row_numbers()] = result
        return self

    return _documented(method, name)


def _documented(method: Operator, name: str) -> Operator:
    method.__name__ = name
    method.__doc__ = f"Apply ``ndarray.{name}`` to each array."
    return method


def _rows(sequence: ArraySequence) -> Array:
    """Return all rows of the arrays, one after the other; no copy where nothing else is there."""
    return sequence._data if sequence._is_compact() else sequence.get_data()


def _applied(name: str, sequence: ArraySequence, rows: Array, value: Any) -> Any:
    """Return what an operator makes of rows and a value, `NotImplemented` included."""
    if getattr(value, "is_array_sequence", False):
        _check_alike(sequence, value)
        return getattr(rows, name)(_rows(value))
    if np.ndim(value) and np.ndim(value) >= rows.ndim and len(value) != 1:
        return _applied_to_each(name, sequence, rows, value)
    return getattr(rows, name)(value)


def _applied_to_each(name: str, sequence: ArraySequence, rows: Array, value: Any) -> Any:
    """Apply an operator with an array that has a row for each row of every array.

    Raises
    ------
    UsageError
        If the arrays have another number of rows than the value.
    """
    count = len(value)
    if (sequence._lengths != count).any():
        raise UsageError(f"{name}: the value has {count} rows, and not all arrays have as many")
    tiled = np.tile(value, (len(sequence), *[1] * (np.ndim(value) - 1)))
    return getattr(rows, name)(tiled)


def _check_alike(one: ArraySequence, other: ArraySequence) -> None:
    """Check that two sequences have the same number of arrays with the same shapes."""
    problem = "cannot perform operation: array sequences have different"
    if len(one) != len(other):
        raise UsageError(f"{problem} numbers of arrays: {len(one)} and {len(other)}")
    if one.total_nb_rows != other.total_nb_rows:
        raise UsageError(f"{problem} numbers of rows: {one.total_nb_rows}, {other.total_nb_rows}")
    if one.common_shape != other.common_shape:
        raise UsageError(f"{problem} common shapes: {one.common_shape}, {other.common_shape}")
    if not np.array_equal(one._lengths, other._lengths):
        number = int(np.argmax(one._lengths != other._lengths))
        found = f"{one._lengths[number]} and {other._lengths[number]}"
        raise UsageError(f"{problem} lengths: array {number} has {found} rows")


class RaggedOperators:
    """The operators of ndarrays for a sequence of arrays, with one dtype for the result.

    The other operand is a number, an array that numpy broadcasts to each of the arrays, or a
    sequence of arrays of the same shapes. Operators in place change the rows in memory, and so
    what other sequences that share them see.
    """

    __add__ = _binary("__add__")
    __sub__ = _binary("__sub__")
    __mul__ = _binary("__mul__")
    __mod__ = _binary("__mod__")
    __pow__ = _binary("__pow__")
    __floordiv__ = _binary("__floordiv__")
    __truediv__ = _binary("__truediv__")
    __lshift__ = _binary("__lshift__")
    __rshift__ = _binary("__rshift__")
    __or__ = _binary("__or__")
    __and__ = _binary("__and__")
    __xor__ = _binary("__xor__")

    __iadd__ = _in_place("__iadd__")
    __isub__ = _in_place("__isub__")
    __imul__ = _in_place("__imul__")
    __imod__ = _in_place("__imod__")
    __ipow__ = _in_place("__ipow__")
    __ifloordiv__ = _in_place("__ifloordiv__")
    __itruediv__ = _in_place("__itruediv__")
    __ilshift__ = _in_place("__ilshift__")
    __irshift__ = _in_place("__irshift__")
    __ior__ = _in_place("__ior__")
    __iand__ = _in_place("__iand__")
    __ixor__ = _in_place("__ixor__")

    __eq__ = _binary("__eq__")  # type: ignore[assignment]  # a sequence of arrays, as of ndarrays
    __ne__ = _binary("__ne__")  # type: ignore[assignment]
    __lt__ = _binary("__lt__")
    __le__ = _binary("__le__")
    __gt__ = _binary("__gt__")
    __ge__ = _binary("__ge__")
    __hash__ = object.__hash__

    __neg__ = _unary("__neg__")
    __abs__ = _unary("__abs__")
    __invert__ = _unary("__invert__")
