"""Volumes whose voxels are one row: values per vertex, as FreeSurfer has them in MGH files.

``lh.thickness.fsaverage.mgh`` has the shape (V, 1, 1), or (V, 1, 1, T) for T values of each vertex.
Source: https://surfer.nmr.mgh.harvard.edu/fswiki/SurfaceOverlay
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from volio.files.names import split_compression, split_ending
from volio.images.headers.metadata import Metadata, lost_metadata, metadata_of
from volio.images.kinds import check_kind, kind_of
from volio.images.labels import Labels
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.conversion import warn_of_losses
from volio.surfaces.structures import HEMISPHERE, hemisphere_of_name
from volio.surfaces.vertex_data import Array, VertexArray

__all__ = ["has_values_alone", "is_row", "row_contents", "row_image", "surface_contents"]


def is_row(img: Any) -> bool:
    """Return whether an image is a volume whose voxels in space are one row."""
    if kind_of(img) != "volume":
        return False
    lengths = tuple(img.shape[:3])
    return len(lengths) == 3 and len(img.shape) <= 4 and sum(n != 1 for n in lengths) == 1


def row_contents(img: Any) -> SurfaceContents:
    """Return the voxels of a row as values of vertices, with the labels of the image.

    Parameters
    ----------
    img : volume
        Of which `is_row` is true.
    """
    filename = img.get_filename()
    labels = getattr(img, "labels", None)
    values = np.asarray(img.dataobj)
    columns = values.shape[3:] if len(values.shape) == 4 and values.shape[3] > 1 else ()
    # Either order is that of the file: two of the three axes have one voxel.
    values = values.reshape(-1, *columns)
    if not isinstance(labels, Labels):
        labels = None
    else:
        values = _as_keys(values)
    array = VertexArray(_name(filename, type(img).valid_exts), values, labels)
    side = hemisphere_of_name(filename or "")
    return SurfaceContents(
        arrays=(array,),
        structure=f"cortex_{side}" if side else "",
        only_here=tuple(lost_metadata(metadata_of(img.header), Metadata())),
    )


def surface_contents(img: Any, what: str) -> SurfaceContents:
    """Return what a surface holds, or a volume whose voxels are one row.

    Parameters
    ----------
    img : Surface or volume
    what : str
        What wants it, for messages.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if is_row(img):
        return row_contents(img)
    check_kind(img, "surface", what)
    contents: SurfaceContents = img.contents()
    return contents


def has_values_alone(img: Any) -> bool:
    """Return whether an image is a surface of values without vertices."""
    return kind_of(img) == "surface" and img.vertices is None and len(img.data) > 0


def row_image(surf: Any, cls: type[Any], filename: str) -> Any:
    """Return the values of a surface as voxels of a row; those of several names are frames.

    Parameters
    ----------
    surf : Surface
        Of which `has_values_alone` is true.
    cls : type
        Of volumes.
    filename : str
        That the volume will have: it says the name of the values and the hemisphere.

    Warns
    -----
    LossWarning
        If there is more than values, their labels, and what the name of the file says.
    """
    contents = surf.contents()
    columns = [array.values.reshape(len(array.values), -1) for array in contents.arrays]
    values = np.concatenate(columns, axis=1)
    count, frames = values.shape
    img = cls(values.reshape(count, 1, 1, *([frames] if frames > 1 else [])), None)
    if len(contents.arrays) == 1:
        img.labels = contents.arrays[0].labels
    img.set_filename(filename)
    warn_of_losses(contents, row_contents(img), cls.__name__)
    return img


def _as_keys(values: Array) -> Array:
    """Return whole numbers as integers: keys of labels may be stored as floats."""
    if values.dtype.kind == "f" and np.array_equal(values, np.rint(values)):
        keys = values.astype(np.int32)
        return keys if np.array_equal(keys, values) else values
    return values


def _name(filename: str | None, endings: tuple[str, ...]) -> str:
    """Return what a name says that values are: ``"thickness"`` for lh.thickness.mgh."""
    if filename is None:
        return "values"
    name = split_ending(split_compression(Path(filename).name)[0], endings)[0]
    side = HEMISPHERE.match(name)
    return name[side.end() + 1 :] if side else name
