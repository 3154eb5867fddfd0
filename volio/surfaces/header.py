"""What a file says of a surface besides its vertices, faces and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from volio.images.headers.kinship import Kinship

__all__ = ["SurfaceHeader"]


class SurfaceHeader(metaclass=Kinship):
    """Free texts about a surface, by key.

    Parameters
    ----------
    meta : mapping of str to str, optional
    """

    #: Names of classes whose instances these headers count as; see `Kinship`.
    counts_as: ClassVar[tuple[str, ...]] = ("SpatialHeader",)

    def __init__(self, meta: Mapping[str, str] | None = None) -> None:
        self.meta: dict[str, str] = dict(meta or {})

    @classmethod
    def from_header(cls, header: Any = None) -> Self:
        """Return a header with the texts of another; without any, where it has none."""
        return cls(getattr(header, "meta", None))

    def copy(self) -> Self:
        """Return a copy."""
        return type(self)(self.meta)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SurfaceHeader) and self.meta == other.meta

    __hash__ = None  # type: ignore[assignment]
