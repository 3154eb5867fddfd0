"""Volumes of one row: values of vertices as FreeSurfer has them in MGH files."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio import Label, Labels
from volio.cli import main
from volio.errors import ImageDataError, LossWarning, UsageError
from volio.ops.examine import examine
from volio.surfaces.row_volumes import is_row

CORNERS = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
SIDES = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
PARTS = Labels([Label(0, "wall"), Label(5, "back", (0, 0, 255, 255))])
VALUES = np.array([0, 5, 5, 0], np.float32)


def row(values=VALUES, shape=(4, 1, 1)) -> volio.MGHImage:
    return volio.MGHImage(np.reshape(values, shape), np.eye(4))


@pytest.mark.parametrize("shape", [(4, 1, 1), (1, 4, 1), (1, 1, 4), (4, 1, 1, 1)])
def test_values_of_a_row_join_a_surface(shape, tmp_path: Path):
    img = row(shape=shape)
    img.labels = PARTS
    volio.save(img, tmp_path / "lh.parts.mgh")
    surf = volio.Surface(CORNERS, SIDES, structure="cortex_left")
    joined = surf.with_data(volio.load(tmp_path / "lh.parts.mgh"))
    assert list(joined.data) == ["parts"]
    assert joined.data["parts"].tolist() == [0, 5, 5, 0]
    assert joined.data["parts"].dtype == np.int32  # keys of labels
    assert joined.labels == PARTS


def test_several_values_of_each_vertex():
    values = np.arange(8, dtype=np.float32).reshape(2, 4)
    img = volio.MGHImage(values.T.reshape(4, 1, 1, 2), np.eye(4))
    surf = volio.Surface.from_image(img)
    np.testing.assert_array_equal(surf.data["values"], values.T)
    assert surf.data["values"].dtype == np.float32


@pytest.mark.parametrize("shape", [(2, 2, 1), (1, 1, 1), (4, 1, 1, 1, 1), (4,), (4, 1)])
def test_what_is_no_row(shape):
    img = volio.Nifti1Image(np.zeros(shape, np.float32), np.eye(4))
    assert not is_row(img)
    with pytest.raises(UsageError, match="is a volume, and Surface takes surfaces"):
        volio.Surface.from_image(img)


def test_rows_that_do_not_fit_are_refused_by_name(tmp_path: Path):
    volio.save(row(), tmp_path / "rh.parts.mgh")
    left = volio.Surface(CORNERS, SIDES, structure="cortex_left")
    with pytest.raises(ImageDataError, match=r"rh\.parts\.mgh: is of cortex_right, Surface of cor"):
        left.with_data(volio.load(tmp_path / "rh.parts.mgh"))
    with pytest.raises(ImageDataError, match="a volume: has 3 values, Surface has 4 vertices"):
        left.with_data(row(VALUES[:3], (3, 1, 1)))


def test_a_row_is_saved_as_a_surface(tmp_path: Path):
    img = row()
    img.labels = PARTS
    volio.save(img, tmp_path / "lh.parts.mgz")
    volio.convert(tmp_path / "lh.parts.mgz", tmp_path / "lh.parts.label.gii")
    found = volio.load(tmp_path / "lh.parts.label.gii")
    assert found.data["parts"].tolist() == [0, 5, 5, 0]
    assert (found.labels, found.structure) == (PARTS, "cortex_left")
    described = row()
    described.header["te"] = 2.5
    with pytest.warns(LossWarning, match=r"GiftiImage: has no place for echo time \(0.0025\)$"):
        volio.save(described, tmp_path / "a.shape.gii")
    with pytest.raises(UsageError, match="GIFTI is for surfaces, and this is a volume"):
        volio.save(row(shape=(2, 2, 1)), tmp_path / "b.gii")


def test_values_are_saved_as_a_row(tmp_path: Path):
    surf = volio.Surface(data={"thickness": np.float32([1, 2.5, 3, 4])}, structure="cortex_left")
    volio.save(surf, tmp_path / "lh.thickness.mgh")
    theirs = nibabel.MGHImage.from_bytes((tmp_path / "lh.thickness.mgh").read_bytes())
    assert theirs.shape == (4, 1, 1)
    assert np.ravel(theirs.dataobj).tolist() == [1, 2.5, 3, 4]
    assert theirs.get_data_dtype() == np.dtype(">f4")
    again = volio.Surface.from_image(volio.load(tmp_path / "lh.thickness.mgh"))
    assert (list(again.data), again.structure) == (["thickness"], "cortex_left")
    with pytest.warns(LossWarning, match=r"^MGHImage: has no place for the structure \(cortex_lef"):
        volio.save(surf, tmp_path / "thickness.mgz")


def test_labels_are_saved_as_a_row(tmp_path: Path):
    surf = volio.Surface(data={"parts": [0, 5, 5, 0]}, structure="cortex_right")
    surf.data.set_labels("parts", PARTS)
    volio.save(surf, tmp_path / "rh.parts.label.gii")
    volio.convert(tmp_path / "rh.parts.label.gii", tmp_path / "rh.parts.mgz")  # nothing is lost
    img = volio.load(tmp_path / "rh.parts.mgz")
    assert [img.labels.name_of(key) for key in np.ravel(img.dataobj).tolist()] == [
        *("wall", "back", "back", "wall")
    ]
    assert img.get_data_dtype().name == "int32"


def test_several_values_are_frames(tmp_path: Path):
    surf = volio.Surface(data={"a": np.float32([1, 2]), "b": np.float32([[3, 4], [5, 6]])})
    with pytest.warns(LossWarning, match=r"MGHImage: has no place for the names of values \(a, b"):
        volio.save(surf, tmp_path / "maps.mgh")
    theirs = nibabel.MGHImage.from_bytes((tmp_path / "maps.mgh").read_bytes())
    assert theirs.shape == (2, 1, 1, 3)
    assert np.reshape(theirs.dataobj, (2, 3)).tolist() == [[1, 3, 4], [2, 5, 6]]


def test_meshes_and_other_volumes_are_refused(tmp_path: Path):
    mesh = volio.Surface(CORNERS, SIDES, {"a": [1, 2, 3, 4]})
    way = r"; values without a mesh go to FreeSurfer's .mgh: volio.Surface\(data=surf.data\)$"
    with pytest.raises(UsageError, match=f"MGH is for volumes, and this is a surface.*{way}"):
        volio.save(mesh, tmp_path / "lh.a.mgh")
    with pytest.raises(UsageError, match=f"NIfTI-1 is for volumes, and this is a surface.*{way}"):
        volio.save(mesh, tmp_path / "a.nii")
    volio.save(volio.Surface(data=mesh.data), tmp_path / "a.mgh")
    assert np.ravel(volio.load(tmp_path / "a.mgh").dataobj).tolist() == [1, 2, 3, 4]


def test_rows_are_shown_on_a_surface(tmp_path: Path, capsys):
    surf = volio.Surface(CORNERS, SIDES, structure="cortex_left")
    volio.save(surf, tmp_path / "lh.white.gii")
    img = row()
    img.labels = Labels([Label(0, "wall", (0, 255, 0, 255)), *PARTS.rows[1:]])
    volio.save(img, tmp_path / "lh.parts.mgz")
    own = surf.plot(volio.Surface.from_image(img), size=60)
    assert {tuple(pixel[:3] > 60) for pixel in own.reshape(-1, 4)} >= {
        (False, True, False),
        (False, False, True),
    }
    np.testing.assert_array_equal(surf.plot(img, size=60), own)
    np.testing.assert_array_equal(surf.plot(str(tmp_path / "lh.parts.mgz"), size=60), own)
    for given in (["--data", "lh.parts.mgz"], ["lh.parts.mgz"]):
        names = [name if name.startswith("-") else str(tmp_path / name) for name in given]
        out = tmp_path / "out.png"
        command = ["view", str(tmp_path / "lh.white.gii"), *names, "--png", str(out), "-f"]
        assert main([*command, "--size", "60"]) == 0, capsys.readouterr()
        assert out.stat().st_size > 500


def test_the_flat_affine_of_a_row_is_no_fault(shared_data: Path):
    found = examine(volio.load(shared_data / "surfaces" / "lh.Yeo2011.mgz"))
    told = [(each.level, each.found) for each in found if each.where == "affine"]
    assert told == [("info", "the voxels are one row: values of vertices of a surface")]
