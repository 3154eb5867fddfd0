from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.affines import apply_affine


def world(img):
    """World position and value of every voxel of space."""
    places = np.stack(np.meshgrid(*map(np.arange, img.shape[:3]), indexing="ij"), -1)
    positions = apply_affine(img.affine, places.reshape(-1, 3)).round(4)
    values = np.asarray(img.dataobj).reshape(len(positions), -1)
    return {tuple(p): v.tolist() for p, v in zip(positions.tolist(), values, strict=True)}


@pytest.mark.parametrize(
    ("options", "index"),
    [
        (("-i", "1:3"), np.s_[1:3]),
        (("-i", "-2:", "-j", "::-1", "-k", "1"), np.s_[-2:, ::-1, 1:2]),
        (("-k", "::-2"), np.s_[:, :, ::-2]),
        (("-k=-1",), np.s_[:, :, -1:]),
        (("-j-3:-1",), np.s_[:, -3:-1]),
    ],
)
def test_slices_keep_places_and_values(run, options, index):
    assert run("roi", "head.nii.gz", "part.nii", *options).code == 0
    part = volio.load("part.nii")
    head = volio.load("head.nii.gz")
    assert np.array_equal(part.dataobj, np.asarray(head.dataobj)[index])
    everything = world(head)
    assert all(everything[place] == value for place, value in world(part).items())


def test_volumes(run):
    bold = np.asarray(volio.load("bold.nii").dataobj)
    assert run("roi", "bold.nii", "part.nii", "-t", "-2:").code == 0
    assert np.array_equal(volio.load("part.nii").dataobj, bold[..., -2:])
    assert run("roi", "bold.nii", "one.nii", "-t", "-1", "-i", "2:").code == 0
    assert np.array_equal(volio.load("one.nii").dataobj, bold[2:, ..., -1])


def test_box_in_mm(run):
    # Voxels 1 to 3 reach from x = 89 to 83; the axis runs to the left.
    assert (
        run(
            "roi", "head.nii.gz", "part.nii", "--box", "89", "-126", "-72", "83", "-122", "-70"
        ).code
        == 0
    )
    assert np.array_equal(
        volio.load("part.nii").dataobj, np.asarray(volio.load("head.nii.gz").dataobj)[1:4, :3, :2]
    )
    point = ("84", "-120", "-66")
    assert run("roi", "head.nii.gz", "point.nii", "--box", *point, *point).code == 0
    point = volio.load("point.nii")
    assert point.shape == (1, 1, 1)
    assert np.allclose(point.affine[:3, 3], [84, -120, -66])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-i", "1:2:3:4"), "is no slice"),
        (("-i", "a:b"), "is no slice"),
        (("-i", ":"), ""),
        (("-i", "9:"), "leaves nothing"),
        (("-t", "0"), "one volume only"),
        (("-i", "1:", "--box", "0", "0", "0", "1", "1", "1"), "goes without"),
        (("--box", "500", "0", "0", "600", "1", "1"), "outside the image"),
    ],
)
def test_what_cannot_be_cut(run, options, told):
    ran = run("roi", "head.nii.gz", "part.nii", *options)
    assert ran.code == (2 if told else 0)
    assert len(ran.err) == bool(told)
    assert told in "".join(ran.err)


def test_nothing_is_overwritten_without_force(run):
    assert run("roi", "head.nii.gz", "bold.nii").code == 2
    assert run("roi", "head.nii.gz", "head.nii.gz", "-i", "1:").code == 2
    assert run("roi", "head.nii.gz", "head.nii.gz", "-i", "1:", "--force").code == 0
    assert volio.load("head.nii.gz").shape == (5, 5, 4)


def test_a_box_outside_says_where_the_image_is(run):
    ran = run("roi", "head.nii.gz", "box.nii", "--box", *["900"] * 6)
    assert ran.code == 2
    assert ran.err == [
        "volio roi: head.nii.gz: --box: lies outside the image, "
        "which has x 79 to 91, y -127 to -117, z -73.5 to -61.5"
    ]


def test_a_slice_outside_is_written_as_it_was_asked_for(run):
    told = run("roi", "head.nii.gz", "none.nii", "-i", "100:").err[0]
    assert told.endswith("axis 0: [100:] leaves nothing of 6 voxels")
