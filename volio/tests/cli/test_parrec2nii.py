"""``volio parrec2nii`` writes what nibabel's converter writes."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.cmdline import parrec2nii

import volio
from volio.testing.samples import FOLDER

WHEEL = Path(nibabel.__file__).parent / "tests" / "data"
SAMPLE = FOLDER / "parrec" / "series.PAR"


# nibabel's converter leaves its files open, and numpy has changed since it was written.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore:__array__:DeprecationWarning")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("phantom_EPI_asc_CLEAR_2_1", ["--store-header", "-i", "-b"]),
        (
            "phantom_EPI_asc_CLEAR_2_1",
            ["--scaling", "fp", "--origin", "fov", "-d", "--field-strength", "3"],
        ),
        (
            "phantom_EPI_asc_CLEAR_2_1",
            ["--scaling", "off", "-c", "--minmax", "1", "parse", "--strict-sort"],
        ),
        ("phantom_varscale", ["--store-header"]),
        ("phantom_varscale", ["--scaling", "fp"]),
        ("phantom_varscale", ["--scaling", "off"]),
    ],
    ids=["dv", "fp", "off", *[f"a scale for each slice, {how}" for how in ("dv", "fp", "off")]],
)
def test_files_are_those_of_the_other_converter(run, tmp_path, name, words, monkeypatch):
    path, other = WHEEL / f"{name}.PAR", tmp_path / "theirs"
    other.mkdir()
    monkeypatch.setattr(sys, "argv", ["parrec2nii", "-o", str(other), *words, str(path)])
    gc.freeze()  # what there was before need not be looked through
    parrec2nii.main()
    gc.collect()  # closes what it left open
    gc.unfreeze()
    own = tmp_path / "ours"
    ran = run("parrec2nii", "-o", own, *words, path)
    assert (ran.code, ran.out, ran.err) == (0, [], [])
    files = sorted(file.name for file in own.iterdir())
    assert files == sorted(file.name for file in other.iterdir())
    for file in files:
        if ".nii" not in file:
            assert (own / file).read_text() == (other / file).read_text()
            continue
        mine, its = volio.load(own / file), volio.load(other / file)
        np.testing.assert_array_equal(np.asarray(mine.dataobj), np.asarray(its.dataobj))
        np.testing.assert_allclose(mine.affine, its.affine, atol=1e-4)
        assert mine.header.get_slope_inter() == its.header.get_slope_inter()
        for field in ("pixdim", "qform_code", "sform_code", "cal_min", "cal_max", "xyzt_units"):
            np.testing.assert_allclose(mine.header[field], its.header[field], rtol=1e-6)
        assert [e.get_code() for e in its.header.extensions] == [
            e.get_code() for e in mine.header.extensions
        ]


def test_stored_headers_are_read_again(run, tmp_path):
    assert run("parrec2nii", "-o", tmp_path, "--store-header", SAMPLE).code == 0
    (header,) = volio.parrec.exts2pars(volio.load(tmp_path / "series.nii"))
    assert header == volio.load(SAMPLE).header


def test_xml_gives_the_same(run, tmp_path):
    assert run("parrec2nii", "-o", tmp_path, SAMPLE, SAMPLE.with_name("release5.xml")).code == 0
    one, other = (volio.load(tmp_path / name) for name in ("series.nii", "release5.nii"))
    np.testing.assert_array_equal(one.get_fdata(), other.get_fdata())
    np.testing.assert_allclose(one.affine, other.affine, atol=1e-5)


def dti(folder: Path) -> Path:
    """A diffusion scan of the wheel, with voxels of its own."""
    path = folder / "DTI.PAR"
    path.write_text((WHEEL / "DTI.PAR").read_text())
    images = np.arange(80)[:, None] + np.zeros(80 * 80)
    path.with_suffix(".REC").write_bytes(images.astype("<u2").tobytes())
    return path


def test_gradients_and_trace_volumes(run, tmp_path):
    path = dti(tmp_path)
    ran = run("parrec2nii", "-v", "-b", "-o", tmp_path, path)
    assert ran.out[0] == "leaving out 1 trace volumes"
    nifti = volio.load(tmp_path / "DTI.nii")
    assert nifti.shape == (80, 80, 10, 7)
    assert nifti.header.get_xyzt_units() == ("mm", "unknown")
    bvals = np.loadtxt(tmp_path / "DTI.bvals")
    bvecs = np.loadtxt(tmp_path / "DTI.bvecs")
    assert bvals.tolist() == [1000] * 6 + [0]
    psl = volio.load(path).header.image_defs["diffusion"][::10][:7]
    # Gradients are along P, S, L of the scanner; the slices are at an angle to them.
    scanner = np.column_stack([-psl[:, 2], -psl[:, 0], psl[:, 1]])
    axes = nifti.affine[:3, :3] / volio.affines.voxel_sizes(nifti.affine)
    assert abs(axes - np.diag([-1, 1, 1])).max() > 0.03
    assert np.linalg.det(axes) < 0  # where FSL's rule leaves the signs
    np.testing.assert_allclose(bvecs.T, scanner @ axes, atol=1e-3)
    assert run("parrec2nii", "--keep-trace", "--overwrite", "-o", tmp_path, path).code == 0
    assert volio.load(tmp_path / "DTI.nii").shape == (80, 80, 10, 8)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--dwell-time"], "needs --field-strength"),
        (["--minmax", "low", "parse"], "must be numbers or parse"),
        (["--orientation", "coronal"], "must be one of transverse"),
    ],
)
def test_what_cannot_be_is_refused(run, tmp_path, words, told):
    ran = run("parrec2nii", *words, "-o", tmp_path, SAMPLE)
    assert (ran.code, len(ran.err)) == (2, 1)
    assert told in ran.err[0]


def test_nothing_is_replaced_unasked(run, tmp_path):
    assert run("parrec2nii", "-o", tmp_path, SAMPLE).code == 0
    ran = run("parrec2nii", "-o", tmp_path, SAMPLE)
    assert ran.code == 2
    assert "--overwrite replaces it" in ran.err[0]


def test_one_of_several_orientations(run, tmp_path, shared_data):
    path = shared_data / "balls" / "PARREC" / "NA.PAR"
    ran = run("parrec2nii", "-o", tmp_path, path)
    assert "transverse, sagittal, coronal" in ran.err[0]
    assert run("parrec2nii", "-o", tmp_path, "--orientation", "coronal", path).code == 0
    assert volio.aff2axcodes(volio.load(tmp_path / "NA.nii").affine) == ("L", "A", "S")
