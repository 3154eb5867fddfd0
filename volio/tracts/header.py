"""What a file says of tracts besides their lines and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from volio.images.headers.kinship import Kinship

__all__ = ["TractHeader"]


class TractHeader(metaclass=Kinship):
    """Free texts about tracts, by key.

    Parameters
    ----------
    meta : mapping of str to str, optional
    """

    def __init__(self, meta: Mapping[str, str] | None = None) -> None:
        self.meta: dict[str, str] = dict(meta or {})

    @classmethod
    def from_header(cls, header: Any = None) -> Self:
        """Return a header with the texts of another; without any, where it has none."""
        return cls(getattr(header, "meta", None))

    def copy(self) -> Self:
        """Return a copy."""
        return type(self).from_header(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TractHeader) and self.meta == other.meta

    __hash__ = None  # type: ignore[assignment]
