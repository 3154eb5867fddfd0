"""DsiStudioImage: the volumes in a file of DSI Studio, which is read and not written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.errors import FileHolderError, GeometryWarning, HeaderDataError, UsageError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.formats.dsi_studio.contents import DsiStudioContents
from volio.formats.dsi_studio.header import DsiStudioHeader
from volio.formats.dsi_studio.metrics import MetricsArray
from volio.images.headers.error_context import errors_name, warn_of_content
from volio.images.spatial import SpatialImage

__all__ = ["DsiStudioImage"]


class DsiStudioImage(SpatialImage):
    """The volumes of DSI Studio's fibres (.fib.gz, .fz) or diffusion images (.src.gz, .sz).

    Each is one volume along the fourth axis, in the order of the file; its name is in
    ``img.header.names``. Vectors of fibres (``dir0``) are three volumes, along the axes of voxels.
    Voxels outside of the mask, which newer files leave out, are 0. Images are loaded, and saved in
    other formats. Gradients are not taken over, for DSI Studio does not say in which frame of axes
    they are: ``img.matrix("b_table")`` has them as stored.

    Parameters
    ----------
    dataobj : array-like
        Voxels, axes (i, j, k, volume); an array or a lazy array.
    affine : (4, 4) array-like or None
        Voxel indices (voxel centres at integers) to scanner RAS+ mm; None for unknown.
    header : header, optional
        What else is known, of any class (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image.
    file_map : mapping, optional
        Files of the image.

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> img = volio.load(samples_of("dsi_studio")[0].path)
    >>> img.shape, img.header.names[:2], img.matrix("odf_vertices").shape
    ((6, 5, 4, 7), ('fa0', 'fa1'), (3, 8))
    """

    header_class = DsiStudioHeader
    header: DsiStudioHeader
    files_types = (("image", ".fib"),)
    valid_exts = (".fib", ".fz", ".src", ".sz")
    makeable = False
    rw = False
    ImageArrayProxy: ClassVar[type[LazyArray]] = MetricsArray
    _contents: DsiStudioContents | None = None

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        mmap: bool | str | None = None,
        keep_file_open: bool | None = None,
    ) -> Self:
        """Load volumes from their file; voxels are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
            'image' to the `FileHolder` of the file.
        mmap, keep_file_open : optional
            Of no use here: volumes have several dtypes, and places in the file.

        Raises
        ------
        ImageFileError
            If the file is not complete, or not one of MATLAB.
        HeaderDataError
            If its grid makes no sense, or it has no volumes.

        Warns
        -----
        GeometryWarning
            If the file does not say where its voxels are.
        """
        if "image" not in file_map:
            raise FileHolderError(f"file_map: has no 'image', only {sorted(file_map)}")
        source = open_source(file_map["image"])
        with errors_name(source):
            contents = DsiStudioContents(source)
            metrics = contents.metrics()
            if not metrics:
                raise HeaderDataError(
                    f"matrices: none has the {contents.n_voxels} voxels of {contents.shape}: "
                    f"{', '.join(list(contents.variables)[:8])}"
                )
            header = cls.header_class()
            header.names = tuple([metric.name for metric in metrics])
            header.report = contents.text("report")
            header.matrices = tuple(contents.variables)
            affine = contents.affine
            if not contents.has_affine:
                warn_of_content(
                    "trans: there is no such matrix: axes are taken to run to the left, to the "
                    "back and up, as in DSI Studio, and the position is not known",
                    GeometryWarning,
                )
            voxels = MetricsArray(source, contents.shape, metrics)
            header.set_from(voxels.shape, voxels.dtype, affine)
            made = cls(voxels, affine, header, file_map=file_map)
        made._contents = contents
        return made

    def matrix(self, name: str) -> NDArray[Any]:
        """Return a matrix of the file as it is stored.

        Parameters
        ----------
        name : str
            One of ``img.header.matrices``: ``odf_vertices`` are the directions, unit vectors in
            columns, that ``index0`` counts from 0.

        Returns
        -------
        ndarray, shape (rows, columns)

        Raises
        ------
        UsageError
            If the file has no such matrix, or the image is not of a file.
        """
        known = {} if self._contents is None else self._contents.variables
        if self._contents is None or name not in known:
            listed = ", ".join(known) or "none, for the image is not of a file"
            raise UsageError(f"name: there is no matrix {name!r}; there are: {listed}")
        return self._contents.matrix(name)
