"""Streamlines with values per streamline and per point, in memory or made when asked for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from numbers import Integral
from typing import Any, NoReturn, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.ragged import ArraySequence
from volio.caller import warn_caller
from volio.compat.nibabel.streamlines.dictionaries import (
    LazyDict,
    PerArrayDict,
    PerArraySequenceDict,
)
from volio.compat.nibabel.streamlines.items import (
    TractogramItem,
    iterators,
    side_by_side,
    values_of,
)
from volio.errors import ImageDataError, NotServedError, UsageError, UsageTypeError, VolioWarning
from volio.space.affines import apply_affine

__all__ = ["LazyTractogram", "Tractogram"]


class Tractogram:
    """Streamlines and their values, in memory.

    Parameters
    ----------
    streamlines : ArraySequence or iterable of array_like, shape (points, 3)
    data_per_streamline : mapping of str to array_like, shape (streamlines, values)
    data_per_point : mapping of str to iterable of array_like, shape (points, values)
    affine_to_rasmm : array_like, shape (4, 4), optional
        From the coordinates to scanner RAS+ mm; None where it is not known.
    """

    def __init__(
        self,
        streamlines: Any = None,
        data_per_streamline: Any = None,
        data_per_point: Any = None,
        affine_to_rasmm: ArrayLike | None = None,
    ) -> None:
        self._set_streamlines(streamlines)
        self.data_per_streamline = data_per_streamline
        self.data_per_point = data_per_point
        self.affine_to_rasmm = affine_to_rasmm

    @property
    def streamlines(self) -> Any:
        """The points: an `ArraySequence`."""
        return self._streamlines

    def _set_streamlines(self, value: Any) -> None:
        self._streamlines: Any = ArraySequence(value)

    @property
    def data_per_streamline(self) -> Any:
        """Values per streamline: a `PerArrayDict`."""
        return self._data_per_streamline

    @data_per_streamline.setter
    def data_per_streamline(self, value: Any) -> None:
        self._data_per_streamline: Any = self._values_per_streamline(value)

    def _values_per_streamline(self, value: Any) -> Any:
        return PerArrayDict(len(self.streamlines), {} if value is None else value)

    @property
    def data_per_point(self) -> Any:
        """Values per point: a `PerArraySequenceDict`."""
        return self._data_per_point

    @data_per_point.setter
    def data_per_point(self, value: Any) -> None:
        self._data_per_point: Any = self._values_per_point(value)

    def _values_per_point(self, value: Any) -> Any:
        points = self.streamlines.total_nb_rows
        return PerArraySequenceDict(points, {} if value is None else value)

    def get_affine_to_rasmm(self) -> NDArray[Any] | None:
        """Return the affine from the coordinates to scanner RAS+ mm, shape (4, 4), or None."""
        return self._affine_to_rasmm

    def set_affine_to_rasmm(self, value: ArrayLike | None) -> None:
        """Set the affine from the coordinates to scanner RAS+ mm, shape (4, 4), or None.

        Raises
        ------
        UsageError
            If it has another shape.
        """
        affine = None if value is None else np.array(value)
        if affine is not None and affine.shape != (4, 4):
            raise UsageError(f"affine_to_rasmm: must have shape (4, 4), got {affine.shape}")
        self._affine_to_rasmm = affine

    affine_to_rasmm = property(get_affine_to_rasmm, set_affine_to_rasmm)

    def __iter__(self) -> Iterator[TractogramItem]:
        for number in range(len(self.streamlines)):
            yield self[number]

    def __getitem__(self, idx: Any) -> Any:
        """Return one streamline as a `TractogramItem`, or a tractogram of several."""
        per_streamline = {key: rows[idx] for key, rows in self.data_per_streamline.items()}
        per_point = {key: arrays[idx] for key, arrays in self.data_per_point.items()}
        if isinstance(idx, Integral):
            return TractogramItem(self.streamlines[idx], per_streamline, per_point)
        return Tractogram(self.streamlines[idx], per_streamline, per_point, self.affine_to_rasmm)

    def __len__(self) -> int:
        return len(self.streamlines)

    def copy(self) -> Self:
        """Return a copy that shares nothing."""
        return copy.deepcopy(self)

    def apply_affine(self, affine: ArrayLike, lazy: bool = False) -> Tractogram:
        """Apply an affine to the points, in place.

        Parameters
        ----------
        affine : array_like, shape (4, 4)
        lazy : bool, optional
            Return a `LazyTractogram` instead, and leave this one as it is.

        Returns
        -------
        Tractogram
            This one, or the lazy one.
        """
        if lazy:
            return LazyTractogram.from_tractogram(self).apply_affine(affine)
        matrix = np.asarray(affine)
        if np.array_equal(matrix, np.eye(4)):
            return self
        if self.streamlines.total_nb_rows:
            _move(self.streamlines, matrix)
        self._compensate(matrix)
        return self

    def _compensate(self, affine: NDArray[Any]) -> None:
        """Keep the points where they are in scanner space after an affine was applied."""
        if self.affine_to_rasmm is not None:
            self.affine_to_rasmm = self.affine_to_rasmm @ np.linalg.inv(affine)

    def to_world(self, lazy: bool = False) -> Tractogram:
        """Bring the points to scanner RAS+ mm, in place.

        Parameters
        ----------
        lazy : bool, optional
            As for `apply_affine`.

        Raises
        ------
        UsageError
            If `affine_to_rasmm` is not known.
        """
        return self.apply_affine(self.checked_affine(), lazy=lazy)

    def checked_affine(self) -> NDArray[Any]:
        """Return `affine_to_rasmm`.

        Raises
        ------
        UsageError
            If it is None.
        """
        affine = self.affine_to_rasmm
        if affine is None:
            raise UsageError("affine_to_rasmm: is None, so that the space is unknown; set it first")
        return cast("NDArray[Any]", affine)

    def extend(self, other: Tractogram) -> None:
        """Append the streamlines of another tractogram and their values.

        Raises
        ------
        UsageError
            If the values have other keys or other shapes.
        """
        per_streamline = self.data_per_streamline.joined_with(other.data_per_streamline)
        per_point = self.data_per_point.joined_with(other.data_per_point)
        self.streamlines.extend(other.streamlines)
        self.data_per_streamline = per_streamline
        self.data_per_point = per_point

    def __iadd__(self, other: Tractogram) -> Self:
        self.extend(other)
        return self

    def __add__(self, other: Tractogram) -> Self:
        joined = self.copy()
        joined += other
        return joined


def _move(streamlines: ArraySequence, affine: NDArray[Any]) -> None:
    """Apply an affine to the points of streamlines where they are in memory.

    Whole numbers become float64.
    """
    data = streamlines._data
    if data.dtype.kind != "f":
        data = data.astype(np.float64)
        streamlines._data = data
    if streamlines._is_compact():
        data[...] = apply_affine(affine, data)
    else:  # each point once, also those of streamlines that are there twice
        rows = streamlines._row_numbers()
        data[rows] = apply_affine(affine, data[rows])


class LazyTractogram(Tractogram):
    """Streamlines and their values that functions yield anew each time.

    Parameters
    ----------
    streamlines : callable, optional
        Returns an iterator over arrays of points, shape (points, 3).
    data_per_streamline, data_per_point : mapping of str to callable, optional
        Each returns an iterator over the values of one streamline after the other.
    affine_to_rasmm : array_like, shape (4, 4), optional
        From the coordinates to scanner RAS+ mm; None where it is not known.
    """

    def __init__(
        self,
        streamlines: Callable[[], Any] | None = None,
        data_per_streamline: Any = None,
        data_per_point: Any = None,
        affine_to_rasmm: ArrayLike | None = None,
    ) -> None:
        super().__init__(streamlines, data_per_streamline, data_per_point, affine_to_rasmm)
        self._nb_streamlines: int | None = None
        self._data: Callable[[], Iterable[TractogramItem]] | None = None
        self._affine_to_apply: NDArray[Any] = np.eye(4)

    @classmethod
    def from_tractogram(cls, tractogram: Tractogram) -> LazyTractogram:
        """Return a lazy tractogram that yields the streamlines of one in memory."""
        if isinstance(tractogram, LazyTractogram):
            return tractogram.copy()
        lazy = cls(
            lambda: iter(tractogram.streamlines),
            iterators(tractogram.data_per_streamline),
            iterators(tractogram.data_per_point),
            tractogram.affine_to_rasmm,
        )
        lazy._nb_streamlines = len(tractogram)
        return lazy

    @classmethod
    def from_data_func(cls, data_func: Callable[[], Iterator[TractogramItem]]) -> LazyTractogram:
        """Return a lazy tractogram of what a function yields.

        Parameters
        ----------
        data_func : callable
            Returns an iterator over `TractogramItem`.

        Raises
        ------
        UsageTypeError
            If it is not callable.
        """
        if not callable(data_func):
            raise UsageTypeError("data_func: must be a function that gives an iterator")
        lazy = cls()
        lazy._data = data_func
        first = next(iter(data_func()), None)
        if first is not None:
            for key in first.data_for_streamline:
                lazy.data_per_streamline[key] = values_of(data_func, "data_for_streamline", key)
            for key in first.data_for_points:
                lazy.data_per_point[key] = values_of(data_func, "data_for_points", key)
        return lazy

    @property
    def streamlines(self) -> Iterator[NDArray[Any]]:
        """An iterator over the points of one streamline after the other."""
        lines: Iterable[NDArray[Any]] = ()
        if self._streamlines is not None:
            lines = self._streamlines()
        elif self._data is not None:
            lines = (item.streamline for item in self._data())
        affine = self._affine_to_apply
        if np.allclose(affine, np.eye(4)):
            return iter(lines)
        return (apply_affine(affine, line) for line in lines)

    def _set_streamlines(self, value: Any) -> None:
        if value is not None and not callable(value):
            found = type(value).__name__
            raise UsageTypeError(
                f"streamlines: must be a function that gives an iterator, got {found}"
            )
        self._streamlines = value

    def _values_per_streamline(self, value: Any) -> Any:
        return LazyDict(value)

    def _values_per_point(self, value: Any) -> Any:
        return LazyDict(value)

    @property
    def data(self) -> Iterator[TractogramItem]:
        """An iterator over the streamlines with their values."""
        if self._data is None:
            return self._items()
        affine = self._affine_to_apply
        if np.allclose(affine, np.eye(4)):
            return iter(self._data())
        return (
            TractogramItem(
                apply_affine(affine, item.streamline),
                item.data_for_streamline,
                item.data_for_points,
            )
            for item in self._data()
        )

    def _items(self) -> Iterator[TractogramItem]:
        per_streamline = side_by_side(self.data_per_streamline)
        per_point = side_by_side(self.data_per_point)
        for number, line in enumerate(self.streamlines):
            of_line = next(per_streamline, None)
            of_points = next(per_point, None)
            if of_line is None or of_points is None:
                raise ImageDataError(f"streamline {number}: has no values, those before it have")
            yield TractogramItem(line, of_line, of_points)

    def __getitem__(self, idx: Any) -> NoReturn:
        raise NotServedError("LazyTractogram: its streamlines have no numbers; go through them")

    def extend(self, other: Tractogram) -> NoReturn:
        """Raise an error: what functions yield is not appended to."""
        raise NotServedError("LazyTractogram: cannot be extended; make a Tractogram of it")

    def __iter__(self) -> Iterator[TractogramItem]:
        count = 0
        for item in self.data:
            yield item
            count += 1
        self._nb_streamlines = count

    def __len__(self) -> int:
        if self._nb_streamlines is None:
            # Programs ignore this warning by the words that it begins with.
            warn_caller(
                "Number of streamlines will be determined manually: all of them are gone through",
                VolioWarning,
            )
            self._nb_streamlines = sum(1 for _ in self.streamlines)
        return self._nb_streamlines

    def copy(self) -> LazyTractogram:
        """Return a lazy tractogram of the same functions."""
        other = LazyTractogram(
            self._streamlines,
            self.data_per_streamline,
            self.data_per_point,
            self.affine_to_rasmm,
        )
        other._nb_streamlines = self._nb_streamlines
        other._data = self._data
        other._affine_to_apply = self._affine_to_apply.copy()
        return other

    def apply_affine(self, affine: ArrayLike, lazy: bool = True) -> LazyTractogram:
        """Return a lazy tractogram whose points go through an affine last.

        Parameters
        ----------
        affine : array_like, shape (4, 4)
        lazy : bool, optional
            Must be True.

        Raises
        ------
        UsageError
            If `lazy` is False.
        """
        if not lazy:
            raise UsageError("lazy: must be True, as streamlines that are yielded have no place")
        matrix = np.asarray(affine)
        moved = self.copy()
        moved._affine_to_apply = matrix @ self._affine_to_apply
        moved._compensate(matrix)
        return moved

    def to_world(self, lazy: bool = True) -> LazyTractogram:
        """Return a lazy tractogram whose points come to scanner RAS+ mm.

        Parameters
        ----------
        lazy : bool, optional
            Must be True.

        Raises
        ------
        UsageError
            If `affine_to_rasmm` is not known, or `lazy` is False.
        """
        return self.apply_affine(self.checked_affine(), lazy=lazy)
