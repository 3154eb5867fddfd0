"""Looking: projections, slices at an angle, layers, thumbnails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
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
    from volio.display.base.layer_protocol import PlainLayer

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


def _ortho(files: Any) -> Callable[[], Any]:
    from volio.display import plot_ortho

    voxels = np.asarray(files.array("t1"))
    path = Path(files.plain("t1")).with_name("ortho.png")
    plot_ortho(voxels[::8, ::8, ::8], output_file=path)
    return lambda: plot_ortho(voxels, output_file=path)


def _viewer(files: Any) -> Callable[[], Any]:
    import matplotlib

    matplotlib.use("Agg")
    import volio

    path = files.plain("t1")
    volio.OrthoSlicer3D(np.zeros((4, 4, 4))).close()
    image = volio.load(path)

    def opened() -> Any:
        viewer = image.orthoview()
        position = viewer.position
        viewer.close()
        return position

    return opened


def _move(files: Any) -> Callable[[], Any]:
    import matplotlib

    matplotlib.use("Agg")
    import volio

    viewer = volio.OrthoSlicer3D(np.asarray(files.array("t1")), start="centre")
    viewer.draw()

    def moved() -> Any:
        viewer.set_position(*(viewer.position + 1))
        viewer.draw()
        return viewer.position

    return moved


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
    Case(
        "display-ortho-png",
        "the three planes of a 256^3 array as a PNG of 900 x 300, its limits not known yet",
        {"volio": _ortho},
        (Fast(seconds=0.3),),
    ),
    Case(
        "display-viewer",
        "OrthoSlicer3D opened on a lazy .nii of 256^3 voxels, and closed",
        {"volio": _viewer},
        (Fast(seconds=0.25),),
    ),
    Case(
        "display-move",
        "a move of OrthoSlicer3D in a 256^3 array, with a full drawing of 800^2 pixels",
        {"volio": _move},
        (Fast(seconds=0.1),),
    ),
)
