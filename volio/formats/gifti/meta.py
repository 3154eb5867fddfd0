"""Texts of a GIFTI file and of its arrays, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from volio.caller import warn_caller
from volio.formats.containers.caret import CaretMetaData

__all__ = ["GiftiMetaData", "GiftiNVPairs"]


class GiftiNVPairs:
    """A name and a value; a mapping of texts is today's way.

    Parameters
    ----------
    name, value : str
    """

    def __init__(self, name: str = "", value: str = "") -> None:
        warn_caller("GiftiNVPairs: texts are a mapping now, use a dict", DeprecationWarning)
        self.name = name
        self.value = value

    @classmethod
    def of(cls, name: str, value: str) -> Self:
        """Return a pair without a warning."""
        made = cls.__new__(cls)
        made.name = name
        made.value = value
        return made


class GiftiMetaData(CaretMetaData):
    """Texts by name: a mapping.

    Parameters
    ----------
    *args, **kwargs
        As for ``dict``; or one `GiftiNVPairs`, or several in a list.

    Examples
    --------
    >>> from volio.formats.gifti import GiftiMetaData
    >>> GiftiMetaData(Name="sulc").to_xml()
    b'<MetaData><MD><Name>Name</Name><Value>sulc</Value></MD></MetaData>'
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs and not args and isinstance(kwargs.get("nvpair"), GiftiNVPairs | list | tuple):
            args = (kwargs.pop("nvpair"),)
        pairs = _pairs(args[0]) if args else []
        if pairs:
            warn_caller("GiftiNVPairs: texts are a mapping now, use a dict", FutureWarning)
            args = ({pair.name: pair.value for pair in pairs},)
        super().__init__(*args, **kwargs)

    @classmethod
    def from_dict(cls, data_dict: Mapping[str, Any]) -> Self:
        """Return texts by name; ``GiftiMetaData(texts)`` is today's name for it."""
        warn_caller("from_dict: use GiftiMetaData(texts)", DeprecationWarning)
        return cls(data_dict)

    @property
    def data(self) -> list[GiftiNVPairs]:
        """The names and values as a list; the mapping itself is today's way."""
        warn_caller("data: the texts are a mapping now, use items()", DeprecationWarning)
        return [GiftiNVPairs.of(name, value) for name, value in self.items()]

    @property
    def metadata(self) -> dict[str, Any]:
        """The texts as a dict; the mapping itself is today's way."""
        warn_caller("metadata: the texts are a mapping now, use dict()", DeprecationWarning)
        return dict(self)

    def print_summary(self) -> None:
        """Print the texts."""
        print(dict(self))


def _pairs(given: Any) -> list[GiftiNVPairs]:
    """Return the pairs of a name and a value that are given; none where something else is."""
    listed = given if isinstance(given, list | tuple) else [given]
    return [pair for pair in listed if isinstance(pair, GiftiNVPairs)]
