"""OME-Zarr that volio writes: what other programs read, positions, labels, choices."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.cli import main
from volio.errors import (
    GeometryWarning,
    HeaderDataError,
    SaveError,
    UsageError,
)
from volio.images.microscopy import MicroscopyHeader
from volio.tests.formats.zarr_files import multiscale, one_level
from volio.tests.formats.zarr_saves import AFFINE, ARRAY, RNG, image, names
from volio.tests.requirements import optional

zarr = optional("zarr")

pytestmark = pytest.mark.usefixtures("syncs")

ANGLE = 0.3
TURN = [[1, 0, 0], [0, np.cos(ANGLE), -np.sin(ANGLE)], [0, np.sin(ANGLE), np.cos(ANGLE)]]
OBLIQUE = np.eye(4)
OBLIQUE[:3, :3] = np.array(TURN) @ np.diag([2, 2, 3])
OBLIQUE[:3, 3] = [5, -7, 11]


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_zarr_python_and_ngff_zarr_read_what_is_written(tmp_path: Path, version: str):
    path = tmp_path / "a.ome.zarr"
    volio.save(image(), path, version=version, chunks=(8, 7, 6))
    group = zarr.open_group(path, mode="r")
    np.testing.assert_array_equal(group["0"][...], ARRAY.T)
    assert group["0"].chunks == (6, 7, 8)
    levels = optional("ngff_zarr").from_ngff_zarr(str(path)).images
    # z is halved once the others are about as long.
    assert [level.scale for level in levels[:2]] == [
        {"z": 3.0, "y": 2.5, "x": 2.0},
        {"z": 3.0, "y": 5.0, "x": 4.0},
    ]
    assert levels[0].translation == {"z": -50.0, "y": -30.0, "x": -90.0}
    assert levels[1].translation == {"z": -50.0, "y": -28.75, "x": -89.0}
    words = {axis: each.value.value for axis, each in levels[0].axes_orientations.items()}
    assert words == {
        "x": "right-to-left",
        "y": "inferior-to-superior",
        "z": "posterior-to-anterior",
    }


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
@pytest.mark.parametrize("affine", [AFFINE, OBLIQUE], ids=["straight", "oblique"])
def test_values_and_positions_return(tmp_path: Path, version: str, affine: np.ndarray):
    path = tmp_path / "a.ome.zarr"
    volio.save(image(affine=affine), path, version=version, chunks=(8, 7, 6))
    found = volio.load(path)
    np.testing.assert_array_equal(found.dataobj, ARRAY)
    np.testing.assert_allclose(found.affine, affine, atol=1e-5)
    assert found.header.anatomical
    assert found.header.version == version
    coarse = found.levels[1]
    factors = [
        a / b for a, b in zip(coarse.header.get_zooms(), found.header.get_zooms(), strict=True)
    ]
    centre = [(factor - 1) / 2 for factor in factors]
    np.testing.assert_allclose(coarse.affine[:3, 3], affine[:3] @ [*centre, 1], atol=1e-5)


@pytest.mark.parametrize("keep", [1, 2])
def test_a_nifti_header_wins(tmp_path: Path, keep: int):
    """What NIfTI-Zarr says of positions and of the scaling of values."""
    path = tmp_path / "a.nii.zarr"
    volio.save(image(), path, chunks=(8, 8, 8))
    assert (path / "nifti" / "c" / "0").stat().st_size == 352
    header = (volio.Nifti1Header if keep == 1 else volio.Nifti2Header)()
    header.set_data_dtype(np.int16)
    header.set_data_shape(ARRAY.shape)
    header.set_affine(OBLIQUE)
    header.set_slope_inter(0.5, 10)
    block = header.binaryblock + bytes(4)
    zarr.create_array(path / "nifti", data=np.frombuffer(block, np.uint8), overwrite=True)
    found = volio.load(path)
    np.testing.assert_allclose(found.affine, OBLIQUE, atol=1e-6)
    np.testing.assert_array_equal(found.dataobj, ARRAY * 0.5 + 10)
    np.testing.assert_array_equal(found.dataobj[3:9:2, ::-1, 4], (ARRAY * 0.5 + 10)[3:9:2, ::-1, 4])
    shutil.copytree(path, tmp_path / "b.nii.zarr")
    bad = np.zeros(352, np.uint8)
    zarr.create_array(tmp_path / "b.nii.zarr" / "nifti", data=bad, overwrite=True)
    with pytest.raises(HeaderDataError, match="nifti: is not a header of NIfTI"):
        volio.load(tmp_path / "b.nii.zarr")


def test_nii2zarr_and_zarr2nii_agree(tmp_path: Path):
    niizarr = optional("niizarr")
    array = ARRAY[
        :20, :, :12
    ]  # of odd lengths its coarser voxels are a little less than twice as long
    image(array, OBLIQUE).to_filename(tmp_path / "a.nii.gz")
    niizarr.nii2zarr(str(tmp_path / "a.nii.gz"), str(tmp_path / "a.nii.zarr"), chunk=8)
    found = volio.load(tmp_path / "a.nii.zarr")
    np.testing.assert_array_equal(found.dataobj, array)
    np.testing.assert_allclose(found.affine, OBLIQUE, atol=1e-6)
    centre = [(n - 1) / 2 for n in (2, 2, 2)]
    np.testing.assert_allclose(found.levels[1].affine[:3, 3], OBLIQUE[:3] @ [*centre, 1], atol=1e-5)
    volio.save(image(array, OBLIQUE), tmp_path / "b.nii.zarr", chunks=(8, 8, 8))
    niizarr.zarr2nii(str(tmp_path / "b.nii.zarr"), str(tmp_path / "b.nii.gz"))
    back = volio.load(tmp_path / "b.nii.gz")
    np.testing.assert_array_equal(back.dataobj, array)
    np.testing.assert_allclose(back.affine, OBLIQUE, atol=1e-6)


def test_axes_of_length_one_that_stand_in_are_not_written(tmp_path: Path):
    array = RNG.integers(0, 99, (5, 4, 3, 1, 2)).astype(np.uint8)
    volio.save(volio.OmeZarrImage(array, np.eye(4)), tmp_path / "a.zarr")
    assert zarr.open_group(tmp_path / "a.zarr")["0"].shape == (2, 3, 4, 5)
    np.testing.assert_array_equal(volio.load(tmp_path / "a.zarr").dataobj, array)
    both = RNG.integers(0, 99, (5, 4, 3, 2, 3)).astype(np.uint8)
    volio.save(volio.OmeZarrImage(both, np.eye(4)), tmp_path / "b.zarr")
    stored = zarr.open_group(tmp_path / "b.zarr")["0"][...]
    np.testing.assert_array_equal(stored, both.transpose(3, 4, 2, 1, 0))
    np.testing.assert_array_equal(volio.load(tmp_path / "b.zarr").dataobj, both)


# Choices, refusals.


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"version": "1.0"}, "version: must be one of"),
        ({"chunks": (4, 4)}, "chunks: must be three integers"),
        ({"chunks": (4, 0, 4)}, "chunks: must be three integers"),
        ({"shards": (4, 4, 4), "version": "0.4"}, "shards: OME-Zarr 0.4 has none"),
        ({"shards": (6, 4, 4), "chunks": (4, 4, 4)}, "shards: .* are not multiples of chunks"),
        ({"levels": -1}, "levels: must be 'auto' or 0 to 32"),
        ({"levels": "many"}, "levels: must be 'auto' or 0 to 32"),
        ({"compression": 99}, "compression"),
    ],
)
def test_choices_that_make_no_sense(tmp_path: Path, choices: dict, words: str):
    with pytest.raises(UsageError, match=words):
        volio.save(image(), tmp_path / "a.zarr", **choices)
    assert names(tmp_path) == []


def test_six_axes_are_refused(tmp_path: Path):
    img = volio.OmeZarrImage(np.zeros((2,) * 6, np.uint8), np.eye(4))
    with pytest.raises(SaveError, match="at most 5 axes"):
        img.to_filename(tmp_path / "a.zarr")


def test_the_command_converts_to_and_from_folders(tmp_path: Path, capsys: pytest.CaptureFixture):
    image().to_filename(tmp_path / "a.nii.gz")
    source = str(tmp_path / "a.nii.gz")
    target = str(tmp_path / "a.ome.zarr")
    options = ["--chunks", "8,7,6", "--levels", "2", "--zarr-version", "0.6"]
    assert main(["convert", source, target, *options]) == 0
    group = zarr.open_group(target)
    assert group["0"].chunks == (6, 7, 8)
    assert sorted(group) == ["0", "1"]
    assert group.attrs["ome"]["version"] == "0.6"
    assert main(["convert", source, target]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["convert", "-f", source, target, "--no-pyramid", "--shards", "64,64,64"]) == 0
    assert sorted(zarr.open_group(target)) == ["0"]
    assert main(["convert", target, str(tmp_path / "b.nii")]) == 0
    found = volio.load(tmp_path / "b.nii")
    np.testing.assert_array_equal(found.dataobj, ARRAY)
    np.testing.assert_allclose(found.affine, AFFINE)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--chunks", "8,8"], "must be three lengths"),
        (["--chunks", "8,0,8"], "must be three lengths"),
        (["--zarr-version", "7"], "version: must be one of"),
    ],
)
def test_options_of_the_command_that_make_no_sense(
    tmp_path: Path, capsys: pytest.CaptureFixture, words: list, message: str
):
    image().to_filename(tmp_path / "a.nii")
    arguments = [str(tmp_path / "a.nii"), str(tmp_path / "a.zarr"), *words]
    assert main(["convert", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_other_formats_have_no_chunks(tmp_path: Path, capsys: pytest.CaptureFixture):
    image().to_filename(tmp_path / "a.nii")
    assert main(["convert", str(tmp_path / "a.nii"), str(tmp_path / "a.mgz"), "--levels", "2"]) == 2
    assert "levels: FreeSurfer MGH has no such choice for saving" in capsys.readouterr().err


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_an_array_alone(tmp_path: Path, version: str):
    img = volio.Nifti1Image(ARRAY, np.diag([2, 2, 3, 1]))
    path = tmp_path / "a.zarr"
    with pytest.warns(GeometryWarning, match="an array of Zarr alone keeps no affine"):
        volio.save(img, path, levels=0, version=version, chunks=(8, 8, 8))
    array = zarr.open_array(path, mode="r")
    assert array.chunks == (8, 8, 8)
    np.testing.assert_array_equal(array[...], ARRAY.T)
    loaded = volio.load(path)
    np.testing.assert_array_equal(loaded.dataobj, ARRAY)
    assert loaded.affine is None
    assert len(loaded.levels) == 1


def test_an_array_alone_in_pieces_and_in_a_zip_file(tmp_path: Path):
    with volio.create(tmp_path / "a.zarr", ARRAY.shape, "int16", np.eye(4), levels=0) as writer:
        writer[...] = ARRAY
    volio.save(volio.load(tmp_path / "a.zarr"), tmp_path / "b.zarr.zip", levels=0)
    for name in ("a.zarr", "b.zarr.zip"):
        np.testing.assert_array_equal(volio.load(tmp_path / name).dataobj, ARRAY)


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_labels_stay_labels_and_are_listed(tmp_path: Path, version: str):
    regions = (ARRAY > 0).astype(np.uint8) + 2
    img = volio.Nifti1Image(regions, np.eye(4))
    img.header.set_intent("label")
    path = tmp_path / "a.ome.zarr"
    volio.save(img, path, version=version)
    loaded = volio.load(path)
    assert [intent.name for intent in loaded.header.metadata().intents] == ["label"]
    assert loaded.header.label_images == ()
    volio.save(loaded, tmp_path / "b.nii")
    assert volio.load(tmp_path / "b.nii").header.get_intent()[0] == "label"
    group = zarr.open_group(path, mode="a").create_group("labels")
    listed = {"labels": ["cells", "deep/regions", 7]}
    group.attrs.put(listed if version == "0.4" else {"ome": listed})
    for copy in ("cells", "deep/regions"):
        volio.save(img, tmp_path / "c.ome.zarr", version=version)
        shutil.copytree(tmp_path / "c.ome.zarr", path / "labels" / copy)
    again = volio.load(path)
    assert again.header.label_images == ("labels/cells", "labels/deep/regions")
    cells = volio.load(path, path="labels/cells")
    np.testing.assert_array_equal(cells.dataobj, regions)
    assert cells.header.metadata().intents == loaded.header.metadata().intents


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_labels_stay_labels_and_are_not_averaged(tmp_path: Path, version: str):
    values = np.arange(8 * 6 * 4, dtype=np.int16).reshape(8, 6, 4) % 7 * 100
    img = volio.Nifti1Image(values, np.eye(4))
    img.header.set_intent("label")
    where = tmp_path / "a.ome.zarr"
    volio.save(img, where, version=version, chunks=(4, 4, 4))
    again = volio.load(where)
    assert [intent.name for intent in again.header.metadata().intents] == ["label"]
    coarse = np.asarray(again.levels[1].dataobj)
    assert set(np.unique(coarse)) <= set(np.unique(values))
    volio.save(again, tmp_path / "b.nii")
    assert volio.load(tmp_path / "b.nii").header.get_intent()[0] == "label"
    attributes = zarr.open_group(where, mode="r").attrs.asdict()
    assert "image-label" in attributes.get("ome", attributes)


def test_axes_of_a_microscope_do_not_become_anatomical(tmp_path: Path):
    scale = [{"type": "scale", "scale": [1, 1, 1, 1]}]
    ome = one_level(scale, "czyx")
    channels = [{"label": "a", "color": "FF0000"}, {"label": "b", "window": {"start": 1, "end": 5}}]
    ome["omero"] = {"channels": channels}
    img = volio.load(multiscale(tmp_path, ome, {"0": np.zeros((2, 3, 4, 5), np.uint8)}))

    class OtherHeader(MicroscopyHeader):
        pass

    other = OtherHeader.from_header(img.header)
    assert (other.anatomical, other.channel_names, other.channel_colors) == (
        False,
        ("a", "b"),
        ("FF0000", ""),
    )
    assert other.windows == (None, (1.0, 5.0))
    assert OtherHeader.from_header(volio.Nifti1Header()).anatomical


def test_sizes_whose_squares_are_not_finite_are_refused(tmp_path: Path):
    img = volio.NrrdImage(np.zeros((2, 3, 4), np.uint8), np.diag([1e308, 1e308, 1e308, 1]))
    with pytest.raises(HeaderDataError, match=r"voxel sizes are too large, got 1e\+308 mm"):
        volio.save(img, tmp_path / "a.ome.zarr")
    assert not (tmp_path / "a.ome.zarr").exists()
