"""HDF5 files: errors of the source, values in other files, and full disks."""

from __future__ import annotations

import errno
import io
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.arrays.chunked import ChunkedArray
from volio.arrays.saving.slab_stream import array_stream
from volio.errors import CorruptFileError, LimitError, SaveError
from volio.files.opener import open_source
from volio.files.sources.source import BytesSource
from volio.formats.containers.hdf5 import writing
from volio.formats.containers.hdf5.datasets import chunk_shape, contiguous_offset
from volio.formats.containers.hdf5.file import (
    Hdf5Chunks,
    open_hdf5,
    read_attributes,
    read_whole,
)
from volio.formats.containers.hdf5.writing import create_hdf5
from volio.testing.faults import FailingSource
from volio.tests.requirements import optional

h5py = optional("h5py")
DATA = np.arange(60, dtype=np.int16).reshape(3, 4, 5)


def made(make) -> bytes:
    """A file that h5py made."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        make(file)
    return stream.getvalue()


CHUNKED = made(lambda file: file.create_dataset("x", data=DATA, chunks=(2, 2, 5), shuffle=True))


def read(source) -> None:
    """Read the voxels of the file in chunks."""
    with open_hdf5(source) as opened:
        np.testing.assert_array_equal(opened.file["x"][()], DATA)


def test_errors_of_the_source_come_out_as_they_are():
    """Whichever read fails: nothing is taken for damage of the file."""
    counted = FailingSource(BytesSource(CHUNKED), 0)
    read(counted)
    assert counted.reads > 5
    for n in range(1, counted.reads + 1):
        with pytest.raises(OSError, match="Input/output error") as raised:
            read(FailingSource(BytesSource(CHUNKED), n))
        assert raised.value.errno == errno.EIO


def test_damage_is_an_error_of_volio():
    with pytest.raises(CorruptFileError, match="HDF5 cannot read it"):
        read(BytesSource(CHUNKED[:600]))


def test_only_plain_arrays_have_an_offset(tmp_path):
    def make(file):
        file.create_dataset("plain", data=DATA.astype(">i2"))
        file.create_dataset("chunked", data=DATA, chunks=(1, 4, 5))
        file.create_dataset("unwritten", DATA.shape, "i2")
        few_bits = h5py.h5t.STD_I16LE.copy()
        few_bits.set_precision(12)
        space = h5py.h5s.create_simple(DATA.shape)
        node = h5py.h5d.create(file.id, b"few bits", few_bits, space)
        node.write(h5py.h5s.ALL, h5py.h5s.ALL, DATA)

    content = made(make)
    with open_hdf5(BytesSource(content)) as opened:
        offsets = {name: contiguous_offset(node) for name, node in opened.file.items()}
    assert offsets.pop("plain") == content.index(DATA.astype(">i2").tobytes())
    assert offsets == dict.fromkeys(("chunked", "unwritten", "few bits"))


@pytest.mark.parametrize(
    ("shape", "pieces"),
    [
        ((), ()),
        ((100,), (100,)),
        ((5, 4, 3), (1, 4, 3)),
        ((0, 4, 3), (1, 4, 3)),
        ((2, 40000, 0), (1, 40000, 1)),
        ((0, 40000, 40000), (1, 838, 40000)),
        ((0, 5, 1 << 30), (1, 1, 1 << 25)),
        ((1 << 40, 0), (1, 1)),
    ],
)
def test_data_sets_without_chunks_are_read_in_planes_or_less(shape, pieces):
    content = made(lambda file: file.create_dataset("x", shape, "i2"))
    with open_hdf5(BytesSource(content)) as opened:
        assert chunk_shape(opened.file["x"]) == pieces


def test_values_in_other_files_are_refused(tmp_path):
    (tmp_path / "secret.bin").write_bytes(DATA.tobytes())
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = DATA
    with h5py.File(tmp_path / "a.h5", "w") as file:
        outside = [(str(tmp_path / "secret.bin"), 0, DATA.nbytes)]
        file.create_dataset("outside", DATA.shape, DATA.dtype, external=outside)
        file["link"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "x")
        layout = h5py.VirtualLayout(DATA.shape, DATA.dtype)
        layout[...] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", DATA.shape)
        file.create_virtual_dataset("virtual", layout)
        file["inside"] = DATA
    with open_hdf5(open_source(tmp_path / "a.h5")) as opened:
        opened.check_held(opened.file["inside"])
        linked = opened.file.get("link")  # None: HDF5 since 1.14.4 does not follow it
        if linked is not None:
            with pytest.raises(CorruptFileError, match="its values are in another file: refused"):
                opened.check_held(linked)
        with pytest.raises(CorruptFileError, match="values are in another file"):
            opened.check_held(opened.file["outside"])
        with pytest.raises(LimitError, match="the file has 0 for it"):
            opened.check_held(opened.file["virtual"])


def test_values_that_were_never_written_are_refused():
    content = made(lambda file: file.create_dataset("x", (200, 100, 100), "i2"))
    words = r"a\.mnc: /x of shape .* needs 4000000 bytes"
    source = BytesSource(content, "a.mnc")
    with pytest.raises(LimitError, match=words), open_hdf5(source) as opened:
        opened.check_held(opened.file["x"])


@pytest.mark.parametrize("chunks", [(2, 2, 5), (3, 1, 2)])
def test_chunks_of_any_shape_are_read(chunks):
    """Also others than the file has, as for voxels that it has without chunks."""
    source = Hdf5Chunks(BytesSource(CHUNKED), "x", chunks)
    voxels = ChunkedArray(DATA.shape, DATA.dtype, chunks, source)
    np.testing.assert_array_equal(np.asarray(voxels), DATA)
    np.testing.assert_array_equal(voxels[::-1, 1:3, ::2], DATA[::-1, 1:3, ::2])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(voxels))[2], DATA[2])


def test_attributes_that_are_text_or_numbers():
    def make(file):
        file.attrs["text"] = "ü"
        file.attrs["bytes"] = np.bytes_(b"ab")
        file.attrs["number"] = np.float32(0.5)
        file.attrs["numbers"] = np.array([1, 2], ">i4")
        file.attrs["texts"] = ["a", "b"]
        file.attrs["none"] = h5py.Empty("f4")
        file.attrs["reference"] = file.ref
        file.attrs["any length"] = np.array("v\xe9lo", h5py.string_dtype())
        kinds = h5py.enum_dtype({"a": 3, "b": 300}, np.int16)
        file.attrs.create("one of two", 300, dtype=kinds)

    with open_hdf5(BytesSource(made(make))) as opened:
        found = read_attributes(opened.file)
    assert found.pop("text") == "ü".encode()
    assert found.pop("bytes") == b"ab"
    assert found.pop("any length") == "v\xe9lo".encode()
    assert found.pop("one of two") == 300
    assert found.pop("number") == np.float32(0.5)
    np.testing.assert_array_equal(found.pop("numbers"), [1, 2])
    assert found == {}


def test_streams_take_bytes_of_any_length():
    stream = io.BytesIO()
    with create_hdf5(stream) as file:
        node = file.create_dataset("x", DATA.shape, DATA.dtype, chunks=(2, 4, 5))
        voxels = array_stream(node)
        data = DATA.tobytes()
        assert [voxels.write(data[at : at + 7]) for at in range(0, len(data), 7)][-1] == 1
    with h5py.File(stream) as file:
        np.testing.assert_array_equal(file["x"][()], DATA)


def test_what_hdf5_cannot_hold_is_an_error_of_the_save():
    stream = io.BytesIO()
    with pytest.raises(SaveError, match="HDF5 cannot hold the image"), create_hdf5(stream) as file:
        file.create_dataset("x", (0, 3), "i2", chunks=(0, 3))
    assert stream.getvalue() == b""


class FullDisk(io.BytesIO):
    """A file of which the n-th write fails, and all after it."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.left = n

    def write(self, data):
        self.left -= 1
        if self.left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_full_disks_are_errors_once_hdf5_has_ended(monkeypatch, n):
    monkeypatch.setattr(writing, "TemporaryFile", lambda dir: FullDisk(n))
    stream = io.BytesIO()
    creating = create_hdf5(stream)
    file = creating.__enter__()
    for name in "abcdef":
        file.create_dataset(name, data=DATA, chunks=(1, 4, 5))
    with pytest.raises(OSError, match="No space left"):
        creating.__exit__(None, None, None)
    assert stream.getvalue() == b""


def test_a_heap_without_an_end_is_refused(tmp_path):
    """The library of HDF5 would look for the end of its objects for ever."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["data"] = np.zeros((2, 3, 4), np.uint8)
        file["data"].attrs["axistags"] = "a text of any length"
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL")
    index, length = struct.unpack_from("<H6xQ", data, heap + 16)
    free = heap + 16 + 16 + -(-length // 8) * 8
    assert (index, length) == (1, len("a text of any length"))
    assert struct.unpack_from("<H6xQ", data, free)[1] == 4096 - (free - heap)
    struct.pack_into("<Q", data, free + 8, 0)
    path.write_bytes(data)
    with pytest.raises(
        CorruptFileError, match=f"has an object of size 0 at its byte {free - heap}"
    ):
        volio.load(path)


@pytest.mark.parametrize("dtype", ["<i2", ">i4", "u1", "<f4", ">f8", "S2", "?"])
@pytest.mark.parametrize("shape", [(), (0, 2), (2, 3)])
@pytest.mark.parametrize("chunks", [None, True])
def test_all_values_of_a_data_set_are_those_that_h5py_reads(
    tmp_path: Path, dtype: str, shape: tuple[int, ...], chunks: bool | None
) -> None:
    values = np.arange(15, 15 + np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        node = file.create_dataset("x", data=values, chunks=chunks if shape else None)
        found = read_whole(node)
    assert found.dtype == values.dtype
    assert found.shape == shape
    assert found.tolist() == values.tolist()


def test_named_numbers_are_read_as_numbers(tmp_path: Path) -> None:
    named = h5py.enum_dtype({"left": 3, "right": 7}, basetype="<i2")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=np.array([7, 3]), dtype=named)
        assert read_whole(file["x"]).tolist() == [7, 3]
