"""Images on a page: their voxels, and how a browser turns these into colours."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.colormaps import Colormap
from volio.display.page.packing import as_text, fits_float32, pack

if TYPE_CHECKING:
    from volio.display.scene.overlay import Overlay

__all__ = ["image_facts"]


def image_facts(overlay: Overlay, values: NDArray[Any]) -> dict[str, Any]:
    """Return what a page needs to show a layer.

    Parameters
    ----------
    overlay : Overlay
    values : ndarray
        Its voxels on the grid of the page, colours last.
    """
    layer = overlay.layer
    facts = {
        "name": layer.name,
        "opacity": layer.opacity if layer.visible else 0.0,
        "rgb": layer.rgb,
    }
    if layer.rgb:
        return {**facts, **_colour_facts(values)}
    return {
        **facts,
        "channels": [pack(values)],
        "limits": list(layer.contrast_limits),
        "gamma": layer.gamma,
        "hidden": _hidden(overlay),
        "labels": overlay.labels,
        "single": fits_float32(values.dtype),
        "lut": _table_text(layer.colormap),
    }


def _hidden(overlay: Overlay) -> list[float | None] | None:
    """Return the values between which nothing is shown; None for an end at infinity."""
    hidden = overlay.colours.hidden
    if hidden is None:
        return None
    return [value if isfinite(value) else None for value in hidden]


def _colour_facts(values: NDArray[Any]) -> dict[str, Any]:
    """Return the channels of colours, and what a step of theirs is of 255."""
    full = np.iinfo(values.dtype).max if values.dtype.kind in "iu" else 1
    channels = [pack(values[..., number]) for number in range(values.shape[-1])]
    return {"channels": channels, "unit": 255 / full}


def _table_text(colormap: Colormap) -> str:
    """Return 256 colours of a map as text: four bytes each."""
    table = np.rint(colormap.map(np.linspace(0, 1, 256)) * 255)
    return as_text(table.astype(np.uint8).tobytes())
