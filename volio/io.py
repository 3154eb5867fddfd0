"""Load, save, convert and identify files, whatever their format."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from inspect import signature
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from numpy.typing import DTypeLike

from volio.errors import (
    FilenameError,
    HeaderError,
    ImageFileError,
    MissingFileError,
    SaveError,
    UsageError,
)
from volio.files.filemap import FileHolder, FileMap
from volio.files.names import is_there, split_compression, split_ending
from volio.files.opener import open_source
from volio.files.remote.addresses import is_address
from volio.files.sources.source import ByteSource
from volio.formats import Door, Format, format_named, is_of_pair, recognise
from volio.formats import doors as all_doors
from volio.images.file_image import FileImage

__all__ = ["convert", "identify", "load", "save"]

Where = str | PathLike[str] | bytes | BinaryIO


def load(
    filename: Where,
    *,
    format: str | None = None,
    mmap: bool | str | None = None,
    keep_file_open: bool | None = None,
    **choices: Any,
) -> Any:
    """Load an image; its voxels are read when they are asked for.

    Parameters
    ----------
    filename : str, path, address, bytes or binary file object
        Name or address (``https://…``; with fsspec ``s3://…`` and others) of any file of the
        image, the bytes of its file, or an open file (which must stay open as long as voxels are
        read).
    format : str, optional
        Name of a format, as ``volio formats`` lists them (default: found from the first bytes,
        whatever the name says).
    mmap : {False, True, 'c', 'r'}, optional
        Map the voxels of an uncompressed file into memory: True or 'c' copies on write, 'r' is
        read-only. By default what `volio.options` says.
    keep_file_open : bool, optional
        Whether the file stays open after a read, as one of a few. By default what
        `volio.options` says.
    **choices
        Further options of the format, as its class takes them: ``orientation="coronal"`` for
        PAR/REC, ``allow_external=True`` for voxels that a header names in another folder.

    Returns
    -------
    SpatialImage
        Of the class of the format.

    Raises
    ------
    MissingFileError, UnknownFormatError, ImageFileError, HeaderError
        If the file is missing, of no known format, damaged, or its header makes no sense.
    UsageError
        If the format has no such option.

    Examples
    --------
    >>> img = volio.load("sub-01_bold.nii.gz")  # doctest: +SKIP
    >>> img.shape, img.dataobj[..., 3].mean()  # doctest: +SKIP
    """
    where = _expanded(filename)
    row, door, source = _find(where, format)
    cls = row.image_class(door)
    if choices:
        _check_choices(choices, row, cls)
    options: dict[str, Any] = {"mmap": mmap, "keep_file_open": keep_file_open, **choices}
    return cls.from_file_map(_file_map(where, door, cls, source), **options)


def _check_choices(choices: dict[str, Any], row: Format, cls: Any) -> None:
    known = signature(cls.from_file_map).parameters
    if unknown := [choice for choice in choices if choice not in known]:
        raise UsageError(f"{', '.join(unknown)}: is no option of {row.title}; it has {list(known)}")


def identify(filename: Where) -> Format:
    """Find the format of a file by its first bytes and its name.

    Parameters
    ----------
    filename : str, path, URL, bytes or binary file object

    Returns
    -------
    Format
        The row of the table of formats: ``name``, ``title``, ``endings``, ...

    Raises
    ------
    UnknownFormatError
        If no format recognises it.
    """
    return _find(_expanded(filename), None)[0]


def _expanded(where: Any) -> Any:
    return os.path.expanduser(where) if isinstance(where, str | PathLike) else where  # noqa: PTH111


def _find(where: Any, format: str | None) -> tuple[Format, Door, ByteSource]:
    """Return the row, the door in it, and the source of the file with the header."""
    name = where if isinstance(where, str) else ""
    source = _header_source(name) if name else open_source(where)
    head = source.head()
    if format is None:
        return (*recognise(name or "", head), source)
    row = format_named(format)
    ranked = sorted(row.doors, key=lambda door: (door.looks(head), door.named_like(name)))
    return row, ranked[-1], source


def _header_source(name: str) -> ByteSource:
    """Open the file with the header, for the name of any file of an image."""
    for header in _header_names(name) if is_of_pair(name) else ():
        if header == name:
            break
        if is_address(header):  # what a server has is only seen by asking
            with suppress(MissingFileError):
                return open_source(header)
        elif is_there(header):
            return open_source(header)
    return open_source(name)


def _header_names(name: str) -> Iterator[str]:
    """Go through the names that the header can have, for any file of an image."""
    for row, door in all_doors():
        if len(door.files) > 1 and door.named_like(name):
            yield str(row.image_class(door).filespec_to_file_map(name)["header"].filename)


def _file_map(where: Any, door: Door, cls: Any, source: ByteSource) -> FileMap:
    """Return the file map of an image: by the names of its files, or around a source."""
    if isinstance(where, str):
        one = len(door.files) == 1
        file_map: FileMap = (
            {"image": FileHolder(filename=where)} if one else cls.filespec_to_file_map(where)
        )
        for holder in file_map.values():
            if str(holder.filename) == source.name:
                holder.source = source
        return file_map
    if len(door.files) > 1:
        raise ImageFileError(
            f"{source.name}: is the header of a pair; load it by its name, or with "
            f"{cls.__name__}.from_file_map"
        )
    return {"image": FileHolder(fileobj=source)}


def save(
    img: Any,
    filename: str | PathLike[str],
    dtype: DTypeLike | None = None,
    *,
    format: str | None = None,
    compression: str | int | None = None,
) -> None:
    """Save an image in the format of the name, replacing what is there in one step.

    Parameters
    ----------
    img : SpatialImage
    filename : str or path
        Its ending says format and compression (.gz, .bz2, .xz, .zst). An image of a format with
        that ending keeps its format: NIfTI-2 stays NIfTI-2 in a .nii.
    dtype : dtype-like, 'exact' or 'smallest', optional
        dtype of the voxels in the file. Default: the header's, where it holds the values;
        'exact' takes the smallest that keeps every value, 'smallest' the smallest that keeps
        them within a small tolerance.
    format : str, optional
        Name of a format, as ``volio formats`` lists them.
    compression : {"fast", "balanced", "small"} or int, optional
        How hard to compress, where the name asks for it: a preset (default: "fast"), or a level
        of the codec. Presets mean the same for .gz, .bz2, .xz and .zst.

    Raises
    ------
    FilenameError
        If no format that can be written has this ending.
    SaveError, HeaderError
        If the format cannot hold the image; before anything is written.

    Warns
    -----
    PrecisionWarning
        If values had to be rounded; the message states the largest error.
    GeometryWarning
        If the format cannot hold the affine.
    """
    name = str(_expanded(filename))
    if format is not None:
        format_named(format)
    _as_savable(img, name, format).to_filename(name, dtype=dtype, compression=compression)


def _as_savable(img: Any, name: str, format: str | None) -> Any:
    """Return the image in a class that can be saved under this name."""
    if not hasattr(img, "dataobj"):
        raise UsageError(
            f"img: must be an image, got {type(img).__name__}; volio.Nifti1Image(array, affine) "
            "makes one"
        )
    return made_for(img, name, format, lambda cls: img if cls is type(img) else cls.from_image(img))


def made_for(img: Any, name: str, format: str | None, make: Callable[[type[Any]], Any]) -> Any:
    """Return what `make` makes of the first class that can be saved under a name and takes it.

    Parameters
    ----------
    img : image or header or None
        Classes of its format are tried first.
    name : str
    format : str or None
        As for `save`.
    make : callable
        Takes an image class; its HeaderError or SaveError means that the class does not do.
    """
    refused: HeaderError | SaveError | None = None
    for cls in _candidates(img, name, format):
        try:
            return make(cls)
        except (HeaderError, SaveError) as error:
            refused = refused or error
    raise refused or FilenameError(_no_writer(name, format))


def _candidates(img: Any, name: str, format: str | None) -> Iterator[type[Any]]:
    """Go through the classes for a name: the image's own, those of its format, the others."""
    own = type(img)
    ours = isinstance(img, FileImage)  # images of other packages are converted
    if ours and format is None and own.rw and split_ending(name, own.valid_exts)[1]:
        yield own
        return
    usable = [
        (row, door)
        for row, door in all_doors()
        if row.write and door.named_like(name) and format in (None, row.name)
    ]
    usable.sort(key=lambda pair: f"volio.formats.{pair[0].name}." not in f"{own.__module__}.")
    for row, door in usable:
        yield row.image_class(door)


def _no_writer(name: str, format: str | None) -> str:
    plain = split_compression(name)[0]
    endings = dict.fromkeys(
        end
        for row, door in all_doors()
        if row.write
        for end in door.endings
        if format is None or row.name == format
    )
    ending = Path(plain).suffix
    return (
        f"{name}: {f'no format writes the ending {ending!r}' if ending else 'has no ending'}"
        f"{f' as {format}' if format and ending else ''}"
        f"; endings that can be written: {', '.join(endings)}"
    )


def convert(
    source: Where,
    target: str | PathLike[str],
    *,
    dtype: DTypeLike | None = None,
    format: str | None = None,
    compression: str | int | None = None,
    overwrite: bool = True,
) -> None:
    """Convert a file into the format of another name.

    Parameters
    ----------
    source : str, path, URL, bytes or binary file object
    target : str or path
    dtype, format, compression
        As for `save`.
    overwrite : bool
        False refuses to replace a file.

    Raises
    ------
    UsageError
        If the target exists and may not be replaced.
    ImageFileError, HeaderError, SaveError
        As for `load` and `save`.
    """
    if not overwrite and Path(_expanded(target)).exists():
        raise UsageError(f"{target}: exists already; overwrite=True replaces it")
    save(load(source), target, dtype, format=format, compression=compression)
