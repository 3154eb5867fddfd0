from __future__ import annotations

import gzip
import random
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from volio.arrays.proxy import ArrayProxy
from volio.errors import CorruptFileError, ImageFileError, TruncatedFileError, VolioWarning
from volio.files.opener import open_source
from volio.settings import options

SIZE = 30_000


def cut(data: bytes) -> list[bytes]:
    return [data[start : start + SIZE] for start in range(0, len(data), SIZE)]


def member(data: bytes, name: bytes, code: str, less: int) -> bytes:
    """A gzip member that says how long it is."""
    deflated = zlib.compress(data, 6, wbits=-15)
    width = struct.calcsize(code)
    extra = name + struct.pack("<H", width)
    length = 12 + len(extra) + width + len(deflated) + 8
    head = b"\x1f\x8b\x08\x04" + bytes(6) + struct.pack("<H", len(extra) + width) + extra
    end = struct.pack("<II", zlib.crc32(data), len(data))
    return head + struct.pack(code, length - less) + deflated + end


def bgzf(data: bytes) -> bytes:
    return b"".join(member(part, b"BC", "<H", 1) for part in [*cut(data), b""])


def pgzip(data: bytes) -> bytes:
    return b"".join(member(part, b"IG", "<I", 0) for part in cut(data))


def dictzip(data: bytes) -> bytes:
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    parts = [deflate.compress(p) + deflate.flush(zlib.Z_FULL_FLUSH) for p in cut(data)]
    content = struct.pack("<HHH", 1, SIZE, len(parts))
    content += struct.pack(f"<{len(parts)}H", *map(len, parts))
    extra = b"RA" + struct.pack("<H", len(content)) + content
    head = b"\x1f\x8b\x08\x0c" + bytes(6) + struct.pack("<H", len(extra)) + extra + b"name\0"
    return head + b"".join(parts) + deflate.flush() + end_of(data)


def pigz(data: bytes) -> bytes:
    deflate, out = zlib.compressobj(6, zlib.DEFLATED, -15), b"\x1f\x8b\x08\x00" + bytes(6)
    *parts, last = cut(data)
    for part in parts:
        out += deflate.compress(part) + deflate.flush(zlib.Z_SYNC_FLUSH)
        out += b"\x00\x00\x00\xff\xff"
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    return out + deflate.compress(last) + deflate.flush() + end_of(data)


def end_of(data: bytes) -> bytes:
    return struct.pack("<II", zlib.crc32(data), len(data))


@pytest.fixture(scope="module")
def data() -> bytes:
    return np.random.default_rng(8).normal(0, 20, 150_007).astype("<i2").tobytes()


@pytest.fixture(params=[bgzf, pgzip, dictzip, pigz], ids=lambda each: each.__name__)
def packed(request: pytest.FixtureRequest, data: bytes) -> bytes:
    return request.param(data)


def test_they_are_what_python_reads(packed: bytes, data: bytes):
    assert gzip.decompress(packed) == data


@pytest.mark.parametrize("library", ["isal", "zlib"])
def test_chunks_are_found_and_read(packed: bytes, data: bytes, library: str, monkeypatch):
    if library == "zlib":
        monkeypatch.setitem(__import__("sys").modules, "isal", None)
    monkeypatch.setattr("volio.files.codecs.chunks.SHARE", 1)
    source = open_source(packed)
    table = source.table()
    assert table is not None
    assert [chunk.size for chunk in table.chunks] == [SIZE] * 10 + [14]
    rng = random.Random(3)
    for _ in range(40):
        start = rng.randrange(len(data))
        assert source.read_upto(start, 5000) == data[start : start + 5000]
    with options(threads=3):
        proxy = ArrayProxy(packed, ((7, 21_429), "<i2"))
        wanted = np.frombuffer(data, "<i2", 7 * 21_429).reshape(21_429, 7).T
        np.testing.assert_array_equal(proxy.read(), wanted)
        np.testing.assert_array_equal(proxy.read(dtype="f4"), wanted)
        np.testing.assert_array_equal(proxy[3], wanted[3])


def test_damage_is_told_or_makes_no_difference(packed: bytes, data: bytes):
    rng = random.Random(4)
    wanted = np.frombuffer(data, "<i2")
    errors = 0
    for _ in range(60):
        bad = bytearray(packed)
        bad[rng.randrange(3, len(bad))] ^= 1 << rng.randrange(8)
        try:
            found = ArrayProxy(bytes(bad), ((len(data) // 2,), "<i2")).read()
        except ImageFileError:
            errors += 1
            continue
        np.testing.assert_array_equal(found, wanted)
    assert errors == 60  # the bytes without a meaning are few


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_files_cut_short(packed: bytes, data: bytes, kept: float):
    source = open_source(packed[: int(kept * len(packed))])
    assert source.read(0, 100) == data[:100]
    with pytest.raises((TruncatedFileError, CorruptFileError), match="without its end mark"):
        ArrayProxy(source, ((len(data) // 2,), "<i2")).read()


def test_garbage_after_the_end_is_told(packed: bytes, data: bytes):
    proxy = ArrayProxy(packed + b"garbage", ((len(data) // 2,), "<i2"))
    with pytest.warns(VolioWarning, match="not part of the gzip data"):
        found = proxy.read()
    np.testing.assert_array_equal(found, np.frombuffer(data, "<i2"))
    np.testing.assert_array_equal(proxy[500:700], np.frombuffer(data, "<i2")[500:700])


@pytest.mark.parametrize("write", [gzip.compress, lambda data: pigz(data[:SIZE])])
def test_other_files_have_no_table(write: Callable[[bytes], bytes], data: bytes):
    source = open_source(write(data))
    assert source.table() is None
    assert source.read(100, 10) == data[100:110]


def test_errors_say_how_many_voxels_can_be_read(data: bytes):
    for write in (gzip.compress, bgzf, pgzip):
        packed = write(data)
        proxy = ArrayProxy(packed[: len(packed) // 2], ((len(data) // 2 - 50,), "<i2", 100))
        words = r"without its end mark.* voxels can be read"
        with pytest.raises(TruncatedFileError, match=words) as caught:
            proxy.read()
        readable = caught.value.readable
        assert 0.3 < readable / len(data) < 0.7
        assert f"{(readable - 100) // 2} of {len(data) // 2 - 50} voxels can be read" in str(
            caught.value
        )
        (count,) = proxy[: (readable - 100) // 2].shape
        assert count == (readable - 100) // 2


def test_a_wrong_checksum_is_told(data: bytes):
    for write in (gzip.compress, dictzip, pigz):
        packed = bytearray(write(data))
        packed[-8] ^= 1
        with pytest.raises(CorruptFileError, match="checksum"):
            ArrayProxy(bytes(packed), ((len(data) // 2,), "<i2")).read()
