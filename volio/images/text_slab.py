"""TextSlabImage: a header of text, and voxels after it or in files that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, ClassVar, Self

from volio.arrays.encodings.table import encode
from volio.arrays.proxy import ArraySpec
from volio.errors import MissingFileError
from volio.files.codecs.presets import Compression
from volio.files.filemap import FileHolder, FileMap, copy_file_map
from volio.files.names import split_ending
from volio.files.opener import open_source
from volio.files.saving.chunk_layout import announce
from volio.files.sources.missing import MissingSource
from volio.files.sources.source import ByteSource
from volio.images.data_files import DataFileFinder, voxel_bytes
from volio.images.file_image import Filename
from volio.images.headers.error_context import errors_name
from volio.images.headers.text.header import TextHeader
from volio.images.saving.plan import SavePlan
from volio.images.saving.target import SaveTarget
from volio.images.slab import Mmap, SlabImage
from volio.space.rotations import affine_difference

__all__ = ["TextSlabImage"]

#: Most encoded bytes that are kept in memory until their number is written before them.
MOST_IN_MEMORY = 1 << 22

#: How far voxels may move without a warning, as a part of their size.
NEAR = 1e-3


class TextSlabImage(SlabImage):
    """An image with a header of text, and its voxels after it or in files that it names.

    The encoding of the voxels is that of the header; the compression that is chosen for a save is
    for the voxels and for the files.

    Parameters are those of `SlabImage`.
    """

    header_class: ClassVar[type[TextHeader]] = TextHeader
    #: The part with the header: "header" where it stands alone and names the files of its voxels.
    header_part: ClassVar[str] = "image"
    #: Endings of files with voxels after the header, which may name other files all the same.
    header_aliases: ClassVar[tuple[str, ...]] = ()

    found_parts = ("header",)  # which names the others

    @classmethod
    def filespec_to_file_map(cls, filespec: Filename) -> FileMap:
        """Return the file map of an image from the name of any of its files.

        Raises
        ------
        FilenameError
            If the ending is not one of this class.
        """
        stem, other, compression = split_ending(str(filespec), cls.header_aliases)
        if not other:
            return super().filespec_to_file_map(filespec)
        data = f"{stem}{dict(cls.files_types)['image']}{compression}"
        return {"header": FileHolder(filename=str(filespec)), "image": FileHolder(filename=data)}

    @classmethod
    def main_part(cls) -> str:
        """Return the part whose name stands for the image: that with the header."""
        return cls.header_part

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
            As for `SlabImage`; voxels with other axes in the file are read as usual.
        allow_external : bool
            Read data files outside the folder of the header too.

        Raises
        ------
        ImageFileError
            If a file is missing, damaged, shorter than its header states, or may not be read.
        HeaderError
            If the header makes no sense.
        """
        holder = file_map.get(cls.header_part) or file_map["image"]
        source = open_source(holder)
        image = file_map.get("image")
        companion = None if holder is image else image
        with errors_name(source):
            header = cls.header_class.from_source(source)
            header.check_loaded()
            finder = DataFileFinder(holder, source, companion, allow_external)
            voxels, offset = _voxels_or_missing(header, finder)
            spec = ArraySpec(header.stored_shape, header.dtype, offset, *header.get_slope_inter())
            stored = cls.ImageArrayProxy(voxels, spec, mmap=mmap, keep_file_open=keep_file_open)
            data = header.axis_map.view(stored)
            known = copy_file_map({**file_map, **finder.found})
            return cls(data, header.affine, header, file_map=known)

    # Writing.

    def _lost_geometry(self, file_map: Mapping[str, FileHolder]) -> str | None:
        if self._affine is None or 0 in self.shape or len(self.shape) > 2:
            return None
        mm = affine_difference(self._affine, self._header.affine, self.shape)[1]
        if mm <= NEAR * min(self._header.get_zooms()):
            return None
        return (
            f"the file keeps the affine of {len(self.shape)} axes alone: read back, voxels are up "
            f"to {mm:.4g} mm away; an image with a third axis of length 1 keeps its position"
        )

    def _write(self, target: SaveTarget, header: Any, plan: SavePlan) -> None:
        streams, files, compression = target
        voxels = streams["image"]
        if self.header_part == "header":
            nbytes = _encode(voxels, header, plan, compression)
            header.name_data(self._data_name(files), nbytes if header.sized else None)
            streams["header"].write(header.to_bytes())
        elif header.sized:
            _write_sized(voxels, header, plan, compression)
        else:
            header.name_data(None, None)
            _encode(voxels, header, plan, compression, text=header.to_bytes())

    @classmethod
    def _data_name(cls, files: FileMap) -> str:
        """Return the name of the data file, as seen from the header."""
        name = files["image"].filename
        return PurePath(name).name if name else f"data{dict(cls.files_types)['image']}"


def _write_sized(stream: BinaryIO, header: Any, plan: SavePlan, compression: Compression) -> None:
    """Write a header that states how many bytes the voxels take, and the voxels after it."""
    with SpooledTemporaryFile(MOST_IN_MEMORY) as spool:
        header.name_data(None, _encode(spool, header, plan, compression))
        stream.write(header.to_bytes())
        spool.seek(0)
        copyfileobj(spool, stream, MOST_IN_MEMORY)


def _encode(
    stream: Any, header: Any, plan: SavePlan, compression: Compression, text: bytes = b""
) -> int:
    """Write the text of a header and the voxels; return how many encoded bytes these took."""
    encoding = header.payload.encoding
    itemsize = header.dtype.itemsize
    if encoding == "raw":  # the stream may be compressed, in chunks that suit the voxels
        announce(stream, len(text), itemsize, plan.voxels.shape)
    stream.write(text)
    before = stream.tell()
    with encode(stream, encoding, header.dtype, compression) as encoder:
        if encoder is not stream and hasattr(encoder, "lay_out"):
            announce(encoder, 0, itemsize, plan.voxels.shape)
        plan.write(encoder, header.dtype)
    return int(stream.tell() - before)


def _voxels_or_missing(header: TextHeader, finder: DataFileFinder) -> tuple[ByteSource, int]:
    """Return the bytes of the voxels and their offset; those of a missing file raise when read."""
    try:
        return voxel_bytes(header, finder)
    except MissingFileError as error:
        return MissingSource(error), 0
