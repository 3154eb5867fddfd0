"""The usual 91,282 greyordinates, and small axes of each kind."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from nibabel.cifti2 import cifti2_axes as peer_axes

from volio.formats.cifti2 import axes as own_axes

#: How many vertices and voxels the Human Connectome Project has of each structure, in its order.
COUNTS = {
    "cortex_left": 29696,
    "cortex_right": 29716,
    "accumbens_left": 135,
    "accumbens_right": 140,
    "amygdala_left": 315,
    "amygdala_right": 332,
    "brain_stem": 3472,
    "caudate_left": 728,
    "caudate_right": 755,
    "cerebellum_left": 8709,
    "cerebellum_right": 9144,
    "diencephalon_ventral_left": 706,
    "diencephalon_ventral_right": 712,
    "hippocampus_left": 764,
    "hippocampus_right": 795,
    "pallidum_left": 297,
    "pallidum_right": 260,
    "putamen_left": 1060,
    "putamen_right": 1010,
    "thalamus_left": 1288,
    "thalamus_right": 1248,
}
VERTICES = 32492
SHAPE = (91, 109, 91)
AFFINE = np.array([[-2.0, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])

#: A small volume: no voxel size, direction or length is that of another axis.
SMALL_SHAPE = (4, 5, 6)
SMALL_AFFINE = np.array([[0, -2.0, 0, 90], [3, 0, 0, -126], [0, 0, 4, -72], [0, 0, 0, 1]])


@cache
def shuffled(count: int) -> np.ndarray:
    """Numbers up to a count, in an order that is always the same."""
    return np.random.default_rng(91282).permutation(count)


@cache
def indices_of(structure: str) -> np.ndarray:
    """Vertices or voxels of a structure; each voxel of the volume is of one structure at most."""
    count = COUNTS[structure]
    if structure.startswith("cortex"):
        return np.sort(shuffled(VERTICES)[:count])
    names = [name for name in COUNTS if not name.startswith("cortex")]
    first = sum(COUNTS[name] for name in names[: names.index(structure)])
    flat = shuffled(np.prod(SHAPE))[first : first + count]
    return np.column_stack(np.unravel_index(np.sort(flat), SHAPE))


def usual_axis(module: ModuleType = own_axes) -> Any:
    """The axis of all 91,282, from a module with the classes of axes."""
    voxels, vertices, names = [], [], []
    for name, count in COUNTS.items():
        is_surface = name.startswith("cortex")
        found = indices_of(name)
        vertices.append(found if is_surface else np.full(count, -1))
        voxels.append(np.full((count, 3), -1) if is_surface else found)
        names += [f"CIFTI_STRUCTURE_{name.upper()}"] * count
    return module.BrainModelAxis(
        names,
        np.concatenate(voxels),
        np.concatenate(vertices),
        AFFINE,
        SHAPE,
        {"cortex_left": VERTICES, "cortex_right": VERTICES},
    )


def small_axis(module: ModuleType = own_axes) -> Any:
    """Nine indices: four vertices of six, three of five, and two voxels; none is in order."""
    left = module.BrainModelAxis.from_surface([5, 0, 2, 3], 6, "cortex_left")
    right = module.BrainModelAxis.from_surface([4, 0, 2], 5, "cortex_right")
    stem = module.BrainModelAxis(
        "brain_stem",
        voxel=[[3, 0, 1], [0, 4, 5]],
        affine=SMALL_AFFINE,
        volume_shape=SMALL_SHAPE,
    )
    return left + right + stem


def small_axes(module: ModuleType = own_axes) -> list[Any]:
    """An axis of each class."""
    brain = small_axis(module)
    table = {0: ("???", (0.0, 0.0, 0.0, 0.0)), 7: ("insula", (1.0, 0.5, 0.25, 1.0))}
    parcels = [("all", brain), ("front", brain[:2]), ("deep", brain[7:])]
    return [
        brain,
        module.ParcelsAxis.from_brain_models(parcels),
        module.ScalarAxis(["one", "two"], [{"unit": "mm"}, {}]),
        module.LabelAxis(["parts", "networks"], [table, {1: ("visual", (0.0, 0.5, 1.0, 1.0))}]),
        module.SeriesAxis(1.5, 0.72, 5, "hertz"),
    ]


assert peer_axes.BrainModelAxis is not own_axes.BrainModelAxis  # the oracle is nibabel's own
