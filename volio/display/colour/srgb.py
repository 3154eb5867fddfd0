"""Pictures: screen values, amounts of light, and bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Picture",
    "linear_to_srgb",
    "picture_to_linear",
    "picture_to_srgb",
    "srgb_to_linear",
    "to_bytes",
]

#: RGBA on the last axis, from 0 to 1, alpha not multiplied in.
Picture = NDArray[np.float32]


def to_bytes(picture: ArrayLike) -> NDArray[np.uint8]:
    """Round numbers in 0..1 to 0..255; those outside are clipped, NaN becomes 0."""
    scaled = np.nan_to_num(np.asarray(picture, np.float32) * 255, nan=0.0)
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)


def srgb_to_linear(colour: ArrayLike) -> Picture:
    """Return amounts of light for screen values in 0..1 (IEC 61966-2-1)."""
    values = np.asarray(colour, np.float32)
    bright = ((np.maximum(values, 0) + 0.055) / 1.055) ** 2.4
    return np.where(values <= 0.04045, values / 12.92, bright).astype(np.float32)


def linear_to_srgb(light: ArrayLike) -> Picture:
    """Return screen values for amounts of light in 0..1 (IEC 61966-2-1)."""
    values = np.asarray(light, np.float32)
    bright = 1.055 * np.maximum(values, 0) ** (1 / 2.4) - 0.055
    return np.where(values <= 0.0031308, values * 12.92, bright).astype(np.float32)


def picture_to_linear(picture: Picture) -> Picture:
    """Return a picture of amounts of light; alpha stays."""
    return np.concatenate([srgb_to_linear(picture[..., :3]), picture[..., 3:]], axis=-1)


def picture_to_srgb(picture: Picture) -> Picture:
    """Return a picture of screen values; alpha stays."""
    return np.concatenate([linear_to_srgb(picture[..., :3]), picture[..., 3:]], axis=-1)
