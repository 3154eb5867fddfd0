from __future__ import annotations

import json

import numpy as np

import volio


def change(name: str, by: float = 5) -> None:
    img = volio.load("head.nii.gz")
    data = np.array(img.dataobj)
    data[1, 2, 3] += by
    volio.save(volio.Nifti1Image(data, img.affine, img.header), name)


def test_same_images(run):
    assert run("convert", "head.nii.gz", "copy.nii").code == 0
    ran = run("diff", "head.nii.gz", "copy.nii")
    assert (ran.code, ran.out) == (0, ["head.nii.gz and copy.nii: the same"])
    assert run("diff", "-q", "head.nii.gz", "copy.nii").out == []


def test_voxels_that_differ_are_counted_and_the_largest_is_shown(run):
    change("other.nii")
    ran = run("diff", "head.nii.gz", "other.nii")
    assert ran.code == 1
    value = int(volio.load("head.nii.gz").dataobj[1, 2, 3])
    told = f"  voxels: 1 of 120 differ, by 5 at most: at [1, 2, 3] {value} and {value + 5}"
    assert ran.out == ["head.nii.gz and other.nii: differ", told]


def test_tolerances(run):
    change("other.nii")
    assert run("diff", "head.nii.gz", "other.nii", "--atol", "5").code == 0
    assert run("diff", "head.nii.gz", "other.nii", "--rtol", "0.5").code == 0
    assert run("diff", "head.nii.gz", "other.nii", "--atol", "4").code == 1
    assert run("diff", "head.nii.gz", "other.nii", "--atol", "-4").code == 2


def test_header_fields_and_places(run):
    img = volio.load("head.nii.gz")
    affine = img.affine.copy()
    affine[0, 3] += 7
    moved = volio.Nifti1Image(img.dataobj, affine, img.header)
    moved.header["descrip"] = "moved"
    volio.save(moved, "moved.nii")
    ran = run("diff", "head.nii.gz", "moved.nii")
    assert ran.code == 1
    assert any(line.split() == ["descrip", "''", "'moved'"] for line in ran.out)
    assert "  affine: turned by 0 degrees, voxels up to 7 mm apart" in ran.out
    assert run("diff", "--image", "--mm", "7.1", "head.nii.gz", "moved.nii").code == 0


def test_other_formats_with_the_same_voxels(run):
    assert run("convert", "head.nii.gz", "head.mgz").code == 0
    assert run("diff", "head.nii.gz", "head.mgz").code == 1
    assert run("diff", "--image", "head.nii.gz", "head.mgz").code == 0


def test_shapes_that_differ(run):
    ran = run("diff", "head.nii.gz", "bold.nii")
    assert ran.code == 1
    assert any(line.split() == ["shape", "6x5x4", "6x5x4x6"] for line in ran.out)
    assert "  voxels: cannot be compared: shapes or kinds differ" in ran.out


def test_many_images_are_compared_with_the_first(run):
    change("other.nii")
    assert run("convert", "head.nii.gz", "copy.nii").code == 0
    ran = run("diff", "head.nii.gz", "copy.nii", "other.nii", "missing.nii")
    assert ran.code == 2
    assert ran.err[0].startswith("volio diff: missing.nii: ")
    assert [line for line in ran.out if " and " in line and line[0] != " "] == [
        "head.nii.gz and copy.nii: the same",
        "head.nii.gz and other.nii: differ",
    ]


def test_trouble(run):
    assert run("diff", "head.nii.gz").code == 2
    assert run("diff", "missing.nii", "head.nii.gz").code == 2


def test_json(run):
    change("other.nii")
    ran = run("diff", "--json", "head.nii.gz", "other.nii", "bold.nii")
    assert ran.code == 1
    one, other = json.loads("".join(ran.out))
    assert (one["same"], one["differing"], one["where"], one["largest"]) == (False, 1, [1, 2, 3], 5)
    assert other["shapes"] == [[6, 5, 4], [6, 5, 4, 6]]
    assert "voxels" not in other
