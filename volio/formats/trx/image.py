"""TrxTractogram: tracts in a TRX file or folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.errors import CorruptFileError, UsageError
from volio.files.filemap import FileHolder
from volio.files.zip_members import Member
from volio.formats.trx.columns import FixedMember, fixed_arrays, line_columns
from volio.formats.trx.header import TrxHeader
from volio.formats.trx.lines import TrxLines
from volio.formats.trx.opened import HEADER, OpenedTrx
from volio.formats.trx.sinks import MiscountError
from volio.formats.trx.writing import TrxPlan, copied_members, write_file
from volio.tracts.contents import Holds, listed_names, warn_before_saving
from volio.tracts.grid import Grid
from volio.tracts.rounding import Rounding
from volio.tracts.saving import are_own_lines
from volio.tracts.sources import LineSource
from volio.tracts.tractogram import Tractogram

__all__ = ["TrxTractogram"]

FLOATS = ("float16", "float32", "float64")


class TrxTractogram(Tractogram):
    """Tracts in a TRX file: points, all kinds of values, groups, and the grid they belong to.

    A file is a zip file or a folder; arrays are read where they are, part by part.

    Parameters
    ----------
    *args, **kwargs
        As for `Tractogram`.

    Examples
    --------
    >>> tracts = volio.Tractogram([[0, 0, 0], [1, 2, 3]], [1, 1], groups={"left": [1]})
    >>> volio.save(tracts, "bundle.trx")
    >>> bundle = volio.load("bundle.trx")
    >>> bundle, bundle.group("left").points.tolist()
    (<TrxTractogram 2 lines, scanner; groups: left>, [[1.0, 2.0, 3.0]])
    """

    header_class: ClassVar[type[Any]] = TrxHeader
    files_types = (("image", ".trx"),)
    holds = Holds(texts=False)

    #: Members of the file that the format gives no meaning: they are written back.
    _others: Mapping[str, Member] = {}

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder]) -> Self:
        """Load tracts from their file or folder; lines are read when they are asked for.

        Parameters
        ----------
        file_map : mapping

        Raises
        ------
        HeaderDataError
            If the header makes no sense.
        CorruptFileError
            If arrays do not fit each other, or groups have lines that are not there.
        ImageFileError
            If names in the file lead out of it, or it is encrypted.

        Warns
        -----
        VolioWarning
            If the header states other numbers of lines or points than the arrays have.
        """
        opened = OpenedTrx.of(file_map)
        lines = TrxLines(opened)
        header = opened.header.copy()
        if opened.positions is not None:
            header.stored_dtype = opened.positions.name.dtype.newbyteorder("=")
        made = cls.from_source(
            lines,
            groups=_groups(opened, lines.n_lines()),
            per_group=_group_values(opened),
            reference=header.grid,
            header=header,
            file_map=file_map,
        )
        made._others = opened.others
        return made

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        dtype: DTypeLike | None = None,
        reference: Any = None,
        folder: bool = False,
        compression: str | int | None = None,
    ) -> None:
        """Save the tracts: to a zip file or a folder.

        Parameters
        ----------
        file_map : mapping, optional
        dtype : {"float16", "float32", "float64"}, optional
            Of the points (default: that of the points, or of the file that they come from).
        reference : image or (shape, affine), optional
            The volume that the tracts belong to, if not that which they have.
        folder : bool
            Write a folder, not a zip file. A folder that has tracts is replaced by one anyway.
        compression : {"fast", "balanced", "small"} or int, optional
            Deflate the members (default: they are stored, so that they can be read in part).

        Raises
        ------
        UsageError
            If the format has no such dtype, or a folder is to be compressed or has no name.
        ImageFileError
            If the target is a folder without tracts, or a folder is to replace a file.
        SaveError
            If the format has no place for values of their dtype.

        Warns
        -----
        LossWarning
            If the format has no place for all there is; the message lists what is lost.
        PrecisionWarning
            If points are rounded.
        """
        files = file_map or self.file_map
        holder = files["image"]
        lines = self._source_for_saving()
        rounding = Rounding("trx", self._dtype_for_saving(lines, dtype))
        grid = Grid.of(reference) if reference is not None else self.reference
        as_folder = folder or _is_folder(holder)
        if as_folder:
            _check_folder(holder, compression)
        # Where a file counts its lines, the points need not be counted before they are written.
        presumed = lines.presumed_points()
        plan = self._planned(lines, presumed, grid, rounding)
        further = [f"names of values ({listed_names(plan.renamed)})"] if plan.renamed else []
        warn_before_saving("trx", self.contents(), self.holds, further)
        try:
            write_file(plan, lines, holder, compression, as_folder)
        except MiscountError:
            counted = lines.n_points()
            if counted == presumed:
                raise
            plan = self._planned(lines, counted, grid, rounding)
            write_file(plan, lines, holder, compression, as_folder)
        if are_own_lines(lines, holder):
            opened = OpenedTrx.of(files)
            self._lines = TrxLines(opened)
            self._others = opened.others
        rounding.warn()

    def _planned(
        self, lines: LineSource, n_points: int, grid: Grid | None, rounding: Rounding
    ) -> TrxPlan:
        """Return the members of a file with lines of so many points."""
        columns, renamed = line_columns(lines, n_points, rounding)
        document = self.header.document(grid, lines.n_lines(), n_points)
        fixed = [
            FixedMember.of_array(HEADER, np.frombuffer(document, np.uint8)),
            *fixed_arrays(self.groups, self.per_group),
            *copied_members(self._others),
        ]
        return TrxPlan(fixed, columns, renamed)

    def _dtype_for_saving(self, lines: LineSource, wanted: DTypeLike | None) -> np.dtype[Any]:
        if wanted is not None:
            dtype = np.dtype(wanted)
            if dtype.name not in FLOATS:
                raise UsageError(f"dtype: must be one of {', '.join(FLOATS)}, got {dtype}")
            return dtype
        stored = self.header.stored_dtype
        is_as_read = stored is not None and lines.unmoved(np.eye(4)) is not None
        return np.dtype(stored if is_as_read else lines.layout.dtype)


def _is_folder(holder: FileHolder) -> bool:
    if holder.fileobj is not None or holder.filename is None:
        return False
    return Path(str(holder.filename)).is_dir()


def _check_folder(holder: FileHolder, compression: str | int | None) -> None:
    if holder.fileobj is not None or holder.filename is None:
        raise UsageError("folder: needs a name, and cannot be written to an open file")
    if compression is not None:
        raise UsageError("compression: files in a folder are not compressed; save to a zip file")


def _groups(opened: OpenedTrx, count: int) -> dict[str, NDArray[Any]]:
    """Return the numbers of the lines of each group.

    Raises
    ------
    CorruptFileError
        If they are not whole numbers, or of lines that are not there.
    """
    found = {}
    for name, array in opened.groups.items():
        if array.name.dtype.kind not in "iu" or array.name.columns != 1:
            raise CorruptFileError(f"{opened.name}: {array.key}: must be numbers of lines")
        lines = array.read()
        if len(lines) and not (lines.min() >= 0 and lines.max() < count):
            span = f"{lines.min()} to {lines.max()}"
            raise CorruptFileError(
                f"{opened.name}: {array.key}: must be lines 0 to {count - 1}, got {span}"
            )
        found[name] = lines.astype(np.int64)
    return found


def _group_values(opened: OpenedTrx) -> dict[str, dict[str, NDArray[Any]]]:
    """Return the values of each group: of shape (k,) where there is one row, as mostly."""
    return {
        group: {name: _one_row(array.read()) for name, array in arrays.items()}
        for group, arrays in opened.per_group.items()
    }


def _one_row(values: NDArray[Any]) -> NDArray[Any]:
    return values[0] if values.ndim == 2 and len(values) == 1 else values
