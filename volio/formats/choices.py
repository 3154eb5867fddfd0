"""Choices that a format declares for loading and saving its images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Literal

from volio.errors import UsageError
from volio.flags import check_flags_of
from volio.formats.lookup import format_of

if TYPE_CHECKING:
    from volio.images.file_image import FileImage

__all__ = ["check_choices", "choice_parameters", "choices_of", "unknown_choices"]

Method = Literal["from_file_map", "to_file_map"]

NAMED = Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD


def choices_of(cls: type[FileImage], method: Method) -> tuple[str, ...]:
    """Return the names of the choices that an image class declares.

    A choice is a parameter of the method after the file map, which every image has. A method that
    hands on ``**options`` has those of the classes it is derived from, too.

    Parameters
    ----------
    cls : type
    method : {"from_file_map", "to_file_map"}
        For loading, and for saving.
    """
    return tuple(choice_parameters(cls, method))


def choice_parameters(cls: type[FileImage], method: Method) -> dict[str, Parameter]:
    """Return the choices that an image class declares, with their defaults; see `choices_of`."""
    found: dict[str, Parameter] = {}
    for each in cls.__mro__:
        if method not in vars(each):
            continue
        parameters = signature(getattr(each, method)).parameters.values()
        for parameter in parameters:
            if parameter.kind in NAMED and parameter.name not in ("self", "file_map"):
                found.setdefault(parameter.name, parameter)
        if not any(one.kind is Parameter.VAR_KEYWORD for one in parameters):
            break
    return found


def unknown_choices(cls: type[FileImage], method: Method, given: Iterable[str]) -> list[str]:
    """Return which of the given choices an image class does not declare."""
    known = choices_of(cls, method)
    return [name for name in given if name not in known]


def check_choices(cls: type[FileImage], method: Method, given: Mapping[str, object]) -> None:
    """Refuse choices that an image class does not declare, and text where True or False is meant.

    Raises
    ------
    UsageError
        The message lists those there are.
    """
    if unknown := unknown_choices(cls, method, given):
        found = format_of(cls)
        title = found.title if found else cls.__name__
        task = "loading" if method == "from_file_map" else "saving"
        there = ", ".join(choices_of(cls, method)) or "none"
        raise UsageError(
            f"{', '.join(unknown)}: {title} has no such choice for {task}; there are: {there}"
        )
    check_flags_of(choice_parameters(cls, method).values(), given)
