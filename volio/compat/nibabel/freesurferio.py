"""FreeSurfer's surface files as arrays: nibabel's ``freesurfer.io`` names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.caller import warn_caller
from volio.errors import HeaderDataError, ImageDataError, UsageError, VolioWarning
from volio.files.filemap import FileHolder
from volio.files.names import expanded, is_there
from volio.files.opener import open_for_write
from volio.files.remote.addresses import is_address
from volio.formats.containers.freesurfer.colours import ColourRow, pack_table
from volio.formats.containers.freesurfer.numbers import packed
from volio.formats.freesurfer.annotation import (
    FreeSurferAnnotation,
    check_colours,
    pack_annotation,
)
from volio.formats.freesurfer.label import FreeSurferLabel
from volio.formats.freesurfer.morph_data import FreeSurferMorphData
from volio.formats.freesurfer.surface import STAMP, FreeSurferSurface
from volio.surfaces.single_file import SingleFileSurface

__all__ = [
    "read_annot",
    "read_geometry",
    "read_label",
    "read_morph_data",
    "write_annot",
    "write_geometry",
    "write_morph_data",
]

#: What `read_geometry` returns of the volume, in the order of the file, and its dtype.
VOLUME = {
    "valid": str,
    "filename": str,
    "volume": int,
    "voxelsize": float,
    "xras": float,
    "yras": float,
    "zras": float,
    "cras": float,
}
#: The largest number that counts of FreeSurfer's files hold.
LARGEST = np.iinfo(np.int32).max


S = TypeVar("S", bound=SingleFileSurface)


def _loaded(cls: type[S], where: Any) -> S:
    """Return the surface of a file, open or by its name, which may have any ending."""
    if hasattr(where, "read"):
        return cls.from_stream(where)
    if is_there(expanded(where)) or is_address(where):
        return cls.from_named_files(cls.make_file_map({"image": where}))
    return cls.from_filename(where)


def read_geometry(
    filepath: Any, read_metadata: bool = False, read_stamp: bool = False
) -> tuple[Any, ...]:
    """Read a surface.

    Parameters
    ----------
    filepath : str, path, address or binary file object
    read_metadata, read_stamp : bool
        Return what the file says of its volume, and the line that says who made it, too.

    Returns
    -------
    coords : array of float64, shape (V, 3)
    faces : array of int32, shape (F, 3)
        Of quadrangles, two triangles each.
    volume_info : OrderedDict
        'head', 'valid', 'filename', 'volume', 'voxelsize', 'xras', 'yras', 'zras', 'cras'; empty
        where the file does not have it. If asked for.
    create_stamp : str
        If asked for.

    Raises
    ------
    HeaderDataError, TruncatedFileError
        If it is not a surface, or ends early.
    """
    surf = _loaded(FreeSurferSurface, filepath)
    if surf.vertices is None or surf.faces is None:
        raise HeaderDataError(f"{filepath}: has no surface")
    result: tuple[Any, ...] = (surf.vertices.astype(np.float64), surf.faces)
    if read_metadata:
        info = _volume_info(surf)
        if not info:
            warn_caller(f"{filepath}: says nothing of its volume", VolioWarning)
        result += (info,)
    return (*result, surf.stamp) if read_stamp else result


def _volume_info(surf: FreeSurferSurface) -> OrderedDict[str, Any]:
    """Return what a file says of its volume."""
    info: OrderedDict[str, Any] = OrderedDict()
    if not surf.tags.texts:
        return info
    info["head"] = np.array([2, int(surf.tags.is_scanner), 20], np.int32)
    for name, kind in VOLUME.items():
        text = surf.tags.texts.get(name, "")
        info[name] = text if kind is str else np.array(text.split(), kind)
    return info


def write_geometry(
    filepath: Any,
    coords: ArrayLike,
    faces: ArrayLike,
    create_stamp: str | None = None,
    volume_info: Mapping[str, Any] | None = None,
) -> None:
    """Write a surface.

    Parameters
    ----------
    filepath : str or path
    coords : array-like, shape (V, 3)
    faces : array-like of int, shape (F, 3)
    create_stamp : str, optional
        One line; by default that volio wrote it, not by whom, so that files are the same each time.
    volume_info : mapping, optional
        As `read_geometry` returns it.

    Raises
    ------
    UsageError
        If the stamp has several lines, or the volume is not completely described.
    ImageDataError, HeaderDataError
        If shapes do not fit, or faces name vertices that are not there.
    """
    stamp = STAMP if create_stamp is None else create_stamp
    if "\n" in stamp or "\r" in stamp:
        raise UsageError(f"create_stamp: must be one line, got {stamp!r}")
    surf = FreeSurferSurface(np.asarray(coords, np.float32), faces, space="tkras")
    surf.stamp = stamp
    surf.set_tags(_packed_volume_info(volume_info))
    surf.to_filename(filepath)


def _packed_volume_info(info: Mapping[str, Any] | None) -> bytes:
    """Return what follows the faces."""
    if not info:
        return b""
    missing = [name for name in ("head", *VOLUME) if name not in info]
    if missing:
        raise UsageError(f"volume_info: lacks {', '.join(missing)}")
    unknown = [str(name) for name in info if name not in ("head", *VOLUME)]
    if unknown:
        raise UsageError(f"volume_info: files have no place for {', '.join(unknown)}")
    head = np.asarray(info["head"]).tolist()
    if head not in ([20], [2, 0, 20], [2, 1, 20]):
        raise UsageError(f"volume_info: head must be [20] or [2, 0 or 1, 20], got {head}")
    lines = []
    for name, kind in VOLUME.items():
        value = info[name]
        if kind is not str:
            form = "{:d}" if kind is int else "{:.10g}"
            value = " ".join(form.format(kind(number)) for number in np.asarray(value).ravel())
        lines.append(f"{name:<6} = {value}\n")
    return packed(*head) + "".join(lines).encode("utf-8", "surrogateescape")


def read_morph_data(filepath: Any) -> NDArray[np.float32]:
    """Read values per vertex, shape (V,): curvature, thickness, ...

    Parameters
    ----------
    filepath : str, path, address or binary file object

    Raises
    ------
    HeaderDataError, TruncatedFileError
        If the file has several values for each vertex, or ends early.
    """
    surf = _loaded(FreeSurferMorphData, filepath)
    (array,) = surf.data.arrays()
    if array.values.ndim != 1:
        raise HeaderDataError(f"{filepath}: has {array.values.shape[1]} values for each vertex")
    values: NDArray[np.float32] = array.values
    return values


def write_morph_data(file_like: Any, values: ArrayLike, fnum: int = 0) -> None:
    """Write values per vertex.

    Parameters
    ----------
    file_like : str, path or binary file object
    values : array-like, shape (V,), (V, 1), (1, V) or (V, 1, 1)
    fnum : int
        Number of faces of the mesh.

    Raises
    ------
    UsageError
        If the shape is another one, or counts do not fit the file.
    """
    array = np.asarray(values)
    count = max(array.shape, default=0)
    if array.shape not in ((count,), (count, 1), (1, count), (count, 1, 1)):
        raise UsageError(f"values: must be of shape (V,), (V, 1) or (1, V), got {array.shape}")
    if count > LARGEST:
        raise UsageError(f"values: at most {LARGEST} fit the file, got {count}")
    if not -LARGEST <= int(fnum) <= LARGEST:
        raise UsageError(f"fnum: must fit 32 bits, got {fnum}")
    surf = FreeSurferMorphData(data={"values": array.ravel().astype(np.float32)})
    surf.face_count = int(fnum)
    if hasattr(file_like, "write"):
        surf.to_file_map({"image": FileHolder(fileobj=file_like)})
    else:
        surf.to_filename(file_like)


def read_annot(
    filepath: Any, orig_ids: bool = False
) -> tuple[NDArray[np.int32], NDArray[np.int64], list[bytes]]:
    """Read an annotation.

    Parameters
    ----------
    filepath : str, path, address or binary file object
    orig_ids : bool
        Return the value of each vertex in the file instead of its row.

    Returns
    -------
    labels : array of int32, shape (V,)
        The row of the table of each vertex, -1 for none.
    ctab : array of int64, shape (n, 5)
        Red, green, blue, 255 - opacity and the value in the file.
    names : list of bytes
        One for each row.

    Raises
    ------
    HeaderDataError, TruncatedFileError
        If it is not an annotation, has no table, or ends early.
    """
    surf = _loaded(FreeSurferAnnotation, filepath)
    if not surf.rows:
        raise HeaderDataError(f"{filepath}: has no table of labels")
    (array,) = surf.data.arrays()
    levels = [[row.red, row.green, row.blue, row.transparency, row.value] for row in surf.rows]
    names = [row.name.encode("utf-8", "surrogateescape") for row in surf.rows]
    labels = surf.colours_of_vertices if orig_ids else array.values
    return labels, np.array(levels, np.int64).reshape(-1, 5), names


def write_annot(
    filepath: Any,
    labels: ArrayLike,
    ctab: ArrayLike,
    names: Sequence[str | bytes],
    fill_ctab: bool = True,
) -> None:
    """Write an annotation.

    Parameters
    ----------
    filepath : str or path
    labels : array-like of int, shape (V,)
        The row of the table of each vertex, -1 for none.
    ctab : array-like of int, shape (n, 4) or (n, 5)
        Red, green, blue, 255 - opacity, and perhaps the value in the file.
    names : sequence of str or bytes
    fill_ctab : bool
        Compute the values of the last column; False takes them as they are.

    Raises
    ------
    ImageDataError
        If labels are beyond the table, or shapes do not fit.
    SaveError
        If labels are of several rows that have one colour.
    """
    rows = np.asarray(labels, np.int64)
    table = np.asarray(ctab, np.int64)
    least = 4 if fill_ctab else 5
    if table.ndim != 2 or not least <= table.shape[1] <= 5 or len(names) < len(table):
        raise ImageDataError(
            f"ctab: must be of shape (n, {least}) or (n, 5) with n names, got {table.shape} and "
            f"{len(names)} names"
        )
    if rows.size and (rows.min() < -1 or rows.max() >= len(table)):
        raise ImageDataError(f"labels: must be -1 to {len(table) - 1}, the last row of the table")
    entries = tuple(
        ColourRow(_as_text(name), *levels[:4])
        for name, levels in zip(names, table.tolist(), strict=False)
    )
    value_of_row = [row.value for row in entries]
    if fill_ctab:
        check_colours(rows, entries)
    else:
        stated = table[:, 4].tolist()
        if stated != value_of_row:
            problem = f"ctab: the values in {filepath} are not those of the colours"
            warn_caller(problem, VolioWarning)
        value_of_row = stated
    # Row -1, of vertices without a label, is the last one: 0.
    values = np.array([*value_of_row, 0], np.int64)[rows]
    with open_for_write([FileHolder(filename=filepath)]) as (stream,):
        stream.write(pack_annotation(values, pack_table(entries)))


def _as_text(name: str | bytes) -> str:
    """Return a name as text, also where it is not UTF-8."""
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name


def read_label(filepath: Any, read_scalars: bool = False) -> Any:
    """Read the vertices of a label.

    Parameters
    ----------
    filepath : str, path, address or binary file object
    read_scalars : bool
        Return the last column, too.

    Returns
    -------
    indices : array of int, shape (n,)
    scalars : array of float, shape (n,)
        If asked for.
    """
    surf = _loaded(FreeSurferLabel, filepath)
    return (surf.indices, surf.data["value"]) if read_scalars else surf.indices
