"""Names of parts of files: ``slide.czi@2``, ``brain.ome.zarr@level=2``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from volio.errors import UsageError
from volio.files.names import is_there
from volio.files.remote.addresses import is_address
from volio.formats.lookup import layouts, own_scheme
from volio.numerals import is_count

__all__ = ["NamedPart", "split_format", "split_part", "with_choices_of_name"]

FORMAT = re.compile(r"(\w+)://(?=.)")
NUMBER = re.compile(r"-?[0-9]{1,18}")
CHOICE = re.compile(r"([a-z_]+)=([\w/-]+)")  # no dots: an ending is not a value


class NamedPart(NamedTuple):
    """A file, and what its name asks for.

    Attributes
    ----------
    name : str
        Of the file or folder.
    suffix : str
        What follows it, with the ``@``; "" for all of the file.
    choices : mapping
        For loading.
    """

    name: str
    suffix: str
    choices: Mapping[str, Any]


def split_format(name: str, format: str | None = None) -> tuple[str, str | None]:
    """Split the name of a format off an address: ``precomputed://https://…``, as viewers have it.

    Parameters
    ----------
    name : str
        Path or address. What is before ``://`` is a format where one that keeps images in folders
        has this name.
    format : str, optional
        The format that is asked for otherwise.

    Returns
    -------
    name : str
    format : str or None

    Raises
    ------
    UsageError
        If the two are different.
    """
    match = FORMAT.match(name)
    if match is None:
        return name, format
    in_folders = {known.name for known, layout in layouts() if layout.folder}
    if match[1] not in in_folders:
        return name, format
    if format not in (None, match[1]):
        raise UsageError(f"format: {name} asks for {match[1]!r}, but format={format!r}")
    return name[match.end() :], match[1]


def split_part(name: str) -> NamedPart:
    """Split what a name asks for off the name of a file.

    Parameters
    ----------
    name : str
        Path or address. ``@2`` at its end is the scene of number 2, ``@level=2,path=a`` are choices
        as `volio.load` takes them. A path that leads to something is taken as it is, and so is an
        address where no ending of a format is before the ``@``, and whose protocol is not that of
        one.

    Returns
    -------
    NamedPart
    """
    file, at, asked = name.rpartition("@")
    choices = _parse(asked) if at else {}
    if not choices or not file or not _is_file(name, file):
        return NamedPart(name, "", {})
    return NamedPart(file, at + asked, choices)


def _is_file(whole: str, file: str) -> bool:
    """Return whether a name without its end names a file, rather than the whole name."""
    if is_address(whole):
        return bool(own_scheme(whole)) or any(
            layout.named_like(file.rstrip("/")) for _, layout in layouts()
        )
    return not is_there(whole)


def _parse(asked: str) -> dict[str, Any]:
    """Return the choices that the end of a name stands for; none where it stands for none."""
    if is_count(asked):
        return {"scene": int(asked)}
    found = [CHOICE.fullmatch(each) for each in asked.split(",")]
    return {match[1]: _value(match[2]) for match in found if match} if all(found) else {}


def _value(text: str) -> int | str:
    return int(text) if NUMBER.fullmatch(text) else text


def with_choices_of_name(part: NamedPart, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return choices that were given together with those that the name asks for.

    Raises
    ------
    UsageError
        If one is given twice, with different values.
    """
    for name, value in part.choices.items():
        if choices.get(name, value) != value:
            raise UsageError(
                f"{name}: {part.name}{part.suffix} asks for {value!r}, but {name}={choices[name]!r}"
            )
    return {**choices, **part.choices}
