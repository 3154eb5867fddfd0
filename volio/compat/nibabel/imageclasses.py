"""All image classes at once: nibabel's ``imageclasses`` names."""

from __future__ import annotations

from typing import Any

from volio.formats.table import FORMATS

__all__ = ["KNOWN_SPATIAL_FIRST", "all_image_classes", "spatial_axes_first"]

all_image_classes: list[type[Any]] = list(
    dict.fromkeys(row.image_class(layout) for row in FORMATS for layout in row.layouts)
)
"""The image classes of all formats."""

KNOWN_SPATIAL_FIRST: tuple[type[Any], ...] = tuple(
    row.image_class(layout) for row in FORMATS if row.kind == "volume" for layout in row.layouts
)
"""Image classes whose first three axes are those of space."""


def spatial_axes_first(img: Any) -> bool:
    """Return whether the first three axes of an image are those of space."""
    return len(img.shape) < 4 or isinstance(img, KNOWN_SPATIAL_FIRST)
