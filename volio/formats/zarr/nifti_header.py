"""The NIfTI header of a NIfTI-Zarr store: an array of its bytes next to the levels.

Source: https://github.com/neuroscales/nifti-zarr
"""

from __future__ import annotations

import binascii
import struct
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, HeaderDataError, HeaderError
from volio.files.sources.store import Store
from volio.formats.containers.documents import Document, below
from volio.formats.nifti1 import Nifti1Header
from volio.formats.nifti2 import Nifti2Header
from volio.formats.zarr.header import TIME_UNITS, OmeZarrHeader, new_nifti
from volio.formats.zarr.metadata import read_node
from volio.formats.zarr.voxels import zarr_array
from volio.images.headers.format import is_neutral, length_scale
from volio.images.spatial import same_affine

__all__ = [
    "NAME",
    "mm_affine",
    "nifti_bytes",
    "nifti_with_scaling",
    "read_nifti_header",
    "scaling_of_nifti",
]

NAME = "nifti"
LARGEST = 1 << 24  # bytes of the header with its extensions
SIZES = {348: Nifti1Header, 540: Nifti2Header}
#: First bytes of magics of drafts, which a header of NIfTI in one file has as others.
DRAFT_MAGICS = {b"nz1\0": b"n+1\0", b"nz2\0": b"n+2\0"}


def read_nifti_header(store: Store, path: str, attributes: Document) -> Nifti1Header | None:
    """Return the NIfTI header of a group; None where it has none.

    Raises
    ------
    HeaderDataError
        If it is not valid.
    """
    what = f"{store.name}: {below(path, NAME)}"
    data = _draft_bytes(attributes, what) or _array_bytes(store, path, what)
    if data is None:
        return None
    for order in "<>":
        size = struct.unpack_from(f"{order}i", data)[0] if len(data) > 3 else 0
        if size in SIZES and len(data) >= size:
            return _parsed(SIZES[size], data, order, what)
    raise HeaderDataError(f"{what}: is not a header of NIfTI, but {len(data)} bytes")


def _parsed(cls: type[Nifti1Header], data: bytes, order: str, what: str) -> Nifti1Header:
    fields = data[: cls.sizeof_hdr]
    for draft, magic in DRAFT_MAGICS.items():
        fields = fields.replace(draft, magic)
    try:
        return cls.from_fileobj(BytesIO(fields + data[cls.sizeof_hdr :]), order, check=False)
    except HeaderError as error:
        raise HeaderDataError(f"{what}: {error}") from error


def _draft_bytes(attributes: Document, what: str) -> bytes | None:
    """Return the header that drafts before 1.0 have in the attributes."""
    found = attributes.get(NAME)
    text = found.get("base64") if isinstance(found, dict) else None
    if not isinstance(text, str):
        return None
    try:
        return binascii.a2b_base64(text)
    except ValueError as error:
        raise HeaderDataError(f"{what}: is not base64: {error}") from error


def _array_bytes(store: Store, path: str, what: str) -> bytes | None:
    names = store.names(path)
    if names is not None and NAME not in names:
        return None
    node = read_node(store, below(path, NAME))
    if node is None or node.array is None:
        return None
    shape = node.array.shape
    if len(shape) != 1 or shape[0] > LARGEST or node.array.dtype != np.uint8:
        raise HeaderDataError(f"{what}: must be bytes along one axis, got shape {shape}")
    try:
        return zarr_array(store, node).read().tobytes()
    except CorruptFileError as error:
        raise HeaderDataError(f"{what}: {error}") from error


def mm_affine(header: Nifti1Header, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the affine of a level, in mm.

    Parameters
    ----------
    header : Nifti1Header
        Of the finest level.
    matrix : (4, 4) array
        Voxel indices x, y, z of the level to those of the finest.
    """
    scale = length_scale(header, None)
    affine: NDArray[np.float64] = np.diag([scale, scale, scale, 1.0]) @ header.get_best_affine()
    return affine @ matrix


def scaling_of_nifti(header: Nifti1Header) -> tuple[float, float] | None:
    """Return slope and intercept; None where they change nothing."""
    slope, inter = header.get_slope_inter()
    if is_neutral(slope, 1.0) and is_neutral(inter, 0.0):
        return None
    return (1.0 if slope is None else float(slope)), float(inter or 0.0)


def nifti_with_scaling(header: OmeZarrHeader) -> Nifti1Header:
    """Return the NIfTI header that is kept, to choose dtype, slope and intercept by."""
    found = header.nifti_of_shape() or Nifti1Header()
    found.set_data_dtype(found.nearest_dtype(header.get_data_dtype()))
    return found


def nifti_bytes(
    header: OmeZarrHeader, affine: NDArray[np.float64], scaling: tuple[float, float]
) -> bytes:
    """Return the bytes of a NIfTI header: the one that is kept, with the facts of another one.

    Parameters
    ----------
    header : OmeZarrHeader
    affine : (4, 4) array
        Voxels to mm.
    scaling : (float, float)
        Slope and intercept of what is stored.
    """
    new: Any = new_nifti(header)
    kept = header.nifti_of_shape()
    if kept is not None:
        zooms = new.get_zooms()
        new.copy_from(kept)
        new.set_data_dtype(new.nearest_dtype(header.get_data_dtype()))
        new.set_zooms((*new.get_zooms()[:3], *zooms[3:]))
        # An image without time may state a repetition time all the same.
        unit = TIME_UNITS.get(header.time_unit or 0, kept.get_xyzt_units()[1])
        new.set_xyzt_units("mm", unit)
    if not same_affine(affine, new.get_best_affine()):
        new.move_to(affine)
    new.start_time = header.start_time
    new.set_slope_inter(*scaling)
    file = BytesIO()
    new.write_to(file)
    return file.getvalue()
