"""Looking: projections, slices at an angle, layers, thumbnails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way

__all__ = ["CASES"]

PIXELS = 256
#: Seconds that a picture of a 256^3 image may take on two cores.
MODES = {
    "mip": 0.25,
    "minip": 0.25,
    "average": 0.25,
    "iso": 0.25,
    "attenuated_mip": 1.0,
    "additive": 1.0,
    "translucent": 1.0,
}


def _layer(files: Any) -> Any:
    from volio.display.shown import PlainLayer

    voxels = np.asarray(files.array("t1"))
    high = float(voxels[::4, ::4, ::4].max())
    colours = np.linspace(0, 1, PIXELS)[:, np.newaxis] * (1, 0.9, 0.8, 0.05)
    return PlainLayer(voxels, np.eye(4), (0, high), colormap=colours, iso_threshold=0.3 * high)


def _projection(mode: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        from volio.display import View, project

        layer = _layer(files)
        view = View.from_angles(layer, 30, 20, PIXELS)
        project(layer, View.from_angles(layer, 30, 20, 16), mode)  # what is imported on use
        return lambda: project(layer, view, mode).picture

    return way


def _oblique(files: Any) -> Callable[[], Any]:
    from volio.display import View, sample_plane

    layer = _layer(files)
    plane = View.from_angles(layer, 30, 20, PIXELS).plane()
    sample_plane(layer, *plane, (8, 8))
    return lambda: sample_plane(layer, *plane, (PIXELS, PIXELS))


def _construction(files: Any) -> Callable[[], Any]:
    import volio
    from volio.display import ImageLayer

    path = files.own("t1")
    ImageLayer.from_image(volio.Nifti1Image(np.zeros((2, 2, 2)), np.eye(4)))
    image = volio.load(path)
    return lambda: np.asarray(ImageLayer.from_image(image).scale)


def _thumbnail(files: Any) -> Callable[[], Any]:
    from volio.display import ImageLayer

    layer = ImageLayer(np.asarray(files.array("t1")))
    _ = ImageLayer(np.eye(4)).thumbnail
    return lambda: layer.thumbnail


CASES = (
    *(
        Case(
            f"display-{mode}",
            f"{mode} projection of a 256^3 array from an angle, 256^2 pixels",
            {"volio": _projection(mode)},
            (Fast(seconds=seconds),),
        )
        for mode, seconds in MODES.items()
    ),
    Case(
        "display-oblique",
        "an oblique slice of 256^2 samples through a 256^3 array",
        {"volio": _oblique},
        (Fast(seconds=0.05),),
    ),
    Case(
        "display-layer",
        "an ImageLayer of a lazy .nii.gz",
        {"volio": _construction},
        (Fast(seconds=0.02),),
    ),
    Case(
        "display-thumbnail",
        "the thumbnail of a layer of a 256^3 array, its limits not known yet",
        {"volio": _thumbnail},
        (Fast(seconds=0.01),),
    ),
)
