"""Layers: what it takes to have one of an image, and to see it small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.case import Case, Fast

__all__ = ["CASES"]

LIMITS = (100.0, 900.0)


def _layer_of_file(files: Any) -> Callable[[], Any]:
    import volio

    volio.ImageLayer.from_image(volio.load(str(files.small())))
    image = volio.load(str(files.foreign("t1")))
    return lambda: np.array(volio.ImageLayer.from_image(image).shape)


def _volio_thumbnail(files: Any) -> Callable[[], Any]:
    import volio

    array = np.array(files.array("t1"))
    volio.ImageLayer(array[0], contrast_limits=LIMITS).thumbnail  # noqa: B018
    return lambda: volio.ImageLayer(array, contrast_limits=LIMITS).thumbnail


def _napari_thumbnail(files: Any) -> Callable[[], Any]:
    from napari.layers import Image

    array = np.array(files.array("t1"))
    Image(array[0], contrast_limits=LIMITS)
    return lambda: Image(array, contrast_limits=LIMITS).thumbnail


CASES = (
    Case(
        "layer-lazy",
        "a layer of a .nii.gz that is loaded; limits and slices are found when they are asked for",
        {"volio": _layer_of_file},
        (Fast(seconds=0.020),),
    ),
    Case(
        "layer-thumbnail",
        "a layer of an array in memory and its thumbnail, contrast limits given",
        {"volio": _volio_thumbnail, "napari": _napari_thumbnail},
        (Fast(seconds=0.010), Fast("napari", 3)),
    ),
)
