"""Header: shape, dtype, geometry and scaling, held in a declared binary record."""

from __future__ import annotations

from typing import Any, BinaryIO, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from volio.arrays.dtypes import Array, DType
from volio.arrays.proxy import ArrayProxy
from volio.codes import Recoder
from volio.errors import HeaderDataError
from volio.images.headers.format import FormatHeader
from volio.images.headers.record import Record
from volio.images.saving.scaling_history import ScalingHistory, scaling_of

__all__ = ["BinaryHeader"]

#: Names of the fields of slope and intercept, in formats that have one of each.
SCALING_FIELDS = ("scl_slope", "scl_inter")


class BinaryHeader(Record, FormatHeader):
    """A header in a declared binary layout, and the facts of the block of voxels it describes.

    A format declares `layout`, `checks`, `data_types` and `type_field`, and over the fields the
    properties `offset`, `shape`, `zooms` and `affine`, and `set_affine`.
    """

    #: Whether the record describes the voxels completely, without a second record.
    stands_alone: ClassVar[bool] = True
    #: Code, name and dtype of every kind of voxel the format has.
    data_types: ClassVar[Recoder]
    #: Field with the code of the voxels' dtype; empty where other records have it.
    type_field: ClassVar[str] = ""
    #: Field with the bits of a voxel, where the format has one.
    bits_field: ClassVar[str | None] = None

    def __init__(
        self,
        binaryblock: bytes | None = None,
        endianness: str | None = None,
        check: bool = True,
    ) -> None:
        Record.__init__(self, binaryblock, endianness, check)
        if binaryblock is None:
            self._set_defaults()
        self.scaling_history = ScalingHistory.of(self)

    def _set_defaults(self) -> None:
        """Set what a new header has besides its record."""

    def __setitem__(self, field: str, value: Any) -> None:
        super().__setitem__(field, value)
        if field in SCALING_FIELDS:
            self.note_scaling_set()
        elif field == self.type_field:
            self.dtype_is_implied = False

    __eq__ = Record.__eq__
    __hash__ = None

    @classmethod
    def new_for(cls, header: Any) -> Self:
        """Return a default header, in the byte order of another one where it has any."""
        order = getattr(header, "endianness", None)
        return cls(endianness=order if order in cls.byte_orders else None)

    copy = Record.copy

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that voxels can have in a file of this format."""
        dtypes = dict.fromkeys(cls.data_types.dtype.values())
        return [dtype for dtype in dtypes if dtype.itemsize and not isinstance(dtype, str)]

    @property
    def dtype(self) -> DType:
        """The dtype of the voxels in the file, in the file's byte order."""
        return self.dtype_of(self.type_field)

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        code, dtype = self.code_of(value)
        self[self.type_field] = code
        if self.bits_field is not None:
            self[self.bits_field] = dtype.itemsize * 8

    @classmethod
    def code_of(cls, datatype: Any) -> tuple[int, DType]:
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

    def dtype_of(self, field: str) -> DType:
        """Return the dtype, in the file's byte order, for the code in a field.

        Raises
        ------
        HeaderDataError
            If the code is unknown, or of voxels that cannot be read.
        """
        return self.dtype_of_code(self.unpacked[field], field)

    def dtype_of_code(self, code: int, field: str) -> DType:
        """Return the dtype for a code, of a field of this name; see `dtype_of`."""
        if code not in self.data_types:
            raise HeaderDataError(f"{field}: {code} is not a known code")
        dtype: DType = self.data_types.dtype[code]
        if not dtype.itemsize:
            label = self.data_types.label[code]
            raise HeaderDataError(f"{field}: voxels of type {label} cannot be read here")
        return dtype.newbyteorder(self.endianness)

    # The voxels themselves, for those who have a header and a file object.

    def raw_data_from_fileobj(self, fileobj: BinaryIO) -> Array:
        """Read the voxels as they are stored, shape `shape`, from the offset in the header."""
        return ArrayProxy(fileobj, self, order=self.data_layout).get_unscaled()

    def data_from_fileobj(self, fileobj: BinaryIO) -> Array:
        """Read the voxels, scaled, shape `shape`, from the offset in the header."""
        return ArrayProxy(fileobj, self, order=self.data_layout).read()

    def data_to_fileobj(self, data: ArrayLike, fileobj: BinaryIO, rescale: bool = True) -> None:
        """Write voxels at the header's offset, in its dtype; it gets their slope and intercept.

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

        Warns
        -----
        PrecisionWarning
            If values are rounded.
        """
        # Most programs only read.
        from volio.arrays.saving.writing import write_array
        from volio.images.saving.plan import plan_save

        array = np.asanyarray(data)
        if array.shape != self.get_data_shape():
            raise HeaderDataError(f"shape: is {self.get_data_shape()}, the data has {array.shape}")
        fileobj.seek(self.get_data_offset())
        if rescale:
            plan = plan_save(array, self, self.get_data_dtype())
            plan.warn()
            plan.apply_to(self)
            self.scaling_history = self.scaling_history.with_baseline(scaling_of(self))
            plan.write(fileobj, self.get_data_dtype())
        else:
            write_array(fileobj, array, self.get_data_dtype(), order=self.data_layout)
