"""MINC1 images: a NetCDF file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, BinaryIO, ClassVar, Self

from numpy.typing import DTypeLike

from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy, ArraySpec
from volio.arrays.stored import Stored
from volio.errors import FileHolderError, HeaderError, SpaceError
from volio.files.cuts import announce
from volio.files.filemap import FileHolder, copy_file_map
from volio.files.opener import open_source
from volio.formats.minc1.header import MincHeader
from volio.formats.minc1.netcdf import NetCDF, read_netcdf
from volio.formats.minc1.netcdfwriting import write_netcdf
from volio.formats.minc1.storing import plan_minc
from volio.images.outline import Blank, VoxelsNeededError
from volio.images.slab import Mmap, SlabImage
from volio.images.storing import Storing

__all__ = ["Minc1Header", "Minc1Image", "MincImageArrayProxy"]


class MincImageArrayProxy(ArrayProxy):
    """The voxels of a MINC1 file.

    Parameters
    ----------
    file_like, spec, **options
        As for `ArrayProxy`.
    limits : (int, int), optional
        Stored numbers beyond these count as these: valid_range, where it is less than the dtype's.
    """

    def __init__(
        self, file_like: Any, spec: Any, *, limits: tuple[int, int] | None = None, **options: Any
    ) -> None:
        self.limits = limits
        super().__init__(file_like, spec, **options)

    def _stored(self) -> Stored:
        return super()._stored()._replace(limits=self.limits)

    @property
    def _is_mapped(self) -> bool:
        return self.limits is None and super()._is_mapped

    def reshape(self, *shape: Any) -> LazyArray:
        """Return the same voxels in another shape; see `ArrayProxy`."""
        return super().reshape(*shape) if self.limits is None else LazyArray.reshape(self, *shape)


class Minc1Header(MincHeader):
    """The header of a MINC1 image; parameters are those of `MincHeader`."""

    @classmethod
    def may_contain_header(cls, binaryblock: bytes) -> bool:
        """Tell whether first bytes are those of a NetCDF file."""
        return binaryblock[:4] in (b"CDF\x01", b"CDF\x02")

    @property
    def offset(self) -> int:
        """Byte at which the voxels begin in a file that is written."""
        return len(write_netcdf(self.dataset)[0])


class Minc1Image(SlabImage):
    """A MINC1 image, .mnc; parameters are those of `SlabImage`."""

    header_class: ClassVar[type[MincHeader]] = Minc1Header
    files_types = (("image", ".mnc"),)
    valid_exts = (".mnc",)
    ends_with_voxels = False
    ImageArrayProxy = MincImageArrayProxy
    header: MincHeader

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        mmap: Mmap = None,
        keep_file_open: bool | None = None,
    ) -> Self:
        """Load an image from its file; voxels are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
            'image' to `FileHolder`.
        mmap, keep_file_open
            As for `SlabImage`.

        Raises
        ------
        MincError, HeaderDataError
            If the file makes no sense, or has irregular spacing.
        ImageFileError
            If the file is missing, damaged or too short.
        """
        if "image" not in file_map:
            raise FileHolderError(f"file_map: has no 'image', only {sorted(file_map)}")
        source = open_source(file_map["image"])
        try:
            file = read_netcdf(source)
            header = cls.header_of(file)
            proxy = cls.proxy_of(file, header, mmap=mmap, keep_file_open=keep_file_open)
            data = header.arrangement.view(proxy)
            img = cls(data, header.affine, header, file_map=copy_file_map(dict(file_map)))
        except (HeaderError, SpaceError) as error:
            raise type(error)(f"{source.name}: {error}") from error
        proxy.file_like = file_map["image"].file_like
        source.forget_head()
        return img

    @classmethod
    def header_of(cls, file: NetCDF) -> MincHeader:
        """Return the header of a file, its small variables read."""
        for name, variable in file.dataset.variables.items():
            if name != "image":
                variable.values = file.read(name)
        return cls.header_class(file.dataset)

    @classmethod
    def proxy_of(cls, file: NetCDF, header: MincHeader, **options: Any) -> MincImageArrayProxy:
        """Return the voxels of a file, in its order of dimensions."""
        source, offset = file.bytes_of("image")
        slope, inter = header.get_slope_inter()
        dtype = header.dtype.newbyteorder(">")
        spec = ArraySpec(header.stored_shape, dtype, offset, slope, inter)
        return cls.ImageArrayProxy(source, spec, order="C", limits=header.limits, **options)

    def _plan(self, header: Any, request: DTypeLike | None = None) -> Storing:
        return plan_minc(partial(super()._plan, header, request), header)

    def _write(self, streams: Mapping[str, BinaryIO], header: Any, storing: Storing) -> None:
        if isinstance(storing.voxels, Blank) and not header.arrangement.is_plain:
            raise VoxelsNeededError  # they come in another order than they lie in the file
        stream = streams["image"]
        before, after = write_netcdf(header.dataset)
        announce(stream, len(before), header.dtype.itemsize, header.stored_shape[::-1])
        stream.write(before)
        storing.write(stream, header.dtype.newbyteorder(">"))
        stream.write(after)
