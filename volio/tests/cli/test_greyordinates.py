"""Commands on greyordinates."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import volio
from volio.formats.cifti2 import BrainModelAxis, Cifti2Image, ScalarAxis
from volio.testing.samples import samples_of

SAMPLES = {sample.path.name: sample.path for sample in samples_of("cifti2")}


@pytest.fixture
def series(tmp_path):
    """A copy of a sample under its usual name."""
    path = tmp_path / "rest.dtseries.nii"
    shutil.copy(SAMPLES["series.nii"], path)
    return str(path)


def test_ls_shows_axes_and_structures(run, series):
    ran = run("ls", series, str(SAMPLES["labels.nii.gz"]))
    assert ran.code == 0
    assert ran.out[0].split() == ["file", "dtype", "shape", "axes", "structures", "data"]
    assert "float32  5x16   5 points (every 0.72 s from 1.5) by 16 greyordinates" in ran.out[1]
    assert "cortex_left, cortex_right, thalamus_left" in ran.out[1]
    assert ran.out[2].endswith("parts, halves")


def test_ls_in_full(run, series):
    lines = [line.split(None, 1) for line in run("ls", "-v", "-s", series).out[1:]]
    told = dict(lines)
    assert told["intent"] == "ConnDenseSeries"
    assert told["thalamus_left"] == "6 voxels, 10 to 15"
    assert told["cortex_right"] == "4 vertices, 6 to 9"
    assert told["values"] == "-99.999 to 99.9912"


def test_ls_as_json_agrees_with_the_facts_of_the_sample(run, series):
    (facts,) = json.loads("".join(run("ls", "--json", series).out))
    assert facts["kind"] == "greyordinates"
    assert facts["shape"] == [5, 16]
    assert facts["axes"][0]["step"] == 0.72
    assert [part["stop"] for part in facts["axes"][1]["structures"]] == [6, 10, 16]


def test_ls_shows_fields_of_the_nifti_header(run, series):
    ran = run("ls", "-H", "intent_code,vox_offset", series)
    shown = dict(zip(ran.out[0].split()[-2:], ran.out[1].split()[-2:], strict=True))
    assert shown == {"intent_code": "3002", "vox_offset": "1904"}
    assert "intent_name" in "".join(run("ls", "-H", "all", series).out)


def test_stats_of_maps_and_structures(run, tmp_path):
    axis = BrainModelAxis.from_surface([0, 1, 2], 3, "cortex_left")
    axis += BrainModelAxis.from_surface([0, 1], 2, "cortex_right")
    values = np.array([[1, 2, 3, np.nan, 10], [0, 0, 0, 0, 5]], np.float32)
    path = str(tmp_path / "a.dscalar.nii")
    volio.save(Cifti2Image(values, (ScalarAxis(["one", "two"]), axis)), path)
    ran = run("stats", path)
    assert ran.code == 0
    told = {line.split()[0]: line.split(None, 1)[1] for line in ran.out[1:]}
    assert told["one"] == "min 1, max 10, mean 4, std 3.53553, 1 NaN"
    assert told["cortex_right"] == "min 0, max 10, mean 5, std 4.08248, 1 NaN"
    (facts,) = json.loads("".join(run("stats", "--json", path).out))
    assert facts["values"]["nan"] == 1
    assert [part["name"] for part in facts["structures"]] == ["cortex_left", "cortex_right"]


@pytest.mark.parametrize("line", ["stats --volume", "ls -c"])
def test_what_only_volumes_have_is_refused(run, series, line):
    ran = run(*line.split(), series)
    assert ran.code == 2
    assert "for volumes, and these are greyordinates" in "".join(ran.err)


def test_diff_names_what_differs(run, series, tmp_path):
    img = volio.load(series)
    values = np.array(img.dataobj)
    values[2, 11] += 1
    other = str(tmp_path / "other.dtseries.nii")
    volio.save(Cifti2Image(values, img.header, img.nifti_header), other)
    assert run("diff", series, series).code == 0
    ran = run("diff", series, other)
    assert ran.code == 1
    assert "1 of 80 differ, by 1 at most" in ran.out[1]
    assert "2.94 s at thalamus_left, voxel" in ran.out[1]
    (facts,) = json.loads("".join(run("diff", "--json", series, other).out))
    assert facts["values"]["differing"] == 1
    assert facts["axes"] == {}


def test_convert_compresses_and_narrows(run, series, tmp_path):
    target = tmp_path / "rest.dtseries.nii.gz"
    assert run("convert", series, str(target)).code == 0
    assert run("diff", series, str(target)).code == 0
    target = tmp_path / "small.dtseries.nii"
    assert run("convert", "--dtype", "int16", series, str(target)).code == 0
    assert volio.load(target).dataobj.on_disk_dtype == np.int16


@pytest.mark.parametrize(
    ("ending", "way"), [(".mgz", r"img.volume is its volume"), (".gii", "img.left and img.right")]
)
def test_convert_to_another_kind_names_the_way(run, series, tmp_path, ending, way):
    ran = run("convert", series, str(tmp_path / f"a{ending}"))
    assert ran.code != 0
    assert way in "".join(ran.err)
    assert not (tmp_path / f"a{ending}").exists()


def test_convert_under_the_ending_of_other_axes_warns(run, series, tmp_path):
    ran = run("convert", series, str(tmp_path / "a.dscalar.nii"))
    assert ran.code == 0
    assert "ConnDenseSeries: .dtseries.nii is the usual ending" in "".join(ran.err)


def test_doctor_and_verify(run, series, tmp_path):
    assert "healthy" in run("doctor", series).out[0]
    assert "fine" in run("verify", series).out[1]
    ran = run("doctor", str(SAMPLES["labels.nii.gz"]))
    assert "intent_code: is 3000, and that of these axes is 3007" in "".join(ran.out)


def test_formats_lists_it(run):
    (line,) = [line for line in run("formats").out if line.startswith("cifti2")]
    assert line.split()[1:4] == ["CIFTI-2", "greyordinates", ".nii"]
