"""TrkTractogram: tracts in a .trk file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from volio.caller import warn_caller
from volio.errors import GeometryWarning, HeaderDataError, SaveError, UsageError
from volio.files.filemap import FileHolder
from volio.files.limits import check_declared
from volio.files.opener import open_source
from volio.files.sources.source import ByteSource
from volio.formats.trk.header import HEADER, LARGEST_GRID, TrkHeader
from volio.formats.trk.reading import TrkLines
from volio.formats.trk.writing import write_lines
from volio.images.headers.error_context import errors_name, warn_of_content
from volio.space.affines import voxel_sizes
from volio.tracts.contents import Holds, TractContents, listed_names, warn_before_saving
from volio.tracts.grid import Grid
from volio.tracts.rounding import Rounding
from volio.tracts.saving import are_own_lines, open_for_lines
from volio.tracts.sources import LineSource
from volio.tracts.tractogram import Tractogram

__all__ = ["TrkTractogram"]

#: Fields that are neither lines nor their place: of the display of TrackVis.
FLAGS = ("invert_x", "invert_y", "invert_z", "swap_xy", "swap_yz", "swap_zx")
ORIGINS = ("corner", "centre")


class TrkTractogram(Tractogram):
    """Tracts in a .trk file of TrackVis: points, values per point and per line, and their grid.

    Parameters
    ----------
    *args, **kwargs
        As for `Tractogram`.

    Examples
    --------
    >>> tracts = volio.Tractogram([[0, 0, 0], [1, 2, 3]], reference=((9, 9, 9), np.eye(4)))
    >>> volio.save(tracts, "bundle.trk")
    >>> bundle = volio.load("bundle.trk")
    >>> bundle, bundle.reference.shape, bundle.points[1].tolist()
    (<TrkTractogram 1 line, scanner>, (9, 9, 9), [1.0, 2.0, 3.0])
    """

    header_class: ClassVar[type[Any]] = TrkHeader
    files_types = (("image", ".trk"),)
    holds = Holds(groups=False)

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        origin: str = "corner",
        permissive: bool = False,
    ) -> Self:
        """Load tracts from their file: the header; lines are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
        origin : {"corner", "centre"}
            Of the first voxel: where coordinates are 0. 'corner' is that of TrackVis; DSI Studio
            writes 'centre'.
        permissive : bool
            Take the lines before the end of a file that is not complete.

        Raises
        ------
        HeaderDataError
            If the header makes no sense.
        TruncatedFileError, LimitError
            If the file cannot have so many lines as it says.
        UsageError
            If there is no such origin.

        Warns
        -----
        GeometryWarning
            If the header does not say where the tracts are, or says two things.
        """
        if origin not in ORIGINS:
            raise UsageError(f"origin: must be one of {', '.join(ORIGINS)}, got {origin!r}")
        source = open_source(file_map["image"])
        with errors_name(source):
            header = TrkHeader(source.read(0, HEADER.itemsize))
            if not permissive:
                _check_count(source, header)
            _warn_of_place(header, origin)
            grid = header.grid
            affine = header.world_affine("centre" if origin == "centre" else "corner")
        return cls.from_source(
            TrkLines(source, header.copy(), affine, permissive),
            reference=grid,
            space="scanner" if grid is not None else "unknown",
            header=header,
            file_map=file_map,
        )

    @classmethod
    def from_contents(cls, contents: TractContents) -> Self:
        """Return tracts of this class with all of some contents; a save drops what has no place."""
        made = super().from_contents(contents)
        report = contents.meta.get("report", "").encode("latin-1", "replace")
        if len(report) <= HEADER["reserved"].itemsize and b"\0" not in report:
            made.header["reserved"] = report
            made._other_texts = {
                key: text for key, text in contents.meta.items() if key != "report"
            }
        return made

    def texts(self) -> dict[str, str]:
        """Return the report of the header, flags that are set, and texts that have no place."""
        found = dict(self._other_texts)
        if self.header.report:
            found["report"] = self.header.report
        if flags := [name for name in FLAGS if self.header[name]]:
            found["flags"] = " ".join(flags)
        return found

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        reference: Any = None,
        compression: str | int | None = None,
    ) -> None:
        """Save the tracts.

        Points that come from a .trk file with the same grid are copied as they are.

        Parameters
        ----------
        file_map : mapping, optional
        reference : image or (shape, affine), optional
            The volume that the tracts belong to, if not that which they have.
        compression : {"fast", "balanced", "small"} or int, optional

        Raises
        ------
        SaveError
            If there are more values than the format holds.

        Warns
        -----
        LossWarning
            If the format has no place for all there is; the message lists what is lost.
        PrecisionWarning
            If values are rounded to float32.
        GeometryWarning
            If there is no reference: the smallest grid of 1 mm around the points is written.
        """
        header = self.header.copy()
        lines = self._source_for_saving()
        grid = Grid.of(reference) if reference is not None else self.reference
        stored = self._as_stored(header, lines, grid)
        to_file = None if stored is not None else np.linalg.inv(header.world_affine())
        lost = _set_names(header, lines, grid)
        if self._other_texts:
            lost.append(f"texts ({listed_names(self._other_texts)})")
        warn_before_saving("trk", self.contents(), self.holds, lost)
        rounding = Rounding("trk")
        holder = (file_map or self.file_map)["image"]
        with open_for_lines([holder], lines, compression) as (stream,):
            write_lines(stream, header, stored or lines, to_file, rounding)
        if are_own_lines(lines, holder):
            self._lines = TrkLines(open_source(holder), header, header.world_affine())
        rounding.warn()

    def _as_stored(
        self, header: TrkHeader, lines: LineSource, grid: Grid | None
    ) -> LineSource | None:
        """Return lines with the coordinates of a file that has the same ones; None without one.

        The grid is set in the header, where it has another one.
        """
        if self._has_grid(header, grid):
            stored = lines.unmoved(header.world_affine())
            if stored is not None:
                return stored
        header.set_grid(grid or self._grid_around())
        header["pad2"] = b""  # else it is taken for a file of DSI Studio
        return lines.unmoved(header.world_affine())

    @staticmethod
    def _has_grid(header: TrkHeader, grid: Grid | None) -> bool:
        return grid is None or header.grid == grid

    def _grid_around(self) -> Grid:
        grid = Grid.around(self.bounds())
        warn_caller(
            "reference: there is none; the file gets the smallest grid of 1 mm around the points, "
            f"of shape {grid.shape}; reference= sets another",
            GeometryWarning,
        )
        return grid


def _check_count(source: ByteSource, header: TrkHeader) -> None:
    """Refuse a number of lines that the file cannot have."""
    count = int(header["n_count"])
    words = count * (1 + int(header["n_properties"]))
    check_declared(source, HEADER.itemsize + 4 * words, f"{count} lines")


def _warn_of_place(header: TrkHeader, origin: str) -> None:
    """Warn where a header does not say where its points are, or says two things."""
    if not header.has_affine:
        warn_of_content(
            "vox_to_ras: is not recorded, so where the points are is unknown; they are read as if "
            f"it was the identity, and voxels in the order {header.axis_codes}",
            GeometryWarning,
        )
        return
    stated = header["voxel_size"].astype(float)
    grid = header.grid
    sizes = voxel_sizes(header.affine)
    order = header._reorientation()[:, 0].astype(int)
    if grid is not None and not np.allclose(stated, sizes[order], rtol=1e-3):
        warn_of_content(
            f"voxel_size: is {stated.round(6).tolist()} mm, in vox_to_ras it is "
            f"{sizes[order].round(6).tolist()}; both count for the points, as in TrackVis",
            GeometryWarning,
        )
    if header.is_of_dsi_studio and origin == "corner":
        warn_of_content(
            "voxel_order: the file is of DSI Studio, which counts from the centre of the first "
            "voxel, not from its corner as TrackVis does: points are half a voxel off; "
            "origin='centre' reads them so",
            GeometryWarning,
        )


def _set_names(header: TrkHeader, lines: LineSource, grid: Grid | None) -> list[str]:
    """Set the names of values in a header; return what has no room, as words for a warning."""
    cut: list[str] = []
    for field, columns in (
        ("scalar_name", lines.layout.per_point),
        ("property_name", lines.layout.per_line),
    ):
        wanted = [(name, max(column.width, 1)) for name, column in columns.items()]
        if header.names(field) == wanted:
            continue  # as the file has them
        try:
            cut += header.set_names(field, wanted)
        except HeaderDataError as error:
            raise SaveError(f"trk: {error}") from error
    lost = [f"names of values ({listed_names(cut)})"] if cut else []
    if grid is not None and max(grid.shape) > LARGEST_GRID:
        lost.append(f"a grid of {grid.shape} (the largest is {LARGEST_GRID})")
    return lost
