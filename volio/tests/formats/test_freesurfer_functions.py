"""The functions of ``volio.freesurfer``, which are nibabel's."""

from __future__ import annotations

import io
from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio.errors import (
    ImageDataError,
    LossWarning,
    MissingFileError,
    SaveError,
    UsageError,
    VolioWarning,
)
from volio.tests.formats.test_freesurfer_annotation import TABLE
from volio.tests.surfaces.shapes import CORNERS, SIDES

INFO: dict[str, object] = {
    "head": [2, 0, 20],
    "valid": "1  # volume info valid",
    "filename": "x.mgz",
    "volume": [1, 2, 3],
    "voxelsize": [1.0, 2.0, 3.0],
    "xras": [-1.0, 0.0, 0.0],
    "yras": [0.0, 0.0, -1.0],
    "zras": [0.0, 1.0, 0.0],
    "cras": [1.5, 2.5, 3.5],
}


def test_functions_write_what_nibabel_reads(tmp_path: Path):
    fs = volio.freesurfer
    theirs = nibabel.freesurfer
    fs.write_geometry(tmp_path / "mesh", CORNERS, SIDES, "stamp", INFO)
    for module in (fs, theirs):
        coords, faces, found, stamp = module.read_geometry(tmp_path / "mesh", True, True)
        assert (coords.tolist(), faces.tolist()) == (CORNERS.tolist(), SIDES.tolist())
        assert (coords.dtype, stamp) == (np.float64, "stamp")
        assert found["cras"].tolist() == [1.5, 2.5, 3.5]
        assert found["head"].tolist() == [2, 0, 20]
    theirs.write_geometry(tmp_path / "theirs", CORNERS, SIDES, "stamp", INFO)
    assert fs.read_geometry(tmp_path / "theirs", True)[2].keys() == INFO.keys()
    fs.write_geometry(tmp_path / "bare", CORNERS, SIDES)
    assert fs.read_geometry(tmp_path / "bare", read_stamp=True)[2] == "created by volio"
    with pytest.warns(VolioWarning, match="says nothing of its volume"):
        assert fs.read_geometry(tmp_path / "bare", read_metadata=True)[2] == {}
    for shape in ((4,), (4, 1), (1, 4), (4, 1, 1)):
        fs.write_morph_data(tmp_path / "values", np.arange(4.0).reshape(shape), fnum=7)
        assert theirs.read_morph_data(tmp_path / "values").tolist() == [0, 1, 2, 3]
    fs.write_annot(tmp_path / "a.annot", [0, -1, 1], TABLE, ["x", b"y", "z"])
    assert theirs.read_annot(tmp_path / "a.annot")[0].tolist() == [0, -1, 1]
    assert theirs.read_annot(tmp_path / "a.annot")[2] == [b"x", b"y", b"z"]


def test_functions_read_open_files(tmp_path: Path):
    fs = volio.freesurfer
    fs.write_geometry(tmp_path / "mesh", CORNERS, SIDES)
    fs.write_morph_data(tmp_path / "values.gz", np.arange(4.0))
    fs.write_annot(tmp_path / "a.annot", [0, -1, 1], TABLE, "xyz")
    (tmp_path / "l.label").write_text("#!ascii label\n1\n7 1 2 3 0.5\n")
    with (tmp_path / "mesh").open("rb") as file:
        assert fs.read_geometry(file)[1].tolist() == SIDES.tolist()
    for name, read, expected in (
        ("values.gz", fs.read_morph_data, [0, 1, 2, 3]),
        ("a.annot", lambda file: fs.read_annot(file)[0], [0, -1, 1]),
        ("l.label", fs.read_label, [7]),
    ):
        data = (tmp_path / name).read_bytes()
        assert read(io.BytesIO(data)).tolist() == expected


@pytest.mark.parametrize("name", ["parts", "lh.parts", "parts.gz"])
def test_functions_read_and_write_files_of_any_name(name: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fs = volio.freesurfer
    fs.write_annot(name, [0, -1, 1], TABLE, "xyz")
    assert fs.read_annot(name)[0].tolist() == [0, -1, 1]
    Path("lh.cortex").write_text("#!ascii label\n1\n7 1 2 3 0.5\n")
    assert fs.read_label("lh.cortex").tolist() == [7]
    with pytest.raises(MissingFileError, match="none"):
        fs.read_annot("none")


def test_rows_of_one_colour_are_written_where_one_is_used(tmp_path: Path):
    fs = volio.freesurfer
    table = [[1, 2, 3, 0], [9, 9, 9, 0], [1, 2, 3, 0]]
    with pytest.raises(SaveError, match="the labels a and c have one colour"):
        fs.write_annot(tmp_path / "a.annot", [0, 1, 2], table, "abc")
    assert list(tmp_path.iterdir()) == []
    fs.write_annot(tmp_path / "a.annot", [0, 1, 0, -1], table, "abc")
    assert fs.read_annot(tmp_path / "a.annot")[0].tolist() == [0, 1, 0, -1]


def test_rows_that_are_read_as_others_are_warned_of(tmp_path: Path):
    fs = volio.freesurfer
    table = [[1, 2, 3, 0], [0, 0, 0, 0], [1, 2, 3, 0]]
    message = (
        "vertices without a label will be read as 'b', which has the colour 0, too; label 'c' will "
        "be read as 'a', which has the colour 197121, too"
    )
    with pytest.warns(LossWarning, match=message):
        fs.write_annot(tmp_path / "a.annot", [1, 2, -1], table, "abc")
    assert fs.read_annot(tmp_path / "a.annot")[0].tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda fs: fs.write_geometry("x", CORNERS, SIDES, "a\nb"), UsageError, "must be one line"),
        (
            lambda fs: fs.write_geometry("x", CORNERS, SIDES, "a", {"head": [20]}),
            UsageError,
            "lacks valid, filename",
        ),
        (
            lambda fs: fs.write_geometry("x", CORNERS, SIDES, "a", INFO | {"voxels": 1}),
            UsageError,
            "no place for voxels",
        ),
        (lambda fs: fs.write_morph_data("x", np.zeros((2, 2))), UsageError, r"of shape \(V,\)"),
        (lambda fs: fs.write_morph_data("x", [1.0], fnum=2**40), UsageError, "fit 32 bits"),
        (lambda fs: fs.write_annot("x", [3], TABLE, "abc"), ImageDataError, "-1 to 2"),
        (lambda fs: fs.write_annot("x", [-2], TABLE, "abc"), ImageDataError, "-1 to 2"),
        (lambda fs: fs.write_annot("x", [0], TABLE[:, :3], "abc"), ImageDataError, "n names"),
        (lambda fs: fs.write_annot("x", [0], TABLE, "ab"), ImageDataError, "2 names"),
    ],
)
def test_what_functions_refuse(call, error, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=told):
        call(volio.freesurfer)
    assert list(tmp_path.iterdir()) == []
