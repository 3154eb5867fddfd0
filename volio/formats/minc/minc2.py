"""MINC2 images: an HDF5 file, read and written with h5py (extra ``minc2``).

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC2.0_File_Format_Reference
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Self

from numpy.typing import DTypeLike

from volio.extras import need
from volio.files.codecs.presets import Compression, Levels, chosen_level
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5 import open_hdf5
from volio.formats.containers.hdf5_voxels import Hdf5Voxels
from volio.formats.containers.hdf5_writing import VoxelStream, create_hdf5
from volio.formats.minc.hdf5_dataset import IMAGE, read_dataset, write_dataset
from volio.formats.minc.header import MincHeader
from volio.formats.minc.saving import plan_minc
from volio.images.saving.outline import Blank, VoxelsNeededError
from volio.images.saving.plan import SavePlan
from volio.images.slab import SlabImage

__all__ = ["Hdf5Voxels", "Minc2Header", "Minc2Image"]

LEVELS = Levels(0, 9, 4, 6, 9)


class Minc2Header(MincHeader):
    """The header of a MINC2 image; parameters are those of `MincHeader`."""

    #: Shape of the chunks in the file that was read, where it has any.
    chunks: tuple[int, ...] | None = None

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read all of a file but its voxels.

        Raises
        ------
        MissingPackageError
            If h5py is not installed.
        MincError, HeaderDataError, ImageFileError
            If the file is another kind of HDF5, makes no sense, or is damaged.
        """
        with open_hdf5(source) as opened:
            dataset = read_dataset(opened)
            chunks = opened.file[IMAGE].chunks
        header = cls(dataset)
        header.chunks = chunks
        return header

    @classmethod
    def may_contain_header(cls, binaryblock: bytes) -> bool:
        """Return whether first bytes are those of an HDF5 file."""
        return binaryblock[:4] == b"\x89HDF"


class Minc2Image(SlabImage):
    """A MINC2 image, .mnc; parameters are those of `SlabImage`."""

    counts_as = ("Minc1Image",)
    header_class: ClassVar[type[Minc2Header]] = Minc2Header
    files_types = (("image", ".mnc"),)
    valid_exts = (".mnc",)
    packs_voxels = True
    header: MincHeader
    _level = LEVELS.fast
    _folder: Path | None = None

    @classmethod
    def voxels_of(cls, header: Any, source: ByteSource, **options: Any) -> Hdf5Voxels:
        """Return the voxels of a file, in the order of its dimensions.

        Parameters
        ----------
        header : Minc2Header
        source : ByteSource
        **options
            Taken for compatibility: HDF5 reads chunks, and files are open only meanwhile.
        """
        return Hdf5Voxels(
            source,
            IMAGE,
            header.stored_shape,
            header.dtype,
            *header.get_slope_inter(),
            limits=header.limits,
            chunks=header.chunks,
        )

    # Writing.

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        dtype: DTypeLike | None = None,
        compression: Compression = None,
    ) -> None:
        """Save the image; see `SlabImage`. `compression` is for the chunks: 0 for none.

        Raises
        ------
        MissingPackageError
            If h5py is not installed; before anything is written.
        """
        need("h5py", "minc2")
        self._level = chosen_level("HDF5", LEVELS, compression)
        self._folder = _folder(self.file_map if file_map is None else file_map)
        super().to_file_map(file_map, dtype, compression)

    def _plan(self, header: Any, request: DTypeLike | None = None) -> SavePlan:
        return plan_minc(super()._plan(header, request), header)

    def _write(self, streams: Mapping[str, BinaryIO], header: Any, plan: SavePlan) -> None:
        if isinstance(plan.voxels, Blank):
            raise VoxelsNeededError
        with create_hdf5(streams["image"], self._folder) as file:
            stream = VoxelStream(write_dataset(file, header.dataset, self._level))
            plan.write(stream, header.dtype)  # type: ignore[arg-type]  # it is only written
            stream.finish()


def _folder(file_map: Mapping[str, FileHolder]) -> Path | None:
    """Return the folder of the target, where there must be room for it; None for a stream."""
    holder = file_map.get("image", FileHolder())
    if holder.filename is None or holder.fileobj is not None:
        return None
    folder = Path(holder.filename).expanduser().parent
    return folder if folder.is_dir() else None
