"""nilearn on volio, where nibabel cannot be imported: the same figures as on nibabel.

All jobs run once in a process for each library; both begin as forks of one that has imported what
nilearn imports, which takes some seconds.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nibabel
import nibabel.freesurfer
import numpy as np
import pytest
from numpy.typing import NDArray

import volio
from volio.errors import MissingPackageError, UsageError
from volio.tests.surfaces.shapes import icosphere

pytestmark = pytest.mark.requires("nilearn")

Figures = Mapping[str, NDArray[np.generic]]

AFFINE = np.array([[-2.0, 0.1, 0, 13], [0.1, 2.1, 0, -14], [0, 0, 2.5, -12], [0, 0, 0, 1]])


def make_files(folder: Path) -> None:
    """Write one file of each kind, with nibabel."""
    folder.mkdir()
    rng = np.random.default_rng(8)
    vertices, faces = icosphere(2, 9.0)
    count = len(vertices)
    gifti = nibabel.gifti
    array = gifti.GiftiDataArray
    points = array(vertices.astype("f4"), "NIFTI_INTENT_POINTSET")
    sides = array(faces.astype("i4"), "NIFTI_INTENT_TRIANGLE")
    gifti.GiftiImage(darrays=[points, sides]).to_filename(folder / "lh.surf.gii")
    heights = vertices[:, 2].astype("f4")
    shape = [array(heights, "NIFTI_INTENT_SHAPE")]
    gifti.GiftiImage(darrays=shape).to_filename(folder / "lh.shape.gii")
    series = rng.normal(size=(5, count)).astype("f4")
    steps = [array(row, "NIFTI_INTENT_TIME_SERIES") for row in series]
    gifti.GiftiImage(darrays=steps).to_filename(folder / "lh.func.gii")

    nibabel.freesurfer.write_geometry(folder / "lh.white", vertices + 1, faces)
    nibabel.freesurfer.write_morph_data(folder / "lh.thickness", heights)
    table = np.array([[0, 0, 0, 0], [255, 0, 0, 0], [0, 255, 9, 0], [1, 2, 3, 0]])
    rows = rng.integers(1, 4, count)
    names = ["unknown", "front", "back", "side"]
    nibabel.freesurfer.write_annot(folder / "lh.parts.annot", rows, table, names)
    lines = [f"{index} 1.5 2 3 {index / 8}" for index in range(0, count, 7)]
    text = "\n".join(["#!ascii label", str(len(lines)), *lines, ""])
    (folder / "lh.some.label").write_text(text)
    values = rng.normal(size=(count, 1, 1)).astype("f4")
    nibabel.MGHImage(values, np.eye(4)).to_filename(folder / "lh.values.mgz")
    nibabel.Nifti1Image(values, np.eye(4)).to_filename(folder / "lh.values.nii.gz")

    inside = np.zeros((13, 14, 11))
    inside[2:-2, 2:-2, 2:-2] = 1
    voxels = (inside[..., np.newaxis] * (100 + rng.normal(size=(13, 14, 11, 6)))).astype("f4")
    bold = nibabel.Nifti1Image(voxels, AFFINE)
    bold.header.set_zooms((*bold.header.get_zooms()[:3], 2.0))
    bold.to_filename(folder / "bold.nii.gz")
    parts = (inside * rng.integers(1, 4, inside.shape)).astype("i2")
    nibabel.Nifti1Image(parts, AFFINE).to_filename(folder / "parts.nii.gz")


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Figures, Figures]:
    """The figures of all jobs, on nibabel and on volio."""
    folder = tmp_path_factory.mktemp("nilearn")
    for library in ("nibabel", "volio"):
        make_files(folder / library)
    command = [sys.executable, "-m", "volio.tests.compat.nilearn_jobs", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return np.load(folder / "nibabel.npz"), np.load(folder / "volio.npz")


def test_a_job_may_not_import_nibabel_itself():
    lines = ["from volio.tests.compat.nilearn_jobs import *", "without_nibabel()"]
    code = "\n".join([*lines, "import nibabel.pkg_info_of_nobody"])
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "pkg_info_of_nobody" in ran.stderr.splitlines()[-1]
    assert ran.returncode == 1


@pytest.mark.requires("fork")
@pytest.mark.parametrize("jobs", ["surface_jobs", "image_jobs", "masker_jobs"])
def test_figures_are_those_on_nibabel(jobs: str, figures: tuple[Figures, Figures]):
    theirs, ours = figures
    names = [name for name in theirs if name.startswith(jobs)]
    assert len(names) >= 7
    assert [name for name in ours if name.startswith(jobs)] == names
    for name in names:
        assert theirs[name].size > 1, name
        assert ours[name].shape == theirs[name].shape, name
        expected = theirs[name]
        # Voxel sizes of 32 bits come from volio with the fewest digits that are the same float32.
        found = ours[name].astype(expected.dtype) if name.endswith("zooms") else ours[name]
        np.testing.assert_array_equal(found, expected, err_msg=name)


def test_surfaces_become_images_of_nilearn(monkeypatch: pytest.MonkeyPatch):
    from nilearn.surface import PolyMesh, SurfaceImage

    vertices, faces = icosphere(1, 5.0)
    heights = vertices[:, 2]
    left = volio.Surface(vertices, faces, {"height": heights}, structure="cortex_left")
    right = volio.Surface(vertices + 20, faces, {"height": -heights})
    image = left.to_nilearn("height", other=right, hemi="left")
    assert isinstance(image, SurfaceImage)
    np.testing.assert_array_equal(image.mesh.parts["right"].coordinates, right.vertices)
    np.testing.assert_array_equal(image.mesh.parts["left"].faces, faces)
    np.testing.assert_array_equal(image.data.parts["left"], heights)
    np.testing.assert_array_equal(image.data.parts["right"], -heights)
    bare = volio.Surface(vertices, faces).to_nilearn(hemi="right")
    assert isinstance(bare, PolyMesh)
    assert list(bare.parts) == ["right"]
    assert list(left.to_nilearn().mesh.parts) == ["left"]
    for call, told in (
        (lambda: right.to_nilearn(), "hemi: must be 'left' or 'right', got ''"),
        (lambda: left.to_nilearn(other=left), "other: both surfaces are of the left hemisphere"),
        (lambda: left.to_nilearn("sulc"), "values: the left hemisphere has no values 'sulc'"),
        (lambda: volio.Surface(data={"a": [1]}).to_nilearn(hemi="left"), "a mesh is needed"),
    ):
        with pytest.raises(UsageError, match=told):
            call()
    monkeypatch.setitem(sys.modules, "nilearn.surface", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'volio\[nilearn\]'"):
        left.to_nilearn()
