"""Boolean options: text such as "no" is not one, though Python takes it for true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import TYPE_CHECKING

from volio.errors import UsageError

if TYPE_CHECKING:
    from inspect import Parameter

__all__ = ["as_flag", "check_flags", "check_flags_of"]


def as_flag(name: str, value: object) -> bool:
    """Return a boolean option.

    Parameters
    ----------
    name : str
        Of the option, for the error.
    value : bool, or 0 or 1

    Raises
    ------
    UsageError
        If it is anything else.
    """
    is_of_numpy = getattr(value, "shape", None) == () and getattr(value, "dtype", None) == "bool"
    if not (is_of_numpy or (isinstance(value, Integral) and value in (0, 1))):
        raise UsageError(f"{name}: must be True or False, got {value!r}")
    return bool(value)


def check_flags(**given: object) -> None:
    """Refuse options that are not boolean; see `as_flag`."""
    for name, value in given.items():
        as_flag(name, value)


def check_flags_of(parameters: Iterable[Parameter], given: Mapping[str, object]) -> None:
    """Refuse what is not boolean where a function says that a parameter is; see `as_flag`.

    Parameters
    ----------
    parameters : iterable of inspect.Parameter
        Annotations ``bool`` and ``bool | None`` count, of which the latter takes None too.
    given : mapping of str to object
        What they are going to be.
    """
    for parameter in parameters:
        if parameter.name not in given:
            continue
        kinds = {kind.strip() for kind in str(parameter.annotation).split("|")}
        value = given[parameter.name]
        is_open = value is None and "None" in kinds
        if kinds - {"None"} == {"bool"} and not is_open:
            as_flag(parameter.name, value)
