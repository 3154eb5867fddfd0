"""GiftiDataArray: values, what they are, and how a file has them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.caller import warn_caller
from volio.codes import Recoder, known_code
from volio.errors import CodeError, HeaderDataError
from volio.formats.containers.xml_elements import XmlSerializable, new_element
from volio.formats.gifti.codes import (
    array_index_order_codes,
    gifti_encoding_codes,
    gifti_endian_codes,
)
from volio.formats.gifti.coordinates import GiftiCoordSystem
from volio.formats.gifti.data_block import EXTERNAL, DataBlock
from volio.formats.gifti.data_text import data_pieces, text_of_pieces
from volio.formats.gifti.meta import GiftiMetaData
from volio.formats.gifti.written_values import written_values
from volio.formats.nifti1.codes import data_type_codes, intent_codes
from volio.threads import in_parallel

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["GIFTI_DTYPES", "GiftiDataArray", "decode_together"]

#: Codes of the dtypes that GIFTI has: uint8, int32, float32.
GIFTI_DTYPES = (2, 8, 16)

POINTSET = 1008


class GiftiDataArray(XmlSerializable):
    """One array of a GIFTI file.

    Parameters
    ----------
    data : array-like, optional
    intent : int or str
        What the values are: a code of NIfTI, its name, or its constant.
    datatype : int or str, optional
        Code of NIfTI of the dtype that is written; by default that of `data`.
    encoding : int or str
        How the values are written: text, base64, compressed base64, or a file of their own.
    endian : int or str
        Byte order of the file that was read; written is that of the machine.
    coordsys : GiftiCoordSystem, optional
        The space of coordinates.
    ordering : int or str
        Which axis varies fastest in the file: "C" for the last, "F" for the first.
    meta : mapping of str to str, optional
    ext_fname : str
        The file with the values, for external ones.
    ext_offset : int
        Where they begin in it, in bytes.

    Raises
    ------
    HeaderDataError
        If the dtype is none of uint8, int32 and float32 and none is given.
    CodeError
        If there is no such intent, dtype, encoding or order.

    Examples
    --------
    >>> from volio.formats.gifti import GiftiDataArray
    >>> array = GiftiDataArray(np.zeros((5, 3), np.float32), "NIFTI_INTENT_POINTSET")
    >>> array.dims, array.intent
    ([5, 3], 1008)
    """

    def __init__(
        self,
        data: ArrayLike | None = None,
        intent: int | str = "NIFTI_INTENT_NONE",
        datatype: Any = None,
        encoding: int | str = "GIFTI_ENCODING_B64GZ",
        endian: int | str = sys.byteorder,
        coordsys: GiftiCoordSystem | None = None,
        ordering: int | str = "C",
        meta: Mapping[str, Any] | None = None,
        ext_fname: str = "",
        ext_offset: int = 0,
    ) -> None:
        self._data: NDArray[Any] | None = None if data is None else np.asarray(data)
        self._block: DataBlock | None = None
        self.intent = known_code("Intent", intent, intent_codes)
        self.datatype = _datatype(self._data, datatype)
        self.encoding = _coded("Encoding", encoding, gifti_encoding_codes)
        self.endian = _coded("Endian", endian, gifti_endian_codes)
        self.ind_ord = _coded("ArrayIndexingOrder", ordering, array_index_order_codes)
        self._coordsystems: list[GiftiCoordSystem] | None = None if coordsys is None else [coordsys]
        #: Whether the file has a coordinate system for it; points always have one when written.
        self.has_coordsys = coordsys is not None
        self.meta = meta if isinstance(meta, GiftiMetaData) else GiftiMetaData(meta or {})
        self.ext_fname = ext_fname
        self.ext_offset = ext_offset
        #: Attributes and elements of the file that volio does not know; they are written again.
        self.other_attributes: dict[str, str] = {}
        self.other_elements: list[Element] = []

    # Values.

    @property
    def data(self) -> NDArray[Any] | None:
        """The values; those of a file are decoded when they are first asked for."""
        block = self._block
        if block is not None:
            self._data = block.values()
            self._block = None
        return self._data

    @data.setter
    def data(self, data: ArrayLike | None) -> None:
        self._block = None
        self._data = None if data is None else np.asarray(data)

    def set_block(self, block: DataBlock) -> None:
        """Set the values as they are in a file; they are decoded when they are asked for."""
        self._block = block
        self._data = None

    @property
    def is_decoded(self) -> bool:
        """Whether the values are in memory, decoded."""
        return self._block is None

    @property
    def dims(self) -> list[int]:
        """Length of each axis."""
        if self._block is not None:
            return list(self._block.shape)
        return [] if self._data is None else list(self._data.shape)

    @property
    def num_dim(self) -> int:
        """Number of axes."""
        return len(self.dims)

    # What they are.

    @property
    def coordsystems(self) -> list[GiftiCoordSystem]:
        """The coordinate systems; one that says nothing where the file has none."""
        if self._coordsystems is None:  # made when asked for: few arrays are points
            self._coordsystems = [GiftiCoordSystem()]
        return self._coordsystems

    @coordsystems.setter
    def coordsystems(self, systems: list[GiftiCoordSystem]) -> None:
        self._coordsystems = systems

    @property
    def coordsys(self) -> GiftiCoordSystem:
        """The first coordinate system whose space is known, else the first."""
        known = [system for system in self.coordsystems if system.dataspace]
        return known[0] if known else self.coordsystems[0]

    @coordsys.setter
    def coordsys(self, system: GiftiCoordSystem | None) -> None:
        self.coordsystems = [system or GiftiCoordSystem()]
        self.has_coordsys = system is not None

    @property
    def metadata(self) -> dict[str, Any]:
        """The texts as a dict; `meta` is today's way."""
        warn_caller("metadata: use meta, which is a mapping", DeprecationWarning)
        return dict(self.meta)

    @property
    def intent_name(self) -> str:
        """The intent as NIfTI calls it: "time series"."""
        return str(intent_codes.label[self.intent])

    def print_summary(self) -> None:
        """Print what is known of the array."""
        print("Intent: ", intent_codes.niistring[self.intent])
        print("DataType: ", data_type_codes.niistring.get(self.datatype, self.datatype))
        print("ArrayIndexingOrder: ", array_index_order_codes.label[self.ind_ord])
        print("Dimensionality: ", self.num_dim)
        print("Dimensions: ", self.dims)
        print("Encoding: ", gifti_encoding_codes.specs[self.encoding])
        print("Endian: ", gifti_endian_codes.specs[self.endian])
        if self.ext_fname:
            print("ExternalFileName: ", self.ext_fname)
            print("ExternalFileOffset: ", self.ext_offset)
        print("Metadata: ", dict(self.meta))
        self.coordsys.print_summary()

    def __repr__(self) -> str:
        return f"<GiftiDataArray {self.intent_name}, {self.dims}>"

    # Writing.

    def written(self, mode: str) -> tuple[Element, NDArray[Any]]:
        """Return the element without its ``Data``, and the values for that.

        Parameters
        ----------
        mode : {"strict", "compat", "force"}
            Whether dtypes that GIFTI does not have are refused, converted, or written.

        Raises
        ------
        HeaderDataError
            If the dtype is refused.
        ImageDataError
            If values do not fit the dtype.
        """
        given = np.zeros(0, np.float32) if self.data is None else self.data
        values = written_values(given, self.datatype, mode, self.intent_name)
        return self._element(values), values

    @property
    def order(self) -> str:
        """Which axis varies fastest in the file: "C" for the last, "F" for the first."""
        return str(array_index_order_codes.npcode[self.ind_ord])

    def _element(self, values: NDArray[Any]) -> Element:
        made = new_element("DataArray", None, **self._attributes(values))
        made.append(self.meta._to_xml_element())
        if self.intent == POINTSET or self.has_coordsys:
            made.extend(system._to_xml_element() for system in self.coordsystems)
        made.extend(self.other_elements)
        return made

    def _attributes(self, values: NDArray[Any]) -> dict[str, str]:
        is_external = self.encoding == EXTERNAL
        known = {
            "Intent": str(intent_codes.niistring[self.intent]),
            "DataType": _dtype_name(values.dtype),
            "ArrayIndexingOrder": str(array_index_order_codes.label[self.ind_ord]),
            "Dimensionality": str(values.ndim),
            "Encoding": str(gifti_encoding_codes.specs[self.encoding]),
            "Endian": str(gifti_endian_codes.specs[sys.byteorder]),
            "ExternalFileName": self.ext_fname if is_external else "",
            "ExternalFileOffset": str(self.ext_offset if is_external else 0),
        }
        lengths = {f"Dim{axis}": str(length) for axis, length in enumerate(values.shape)}
        return {**known, **lengths, **self.other_attributes}

    def _to_xml_element(self) -> Element:
        element, values = self.written("force")
        text = b""
        if self.encoding != EXTERNAL:
            pieces = data_pieces(values, self.encoding, self.order, None)
            text = b"".join(text_of_pieces(pieces))
        element.append(new_element("Data", text.decode("ascii")))
        return element


def decode_together(arrays: Iterable[GiftiDataArray]) -> None:
    """Decode the values of several arrays, on several threads."""
    waiting = [array for array in arrays if not array.is_decoded]
    if len(waiting) > 1:
        in_parallel(lambda array: array.data, waiting)


def _datatype(data: NDArray[Any] | None, datatype: Any) -> int:
    """Return the code of the dtype that is written."""
    if datatype is not None:
        return known_code("DataType", datatype, data_type_codes)
    if data is None:
        return 0
    native = data.dtype.newbyteorder("=")
    if native not in data_type_codes:
        raise CodeError(f"data: GIFTI has no place for {data.dtype}")
    code = int(data_type_codes[native])
    if code not in GIFTI_DTYPES:
        raise HeaderDataError(
            f"data: GIFTI has uint8, int32 and float32, and this is {data.dtype}; convert it, or "
            "give the datatype to write"
        )
    return code


def _coded(field: str, word: int | str, table: Recoder) -> int:
    if word not in table:
        known = sorted(table.value_set("specs" if "specs" in table.fields else "label"))
        raise CodeError(f"{field}: must be one of {', '.join(known)}, got {word!r}")
    return int(table[word])


def _dtype_name(dtype: np.dtype[Any]) -> str:
    code = data_type_codes[dtype.newbyteorder("=")]
    return str(data_type_codes.niistring[code])
