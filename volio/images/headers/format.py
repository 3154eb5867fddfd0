"""FormatHeader: how a file holds its voxels, and taking over what other headers say."""

from __future__ import annotations

from collections.abc import Sequence
from io import BufferedReader
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.arrays.axis_map import Arrangement
from volio.errors import HeaderDataError, HeaderTypeError
from volio.files.fileobjects import SourceFile
from volio.files.sources.source import ByteSource
from volio.images.headers.frame_times import converted_step
from volio.images.headers.metadata import metadata_of
from volio.images.headers.spatial import SpatialHeader
from volio.images.saving.plan import NO_SCALING, Known, known_scaling

__all__ = ["FormatHeader", "is_neutral"]


class FormatHeader(SpatialHeader):
    """A header that says how the voxels lie in a file: dtypes, scaling, where they begin.

    A format implements `supported_dtypes`, and the properties of `SpatialHeader`.
    """

    #: What the format stores beside the voxels: "slope+inter", "slope" or "none".
    can_scale: ClassVar[str] = "none"
    #: Whether each volume has a slope of its own.
    scales_volumes: ClassVar[bool] = False
    #: The dtype in which slope and intercept are stored.
    factor_dtype: ClassVar[type[np.floating[Any]]] = np.float32
    #: Order of the voxel axes on disk; "F": the first axis varies fastest.
    data_layout = "F"

    _scaling_read: tuple[Known, Known] | None = NO_SCALING
    #: Slope and intercept in the file of another format that this header was made from, to be
    #: used again where they fit.
    scaling_before: tuple[Known, Known] | None = None

    @classmethod
    def fresh_for(cls, header: Any) -> Self:
        """Return a fresh header, to take over what another one says."""
        return cls()

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read the header at the beginning of a file.

        Raises
        ------
        HeaderError, ImageFileError
            If it makes no sense, or the file is too short.
        """
        with SourceFile(source) as raw:
            found: Self = cls.from_fileobj(BufferedReader(raw, 4096))  # type: ignore[attr-defined]
        return found

    def check_read(self) -> None:
        """Check what was read or taken over, and mend what cannot be read as it is.

        Raises
        ------
        HeaderDataError
            If it makes no sense.
        """

    @classmethod
    def supported_dtypes(cls) -> list[np.dtype[Any]]:
        """Return the dtypes that voxels can have in a file of this format."""
        raise NotImplementedError

    @classmethod
    def from_header(cls, header: Any = None, check: bool = True) -> Self:
        """Return a header of this class with what another header holds.

        Parameters
        ----------
        header : header, optional
            Any header with the names of SpatialHeader; None gives a fresh one.
        check : bool
            Check the result.

        Raises
        ------
        HeaderDataError
            If this format cannot hold the other header's dtype or shape.
        HeaderTypeError
            If `header` is no header.
        """
        if header is not None and not hasattr(header, "get_data_shape"):
            raise HeaderTypeError(f"header: must be a header or None, got {type(header).__name__}")
        if type(header) is cls:
            new: Self = header.copy()
            new.scaling_before = header.scaling_before
        else:
            new = cls.fresh_for(header)
            if header is not None:
                new.copy_from(header)
                if (metadata := metadata_of(header)) != new.metadata():
                    new.set_metadata(metadata)
            if isinstance(header, FormatHeader):
                new.scaling_before = known_scaling(header)
            was_set = isinstance(header, FormatHeader) and header.states_new_scaling()
            new._scaling_read = NO_SCALING if was_set else known_scaling(new)
        if check:
            new.check_read()
        return new

    def copy_from(self, header: Any) -> None:
        """Take from another format's header what this one can hold: dtype, shape, voxel sizes."""
        dtype = header.get_data_dtype()
        scaling = known_scaling(header) if hasattr(header, "get_slope_inter") else None
        if any(isinstance(factor, tuple) for factor in scaling or ()):
            dtype = np.float64  # no slope of one volume or slice holds the values of all
        self.set_data_dtype(self.nearest_dtype(dtype))
        self.set_data_shape(header.get_data_shape())
        theirs = header.get_zooms()
        own = self.get_zooms()
        zooms = [*theirs, *own[len(theirs) :]][: len(own)]
        zooms[:3] = map(abs, zooms[:3])
        if len(zooms) > 3:
            unit = getattr(header, "time_unit", None)
            zooms[3] = converted_step(zooms[3], unit, self.time_unit)
        self.set_zooms(zooms)

    def set_from(
        self, shape: Sequence[int], dtype: DTypeLike, affine: NDArray[np.floating[Any]]
    ) -> None:
        """Describe an array of this shape and dtype that lies at this affine."""
        self.set_data_shape(shape)
        self.set_data_dtype(dtype)
        self.set_affine(affine)

    @classmethod
    def known_dtype(cls, datatype: DTypeLike) -> np.dtype[Any]:
        """Return a dtype in native byte order, if the format has it.

        Raises
        ------
        HeaderDataError
            If it has not.
        """
        try:
            found = np.dtype(datatype).newbyteorder("=")
        except TypeError as error:
            raise HeaderDataError(f"data dtype: {datatype!r} is not a dtype") from error
        have = cls.supported_dtypes()
        if found not in have:
            names = ", ".join(str(dtype) for dtype in have)
            raise HeaderDataError(
                f"data dtype: {found} is not supported by {cls.__name__}; it has {names}"
            )
        return found

    @classmethod
    def nearest_dtype(cls, dtype: DTypeLike) -> np.dtype[Any]:
        """Return `dtype` when the format has it, else the closest one that it has.

        The closest one is the smallest that holds every value, or else the largest of the kind;
        for integers an integer one, as long as the format has any.

        Raises
        ------
        HeaderDataError
            If the format has nothing of the kind (complex or RGB voxels, say).
        """
        wanted = np.dtype(dtype).newbyteorder("=")
        have = cls.supported_dtypes()
        if wanted in have:
            return wanted
        integers = [other for other in have if other.kind in "iu"] if wanted.kind in "iu" else []
        plain = integers or [other for other in have if other.kind in "iufc"]
        holding = [other for other in plain if np.can_cast(wanted, other, "safe")]
        alike = [other for other in plain if np.can_cast(wanted, other, "same_kind")]
        if holding:
            return min(holding, key=lambda other: other.itemsize)
        if alike and wanted.kind in "iufc":
            kinds = "iu" if integers else wanted.kind
            return max(alike, key=lambda other: (other.kind in kinds, other.itemsize))
        raise HeaderDataError(
            f"{cls.__name__}: cannot hold voxels of dtype {wanted}; it has "
            f"{', '.join(str(other) for other in have)}"
        )

    @property
    def offset(self) -> int:
        """Byte at which the voxels begin."""
        return 0

    def get_data_offset(self) -> int:
        """Return the byte at which the voxels begin."""
        return self.offset

    def get_slope_inter(self) -> tuple[float | None, float | None]:
        """Return slope and intercept that turn stored values into values; None for none."""
        return None, None

    def set_slope_inter(self, slope: float | None, inter: float | None = None) -> None:
        """Set slope and intercept that turn stored values into values; None for none.

        Raises
        ------
        HeaderTypeError
            If the format has no place for them.
        """
        if not is_neutral(slope, 1.0) or not is_neutral(inter, 0.0):
            raise HeaderTypeError(
                f"{type(self).__name__}: has no place for slope {slope} and intercept {inter}"
            )

    @property
    def arrangement(self) -> Arrangement:
        """How the axes of the image lie in the file; as they are, unless a format overrides it."""
        return Arrangement(tuple(range(len(self.get_data_shape()))))

    def states_new_scaling(self) -> bool:
        """Tell whether slope and intercept were set to others than were read, and to any at all."""
        return known_scaling(self) not in (None, NO_SCALING, self._scaling_read)


def is_neutral(value: float | None, neutral: float) -> bool:
    """Tell whether a slope or intercept changes nothing (None and NaN count as absent)."""
    return value is None or bool(np.isnan(value)) or value == neutral
