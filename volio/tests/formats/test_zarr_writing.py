"""OME-Zarr that volio writes: what other programs read, the pyramid, folders that are replaced."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import volio
from volio.arrays.lazy import LazyArray
from volio.arrays.saving.pyramid import LevelPlan, halved, plan_levels
from volio.cli import main
from volio.errors import (
    GeometryWarning,
    HeaderDataError,
    ImageFileError,
    MissingFileError,
    SaveError,
    SourceChangedError,
    UsageError,
)
from volio.files.saving import folder as folder_module
from volio.files.saving.folder import replaced_folder
from volio.formats.zarr.saving.choices import Choices
from volio.formats.zarr.saving.plan import MultiscalePlan
from volio.images.microscopy import MicroscopyHeader
from volio.images.saving.axis_order import in_file_order
from volio.images.saving.outline import Blank
from volio.images.saving.plan import SavePlan
from volio.tests.formats.zarr_files import multiscale, one_level
from volio.tests.requirements import optional

zarr = optional("zarr")

RNG = np.random.default_rng(6)
ARRAY = RNG.integers(-2000, 2000, (21, 18, 13)).astype(np.int16)
# Along the axes of the head, none of them the usual one, and no two sizes alike.
AFFINE = np.array([[-2.0, 0, 0, 90], [0, 0, 3, -50], [0, 2.5, 0, -30], [0, 0, 0, 1]])
ANGLE = 0.3
TURN = [[1, 0, 0], [0, np.cos(ANGLE), -np.sin(ANGLE)], [0, np.sin(ANGLE), np.cos(ANGLE)]]
OBLIQUE = np.eye(4)
OBLIQUE[:3, :3] = np.array(TURN) @ np.diag([2, 2, 3])
OBLIQUE[:3, 3] = [5, -7, 11]


@pytest.fixture(autouse=True)
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the disk was waited for, which these tests do not do."""
    syncs: list[int] = []
    monkeypatch.setattr(folder_module.os, "sync", lambda: syncs.append(1), raising=False)
    return syncs


def image(array: np.ndarray = ARRAY, affine: np.ndarray = AFFINE) -> volio.Nifti1Image:
    return volio.Nifti1Image(array, affine)


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


def test_shards_and_absent_chunks(tmp_path: Path):
    array = ARRAY.copy()
    array[:8, :8, :8] = 0
    path = tmp_path / "a.ome.zarr"
    volio.save(image(array), path, chunks=(4, 4, 4), shards=(8, 8, 8), levels=1)
    made = zarr.open_group(path)["0"]
    assert made.shards == (8, 8, 8)
    np.testing.assert_array_equal(made[...], array.T)
    assert not (path / "0" / "c" / "0" / "0" / "0").exists()
    np.testing.assert_array_equal(volio.load(path).dataobj, array)


def test_chunks_are_planes_where_voxels_are_long(tmp_path: Path):
    volio.save(image(affine=np.diag([1, 1, 5.0, 1])), tmp_path / "a.zarr")
    assert zarr.open_group(tmp_path / "a.zarr")["0"].chunks == (1, 18, 21)


def test_shards_are_less_deep_where_their_planes_take_much_memory(tmp_path: Path):
    depths = {}
    for width in (1000, 1200, 4000):
        img = volio.OmeZarrImage(Blank((width, width, 2000), np.uint16), np.eye(4))
        voxels = SavePlan(in_file_order(img.dataobj), np.dtype("u2"), 1.0, 0.0, "C", raw=False)
        plan = MultiscalePlan(img.header, np.eye(4), voxels, Choices())
        depths[width] = plan.array.shards
    assert depths == {1000: None, 1200: (128, 512, 512), 4000: (64, 512, 512)}
    small = MultiscalePlan(img.header, np.eye(4), voxels, Choices(chunks=(8, 8, 8)))
    assert small.array.shards == (16, 64, 64)


# The pyramid.


def blocks(array: np.ndarray, step: tuple) -> dict[tuple, np.ndarray]:
    """The values that each voxel of a coarser level stands for."""
    shape = [-(-n // by) for n, by in zip(array.shape, step, strict=True)]
    return {
        index: array[tuple(slice(i * by, i * by + by) for i, by in zip(index, step, strict=True))]
        for index in np.ndindex(*shape)
    }


def test_labels_at_an_odd_end_are_not_outvoted_by_voxels_that_are_not_there():
    array = np.zeros((3, 2, 2), np.uint8)
    array[2] = [[0, 5], [5, 5]]  # half of a cell: four voxels more would be 0
    assert halved(array, (2, 2, 2), labels=True).ravel().tolist() == [0, 5]


@given(data=st.data())
@settings(max_examples=40)
def test_a_level_has_means_or_most_frequent_values(data):
    shape = tuple(data.draw(st.integers(1, 5)) for _ in range(3))
    step = tuple(data.draw(st.integers(1, 2)) for _ in range(3))
    dtype = data.draw(st.sampled_from(["u1", "i2", "u2", "i4", "u8", "f4"]))
    labels = data.draw(st.booleans())
    high = 4 if labels else min(np.iinfo(dtype).max if dtype != "f4" else 1000, 2**40)
    low = 0 if dtype[0] != "i" or labels else -200
    seed = data.draw(st.integers(0, 1000))
    array = np.random.default_rng(seed).integers(low, high, shape, endpoint=True).astype(dtype)
    found = halved(array, step, labels=labels)
    assert found.dtype == array.dtype
    for index, values in blocks(array, step).items():
        if labels:
            counted, counts = np.unique(values, return_counts=True)
            assert found[index] == counted[counts.argmax()]  # the lowest of equally frequent ones
        else:
            exact = sum(int(value) for value in values.flat) / values.size
            assert abs(float(found[index]) - exact) <= (0.5 if dtype != "f4" else 1e-4)


def test_levels_end_when_all_fits_into_a_chunk():
    levels = plan_levels((100, 400, 200), (3.0, 1.0, 1.0), (64, 64, 64))
    assert [level.shape for level in levels] == [
        (100, 400, 200),
        (100, 200, 100),
        (100, 100, 50),
        (50, 50, 25),
    ]
    assert [level.factors for level in levels] == [(1, 1, 1), (1, 2, 2), (1, 4, 4), (2, 8, 8)]
    assert levels[0] == LevelPlan((100, 400, 200), (1, 1, 1), (1, 1, 1))
    assert len(plan_levels((64, 64, 64), (1, 1, 1), (64, 64, 64))) == 1
    assert len(plan_levels((10**6,) * 3, (1, 1, 1), (2, 2, 2), most=3)) == 3
    # An axis that is cut into single indices need not fit into one, that in pairs must.
    assert len(plan_levels((8, 64, 64), (1, 1, 1), (1, 64, 64))) == 1
    pairs = plan_levels((8, 64, 64), (1, 1, 1), (2, 64, 64))
    assert [level.shape[0] for level in pairs] == [8, 4, 2]


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_every_level_is_made_of_the_one_before(tmp_path: Path, dtype: str):
    array = RNG.integers(0, 200, (21, 18, 13, 2)).astype(dtype)
    volio.save(image(array), tmp_path / "a.zarr", chunks=(5, 4, 3))
    group = zarr.open_group(tmp_path / "a.zarr")
    levels = plan_levels((13, 18, 21), (3, 2.5, 2), (3, 4, 5))
    assert len(levels) == 6
    for number, level in enumerate(levels[1:], 1):
        for frame in range(2):
            expected = halved(group[str(number - 1)][frame], level.step, labels=False)
            np.testing.assert_allclose(group[str(number)][frame], expected, rtol=1e-6)


class Forward(LazyArray):
    """An array that may be read once, from the first to the last voxel."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype
        self.reads: list[tuple] = []

    def fill(self, out: np.ndarray, box: tuple) -> None:
        self.reads.append(box)
        out[...] = self.array[tuple(slice(*side) for side in box)]


def test_voxels_are_read_once_and_in_order(tmp_path: Path):
    array = np.arange(16 * 16 * 400, dtype=np.float32).reshape(16, 16, 400)
    lazy = Forward(array)
    img = volio.OmeZarrImage(lazy, np.eye(4))
    lazy.reads.clear()
    img.to_filename(tmp_path / "a.zarr", dtype=np.float32, chunks=(8, 8, 8))
    starts = [box[2][0] for box in lazy.reads]
    assert starts == sorted(starts)
    assert sum((box[2][1] - box[2][0]) for box in lazy.reads) == 400
    np.testing.assert_array_equal(volio.load(tmp_path / "a.zarr").dataobj, array)


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


# Folders.


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_an_image_may_be_saved_over_the_folder_that_it_is_read_from(tmp_path: Path, syncs: list):
    path = tmp_path / "a.ome.zarr"
    volio.save(image(), path, chunks=(8, 8, 8))
    assert syncs == []
    img = volio.load(path)
    part = img.slicer[::-1, 2:, :]
    part.to_filename(path, chunks=(8, 8, 8))
    assert syncs == [1]  # before the old folder went
    for found in (part, volio.load(path)):
        np.testing.assert_array_equal(found.dataobj, ARRAY[::-1, 2:])
    with pytest.raises(SourceChangedError, match="has changed"):
        np.asarray(img.dataobj)
    assert names(tmp_path) == ["a.ome.zarr"]


class Failing(Forward):
    """An array whose last voxels cannot be read."""

    def fill(self, out: np.ndarray, box: tuple) -> None:
        if box[2][1] == self.shape[2]:
            raise OSError("the disk is gone")
        super().fill(out, box)


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("fault", ["read", "write", "rename"])
def test_a_failing_save_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, fault: str
):
    path = tmp_path / "a.ome.zarr"
    if there:
        volio.save(image(), path, chunks=(8, 8, 8))
    before = contents(tmp_path)
    array = np.ones((16, 16, 400), np.float32)
    img = volio.OmeZarrImage((Failing if fault == "read" else Forward)(array), np.eye(4))
    count = 0

    def failing(self: Path, *arguments: object) -> None:
        nonlocal count
        count += 1
        if fault == "rename" or count > 5:
            raise OSError(28, "No space left on device")
        with self.open("wb") as file:
            file.write(*arguments)

    if fault != "read":
        name = "write_bytes" if fault == "write" else "rename"
        monkeypatch.setattr(Path, name, failing)
    with pytest.raises(OSError, match=r"the disk is gone|No space left"):
        img.to_filename(path, dtype=np.float32, chunks=(8, 8, 8))
    assert contents(tmp_path) == before
    assert names(tmp_path) == (["a.ome.zarr"] if there else [])


def test_the_second_rename_of_an_exchange_that_fails_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    target = tmp_path / "a.zarr"
    target.mkdir()
    (target / "zarr.json").write_text("old")
    rename = Path.rename
    calls = []

    def failing(self: Path, to: Path) -> Path:
        calls.append(self.name)
        if len(calls) == 2:
            raise OSError("no")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="no"), replaced_folder(target, ["zarr.json"]) as new:
        (new / "zarr.json").write_text("new")
    assert (target / "zarr.json").read_text() == "old"
    assert names(tmp_path) == ["a.zarr"]


@pytest.mark.requires("POSIX")
def test_what_killed_saves_have_left_is_tidied_up_and_living_ones_are_let_be(tmp_path: Path):
    target = tmp_path / "a.zarr"
    old = tmp_path / f".a.zarr.x{folder_module.OLD}"
    old.mkdir()
    (old / "zarr.json").write_text("old")  # killed between the two renames
    (tmp_path / f".a.zarr.y{folder_module.NEW}").mkdir()
    with replaced_folder(target, ["zarr.json"]) as first:
        assert (target / "zarr.json").read_text() == "old"
        assert names(tmp_path) == sorted(["a.zarr", first.name])
        with replaced_folder(target, ["zarr.json"]) as second:
            assert first.is_dir()
            (second / "zarr.json").write_text("second")
        (first / "zarr.json").write_text("first")
    assert (target / "zarr.json").read_text() == "first"
    assert names(tmp_path) == ["a.zarr"]


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
import volio
method, number = sys.argv[2], int(sys.argv[3])
whole = getattr(Path, method)
calls = []
def killed(*arguments):
    calls.append(1)
    if len(calls) == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*arguments)
setattr(Path, method, killed)
img = volio.OmeZarrImage(np.ones((40, 40, 40), np.uint8), np.eye(4))
volio.save(img, sys.argv[1], chunks=(8, 8, 8))
"""


@pytest.mark.requires("POSIX")
@pytest.mark.parametrize(("method", "number"), [("write_bytes", 20), ("rename", 2)])
def test_a_killed_save_leaves_the_old_folder_or_what_the_next_one_puts_back(
    tmp_path: Path, method: str, number: int
):
    path = tmp_path / "a.ome.zarr"
    volio.save(image(), path, chunks=(8, 8, 8))
    before = contents(path)
    words = [sys.executable, "-c", KILLED, str(path), method, str(number)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 2
    assert path.exists() == (method == "write_bytes")  # between the renames there is none
    if not path.exists():
        with pytest.raises(MissingFileError, match=r"killed has left the old one as .*\.old\.part"):
            volio.load(path)
    with pytest.raises(KeyError, match="stop"), replaced_folder(path, ["zarr.json"]):
        raise KeyError("stop")
    assert contents(tmp_path / "a.ome.zarr") == before
    assert names(tmp_path) == ["a.ome.zarr"]


def test_other_folders_and_files_are_not_replaced(tmp_path: Path):
    folder = tmp_path / "results.zarr"
    folder.mkdir()
    (folder / "thesis.txt").write_text("all I have")
    with pytest.raises(ImageFileError, match="which is not replaced"):
        volio.save(image(), folder)
    assert (folder / "thesis.txt").read_text() == "all I have"
    file = tmp_path / "file.zarr"
    file.write_text("x")
    with pytest.raises(ImageFileError, match="is a file, and a folder is to be written"):
        volio.save(image(), file)
    with pytest.raises(MissingFileError, match="there is no folder"):
        volio.save(image(), tmp_path / "none" / "a.zarr")
    (folder / "thesis.txt").unlink()
    volio.save(image(), folder)  # an empty one is
    np.testing.assert_array_equal(volio.load(folder).dataobj, ARRAY)


@pytest.mark.requires("POSIX")
def test_links_and_permissions_stay(tmp_path: Path):
    real = tmp_path / "real.zarr"
    volio.save(image(), real)
    assert real.stat().st_mode & 0o777 == 0o777 & ~umask()
    real.chmod(0o750)
    (tmp_path / "link.zarr").symlink_to(real)
    volio.save(image(ARRAY[::-1]), tmp_path / "link.zarr")
    assert (tmp_path / "link.zarr").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o750
    np.testing.assert_array_equal(volio.load(real).dataobj, ARRAY[::-1])


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_zip_files_hold_the_same_keys(tmp_path: Path):
    volio.save(image(), tmp_path / "a.zarr", chunks=(8, 8, 8))
    volio.save(image(), tmp_path / "a.ozx", chunks=(8, 8, 8))
    with zipfile.ZipFile(tmp_path / "a.ozx") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert packed == contents(tmp_path / "a.zarr")


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
