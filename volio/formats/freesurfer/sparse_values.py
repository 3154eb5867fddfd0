"""FreeSurferSparseValues: values of some vertices (.w)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np

from volio.errors import SaveError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.freesurfer.numbers import NumberReader
from volio.formats.freesurfer.names import array_name_of, structure_of
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import StatedSpaceSurface
from volio.surfaces.stored_values import stored_as
from volio.surfaces.vertex_data import StoredVertexData, VertexArray

__all__ = ["FreeSurferSparseValues"]

#: A number of three bytes, and a value.
ROW = np.dtype([("number", "u1", (3,)), ("value", ">f4")])
LARGEST = 2**24 - 1


class FreeSurferSparseValues(StatedSpaceSurface):
    """Values of some vertices of a surface of FreeSurfer: those of the others are 0.

    `indices` has the numbers of the vertices in the whole surface.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    latency : float
        The time that values are of, milliseconds.

    Examples
    --------
    >>> volio.save(volio.Surface(data={"sig": [0.5, 2.5]}, indices=[7, 9]), "sig-lh.w")
    >>> found = volio.load("sig-lh.w")
    >>> found.indices.tolist(), found.data["values"].tolist()
    ([7, 9], [0.5, 2.5])
    """

    files_types = (("image", ".w"),)
    _named_structure = staticmethod(structure_of)

    def _set_file_defaults(self) -> None:
        self.latency = 0.0

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        reader = NumberReader(source)
        (tenths,) = reader.array(">i2", (1,), "the latency").tolist()
        count = reader.integer3("the number of values")
        rows = reader.array(ROW, (count,), f"{count} values")
        reader.check_end()
        digits = rows["number"].astype(np.int64)
        made = cls(
            data={array_name_of(holder, "values"): rows["value"].astype(np.float32)},
            indices=digits @ [65536, 256, 1],
            structure=structure_of(holder),
        )
        made.latency = tenths / 10
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return the first values of some contents, one of each vertex, that are not labels.

        Raises
        ------
        SaveError
            If there are none, or vertices have numbers beyond 3 bytes.
        """
        arrays = [each for each in contents.arrays if each.labels is None and each.values.ndim == 1]
        if not arrays:
            raise SaveError("FreeSurfer's .w files need one value of each vertex")
        values = stored_as(arrays[0].values, np.dtype(np.float32), arrays[0].name)
        indices = np.arange(len(values)) if contents.indices is None else contents.indices
        if indices.size and not 0 <= indices.min() <= indices.max() <= LARGEST:
            raise SaveError(
                f"FreeSurfer's .w files: vertices are numbered from 0 to {LARGEST}, got "
                f"{indices.min()} to {indices.max()}"
            )
        kept = StoredVertexData([VertexArray(arrays[0].name, values)])
        return cls(data=kept, indices=indices, structure=contents.structure)

    def _pieces(self) -> Iterable[bytes]:
        """Return the file."""
        (array,) = self.data.arrays()
        rows = np.zeros(len(array.values), ROW)
        indices = np.arange(len(rows)) if self.indices is None else self.indices
        rows["number"] = indices[:, np.newaxis] >> [16, 8, 0] & 255
        rows["value"] = array.values
        tenths = np.array(round(self.latency * 10), ">i2")
        return [tenths.tobytes(), len(rows).to_bytes(3, "big"), rows.tobytes()]
