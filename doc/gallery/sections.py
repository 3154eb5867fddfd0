"""Planes through a point with an overlay, a mosaic, and contours, as pictures without a figure."""

import numpy as np
from gallery import Example

import volio
from volio.display import Contours, Overlay, plot_mosaic, plot_ortho

example = Example(__doc__)
head = example.image

# Two spots on a coarse grid of their own, as a map of statistics would have.
low, high = (volio.space.grids.corners(head.affine, head.shape)[n] for n in (0, -1))
ends = np.sort([low, high], axis=0)
steps = [np.arange(ends[0, axis], ends[1, axis], 3.0) for axis in range(3)]
places = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1)
middle = (low + high) / 2
values = sum(
    peak * np.exp(-(np.linalg.norm(places - middle - spot, axis=-1) ** 2) / 200)
    for peak, spot in ((7, (30, 5, 12)), (-6, (-32, 20, 8)))
)
affine = np.diag([3.0, 3, 3, 1])
affine[:3, 3] = places[0, 0, 0]
statistics = volio.Nifti1Image(values.astype(np.float32), affine)

spots = Overlay(statistics, "RdBu_r", threshold=2, vmin=-7, vmax=7, interpolation="linear")
picture = plot_ortho(
    head, middle + np.array([30, 5, 12]), overlays=[spots], colorbar=True, size=example.size
)
example.save("ortho.png", picture)

slices = plot_mosaic(head, "z", 12, columns=6, overlays=[spots], size=example.size // 2)
example.save("mosaic.png", slices)

lines = Contours(statistics, [-4, -2, 2, 4], ["blue", "cyan", "yellow", "red"])
brightest = volio.ImageLayer.from_image(head).contrast_limits[1]
around = Contours(volio.smooth_image(head, 8), [0.25 * brightest], "lime")
picture = plot_ortho(
    head,
    middle + np.array([0, 5, 10]),
    overlays=[around, lines],
    draw_cross=False,
    size=example.size,
)
example.save("contours.png", picture)
