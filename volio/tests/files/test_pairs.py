"""Images of two files that are read while they are saved."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import ImageFileError, LossWarning, SourceChangedError
from volio.files import pairs
from volio.files.saving import atomic
from volio.files.sources.store import FolderStore
from volio.formats import peek
from volio.formats.gifti.codes import gifti_encoding_codes
from volio.formats.gifti.image import GiftiImage
from volio.formats.zarr.image import OmeZarrImage

NAMES = ["a.hdr", "a.nhdr", "a.mhd", "a+orig.HEAD"]


def image(number: int) -> volio.Nifti1Pair:
    """An image whose header and voxels both hold a number."""
    affine = np.diag([number, number, number, 1.0])
    return volio.Nifti1Pair(np.full((3, 4, 5), number, np.int16), affine)


def numbers(path: Path) -> tuple[float, set[int]]:
    """The number in the header of a file, and those in its voxels."""
    img = volio.load(path)
    return float(img.header.get_zooms()[0]), set(np.asarray(img.dataobj).ravel().tolist())


@pytest.mark.parametrize("name", NAMES)
def test_a_pair_between_its_two_steps_is_waited_for(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / name
    volio.save(image(1), path)
    found = []
    reader = threading.Thread(target=lambda: found.append(numbers(path)))
    place = atomic.replace
    steps = []

    def slowly(source: Path, target: Path) -> None:
        steps.append(Path(target).suffix)
        if len(steps) == 2:  # the voxels are in place, the header not yet
            reader.start()
            reader.join(0.1)
            assert reader.is_alive()
        place(source, target)

    monkeypatch.setattr(atomic, "replace", slowly)
    volio.save(image(2), path)
    reader.join(10)
    assert len(steps) == 2
    assert steps[1] == path.suffix
    assert found == [(2.0, {2})]


def mesh(number: int) -> GiftiImage:
    """A surface in two files, with a number of vertices that all are that number."""
    vertices = np.full((3 * number, 3), number, np.float32)
    img = GiftiImage.from_image(volio.Surface(vertices, [[0, 1, 2]]))
    for array in img.darrays:
        array.encoding = gifti_encoding_codes.code["GIFTI_ENCODING_EXTBIN"]
    return img


def test_a_mesh_between_its_two_steps_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.gii"
    volio.save(mesh(1), path)
    found = []
    reader = threading.Thread(
        target=lambda: found.append(np.asarray(volio.load(path, kind="surface").vertices))
    )
    place = atomic.replace
    steps = []

    def slowly(source: Path, target: Path) -> None:
        steps.append(Path(target).name)
        if len(steps) == 2:
            reader.start()
            reader.join(0.1)
            assert reader.is_alive()
        place(source, target)

    monkeypatch.setattr(atomic, "replace", slowly)
    volio.save(mesh(2), path)
    reader.join(10)
    assert steps == ["a.gii.data", "a.gii"]
    assert np.array_equal(found[0], np.full((6, 3), 2))


def tracts(number: int) -> volio.Tractogram:
    """Lines, as many as a number, with values per point and per line that all are that number."""
    points = np.full((2 * number, 3), number, np.float32)
    values = {"fa": np.full(2 * number, number, np.float32)}
    return volio.Tractogram(points, [2] * number, values, {"w": np.full(number, number)})


def tract_numbers(path: Path) -> tuple[int, set[float]]:
    """The number of lines in a file, and the numbers among its points and values."""
    found = volio.load(
        path,
        scalars=path.with_name("a_fa.tsf"),
        weights=path.with_name("a_w.txt"),
    )
    values = [found.points, found.per_point["a_fa"], found.per_line["weights"]]
    return len(found), set(np.concatenate([each.ravel() for each in values]).tolist())


@pytest.mark.parametrize("after", [1, 2])
def test_values_of_tracts_between_the_steps_of_a_save_are_waited_for(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.tck"
    volio.save(tracts(1), path, scalars=True, weights=True)
    found = []
    reader = threading.Thread(target=lambda: found.append(tract_numbers(path)))
    place = atomic.replace
    steps = []

    def slowly(source: Path, target: Path) -> None:
        if len(steps) == after:
            reader.start()
            reader.join(0.1)
            assert reader.is_alive()
        steps.append(Path(target).name)
        place(source, target)

    monkeypatch.setattr(atomic, "replace", slowly)
    volio.save(tracts(2), path, scalars=True, weights=True)
    reader.join(10)
    assert steps == ["a_fa.tsf", "a_w.txt", "a.tck"]
    assert found == [(2, {2.0})]


def test_tracts_that_are_being_saved_without_their_values_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.tck"
    volio.save(tracts(1), path, scalars=True, weights=True)
    for each in tmp_path.iterdir():
        os.utime(each, (1e9, 1e9))
    # The time at which the system changed a file's status cannot be put back: wait a moment.
    monkeypatch.setattr(pairs, "CLOCK_STEP", 0)
    found = []
    place = atomic.replace

    def slowly(source: Path, target: Path) -> None:
        found.append(tract_numbers(path))
        place(source, target)

    monkeypatch.setattr(atomic, "replace", slowly)
    time.sleep(0.1)
    with pytest.warns(LossWarning, match="tck: has no place for values per point"):
        volio.save(tracts(1), path)
    assert found == [(1, {1.0})]


@pytest.mark.requires("fork")
def test_tracts_and_values_are_never_read_as_a_mixture(tmp_path: Path):
    path = tmp_path / "a.tck"
    volio.save(tracts(1), path, scalars=True, weights=True)
    until = time.time() + 0.8
    context = multiprocessing.get_context("fork")
    saver = context.Process(target=save_tracts_in_turn, args=(path, until))
    saver.start()
    complete = 0
    while time.time() < until:
        try:
            lines, values = tract_numbers(path)
        except SourceChangedError:  # between loading and reading
            continue
        assert values == {float(lines)}
        complete += 1
    saver.join()
    assert complete > 5


def save_tracts_in_turn(path: Path, until: float) -> None:
    number = 0
    while time.time() < until:
        number += 1
        volio.save(tracts(1 + number % 7), path, scalars=True, weights=True)
        time.sleep(0.02)


@pytest.mark.requires("POSIX")
def test_a_folder_that_is_replaced_while_it_is_opened_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.ome.zarr"
    volio.save(image(1), path)
    usual = OmeZarrImage.from_file_map.__func__
    tries = []

    def slowly(cls: type[OmeZarrImage], *args: Any, **options: Any) -> OmeZarrImage:
        found: OmeZarrImage = usual(cls, *args, **options)
        tries.append(float(found.header.get_zooms()[0]))
        if len(tries) == 1:
            volio.save(image(2), path)
        return found

    monkeypatch.setattr(OmeZarrImage, "from_file_map", classmethod(slowly))
    assert numbers(path) == (2.0, {2})
    assert tries == [1.0, 2.0]


@pytest.mark.requires("POSIX")
def test_chunks_of_a_folder_that_is_replaced_while_they_are_read_are_not_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.ome.zarr"
    volio.save(image(1), path)
    img = volio.load(path)
    usual = FolderStore.get

    def slowly(self: FolderStore, key: str, *span: Any) -> bytes | None:
        monkeypatch.setattr(FolderStore, "get", usual)
        volio.save(image(2), path)
        return usual(self, key, *span)

    monkeypatch.setattr(FolderStore, "get", slowly)
    with pytest.raises(SourceChangedError, match="has been replaced by another folder"):
        np.asarray(img.dataobj)
    assert numbers(path) == (2.0, {2})


def test_files_that_are_replaced_again_and_again_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.hdr"
    volio.save(image(1), path)
    monkeypatch.setattr(pairs, "PAUSE", 0)
    signatures = iter(range(10**6))
    monkeypatch.setattr(pairs, "_signature", lambda name: (next(signatures), 0, 0, 0))
    with pytest.raises(SourceChangedError, match=r"a\.hdr: is replaced again and again"):
        volio.load(path)


def test_what_a_killed_save_has_left_does_not_keep_readers_waiting(tmp_path: Path):
    path = tmp_path / "a.hdr"
    volio.save(image(1), path)
    (tmp_path / ".a.hdr.0.part").write_bytes(b"half")
    begun = time.monotonic()
    assert numbers(path) == (1.0, {1})
    assert time.monotonic() - begun < 0.5


def save_in_turn(path: Path, until: float) -> None:
    number = 0
    while time.time() < until:
        number += 1
        volio.save(image(1 + number % 7), path)


@pytest.mark.requires("fork")
def test_a_pair_is_never_read_as_a_mixture(tmp_path: Path):
    path = tmp_path / "a.hdr"
    volio.save(image(1), path)
    until = time.time() + 0.8
    context = multiprocessing.get_context("fork")
    saver = context.Process(target=save_in_turn, args=(path, until))
    saver.start()
    counts = {"complete": 0, "changed": 0}
    while time.time() < until:
        try:
            stated, voxels = numbers(path)
        except SourceChangedError:  # between loading and reading
            counts["changed"] += 1
            continue
        assert voxels == {stated}
        counts["complete"] += 1
    saver.join()
    assert counts["complete"] > 20, counts


@pytest.mark.requires("POSIX")
def test_a_folder_that_is_replaced_while_its_format_is_looked_for_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.ome.zarr"
    volio.save(image(1), path)
    usual = peek._names_in_folder
    listed = []

    def slowly(where: str) -> tuple[str, ...]:
        names = usual(where)
        listed.append(names)
        if len(listed) == 1:  # the old folder is being removed: its documents are gone
            volio.save(image(2), path)
            return ()
        return names

    monkeypatch.setattr(peek, "_names_in_folder", slowly)
    assert volio.identify(path).name == "zarr"
    assert len(listed) == 2
    assert numbers(path) == (2.0, {2})
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ImageFileError, match="empty: is a folder, a file is needed"):
        volio.load(empty)
