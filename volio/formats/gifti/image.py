"""GiftiImage: a surface, or values per vertex, in a GIFTI file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Self

from volio.codes import known_code
from volio.errors import UsageTypeError
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write, open_source
from volio.formats.containers.xml_elements import XmlSerializable
from volio.formats.gifti.aggregate import aggregated
from volio.formats.gifti.array_surface import ArraySurface
from volio.formats.gifti.data_array import GiftiDataArray
from volio.formats.gifti.external import ExternalFiles, external_name
from volio.formats.gifti.file_text import kept_source
from volio.formats.gifti.filling import fill
from volio.formats.gifti.label_table import GiftiLabelTable
from volio.formats.gifti.meta import GiftiMetaData
from volio.formats.gifti.parse import parse_gifti
from volio.formats.gifti.summary import print_summary
from volio.formats.gifti.write import check_encoding, root_element, xml_pieces
from volio.formats.nifti1.codes import intent_codes
from volio.images.file_image import FileImage
from volio.images.headers.error_context import errors_name
from volio.surfaces.contents import SurfaceContents

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["GiftiImage"]


class GiftiImage(ArraySurface, XmlSerializable):
    """A surface, values per vertex, or both, as arrays of a GIFTI file (.gii).

    Vertices and faces are the first arrays of points and triangles; `data` has the others that
    hold a value for each vertex. All of them are in `darrays`, a list that may be changed.

    Parameters
    ----------
    header, extra, file_map
        As for `FileImage`.
    meta : GiftiMetaData, optional
        Texts about the file.
    labeltable : GiftiLabelTable, optional
        The labels that keys of label arrays stand for.
    darrays : iterable of GiftiDataArray, optional
    version : str
        Of the format.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    >>> surf = volio.Surface(corners, [[0, 1, 2]], {"height": [0, 1, 2]}, space="mni")
    >>> volio.save(surf, "triangle.surf.gii")
    >>> volio.load("triangle.surf.gii").space
    'mni'
    """

    files_types = (("image", ".gii"),)
    data_suffix = ".data"
    parser: ClassVar[type[Any]]  # given by nibabel's names
    made_by = "volio.Surface(vertices, faces) makes a surface, GiftiImage(darrays=[...]) its arrays"

    def __init__(
        self,
        header: Any = None,
        extra: Mapping[str, Any] | None = None,
        file_map: Mapping[str, FileHolder] | None = None,
        meta: GiftiMetaData | None = None,
        labeltable: GiftiLabelTable | None = None,
        darrays: Iterable[GiftiDataArray] | None = None,
        version: str = "1.0",
    ) -> None:
        # Everything that a surface keeps itself is in the arrays here.
        FileImage.__init__(self, header, extra, file_map)
        self.darrays: list[GiftiDataArray] = list(darrays or [])
        self.meta = GiftiMetaData() if meta is None else meta
        self.labeltable = GiftiLabelTable() if labeltable is None else labeltable
        self.version = version
        self.other_attributes: dict[str, str] = {}
        self.other_elements: list[Element] = []

    # What the file holds.

    @property
    def numDA(self) -> int:
        """Number of arrays."""
        return len(self.darrays)

    def add_gifti_data_array(self, dataarr: GiftiDataArray) -> None:
        """Add an array at the end.

        Raises
        ------
        UsageTypeError
            If it is not a `GiftiDataArray`.
        """
        if not isinstance(dataarr, GiftiDataArray):
            raise UsageTypeError(f"dataarr: must be GiftiDataArray, got {type(dataarr).__name__}")
        self.darrays.append(dataarr)

    def remove_gifti_data_array(self, ith: int) -> None:
        """Take away the array with a number."""
        self.darrays.pop(ith)

    def remove_gifti_data_array_by_intent(self, intent: int | str) -> None:
        """Take away every array with an intent."""
        code = known_code("intent", intent, intent_codes)
        self.darrays = [array for array in self.darrays if array.intent != code]

    def get_arrays_from_intent(self, intent: int | str) -> list[GiftiDataArray]:
        """Return the arrays with an intent, given by code, name or constant."""
        code = known_code("intent", intent, intent_codes)
        return [array for array in self.darrays if array.intent == code]

    def agg_data(self, intent_code: Any = None) -> Any:
        """Return the values of arrays.

        Parameters
        ----------
        intent_code : int, str, or tuple of them, optional
            Which arrays; all by default.

        Returns
        -------
        array or tuple of arrays
            The only array as it is; time series as columns, shape (V, T); a tuple of several
            others, an empty one for none. For a tuple of intents, a tuple with one for each.
        """
        return aggregated(self, intent_code)

    def print_summary(self) -> None:
        """Print what is known of the file and its arrays."""
        print_summary(self)

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a GIFTI image with what it can hold of some contents."""
        made = cls(meta=GiftiMetaData(contents.meta))
        fill(made, contents)
        return made

    def copy(self) -> Self:
        """Return a copy with arrays of its own, all of those of the file; it has no file."""
        made = deepcopy(self)
        made.file_map = self.make_file_map()
        return made

    # Reading and writing.

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        buffer_size: int = 0,
        mmap: bool | str = True,
        *,
        allow_external: bool = False,
    ) -> Self:
        """Load a GIFTI file; its arrays are decoded when they are asked for.

        Parameters
        ----------
        file_map : mapping
            Of 'image'.
        buffer_size, mmap
            Not needed, and accepted for programs that give them.
        allow_external : bool
            Read files for values that are outside the file's own folder, too.

        Raises
        ------
        HeaderDataError
            If it is not a GIFTI file, or makes no sense.
        LimitError
            If it has elements without end, or is compressed and has more than 4 GiB.
        """
        holder = file_map["image"]
        source = open_source(holder)
        with errors_name(source):
            external = ExternalFiles(holder, source, allow_external)
            parts = parse_gifti(kept_source(source), "GIFTI", external.open)
        made = cls(None, None, file_map, parts.meta, parts.labeltable, parts.darrays, parts.version)
        made.other_attributes = parts.attributes
        made.other_elements = parts.elements
        return made

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        enc: str = "utf-8",
        *,
        mode: str = "compat",
        compression: str | int | None = None,
    ) -> None:
        """Save the image to its file.

        Parameters
        ----------
        file_map : mapping, optional
            Of 'image' (default: that of the image).
        enc : str
            Encoding of the text: UTF-8 is the only one.
        mode : {"compat", "strict", "force"}
            GIFTI has uint8, int32 and float32: whether other dtypes become these, are refused, or
            are written although few programs read them.
        compression : {"fast", "balanced", "small"} or int, optional
            How hard to compress, values and file.

        Raises
        ------
        HeaderDataError, ImageDataError
            If a dtype is refused, or values do not fit.
        """
        check_encoding(enc)
        holder = (file_map or self.file_map)["image"]
        target = external_name(holder)
        pieces, external = xml_pieces(self, mode, compression, target)
        holders = [holder]
        if external:
            folder = ExternalFiles(holder, None, False)
            holders = [folder.holder_of(target), holder]
        with open_for_write(holders, compression) as streams:
            for piece in external:
                streams[0].write(piece)
            for piece in pieces:
                streams[-1].write(piece)

    def _to_xml_element(self) -> Element:
        root = root_element(self)
        root.extend(array._to_xml_element() for array in self.darrays)
        return root

    def to_xml(self, enc: str = "utf-8", *, mode: str = "strict", **kwargs: Any) -> bytes:
        """Return the text of the file.

        Parameters
        ----------
        enc : str
            Encoding: UTF-8.
        mode : {"strict", "compat", "force"}
            As for `to_file_map`.
        **kwargs
            Accepted for programs that give them to ElementTree.

        Raises
        ------
        UsageTypeError
            If there is no such mode.
        """
        check_encoding(enc)
        pieces, _ = xml_pieces(self, mode, None, "")
        return b"".join(pieces)

    def to_bytes(self, enc: str = "utf-8", *, mode: str = "strict", **options: Any) -> bytes:
        """Return the bytes of the file, not compressed; parameters as for `to_file_map`."""
        return super().to_bytes(enc=enc, mode=mode, **options)
