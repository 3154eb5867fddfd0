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
from volio.formats.format import FileLayout, Format
from volio.formats.lookup import format_named, format_of, is_of_several, layouts
from volio.formats.peek import Peek
from volio.formats.recognise import recognise
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
    known, layout, peek = _find(where, format)
    cls = known.image_class(layout)
    if choices:
        _check_choices(choices, known, cls)
    options: dict[str, Any] = {"mmap": mmap, "keep_file_open": keep_file_open, **choices}
    return cls.from_file_map(_file_map(where, layout, cls, peek), **options)


def _check_choices(choices: dict[str, Any], known: Format, cls: Any) -> None:
    there = signature(cls.from_file_map).parameters
    if unknown := [choice for choice in choices if choice not in there]:
        raise UsageError(
            f"{', '.join(unknown)}: is no option of {known.title}; it has {list(there)}"
        )


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


def _find(where: Any, format: str | None) -> tuple[Format, FileLayout, Peek]:
    """Return the format and layout of a file or folder, and what was seen of it."""
    peek = _peek_at(where)
    if format is None:
        return (*recognise(peek), peek)
    known = format_named(format)
    usable = [layout for layout in known.layouts if layout.folder or not peek.is_folder]
    if not usable:
        peek.source.head()  # raises: it is a folder
    best = max(usable, key=lambda layout: (layout.score(peek), layout.named_like(peek.name)))
    return known, best, peek


def _peek_at(where: Any) -> Peek:
    """Look at the file with the header, for any file of an image, or at a folder."""
    if not isinstance(where, str):
        return Peek("", open_source(where))
    try:
        return Peek(where, _header_source(where))
    except ImageFileError:
        if not os.path.isdir(where):  # noqa: PTH112  Path.is_dir raises for names too long
            raise
    return Peek(where.rstrip(os.sep) or where, None)


def _header_source(name: str) -> ByteSource:
    """Open the file with the header, for the name of any file of an image."""
    for header in _header_names(name) if is_of_several(name) else ():
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
    for known, layout in layouts():
        if len(layout.files) > 1 and layout.named_like(name):
            file_map = known.image_class(layout).filespec_to_file_map(name)
            yield str(file_map["header"].filename)


def _file_map(where: Any, layout: FileLayout, cls: type[FileImage], peek: Peek) -> FileMap:
    """Return the file map of an image: by the names of its files, or around a source."""
    single = len(layout.files) == 1
    part = cls.files_types[0][0]
    if not isinstance(where, str):
        if not single:
            raise ImageFileError(
                f"{peek.source.name}: is the header of a pair; load it by its name, or with "
                f"{cls.__name__}.from_file_map"
            )
        return {part: FileHolder(fileobj=peek.source)}
    file_map: FileMap = (
        {part: FileHolder(filename=where)} if single else cls.filespec_to_file_map(where)
    )
    if not peek.is_folder:
        for holder in file_map.values():
            if str(holder.filename) == peek.source.name:
                holder.source = peek.source
    return file_map


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
        (known, layout)
        for known, layout in layouts()
        if known.write and layout.named_like(name) and format in (None, known.name)
    ]
    usable.sort(key=lambda pair: pair[0] is not format_of(own))
    for known, layout in usable:
        yield known.image_class(layout)


def _no_writer(name: str, format: str | None) -> str:
    plain = split_compression(name)[0]
    endings = dict.fromkeys(
        end
        for known, layout in layouts()
        if known.write
        for end in layout.endings
        if format is None or known.name == format
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
