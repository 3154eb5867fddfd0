"""Cifti2Image: a matrix whose rows and columns are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from numpy.typing import DTypeLike

from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy, ArraySpec
from volio.caller import warn_caller
from volio.errors import HeaderDataError, UsageError, UsageTypeError, VolioWarning
from volio.files.filemap import FileHolder, FileMap, copy_file_map
from volio.files.opener import open_source
from volio.files.sources.source import ByteSource
from volio.formats.cifti2.checks import check_matrix, check_shape
from volio.formats.cifti2.header import Cifti2Header
from volio.formats.cifti2.nifti_header import FIRST_AXIS, LimitedNifti2Header
from volio.formats.cifti2.parts.access import GreyordinateAccess
from volio.formats.cifti2.parts.likeness import NewRows, header_like, matrix_like
from volio.formats.nifti1.contents import Cifti2Extension
from volio.formats.nifti1.voxel_start import place_voxels
from volio.images.arguments import check_header
from volio.images.chosen_dtype import dtype_or_word, set_dtype, settled_word
from volio.images.dataobj import DataobjImage
from volio.images.describe import table_html
from volio.images.headers.error_context import errors_name
from volio.images.kinds import Kind

if TYPE_CHECKING:
    from volio.formats.cifti2.axes.axis import MatrixAxis
    from volio.images.saving.plan import SavePlan

__all__ = ["Cifti2Image"]


class Cifti2Image(GreyordinateAccess, DataobjImage):
    """A matrix of CIFTI-2: vertices, voxels, parcels, points in time or maps along its axes.

    Parameters
    ----------
    dataobj : array-like
        An array or a lazy array. The values along axis 0 are next to each other in the file:
        points or maps, as a rule, while axis 1 has the vertices and voxels.
    header : Cifti2Header or sequence of axes, optional
        What the indices of each axis stand for (default: nothing yet).
    nifti_header : header, optional
        Of NIfTI-2, or any other (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image; not saved.
    file_map : mapping, optional
        Of 'image'.
    dtype : dtype-like, optional
        dtype of the values in the file.
    like : Cifti2Image, optional
        Instead of a header: an image of the same vertices and voxels, or parcels. Its axis that
        fits the data is kept, and so are its texts and NIfTI fields. The data may be one row,
        of shape (n,).
    names : str or iterable of str, optional
        With `like`: the names of the rows, which are maps.
    labels : Labels, mapping of int to str, or a sequence of these, optional
        With `like` and `names`: what the values of the maps stand for.
    step : float, optional
        With `like`: seconds from one row to the next, which are points of a series.

    Raises
    ------
    HeaderDataError
        If the header makes no sense, or CIFTI-2 has no such dtype.
    UsageError
        If no axis of `like` fits the data, or nothing says what the rows are.

    Warns
    -----
    VolioWarning
        If the header describes data of another shape; such an image cannot be saved.

    Examples
    --------
    >>> from volio.formats.cifti2 import ScalarAxis, SeriesAxis
    >>> axes = SeriesAxis(start=0, step=0.72, size=3), ScalarAxis(["a", "b"])
    >>> img = volio.Cifti2Image(np.arange(6, dtype=np.float32).reshape(3, 2), axes)
    >>> volio.save(img, "rest.nii")
    >>> loaded = volio.load("rest.nii")
    >>> loaded.shape, loaded.header.get_axis(1).name.tolist()
    ((3, 2), ['a', 'b'])
    """

    kind: ClassVar[Kind] = "greyordinates"
    header_class: ClassVar[type[Any]] = Cifti2Header
    files_types = (("image", ".nii"),)
    makeable = False
    ImageArrayProxy: ClassVar[type[ArrayProxy]] = ArrayProxy
    #: The values are the last in the file; what follows them, the header does not account for.
    ends_with_voxels: ClassVar[bool] = True
    block_bytes: ClassVar[int] = 1
    made_by: ClassVar[str] = "Cifti2Image(array, axes) has axes in place of an affine"
    leads_to: ClassVar[Mapping[Kind, str]] = {
        "volume": "img.volume is its volume (volio convert --part volume)",
        "surface": "img.left and img.right are its surfaces (volio convert --part left)",
    }
    _header: Cifti2Header | None

    def __init__(
        self,
        dataobj: Any,
        header: Cifti2Header | Iterable[MatrixAxis] | None = None,
        nifti_header: Any = None,
        extra: Mapping[str, Any] | None = None,
        file_map: Mapping[str, FileHolder] | None = None,
        dtype: DTypeLike | None = None,
        *,
        like: Cifti2Image | None = None,
        names: str | Iterable[str] | None = None,
        labels: Any = None,
        step: float | None = None,
    ) -> None:
        if dataobj is None:
            raise UsageTypeError("dataobj: must be an array or a lazy array, got None")
        new_rows = NewRows(names, labels, step)
        if like is not None:
            if not isinstance(like, Cifti2Image):
                raise UsageTypeError(f"like: must be a Cifti2Image, got {type(like).__name__}")
            if header is not None:
                raise UsageError("header, like: one of them says what the axes are, not both")
            dataobj = matrix_like(dataobj, like)
            header = header_like(dataobj.shape, like, new_rows)
        elif new_rows.are_given:
            raise UsageError("names, labels, step: are for images that are made with like=")
        check_header(type(self).__name__, header, self.made_by)
        if header is not None and not isinstance(header, Cifti2Header):
            header = Cifti2Header.from_axes(header)
        super().__init__(dataobj, header, extra, file_map)
        fields = like.nifti_header if like is not None and nifti_header is None else nifti_header
        self._nifti_header = LimitedNifti2Header.from_header(fields)
        self._extension: Cifti2Extension | None = None
        self._extensions_read: list[bytes] | None = None  # as they are in the file
        self._source: ByteSource | None = None
        self._dtype_wanted: str | None = None
        self._set_first_dtype(nifti_header, dtype)
        self.update_headers()
        if problem := check_shape(self.header.matrix, self.shape):
            warn_caller(f"{type(self).__name__}: {problem}", VolioWarning)

    def _set_first_dtype(self, nifti_header: Any, dtype: DTypeLike | None) -> None:
        """Set the dtype that was asked for, or take it from the array where nobody asked."""
        self._nifti_header.dtype_is_implied = False
        if dtype is not None:
            self.set_data_dtype(dtype)
        elif nifti_header is None:
            nearest = LimitedNifti2Header.nearest_dtype(self._dataobj.dtype)
            self._nifti_header.set_data_dtype(nearest)
            self._nifti_header.dtype_is_implied = True

    @property
    def header(self) -> Cifti2Header:
        """What the rows and columns stand for; the XML of a file is parsed when this is asked for.

        Raises
        ------
        CorruptFileError, HeaderDataError
            If the XML of the file makes no sense, or does not fit its data.
        """
        if self._header is None:
            self._header = self._parsed_header()
        return self._header

    def _parsed_header(self) -> Cifti2Header:
        assert self._extension is not None
        assert self._source is not None
        with errors_name(self._source):
            header = self._extension.get_content()
            check_matrix(header.matrix)
            if problem := check_shape(header.matrix, self.shape):
                raise HeaderDataError(f"dim: {problem}; format='nifti2' reads the numbers alone")
        return header

    @property
    def nifti_header(self) -> LimitedNifti2Header:
        """The header of NIfTI-2 around it; its extensions have the XML of the file."""
        return self._nifti_header

    def update_headers(self) -> None:
        """Bring the shape in the header of NIfTI-2 up to that of the data.

        It has four axes of length 1, for space and time, then those of the data.
        """
        shape = (1,) * FIRST_AXIS + self.shape
        if self._nifti_header.get_data_shape() != shape:
            self._nifti_header.set_data_shape(shape)

    def get_data_dtype(self, finalize: bool = False) -> Any:
        """Return the dtype of the values in the file, or the word that leaves it open.

        Parameters
        ----------
        finalize : bool
            Choose the dtype now, as saving would, and keep to it.

        Raises
        ------
        SaveError
            If no dtype of the format holds the values.
        """
        if finalize:
            self._dtype_wanted = settled_word(self._nifti_header, self._dtype_wanted, self._plan)
        return dtype_or_word(self._nifti_header, self._dtype_wanted)

    def set_data_dtype(self, dtype: DTypeLike) -> None:
        """Set the dtype of the values in the file.

        Parameters
        ----------
        dtype : dtype-like, 'exact', 'smallest', 'compat' or 'mask'
            Names leave the choice to the moment of saving, as for `volio.save`. 'mask' is uint8.

        Raises
        ------
        HeaderDataError
            If CIFTI-2 has no such dtype.
        """
        self._dtype_wanted = set_dtype(self._nifti_header, dtype)

    def _plan(self, header: LimitedNifti2Header, request: DTypeLike | None = None) -> SavePlan:
        from volio.images.saving.plan import plan_save  # most programs only read

        wanted = self._dtype_wanted if request is None else request
        return plan_save(self._data_to_save(), header, wanted, implied=header.dtype_is_implied)

    def __repr__(self) -> str:
        from volio.formats.cifti2.description import describe  # most programs only read

        return describe(self)

    def _repr_html_(self) -> str:
        from volio.formats.cifti2.description import facts  # most programs only read

        return table_html(type(self).__name__, facts(self), lambda: None, "")

    # Reading and writing.

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        mmap: bool | str | None = None,
        keep_file_open: bool | None = None,
    ) -> Self:
        """Load a CIFTI-2 file; data are read, and its XML is parsed, when they are asked for.

        Parameters
        ----------
        file_map : mapping
            Of 'image'.
        mmap : {False, True, 'c', 'r'}, optional
            Map the data of an uncompressed file into memory: True or 'c' copies on write,
            'r' is read-only. The default is that of `volio.options`.
        keep_file_open : bool, optional
            Whether the file stays open after a read, as one of a few. The default
            is that of `volio.options`.

        Raises
        ------
        ImageFileError
            If the file is missing, damaged, or shorter than its header requires.
        HeaderError
            If it is not a CIFTI-2 file; the message names it.
        """
        holder = file_map["image"]
        source = open_source(holder)
        with errors_name(source):
            header = LimitedNifti2Header.from_source(source)
            place_voxels(header, source)
            header.check_loaded()
            shape = header.get_data_shape()[FIRST_AXIS:]
            slope, inter = header.get_slope_inter()
            spec = ArraySpec(shape, header.get_data_dtype(), header.get_data_offset(), slope, inter)
            data = cls.ImageArrayProxy(
                source, spec, order="F", mmap=mmap, keep_file_open=keep_file_open
            )
        data.file_like = holder.file_like
        made = cls._loaded(data, header, copy_file_map(dict(file_map)), source)
        source.forget_head()
        return made

    @classmethod
    def _loaded(
        cls, data: LazyArray, header: LimitedNifti2Header, files: FileMap, source: ByteSource
    ) -> Self:
        """Return an image of a file whose XML has not been looked at."""
        made = cls.__new__(cls)
        DataobjImage.__init__(made, data, None, None, files)
        made._header = None
        made._nifti_header = header
        made._extension = header.cifti_extension()
        made._extensions_read = [extension.content for extension in header.extensions]
        made._source = source
        made._dtype_wanted = None
        return made

    @classmethod
    def from_image(cls, img: Any) -> Self:
        """Return an image of this class; there is no way from images of another kind.

        Raises
        ------
        UsageError
            If it is of another class.
        """
        return img if isinstance(img, cls) else super().from_image(img)

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        dtype: DTypeLike | None = None,
        compression: str | int | None = None,
    ) -> None:
        """Save the image to its file, replacing what is there in one step.

        Intent and intent name of the header become those of the axes.

        Parameters
        ----------
        file_map : mapping, optional
            Of 'image' (default: that of the image).
        dtype : dtype-like, 'exact' or 'smallest', optional
            dtype of the values in the file. Default: the header's, where it holds the values.
        compression : {"fast", "balanced", "small"} or int, optional
            How hard to compress a file whose name asks for it.

        Raises
        ------
        SaveError, HeaderError
            If the format cannot hold the image, or the header does not describe the data; before
            anything is written.

        Warns
        -----
        PrecisionWarning
            If values had to be rounded; the message states the largest error.
        VolioWarning
            If the ending of the name is that of other axes: ``.dtseries.nii`` for maps.
        """
        from volio.formats.cifti2.saving import write_image  # most programs only read

        files: FileMap = dict(self.file_map if file_map is None else file_map)
        replaces_own = self._reads_from(files)
        write_image(self, files["image"], dtype, compression, replaces_own)
        if replaces_own:
            mmap = getattr(self._dataobj, "mmap", False)
            self._dataobj = type(self).from_file_map(files, mmap=mmap).dataobj
