from __future__ import annotations

import json

import numpy as np
import pytest

import volio


def test_json_agrees_with_numpy(run):
    values = np.asarray(volio.load("head.nii.gz").dataobj).astype(float)
    ran = run("stats", "--json", "-p", "1,50,99", "head.nii.gz")
    found = json.loads("".join(ran.out))[0]
    assert ran.code == 0
    assert (found["voxels"], found["nonzero"]) == (120, 119)
    assert (found["volume_mm3"], found["nonzero_volume_mm3"]) == (1440, 1428)
    assert (found["min"], found["max"], found["mean"]) == (0, 119, 59.5)
    assert np.isclose(found["std"], values.std())
    for percent, value in found["percentiles"].items():
        assert np.isclose(value, np.percentile(values, float(percent)))


def test_text_has_a_fact_per_line(run):
    lines = [line.split() for line in run("stats", "head.nii.gz").out]
    assert lines[0] == ["head.nii.gz"]
    assert ["voxels", "120,", "1440", "mm3"] in lines
    assert ["max", "119"] in lines
    assert ["50%", "59.5"] in lines
    assert not any(line[0] == "nan" for line in lines)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((), "720"),
        (("--units", "ml"), "0.72"),
        (("--units", "voxels"), "60"),
        (("--above", "5"), "240"),
        (("--below", "5"), "1200"),
    ],
)
def test_volume_is_one_number(run, options, text):
    assert run("stats", "--volume", *options, "labels.nii.gz").out == [text]


def test_volumes_of_many(run):
    ran = run("stats", "--volume", "labels.nii.gz", "missing.nii", "head.nii.gz")
    assert ran.code == 2
    assert [line.split() for line in ran.out] == [["720", "labels.nii.gz"], ["1428", "head.nii.gz"]]
    assert ran.err[0].startswith("volio stats: missing.nii: ")


def test_selected_voxels(run):
    found = json.loads(
        "".join(run("stats", "--json", "--mask", "labels.nii.gz", "head.nii.gz").out)
    )
    assert (found[0]["voxels"], found[0]["max"]) == (60, 59)


def test_percentiles_out_of_range(run):
    assert run("stats", "-p", "101", "head.nii.gz").code == 2
    assert run("stats", "-p", "half", "head.nii.gz").code == 2


def test_units_go_with_volume(run):
    ran = run("stats", "--units", "ml", "head.nii.gz")
    assert (ran.code, ran.out, ran.err) == (2, [], ["volio stats: --units goes with --volume"])
