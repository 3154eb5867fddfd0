"""PolyData: what a file of VTK holds, whichever of the two formats it is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.formats.containers.vtk.cells import Cells

__all__ = ["CELLS", "NO_CELLS", "NamedValues", "PolyData"]

#: Kinds of cells, in the order in which values of cells are given.
CELLS = ("VERTICES", "LINES", "POLYGONS", "TRIANGLE_STRIPS")
NO_CELLS: Cells = (np.zeros(0, np.int64), np.zeros(0, np.int64))


class NamedValues(NamedTuple):
    """Values of all points, or of all cells.

    Attributes
    ----------
    name : str
    values : array, shape (n,) or (n, numbers of each)
    """

    name: str
    values: NDArray[Any]


@dataclass
class PolyData:
    """Points, cells that join them, and values of both.

    Attributes
    ----------
    title : str
        A line about the file; "" where the format has none.
    points : array of float, shape (V, 3)
    cells : dict of str to Cells
        Of each kind of `CELLS`.
    point_values, cell_values : list of NamedValues
        Those of cells are in the order of `CELLS`.
    colours : array of uint8, shape (V, 4), or None
        Of points.
    texts : dict of str to str
        Texts about the file by name, as far as they are short.
    left_out : list of str
        What else the file holds, in words.
    """

    title: str = ""
    points: NDArray[Any] = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    cells: dict[str, Cells] = field(default_factory=lambda: dict.fromkeys(CELLS, NO_CELLS))
    point_values: list[NamedValues] = field(default_factory=list)
    cell_values: list[NamedValues] = field(default_factory=list)
    colours: NDArray[np.uint8] | None = None
    texts: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def cell_count(self) -> int:
        """Number of cells of all kinds."""
        return sum(len(counts) for _, counts in self.cells.values())
