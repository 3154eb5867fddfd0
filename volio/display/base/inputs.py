"""What users give as images: things in memory, and paths of files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter, signature
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError, UsageTypeError
from volio.flags import check_flags_of
from volio.images.kinds import kind_of

__all__ = ["array_of", "check_options", "is_image", "listed"]

#: What is wanted, for messages.
WANTED = "an image, a layer, an array of numbers or the path of an image is needed"


def array_of(data: Any) -> Any:
    """Return an array for an array-like: as it is if it has a shape and a dtype.

    Raises
    ------
    UsageError
        If it is not made of numbers or colours.
    """
    if hasattr(data, "shape") and hasattr(data, "dtype"):
        return data
    try:
        array: NDArray[Any] = np.asanyarray(data)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{WANTED}, got {type(data).__name__} ({error})") from error
    if array.dtype.kind not in "biufc" and not array.dtype.names:
        raise UsageError(f"{WANTED}, got {type(data).__name__}")
    return array


def is_image(given: Any) -> bool:
    """Return whether something is one image, a layer or a path, not a sequence of some."""
    if isinstance(given, str | PathLike | np.ndarray) or kind_of(given) is not None:
        return True
    return any(hasattr(given, name) for name in ("dataobj", "layer", "data_to_world_matrix"))


def listed(name: str, given: Any) -> list[Any]:
    """Return images that were given as a list; one alone stands for a list of it.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if given is None:
        return []
    if is_image(given):
        return [given]
    if not isinstance(given, Iterable):
        raise UsageError(f"{name}: an image or a list of images is needed, got {given!r}")
    return list(given)


def check_options(given: Mapping[str, Any], function: Callable[..., Any]) -> None:
    """Refuse options that a function does not have, and text where it takes True or False.

    Raises
    ------
    UsageTypeError
        Names those that it does not have, and those that there are.
    UsageError
        Names what must be True or False.
    """
    parameters = signature(function).parameters.values()
    known = [each.name for each in parameters if each.kind is Parameter.KEYWORD_ONLY]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise UsageTypeError(
            f"{', '.join(unknown)}: there is no such option; there are {', '.join(known)}"
        )
    check_flags_of(parameters, given)
