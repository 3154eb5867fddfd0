"""FormatHeader: facts of an image and of its voxels in a file, and conversion to other headers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, BinaryIO, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.axis_map import AxisMap
from volio.arrays.dtypes import Array, DType, Floats
from volio.arrays.proxy import ArrayProxy
from volio.arrays.scaling import ScalingKind, SlopeIntercept
from volio.errors import GeometryWarning, HeaderDataError, HeaderTypeError
from volio.files.fileobjects import SourceFile
from volio.files.sources.source import ByteSource
from volio.flags import as_flag
from volio.images.headers.error_context import warn_of_content
from volio.images.headers.kinship import Kinship
from volio.images.headers.metadata import Metadata, metadata_of, metadata_of_steps
from volio.images.headers.shape_checks import Shape, Sizes, as_lengths, check_zooms, first_axes
from volio.images.headers.units import converted_step
from volio.images.headers.voxel_types import known_dtype, nearest_dtype
from volio.images.saving.scaling_history import NO_SCALING, ScalingHistory, for_all, scaling_of
from volio.space.affines import shape_zoom_affine, spans_space, voxel_sizes

__all__ = ["FormatHeader", "is_neutral", "length_scale"]


class FormatHeader(metaclass=Kinship):
    """dtype, shape, voxel sizes and affine of an image, and how its voxels are stored in a file.

    A format gives `supported_dtypes` and overrides the properties `dtype`, `affine` and `offset`,
    and either the properties `shape` and `zooms` or the methods that these call; the ``get_`` and
    ``set_`` names that users of this field know follow them.
    """

    #: Names of classes whose instances these headers count as; see `Kinship`.
    counts_as: ClassVar[tuple[str, ...]] = ("SpatialHeader",)
    #: What the format stores besides the voxels: "slope+inter", "slope" or "none".
    can_scale: ClassVar[ScalingKind] = "none"
    #: Whether each volume has a slope of its own.
    scales_volumes: ClassVar[bool] = False
    #: The dtype in which slope and intercept are stored.
    factor_dtype: ClassVar[type[np.floating[Any]]] = np.float32
    #: Order of the voxel axes on disk; "F": the first axis varies fastest.
    data_layout: ClassVar[str] = "F"
    #: Whether the first axis points left where the header has no affine.
    default_x_flip: ClassVar[bool] = True

    #: Millimetres in the unit of the first three voxel sizes; None where the unit is not known.
    length_unit: float | None = 1.0

    # What a header holds that has no fields of its own for them.
    _dtype: np.dtype[Any] = np.dtype(np.float32)
    _shape: Shape = (0,)
    _zooms: Sizes = (1.0,)

    #: The slope and intercept that the header was read with, or had in another format.
    scaling_history: ScalingHistory = ScalingHistory()
    #: Whether the dtype was only taken from an array, so that saving may choose another.
    dtype_is_implied: bool = False

    @classmethod
    def new_for(cls, header: Any) -> Self:
        """Return a default header, to be filled from another one."""
        return cls()

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read the header at the beginning of a file.

        Raises
        ------
        HeaderError, ImageFileError
            If it is not valid, or the file is too short.
        """
        with SourceFile(source) as raw:
            found: Self = cls.from_fileobj(io.BufferedReader(raw, 4096))  # type: ignore[attr-defined]
        return found

    def fill_zero_lengths(self) -> None:
        """Count axes of length 0 as 1, in formats where files have them with voxels."""

    def check_loaded(self) -> None:
        """Check a file that is loaded: its voxels fill a volume; sizes of 0 become 1.

        Raises
        ------
        HeaderDataError
            If the axes are in one plane.

        Warns
        -----
        GeometryWarning
            If a voxel has no size along an axis of space.
        """
        sizes = self.get_zooms()
        if 0 in sizes[:3]:
            known = voxel_sizes(self.get_best_affine()).tolist()
            pairs = zip(sizes[:3], known, strict=False)
            positive = [size or length or 1.0 for size, length in pairs]
            warn_of_content(
                f"voxel sizes: must not be 0, got {[*sizes[:3]]}; set to {positive}",
                GeometryWarning,
            )
            self.set_zooms((*positive, *sizes[3:]))
        affine = self.get_best_affine()
        if not spans_space(affine):
            raise HeaderDataError(f"affine: its axes span no volume: {affine[:3].tolist()}")

    def check_read(self) -> None:
        """Check what was read or copied, and repair what cannot be read as it is.

        Raises
        ------
        HeaderDataError
            If it is not valid.
        """

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that voxels can have in a file of this format."""
        raise NotImplementedError

    @classmethod
    def from_header(cls, header: Any = None, check: bool = True) -> Self:
        """Return a header of this class with what another header holds.

        Parameters
        ----------
        header : header, optional
            Any header with the names of SpatialHeader; None gives a default one.
        check : bool
            Check the result.

        Raises
        ------
        HeaderDataError
            If this format cannot hold the other header's dtype or shape.
        HeaderTypeError
            If `header` is not a header.
        """
        if header is not None and not hasattr(header, "get_data_shape"):
            raise HeaderTypeError(f"header: must be a header or None, got {type(header).__name__}")
        if type(header) is cls:
            new: Self = header.copy()
        else:
            new = cls.new_for(header)
            if header is not None:
                new.copy_from(header)
                if (metadata := metadata_of(header)) != new.metadata():
                    new.set_metadata(metadata)
            new.scaling_history = new._history_from(header)
        if as_flag("check", check):
            new.check_read()
        return new

    def _history_from(self, header: Any) -> ScalingHistory:
        """Return the history of slope and intercept after they were taken from another header."""
        if not isinstance(header, FormatHeader):
            return self.scaling_history.with_baseline(scaling_of(self))
        baseline = NO_SCALING if header.has_new_scaling() else scaling_of(self)
        history = self.scaling_history.with_baseline(baseline)
        return replace(history, foreign=scaling_of(header))

    def copy_from(self, header: Any) -> None:
        """Take from another format's header what this one can hold: dtype, shape, voxel sizes."""
        dtype = header.get_data_dtype()
        scaling = scaling_of(header) if hasattr(header, "get_slope_inter") else None
        if scaling is not None and for_all(scaling) is None:
            dtype = np.float64  # no slope of one volume or slice holds the values of all
        self.set_data_dtype(self.nearest_dtype(dtype))
        self.set_data_shape(header.get_data_shape())
        self.set_zooms(self._zooms_of(header))

    def _zooms_of(self, header: Any) -> list[float]:
        """Return the voxel sizes of another header in the units of this one."""
        theirs = header.get_zooms()
        own = self.get_zooms()
        zooms = [*theirs, *own[len(theirs) :]][: len(own)]
        scale = length_scale(header, self)
        zooms[:3] = [abs(size) * scale for size in zooms[:3]]
        if len(zooms) > 3:
            unit = getattr(header, "time_unit", None)
            zooms[3] = converted_step(zooms[3], unit, self.time_unit)
        return zooms

    def set_from(
        self, shape: Sequence[int], dtype: DTypeLike, affine: NDArray[np.floating[Any]]
    ) -> None:
        """Describe an array of this shape, dtype and affine.

        Parameters
        ----------
        shape : sequence of int
        dtype : dtype-like
        affine : (4, 4) array
            Voxel indices to scanner RAS+, in the header's unit of length: mm unless it has others.
        """
        self.set_data_shape(shape)
        self.set_data_dtype(dtype)
        self.set_affine(affine)

    @classmethod
    def known_dtype(cls, datatype: DTypeLike) -> DType:
        """Return a dtype in native byte order, if the format has it.

        Raises
        ------
        HeaderDataError
            If it has not.
        """
        return known_dtype(datatype, cls.supported_dtypes(), cls.__name__)

    @classmethod
    def nearest_dtype(cls, dtype: DTypeLike) -> DType:
        """Return `dtype` when the format has it, else the closest one that it has.

        Raises
        ------
        HeaderDataError
            If the format has nothing of the kind (for complex or RGB voxels, for instance).
        """
        return nearest_dtype(dtype, cls.supported_dtypes(), cls.__name__)

    @property
    def offset(self) -> int:
        """Byte at which the voxels begin."""
        return 0

    def get_data_offset(self) -> int:
        """Return the byte at which the voxels begin."""
        return self.offset

    def get_slope_inter(self) -> SlopeIntercept:
        """Return slope and intercept that turn stored values into values; None for none."""
        return None, None

    def set_slope_inter(self, slope: float | None, inter: float | None = None) -> None:
        """Set slope and intercept that turn stored values into values; None for none.

        Raises
        ------
        HeaderTypeError
            If the format cannot store them.
        """
        if not is_neutral(slope, 1.0) or not is_neutral(inter, 0.0):
            raise HeaderTypeError(
                f"{type(self).__name__}: cannot store slope {slope} and intercept {inter}"
            )
        self.note_scaling_set()

    @property
    def axis_map(self) -> AxisMap:
        """Order and directions of the image's axes in the file; those of the image by default."""
        return AxisMap(tuple(range(len(self.get_data_shape()))))

    def has_new_scaling(self) -> bool:
        """Return whether slope and intercept were set since the header was read."""
        return self.scaling_history.is_set(scaling_of(self))

    def note_scaling_set(self) -> None:
        """Remember that slope and intercept were set, be it to the numbers that they had."""
        self.scaling_history = replace(self.scaling_history, was_set=True)

    # Facts and their names in this field.

    @property
    def dtype(self) -> DType:
        """The dtype of the voxels in the file."""
        return self._dtype

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        self._dtype = np.dtype(value)

    @property
    def shape(self) -> Shape:
        """Shape of the voxel array; (0,) for a header without axes."""
        return self._read_shape()

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        self._store_shape(value)

    @property
    def zooms(self) -> Sizes:
        """Size of a voxel along each axis, in the header's units."""
        return self._read_zooms()

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        self._store_zooms(value)

    @property
    def stored_zooms(self) -> Sizes:
        """Size of a voxel along each axis, every bit as it is stored."""
        return self._read_stored_zooms()

    # What these call.

    def _read_shape(self) -> Shape:
        return self._shape

    def _store_shape(self, value: Sequence[int]) -> None:
        self._shape = as_lengths(value) or (0,)
        known = self._zooms if len(value) else ()
        self._zooms = (*known, *[1.0] * len(self._shape))[: len(self._shape)]

    def _read_zooms(self) -> Sizes:
        return self._zooms

    def _store_zooms(self, value: Sequence[float]) -> None:
        self._zooms = tuple(check_zooms(value, len(self.get_data_shape())))

    def _read_stored_zooms(self) -> Sizes:
        return self.zooms

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size; None where the file does not state it."""
        return None

    @property
    def start_time(self) -> float:
        """Time of the first volume, in the unit of the fourth voxel size; 0 where not known."""
        return 0.0

    @start_time.setter
    def start_time(self, value: float) -> None:
        """Keep nothing: formats that have a place for it override this."""

    @property
    def affine(self) -> Floats:
        """Voxel indices to scanner RAS+ mm, shape (4, 4), as well as this header knows it."""
        return self.get_base_affine()

    def get_data_dtype(self) -> DType:
        """Return the dtype of the voxels in the file."""
        return self.dtype

    def set_data_dtype(self, datatype: DTypeLike) -> None:
        """Set the dtype of the voxels in the file."""
        self.dtype = datatype
        self.dtype_is_implied = False

    def get_data_shape(self) -> Shape:
        """Return the shape of the voxel array."""
        return self.shape

    def set_data_shape(self, shape: Sequence[int]) -> None:
        """Set the shape of the voxel array."""
        self.shape = shape

    def get_zooms(self) -> Sizes:
        """Return the size of a voxel along each axis."""
        return self.zooms

    def set_zooms(self, zooms: Sequence[float]) -> None:
        """Set the size of a voxel along each axis."""
        self.zooms = zooms

    def get_base_affine(self) -> Floats:
        """Return the affine of shape and voxel sizes alone.

        The centre of the volume is the origin; the first axis points left where
        `default_x_flip` is True.
        """
        shape = first_axes(self.get_data_shape())
        return shape_zoom_affine(shape, first_axes(self.stored_zooms), self.default_x_flip)

    def get_best_affine(self) -> Floats:
        """Return the affine from voxels to RAS+ mm, as well as this header knows it."""
        return self.affine

    def set_affine(self, affine: NDArray[np.floating[Any]]) -> None:
        """Store what this header can hold of an affine: the sizes of a voxel.

        Parameters
        ----------
        affine : (4, 4) array
            Voxel indices to scanner RAS+, in the header's unit of length: mm unless it has others
            (`length_unit`).
        """
        sizes = voxel_sizes(np.asarray(affine, np.float64))[: len(self.get_zooms())]
        self.set_zooms((*sizes, *self.get_zooms()[3:]))

    def move_to(self, affine: NDArray[np.floating[Any]], voxels: Floats | None = None) -> None:
        """Store an affine that leads to the same space as the one before.

        Parameters
        ----------
        affine : (4, 4) array
            Voxels to RAS+ mm.
        voxels : (4, 4) array, optional
            Voxel indices under this affine to those under the one before, for headers that have
            a second affine.
        """
        self.set_affine(affine)

    def move_slices(self, before: Any, voxels: Floats | None) -> None:
        """Let metadata of single slices follow them, in formats that have such metadata.

        Parameters
        ----------
        before : header
            Of this class, with the shape and the slices of the image before.
        voxels : (4, 4) array or None
            Voxel indices of the new image to those of the image before; None for unknown.
        """

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and affine, for other formats."""
        return metadata_of_steps(self.get_zooms(), self.time_unit, self.start_time)

    def set_metadata(self, metadata: Metadata) -> None:
        """Store what this header can hold of another one's metadata; sizes are set before.

        Formats override this; the caller reports what is left out.
        """

    def select_volumes(self, volumes: Sequence[tuple[Any, int]]) -> None:
        """Copy the metadata of single volumes from other headers of this class.

        Formats with metadata of single volumes override this.

        Parameters
        ----------
        volumes : sequence of (header, int)
            For each volume of this header, whose shape is set, the header that described it and
            its number there; empty where the volumes come from no other header.
        """

    def copy(self) -> Self:
        """Return a header of its own with the same facts."""
        return deepcopy(self)

    def data_from_fileobj(self, fileobj: BinaryIO) -> Array:
        """Read voxels of the header's dtype and shape from where a file object stands."""
        spec = self.get_data_shape(), self.get_data_dtype(), fileobj.tell()
        voxels = ArrayProxy(fileobj, spec, order=self.data_layout).read()
        fileobj.seek(voxels.nbytes, io.SEEK_CUR)
        return voxels

    def data_to_fileobj(self, data: ArrayLike, fileobj: BinaryIO, rescale: bool = True) -> None:
        """Write voxels in the header's dtype to a file object, where it stands.

        Parameters
        ----------
        data : array-like
        fileobj : binary file object
        rescale : bool
            For headers that know slope and intercept; here nothing is scaled.
        """
        from volio.arrays.saving.writing import write_array  # most programs only read

        dtype = self.get_data_dtype()
        write_array(fileobj, np.asanyarray(data), dtype, order=self.data_layout)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FormatHeader):
            return NotImplemented
        return _facts(self) == _facts(other)

    __hash__ = None  # type: ignore[assignment]


def _facts(header: Any) -> tuple[DType, tuple[int, ...], tuple[float, ...]]:
    return header.get_data_dtype(), header.get_data_shape(), header.get_zooms()


def length_scale(source: Any, target: Any) -> float:
    """Return the factor that turns lengths of one header into those of another.

    Unknown units count as mm, as programs take them.

    Parameters
    ----------
    source, target : header
    """
    found = getattr(source, "length_unit", None) or 1.0
    wanted = getattr(target, "length_unit", None) or 1.0
    return float(found / wanted)


def is_neutral(value: float | None, neutral: float) -> bool:
    """Return whether a slope or intercept changes nothing (None and NaN count as absent)."""
    return value is None or bool(np.isnan(value)) or value == neutral
