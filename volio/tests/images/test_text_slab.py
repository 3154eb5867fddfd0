"""Images with a header of text: what a save writes, on several threads too."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

import volio

DATA = np.random.default_rng(1).integers(0, 9, (20, 20, 20), np.int16)
AFFINE = np.diag([2.0, 3, 4, 1])
PAIRS = {volio.NrrdPair: "data file", volio.MetaPair: "ElementDataFile", volio.MifPair: "file"}


def on_threads(work, count: int = 4) -> None:
    """Call ``work(number)`` on several threads at once."""
    failed: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.parametrize("cls", PAIRS)
def test_saves_of_one_image_on_several_threads_name_their_own_files(tmp_path, cls):
    image = cls(DATA, AFFINE)
    header, data = (ending for _, ending in cls.files_types)

    def save(number: int) -> None:
        for turn in range(10):
            path = tmp_path / f"{number}-{turn}{header}"
            image.to_file_map(cls.filespec_to_file_map(path))

    on_threads(save)
    for path in tmp_path.glob(f"*{header}"):
        found = volio.load(path)
        assert found.header[PAIRS[cls]] == f"{path.stem}{data}"
        np.testing.assert_array_equal(found.dataobj, DATA)
    assert len(list(tmp_path.glob(f"*{header}"))) == 40


def test_saves_of_one_image_on_several_threads_compress_as_each_was_asked(tmp_path):
    image = volio.NrrdImage(DATA, AFFINE)
    image.header["encoding"] = "gzip"
    sizes: dict[int, set[int]] = {1: set(), 9: set()}
    for level in sizes:  # alone
        image.to_filename(tmp_path / "a.nrrd", compression=level)
        sizes[level].add((tmp_path / "a.nrrd").stat().st_size)
    assert sizes[1] != sizes[9]

    def save(number: int) -> None:
        level = 1 if number % 2 else 9
        for turn in range(10):
            path = tmp_path / f"{number}-{turn}.nrrd"
            image.to_file_map(image.filespec_to_file_map(path), compression=level)
            sizes[level].add(path.stat().st_size)

    on_threads(save)
    assert [len(found) for found in sizes.values()] == [1, 1]


@pytest.mark.parametrize("cls", PAIRS)
def test_a_save_does_not_change_the_header_of_the_image(tmp_path, cls):
    image = cls(DATA, AFFINE)
    before = image.header.to_bytes()
    image.to_filename(tmp_path / f"a{cls.files_types[0][1]}")
    assert image.header.to_bytes() == before


def test_the_bytes_of_compressed_voxels_are_stated(tmp_path: Path):
    image = volio.MetaImage(DATA, AFFINE)
    image.header["CompressedData"] = "True"
    image.to_filename(tmp_path / "a.mha")
    head, _, payload = (tmp_path / "a.mha").read_bytes().partition(b"LOCAL\n")
    assert f"CompressedDataSize = {len(payload)}\n".encode() in head
    image.to_filename(tmp_path / "b.mha", compression=9)
    head, _, payload = (tmp_path / "b.mha").read_bytes().partition(b"LOCAL\n")
    assert f"CompressedDataSize = {len(payload)}\n".encode() in head
