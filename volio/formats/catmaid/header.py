"""CatmaidHeader: what a server says of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Self

from volio.arrays.dtypes import RGB, DType
from volio.formats.catmaid.credentials import without_credentials
from volio.formats.catmaid.info import ProjectStack
from volio.formats.catmaid.mirrors import StackMirror
from volio.images.microscopy import MicroscopyFacts, MicroscopyHeader

__all__ = ["CatmaidFacts", "CatmaidHeader"]


@dataclass(frozen=True)
class CatmaidFacts(MicroscopyFacts):
    """What a header of a stack knows besides shape, dtype and affine.

    Parameters
    ----------
    stack : ProjectStack, optional
        What the server says.
    """

    stack: ProjectStack | None = None


class CatmaidHeader(MicroscopyHeader):
    """Shape, dtype and affine of a stack, and what the server says of it in its own words.

    Resolutions are taken to be along the axes of the project, also for stacks of orientation xz
    and zy.

    Parameters
    ----------
    facts : MicroscopyFacts, optional
        What is known of the image.

    Examples
    --------
    >>> header = volio.CatmaidHeader()
    >>> header.stack is None, header.title, header.broken_slices
    (True, '', ())
    """

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that pixels can have, colours too."""
        return [*super().supported_dtypes(), RGB]

    @property
    def stack(self) -> ProjectStack | None:
        """The stack, with its mirrors; None for an image that is not of a server."""
        return self.facts.stack if isinstance(self.facts, CatmaidFacts) else None

    @property
    def info(self) -> Mapping[str, Any]:
        """All that the server says of the stack."""
        return {} if self.stack is None else self.stack.info

    @property
    def pid(self) -> int | None:
        """Number of the project; None where it is not known."""
        return _whole(self.info.get("pid"))

    @property
    def sid(self) -> int | None:
        """Number of the stack; None where it is not known."""
        return _whole(self.info.get("sid"))

    @property
    def title(self) -> str:
        """Title of the stack."""
        return str(self.info.get("stitle") or self.info.get("title") or "")

    @property
    def mirrors(self) -> tuple[StackMirror, ...]:
        """Where tiles are, the first choice first."""
        return () if self.stack is None else tuple(self.stack.mirrors)

    @property
    def broken_slices(self) -> tuple[int, ...]:
        """Slices that are not to be shown, in order."""
        return () if self.stack is None else tuple(sorted(self.stack.broken_slices))

    @property
    def canary_location(self) -> Mapping[str, int]:
        """A pixel whose tile is there: x, y and z."""
        return {} if self.stack is None else self.stack.canary_location

    @property
    def attribution(self) -> str:
        """Whom the stack is from."""
        return str(self.info.get("attribution") or "")

    @property
    def stack_metadata(self) -> Any:
        """What else the server has of the stack; None for nothing."""
        return self.info.get("metadata")

    def copy(self) -> Self:
        """Return a header of its own with the same facts; the stack is the same."""
        new = copy(self)
        new._affine = None if self._affine is None else self._affine.copy()
        return new

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        if isinstance(self.facts, CatmaidFacts) and self.facts.stack is not None:
            state["facts"] = replace(self.facts, stack=without_credentials(self.facts.stack))
        return state


def _whole(number: Any) -> int | None:
    return number if isinstance(number, int) else None
