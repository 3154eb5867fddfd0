"""Kinds of images, and choosing what does a task for each kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeVar

from volio.errors import UsageError

__all__ = ["KINDS", "Kind", "check_kind", "for_kind", "kind_of", "listed", "way_to"]

Kind = Literal["volume", "surface", "greyordinates", "tracts", "transform"]

#: Every kind, and what one image of it is called in a sentence.
KINDS: dict[Kind, str] = {
    "volume": "a volume",
    "surface": "a surface",
    "greyordinates": "greyordinates",
    "tracts": "tracts",
    "transform": "a transform",
}

#: The kinds whose plural is another word.
PLURALS: dict[Kind, str] = {
    "volume": "volumes",
    "surface": "surfaces",
    "transform": "transforms",
}

Way = TypeVar("Way")


def kind_of(img: object) -> Kind | None:
    """Return the kind of an image; None for what is not an image.

    Images of other packages, which name no kind but have voxels (``dataobj``), are volumes.
    """
    named = getattr(img, "kind", None)
    if isinstance(named, str) and named in KINDS:
        return named
    return "volume" if hasattr(img, "dataobj") else None


def for_kind(ways: Mapping[Kind, Way], img: object, task: str) -> Way:
    """Return what does a task for the kind of an image.

    Parameters
    ----------
    ways : mapping
        Kind to what does the task for it.
    img : image
    task : str
        As people call it, for the error: ``"volio stats"``.

    Raises
    ------
    UsageError
        If it is not an image, or cannot be done for its kind; the message names the kinds for
        which it can, and how to get there where the class of the image says so (`leads_to`).
    """
    kind = kind_of(img)
    if kind is None:
        raise UsageError(f"{task}: must be given an image, got {type(img).__name__}")
    if kind not in ways:
        raise UsageError(
            f"{_name(img)}: is {KINDS[kind]}, and {task} takes {listed(ways)}{way_to(img, ways)}"
        )
    return ways[kind]


def check_kind(img: object, kind: Kind, task: str) -> None:
    """Refuse a task for images of other kinds than one; parameters and errors as for `for_kind`."""
    for_kind({kind: None}, img, task)


def way_to(img: object, kinds: Iterable[Kind]) -> str:
    """Return how an image leads to one of other kinds, as the end of a sentence."""
    known: Mapping[Kind, str] = getattr(img, "leads_to", {})
    hints = [known[kind] for kind in kinds if kind in known]
    return f"; {hints[0]}" if hints else "; 'volio formats' shows the kind of every format"


def listed(kinds: Iterable[Kind]) -> str:
    """Return kinds in the plural: ``"surfaces or tracts"``."""
    return " or ".join(PLURALS.get(kind, kind) for kind in kinds)


def _name(img: object) -> str:
    filename = getattr(img, "get_filename", lambda: None)()
    return type(img).__name__ if filename is None else str(filename)
