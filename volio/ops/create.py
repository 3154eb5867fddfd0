"""Create image files that are written piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from volio.errors import UsageError
from volio.files.names import expanded, path_text
from volio.formats.choices import check_choices
from volio.formats.lookup import format_named
from volio.formats.targets import classes_for, first_that_holds
from volio.images.kinds import check_kind, kind_of
from volio.images.saving.outline import Blank
from volio.images.saving.scaling_history import NO_SCALING, scaling_of
from volio.images.saving.writer import ImageWriter

__all__ = ["create"]

# What few programs read is stored as `volio.save` stores it.
INSTEAD: dict[Any, np.dtype[Any]] = {
    np.dtype(bool): np.dtype(np.uint8),
    np.dtype(np.float16): np.dtype(np.float32),
}


def create(
    filename: str | PathLike[str],
    shape: Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
    affine: ArrayLike | None = None,
    *,
    header: Any = None,
    slope: float | None = None,
    inter: float | None = None,
    format: str | None = None,
    compression: str | int | None = None,
    **choices: Any,
) -> ImageWriter:
    """Create an image file and write its voxels piece by piece, however large it is.

    Parameters
    ----------
    filename : str or path
        Its ending stands for format and compression, as for `save`.
    shape : sequence of int, optional
        Lengths of the voxel axes (i, j, k, ...); by default those of the template.
    dtype : dtype-like, optional
        Of the voxels in the file: bool is uint8, float16 is float32, any other must be one that
        the format has. By default that of the template.
    affine : (4, 4) array-like, optional
        Voxel indices (voxel centres at integers) to scanner RAS+ mm; by default that of the
        template.
    header : image or header, optional
        A template: what the format can hold of its fields and extensions is taken over, but for
        its scaling.
    slope, inter : float, optional
        Value = stored * slope + inter, in the precision of the format's header.
    format, compression
        As for `save`.
    **choices
        Further choices that the format declares for saving, where it stores voxels in chunks:
        ``chunks=(64, 64, 64)`` of OME-Zarr.

    Returns
    -------
    ImageWriter
        ``writer[..., t] = volume`` stores values; the file is put in place by ``close()``, or at
        the end of a ``with`` statement, and after an exception in it nothing is left.

    Raises
    ------
    UsageError
        If shape or dtype are given by neither argument nor template.
    FilenameError
        If no format that can be written has this ending.
    SaveError, HeaderError
        If the format cannot hold such an image; before anything is written.
    ImageFileError
        If the file cannot be written there.

    Notes
    -----
    Voxels that are never assigned are zeros as stored. Values that the dtype cannot hold are
    refused, never clipped; fractions are rounded to integers with a PrecisionWarning at the end.
    Uncompressed files take pieces in any order. Compressed ones are fastest in the order of
    storage (volume after volume); what comes early waits in a scratch file, uncompressed, and a
    voxel that has been compressed cannot be assigned again. Folders of chunks, as ``a.ome.zarr``,
    take pieces in any order, from threads and other processes at once, of which each piece must be
    whole chunks (``writer.chunks``): ``dask.array.store(array, writer, lock=False)``.

    Examples
    --------
    >>> with volio.create("bold.nii.gz", (4, 4, 3, 10), "int16", np.eye(4)) as writer:
    ...     for t in range(10):
    ...         writer[..., t] = np.full((4, 4, 3), t)
    >>> int(volio.load("bold.nii.gz").dataobj[0, 0, 0, 9])
    9
    """
    name = expanded(path_text("filename", filename))
    if format is not None:
        format_named(format)
    if kind_of(header) is not None:
        check_kind(header, "volume", "create")
    fields = getattr(header, "header", header)
    draft = _Draft(
        name,
        Blank(*_shape_and_dtype(fields, shape, dtype)),
        _affine_of(header) if affine is None else affine,
        fields,
        (1.0 if slope is None else slope, 0.0 if inter is None else inter),
    )
    classes = classes_for(name, "volume", format=format, like=header)
    for cls in classes[:1]:
        check_choices(cls, "to_file_map", choices)
    img = first_that_holds(classes, draft.of_class)
    return ImageWriter(img, compression=compression, **choices)


def _affine_of(header: Any) -> ArrayLike | None:
    """Return the affine of a header, or that of the image given for one; None without either."""
    if header is None or hasattr(header, "header"):
        return None if header is None else header.affine
    found: ArrayLike = header.get_best_affine()
    return found


class _Draft(NamedTuple):
    """What an image without voxels is made of."""

    name: str
    outline: Blank
    affine: ArrayLike | None
    fields: Any
    scaling: tuple[float, float]

    def of_class(self, cls: type[Any]) -> Any:
        """Return an image of a class, which may not hold it."""
        img = cls(self.outline, self.affine, self.fields)
        img.set_data_dtype(self.outline.dtype)
        _set_scaling(img.header, self.scaling)
        img.set_filename(self.name)
        return img


def _set_scaling(header: Any, scaling: tuple[float, float]) -> None:
    """Set a slope and intercept; also those that the template has, as they are for these voxels."""
    if scaling != NO_SCALING or scaling_of(header) != scaling:
        header.set_slope_inter(*scaling)


def _shape_and_dtype(
    header: Any, shape: Sequence[int] | None, dtype: DTypeLike | None
) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and dtype, those that are not given taken from the header of a template."""
    if header is None and (shape is None or dtype is None):
        raise UsageError("shape, dtype: both are needed where no header= says them")
    lengths = header.get_data_shape() if shape is None else shape
    wanted = _dtype(header.get_data_dtype() if dtype is None else dtype)
    return tuple([int(length) for length in lengths]), wanted


def _dtype(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        wanted: np.dtype[Any] = np.dtype(dtype).newbyteorder("=")
    except TypeError:
        raise UsageError(f"dtype: must be a numpy dtype, got {dtype!r}") from None
    return INSTEAD.get(wanted, wanted)
