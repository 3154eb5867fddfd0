"""What is in a file of DSI Studio: its matrices by name, and which of them are volumes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.array_spec import ArraySpec
from volio.arrays.proxy import ArrayProxy
from volio.errors import AffineError, HeaderDataError, TruncatedFileError
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource
from volio.formats.containers.matlab_variables import MatlabVariable, variables_from
from volio.formats.dsi_studio.metrics import InsideVoxels, Metric, Shape3
from volio.images.headers.shape_checks import check_shape
from volio.space.affines import check_affine, spans_space

__all__ = ["DsiStudioContents"]

LARGEST = 2**31 - 1
#: Matrices that may be as large as a volume and are none: of the grid, of subjects, of spheres.
NO_METRICS = re.compile(
    r"dimension|voxel_size|trans|mask|b_table|subjects[0-9]*|odf[0-9]+|odf_(vertices|faces)"
    r"|.*\.(slope|inter)"
)
#: Names of the three components of vectors, along the axes of the voxels.
COMPONENTS = "xyz"
MOST_TEXT = 1 << 24


class DsiStudioContents:
    """The matrices of a file, and what they say of it.

    Parameters
    ----------
    source : ByteSource

    Attributes
    ----------
    variables : dict of str to MatlabVariable
    shape : tuple of int
    sizes : array of float64, shape (3,)
        Of voxels, mm.

    Raises
    ------
    CorruptFileError, TruncatedFileError
        If the file is not made of matrices, or is not complete.
    HeaderDataError
        If it has no grid, or one that makes no sense.
    """

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        with source.open() as reader:
            found = list(variables_from(reader, 0))
            self.variables = {variable.name: variable for variable in found}
            if len(self.variables) < len(found):
                names = [variable.name for variable in found]
                twice = sorted({name for name in names if names.count(name) > 1})
                raise HeaderDataError(f"matrices: {', '.join(twice[:8])}: must have one each")
            lengths = self._numbers(reader, "dimension", 3).tolist()
            if lengths != [int(length) for length in lengths] or min(lengths) < 1:
                raise HeaderDataError(f"dimension: must be 3 lengths from 1, got {lengths}")
            i, j, k = check_shape(lengths, axes=3, largest=LARGEST, holder="DSI Studio")
            self.shape: Shape3 = (i, j, k)
            self.sizes = self._numbers(reader, "voxel_size", 3)
            if not (self.sizes > 0).all():
                raise HeaderDataError(f"voxel_size: must be above 0, got {self.sizes.tolist()}")
            self._trans = self._numbers(reader, "trans", 16) if "trans" in self.variables else None
            self._scalings = dict(self._read_scalings(reader))

    def _numbers(self, reader: Reader, name: str, count: int) -> NDArray[np.float64]:
        variable = self.variables.get(name)
        if variable is None:
            raise HeaderDataError(f"{name}: there is no such matrix, which every file has")
        has_count = variable.shape[0] * variable.shape[1] == count
        values = variable.read(reader).astype(np.float64) if has_count else np.zeros(0)
        if not has_count or not np.isfinite(values).all():
            found = values.tolist() or f"{variable.shape[0]} x {variable.shape[1]}"
            raise HeaderDataError(f"{name}: must be {count} finite numbers, got {found}")
        return values

    def _read_scalings(self, reader: Reader) -> Iterator[tuple[str, tuple[float, float]]]:
        """Yield slope and intercept of the matrices that have them."""
        for name in self.variables:
            of, _, ending = name.rpartition(".")
            if ending in ("slope", "inter") and of in self.variables:
                slope = self._numbers(reader, f"{of}.slope", 1)[0]
                inter = self._numbers(reader, f"{of}.inter", 1)[0]
                yield of, (float(slope), float(inter))

    @property
    def has_affine(self) -> bool:
        """Whether the file says where its voxels are."""
        return self._trans is not None

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4).

        Where the file has none, axes run to the left and to the back as DSI Studio takes them to,
        and the last voxel along both is at 0.

        Raises
        ------
        HeaderDataError
            If it has no inverse.
        """
        if self._trans is None:
            made = np.diag([-self.sizes[0], -self.sizes[1], self.sizes[2], 1])
            made[:2, 3] = self.sizes[:2] * (np.array(self.shape[:2]) - 1)
            return made
        try:
            affine = check_affine(self._trans.reshape(4, 4))
        except AffineError as error:
            raise HeaderDataError(f"trans: {error}") from error
        if not spans_space(affine):
            raise HeaderDataError(f"trans: has no inverse: {affine.tolist()}")
        return affine

    def text(self, name: str) -> str:
        """Return the text of a matrix; "" where it is not there."""
        variable = self.variables.get(name)
        if variable is None or not variable.is_real or variable.dtype.itemsize != 1:
            return ""
        if variable.nbytes > MOST_TEXT:
            return ""
        with self.source.open() as reader:
            return variable.text(reader).strip()

    def matrix(self, name: str) -> NDArray[Any]:
        """Return a matrix as it is stored, (rows, columns)."""
        variable = self.variables[name]
        with self.source.open() as reader:
            return variable.read(reader).reshape(variable.shape, order="F")

    # Volumes.

    def metrics(self) -> list[Metric]:
        """Return the volumes, in the order of the file."""
        mask = self._mask()
        found = []
        for variable in self.variables.values():
            if variable.is_real and not NO_METRICS.fullmatch(variable.name):
                found += self._volumes(variable, mask)
        return found

    def _mask(self) -> InsideVoxels | None:
        """Return the mask; None where the file has none.

        Raises
        ------
        HeaderDataError
            If it has another size than the volumes.
        """
        variable = self.variables.get("mask")
        if variable is None:
            return None
        if variable.shape[0] * variable.shape[1] != self.n_voxels:
            rows, columns = variable.shape
            raise HeaderDataError(
                f"mask: must have the {self.n_voxels} voxels of {self.shape}, "
                f"got {rows} x {columns}"
            )
        with self.source.open() as reader:
            values = variable.read(reader)
        return InsideVoxels((values != 0).reshape(self.shape, order="F"))

    @property
    def n_voxels(self) -> int:
        """Voxels of a volume."""
        i, j, k = self.shape
        return i * j * k

    def _volumes(self, variable: MatlabVariable, mask: InsideVoxels | None) -> list[Metric]:
        """Return the volumes that a matrix is: one, three of vectors, or none."""
        rows, columns = variable.shape
        size = rows * columns
        if size == self.n_voxels:
            return self._of(variable, 1, None)
        if size == 3 * self.n_voxels:
            return self._of(variable, 3, None)
        if mask is None or columns != mask.count or rows not in (1, 3):
            return []
        is_last = variable.name == [*self.variables][-1]
        if is_last and variable.dtype.itemsize == 1 and variable.name not in self._scalings:
            raise TruncatedFileError(
                f"{variable.name}: the file ends before {variable.name}.slope, which follows "
                "values of 8 bits"
            )
        return self._of(variable, rows, mask)

    def _of(
        self, variable: MatlabVariable, components: int, mask: InsideVoxels | None
    ) -> list[Metric]:
        lengths = self.shape if mask is None else (mask.count,)
        scaling = self._scalings.get(variable.name, (None, None))
        spec = ArraySpec((components, *lengths), variable.dtype, variable.start, *scaling)
        proxy = ArrayProxy(self.source, spec, mmap=False, order="F")
        if components == 1:
            return [Metric(variable.name, proxy, 0, mask)]
        return [
            Metric(f"{variable.name} {COMPONENTS[number]}", proxy, number, mask)
            for number in range(components)
        ]
