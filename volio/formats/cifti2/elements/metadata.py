"""Cifti2MetaData: texts by name, of a matrix and of its maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from volio.caller import warn_caller
from volio.errors import HeaderDataError
from volio.formats.containers.caret import CaretMetaData

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Cifti2MetaData"]


class Cifti2MetaData(CaretMetaData):
    """Texts by name: a mapping.

    Parameters
    ----------
    *args, **kwargs
        As for ``dict``.

    Examples
    --------
    >>> from volio.formats.cifti2 import Cifti2MetaData
    >>> Cifti2MetaData(Provenance="made by hand").to_xml()
    b'<MetaData><MD><Name>Provenance</Name><Value>made by hand</Value></MD></MetaData>'
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = args
        if not args and list(kwargs) == ["metadata"] and not isinstance(kwargs["metadata"], str):
            _warn_of_old_call("the keyword metadata")
            given = (kwargs.pop("metadata"),)
        elif args == (None,):
            _warn_of_old_call("None")
        super().__init__(*(each for each in given if each is not None), **kwargs)

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the texts of a ``MetaData`` element."""
        return cls(cls.texts_of(element))

    @property
    def data(self) -> dict[str, Any]:
        """The texts, as the dict that holds them."""
        return self._texts

    def difference_update(
        self, metadata: Mapping[str, Any] | Iterable[tuple[str, Any]] | None
    ) -> None:
        """Remove the names of other texts.

        Raises
        ------
        HeaderDataError
            If `metadata` is None.
        KeyError
            If a name is not there.
        """
        if metadata is None:
            raise HeaderDataError("metadata: must be a mapping, got None")
        for name in dict(metadata):
            del self[name]


def _warn_of_old_call(what: str) -> None:
    message = f"Cifti2MetaData: {what}: give a mapping, as for dict, or nothing"
    warn_caller(message, FutureWarning)
