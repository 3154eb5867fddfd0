"""Examine image files for everything suspicious, and repair their headers."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from volio.errors import UsageError, VolioError
from volio.files.fileobjects import SourceFile
from volio.files.names import expanded
from volio.files.opener import open_source
from volio.formats.parts import split_part, with_choices_of_name
from volio.formats.peek import Peek
from volio.formats.recognise import recognise
from volio.images.kinds import Kind, for_kind, kind_of
from volio.io import load
from volio.ops.checks.fields import (
    check_issues,
    extension_issues,
    length_issues,
    scaling_issues,
)
from volio.ops.checks.files import (
    companion_issues,
    compression_issues,
    ending_issues,
    offset_issues,
    size_issues,
)
from volio.ops.checks.issue import Issue
from volio.ops.checks.labels import label_issues
from volio.ops.checks.places import place_issues
from volio.ops.checks.times import unit_issues
from volio.ops.checks.voxels import voxel_issues
from volio.ops.greyordinates.checks import greyordinate_issues
from volio.ops.surfaces.checks import surface_issues
from volio.ops.tracts.checks import tract_issues

__all__ = ["Issue", "examine", "repair"]


def examine(where: Any, **choices: Any) -> list[Issue]:
    """Find everything suspicious in an image file.

    The whole file is read, in bounded memory: that is what verifies its length and checksums.

    Parameters
    ----------
    where : str, path, URL, bytes, binary file object or SpatialImage
        As for `volio.load`, or an image.
    **choices
        Choices for loading that the format declares, as for `volio.load`.

    Returns
    -------
    list of Issue
        Of names and sizes of the files first, then header, place and voxels; empty if nothing is
        suspicious. A file that cannot be loaded gives an issue of level "error".

    Raises
    ------
    MissingFileError
        If there is no such file.
    UsageError
        If `where` is none of these, or an image of a kind that cannot be examined.
    """
    if kind_of(where) is not None:
        issues_of = for_kind(EXAMINATIONS, where, "examine")
        return _different(issues_of(where, False))
    if not _is_path(where):
        return _different(_of_file(where, choices))
    part = split_part(expanded(where))
    choices = with_choices_of_name(part, choices)
    return _different([*compression_issues(part.name), *_of_file(part.name, choices)])


def _of_file(where: Any, choices: Mapping[str, Any]) -> Iterator[Issue]:
    """Find everything suspicious in a file that is loaded with choices of its format."""
    try:
        img = load(where, **choices)
    except UsageError:
        raise
    except VolioError as error:
        yield Issue("error", "file", f"cannot be loaded: {error}")
        yield from _of_head(where)
        return
    issues_of = for_kind(EXAMINATIONS, img, "examine")
    if _is_path(where):
        yield from ending_issues(where, img)
        yield from companion_issues(where, img)
    yield from issues_of(img, True)


def _different(issues: Iterable[Issue]) -> list[Issue]:
    """Return each issue once: damage is met by whatever reads that far."""
    return list(dict.fromkeys(issues))


def repair(img: Any, issues: Iterable[Issue]) -> Any:
    """Repair the header of an image.

    Parameters
    ----------
    img : SpatialImage
        Not changed.
    issues : iterable of Issue
        What `examine` found in it, or some of that.

    Returns
    -------
    SpatialImage
        A copy with a repaired header and the same (lazy) voxels.

    Raises
    ------
    UsageError
        If it is an image of a kind that cannot be repaired.
    """
    repaired = for_kind(COPIES, img, "repair")(img)
    for issue in issues:
        if issue.repair is not None:
            issue.repair(repaired)
    return repaired


def _is_path(where: Any) -> bool:
    return isinstance(where, str | os.PathLike) and "://" not in os.fspath(where)


def _volume_copy(img: Any) -> Any:
    """Return a volume with a header and an affine of its own, and the same (lazy) voxels."""
    affine = None if img.affine is None else img.affine.copy()
    return type(img)(img.dataobj, affine, img.header, extra=img.extra)


def _volume_issues(img: Any, is_in_file: bool) -> Iterator[Issue]:
    """Find what is suspicious in a volume."""
    header = _stored_header(img) if is_in_file else img.header
    yield from size_issues(img)
    yield from offset_issues(img, header)
    yield from check_issues(header)
    yield from length_issues(img, header)
    yield from scaling_issues(header)
    yield from extension_issues(header)
    yield from label_issues(img)
    yield from place_issues(img, header)
    yield from unit_issues(img, header)
    yield from voxel_issues(img)


def _surface_issues(surf: Any, is_in_file: bool) -> Iterator[Issue]:
    """Find what is suspicious in a surface."""
    yield from surface_issues(surf)


def _tract_issues(tracts: Any, is_in_file: bool) -> Iterator[Issue]:
    """Find what is suspicious in tracts."""
    yield from tract_issues(tracts)


def _tract_copy(tracts: Any) -> Any:
    """Return tracts with a header of their own, and the same (lazy) lines."""
    return tracts[:]


def _surface_copy(surf: Any) -> Any:
    return surf.copy()


def _greyordinate_issues(img: Any, is_in_file: bool) -> Iterator[Issue]:
    """Find what is suspicious in greyordinates."""
    yield from greyordinate_issues(img, is_in_file)


def _greyordinate_copy(img: Any) -> Any:
    """Return greyordinates with headers of their own, and the same (lazy) values."""
    return type(img)(img.dataobj, img.header, img.nifti_header, extra=img.extra)


def _stored_header(img: Any) -> Any:
    """Return the header as it is in the file: loading repairs what it can."""
    holder = img.file_map.get("header") or img.file_map.get("image")
    if holder is None or holder.file_like is None or not hasattr(img.header, "checks"):
        return img.header
    if not getattr(img.header, "stands_alone", True):  # more of the file than the record counts
        return img.header
    with SourceFile(open_source(holder)) as raw:
        return type(img.header).from_fileobj(io.BufferedReader(raw), check=False)


def _of_head(where: Any) -> Iterator[Issue]:
    """Look at the fields of a header that does not let the file be loaded."""
    try:
        source = open_source(where)
        peek = Peek(source.name, source)
        found, layout = recognise(peek)
        kind = found.image_class(layout).header_class
        header = kind(peek.head[: kind.layout.itemsize], check=False)
    except (VolioError, AttributeError):
        return
    yield from check_issues(header)


#: What finds everything suspicious in an image of each kind, and whether it was loaded from a file.
EXAMINATIONS: dict[Kind, Callable[[Any, bool], Iterator[Issue]]] = {
    "volume": _volume_issues,
    "surface": _surface_issues,
    "greyordinates": _greyordinate_issues,
    "tracts": _tract_issues,
}

#: What makes a copy of an image of each kind, whose header can be repaired.
COPIES: dict[Kind, Callable[[Any], Any]] = {
    "volume": _volume_copy,
    "surface": _surface_copy,
    "greyordinates": _greyordinate_copy,
    "tracts": _tract_copy,
}
