"""The HTML page of CIFTI-2: maps on the surfaces of both hemispheres."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from volio.display.page.surface_html import one_surface_page, surface_page
from volio.display.surfaces.greyordinates import LEFT, RIGHT, map_on, surfaces_below
from volio.images.kinds import check_kind

__all__ = ["greyordinate_page", "has_named_rows"]


def greyordinate_page(
    img: Any,
    surfaces: Any,
    path: str | PathLike[str] | None = None,
    maps: Sequence[int | str] | None = None,
    **options: Any,
) -> str | None:
    """Make one HTML page of maps on the surfaces that their vertices are of.

    Parameters and errors are those of `Cifti2Image.to_html`; of its rows only those that are shown
    are read.
    """
    check_kind(img, "greyordinates", "greyordinate_page")
    below = surfaces_below(surfaces, "greyordinate_page")
    options = {"title": _title(img)} | options
    rows = [img.sel(maps=[row]) for row in (_rows(img) if maps is None else maps)]
    if not isinstance(surfaces, Sequence) or isinstance(surfaces, str):
        [(structure, surface)] = below.items()
        arrays = [map_on(row, structure) for row in rows]
        return one_surface_page(surface, path, arrays, **options)
    values = [tuple(map_on(row, structure) for structure in below) for row in rows]
    return surface_page(below.get(LEFT), below.get(RIGHT), path, values=values, **options)


def _title(img: Any) -> str | None:
    """Return the name of the image's file; None without one: that of the surface will do."""
    filename = img.get_filename()
    return Path(filename).name if filename else None


def has_named_rows(img: Any) -> bool:
    """Return whether rows are maps, which have names: not points in time, or greyordinates."""
    return hasattr(img.axes[0], "name") and hasattr(img.axes[0], "meta")


def _rows(img: Any) -> range:
    """Return the rows that are shown where none are asked for."""
    return range(len(img.axes[0]) if has_named_rows(img) else 1)
