"""TextSlabImage: a header of text, and voxels behind it or in files that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, ClassVar, Self

from numpy.typing import DTypeLike

from volio.arrays.encodings.table import encode
from volio.arrays.proxy import ArraySpec
from volio.files.codecs.presets import Compression
from volio.files.filemap import FileHolder, FileMap, copy_file_map
from volio.files.names import split_ending
from volio.files.opener import open_source
from volio.files.saving.chunk_layout import announce
from volio.images.data_files import DataFileFinder, voxel_bytes
from volio.images.file_image import Filename
from volio.images.headers.error_context import errors_name
from volio.images.headers.text.header import TextHeader
from volio.images.saving.plan import SavePlan
from volio.images.slab import Mmap, SlabImage
from volio.space.rotations import affine_difference

__all__ = ["TextPairImage", "TextSlabImage"]

MOST_IN_MEMORY = 1 << 22
NEAR = 1e-3  # part of a voxel


class TextSlabImage(SlabImage):
    """An image whose file is a header of text with the voxels behind it.

    Parameters are those of `SlabImage`.
    """

    header_class: ClassVar[type[TextHeader]] = TextHeader
    #: The part with the header.
    header_part: ClassVar[str] = "image"

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        mmap: Mmap = None,
        keep_file_open: bool | None = None,
        allow_external: bool = False,
    ) -> Self:
        """Load an image from its files; voxels are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
            'image', and for a header that stands alone 'header', to `FileHolder`.
        mmap, keep_file_open
            As for `SlabImage`; voxels whose axes lie otherwise in the file are read as usual.
        allow_external : bool
            Read data files outside the folder of the header too.

        Raises
        ------
        ImageFileError
            If a file is missing, damaged, shorter than its header says, or may not be read.
        HeaderError
            If the header makes no sense.
        """
        holder = file_map.get(cls.header_part) or file_map["image"]
        source = open_source(holder)
        beside = file_map.get("image") if holder is not file_map.get("image") else None
        with errors_name(source):
            header = cls.header_class.from_source(source)
            finder = DataFileFinder(holder, source, beside, allow_external)
            voxels, offset = voxel_bytes(header, finder)
            slope, inter = header.get_slope_inter()
            spec = ArraySpec(header.stored_shape, header.get_data_dtype(), offset, slope, inter)
            proxy = cls.ImageArrayProxy(
                voxels, spec, mmap=mmap, order="F", keep_file_open=keep_file_open
            )
            data = header.axis_map.view(proxy)
            known = copy_file_map({**file_map, **finder.found})
            return cls(data, header.get_best_affine(), header, file_map=known)

    # Writing.

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        dtype: DTypeLike | None = None,
        compression: Compression = None,
    ) -> None:
        """Save the image to its files; see `SlabImage`.

        The encoding is that of the header; `compression` is for it and for the files.
        """
        self._compression = compression
        self._files = dict(self.file_map if file_map is None else file_map)
        super().to_file_map(file_map, dtype, compression)
        del self._compression, self._files

    _compression: Compression = None
    _files: FileMap | None = None

    def _lost_geometry(self, file_map: Mapping[str, FileHolder]) -> str | None:
        if self._affine is None or 0 in self.shape or len(self.shape) > 2:
            return None
        stored = self._header.get_best_affine()
        mm = affine_difference(self._affine, stored, self.shape)[1]
        if mm <= NEAR * min(self._header.get_zooms()):
            return None
        return (
            f"the file keeps the affine of {len(self.shape)} axes alone: read back, voxels lie up "
            f"to {mm:.4g} mm away; an image with a third axis of length 1 keeps its place"
        )

    def _write(self, streams: Mapping[str, BinaryIO], header: Any, plan: SavePlan) -> None:
        if self.header_part != "image":
            _announce(streams["image"], 0, header, plan)
            nbytes = self._encode(streams["image"], header, plan)
            header.name_data(self._data_name(), nbytes if header.sized else None)
            streams[self.header_part].write(header.to_bytes())
        elif header.sized:
            self._write_sized(streams["image"], header, plan)
        else:
            header.name_data(None, None)
            text = header.to_bytes()
            _announce(streams["image"], len(text), header, plan)
            streams["image"].write(text)
            self._encode(streams["image"], header, plan)

    def _write_sized(self, stream: BinaryIO, header: Any, plan: SavePlan) -> None:
        with SpooledTemporaryFile(MOST_IN_MEMORY) as spool:
            header.name_data(None, self._encode(spool, header, plan))
            stream.write(header.to_bytes())
            spool.seek(0)
            while piece := spool.read(MOST_IN_MEMORY):
                stream.write(piece)

    def _encode(self, stream: Any, header: Any, plan: SavePlan) -> int:
        """Write the voxels; return how many encoded bytes they took."""
        before, dtype = stream.tell(), header.get_data_dtype()
        with encode(stream, header.payload.encoding, dtype, self._compression) as encoder:
            if encoder is not stream and hasattr(encoder, "lay_out"):
                announce(encoder, 0, dtype.itemsize, plan.voxels.shape)
            plan.write(encoder, dtype)
        return int(stream.tell() - before)

    def _data_name(self) -> str:
        """Return the name of the data file, as seen from the header."""
        name = (self._files or self.file_map)["image"].filename
        return PurePath(name).name if name else f"data{dict(self.files_types)['image']}"


def _announce(stream: Any, before: int, header: Any, plan: SavePlan) -> None:
    """Tell a compressed file what will be in it, where the voxels are as they are in memory."""
    if header.payload.encoding == "raw":
        announce(stream, before, header.get_data_dtype().itemsize, plan.voxels.shape)


class TextPairImage(TextSlabImage):
    """An image whose header of text stands alone and names the files of its voxels.

    Parameters are those of `SlabImage`.
    """

    header_part = "header"
    #: Endings of files with voxels behind the header, which may name other files all the same.
    header_aliases: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def filespec_to_file_map(cls, filespec: Filename) -> FileMap:
        """Return the file map of an image from the name of any of its files.

        Raises
        ------
        FilenameError
            If the ending is none of this class.
        """
        stem, other, compression = split_ending(str(filespec), cls.header_aliases)
        if not other:
            return super().filespec_to_file_map(filespec)
        data = f"{stem}{dict(cls.files_types)['image']}{compression}"
        return {"header": FileHolder(filename=str(filespec)), "image": FileHolder(filename=data)}

    @classmethod
    def main_part(cls) -> str:
        """Return the part whose name stands for the image: the header."""
        return "header"
