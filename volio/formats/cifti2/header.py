"""Cifti2Header: the XML of a CIFTI-2 file, which says what rows and columns stand for."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Self

from volio.errors import HeaderDataError
from volio.files.xml_events import parse_xml
from volio.formats.cifti2.elements.element import CiftiElement
from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap
from volio.formats.cifti2.elements.matrix import Cifti2Matrix
from volio.formats.containers.xml_elements import new_element
from volio.formats.signatures import has_cifti_intent
from volio.images.headers.kinship import Kinship

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from volio.formats.cifti2.axes.axis import MatrixAxis

__all__ = ["Cifti2Header", "check_version"]

VERSION = "2"
CONVERT = "wb_command -file-convert -cifti-version-convert OLD 2 NEW.nii"


def check_version(version: str) -> None:
    """Refuse other versions of CIFTI than 2.

    Raises
    ------
    HeaderDataError
        Saying what converts files of version 1.
    """
    if version.partition(".")[0] != VERSION:
        raise HeaderDataError(
            f"CIFTI: Version: only CIFTI-2 is read, got {version[:20]!r}; Workbench converts: "
            f"{CONVERT}"
        )


class Cifti2Header(CiftiElement, metaclass=Kinship):
    """What the rows and columns of a matrix stand for.

    Parameters
    ----------
    matrix : Cifti2Matrix, optional
        A mapping for each dimension (default: without any).
    version : str
        Of CIFTI.

    Examples
    --------
    >>> header = volio.Cifti2Header()
    >>> header.mapped_indices, header.to_xml()
    ([], b'<CIFTI Version="2.0"><Matrix /></CIFTI>')
    """

    #: Names of classes whose instances these headers count as; see `Kinship`.
    counts_as: ClassVar[tuple[str, ...]] = ("SpatialHeader",)

    def __init__(self, matrix: Cifti2Matrix | None = None, version: str = "2.0") -> None:
        self.matrix = Cifti2Matrix() if matrix is None else matrix
        self.version = version

    @classmethod
    def from_xml(cls, text: bytes | str) -> Self:
        """Return the header of the XML of a file.

        Raises
        ------
        CorruptFileError, HeaderDataError
            If it is not the XML of CIFTI-2, or something in it makes no sense.
        LimitError
            If it has elements without end.
        """
        root = parse_xml(text, "CIFTI-2 header")
        if root.tag != "CIFTI":
            raise HeaderDataError(f"the root element is {root.tag[:60]!r}, not CIFTI")
        version = root.get("Version", "")
        check_version(version)
        matrix = root.find("Matrix")
        if matrix is None:
            raise HeaderDataError("CIFTI: Matrix is missing")
        made = cls(Cifti2Matrix.from_element(matrix), version)
        made._keep_unknown(root, ("Version",), ("Matrix",))
        return made

    @classmethod
    def from_header(cls, header: Any = None) -> Self:
        """Return a copy of a header; one without mappings for anything else."""
        return deepcopy(header) if isinstance(header, cls) else cls()

    @staticmethod
    def from_axes(axes: Iterable[MatrixAxis]) -> Cifti2Header:
        """Return the header of a matrix with these axes, one for each of its dimensions."""
        from volio.formats.cifti2.axes.mapping import to_header  # it imports this module

        return to_header(axes)

    @classmethod
    def may_contain_header(cls, binaryblock: bytes) -> bool:
        """Return whether bytes begin like a CIFTI-2 file: NIfTI-2 with an intent of CIFTI-2."""
        return has_cifti_intent(binaryblock)

    def copy(self) -> Self:
        """Return a copy of it all."""
        return deepcopy(self)

    @property
    def number_of_mapped_indices(self) -> int:
        """How many mappings there are; one of them may be of several dimensions."""
        return len(self.matrix)

    @property
    def mapped_indices(self) -> list[int]:
        """The dimensions that have a mapping."""
        return self.matrix.mapped_indices

    def get_index_map(self, index: int) -> Cifti2MatrixIndicesMap:
        """Return the mapping of a dimension.

        Raises
        ------
        HeaderDataError
            If it has none.
        """
        return self.matrix.get_index_map(index)

    def get_axis(self, index: int) -> MatrixAxis:
        """Return the axis of a dimension: what each of its indices stands for.

        Raises
        ------
        HeaderDataError
            If it has no mapping, or that makes no sense.
        """
        return self.matrix.get_axis(index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cifti2Header):
            return NotImplemented
        return self.to_xml() == other.to_xml()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Cifti2Header {self.version} {self.matrix!r}>"

    def _known_element(self) -> Element:
        made = new_element("CIFTI", Version=str(self.version))
        made.append(self.matrix._to_xml_element())
        return made
