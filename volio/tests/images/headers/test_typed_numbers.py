"""Header fields of 32 bits come as they were typed, and narrowed are what the file has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.cli import main

SIZES = (0.9, 0.9, 1.2, 2.1)
VOXELS = np.arange(48, dtype=np.int16).reshape(2, 3, 4, 2)

FILES = [
    (volio.Nifti1Image, "a.nii", None),
    (volio.Nifti2Image, "a.nii", "nifti2"),
    (volio.Spm2AnalyzeImage, "a.img", "spm2"),
    (volio.AnalyzeImage, "a.img", "analyze"),
    (volio.MGHImage, "a.mgz", None),
    (volio.AFNIImage, "a+orig.HEAD", None),
    (volio.EcatImage, "a.v", None),
    (volio.Minc1Image, "a.mnc", "minc1"),
    (volio.NrrdImage, "a.nrrd", None),
    (volio.MifImage, "a.mif", None),
    (volio.MetaImage, "a.mha", None),
]


def saved(cls: Any, name: str, format: str | None, folder: Path) -> Any:
    img = cls(VOXELS, np.diag([*SIZES[:3], 1.0]))
    img.header.set_zooms(SIZES)
    volio.save(img, folder / name, format=format)
    return volio.load(folder / name)


@pytest.mark.filterwarnings("ignore::volio.errors.GeometryWarning")
@pytest.mark.parametrize("given", FILES, ids=[row[0].__name__ for row in FILES])
def test_voxel_sizes_are_those_that_were_typed(given: Any, tmp_path: Path):
    found = saved(*given, tmp_path).header.get_zooms()
    assert [type(size) for size in found] == [float] * 4
    assert found[:3] == SIZES[:3]
    assert found[3] == SIZES[3]


def test_bytes_and_affine_keep_every_bit(tmp_path: Path):
    img = saved(volio.Nifti1Image, "a.nii", None, tmp_path)
    raw = (tmp_path / "a.nii").read_bytes()
    assert np.frombuffer(raw, "<f4", 4, 80).tolist() == np.float32(SIZES).tolist()
    assert img.affine[0, 0] == float(np.float32(0.9))
    img.header.set_zooms(img.header.get_zooms())
    img.to_filename(tmp_path / "b.nii")
    assert (tmp_path / "b.nii").read_bytes() == raw
    with pytest.warns(volio.errors.GeometryWarning, match="keep voxel sizes"):
        analyze = saved(volio.AnalyzeImage, "c.img", "analyze", tmp_path)
    assert analyze.header.get_base_affine()[1, 1] == float(np.float32(0.9))


def test_times_angles_ranges_and_parameters(tmp_path: Path):
    img = saved(volio.Nifti1Image, "a.nii", None, tmp_path)
    header = img.header
    header.set_xyzt_units("mm", "sec")
    header["toffset"] = 1.3
    header["cal_min"], header["cal_max"] = 0.2, 9.7
    header.set_dim_info(slice=2)
    header["slice_duration"], header["slice_code"] = 0.1, 1
    header.set_intent("t test", (17.3,), name="t")
    metadata = header.metadata()
    assert (metadata.start, metadata.window) == (1.3, (0.2, 9.7))
    assert header.get_slice_duration() == 0.1
    assert header.get_slice_times() == (0.0, 0.1, 0.2, 0.3)
    assert header.get_intent()[1] == (17.3,)
    two = volio.Nifti2Header()
    two["slice_duration"] = exact = float(np.float32(0.1))  # all of 64 bits were typed
    two.set_dim_info(slice=2)
    assert two.get_slice_duration() == exact


def test_times_of_mgh(tmp_path: Path):
    header = volio.MGHHeader()
    header["te"], header["ti"] = 2.98, 900.1
    acquisition = header.metadata().acquisition
    assert acquisition["echo time"] == pytest.approx(0.00298, rel=1e-15)
    assert acquisition["inversion time"] == pytest.approx(0.9001, rel=1e-15)


def test_reports_show_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    saved(volio.Nifti1Image, "a.nii", None, tmp_path)
    assert main(["ls", "--json", "-H", "pixdim", str(tmp_path / "a.nii")]) == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert facts["zooms"] == list(SIZES)
    assert facts["fields"]["pixdim"][1:5] == list(SIZES)
