"""PAR/REC and XML/REC images, which only scanners write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.proxy import ArrayProxy, ArraySpec
from volio.arrays.select import Selection
from volio.errors import FileHolderError
from volio.files.filemap import FileHolder, FileMap, copy_file_map
from volio.files.names import is_there
from volio.files.opener import open_companion, open_source
from volio.files.remote.addresses import is_address
from volio.formats.parrec.header import PARRECHeader
from volio.formats.parrec.parse import parse_text, read_text
from volio.images.file_image import Filename
from volio.images.headers.error_context import errors_name
from volio.images.spatial import SpatialImage

__all__ = ["PARRECArrayProxy", "PARRECImage", "XMLRECImage"]


class PARRECArrayProxy(Selection):
    """The voxels of a REC file, in the order of slices and volumes, scaled.

    Parameters
    ----------
    file_like : str, path, file object or ByteSource
    header : PARRECHeader
    mmap : bool or str, optional
        As for `ArrayProxy`, but slices come in any order, so none are mapped.
    scaling : {'dv', 'fp'}
        As for `PARRECHeader.get_data_scaling`.
    keep_file_open : bool, optional
        As for `ArrayProxy`.
    """

    def __init__(
        self,
        file_like: Any,
        header: PARRECHeader,
        *,
        mmap: bool | str | None = None,
        scaling: str = "dv",
        keep_file_open: bool | None = None,
    ) -> None:
        self.file_like = file_like
        factors = [self._of_images(each, header) for each in header.get_data_scaling(scaling)]
        spec = ArraySpec(header.get_rec_shape(), header.get_data_dtype(), 0, *factors)
        base = ArrayProxy(file_like, spec, mmap=mmap, keep_file_open=keep_file_open)
        base.mmap = False
        super().__init__(base, header.get_places().tolist(), header.get_data_shape()[2:])

    @staticmethod
    def _of_images(factors: Array, header: PARRECHeader) -> Any:
        """Return a factor for each image of the file, shape (1, 1, images), or one for all."""
        flat = factors.ravel(order="F")
        if np.all(flat == flat[0]):
            return float(flat[0])
        in_file = np.ones(header.get_rec_shape()[2])
        in_file[header.get_places()] = flat
        return in_file.reshape(1, 1, -1)

    def get_unscaled(self) -> Array:
        """Read all voxels as they are stored."""
        return self.unscaled().read()

    def unscaled(self) -> Selection:
        """Return the stored values, lazy."""
        assert isinstance(self.base, ArrayProxy)
        later = self.shape[2:]
        return Selection(self.base.unscaled(), self.places.ravel(order="F").tolist(), later)


class PARRECImage(SpatialImage):
    """A Philips scan, .PAR and .REC.

    Parameters
    ----------
    dataobj, affine, header, extra, file_map
        As for `SpatialImage`; images are loaded, and saved in other formats.

    Raises
    ------
    AffineError
        If the affine is not 4x4 and finite.

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> img = volio.load(samples_of("parrec")[1].path)
    >>> img.shape, img.header.get_zooms()
    ((4, 3, 2, 3), (2.5, 2.5, 3.5, 2.0))
    """

    header_class = PARRECHeader
    files_types = (("header", ".PAR"), ("image", ".REC"))
    valid_exts = (".PAR", ".REC")
    makeable = False
    rw = False
    ImageArrayProxy = PARRECArrayProxy
    header: PARRECHeader

    @classmethod
    def filespec_to_file_map(cls, filespec: Filename) -> FileMap:
        """Return the file map from the name of either file; case does not matter for the other."""
        file_map = super().filespec_to_file_map(filespec)
        return {
            part: FileHolder(filename=_in_any_case(str(holder.filename)))
            for part, holder in file_map.items()
        }

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        mmap: bool | str | None = None,
        keep_file_open: bool | None = None,
        permit_truncated: bool = False,
        scaling: str = "dv",
        strict_sort: bool = False,
        orientation: str | None = None,
    ) -> Self:
        """Load a scan; its voxels are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
            'header' and 'image' to `FileHolder`.
        mmap, keep_file_open
            As for `PARRECArrayProxy`.
        permit_truncated, strict_sort, orientation
            As for `PARRECHeader`.
        scaling : {'dv', 'fp'}
            As for `PARRECHeader.get_data_scaling`.

        Raises
        ------
        PARRECError
            If the header makes no sense, or slices are missing.
        ImageFileError
            If a file is missing or too short.
        """
        if not {"header", "image"} <= set(file_map):
            raise FileHolderError(f"file_map: needs 'header' and 'image', has {sorted(file_map)}")
        source = open_source(file_map["header"])
        with errors_name(source):
            info, defs = parse_text(read_text(source))
            header = cls.header_class(info, defs, permit_truncated, strict_sort, orientation)
            affine = header.get_affine()
            voxels = open_companion(file_map["image"], source)
            data = cls.ImageArrayProxy(
                voxels, header, mmap=mmap, scaling=scaling, keep_file_open=keep_file_open
            )
        return cls(data, affine, header, file_map=copy_file_map(dict(file_map)))


class XMLRECImage(PARRECImage):
    """A Philips scan, .xml and .rec.

    Parameters
    ----------
    dataobj, affine, header, extra, file_map
        As for `SpatialImage`; images are loaded, and saved in other formats.

    Raises
    ------
    AffineError
        If the affine is not 4x4 and finite.

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> img = volio.load(samples_of("parrec")[0].path)
    >>> img.shape, img.header.get_zooms()
    ((4, 3, 2, 3), (2.5, 2.5, 3.5, 2.0))
    """

    files_types = (("header", ".xml"), ("image", ".rec"))
    valid_exts = (".xml", ".rec")


def _in_any_case(name: str) -> str:
    """Return a name as the folder has it, in whatever case; as it is where it has none."""
    path = Path(name)
    if is_address(name) or is_there(name) or not is_there(f"{path.parent}/."):
        return name
    alike = sorted(p for p in path.parent.iterdir() if p.name.lower() == path.name.lower())
    return str(alike[0]) if len(alike) == 1 else name
