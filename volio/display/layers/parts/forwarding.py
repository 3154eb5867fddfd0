"""Attributes, methods and settings of a layer that are those of its parts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

__all__ = ["PartAttribute", "PartMethod", "check_settings", "settings_of", "takes_settings_of"]

T = TypeVar("T")
P = ParamSpec("P")
Constructor = TypeVar("Constructor", bound=Callable[..., None])


class PartAttribute(Generic[T]):
    """An attribute of a layer that is the attribute of this name of one of its parts.

    Parameters
    ----------
    part : str
        Attribute of the layer that holds the part.
    kind : type
        Class of the part, whose documentation of the attribute is taken.
    doc : str
        What the attribute is, where the class does not document it.
    """

    def __init__(self, part: str, kind: type, doc: str = "") -> None:
        self.part = part
        self.kind = kind
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.__doc__ = self.__doc__ or getattr(self.kind, name).__doc__

    @overload
    def __get__(self, layer: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, layer: object, owner: type | None = None) -> T: ...
    def __get__(self, layer: object | None, owner: type | None = None) -> Self | T:
        if layer is None:
            return self
        value: T = getattr(getattr(layer, self.part), self.name)
        return value

    def __set__(self, layer: object, value: Any) -> None:
        setattr(getattr(layer, self.part), self.name, value)


class PartMethod(Generic[P, T]):
    """A method of a layer that is a method of one of its parts.

    Parameters
    ----------
    part : str
        Attribute of the layer that holds the part.
    function : callable
        The method, as a function of the class of the part.
    """

    def __init__(self, part: str, function: Callable[Concatenate[Any, P], T]) -> None:
        self.part = part
        self.function = function
        self.__doc__ = function.__doc__

    def __get__(self, layer: object | None, owner: type | None = None) -> Callable[P, T]:
        if layer is None:
            return self.function  # type: ignore[return-value]
        method: Callable[P, T] = getattr(getattr(layer, self.part), self.function.__name__)
        return method


@cache
def setting_parameters(part: type) -> Mapping[str, inspect.Parameter]:
    """Return the settings that a part is made with: the keyword-only ones of its constructor."""
    parameters = inspect.signature(part).parameters
    return {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def settings_of(part: type, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a layer's settings that one of its parts takes."""
    return {name: settings[name] for name in setting_parameters(part) if name in settings}


@cache
def all_setting_parameters(parts: tuple[type, ...]) -> Mapping[str, inspect.Parameter]:
    """Return the settings of several parts, in the order of the alphabet."""
    found: dict[str, inspect.Parameter] = {}
    for part in parts:
        found.update(setting_parameters(part))
    return dict(sorted(found.items()))


def check_settings(layer: object, parts: tuple[type, ...], settings: Mapping[str, Any]) -> None:
    """Refuse settings that none of the parts of a layer takes.

    Raises
    ------
    TypeError
        As for an argument that a function does not have.
    """
    for name in settings.keys() - all_setting_parameters(parts).keys():
        raise TypeError(f"{type(layer).__name__}() got an unexpected keyword argument {name!r}")


def takes_settings_of(*parts: type) -> Callable[[Constructor], Constructor]:
    """Return a decorator of a constructor that hands its ``**settings`` on to parts.

    It gives the constructor the signature that users see: the keywords of all parts, with their
    defaults, in the order of the alphabet.
    """

    def decorate(constructor: Constructor) -> Constructor:
        signature = inspect.signature(constructor)
        positional = [
            parameter
            for parameter in signature.parameters.values()
            if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        ]
        keywords = all_setting_parameters(parts).values()
        shown = signature.replace(parameters=[*positional, *keywords])
        constructor.__signature__ = shown  # type: ignore[attr-defined]
        return constructor

    return decorate
