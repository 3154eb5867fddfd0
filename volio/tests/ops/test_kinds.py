"""Tools that take volumes refuse images of other kinds, by the kind that their rows have."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

import volio
from volio.errors import UsageError
from volio.ops.stats import count_nonzero_voxels, describe_voxels, mask_volume
from volio.tests.points import PointsImage

TASKS = {
    "concat_images": lambda points: volio.concat_images([points, points]),
    "four_to_three": volio.four_to_three,
    "squeeze_image": volio.squeeze_image,
    "resample_from_to": lambda points: volio.resample_from_to(points, ((2, 2, 2), np.eye(4))),
    "resample_to_output": volio.resample_to_output,
    "conform": volio.conform,
    "smooth_image": lambda points: volio.smooth_image(points, 2),
    "count_nonzero_voxels": count_nonzero_voxels,
    "mask_volume": mask_volume,
    "describe_voxels": describe_voxels,
    "mask": lambda points: describe_voxels(np.zeros((2, 3)), points),
    "create": lambda points: volio.create("a.nii", header=points),
}


@pytest.mark.parametrize("task", TASKS)
def test_images_of_other_kinds_are_refused_with_the_way_to_a_volume(task):
    points = PointsImage(np.zeros((2, 3)))
    with pytest.raises(
        UsageError, match=f"is a transform, and {task} takes volumes; img.volume has"
    ):
        TASKS[task](points)


def test_images_of_other_packages_with_voxels_are_volumes():
    img = nibabel.Nifti1Image(np.ones((2, 2, 2, 3), np.float32), np.eye(4))
    assert count_nonzero_voxels(img) == 24
    assert len(volio.four_to_three(img)) == 3
