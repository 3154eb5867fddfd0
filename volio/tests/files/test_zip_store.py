"""Zip files as stores: stored and deflated members, damage, and what zip has besides."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path

import pytest

from volio.errors import CorruptFileError, ImageFileError, LimitError
from volio.files.sources.source import BytesSource
from volio.files.stores import open_store
from volio.files.zip_store import ZipStore

DATA = bytes(range(250)) * 4


def zipped(method: int = zipfile.ZIP_STORED, above: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(f"{above}0/c/1", DATA)
        archive.writestr(f"{above}0/c/2", b"two")
        archive.writestr(f"{above}zarr.json", b"{}")
    return file.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(("start", "stop"), [(None, None), (10, 20), (-7, None), (990, 2000)])
def test_ranges_of_members(method: int, start, stop):
    store = ZipStore(BytesSource(zipped(method)))
    assert store.get("0/c/1", start, stop) == DATA[start:stop]


def test_names_and_absent_members():
    store = ZipStore(BytesSource(zipped()))
    assert store.names() == ("0", "zarr.json")
    assert store.names("0/c") == ("1", "2")
    assert store.get("0/c/3") is None
    assert store.get("0/c") is None
    assert store.names("0/c/1/2") == ()


def test_a_folder_of_a_zip_file():
    store = ZipStore(BytesSource(zipped(above="x.zarr/")), "x.zarr")
    assert store.names() == ("0", "zarr.json")
    assert store.get("zarr.json") == b"{}"


@pytest.mark.parametrize("key", ["../zarr.json", "", "/zarr.json"])
def test_keys_that_could_lead_out_are_refused(key: str):
    with pytest.raises(ImageFileError, match="is not a key inside it"):
        ZipStore(BytesSource(zipped())).get(key)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_flipped_bytes_of_a_member_are_found(method: int):
    data = bytearray(zipped(method))
    data[60] ^= 255
    with pytest.raises(CorruptFileError, match="0/c/1"):
        ZipStore(BytesSource(bytes(data))).get("0/c/1")


def directory_entry(data: bytes, name: bytes) -> int:
    """Return where the entry of a member begins in the directory."""
    return data.rindex(name) - 46


@pytest.mark.parametrize("size", [10 * len(DATA), 2**31])
def test_a_member_cannot_be_larger_than_its_bytes(size: int):
    data = bytearray(zipped(zipfile.ZIP_DEFLATED))
    struct.pack_into("<I", data, directory_entry(data, b"0/c/1") + 24, size)
    with pytest.raises((CorruptFileError, LimitError), match="0/c/1"):
        ZipStore(BytesSource(bytes(data))).get("0/c/1")


@pytest.mark.parametrize(("offset", "value", "words"), [(8, 1, "encrypted"), (10, 12, "method 12")])
def test_what_zip_has_besides_is_refused_by_name(offset: int, value: int, words: str):
    data = bytearray(zipped())
    struct.pack_into("<H", data, directory_entry(data, b"0/c/1") + offset, value)
    with pytest.raises(ImageFileError, match=words):
        ZipStore(BytesSource(bytes(data))).get("0/c/1")


def test_a_member_before_the_file_is_refused():
    data = bytearray(zipped())
    # Where the directory begins is one more than it should be: so is all that it states.
    begin = struct.unpack_from("<L", data, len(data) - 6)[0]
    struct.pack_into("<L", data, len(data) - 6, begin + 1)
    with pytest.raises(CorruptFileError, match=r"has no header at byte -1|is not a zip file"):
        ZipStore(BytesSource(bytes(data))).get("0/c/1")


@pytest.mark.parametrize("data", [b"", b"PK\3\4", zipped()[:-30]])
def test_what_is_not_a_zip_file(data: bytes):
    with pytest.raises(CorruptFileError, match="is not a zip file"):
        ZipStore(BytesSource(data))


def test_stores_pickle(tmp_path: Path):
    (tmp_path / "a.zip").write_bytes(zipped())
    store = open_store(tmp_path / "a.zip")
    again = pickle.loads(pickle.dumps(store))
    assert again.get("0/c/2") == b"two"
    assert again.identity() == store.identity()
    assert again.signature("0/c/2") == store.signature("0/c/2") != store.signature("0/c/1")


def test_zip_files_in_memory_are_told_apart_by_what_they_hold():
    one = ZipStore(BytesSource(zipped()))
    same = ZipStore(BytesSource(zipped()))
    other = ZipStore(BytesSource(zipped(above="y/")))
    changed = ZipStore(BytesSource(zipped(above="y/")), "y")
    assert one.identity() == same.identity()
    assert other.identity() != changed.identity()
