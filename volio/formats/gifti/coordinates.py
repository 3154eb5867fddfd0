"""Coordinate systems of a GIFTI array: its space, and the matrix that leads to another."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError
from volio.formats.containers.xml_elements import XmlSerializable, child_text, new_element
from volio.formats.nifti1.codes import xform_codes
from volio.numerals import parse_float

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["GiftiCoordSystem", "code_of_space", "space_of_code"]

#: Characters of a matrix whose numbers are remembered.
LONGEST_KNOWN = 1000
TEMPLATE = "template:unnamed"


class GiftiCoordSystem(XmlSerializable):
    """The space of coordinates, and a matrix from there to another space.

    Parameters
    ----------
    dataspace, xformspace : int or str
        Codes of NIfTI's spaces: 0 unknown, 1 scanner, 2 aligned, 3 Talairach, 4 MNI, 5 template.
    xform : array-like, shape (4, 4), optional
        mm to mm; the identity by default.

    Raises
    ------
    HeaderDataError
        If the matrix has not 16 numbers.
    """

    def __init__(
        self, dataspace: int | str = 0, xformspace: int | str = 0, xform: ArrayLike | None = None
    ) -> None:
        self.dataspace: Any = dataspace
        self.xformspace: Any = xformspace
        numbers = np.eye(4) if xform is None else np.asarray(xform, float)
        if numbers.size != 16:
            raise HeaderDataError(f"MatrixData: must be 4 x 4 numbers, got {numbers.size}")
        #: The matrix; programs may set None, which is written as the identity.
        self.xform: NDArray[np.float64] | None = numbers.reshape(4, 4)

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the system of a ``CoordinateSystemTransformMatrix`` element.

        Raises
        ------
        HeaderDataError
            If a space is unknown to NIfTI, or the matrix has not 16 numbers.
        """
        own = _code(child_text(element, "DataSpace"))
        other = _code(child_text(element, "TransformedSpace"))
        text = child_text(element, "MatrixData")
        numbers = _numbers(text) if len(text) > LONGEST_KNOWN else _known_numbers(text)
        return cls(own, other, numbers or None)

    def print_summary(self) -> None:
        """Print spaces and matrix."""
        print("Dataspace: ", xform_codes.niistring.get(self.dataspace, self.dataspace))
        print("XFormSpace: ", xform_codes.niistring.get(self.xformspace, self.xformspace))
        print("Affine Transformation Matrix:\n", self.xform)

    def __repr__(self) -> str:
        spaces = f"{space_of_code(self.dataspace)} to {space_of_code(self.xformspace)}"
        return f"<GiftiCoordSystem {spaces}>"

    def _to_xml_element(self) -> Element:
        made = new_element("CoordinateSystemTransformMatrix")
        made.append(new_element("DataSpace", _written(self.dataspace)))
        made.append(new_element("TransformedSpace", _written(self.xformspace)))
        matrix = np.eye(4) if self.xform is None else self.xform
        made.append(new_element("MatrixData", "\n".join(map(_row_text, matrix))))
        return made


def _numbers(text: str) -> tuple[float, ...]:
    """Return the numbers of a matrix."""
    try:
        return tuple(parse_float(word) for word in text.split())
    except ValueError as error:
        raise HeaderDataError(f"MatrixData: must be numbers, {error}") from error


#: The arrays of a file mostly have the same matrix, and most files the identity.
_known_numbers = lru_cache(maxsize=16)(_numbers)


def _code(text: str) -> int:
    """Return the code of a space; 0 where the file does not name any."""
    if not text:
        return 0
    if text not in xform_codes:
        raise HeaderDataError(f"DataSpace: {text[:60]!r} is not a space of NIfTI")
    return int(xform_codes[text])


def _row_text(row: Iterable[float]) -> str:
    return " ".join(repr(float(value)) for value in row)


def _written(code: Any) -> str:
    name: str = xform_codes.niistring.get(code, "NIFTI_XFORM_UNKNOWN")
    return name


def space_of_code(code: Any) -> str:
    """Return the name of a space as surfaces have it."""
    label: str = xform_codes.label.get(code, "unknown")
    return TEMPLATE if label == "template" else label


def code_of_space(space: str) -> int:
    """Return the code of a space; 0 for those that NIfTI does not have, as tkRAS."""
    label = "template" if space.startswith("template:") else space
    return int(xform_codes[label]) if label in xform_codes else 0
