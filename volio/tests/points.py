"""A format of another kind than volumes, which tests put into the table: points in a text file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, HeaderDataError
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write, open_source
from volio.formats.format import FileLayout, Format
from volio.formats.signatures import magic
from volio.images.file_image import FileImage
from volio.images.headers.spatial import SpatialHeader
from volio.images.kinds import Kind

MAGIC = b"points\n"


class PointsImage(FileImage):
    """Points, one in a line; for the tests a transform, a kind of which no format is read yet."""

    header_class = SpatialHeader
    kind: ClassVar[Kind] = "transform"
    leads_to: ClassVar[Mapping[Kind, str]] = {"volume": "img.volume has the voxels around it"}
    files_types = (("image", ".pts"),)
    valid_exts = (".pts",)

    def __init__(self, points: Any, file_map: Mapping[str, FileHolder] | None = None) -> None:
        super().__init__(file_map=file_map)
        self.points: NDArray[np.float64] = np.array(points, float).reshape(-1, 3)

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder], *, scale: float = 1.0) -> Self:
        """Load points, multiplied by `scale`."""
        source = open_source(file_map["image"])
        text = source.read_upto(0, source.most()).removeprefix(MAGIC)
        try:
            points = np.array([float(word) for word in text.split()]) * scale
            return cls(points, file_map)
        except ValueError as error:
            raise CorruptFileError(f"{source.name}: {error}") from error

    @classmethod
    def from_image(cls, img: Any) -> Self:
        """Return the points of another image."""
        return cls(img.points)

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        compression: str | int | None = None,
        *,
        digits: int = 17,
    ) -> None:
        """Save the points with so many digits."""
        if not np.isfinite(self.points).all():
            raise HeaderDataError("points: must be finite")
        lines = "".join(" ".join(f"{x:.{digits}g}" for x in point) + "\n" for point in self.points)
        holder = (file_map or self.file_map)["image"]
        with open_for_write([holder], compression) as (stream,):
            stream.write(MAGIC + lines.encode())


class SparsePointsImage(PointsImage):
    """The same points in a file with another ending, saved without choices."""

    files_types = (("image", ".pts2"),)
    valid_exts = (".pts2", ".pts")

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        compression: str | int | None = None,
        *,
        step: int = 1,
    ) -> None:
        """Save every so many points."""
        PointsImage(self.points[::step]).to_file_map(file_map or self.file_map, compression)


#: The row of the format; `volio.testing.registering.registered` puts it into the table.
POINTS = Format(
    "points",
    "Points",
    "transform",
    (
        FileLayout("PointsImage", (".pts",), magic(0, MAGIC)),
        FileLayout("SparsePointsImage", (".pts2",), magic(0, b"none"), (".pts",)),
    ),
    module_name=__name__,
)


def write_points(path: Path, points: Any) -> Path:
    """Write a file of points as another program would; return its path."""
    rows = np.array(points, float).reshape(-1, 3).tolist()
    path.write_bytes(MAGIC + "\n".join(" ".join(map(repr, row)) for row in rows).encode())
    return path
