from __future__ import annotations

import numpy as np
import pytest

import volio


def test_shape_sizes_and_orientation(run):
    words = ("--out-shape", "8,8,6", "--voxel-size", "2", "--orientation", "LIA", "--order", "1")
    assert run("conform", "head.nii.gz", "out.mgz", *words).code == 0
    img = volio.load("out.mgz")
    assert img.shape == (8, 8, 6)
    assert volio.aff2axcodes(img.affine) == ("L", "I", "A")
    assert np.allclose(img.header.get_zooms(), 2)


def test_labels_stay_labels(run):
    assert run("conform", "labels.nii.gz", "out.nii", "--out-shape", "16", "--order", "0").code == 0
    assert set(np.unique(volio.load("out.nii").dataobj)) <= {0, 3, 7}


@pytest.mark.parametrize(
    "words",
    [
        ("--out-shape", "8,8"),
        ("--out-shape", "8.5"),
        ("--voxel-size", "0"),
        ("--voxel-size", "a"),
        ("--orientation", "XYZ"),
        ("--order", "6"),
    ],
)
def test_wrong_arguments(run, words):
    ran = run("conform", "head.nii.gz", "out.nii", *words)
    assert (ran.code, len(ran.err)) == (2, 1)


def test_nothing_is_overwritten_without_force(run):
    assert run("conform", "head.nii.gz", "bold.nii", "--out-shape", "4").code == 2
    assert run("conform", "head.nii.gz", "bold.nii", "--out-shape", "4", "-f").code == 0
