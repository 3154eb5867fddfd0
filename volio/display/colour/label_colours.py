"""Colours of labels: those of their table, and others for those that have none."""

from __future__ import annotations

import re
from colorsys import hsv_to_rgb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.colormaps import Colormap
from volio.display.colour.srgb import Picture
from volio.images.labels import Label, Labels

__all__ = ["colormap_of_labels", "colour_of_label", "colours_of_keys", "names_nothing"]

#: Of the circle of hues from one key to the next: no few steps come back to the start.
GOLDEN = 0.6180339887498949
SATURATIONS = (0.75, 0.5, 0.95)
VALUES = (0.95, 0.75)
#: Borders that are nearer are the same: keys are integers, and there are few enough of them.
GAP = 1e-12
#: Names of no region, without what is not a letter.
NOTHING = ("unknown", "background", "none", "unlabeled", "unassigned")
TRANSPARENT = (0.0, 0.0, 0.0, 0.0)


def colour_of_label(label: Label) -> tuple[float, float, float, float]:
    """Return the colour of a label, RGBA in 0..1.

    Without one in the table it follows from the key alone; key 0, the background, is transparent
    then.
    """
    if label.colour is not None:
        red, green, blue, alpha = (part / 255 for part in label.colour)
        return red, green, blue, alpha
    if label.key == 0:
        return TRANSPARENT
    saturation = SATURATIONS[label.key % len(SATURATIONS)]
    value = VALUES[label.key % len(VALUES)]
    return (*hsv_to_rgb(label.key * GOLDEN % 1, saturation, value), 1.0)


def colormap_of_labels(labels: Labels) -> Colormap:
    """Return a colour map with a colour for each key, and its ends, which are transparent.

    So are keys in no row: values beyond the ends get the colour of the end.
    """
    first, last = labels.colour_limits
    colours = []
    borders = [0.0]
    for key in sorted(set(labels.keys)) or [0]:
        begin = (key - 0.5 - first) / (last - first)
        if begin > borders[-1] + GAP:  # keys that no row has
            colours.append(TRANSPARENT)
            borders.append(begin)
        colours.append(_colour_of_key(key, labels))
        borders.append((key + 0.5 - first) / (last - first))
    colours.append(TRANSPARENT)
    borders.append(1.0)
    return Colormap(colours, "labels", borders, "zero")


def names_nothing(name: str) -> bool:
    """Return whether a label is of what belongs to no region: the medial wall, unknown, ???."""
    if not name.strip(" ?"):
        return True
    letters = re.sub("[^a-z]", "", name.lower())
    return letters in NOTHING or "medialwall" in letters


def colours_of_keys(values: NDArray[Any], labels: Labels) -> Picture:
    """Return the colours of values, (..., 4) in 0..1; those that are in no row are transparent."""
    keys, places = np.unique(values, return_inverse=True)
    palette = [_colour_of_key(key, labels) for key in keys.tolist()]
    colours = np.array(palette, np.float32).reshape(-1, 4)
    return colours[places].reshape(*np.shape(values), 4)


def _colour_of_key(key: int, labels: Labels) -> tuple[float, float, float, float]:
    return colour_of_label(labels[key]) if key in labels else TRANSPARENT
