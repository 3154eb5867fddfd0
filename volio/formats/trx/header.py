"""The header of a TRX file: a document in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from volio.errors import AffineError, HeaderDataError
from volio.json_text import parse_json
from volio.tracts.grid import Grid
from volio.tracts.header import TractHeader

__all__ = ["TrxHeader"]

# Keys that the format gives a meaning.
SHAPE = "DIMENSIONS"
AFFINE = "VOXEL_TO_RASMM"
N_LINES = "NB_STREAMLINES"
N_POINTS = "NB_VERTICES"
#: Voxels along an axis, which are uint16.
LARGEST_GRID = 2**16 - 1
#: What programs write where no grid is known.
NO_SHAPE = (1, 1, 1)


class TrxHeader(TractHeader):
    """The header of a TRX file.

    Parameters
    ----------
    meta : mapping of str to str, optional
        Free texts, which files have no place for.
    fields : mapping, optional
        The document: further keys are kept.

    Attributes
    ----------
    fields : dict
    stored_dtype : numpy dtype or None
        Of the points of the file that the header was read from.

    Examples
    --------
    >>> document = b'{"NB_STREAMLINES": 2, "NB_VERTICES": 9, "PROGRAM": "tracker"}'
    >>> header = volio.TrxHeader.parse(document)
    >>> header.n_lines, header.n_points, header.grid, header.fields["PROGRAM"]
    (2, 9, None, 'tracker')
    """

    def __init__(
        self, meta: Mapping[str, str] | None = None, fields: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(meta)
        self.fields: dict[str, Any] = dict(fields or {})
        self.stored_dtype: np.dtype[Any] | None = None

    @classmethod
    def from_header(cls, header: Any = None) -> Self:
        """Return a header with the texts of another; a copy of one of this class."""
        made = cls(getattr(header, "meta", None), getattr(header, "fields", None))
        if not isinstance(header, TrxHeader):
            made.fields = {}
        else:
            made.stored_dtype = header.stored_dtype
        return made

    @classmethod
    def parse(cls, document: bytes) -> Self:
        """Return the header of a document.

        Raises
        ------
        HeaderDataError
            If it is not a JSON object, or its fields make no sense.
        """
        fields = parse_json(document, "header.json")
        if not isinstance(fields, dict):
            raise HeaderDataError(f"header.json: must be an object, got {type(fields).__name__}")
        header = cls(fields=fields)
        header.check()
        return header

    def check(self) -> None:
        """Check the fields.

        Raises
        ------
        HeaderDataError
            If one makes no sense.
        """
        for key in (N_LINES, N_POINTS):
            self._count(key)
        self.grid  # noqa: B018  reads its fields

    @property
    def n_lines(self) -> int | None:
        """The number of lines that the document states, if it does."""
        return self._count(N_LINES)

    @property
    def n_points(self) -> int | None:
        """The number of points that the document states, if it does."""
        return self._count(N_POINTS)

    def _count(self, key: str) -> int | None:
        found = self.fields.get(key)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int) or found < 0:
            raise HeaderDataError(f"{key}: must be a whole number, not negative, got {found!r}")
        return found

    @property
    def grid(self) -> Grid | None:
        """The volume that the tracts belong to; None where none is stated."""
        shape = self.fields.get(SHAPE)
        stated = self.fields.get(AFFINE)
        if shape is None or stated is None:
            return None
        lengths = _numbers(SHAPE, shape, (3,))
        if not ((lengths >= 0) & (lengths <= LARGEST_GRID) & (lengths == np.floor(lengths))).all():
            raise HeaderDataError(f"{SHAPE}: must be 0 to {LARGEST_GRID} voxels, got {shape}")
        affine = _numbers(AFFINE, stated, (4, 4))
        i, j, k = (int(length) for length in lengths)
        if (i, j, k) == NO_SHAPE and np.array_equal(affine, np.eye(4)):
            return None
        try:
            return Grid.of(((i, j, k), affine))
        except AffineError as error:
            raise HeaderDataError(f"{AFFINE}: {error}") from error

    def document(self, grid: Grid | None, n_lines: int, n_points: int) -> bytes:
        """Return the document of a file; further keys come after those of the format.

        Raises
        ------
        HeaderDataError
            If a key cannot be written as JSON.
        """
        affine = np.eye(4) if grid is None else grid.affine
        shape = NO_SHAPE if grid is None else grid.shape
        fields = {
            SHAPE: [min(length, LARGEST_GRID) for length in shape],
            AFFINE: affine.tolist(),
            N_POINTS: n_points,
            N_LINES: n_lines,
        }
        further = {key: value for key, value in self.fields.items() if key not in fields}
        try:
            return json.dumps({**fields, **further}).encode()
        except (TypeError, ValueError) as error:
            raise HeaderDataError(f"header.json: cannot hold a key: {error}") from error

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and self.fields == getattr(other, "fields", None)

    __hash__ = None


def _numbers(key: str, value: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return numbers of a field as an array.

    Raises
    ------
    HeaderDataError
        If they are not numbers of that shape.
    """
    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError, OverflowError):
        array = np.zeros(0)
    if array.shape != shape or not np.isfinite(array).all():
        raise HeaderDataError(f"{key}: must be finite numbers of shape {shape}, got {value!r:.80}")
    return array
