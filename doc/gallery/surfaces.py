"""Two hemispheres with values of a volume, regions with their borders, and a threshold."""

import numpy as np
from gallery import Example

import volio
from volio.surfaces.vertex_data import VertexArray

example = Example(__doc__)
head = example.image
low, high = np.sort(volio.space.grids.corners(head.affine, head.shape)[[0, -1]], axis=0)
middle = (low + high) / 2
size = (high - low) / 2


def hemisphere(structure, side):
    """Return half of a folded ball in the head: points on circles from pole to pole."""
    rows, columns = 181, 241
    height = np.linspace(0, np.pi, rows)[:, np.newaxis]
    around = np.linspace(0, np.pi, columns)  # from the back over the outside to the front
    folds = 1 + 0.05 * np.sin(14 * height + 3 * np.sin(3 * around)) * np.sin(height)
    out = np.sin(height) * np.sin(around) * folds
    front = -np.sin(height) * np.cos(around) * folds
    up = np.cos(height) * folds
    unit = np.stack([side * out + side * 0.06, front, up], axis=-1).reshape(-1, 3)
    first = (np.arange(rows - 1)[:, np.newaxis] * columns + np.arange(columns - 1)).ravel()
    upper = np.stack([first, first + columns, first + 1], axis=1)
    lower = np.stack([first + 1, first + columns, first + columns + 1], axis=1)
    faces = np.concatenate([upper, lower])
    surface = volio.Surface(
        middle + 0.62 * size * unit,
        faces if side < 0 else faces[:, ::-1],
        {"sulc": 1 - folds.ravel()},
        space="scanner",
        structure=structure,
    )
    sector = np.digitize(np.broadcast_to(around, folds.shape).ravel(), [0.8, 1.6, 2.4]) + 1
    rows_of_table = [
        volio.Label(1, "occipital", (230, 90, 60, 255)),
        volio.Label(2, "parietal", (240, 200, 60, 255)),
        volio.Label(3, "central", (90, 190, 120, 255)),
        volio.Label(4, "frontal", (80, 130, 220, 255)),
    ]
    surface.data.put(VertexArray("region", sector, volio.Labels(rows_of_table)))
    # What the head is like 4 mm below the surface to 4 mm above it.
    surface.data["head"] = surface.sample(head, depths=[-4, 0, 4])
    return surface


left = hemisphere("cortex_left", -1)
right = hemisphere("cortex_right", 1)
views = ("lateral", "dorsal", "anterior")
look = {"views": views, "size": example.size, "annotate": example.size > 100}
pictures = [
    volio.display.plot_surface(left, right, values="head", labels="region", outline=True, **look),
    volio.display.plot_surface(left, right, values="region", **look),
]
height = min(picture.shape[0] for picture in pictures)
example.save("surfaces.png", np.concatenate([each[:height] for each in pictures], axis=1))
