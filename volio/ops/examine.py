"""Examine an image file for everything odd in it, and mend what can be mended."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from typing import Any

from volio.errors import UsageError, VolioError
from volio.files.fileobjects import SourceFile
from volio.files.opener import open_source
from volio.formats.peek import Peek
from volio.formats.recognise import recognise
from volio.io import load
from volio.ops.symptoms.fields import (
    check_symptoms,
    extension_symptoms,
    length_symptoms,
    scaling_symptoms,
)
from volio.ops.symptoms.files import compression_symptoms, ending_symptoms, size_symptoms
from volio.ops.symptoms.finding import Finding
from volio.ops.symptoms.places import place_symptoms
from volio.ops.symptoms.times import unit_symptoms
from volio.ops.symptoms.voxels import voxel_symptoms

__all__ = ["Finding", "examine", "repair"]


def examine(where: Any) -> list[Finding]:
    """Find everything odd in an image file.

    The whole file is read, in bounded memory: that is what verifies its length and checksums.

    Parameters
    ----------
    where : str, path, URL, bytes, binary file object or SpatialImage
        As for `volio.load`, or an image.

    Returns
    -------
    list of Finding
        Of names and sizes of the files first, then header, place and voxels; empty if nothing is
        odd. A file that cannot be loaded gives a finding of level "error".

    Raises
    ------
    MissingFileError
        If there is no such file.
    UsageError
        If `where` is none of these.
    """
    if hasattr(where, "dataobj"):
        return _different(_image_findings(where, where.header))
    if _is_path(where):
        where = os.path.expanduser(where)  # noqa: PTH111  Path's own fails on a file named ~x
    found = list(compression_symptoms(where)) if _is_path(where) else []
    try:
        img = load(where)
    except UsageError:
        raise
    except VolioError as error:
        return [*found, Finding("error", "file", f"cannot be loaded: {error}"), *_of_head(where)]
    if _is_path(where):
        found += ending_symptoms(where, img)
    return _different([*found, *_image_findings(img, _stored_header(img))])


def _different(findings: Iterable[Finding]) -> list[Finding]:
    """Return each finding once: damage is met by whatever reads that far."""
    return list(dict.fromkeys(findings))


def repair(img: Any, findings: Iterable[Finding]) -> Any:
    """Mend what can be mended.

    Parameters
    ----------
    img : SpatialImage
        Not changed.
    findings : iterable of Finding
        What `examine` found in it, or some of that.

    Returns
    -------
    SpatialImage
        A copy with a mended header and the same (lazy) voxels.
    """
    affine = None if img.affine is None else img.affine.copy()
    mended = type(img)(img.dataobj, affine, img.header, extra=img.extra)
    for finding in findings:
        if finding.mend is not None:
            finding.mend(mended)
    return mended


def _is_path(where: Any) -> bool:
    return isinstance(where, str | os.PathLike) and "://" not in os.fspath(where)


def _image_findings(img: Any, header: Any) -> Iterator[Finding]:
    yield from size_symptoms(img)
    for look in (check_symptoms, length_symptoms, scaling_symptoms, extension_symptoms):
        yield from look(header)
    yield from place_symptoms(img, header)
    yield from unit_symptoms(header)
    yield from voxel_symptoms(img)


def _stored_header(img: Any) -> Any:
    """Return the header as it is in the file: loading mends what it can."""
    holder = img.file_map.get("header") or img.file_map.get("image")
    if holder is None or holder.file_like is None or not hasattr(img.header, "checks"):
        return img.header
    with SourceFile(open_source(holder)) as raw:
        return type(img.header).from_fileobj(io.BufferedReader(raw), check=False)


def _of_head(where: Any) -> Iterator[Finding]:
    """Look at the fields of a header that does not let the file be loaded."""
    try:
        source = open_source(where)
        peek = Peek(source.name, source)
        found, layout = recognise(peek)
        kind = found.image_class(layout).header_class
        header = kind(peek.head[: kind.layout.itemsize], check=False)
    except (VolioError, AttributeError):
        return
    yield from check_symptoms(header)
