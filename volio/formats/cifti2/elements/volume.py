"""Cifti2Volume: the grid that voxels are in, and where it is in space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.encodings.text_numbers import parse_numbers
from volio.errors import CorruptFileError, HeaderDataError
from volio.formats.cifti2.elements.element import CiftiElement, required, stated_integer
from volio.formats.containers.xml_elements import new_element

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ", "Cifti2Volume"]

MATRIX = "TransformationMatrixVoxelIndicesIJKtoXYZ"
MILLIMETRES = -3  # exponent of a metre
LARGEST_EXPONENT = 30


class Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ(CiftiElement):
    """The affine of a volume, in the unit that the file states.

    Parameters
    ----------
    meter_exponent : int, optional
        Coordinates times ten to this are metres: -3 for mm.
    matrix : array-like, shape (4, 4), optional
        Voxel indices i, j, k (voxel centres at integers) to RAS+ coordinates.
    """

    def __init__(self, meter_exponent: int | None = None, matrix: ArrayLike | None = None) -> None:
        self.meter_exponent = meter_exponent
        self.matrix = matrix

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the matrix of an element; its numbers may be in any number of lines.

        Raises
        ------
        CorruptFileError
            If they are not numbers.
        HeaderDataError
            If they are not sixteen.
        """
        words = (element.text or "").encode().split()
        numbers = parse_numbers(words, np.dtype(np.float64), MATRIX)
        if len(numbers) != 16:
            raise HeaderDataError(f"{MATRIX}: must be 16 numbers, got {len(numbers)}")
        exponent = stated_integer(element, "MeterExponent")
        if abs(exponent or 0) > LARGEST_EXPONENT:
            raise HeaderDataError(
                f"{MATRIX}: MeterExponent: must be -{LARGEST_EXPONENT} to {LARGEST_EXPONENT}, got "
                f"{exponent}"
            )
        made = cls(exponent, numbers.reshape(4, 4))
        made._keep_unknown(element, ("MeterExponent",))
        return made

    @property
    def affine_mm(self) -> NDArray[np.float64]:
        """Voxel indices to RAS+ mm, shape (4, 4); without an exponent it is mm already.

        Raises
        ------
        HeaderDataError
            If there is no matrix.
        """
        affine = np.array(required(self.matrix, f"{MATRIX}: matrix"), np.float64)
        if self.meter_exponent not in (None, MILLIMETRES):
            # Multiplying by ten to a positive power is exact where dividing is, and the reverse.
            shift = int(self.meter_exponent or 0) - MILLIMETRES
            affine[:3] = affine[:3] * 10.0**shift if shift > 0 else affine[:3] / 10.0**-shift
        return affine

    def _known_element(self) -> Element:
        matrix = np.asarray(required(self.matrix, f"{MATRIX}: matrix"), np.float64)
        exponent = MILLIMETRES if self.meter_exponent is None else self.meter_exponent
        # The shortest text that gives each number back.
        rows = [" ".join(map(_text, row)) for row in matrix.tolist()]
        return new_element(MATRIX, "\n".join(rows), MeterExponent=str(exponent))


def _text(value: float) -> str:
    return repr(value).removesuffix(".0")


class Cifti2Volume(CiftiElement):
    """The grid whose voxels a mapping has.

    Parameters
    ----------
    volume_dimensions : sequence of int, optional
        Three lengths, in voxels.
    transform_matrix : Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ, optional
    """

    def __init__(
        self,
        volume_dimensions: Sequence[int] | None = None,
        transform_matrix: Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ | None = None,
    ) -> None:
        self.volume_dimensions = volume_dimensions
        self.transformation_matrix_voxel_indices_ijk_to_xyz = transform_matrix

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the volume of a ``Volume`` element.

        Raises
        ------
        CorruptFileError, HeaderDataError
            If its lengths or its matrix make no sense.
        """
        matrix = element.find(MATRIX)
        if matrix is None:
            raise HeaderDataError(f"Volume: {MATRIX} is missing")
        made = cls(
            _lengths(element.get("VolumeDimensions", "")),
            Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ.from_element(matrix),
        )
        made._keep_unknown(element, ("VolumeDimensions",), (MATRIX,))
        return made

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices (voxel centres at integers) to RAS+ mm, shape (4, 4).

        Raises
        ------
        HeaderDataError
            If there is no matrix.
        """
        what = f"Volume: {MATRIX}"
        return required(self.transformation_matrix_voxel_indices_ijk_to_xyz, what).affine_mm

    def __repr__(self) -> str:
        return f"<Cifti2Volume {self.volume_dimensions}>"

    def _known_element(self) -> Element:
        lengths = required(self.volume_dimensions, "Volume: volume_dimensions")
        matrix = required(self.transformation_matrix_voxel_indices_ijk_to_xyz, f"Volume: {MATRIX}")
        made = new_element("Volume", VolumeDimensions=",".join(map(str, lengths)))
        made.append(matrix._to_xml_element())
        return made


def _lengths(text: str) -> tuple[int, ...]:
    """Return the three lengths of a text, separated by commas."""
    try:
        numbers = parse_numbers(
            [word.strip().encode() for word in text.split(",")],
            np.dtype(np.int64),
            "VolumeDimensions",
        ).tolist()
    except CorruptFileError as error:
        raise HeaderDataError(f"Volume: {error}") from error
    if len(numbers) != 3 or min(numbers) < 0:
        raise HeaderDataError(f"Volume: VolumeDimensions: must be three lengths, got {text[:60]!r}")
    return tuple(numbers)
