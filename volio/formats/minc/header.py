"""The header of a MINC image: a data set of variables and attributes, and the facts they state.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from volio.arrays.axis_map import AxisMap
from volio.arrays.dtypes import Array, DType, integer_limits
from volio.arrays.scaling import scale_factor
from volio.errors import HeaderDataError, VolioWarning
from volio.files.sources.source import ByteSource
from volio.formats.containers.dataset import Dataset, Dims, Shape, Variable
from volio.formats.minc.dimensions import (
    SPACE,
    default_dataset,
    is_irregular,
    read_affine,
    set_dims,
    set_voxel_dtype,
    write_affine,
)
from volio.formats.minc.frames import (
    count_frames,
    read_frame_times,
    read_timing,
    time_step,
    time_unit,
    write_frame_times,
    write_frames,
    write_step,
    write_timing,
)
from volio.formats.minc.metadata import read_metadata, write_metadata
from volio.formats.minc.scaling import drop_slices, read_scaling, valid_range, write_scaling
from volio.images.headers.error_context import warn_of_content
from volio.images.headers.format import FormatHeader
from volio.images.headers.frame_times import FrameTimes
from volio.images.headers.metadata import Metadata
from volio.images.headers.shape_checks import check_finite, check_shape, check_zooms, first_axes
from volio.images.headers.volume_metadata import HeaderVolume, metadata_of_volumes
from volio.images.saving.scaling_history import ScalingHistory, scaling_of
from volio.space.affines import check_affine, voxel_sizes

__all__ = ["DTYPES", "MincError", "MincHeader"]

DTYPES = [*map(np.dtype, ("u1", "i1", "i2", "u2", "i4", "u4", "f4", "f8"))]
LONGEST = 0x7FFFFFFF  # length of an axis
LATER = ("time", "vector_dimension")  # dimensions of axes past the third
RANKS = {**dict.fromkeys(SPACE, 0), "time": 1}


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

    Raises
    ------
    MincError
        If the variables make no sense as an image.
    """

    #: The bytes that hold the voxels that were read, the last dimension fastest, their dtype there
    #: and the byte where they begin; None where in chunks.
    voxels: tuple[ByteSource, DType, int] | None = None

    #: First bytes of files.
    magic: ClassVar[tuple[bytes, ...]]
    can_scale = "slope+inter"
    factor_dtype = np.float64
    data_layout = "C"

    def __init__(self, dataset: Dataset | None = None) -> None:
        self.dataset = default_dataset() if dataset is None else dataset
        self._check()
        self.scaling_history = ScalingHistory.of(self)

    def _check(self) -> None:
        if "image" not in self.dataset.variables:
            raise MincError("image: the file has no such variable, it is not a MINC image")
        dtype = self.image.dtype
        if dtype.kind not in "iuf" or dtype.itemsize > 8:
            raise MincError(f"image: voxels of type {dtype} cannot be read")
        dims = self.image.dims
        if [dims.count(name) for name in SPACE] != [1, 1, 1]:
            raise MincError(f"image: must have {', '.join(SPACE)} once each, has {dims}")
        for name in dims:
            _check_spacing(self.dataset.get(name), name)
        self.get_zooms()  # raises where they make no sense

    @classmethod
    def may_contain_header(cls, binaryblock: bytes) -> bool:
        """Return whether first bytes are those of a file of this format."""
        return binaryblock[:4] in cls.magic

    def copy(self) -> Self:
        """Return a header of its own with the same facts."""
        new = copy(self)
        new.dataset = self.dataset.copy()
        return new

    def copy_from(self, header: Any) -> None:
        """Take what this header can hold; of another MINC header that is everything."""
        if not isinstance(header, MincHeader):
            super().copy_from(header)
            return
        self.dataset = header.dataset.copy()
        self.scaling_history = header.scaling_history

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.dataset == other.dataset

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
        was_set = self.has_new_scaling()
        set_voxel_dtype(self.image, wanted)
        if wanted.kind != "f":
            self.set_slope_inter(*before)
        if not was_set:  # the last bit may have changed, but by nobody
            self.scaling_history = self.scaling_history.with_baseline(scaling_of(self))

    @property
    def valid_range(self) -> tuple[int, int] | None:
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
        if self.dtype.kind == "f":
            super().set_slope_inter(slope, inter)
            return
        pair = scale_factor(slope, 1.0), scale_factor(inter, 0.0)
        check_finite("slope and intercept", *pair)
        write_scaling(self.dataset, *pair)
        self.note_scaling_set()

    @property
    def axis_map(self) -> AxisMap:
        """Which dimension of the file each axis of the image is."""
        return AxisMap(tuple(map(self.image.dims.index, self.axes)))

    # Shape, sizes and position.

    @property
    def axes(self) -> Dims:
        """The dimension of each axis: those of space, then time, then others."""
        return tuple(sorted(self.image.dims, key=_rank))

    @property
    def stored_shape(self) -> Shape:
        """Lengths of the dimensions in the file, the slowest first."""
        return self.dataset.shape_of("image")

    @property
    def shape(self) -> Shape:
        """Shape of the voxel array."""
        return tuple(self.dataset.dims[name] for name in self.axes)

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        given = check_shape(value, axes=5, largest=LONGEST, holder="MINC")
        lengths = first_axes(given, max(3, len(given)))
        if lengths == self.shape:
            return
        drop_slices(self.dataset)
        names = [*dict.fromkeys([*self.axes, *LATER])][: len(lengths)]
        by_axis = zip(sorted(names, key=_rank), lengths, strict=True)
        # In the file time comes first.
        in_file = sorted(by_axis, key=lambda item: item[0] != "time")
        set_dims(self.dataset, dict(in_file))

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis: mm, s for time (0 for uneven frames), 1 for others."""
        later = [abs(time_step(self.dataset)) if n == "time" else 1.0 for n in self.axes[3:]]
        return (*voxel_sizes(self.affine).tolist(), *later)

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = check_zooms(value, len(self.axes))
        for name, size, before in zip(self.axes, sizes, self.zooms, strict=True):
            if name in RANKS and size != before:
                # Steps keep their sign, and voxels that are longer than a step stay so.
                step = self.dataset.get(name).number("step", 1.0)
                write_step(self.dataset, name, size / before * step if before else size)

    @property
    def start_time(self) -> float:
        """Time of the first volume, in the unit of the file; 0 where times are uneven."""
        time = self.dataset.get("time")
        if is_irregular(time) or time.number("step", 1.0) <= 0:
            return 0.0
        return time.number("start", 0.0)

    @start_time.setter
    def start_time(self, value: float) -> None:
        time = self.dataset.get("time")
        if not is_irregular(time):
            time.set(start=value)

    def get_frame_times(self) -> Array:
        """Return start and duration of each frame, s, shape (frames, 2); NaN where not stated.

        Raises
        ------
        HeaderDataError
            If there is no axis of time.
        """
        return read_frame_times(self.dataset).table()

    def set_frame_times(self, starts: ArrayLike, durations: ArrayLike) -> None:
        """Set start and duration of each frame, s, which need not follow at equal steps.

        Raises
        ------
        HeaderDataError
            If there is no axis of time, or there are not as many numbers as frames.
        """
        count = count_frames(self.dataset)
        write_frame_times(self.dataset, FrameTimes.checked(starts, durations, count))

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the time step; None for no time, and for uneven frames."""
        return time_unit(self.dataset) if self._has_time and time_step(self.dataset) else None

    @property
    def _has_time(self) -> bool:
        return self.axes[3:4] == ("time",)

    @property
    def affine(self) -> Array:
        """Voxel indices to RAS+ mm, shape (4, 4)."""
        return read_affine(self.dataset, self.axes[:3])

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine; each axis gets the dimension of space that it is nearest to.

        Parameters
        ----------
        affine : (4, 4) array-like
            Voxel indices to scanner RAS+ mm.
        """
        write_affine(self.dataset, check_affine(affine))

    # Metadata.

    def metadata(self) -> Metadata:
        """Return what the header states besides shape, dtype and affine."""
        known = super().metadata()
        if self._has_time:
            known = read_timing(self.dataset, known)
        return read_metadata(self.dataset, known)

    def select_volumes(self, volumes: Sequence[HeaderVolume]) -> None:
        """Take times of frames; see `SpatialHeader`."""
        if self._has_time:
            write_frames(self.dataset, metadata_of_volumes(volumes).frames)

    def set_metadata(self, metadata: Metadata) -> None:
        """Take time, space, text and times of the acquisition."""
        if self._has_time:
            write_timing(self.dataset, metadata)
        write_metadata(self.dataset, metadata)


def _rank(name: str) -> int:
    """Return where the axis of a dimension comes: space first, then time."""
    return RANKS.get(name, 2)


def _check_spacing(variable: Variable, name: str) -> None:
    """Refuse irregular dimensions of space; warn of words that MINC does not have."""
    if is_irregular(variable) and name in SPACE:
        raise MincError(
            f"{name}: its spacing is irregular, which no affine holds; resample the file with "
            "the tools of MINC (mincresample) first"
        )
    spacing = variable.text("spacing")
    if spacing.rstrip("_") not in ("", "regular", "irregular"):
        problem = f"{name}: its spacing must be regular__ or irregular, got {spacing!r}"
        warn_of_content(f"{problem}; it is taken as regular", VolioWarning)
