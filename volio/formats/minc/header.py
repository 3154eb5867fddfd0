"""The header of a MINC image: a data set of variables and attributes, and the facts they state.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.axis_map import Arrangement
from volio.arrays.dtypes import integer_limits
from volio.errors import HeaderDataError
from volio.formats.containers.dataset import Dataset, MincError, Variable, text_of
from volio.formats.minc.default import dimension, fresh
from volio.formats.minc.dims import drop_dim, rename_dims, set_dims
from volio.formats.minc.frames import (
    WIDTH,
    check_spacing,
    frame_times,
    has_uneven_frames,
    put_frame_times,
    put_step,
)
from volio.formats.minc.geometry import SPACE, affine_of, named_axes, set_place, step_of
from volio.formats.minc.metadata import (
    SECONDS,
    acquisition_of,
    keys_of,
    others_of,
    put_acquisition,
    put_keys,
    put_text,
    space_of,
    space_word,
)
from volio.formats.minc.scaling import ENDS, factors_of, put_factors, put_range, valid_range
from volio.images.headers.format import FormatHeader
from volio.images.headers.metadata import Metadata
from volio.images.headers.spatial import check_zooms
from volio.images.headers.volume_metadata import Pick, metadata_of_volumes
from volio.images.saving.plan import NO_SCALING, Known, known_scaling
from volio.space.affines import check_affine, voxel_sizes

__all__ = ["MincHeader"]

DTYPES = tuple(np.dtype(each) for each in ("u1", "i1", "i2", "u2", "i4", "u4", "f4", "f8"))
OTHER_UNITS = ("Hz", "ppm", "rad/s")  # of what is no time, though the dimension is called that
LATER = ("time", "vector_dimension")  # dimensions of axes past the third


class MincHeader(FormatHeader):
    """The header of a MINC image.

    Axes are the dimensions of space in the order of the file, then time, then others.

    Parameters
    ----------
    dataset : Dataset, optional
        What the file has beside its voxels (default: a fresh one).

    Attributes
    ----------
    dataset : Dataset
        All variables and attributes; what is unknown is kept.

    Raises
    ------
    MincError
        If the variables make no sense as an image.
    """

    can_scale = "slope+inter"
    factor_dtype = np.float64
    data_layout = "C"
    supported: ClassVar[tuple[np.dtype[Any], ...]] = DTYPES

    def __init__(self, dataset: Dataset | None = None) -> None:
        self.dataset = fresh() if dataset is None else dataset
        self._check()
        self._scaling_read = known_scaling(self)
        #: Slope and intercept of each slice, as they were read.
        self.pairs = _pairs(self._scaling_read)

    def _check(self) -> None:
        image = self.dataset.variables.get("image")
        if image is None:
            raise MincError("image: the file has no such variable, it is no MINC image")
        if sorted(name for name in image.dims if name in SPACE) != sorted(SPACE):
            raise MincError(f"image: must have {', '.join(SPACE)} once each, has {image.dims}")
        for name in image.dims:
            check_spacing(self.dataset, name)
        for fact in (self.affine, self.get_zooms(), factors_of(self.dataset)):
            del fact

    @classmethod
    def from_header(cls, header: Any = None, check: bool = True) -> Self:
        """Return a header of this class with what another holds; of MINC everything."""
        if isinstance(header, MincHeader) and type(header) is not cls:
            new = cls(header.dataset.copy())
            new._scaling_read, new.pairs = header._scaling_read, header.pairs
            return new
        return super().from_header(header, check)

    def copy(self) -> Self:
        """Return a header of its own with the same variables and attributes."""
        new = type(self)(self.dataset.copy())
        new._scaling_read, new.pairs = self._scaling_read, self.pairs
        new.scaling_before = self.scaling_before
        return new

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MincHeader):
            return super().__eq__(other)
        return type(self) is type(other) and self.dataset == other.dataset

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        lines = [f"{type(self).__name__}: {', '.join(f'{k} {v}' for k, v in self._lengths())}"]
        for name, variable in self.dataset.variables.items():
            lines.append(f"{name}: {variable.dtype}, over {', '.join(variable.dims) or 'nothing'}")
            lines += [f"    {key}: {_shown(value)}" for key, value in variable.attributes.items()]
        lines += [f"{key}: {_shown(value)}" for key, value in self.dataset.attributes.items()]
        return "\n".join(lines)

    def _lengths(self) -> list[tuple[str, int]]:
        return [(name, self.dataset.dims[name]) for name in self.image.dims]

    # Voxels.

    @property
    def image(self) -> Variable:
        """The variable of the voxels."""
        return self.dataset.variables["image"]

    @classmethod
    def supported_dtypes(cls) -> list[np.dtype[Any]]:
        """Return the dtypes that voxels can have in a file of this format."""
        return list(cls.supported)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the voxels, in native byte order."""
        return self.image.dtype

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        try:
            wanted = np.dtype(value).newbyteorder("=")
        except TypeError as error:
            raise HeaderDataError(f"data dtype: {value!r} is not a dtype") from error
        if wanted not in self.supported:
            names = ", ".join(str(dtype) for dtype in self.supported)
            raise HeaderDataError(f"data dtype: {wanted} is not supported by MINC; it has {names}")
        if wanted == self.image.dtype:
            return
        before, as_read = self.get_slope_inter(), not self.states_new_scaling()
        self.image.dtype = wanted
        for name in ("valid_range", "valid_min", "valid_max"):
            self.image.attributes.pop(name, None)
        self.image.attributes["signtype"] = b"unsigned" if wanted.kind == "u" else b"signed__"
        if wanted.kind in "iu":
            self.set_slope_inter(*before)
        if as_read:  # but for the last bit, which may be another
            self._scaling_read = known_scaling(self)

    @property
    def limits(self) -> tuple[int, int] | None:
        """Least and greatest stored number that means something; None for all of the dtype."""
        if self.dtype.kind not in "iu":
            return None
        low, high = (int(end) for end in valid_range(self.image))
        return None if (low, high) == integer_limits(self.dtype) else (low, high)

    def get_slope_inter(self) -> tuple[Any, Any]:
        """Return slope and intercept that turn stored values into values.

        Returns
        -------
        slope, inter : float, or ndarray of shape (n, 1, ...), or None
            An array where slices differ, over the axes of `stored_shape`; None for floats.
        """
        found = factors_of(self.dataset)
        if found is None:
            return None, None
        if all(np.all(factor == factor.flat[0]) for factor in found if factor.size):
            return tuple(float(factor.flat[0]) if factor.size else 1.0 for factor in found)  # type: ignore[return-value]
        return found.slope, found.inter

    def set_slope_inter(self, slope: Any, inter: Any = None) -> None:
        """Set slope and intercept, single ones or as `get_slope_inter` returns them."""
        slope, inter = 1.0 if slope is None else slope, 0.0 if inter is None else inter
        if self.dtype.kind not in "iu":
            super().set_slope_inter(slope, inter)
        elif not (np.isfinite(slope).all() and np.isfinite(inter).all()):
            raise HeaderDataError(f"slope and intercept: must be finite, got {slope}, {inter}")
        else:
            put_factors(self.dataset, slope, inter)

    def state_range(self, low: float, high: float) -> None:
        """State that stored numbers, which are floats, lie in a range and mean themselves."""
        put_range(self.dataset, (low, high), np.array(low), np.array(high))

    @property
    def arrangement(self) -> Arrangement:
        """How the axes of the image lie among the dimensions of the file."""
        return Arrangement(tuple(self.image.dims.index(name) for name in self.axes))

    # Shape, sizes and place.

    @property
    def axes(self) -> tuple[str, ...]:
        """The dimension of each axis: those of space, then time, then others."""
        dims = self.image.dims
        space = [name for name in dims if name in SPACE]
        time = [name for name in dims if name == "time"]
        return (*space, *time, *(name for name in dims if name not in (*SPACE, "time")))

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """Lengths of the dimensions in the file, the slowest first."""
        return self.dataset.shape_of("image")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array."""
        return tuple(self.dataset.dims[name] for name in self.axes)

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths, most = [int(length) for length in value], 2**31 - 1
        if len(lengths) > 5 or any(not 0 <= length <= most for length in lengths):
            raise HeaderDataError(
                f"shape: MINC has at most 5 axes here, of up to {most} voxels; got {tuple(lengths)}"
            )
        lengths += [1] * (3 - len(lengths))
        if tuple(lengths) == self.shape:
            return
        if self.dtype.kind in "iu":
            self._leave_slices()
        axes = self.axes
        names = [*axes, *(name for name in LATER if name not in axes)][: len(lengths)]
        self.dataset.dims.update(zip(names, lengths, strict=True))
        set_dims(self.dataset, names)
        for name in axes[len(names) :]:
            drop_dim(self.dataset, name)

    def _leave_slices(self) -> None:
        """Let slope and intercept be those of no slice: the ones of all, or none."""
        if any(np.ndim(factor) for factor in self.get_slope_inter()):
            put_factors(self.dataset, *NO_SCALING)
        for end in (self.dataset.variables.get(name) for name in ENDS):
            if end is not None and end.values is not None and end.values.size:
                end.dims, end.values = (), end.values.ravel()[:1].reshape(())

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis: mm, s for time (0 for uneven frames), 1 for others."""
        later = (abs(step_of(self.dataset, n)) if n == "time" else 1.0 for n in self.axes[3:])
        return tuple(float(size) for size in (*voxel_sizes(self.affine), *later))

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = [float(size) for size in value]
        check_zooms(sizes, len(self.axes))
        for name, size, before in zip(self.axes, sizes, self.zooms, strict=True):
            step = step_of(self.dataset, name)
            scaled = step * (size / before) if before else size
            if name == "time" and size != before:
                put_step(self.dataset, scaled)
            elif name in SPACE and size != before:
                self.dataset.variables[name].attributes["step"] = np.array([scaled])

    def get_frame_times(self) -> NDArray[np.float64]:
        """Return start and duration of each frame, s, shape (frames, 2); NaN where not stated.

        Raises
        ------
        HeaderDataError
            If there is no axis of time.
        """
        return frame_times(self._timed()) * (self._seconds() or 1.0)

    def set_frame_times(self, starts: ArrayLike, durations: ArrayLike) -> None:
        """Set start and duration of each frame, s, which need not follow at equal steps.

        Raises
        ------
        HeaderDataError
            If there is no axis of time, or there are not as many numbers as frames.
        """
        put_frame_times(self._timed(), starts, durations)
        self.dataset.variables["time"].attributes["units"] = b"s"

    def _timed(self) -> Dataset:
        if "time" not in self.axes:
            raise HeaderDataError(f"times of frames: axes are {self.axes}, none is time")
        return self.dataset

    def _seconds(self) -> float | None:
        variable = self.dataset.variables.get("time")
        return SECONDS.get(variable.text("units").strip().lower() if variable else "")

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the time step; None for no time, and for uneven frames."""
        is_time = len(self.axes) > 3 and self.axes[3] == "time"
        return self._seconds() if is_time and step_of(self.dataset, "time") else None

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to RAS+ mm, shape (4, 4)."""
        return affine_of(self.dataset, self.axes[:3])

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine; each axis gets the dimension of space that it is nearest to."""
        matrix = check_affine(affine)
        old, new = self.axes[:3], named_axes(matrix)
        if old != new:
            rename_dims(self.dataset, dict(zip(old, new, strict=True)))
        for name in new:
            self.dataset.variables.setdefault(name, dimension(name))
        set_place(self.dataset, new, matrix)

    # What it all means.

    def metadata(self) -> Metadata:
        """Return what the header says beside shape, dtype and place."""
        time = self.dataset.variables.get("time")
        seconds, plain = self.time_unit, super().metadata()
        start = float(self.get_frame_times()[0, 0]) if seconds and 0 not in self.shape else 0.0
        unit = time.text("units") if time and len(self.axes) > 3 and not seconds else ""
        return replace(
            plain,
            unit=unit if unit in OTHER_UNITS else plain.unit,
            start=start,
            frames=self._uneven_frames(),
            space=space_of(self.dataset),
            description=" ".join(text_of(self.dataset.attributes.get("title")).split()),
            history=text_of(self.dataset.attributes.get("history")).strip("\n"),
            acquisition=acquisition_of(self.dataset),
            keys=keys_of(self.dataset),
            others=others_of(self.dataset),
        )

    def _uneven_frames(self) -> tuple[tuple[float, float], ...]:
        if self.axes[3:4] != ("time",) or not has_uneven_frames(self.dataset):
            return ()
        return tuple((start, duration) for start, duration in self.get_frame_times().tolist())

    def select_volumes(self, picks: Sequence[Pick]) -> None:
        """Take times of frames; see `SpatialHeader`."""
        frames = metadata_of_volumes(picks).frames
        if frames and self.axes[3:] == ("time",):
            self._put_frames(frames)

    def _put_frames(self, frames: Sequence[tuple[float, float]]) -> None:
        starts, durations = np.transpose(frames)
        self.set_frame_times(starts, np.nan_to_num(durations))
        if np.isnan(durations).any():
            self.dataset.variables.pop(WIDTH)

    def set_metadata(self, metadata: Metadata) -> None:
        """Take time, space, text and times of the acquisition."""
        if self.axes[3:4] == ("time",) and metadata.step is not None:
            put_step(self.dataset, metadata.step, metadata.start)
            units = (metadata.unit or "s").encode()
            self.dataset.variables["time"].attributes["units"] = units
            if len(metadata.frames) == self.shape[3]:
                self._put_frames(metadata.frames)
        if metadata.space:
            for name in SPACE:
                self.dataset.variables[name].attributes["spacetype"] = space_word(metadata.space)
        put_text(self.dataset, "title", metadata.description)
        put_text(self.dataset, "history", metadata.history)
        put_acquisition(self.dataset, metadata.acquisition)
        put_keys(self.dataset, metadata.keys)


def _pairs(scaling: tuple[Known, Known] | None) -> tuple[tuple[float, float], ...]:
    slope, inter = scaling or NO_SCALING
    slopes, inters = np.broadcast_arrays(slope, inter)
    return tuple(dict.fromkeys(zip(slopes.ravel().tolist(), inters.ravel().tolist(), strict=True)))


def _shown(value: Any) -> str:
    text = repr(text_of(value)) if isinstance(value, bytes) else str(value.tolist())
    return text if len(text) <= 200 else f"{text[:200]}..."
