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
        (("-i", "1:2:3:4"), "is not a slice"),
        (("-i", "a:b"), "is not a slice"),
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
        "volio roi: head.nii.gz: box: is outside the image, "
        "which has x 79 to 91, y -127 to -117, z -73.5 to -61.5"
    ]


def test_a_slice_outside_is_written_as_it_was_asked_for(run):
    told = run("roi", "head.nii.gz", "none.nii", "-i", "100:").err[0]
    assert told.endswith("axis 0: [100:] leaves nothing of 6 voxels")


@pytest.fixture
def brain(run):
    """A mask of head with voxels 2 to 3, 1 to 2 and 1, and the same on a grid of 1 mm."""
    mask = np.zeros((6, 5, 4), np.uint8)
    mask[2:4, 1:3, 1] = 1
    volio.save(volio.Nifti1Image(mask, volio.load("head.nii.gz").affine), "brain.nii.gz")


def test_a_mask_and_the_way_back(run, brain):
    head = np.asarray(volio.load("head.nii.gz").dataobj)
    assert (
        run("roi", "head.nii.gz", "part.nii", "--mask", "brain.nii.gz", "--margin", "1").code == 0
    )
    assert np.array_equal(volio.load("part.nii").dataobj, head[1:5, :4, :3])
    ran = run("roi", "part.nii", "back.nii", "--pad-to", "head.nii.gz", "--cval", "-1")
    assert (ran.code, ran.err) == (0, [])
    back = volio.load("back.nii")
    expected = np.full_like(head, -1)
    expected[1:5, :4, :3] = head[1:5, :4, :3]
    assert np.array_equal(back.dataobj, expected)
    assert np.array_equal(back.affine, volio.load("head.nii.gz").affine)


def test_what_is_not_0_in_the_volumes_that_are_kept(run, brain):
    data = np.zeros((6, 5, 4, 2), np.float32)
    data[1, 1, 1, 0] = data[3, 2, 1, 1] = 1
    volio.save(volio.Nifti1Image(data, np.eye(4)), "sparse.nii")
    assert run("roi", "sparse.nii", "all.nii", "--nonzero").code == 0
    assert volio.load("all.nii").shape == (3, 2, 1, 2)
    assert run("roi", "sparse.nii", "one.nii", "--nonzero", "-t", "1").code == 0
    assert volio.load("one.nii").affine[:3, 3].tolist() == [3, 2, 1]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--mask", "bold.nii", "--nonzero"), "not allowed with"),
        (("--mask", "bold.nii", "-k", "1"), "--mask goes without -i, -j and -k"),
        (("--nonzero", "-i", "1"), "--nonzero goes without"),
        (("--margin", "1"), "--margin goes with --mask or --nonzero"),
        (("--margin", "-1", "--nonzero"), "must be a whole number"),
        (("--cval", "1"), "--cval goes with --pad-to"),
        (("--mask", "none.nii"), "none.nii: no such file"),
        (("--pad-to", "bold.nii", "--cval", "0.5"), "value: 0.5 cannot be stored as int16"),
    ],
)
def test_options_that_do_not_fit_are_one_line(run, options, told):
    ran = run("roi", "head.nii.gz", "part.nii", *options)
    assert (ran.code, len(ran.err)) == (2, 1)
    assert told in ran.err[0]


def test_planes_and_rows_have_fewer_axes(run):
    volio.save(
        volio.Nifti1Image(np.arange(30, dtype=np.int16).reshape(6, 5), np.eye(4)), "plane.nii"
    )
    assert run("roi", "plane.nii", "part.nii", "-i", "1:3", "-j", "::-1").code == 0
    part = volio.load("part.nii")
    assert np.asarray(part.dataobj).tolist() == [[9, 8, 7, 6, 5], [14, 13, 12, 11, 10]]
    ran = run("roi", "plane.nii", "none.nii", "-k", "0")
    assert ran.err == ["volio roi: plane.nii: -k: there is no such axis, the shape is (6, 5)"]
    assert run("roi", "plane.nii", "box.nii", "--box", "1", "1", "-1", "2", "2", "1").code == 0
    assert np.asarray(volio.load("box.nii").dataobj).tolist() == [[6, 7], [11, 12]]
