"""What a .tt file says besides its lines: variables before them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import AffineError, CorruptFileError, HeaderDataError, LimitError
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource
from volio.formats.containers.matlab_variables import (
    MatlabVariable,
    packed_variable,
    variables_from,
)
from volio.images.headers.shape_checks import check_shape
from volio.numerals import is_count
from volio.space.affines import voxel_sizes
from volio.tracts.grid import Grid
from volio.tracts.header import TractHeader

__all__ = ["LINES", "TinyTrackHeader", "is_lines"]

#: The variable with lines; further ones are ``track1``, ``track2``, ...
LINES = "track"
#: Texts, and values per line with the dtype of the file.
TEXTS = ("report", "parameter_id")
PER_LINE: dict[str, np.dtype[Any]] = {"color": np.dtype("<u4"), "cluster": np.dtype("<u2")}
KNOWN = {"dimension", "voxel_size", "trans_to_mni", *TEXTS, *PER_LINE}
#: Most bytes of a variable that is kept without a meaning.
MOST_KEPT = 1 << 24
#: Voxels along an axis: int32.
LARGEST = 2**31 - 1


def is_lines(name: str) -> bool:
    """Return whether a variable has lines, by its name."""
    number = name.removeprefix(LINES)
    return name.startswith(LINES) and (number == "" or is_count(number))


class TinyTrackHeader(TractHeader):
    """The header of a .tt file: texts, and the grid that its voxels are of.

    Parameters
    ----------
    meta : mapping of str to str, optional
        Texts; ``report`` and ``parameter_id`` have a place in files.

    Attributes
    ----------
    shape : tuple of int
        Voxels along each axis.
    sizes : array of float, shape (3,)
        Of voxels, mm, as the file states them.
    affine : array of float64, shape (4, 4), or None
        Voxel indices to mm; None where the file states none.
    kept : dict of str to array
        Colours or clusters that are not one for each line.
    others : dict of str to bytes
        Variables that the format gives no meaning, as they are in the file.

    Examples
    --------
    >>> header = volio.TinyTrackHeader({"report": "a scan"})
    >>> header.meta, header.grid is None
    ({'report': 'a scan'}, True)
    """

    def __init__(self, meta: Mapping[str, str] | None = None) -> None:
        super().__init__(meta)
        self.shape: tuple[int, ...] = (1, 1, 1)
        self.sizes: NDArray[Any] = np.ones(3)
        self.affine: NDArray[np.float64] | None = None
        self.kept: dict[str, NDArray[Any]] = {}
        self.others: dict[str, bytes] = {}

    @classmethod
    def from_header(cls, header: Any = None) -> Self:
        """Return a header with the texts of another; a copy of one of this class."""
        made = cls(getattr(header, "meta", None))
        if isinstance(header, TinyTrackHeader):
            vars(made).update({**vars(header), "meta": made.meta})
        return made

    @classmethod
    def read(cls, source: ByteSource) -> tuple[Self, dict[str, NDArray[Any]], int]:
        """Read what is before the lines of a file.

        Returns
        -------
        header : TinyTrackHeader
        per_line : dict of str to array
            Values that may be of lines.
        start : int
            Byte of the variable with the first lines.

        Raises
        ------
        HeaderDataError
            If the grid makes no sense.
        CorruptFileError
            If the variables are not those of such a file.
        """
        made = cls()
        per_line: dict[str, NDArray[Any]] = {}
        start = 0
        with source.open() as reader:
            for variable in variables_from(reader, 0):
                if is_lines(variable.name):
                    made._check()
                    return made, per_line, start
                source.check_usual(variable.end, "variables of TinyTrack")
                made._take(variable, reader, per_line)
                if variable.name not in KNOWN:
                    end = variable.end - start
                    made.others[variable.name] = _limited(reader, start, end, variable.name)
                start = variable.end
        raise CorruptFileError(f"{source.name}: has no variable {LINES!r}, which has the lines")

    def _take(
        self, variable: MatlabVariable, reader: Reader, per_line: dict[str, NDArray[Any]]
    ) -> None:
        name = variable.name
        if name in TEXTS:
            if text := variable.text(reader):
                self.meta[name] = text
        elif name in PER_LINE:
            values = variable.read(reader)
            if values.size:
                per_line[name] = values.astype(PER_LINE[name].newbyteorder("="))
        elif name == "dimension":
            self.shape = tuple(self._numbers(variable, reader, 3).astype(int).tolist())
        elif name == "voxel_size":
            self.sizes = self._numbers(variable, reader, 3)
        elif name == "trans_to_mni":
            self.affine = self._numbers(variable, reader, 16).reshape(4, 4)

    @staticmethod
    def _numbers(variable: MatlabVariable, reader: Reader, count: int) -> NDArray[np.float64]:
        # What has another size is not read: it may be large.
        rows, columns = variable.shape
        has_count = rows * columns == count
        values = variable.read(reader) if has_count else np.zeros(0)
        if not has_count or not np.isfinite(values).all():
            raise HeaderDataError(
                f"{variable.name}: must be {count} finite numbers, got {rows} x {columns} of "
                f"{variable.dtype}"
            )
        return values.astype(np.float64)

    def _check(self) -> None:
        check_shape(self.shape, axes=3, largest=LARGEST, holder="TinyTrack")
        if self.affine is not None:
            self.grid  # noqa: B018  checks the affine

    @property
    def grid(self) -> Grid | None:
        """The volume of voxels; None where the file does not say where it is.

        Raises
        ------
        HeaderDataError
            If the affine has no inverse.
        """
        if self.affine is None:
            return None
        try:
            return Grid.of((self.shape, self.affine))
        except AffineError as error:
            raise HeaderDataError(f"trans_to_mni: {error}") from error

    def set_grid(self, grid: Grid) -> None:
        """Set size and place of the voxels."""
        if self.grid is not None and grid == self.grid:
            return  # sizes stay as the file states them
        self.shape = grid.shape
        self.affine = grid.affine.astype(np.float32).astype(np.float64)
        self.sizes = voxel_sizes(self.affine)

    def world_affine(self) -> NDArray[np.float64]:
        """Return the affine from voxels to scanner RAS+ mm.

        Without a matrix axes are taken to run to the left, to the back and up, as in DSI Studio.
        """
        if self.affine is not None:
            return self.affine
        return np.diag([-self.sizes[0], -self.sizes[1], self.sizes[2], 1])

    def packed(self, per_line: Mapping[str, NDArray[Any]]) -> bytes:
        """Return the variables before the lines."""
        parts = [
            packed_variable("dimension", np.array(self.shape, np.int32)),
            packed_variable("voxel_size", np.asarray(self.sizes, np.float32)),
        ]
        if self.affine is not None:
            parts.append(packed_variable("trans_to_mni", self.affine.astype(np.float32).ravel()))
        for name in TEXTS:
            raw = self.meta.get(name, "").encode("utf-8", "surrogateescape")
            text = np.frombuffer(raw, np.uint8)
            parts.append(packed_variable(name, text, is_text=True))
        for name, dtype in PER_LINE.items():
            values = per_line.get(name, self.kept.get(name, np.zeros(0))).astype(dtype)
            # MATLAB has no unsigned integers of 32 bits in this version: the bits are the same.
            parts.append(packed_variable(name, values.view("<i4") if dtype == "<u4" else values))
        return b"".join([*parts, *self.others.values()])


def _limited(reader: Reader, start: int, count: int, name: str) -> bytes:
    if count > MOST_KEPT:
        raise LimitError(f"{reader.name}: {name}: {count} bytes, at most {MOST_KEPT} are kept")
    return reader.read(start, count)
