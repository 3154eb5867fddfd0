"""What notebooks show of an image."""

from __future__ import annotations

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread

import volio
from volio.files.opener import open_source
from volio.testing.faults import CountingSource

AFFINE = np.diag([2, 2, 3, 1.0])


def picture(img):
    """The picture in the HTML, as an array, and the bytes of all."""
    html = img._repr_html_()
    found = re.search("base64,([^']+)'", html)
    return (imread(BytesIO(b64decode(found[1]))) if found else None), len(html.encode()), html


def noise(shape, dtype=np.int16):
    return np.random.default_rng(0).integers(0, 1000, shape).astype(dtype)


@pytest.mark.parametrize("shape", [(64, 64, 40), (256, 256, 200), (30, 20, 10, 3, 2)])
def test_notebooks_show_facts_and_slices_in_few_bytes(shape):
    img = volio.Nifti1Image(noise(shape), AFFINE)
    found, size, html = picture(img)
    assert size <= 50_000
    assert " × ".join(str(n) for n in shape) in html
    assert found.shape[1] > 2 * found.shape[0] > 40
    assert found[..., :3].std() > 0.1 if found.ndim == 3 else found.std() > 0.1
    np.testing.assert_array_equal(imread(BytesIO(img._repr_png_())), found)


def test_the_slices_are_those_of_the_middle():
    voxels = np.zeros((40, 40, 40), np.float32)
    voxels[20, 5:35, 5:35] = 1  # seen whole in the sagittal slice, as a line in the others
    found, _, _ = picture(volio.Nifti1Image(voxels, np.eye(4)))
    gray = found if found.ndim == 2 else found[..., 0]
    third = gray.shape[1] / 3
    lit = [
        float((gray[:, round(n * third) : round((n + 1) * third)] > 0.5).mean()) for n in range(3)
    ]
    assert lit[0] > 0.4
    assert lit[1] < 0.1
    assert lit[2] < 0.1


def test_three_slices_and_a_sample_are_read(tmp_path):
    volio.save(volio.Nifti1Image(noise((64, 64, 64, 5)), AFFINE), tmp_path / "a.nii")
    source = CountingSource(open_source(str(tmp_path / "a.nii")))
    img = volio.Nifti1Image.from_file_map({"image": volio.FileHolder(fileobj=source)})
    source.count = 0
    assert picture(img)[0] is not None
    slice_bytes = 64 * 64 * 2
    volume = 64 * slice_bytes
    # The slice across the rows is read from its first voxel to its last.
    across = volume - 2 * 64 + 2
    assert source.count == across + 2 * slice_bytes + volume  # in which the limits are found
    assert not img.in_memory


@pytest.mark.parametrize(
    "voxels",
    [
        noise((6, 7, 8)) > 500,
        noise((6, 7, 8)).astype(np.complex64),
        np.full((6, 7, 8), np.nan, np.float32),
        noise((6, 7, 8, 3), np.uint8).view([("R", "u1"), ("G", "u1"), ("B", "u1")])[..., 0],
    ],
    ids=["bool", "complex", "nan", "rgb"],
)
def test_every_kind_of_voxel_has_a_picture(voxels):
    found, _, html = picture(volio.Nifti1Image(voxels, None))
    assert found is not None
    assert "picture" not in html.split("<img")[0]


def test_unreadable_voxels_leave_the_facts(tmp_path):
    path = tmp_path / "short.nii"
    volio.save(volio.Nifti1Image(noise((20, 20, 20)), AFFINE), path)
    img = volio.load(path)
    path.write_bytes(path.read_bytes()[:400])
    found, _, html = picture(img)
    assert found is None
    assert "20 × 20 × 20" in html
    assert "picture" in html
    assert "short.nii" in html
    assert img._repr_png_() is None


@pytest.mark.parametrize("shape", [(5, 6), (5, 0, 6), (5,)])
def test_images_without_slices_have_facts_alone(shape):
    img = volio.Nifti1Image(np.zeros(shape, np.float32), np.eye(4))
    found, _, html = picture(img)
    assert found is None
    assert "shape" in html
    assert "none" not in html.replace(
        "file</th><td style='text-align:left'><pre style='margin:0'>none", ""
    )
    assert img._repr_png_() is None
