"""The MGH header, and the footer behind the voxels.

Source: https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, ClassVar, Self, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.dtypes import dtype_table
from volio.errors import HeaderDataError, LimitError
from volio.files.fileobjects import SourceFile
from volio.files.sources.source import ByteSource
from volio.formats.mgh.tags import split_tags, tag_of_line
from volio.images.headers.binary import BinaryHeader
from volio.images.headers.checks import Check
from volio.images.headers.metadata import Metadata
from volio.images.headers.spatial import check_zooms
from volio.space.affines import check_affine, from_matvec, voxel_sizes

__all__ = ["DATA_OFFSET", "FOOTER", "HEADER", "MGHHeader", "data_type_codes"]

HEADER = np.dtype(
    [
        ("version", ">i4"),  # 1
        ("dims", ">i4", (4,)),  # width, height, depth, frames
        ("type", ">i4"),  # kind of voxel
        ("dof", ">i4"),  # degrees of freedom
        ("goodRASFlag", ">i2"),  # whether the next three fields mean anything
        ("delta", ">f4", (3,)),  # size of a voxel, mm
        ("Mdc", ">f4", (3, 3)),  # direction of each voxel axis in RAS+, one a row
        ("Pxyz_c", ">f4", (3,)),  # RAS+ mm of voxel dims / 2
    ]
)

FOOTER = np.dtype(
    [
        ("tr", ">f4"),  # repetition time, ms
        ("flip_angle", ">f4"),  # radians
        ("te", ">f4"),  # echo time, ms
        ("ti", ">f4"),  # inversion time, ms
        ("fov", ">f4"),  # field of view
    ]
)

FOOTER_FIELDS = FOOTER.names or ()

#: Byte at which the voxels begin; what the header leaves free before them is kept.
DATA_OFFSET = 284

#: Most bytes after the footer (FreeSurfer's tags) that are read.
MOST_TAGS = 64 << 20

#: Kinds of voxels.
data_type_codes = dtype_table(
    [
        (0, "uint8", np.uint8, "MRI_UCHAR"),
        (1, "int32", np.int32, "MRI_INT"),
        (3, "float", np.float32, "MRI_FLOAT"),
        (4, "int16", np.int16, "MRI_SHORT"),
        (10, "uint16", np.uint16, "MRI_USHRT"),
    ]
)

GEOMETRY = ("delta", "Mdc", "Pxyz_c")

# Left, inferior, anterior: a coronal volume.
CORONAL = np.array([[-1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64)


def _version_problem(header: MGHHeader) -> str | None:
    version = int(header["version"])
    return None if version == 1 else f"must be 1, got {version}"


def _dims_problem(header: MGHHeader) -> str | None:
    dims = header["dims"].tolist()
    return f"must not be negative, got {dims}" if min(dims) < 0 else None


def _type_problem(header: MGHHeader) -> str | None:
    code, known = int(header["type"]), sorted(data_type_codes.value_set())
    return None if code in known else f"must be one of {known}, got {code}"


def _geometry_problem(header: MGHHeader) -> str | None:
    fields = [field for field in GEOMETRY if not np.isfinite(header[field]).all()]
    if header["goodRASFlag"] <= 0 or not fields:
        return None
    return f"{', '.join(fields)} must be finite where this is set"


class MGHHeader(BinaryHeader):
    """The header of an MGH file, with the fields of the footer behind the voxels.

    Parameters
    ----------
    binaryblock : bytes, optional
        The 90 bytes of the header and, perhaps, the 20 of the footer (default: fresh ones).
    endianness : str, optional
        Byte order: there is none but '>'.
    check : bool
        Check the fields.

    Attributes
    ----------
    tags : bytes
        What the file has after the footer, kept as it is.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.
    """

    layout = np.dtype([*HEADER.descr, *FOOTER.descr])
    byte_orders = (">",)
    data_types = data_type_codes
    codes: ClassVar[dict[str, Any]] = {"type": data_type_codes}
    checks = (
        Check("version", _version_problem, 40),
        Check("dims", _dims_problem, 40),
        Check("type", _type_problem, 40),
        Check("goodRASFlag", _geometry_problem, 40),
    )
    time_unit = 1e-3

    _tags: bytes = b""
    _behind: ByteSource | None = None  # where footer and tags are, until they are needed
    _unused: bytes = b"\0" * (DATA_OFFSET - HEADER.itemsize)

    @classmethod
    def default_structarr(cls, endianness: str | None = None) -> NDArray[Any]:
        """Return the record of a fresh header: one float32 voxel of 1 mm, axes L, I, A."""
        record = super().default_structarr(endianness)
        record["version"] = record["dims"] = record["goodRASFlag"] = record["delta"] = 1
        record["type"] = data_type_codes["float"]
        record["Mdc"] = CORONAL
        return record

    def _set_block(self, block: bytes, endianness: str | None) -> None:
        footer = b"" if len(block) != HEADER.itemsize else b"\0" * FOOTER.itemsize
        super()._set_block(block + footer, endianness)

    @classmethod
    def from_fileobj(
        cls, fileobj: BinaryIO, endianness: str | None = None, check: bool = True
    ) -> Self:
        """Read header, footer and tags from a binary file object at its position."""
        start = fileobj.tell()
        header = cls._from_head(fileobj.read(DATA_OFFSET), endianness, check)
        header._read_footer(fileobj, start)
        return header

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read the header of a file; footer and tags behind the voxels wait until asked for."""
        header = cls._from_head(source.head()[:DATA_OFFSET])
        header._behind = source
        if not source.is_in(source.name):  # a stream may be closed when the footer is wanted
            header._complete()
        return header

    @classmethod
    def _from_head(cls, head: bytes, endianness: str | None = None, check: bool = True) -> Self:
        size = HEADER.itemsize
        header = cls(head[:size], endianness, check)
        header._unused = head[size:].ljust(len(cls._unused), b"\0")
        return header

    def _complete(self) -> None:
        """Read footer and tags, where they have not been read yet."""
        if self._behind is not None:
            with SourceFile(self._behind) as fileobj:
                self._read_footer(cast("BinaryIO", fileobj), 0)
            self._behind = None

    def _read_footer(self, fileobj: BinaryIO, start: int) -> None:
        footer = self.get_footer_offset()
        if footer >= 1 << 62:  # no file reaches so far
            return
        fileobj.seek(start + footer)
        block = fileobj.read(FOOTER.itemsize).ljust(FOOTER.itemsize, b"\0")
        for field, value in zip(FOOTER_FIELDS, np.frombuffer(block, FOOTER)[0], strict=True):
            self._structarr[field] = value
        self._tags = b"".join(_pieces(fileobj, MOST_TAGS + 1))
        if len(self._tags) > MOST_TAGS:
            raise LimitError(f"after the footer are more than {MOST_TAGS} bytes, this is no footer")

    @property
    def tags(self) -> bytes:
        """What the file has after the footer."""
        self._complete()
        return self._tags

    @tags.setter
    def tags(self, value: bytes) -> None:
        self._complete()
        self._tags = value

    @property
    def structarr(self) -> NDArray[Any]:
        """The record: a structured array of shape (), big-endian."""
        self._complete()
        return self._structarr

    @property
    def binaryblock(self) -> bytes:
        """The 90 bytes of the header and the 20 of the footer."""
        return self.structarr.tobytes()

    def __getitem__(self, field: str) -> NDArray[Any]:
        if field in FOOTER_FIELDS:
            self._complete()
        return super().__getitem__(field)

    def __setitem__(self, field: str, value: Any) -> None:
        if field in FOOTER_FIELDS:
            self._complete()
        super().__setitem__(field, value)

    def write_to(self, fileobj: BinaryIO) -> None:
        """Write the header, up to where the voxels begin."""
        fileobj.write(self.binaryblock[: HEADER.itemsize] + self._unused)

    writehdr_to = write_to

    def writeftr_to(self, fileobj: BinaryIO) -> None:
        """Write footer and tags, at the file object's position."""
        fileobj.write(self.binaryblock[HEADER.itemsize :] + self.tags)

    def copy(self) -> Self:
        """Return a header of its own, with the same tags."""
        new = type(self)(self._structarr.tobytes(), self.endianness, check=False)
        new._tags, new._unused, new._behind = self._tags, self._unused, self._behind
        return new

    @property
    def offset(self) -> int:
        """Byte at which the voxels begin."""
        return DATA_OFFSET

    def get_data_bytespervox(self) -> int:
        """Return the bytes of a voxel."""
        return self.dtype.itemsize

    def get_data_size(self) -> int:
        """Return the bytes of all voxels."""
        lengths: list[int] = self["dims"].tolist()
        return self.get_data_bytespervox() * math.prod(lengths)

    def get_footer_offset(self) -> int:
        """Return the byte at which the footer begins."""
        return DATA_OFFSET + self.get_data_size()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the voxels in the file, big-endian."""
        return self.dtype_of("type")

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        self["type"] = self.code_of(value)[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array: three axes, or four where there are several frames."""
        dims = self["dims"].tolist()
        return tuple(dims[:3] if dims[3] == 1 else dims)

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths, most = [int(length) for length in value], np.iinfo(np.int32).max
        if len(lengths) > 4:
            raise HeaderDataError(f"shape: at most 4 axes fit MGH, got {tuple(lengths)}")
        if any(not 0 <= length <= most for length in lengths):
            raise HeaderDataError(f"shape: lengths from 0 to {most} fit MGH, got {tuple(lengths)}")
        self["dims"] = (*lengths, 1, 1, 1, 1)[:4]

    @property
    def zooms(self) -> tuple[float, ...]:
        """Sizes of a voxel, mm, without the sign of some files; of frames also their time, ms."""
        sizes = np.abs(self._geometry()[0]).tolist()
        return (*sizes, float(self["tr"])) if len(self.shape) > 3 else tuple(sizes)

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = [float(size) for size in value]
        check_zooms(sizes, 4 if len(sizes) == len(self.shape) == 4 else 3)
        if min(sizes[:3]) == 0:
            raise HeaderDataError(f"zooms: the sizes of a voxel must not be 0, got {sizes[:3]}")
        self._store(sizes[:3], *self._geometry()[1:])
        if len(sizes) > 3:
            self["tr"] = sizes[3]

    def metadata(self) -> Metadata:
        """Return what footer and tags say."""
        found, seconds = super().metadata(), float(self["tr"]) / 1000
        acquisition = {
            "echo time": float(self["te"]) / 1000,
            "inversion time": float(self["ti"]) / 1000,
            "flip angle": math.degrees(float(self["flip_angle"])),
            "repetition time": seconds if found.step is None else 0.0,
            "field of view": float(self["fov"]),
        }
        lines, others = split_tags(self.tags)
        return replace(
            found,
            acquisition={name: value for name, value in acquisition.items() if value},
            history="\n".join(lines),
            others=("tags of FreeSurfer",) if others else (),
        )

    def set_metadata(self, metadata: Metadata) -> None:
        """Take times and angles of the acquisition, and the history as tags."""
        known = metadata.acquisition
        for field in ("te", "ti"):
            name = {"te": "echo time", "ti": "inversion time"}[field]
            self[field] = known.get(name, 0.0) * 1000
        self["flip_angle"] = math.radians(known.get("flip angle", 0.0))
        self["fov"] = known.get("field of view", 0.0)
        if metadata.step is None:
            self["tr"] = known.get("repetition time", 0.0) * 1000
        elif metadata.unit not in ("", "s"):  # no time
            self["tr"] = 0
        if metadata.history:
            others = split_tags(self.tags)[1]
            self.tags = others + b"".join(map(tag_of_line, metadata.history.splitlines()))

    def _geometry(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Sizes, directions (one a row) and centre; a coronal volume where none are stated."""
        if self["goodRASFlag"] <= 0:
            return np.ones(3), CORONAL, np.zeros(3)
        with np.errstate(invalid="ignore"):  # signalling NaN, where fields were not checked
            sizes, directions, centre = (self[field].astype(np.float64) for field in GEOMETRY)
        return sizes, directions, centre

    def _store(self, sizes: ArrayLike, directions: ArrayLike, centre: ArrayLike) -> None:
        self["delta"], self["Mdc"], self["Pxyz_c"] = sizes, directions, centre
        self["goodRASFlag"] = 1

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        sizes, directions, centre = self._geometry()
        matrix = directions.T * sizes
        return from_matvec(matrix, centre - matrix @ (self["dims"][:3] / 2))

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine: voxel sizes, directions, and where the centre lies."""
        matrix = check_affine(affine)
        sizes = voxel_sizes(matrix)
        directions = (matrix[:3, :3] / np.where(sizes > 0, sizes, 1)).T
        centre = matrix[:3, :3] @ (self["dims"][:3] / 2) + matrix[:3, 3]
        self._store(sizes, directions, centre)

    def get_affine(self) -> NDArray[np.float64]:
        """Return the affine from voxels to scanner RAS+ mm."""
        return self.affine

    def get_vox2ras(self) -> NDArray[np.float64]:
        """Return the affine from voxels to scanner RAS+ mm."""
        return self.affine

    def get_ras2vox(self) -> NDArray[np.float64]:
        """Return the affine from scanner RAS+ mm to voxels.

        Raises
        ------
        HeaderDataError
            If the header's affine cannot be inverted.
        """
        try:
            return np.asarray(np.linalg.inv(self.affine), np.float64)
        except np.linalg.LinAlgError as error:
            raise HeaderDataError(f"delta, Mdc: {error}") from error

    def get_vox2ras_tkr(self) -> NDArray[np.float64]:
        """Return the affine from voxels to the RAS+ mm of FreeSurfer's surfaces.

        The volume is taken for a coronal one with its centre at the origin.
        """
        matrix = CORONAL.T * self._geometry()[0]
        return from_matvec(matrix, -matrix @ (self["dims"][:3] / 2))


def _pieces(fileobj: BinaryIO, most: int) -> Iterator[bytes]:
    """Read to the end, or `most` bytes: in pieces, so that a short rest takes little memory."""
    while most > 0 and (piece := fileobj.read(min(most, 1 << 16))):
        most -= len(piece)
        yield piece
