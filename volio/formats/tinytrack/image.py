"""TinyTrackTractogram: tracts in a .tt file of DSI Studio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.errors import GeometryWarning, PrecisionWarning, SaveError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.formats.containers.matlab_variables import packed_head
from volio.formats.tinytrack.header import LINES, PER_LINE, TEXTS, TinyTrackHeader
from volio.formats.tinytrack.lines import TinyTrackLines
from volio.formats.tinytrack.records import PARTS, pack_steps
from volio.images.headers.error_context import errors_name, warn_of_content
from volio.space.affines import voxel_sizes
from volio.space.points import move_points
from volio.tracts.changes import ChosenColumns
from volio.tracts.contents import Holds, listed_names, warn_before_saving
from volio.tracts.grid import Grid
from volio.tracts.saving import are_own_lines, open_for_lines
from volio.tracts.sources import LineSource
from volio.tracts.tractogram import Tractogram

__all__ = ["TinyTrackTractogram"]

#: Bytes of lines in one variable: a whole one is held while it is written.
MOST_BYTES = 1 << 24


class TinyTrackTractogram(Tractogram):
    """Tracts in a .tt file of DSI Studio (TinyTrack): points in steps of 1/32 voxel, and a grid.

    Parameters
    ----------
    *args, **kwargs
        As for `Tractogram`. Values per line named ``color`` and ``cluster`` have a place.

    Examples
    --------
    >>> tracts = volio.Tractogram([[1, 2, 3], [2, 2, 3.5]], reference=((9, 9, 9), np.eye(4)))
    >>> volio.save(tracts, "bundle.tt.gz")
    >>> volio.load("bundle.tt.gz").points.tolist()
    [[1.0, 2.0, 3.0], [2.0, 2.0, 3.5]]
    """

    header_class: ClassVar[type[Any]] = TinyTrackHeader
    files_types = (("image", ".tt"),)
    holds = Holds(per_point=False, groups=False)
    keeps_points: ClassVar[bool] = False
    needs_reference: ClassVar[bool] = True

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder]) -> Self:
        """Load tracts from their file; lines are read when they are asked for.

        Parameters
        ----------
        file_map : mapping

        Raises
        ------
        HeaderDataError
            If the grid makes no sense.
        CorruptFileError, TruncatedFileError
            If the variables are not those of such a file, or are not complete.

        Warns
        -----
        GeometryWarning
            If the file does not say where its voxels are.
        """
        source = open_source(file_map["image"])
        with errors_name(source):
            header, per_line, start = TinyTrackHeader.read(source)
            if header.affine is None:
                warn_of_content(
                    "trans_to_mni: is not there, so where the points are is unknown; axes are "
                    "taken to run to the left, to the back and up",
                    GeometryWarning,
                )
            lines = _with_values(source, start, header, per_line)
        return cls.from_source(
            lines,
            reference=header.grid,
            space="unknown" if header.affine is None else "scanner",
            header=header,
            file_map=file_map,
        )

    def texts(self) -> dict[str, str]:
        """Return the texts that the file has a place for, and others that were taken over."""
        return dict(self.header.meta)

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        reference: Any = None,
        compression: str | int | None = None,
    ) -> None:
        """Save the tracts: points are rounded to 1/32 voxel.

        Parameters
        ----------
        file_map : mapping, optional
        reference : image or (shape, affine), optional
            The volume that the tracts belong to, if not that which they have.
        compression : {"fast", "balanced", "small"} or int, optional

        Raises
        ------
        SaveError
            If there is no reference, or a point is not finite.

        Warns
        -----
        LossWarning
            If the format has no place for all there is; the message lists what is lost.
        PrecisionWarning
            If points are rounded; the message says by how much, and how many points were put
            between others which are further apart than a step may be.
        """
        header = self.header.copy()
        grid = Grid.of(reference) if reference is not None else self.reference
        if grid is not None:
            header.set_grid(grid)
        lines = self._source_for_saving()
        affine = header.world_affine()
        stored = lines.unmoved(affine)
        if header.affine is None and stored is None:
            raise SaveError(
                "tinytrack: needs the volume that the tracts belong to: reference=image, or "
                "reference=(shape, affine)"
            )
        # Lines of a file in the same grid are in its voxels already.
        to_voxels = np.linalg.inv(affine) if stored is None else None
        values = _values_per_line(lines)
        warn_before_saving("tinytrack", self.contents(), self._held_texts(), _lost(lines, values))
        holder = (file_map or self.file_map)["image"]
        rounding = StepRounding()
        with open_for_lines([holder], lines, compression) as (stream,):
            stream.write(header.packed(values))
            for piece in _variables(stored or lines, to_voxels, rounding):
                stream.write(piece)
        if are_own_lines(lines, holder):
            source = open_source(holder)
            read, per_line, start = TinyTrackHeader.read(source)
            self._lines = _with_values(source, start, read, per_line)
        rounding.warn(float(voxel_sizes(affine).max()))

    def _held_texts(self) -> Holds:
        has_others = set(self.texts()) - set(TEXTS)
        return Holds(per_point=False, groups=False, texts=not has_others)


class StepRounding:
    """What packing lines has changed."""

    def __init__(self) -> None:
        self.added = 0
        self.error = 0.0

    def warn(self, size: float) -> None:
        """Warn of what was changed; `size` is that of a voxel, mm."""
        if not self.added and not self.error:
            return
        added = f"; {self.added} points were put between others" if self.added else ""
        warn_caller(
            f"tinytrack: points are rounded to 1/{PARTS} voxel, by up to "
            f"{self.error * size:.2g} mm{added}",
            PrecisionWarning,
        )


def _with_values(
    source: Any, start: int, header: TinyTrackHeader, per_line: Mapping[str, NDArray[Any]]
) -> TinyTrackLines:
    """Return lines with values that are one for each of them; the header keeps the others."""
    lines = TinyTrackLines(source, start, header.world_affine(), {})
    if not per_line:
        return lines
    count = lines.n_lines()
    fitting = {name: values for name, values in per_line.items() if len(values) == count}
    header.kept = {name: values for name, values in per_line.items() if name not in fitting}
    return TinyTrackLines(source, start, header.world_affine(), fitting)


def _values_per_line(lines: LineSource) -> dict[str, NDArray[Any]]:
    """Return the values that files have a place for: whole numbers that fit their dtype."""
    columns = lines.layout.per_line
    names = [name for name in PER_LINE if name in columns and columns[name].width <= 1]
    if not names:
        return {}
    parts = [block.per_line for block in ChosenColumns(lines, (), names).blocks()]
    found = {}
    for name in names:
        values = np.concatenate([part[name].ravel() for part in parts]) if parts else np.zeros(0)
        limits = np.iinfo(PER_LINE[name])
        is_whole = np.array_equal(values, np.floor(values))
        if is_whole and ((values >= limits.min) & (values <= limits.max)).all():
            found[name] = values
    return found


def _lost(lines: LineSource, values: Mapping[str, Any]) -> list[str]:
    names = [name for name in lines.layout.per_line if name not in values]
    return [f"values per line ({listed_names(names)})"] if names else []


def _variables(
    lines: LineSource, to_voxels: NDArray[np.float64] | None, rounding: StepRounding
) -> Iterator[Any]:
    """Yield the bytes of the variables with lines."""
    held: list[NDArray[np.uint8]] = []
    number = 0
    for block in lines.blocks():
        points = block.points
        if to_voxels is not None:
            points = move_points(points.astype(np.float64), to_voxels)
        data, added, error = pack_steps(points, block.lengths)
        rounding.added += added
        rounding.error = max(rounding.error, error)
        if held and sum(map(len, held)) + len(data) > MOST_BYTES:
            yield from _variable(number, held)
            held = []
            number += 1
        held.append(data)
    yield from _variable(number, held)


def _variable(number: int, held: list[NDArray[np.uint8]]) -> Iterator[Any]:
    name = f"{LINES}{number}" if number else LINES
    yield packed_head(name, np.dtype(np.uint8), (sum(map(len, held)), 1))
    yield from held
