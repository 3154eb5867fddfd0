"""How the values of a layer become colours, and how these go together with those below."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.base.choices import BLENDINGS, as_number
from volio.display.base.settings import Setting, one_of
from volio.display.colour.colormaps import Colormap, as_colormap
from volio.display.colour.value_colours import ValueColours
from volio.display.layers.parts.part import LayerPart
from volio.errors import UsageError
from volio.flags import as_flag

__all__ = ["Appearance"]


def share(name: str, value: Any) -> float:
    """Return a number from 0 to 1.

    Raises
    ------
    UsageError
        If it is not one.
    """
    number = as_number(name, value)
    if not 0 <= number <= 1:
        raise UsageError(f"{name}: must be from 0 to 1, got {value!r}")
    return number


def positive(name: str, value: Any) -> float:
    """Return a finite number above 0.

    Raises
    ------
    UsageError
        If it is not one.
    """
    number = as_number(name, value)
    if not 0 < number < float("inf"):
        raise UsageError(f"{name}: must be above 0, got {value!r}")
    return number


def known_colormap(name: str, value: Any) -> Colormap:
    """Return the colour map of anything that `as_colormap` takes."""
    return as_colormap(value)


class Appearance(LayerPart):
    """Colours of values: ``colormap(((value - low) / (high - low)) ** gamma)``, times opacity.

    Parameters
    ----------
    blending : str
        One of `BLENDINGS`.
    colormap : str, Colormap, tuple, mapping or array-like
        See `as_colormap`.
    gamma : float
    opacity : float
        From 0 to 1.
    visible : bool
    """

    blending = Setting(
        one_of(*BLENDINGS),
        f"How colours go together with those below. One of {', '.join(BLENDINGS)}.",
    )
    colormap = Setting(
        known_colormap, "The colour map; may be set by all that `volio.display.as_colormap` takes."
    )
    gamma = Setting(
        positive, "Exponent between limits and colours, above 0: less than 1 brightens."
    )
    opacity = Setting(share, "From 0 (clear) to 1; alpha is multiplied by it.")
    visible = Setting(as_flag, "Whether the layer is drawn; values of a hidden one are None.")

    def __init__(
        self,
        *,
        blending: str = "translucent",
        colormap: Any = "gray",
        gamma: float = 1.0,
        opacity: float = 1.0,
        visible: bool = True,
    ) -> None:
        super().__init__()
        self.blending = blending
        self.colormap = colormap
        self.gamma = gamma
        self.opacity = opacity
        self.visible = visible

    def colours(
        self, values: NDArray[Any], limits: tuple[float, float], rgb: bool = False
    ) -> NDArray[np.float32]:
        """Return values as colours.

        Parameters
        ----------
        values : ndarray
            Numbers; if `rgb` colours, with 3 or 4 channels as the last axis, which are kept.
        limits : (float, float)
            Values of the first and the last colour.
        rgb : bool

        Returns
        -------
        (..., 4) float32 array
            RGBA between 0 and 1, alpha times opacity.
        """
        gamma = 1.0 if rgb else self.gamma
        colours = ValueColours(limits, gamma, self.colormap, self.opacity, rgb=rgb)
        return colours.colours(values)
