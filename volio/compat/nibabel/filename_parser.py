"""File names taken apart by lists of endings: nibabel's ``filename_parser`` names.

volio's own images use `volio.files.names`; these take the endings and the compressions from the
caller.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from volio.errors import FilenameError

__all__ = ["TypesFilenamesError", "parse_filename", "splitext_addext", "types_filenames"]

TypesFilenamesError = FilenameError
FileSpec = str | os.PathLike[str]
TypeEndings = Sequence[tuple[str, str | None]]


def splitext_addext(
    filename: FileSpec,
    addexts: Sequence[str] = (".gz", ".bz2", ".zst"),
    match_case: bool = False,
) -> tuple[str, str, str]:
    """Split a file name into what comes before the ending, the ending, and a compression.

    Parameters
    ----------
    filename : str or PathLike
    addexts : sequence of str, optional
        Endings that may follow the ending proper.
    match_case : bool, optional
        Whether they must be in the same case.

    Returns
    -------
    stem, ending, compression : str
        ``("a", ".nii", ".gz")``; what is not there is empty.
    """
    name, compression = _cut(os.fspath(filename), addexts, match_case)
    base = os.path.basename(name)  # noqa: PTH119  the name is text, not a Path
    stem, dot, ending = base.rpartition(".")
    if not dot or not base.strip("."):
        return name, "", compression
    return name[: len(name) - len(base)] + stem, dot + ending, compression


def _cut(name: str, endings: Sequence[str | None], match_case: bool) -> tuple[str, str]:
    """Split off the first of some endings that fits."""
    for ending in endings:
        if ending and _fits(name, ending, match_case):
            return name[: -len(ending)], name[-len(ending) :]
    return name, ""


def _fits(name: str, ending: str, match_case: bool) -> bool:
    return name.endswith(ending) if match_case else name.lower().endswith(ending.lower())


def parse_filename(
    filename: FileSpec,
    types_exts: TypeEndings,
    trailing_suffixes: Sequence[str],
    match_case: bool = False,
) -> tuple[str, str, str | None, str | None]:
    """Split a file name and say which kind of file it is.

    Parameters
    ----------
    filename : str or PathLike
    types_exts : sequence of (str, str)
        Kind of file and its ending.
    trailing_suffixes : sequence of str
        Endings of compressions, which may follow.
    match_case : bool, optional
        Whether endings must be in the same case.

    Returns
    -------
    stem, ending : str
    suffix, kind : str or None
        The compression and the kind of file, if any.
    """
    name, suffix = _cut(os.fspath(filename), trailing_suffixes, match_case)
    for kind, ending in types_exts:
        if ending and _fits(name, ending, match_case):
            return name[: -len(ending)], name[-len(ending) :], suffix or None, kind
    stem, other = os.path.splitext(name)  # noqa: PTH122  the name is text, not a Path
    return stem, other, suffix or None, None


def types_filenames(
    template_fname: FileSpec,
    types_exts: TypeEndings,
    trailing_suffixes: Sequence[str] = (".gz", ".bz2"),
    enforce_extensions: bool = True,
    match_case: bool = False,
) -> dict[str, str]:
    """Name all files of an image after one of them.

    Parameters
    ----------
    template_fname : str or PathLike
    types_exts : sequence of (str, str)
        Kind of file and its ending.
    trailing_suffixes : sequence of str, optional
        Endings of compressions; all files get the one of the template.
    enforce_extensions : bool, optional
        Refuse a template with another ending; otherwise it is the first file as it is.
    match_case : bool, optional
        Whether endings must be in the same case. If not, an ending all in capitals gives the
        others capitals too.

    Returns
    -------
    dict of str to str
        Kind of file -> name.

    Raises
    ------
    FilenameError
        If the template has an ending that is none of the list.
    """
    template = os.fspath(template_fname)
    if template.endswith("."):
        template = template[:-1]
    stem, found, suffix, kind = parse_filename(template, types_exts, trailing_suffixes, match_case)
    if enforce_extensions and kind is None:
        _check_plain(template, found, suffix, types_exts)
    elif not enforce_extensions and (found or suffix):
        kind = types_exts[0][0]
    return {
        name: template if name == kind else stem + _in_case(ending or "", found) + (suffix or "")
        for name, ending in types_exts
    }


def _check_plain(template: str, found: str, suffix: str | None, types_exts: TypeEndings) -> None:
    endings = ", ".join(str(ending) for _, ending in types_exts)
    if found:
        raise FilenameError(f"{template}: must end in one of {endings}, got {found}")
    if suffix:
        raise FilenameError(f"{template}: needs one of {endings} before {suffix}")


def _in_case(ending: str, found: str) -> str:
    if found and found == found.upper():
        return ending.upper()
    return ending.lower() if found and found == found.lower() else ending
