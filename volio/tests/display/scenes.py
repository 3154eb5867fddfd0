"""Pictures of a phantom head that are stored, so that a change of any of them is seen.

``python -m volio.tests.display.scenes [NAME ...]`` draws them anew, into ``reference_pictures``;
look at each before it is committed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

import volio
from volio.display import (
    RENDERINGS,
    Contours,
    ImageLayer,
    ImageVolume,
    LayerStack,
    Overlay,
    SurfaceLayer,
    View,
    compose,
    plot_mosaic,
    plot_ortho,
    plot_rendering,
    plot_surface,
)
from volio.display.pictures.preview import preview_png
from volio.images.labels import Label, Labels
from volio.space.grids import corners
from volio.surfaces.vertex_data import VertexArray
from volio.testing import phantom
from volio.tests.surfaces.shapes import icosphere

__all__ = ["FOLDER", "SCENES"]

FOLDER = Path(__file__).with_name("reference_pictures")
Picture = NDArray[np.uint8]


@cache
def head() -> volio.Nifti1Image:
    """A small phantom head in few levels of gray, so that pictures are small files."""
    voxels, affine = phantom.head((48, 56, 50))
    return volio.Nifti1Image((voxels // 128 * 128).astype(np.int16), affine)


def spots() -> volio.Nifti1Image:
    """Two blocks, one above and one below 0, on a coarse grid that covers the head."""
    spot = np.zeros((12, 14, 12), np.float32)
    spot[6:9, 5:9, 5:8], spot[3:5, 6:9, 6:8] = 5, -4
    low, high = corners(head().affine, head().shape)[[0, -1]]
    affine = np.diag([*(np.abs(high - low) / 12), 1])
    affine[:3, 3] = np.minimum(low, high)
    return volio.Nifti1Image(spot, affine)


def sections() -> Picture:
    """Three planes with an overlay, contours, letters, lines, a title and a colour bar."""
    over = [Overlay(spots(), "RdBu_r", 2, 0.8, -6, 6), Contours(spots(), [3], "yellow")]
    options = {"display_mode": "tiled", "size": 80, "colorbar": True, "title": "a head"}
    return plot_ortho(head(), overlays=over, **options)


def mosaic() -> Picture:
    """Six slices of three that are asked for in mm, and three by number, on white."""
    return plot_mosaic(head(), "xz", 3, size=64, black_bg=False, radiological=True)


def oblique() -> Picture:
    """A plane that tilts from coronal to axial."""
    volume = ImageVolume.from_image(head(), mode="slice", cmap="gray", vmin=0, vmax=1100)
    view = View.from_angles(volume.as_layer(), 20, 25, 96)
    normal = np.array([0.0, 0.5, 0.5])
    volume.plane = (*normal, -float(normal @ view.centre))
    return volume.render(view)


def surfaces() -> Picture:
    """Both hemispheres, folded: values with a threshold over a background, and borders."""
    vertices, faces = icosphere(4, 30.0)
    x, y, z = vertices.T / 30
    folds = np.sin(9 * y + 2 * np.sin(4 * z))
    points = vertices * (1 + 0.06 * folds)[:, np.newaxis] * [0.6, 1, 0.8]
    table = Labels([Label(0, "???"), Label(1, "top", (255, 230, 0, 255))])
    regions = VertexArray("regions", (z > 0.4).astype(np.int32), table)
    both = []
    for side in (-1, 1):
        data = {"values": np.where(x * side > 0, 4 * y, np.nan), "sulc": -folds}
        structure = "cortex_left" if side < 0 else "cortex_right"
        both.append(volio.Surface(points, faces, data, structure=structure))
    options = {
        "labels": regions,
        "outline": True,
        "threshold": 0.8,
        "size": 72,
        "title": "surfaces",
    }
    return plot_surface(*both, values="values", views=("lateral", "dorsal"), **options)


def surface_layer() -> Picture:
    """A surface layer: flat light, edges and normals."""
    vertices, faces = icosphere(1, 30.0)
    layer = SurfaceLayer((vertices, faces, vertices[:, 2]), colormap="magma", opacity=0.8)
    layer.wireframe.update({"visible": True, "color": "white", "width": 1.5})
    layer.normals.face.update({"visible": True, "color": "cyan", "length": 6})
    return compose([layer.picture((30, 20), size=96)], background=(0.2, 0.2, 0.2))


def blended() -> Picture:
    """A slice through three layers, blended in three ways."""
    voxels = np.asarray(head().dataobj, np.float32)
    bars = np.broadcast_to(np.arange(56)[:, np.newaxis] % 16 < 4, voxels.shape)
    stack = LayerStack()
    for values, colormap, limits, opacity, blending in (
        (voxels, "cyan", (0, 1400), 1.0, "opaque"),
        (voxels * (voxels > 800), "red", (0, 1100), 1.0, "additive"),
        (bars.astype(np.float32), "gray", (0, 1), 0.4, "translucent"),
    ):
        layer = stack.add_image(values, affine=head().affine, colormap=colormap, blending=blending)
        layer.contrast_limits, layer.opacity = limits, opacity
    return stack.picture(View.from_angles(stack[0], 20, 50, 96), volume=False)


def viewer() -> Picture:
    """The window of a series: planes, course of time, colour bar and read-out."""
    figure = Figure(figsize=(4, 4), dpi=60)
    canvas = FigureCanvasAgg(figure)
    series = np.asarray(head().dataobj)[..., np.newaxis] + np.array([0, 40, 30, 70, 20, 50])
    series = volio.Nifti1Image(series.astype(np.int16), head().affine)
    shown = series.orthoview(figure=figure, title="a series", vmin=0, vmax=1100)
    shown.add_overlay(spots(), "hot", 2, alpha=0.7, vmin=0, vmax=6, name="spots")
    shown.add_contours(spots(), [-2], "cyan")
    shown.set_volume_idx(4)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def preview() -> Picture:
    """What a notebook shows of an image."""
    data = preview_png(head())
    assert data is not None
    with Image.open(BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGBA"))


def thumbnail() -> Picture:
    """The thumbnail of a layer."""
    return ImageLayer.from_image(head(), contrast_limits=(0, 1100)).thumbnail


def rendering(mode: str) -> Picture:
    """The whole head from an angle, smooth enough for a surface."""
    shown = volio.smooth_image(head(), 7)
    if mode == "minip":  # of a head that is dark before a bright background
        shown = volio.Nifti1Image(1200 - np.asarray(shown.dataobj), shown.affine)
    options = {"iso_threshold": 200} if mode == "iso" else {}
    return plot_rendering(shown, mode, (35, 15), size=96, **options)


SCENES: dict[str, Callable[[], Picture]] = {
    **{f"rendering_{mode}": partial(rendering, mode) for mode in RENDERINGS},
    **{
        scene.__name__: scene
        for scene in (
            *(sections, mosaic, oblique, blended, viewer, preview, thumbnail),
            *(surfaces, surface_layer),
        )
    },
}


def main(names: list[str]) -> None:
    """Draw scenes anew."""
    for name in names or SCENES:
        picture = Image.fromarray(np.ascontiguousarray(SCENES[name]()[..., :3]))
        picture.save(FOLDER / f"{name}.png", optimize=True)
        print(FOLDER / f"{name}.png", (FOLDER / f"{name}.png").stat().st_size)


if __name__ == "__main__":
    main(sys.argv[1:])
