"""Header: shape, dtype, geometry and scaling, held in a declared binary record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.proxy import ArrayProxy
from volio.arrays.writing import write_array
from volio.codes import Recoder
from volio.errors import HeaderDataError, HeaderTypeError
from volio.images.record import Record
from volio.images.shape import SpatialHeader
from volio.images.storing import NO_SCALING, known_scaling, plan_storing

__all__ = ["Header", "is_neutral"]


class Header(Record, SpatialHeader):
    """A header in a declared binary layout, and the facts of the block of voxels it describes.

    A format declares `layout`, `checks` and `data_types`, and over the fields the properties
    `offset`, `shape`, `dtype`, `zooms` and `affine`, and `set_affine`.
    """

    #: Code, name and dtype of every kind of voxel the format has.
    data_types: ClassVar[Recoder]
    #: What the format stores beside the voxels: "slope+inter", "slope" or "none".
    can_scale: ClassVar[str] = "none"
    #: The dtype in which slope and intercept are stored.
    factor_dtype: ClassVar[type[np.floating[Any]]] = np.float32
    #: Order of the voxel axes on disk; "F": the first axis varies fastest.
    data_layout = "F"

    _scaling_read: tuple[float, float] | None = NO_SCALING

    def __init__(
        self,
        binaryblock: bytes | None = None,
        endianness: str | None = None,
        check: bool = True,
    ) -> None:
        Record.__init__(self, binaryblock, endianness, check)
        self._scaling_read = known_scaling(self)

    __eq__ = Record.__eq__
    __hash__ = None

    def copy(self) -> Self:
        """Return a header of its own with the same record."""
        new = Record.copy(self)
        new._scaling_read = self._scaling_read
        return new

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
        else:
            order = getattr(header, "endianness", None)
            new = cls(endianness=order if order in cls.byte_orders else None)
            if header is not None:
                new.take_over(header)
            was_set = isinstance(header, Header) and header.states_new_scaling()
            new._scaling_read = NO_SCALING if was_set else known_scaling(new)
        if check:
            new.check_read()
        return new

    def take_over(self, header: Any) -> None:
        """Take from another format's header what this one can hold: dtype, shape, voxel sizes."""
        self.set_data_dtype(self.nearest_dtype(header.get_data_dtype()))
        self.set_data_shape(header.get_data_shape())
        theirs, own = header.get_zooms(), self.get_zooms()
        zooms = (*theirs, *own[len(theirs) :])[: len(own)]
        seconds = (getattr(header, "time_unit", None) or 1.0) / (self.time_unit or 1.0)
        sizes = [abs(zoom) for zoom in zooms[:3]]
        self.set_zooms((*sizes, *(zoom * seconds for zoom in zooms[3:4]), *zooms[4:]))

    def set_from(
        self, shape: Sequence[int], dtype: DTypeLike, affine: NDArray[np.floating[Any]]
    ) -> None:
        """Describe an array of this shape and dtype that lies at this affine."""
        self.set_data_shape(shape)
        self.set_data_dtype(dtype)
        self.set_affine(affine)

    @classmethod
    def supported_dtypes(cls) -> list[np.dtype[Any]]:
        """Return the dtypes that voxels can have in a file of this format."""
        dtypes = dict.fromkeys(cls.data_types.dtype.values())
        return [dtype for dtype in dtypes if dtype.itemsize and not isinstance(dtype, str)]

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

    @classmethod
    def code_of(cls, datatype: Any) -> tuple[int, np.dtype[Any]]:
        """Return code and dtype for a dtype, a code or a name the format knows.

        Raises
        ------
        HeaderDataError
            If the format has no such voxels.
        """
        known = cls.data_types
        if not isinstance(datatype, int | np.integer | np.dtype) and datatype not in known:
            try:
                datatype = np.dtype(datatype)
            except TypeError as error:
                raise HeaderDataError(f"data dtype: {datatype!r} is not a dtype") from error
        if isinstance(datatype, np.dtype):
            datatype = datatype.newbyteorder("=")
        if datatype not in known or not known.dtype[datatype].itemsize:
            names = ", ".join(str(dtype) for dtype in cls.supported_dtypes())
            raise HeaderDataError(
                f"data dtype: {datatype} is not supported by {cls.__name__}; it has {names}"
            )
        return int(known[datatype]), known.dtype[datatype]

    def dtype_of(self, field: str) -> np.dtype[Any]:
        """Return the dtype, in the file's byte order, for the code in a field.

        Raises
        ------
        HeaderDataError
            If the code is unknown, or of voxels that cannot be read.
        """
        code = int(self[field])
        if code not in self.data_types:
            raise HeaderDataError(f"{field}: {code} is no known code")
        dtype: np.dtype[Any] = self.data_types.dtype[code]
        if not dtype.itemsize:
            label = self.data_types.label[code]
            raise HeaderDataError(f"{field}: voxels of type {label} cannot be read here")
        return dtype.newbyteorder(self.endianness)

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

    # The voxels themselves, for those who have a header and a file object.

    def raw_data_from_fileobj(self, fileobj: BinaryIO) -> NDArray[Any]:
        """Read the voxels as they are stored, shape `shape`, from where the header says."""
        return ArrayProxy(fileobj, self, order=self.data_layout).get_unscaled()

    def data_from_fileobj(self, fileobj: BinaryIO) -> NDArray[Any]:
        """Read the voxels, scaled, shape `shape`, from where the header says."""
        return ArrayProxy(fileobj, self, order=self.data_layout).read()

    def states_new_scaling(self) -> bool:
        """Tell whether slope and intercept were set to others than were read, and to any at all."""
        return known_scaling(self) not in (None, NO_SCALING, self._scaling_read)

    def data_to_fileobj(self, data: ArrayLike, fileobj: BinaryIO, rescale: bool = True) -> None:
        """Write voxels to where the header says, in its dtype; it gets their slope and intercept.

        Parameters
        ----------
        data : array-like
            Of the header's shape.
        fileobj : binary file object
        rescale : bool
            Scale values that the dtype cannot hold; False rounds them.

        Raises
        ------
        HeaderDataError
            If the shape is another.
        WriterError
            If the dtype cannot hold the values.
        """
        array = np.asanyarray(data)
        if array.shape != self.get_data_shape():
            raise HeaderDataError(f"shape: is {self.get_data_shape()}, the data has {array.shape}")
        fileobj.seek(self.get_data_offset())
        if rescale:
            storing = plan_storing(array, self, self.get_data_dtype())
            storing.describe_in(self)
            self._scaling_read = known_scaling(self)
            storing.write(fileobj, self.get_data_dtype())
        else:
            write_array(fileobj, array, self.get_data_dtype(), order=self.data_layout)


def is_neutral(value: float | None, neutral: float) -> bool:
    """Tell whether a slope or intercept changes nothing (None and NaN count as absent)."""
    return value is None or bool(np.isnan(value)) or value == neutral
