"""The header of a MINC image: a data set of variables and attributes, and the facts they state.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from volio.arrays.axis_map import Arrangement
from volio.arrays.dtypes import Array, DType, integer_limits
from volio.errors import HeaderDataError, VolioWarning
from volio.formats.containers.dataset import Dataset, Variable, text_of
from volio.formats.minc.dimensions import default_dataset, default_dimension, is_irregular, rename_dims, set_dims
from volio.formats.minc.frames import read_frame_times, time_step, time_unit, write_frame_times, write_step
from volio.formats.minc.geometry import SPACE, nearest_dims, read_affine, write_affine
from volio.formats.minc.metadata import read_metadata, write_metadata
from volio.formats.minc.scaling import drop_slices, read_scaling, valid_range, write_scaling
from volio.images.headers.format import FormatHeader
from volio.images.headers.frame_times import FrameTimes
from volio.images.headers.metadata import Metadata
from volio.images.headers.shape_checks import check_shape, first_axes
from volio.images.headers.spatial import check_zooms
from volio.images.headers.volume_metadata import Pick, metadata_of_volumes
from volio.images.saving.plan import NO_SCALING, Known, known_scaling
from volio.space.affines import check_affine, voxel_sizes

__all__ = ["MincError", "MincHeader"]

DTYPES = [np.dtype(name) for name in ("u1", "i1", "i2", "u2", "i4", "u4", "f4", "f8")]
OTHER_UNITS = ("Hz", "ppm", "rad/s")  # of what is not a time, though the dimension is called that
LATER = ("time", "vector_dimension")  # dimensions of axes past the third


class MincError(HeaderDataError):
    """A MINC file makes no sense."""


class MincHeader(FormatHeader):
    """The header of a MINC image.

    Axes are the dimensions of space in the order of the file, then time, then others.

    Parameters
    ----------
    dataset : Dataset, optional
        What the file has besides its voxels (default: a new one).

    Attributes
    ----------
    dataset : Dataset
        All variables and attributes; what is unknown is kept.
    pairs : tuple of (slope, intercept)
        Those of slices as they were read.

    Raises
    ------
    MincError
        If the variables make no sense as an image.
    """

    can_scale = "slope+inter"
    factor_dtype = np.float64
    data_layout = "C"

    def __init__(self, dataset: Dataset | None = None) -> None:
        self.dataset = default_dataset() if dataset is None else dataset
        self._check()
        self._scaling_read = known_scaling(self)
        self.pairs = _pairs(self._scaling_read or NO_SCALING)

    def _check(self) -> None:
        if "image" not in self.dataset.variables:
            raise MincError("image: the file has no such variable, it is not a MINC image")
        dims = self.image.dims
        if sorted(name for name in dims if name in SPACE) != sorted(SPACE):
            raise MincError(f"image: must have {', '.join(SPACE)} once each, has {dims}")
        for name in dims:
            _check_spacing(self.dataset.get(name), name)
        # Reading these raises where they make no sense.
        self.get_zooms()
        self.get_slope_inter()

    def copy_from(self, header: Any) -> None:
        """Take what this header can hold; of another MINC header that is everything."""
        if isinstance(header, MincHeader):
            self.dataset = header.dataset.copy()
            self.pairs = header.pairs
        else:
            super().copy_from(header)

    def copy(self) -> Self:
        """Return a header of its own with the same variables and attributes."""
        new = copy(self)
        new.dataset = self.dataset.copy()
        return new

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MincHeader):
            return super().__eq__(other)
        return type(self) is type(other) and self.dataset == other.dataset

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        lengths = [f"{name} {self.dataset.dims[name]}" for name in self.image.dims]
        return f"{type(self).__name__}: {', '.join(lengths)}\n{self.dataset}"

    # Voxels.

    @property
    def image(self) -> Variable:
        """The variable of the voxels."""
        return self.dataset.variables["image"]

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that voxels can have in a file of this format."""
        return DTYPES.copy()

    @property
    def dtype(self) -> DType:
        """The dtype of the voxels, in native byte order."""
        return self.image.dtype

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        wanted = self.known_dtype(value)
        if wanted == self.image.dtype:
            return
        before = self.get_slope_inter()
        was_set = self.states_new_scaling()
        self.image.dtype = wanted
        for name in ("valid_range", "valid_min", "valid_max"):
            self.image.attributes.pop(name, None)
        self.image.attributes["signtype"] = b"unsigned" if wanted.kind == "u" else b"signed__"
        if wanted.kind != "f":
            self.set_slope_inter(*before)
        if not was_set:  # the last bit may have changed, but by nobody
            self._scaling_read = known_scaling(self)

    @property
    def limits(self) -> tuple[int, int] | None:
        """Lowest and highest stored number that has a meaning; None for all of the dtype."""
        if self.dtype.kind == "f":
            return None
        low, high = map(int, valid_range(self.image))
        return None if (low, high) == integer_limits(self.dtype) else (low, high)

    def get_slope_inter(self) -> tuple[Any, Any]:
        """Return slope and intercept that turn stored values into values.

        Returns
        -------
        slope, inter : float, or ndarray of shape (n, 1, ...), or None
            Arrays where slices differ, over the axes of `stored_shape`; None for floats.
        """
        return read_scaling(self.dataset)

    def set_slope_inter(self, slope: Any, inter: Any = None) -> None:
        """Set slope and intercept, single ones or as `get_slope_inter` returns them."""
        factors = 1.0 if slope is None else slope, 0.0 if inter is None else inter
        if self.dtype.kind == "f":
            super().set_slope_inter(*factors)
        elif not all(np.isfinite(factor).all() for factor in factors):
            raise HeaderDataError(f"slope and intercept: must be finite, got {slope}, {inter}")
        else:
            write_scaling(self.dataset, *factors)

    @property
    def arrangement(self) -> Arrangement:
        """How the axes of the image lie among the dimensions of the file."""
        return Arrangement(tuple(self.image.dims.index(name) for name in self.axes))

    # Shape, sizes and position.

    @property
    def axes(self) -> tuple[str, ...]:
        """The dimension of each axis: those of space, then time, then others."""
        first = (*SPACE, "time")
        ranks = {name: (...)}
