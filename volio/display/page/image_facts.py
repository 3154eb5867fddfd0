"""Images on a page: their voxels, and how a browser turns these into colours."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.base.far_numbers import difference, has_far_integers
from volio.display.colour.colormaps import Colormap
from volio.display.colour.value_colours import ValueColours
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
    numbers = _numbers(overlay, values)
    near = overlay.colours.less(numbers.origin)
    return {
        **facts,
        **numbers.facts,
        "limits": list(near.limits),
        "gamma": layer.gamma,
        "hidden": _hidden(near),
        "labels": overlay.labels,
        "single": fits_float32(values.dtype),
        "lut": _table_text(layer.colormap),
    }


class _Numbers(NamedTuple):
    """The numbers of a layer as a page has them: less an origin, and what float64 rounds off."""

    origin: int
    facts: dict[str, Any]


def _numbers(overlay: Overlay, values: NDArray[Any]) -> _Numbers:
    """Return the numbers of a layer: as they are, if a browser can hold them.

    A browser counts in float64. Of integers beyond 2**53 it gets the distance from one of them,
    which distinguishes those near it, and in a second channel what float64 has rounded off.
    """
    if not has_far_integers(values):
        return _Numbers(0, {"channels": [pack(values)]})
    origin = int(overlay.colours.origin(values.dtype))
    distances = difference(values, origin)
    facts = {
        "channels": [pack(distances)],
        "origin": str(origin),
        "exact": [str(int(limit)) for limit in overlay.layer.contrast_limits],
        "rest": pack(_rounded_off(values, distances, origin)),
    }
    return _Numbers(origin, facts)


def _rounded_off(
    values: NDArray[Any], distances: NDArray[np.float64], origin: int
) -> NDArray[np.int16]:
    """Return what integers of 64 bits are more than their distances from an origin say."""
    # Modulo 2**64: what is left is less than 2**11, whatever wraps around.
    steps = np.abs(distances)
    wrapped = np.where(steps < 2.0**64, steps, 0).astype(np.uint64)
    exact = values.astype(np.uint64) - np.uint64(origin % 2**64)
    rest = np.where(distances < 0, exact + wrapped, exact - wrapped)
    return rest.astype(np.int64).astype(np.int16)


def _hidden(colours: ValueColours) -> list[float | None] | None:
    """Return the values between which nothing is shown; None for an end at infinity."""
    if colours.hidden is None:
        return None
    return [float(value) if isfinite(value) else None for value in colours.hidden]


def _colour_facts(values: NDArray[Any]) -> dict[str, Any]:
    """Return the channels of colours, and what a step of theirs is of 255."""
    full = np.iinfo(values.dtype).max if values.dtype.kind in "iu" else 1
    channels = [pack(values[..., number]) for number in range(values.shape[-1])]
    return {"channels": channels, "unit": 255 / full}


def _table_text(colormap: Colormap) -> str:
    """Return 256 colours of a map as text: four bytes each."""
    table = np.rint(colormap.map(np.linspace(0, 1, 256)) * 255)
    return as_text(table.astype(np.uint8).tobytes())
