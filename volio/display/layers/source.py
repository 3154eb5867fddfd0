"""Sources of layers: files, plugins, samples."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weakref import ReferenceType

__all__ = ["Source", "current_source", "layer_source"]


@dataclass(frozen=True)
class Source:
    """The source of a layer; what is not known is None.

    Parameters
    ----------
    path : str
        File it was read from.
    reader_plugin : str
        What read it: ``"volio"``, or the name of a plugin.
    sample : tuple of str
        Plugin and name of a sample.
    widget : object
        What made it.
    parent : weakref.ref
        The layer it was made from.

    Examples
    --------
    >>> volio.display.Source(path="scan.nii").path
    'scan.nii'
    """

    path: str | None = None
    reader_plugin: str | None = None
    sample: tuple[str, str] | None = None
    widget: object = None
    parent: ReferenceType[Any] | None = None


_SOURCE: ContextVar[Source | None] = ContextVar("layer source", default=None)


def current_source() -> Source:
    """Return the source of layers that are made now."""
    return _SOURCE.get() or Source()


@contextmanager
def layer_source(**facts: Any) -> Iterator[Source]:
    """Set the source of layers that are made inside a ``with`` block.

    Parameters
    ----------
    **facts
        Fields of `Source`; others stay as in the block around it.

    Yields
    ------
    Source
        Of the layers that are made in the block.

    Raises
    ------
    TypeError
        If a fact is not a field of `Source`.

    Examples
    --------
    >>> with volio.display.layer_source(path="scan.nii"):
    ...     layer = volio.ImageLayer(np.zeros((2, 3, 4)))
    >>> layer.source.path
    'scan.nii'
    """
    token = _SOURCE.set(replace(current_source(), **facts))
    try:
        yield current_source()
    finally:
        _SOURCE.reset(token)
