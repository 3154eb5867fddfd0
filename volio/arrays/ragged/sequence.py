"""Sequences of arrays that differ in length along their first axis: rows of one array."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from numbers import Integral, Number
from typing import Any, BinaryIO, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import Array
from volio.arrays.ragged.growth import Growth, check_row_shape, shared_dtype
from volio.arrays.ragged.npz_file import load_rows, save_rows
from volio.arrays.ragged.operators import RaggedOperators
from volio.arrays.ragged.rows import (
    Places,
    are_compact,
    check_places,
    gather,
)
from volio.errors import UsageError, UsageTypeError
from volio.pieces import row_numbers, starts_of

__all__ = [
    "ArraySequence",
    "is_array_sequence",
    "is_ndarray_of_int_or_bool",
    "rows_of",
]

Selector: TypeAlias = "slice | range | list[int] | list[bool] | npt.NDArray[Any] | tuple[Any, ...]"


def is_array_sequence(obj: object) -> bool:
    """Return whether an object is a sequence of arrays, of this class or of one like it."""
    return bool(getattr(obj, "is_array_sequence", False))


def is_ndarray_of_int_or_bool(obj: object) -> bool:
    """Return whether an object is an ndarray of integers or of booleans."""
    return isinstance(obj, np.ndarray) and obj.dtype.kind in "iub"


class ArraySequence(RaggedOperators):
    """Arrays that differ in length along their first axis only, such as streamlines.

    All rows are in one array, `_data`; array i is the `_lengths[i]` rows from row `_offsets[i]` on.
    Selections are views: they share the rows, and leave gaps between those that they use.

    Parameters
    ----------
    iterable : iterable of array_like or ArraySequence, optional
        The arrays; those without values are left out. Of a sequence of arrays the new one is a
        view, without a copy.
    buffer_size : float, optional
        By how many MiB the memory grows at least while arrays are appended.

    Examples
    --------
    >>> from volio.arrays.ragged import ArraySequence
    >>> lines = ArraySequence([[[0, 0, 0], [1, 0, 0]], [[5, 5, 5]]])
    >>> len(lines), lines.total_nb_rows, lines.common_shape
    (2, 3, (3,))
    >>> (lines + 1)[1]
    array([[6, 6, 6]])
    """

    def __init__(self, iterable: Iterable[Any] | None = None, buffer_size: float = 4) -> None:
        self._is_view = False
        self._data: Array = np.zeros(0)
        self._offsets: Places = np.zeros(0, np.intp)
        self._lengths: Places = np.zeros(0, np.intp)
        self._buffer_size = buffer_size
        self._growth: Growth | None = None
        if isinstance(iterable, ArraySequence) or is_array_sequence(iterable):
            self._share(iterable, slice(None))
        elif iterable is not None:
            self.extend(iterable)

    @classmethod
    def from_rows(cls, data: Array, lengths: Any, offsets: Any = None) -> ArraySequence:
        """Make a sequence over an array of rows, without a copy.

        Parameters
        ----------
        data : ndarray, shape (rows, ...)
        lengths : array_like of int, shape (n,)
            Number of rows of each array; 0 is allowed.
        offsets : array_like of int, shape (n,), optional
            First row of each array. By default they follow each other from row 0 on.

        Raises
        ------
        UsageError
            If an array is outside the rows.
        """
        counts = np.asarray(lengths)
        if offsets is None and counts.ndim == 1 and counts.dtype.kind in "iu":
            offsets = starts_of(counts.astype(np.intp))
        starts, counts, problem = check_places(offsets, counts, len(data))
        if problem:
            raise UsageError(problem)
        sequence = cls._over(data, starts, counts)
        sequence._is_view = True
        return sequence

    @classmethod
    def _over(cls, data: Array, offsets: Places, lengths: Places) -> ArraySequence:
        sequence = cls()
        sequence._data = data
        sequence._offsets = offsets
        sequence._lengths = lengths
        return sequence

    def _share(self, other: Any, selector: Any) -> None:
        self._data = other._data
        self._offsets = other._offsets[selector]
        self._lengths = other._lengths[selector]
        self._is_view = True

    @property
    def is_array_sequence(self) -> bool:
        """True: what sequences of arrays are recognised by."""
        return True

    @property
    def is_sliced_view(self) -> bool:
        """Whether there are rows that no array uses, or that several use."""
        return bool(self._lengths.sum() != len(self._data))

    @property
    def common_shape(self) -> tuple[int, ...]:
        """The shape of one row, the same for all arrays."""
        return self._data.shape[1:]

    @property
    def total_nb_rows(self) -> int:
        """The number of rows of all arrays."""
        return int(self._lengths.sum())

    def _is_compact(self) -> bool:
        return are_compact(self._offsets, self._lengths, len(self._data))

    def _row_numbers(self) -> Places:
        return row_numbers(self._offsets, self._lengths)

    def _end(self) -> int:
        """Return the row after the last one that an array uses."""
        return int((self._offsets + self._lengths).max(initial=0))

    def get_data(self) -> Array:
        """Return a copy of the rows of all arrays, one array after the other, without gaps."""
        return gather(self._data, self._offsets, self._lengths)

    def copy(self) -> ArraySequence:
        """Return a copy that holds the rows of its arrays and no others."""
        return self._with_data(self.get_data())

    def _with_data(self, rows: Array) -> ArraySequence:
        """Return a sequence of arrays as long as these over other rows, without gaps.

        Raises
        ------
        UsageError
            If there are not as many rows.
        """
        if rows.shape[: self._data.ndim] != (self.total_nb_rows, *self.common_shape):
            wanted = (self.total_nb_rows, *self.common_shape)
            raise UsageError(f"rows: need shape {wanted}, the operation gave {rows.shape}")
        sequence = type(self)()
        sequence._data = rows
        sequence._offsets = starts_of(self._lengths)
        sequence._lengths = self._lengths.copy()
        sequence._buffer_size = self._buffer_size
        return sequence

    # growing

    def append(self, element: Any, cache_build: bool = False) -> None:
        """Append an array; one without values is left out.

        Parameters
        ----------
        element : array_like, shape ``(rows, *common_shape)``
            A row that the dtype of the sequence cannot hold, as a fraction among integers, widens
            the sequence.
        cache_build : bool, optional
            Keep what is appended aside until `finalize_append`: many appends are much faster so.

        Raises
        ------
        UsageError
            If rows have another shape than those of the sequence.
        """
        rows = np.asarray(element)
        if rows.size == 0:
            return
        growth = self._growth or self._start_growth()
        self._data = growth.append(self._data, rows)
        if cache_build:
            self._growth = growth
        elif self._growth is None:
            self._finish_growth(growth)

    def _start_growth(self) -> Growth:
        if self._is_view:  # the rows after its own are those of others
            self._data = self.get_data()
            self._offsets = starts_of(self._lengths)
            self._is_view = False
        return Growth(self._offsets, self._lengths, self._end(), self._buffer_size)

    def _finish_growth(self, growth: Growth) -> None:
        self._offsets = np.array(growth.offsets, np.intp)
        self._lengths = np.array(growth.lengths, np.intp)

    def finalize_append(self) -> None:
        """Take in what was appended with ``cache_build=True``, and release memory left over."""
        if self._growth is None:
            return
        self._finish_growth(self._growth)
        self._growth = None
        self.shrink_data()

    def shrink_data(self) -> None:
        """Release the memory after the last row that an array uses."""
        end = self._end()
        if end < len(self._data):
            self._data = self._data[:end].copy()

    def extend(self, elements: Iterable[Any]) -> None:
        """Append many arrays, or those of another sequence.

        Parameters
        ----------
        elements : iterable of array_like or ArraySequence
            Arrays without values are left out, but those of a sequence of arrays stay.

        Raises
        ------
        UsageError
            If rows have another shape than those of the sequence, which then stays as it was.
        """
        self.finalize_append()
        if is_array_sequence(elements):
            self._extend_by_sequence(elements)
        elif hasattr(elements, "__len__"):
            self._extend_by_arrays(elements)
        else:
            self._extend_by_stream(elements)

    def _extend_by_sequence(self, other: Any) -> None:
        if len(other):
            self._take_blocks([rows_of(other)], other._lengths)

    def _extend_by_arrays(self, elements: Iterable[Any]) -> None:
        arrays = [np.asarray(element) for element in elements]
        filled = [array for array in arrays if array.size]
        if filled:
            lengths = np.array([array.shape[:1] or (0,) for array in filled], np.intp)
            self._take_blocks(filled, lengths[:, 0])

    def _take_blocks(self, blocks: list[Array], lengths: Places) -> None:
        """Append rows that are in blocks, with one allocation for all of them."""
        held = [rows_of(self)] if self._data.size else []
        rows = [*held, *(block for block in blocks if block.size)] or blocks[:1]
        for block in rows:
            check_row_shape(block, rows[0].shape[1:])
        self._data = np.concatenate(rows, dtype=shared_dtype(rows), casting="unsafe")
        self._lengths = np.concatenate([self._lengths, lengths])
        self._offsets = starts_of(self._lengths)
        self._is_view = False

    def _extend_by_stream(self, elements: Iterable[Any]) -> None:
        try:
            for element in elements:
                self.append(element, cache_build=True)
        except BaseException:
            self._growth = None  # offsets and lengths are those from before
            raise
        self.finalize_append()

    # selecting

    @overload
    def __getitem__(self, idx: int) -> Array: ...
    @overload
    def __getitem__(self, idx: Selector) -> ArraySequence: ...
    def __getitem__(self, idx: int | Selector) -> Array | ArraySequence:
        """Return one array, or a view of many.

        Parameters
        ----------
        idx : int, slice, range, list, ndarray of int or bool, or tuple
            Of a tuple the first selects arrays, the others select along the axes after the first
            of each array.

        Raises
        ------
        UsageTypeError
            If it is nothing of that.
        """
        first, data = self._selected_data(idx)
        if isinstance(first, Integral):
            start = self._offsets[first]
            return data[start : start + self._lengths[first]]
        view = type(self)()
        view._share(self, _array_selector(first))
        view._data = data
        return view

    def _selected_data(self, idx: Any) -> tuple[Any, Array]:
        if isinstance(idx, tuple):
            return idx[0], self._data[(slice(None), *idx[1:])]
        return idx, self._data

    def __setitem__(self, idx: int | Selector, elements: Any) -> None:
        """Set values of one array or many.

        Parameters
        ----------
        idx : int, slice, range, list, ndarray of int or bool, or tuple
            As for `__getitem__`.
        elements : array_like, number, ArraySequence or iterable of array_like
            Values for one array; a number, or an array for each array.

        Raises
        ------
        UsageError
            If there are more or fewer arrays or rows than are to be set.
        """
        first, data = self._selected_data(idx)
        if isinstance(first, Integral):
            start = self._offsets[first]
            data[start : start + self._lengths[first]] = elements
        else:
            selector = _array_selector(first)
            view = type(self)._over(data, self._offsets[selector], self._lengths[selector])
            view._set_all(elements)
        if isinstance(idx, tuple) and not np.may_share_memory(data, self._data):
            self._data[(slice(None), *idx[1:])] = data  # lists of indices gave a copy

    def _set_all(self, elements: Any) -> None:
        if isinstance(elements, Number | np.generic):
            self._data[self._row_numbers()] = elements
        elif is_array_sequence(elements):
            self._data[self._row_numbers()] = _values_for(self, elements)
        else:
            self._set_each(elements)

    def _set_each(self, elements: Iterable[Any]) -> None:
        arrays = list(elements)
        if len(arrays) != len(self):
            raise UsageError(f"cannot set {len(self)} arrays by {len(arrays)}")
        for array, values in zip(self, arrays, strict=True):
            array[...] = values

    def __iter__(self) -> Iterator[Array]:
        if len(self._lengths) != len(self._offsets):
            found = f"{len(self._offsets)} offsets and {len(self._lengths)} lengths"
            raise UsageError(f"ArraySequence: is damaged: has {found}")
        for offset, length in zip(self._offsets.tolist(), self._lengths.tolist(), strict=True):
            yield self._data[offset : offset + length]

    def __len__(self) -> int:
        return len(self._offsets)

    def __repr__(self) -> str:
        options = np.get_printoptions()
        edge = options["edgeitems"]
        if len(self) > options["threshold"]:
            first = [repr(array) for array in self[:edge]]
            last = [repr(array) for array in self[-edge:]]
            shown = [*first, "...", *last]
        else:
            shown = [repr(array) for array in self]
        return f"{type(self).__name__}([{', '.join(shown)}])"

    # files of numpy's

    def save(self, filename: str | os.PathLike[str] | BinaryIO) -> None:
        """Save as a file of numpy's: ``data``, ``offsets`` and ``lengths``.

        Parameters
        ----------
        filename : str, path-like or binary file object
            A name gets the ending ``.npz`` if it has another one.
        """
        offsets = starts_of(self._lengths)
        save_rows(filename, rows_of(self), offsets, self._lengths)

    @classmethod
    def load(cls, filename: str | os.PathLike[str] | BinaryIO) -> ArraySequence:
        """Load what `save` saved.

        Raises
        ------
        ImageDataError
            If a part is missing, or an array is outside the rows.
        """
        return cls._over(*load_rows(filename))


def rows_of(sequence: Any) -> Array:
    """Return the rows of all arrays without gaps: those in memory where there are no gaps."""
    data: Array = sequence._data
    if are_compact(sequence._offsets, sequence._lengths, len(data)):
        return data
    return gather(data, sequence._offsets, sequence._lengths)


def _array_selector(selector: Any) -> Any:
    if isinstance(selector, slice | list | range) or is_ndarray_of_int_or_bool(selector):
        return np.asarray(selector, np.intp) if isinstance(selector, range) else selector
    raise UsageTypeError(
        "index: must be an int, a slice, a list or range of int, or an ndarray of int or bool, "
        f"got {type(selector).__name__}"
    )


def _values_for(view: ArraySequence, elements: Any) -> Array:
    """Return the rows of a sequence that are to become those of a view.

    Raises
    ------
    UsageError
        If it has another number of arrays, or arrays of other lengths.
    """
    if len(view) != len(elements):
        raise UsageError(f"cannot set {len(view)} arrays by {len(elements)}")
    if not np.array_equal(view._lengths, elements._lengths):
        rows = f"{view.total_nb_rows} rows by {elements.total_nb_rows}"
        raise UsageError(f"cannot set arrays by arrays of other lengths: {rows}")
    return gather(elements._data, elements._offsets, elements._lengths)
