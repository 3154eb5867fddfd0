import bz2
import gzip
import io
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import nibabel.arrayproxy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.proxy import ArrayProxy, ArraySpec
from volio.errors import (
    CorruptFileError,
    ImageDataError,
    IndexingError,
    LimitError,
    SourceChangedError,
    TruncatedFileError,
    UsageError,
)
from volio.files.codecs import gzip_checkpoints
from volio.files.codecs.decoding import DecodingReader
from volio.files.filemap import FileHolder
from volio.files.sources.source import BytesSource, FileSource
from volio.tests.arrays.arrays import numbered, shapes_and_indices

DTYPES = ["u1", ">i2", "<i2", "<i4", ">f4", "<f8", ">c8", "f2", "<u8"]


class CountingSource(BytesSource):
    """Bytes that note which of them were read, and how often they were opened."""

    def __init__(self, data):
        super().__init__(data)
        self.reads, self.opened = [], 0

    def open(self):
        self.opened += 1
        return super().open()

    def _read_at(self, offset, view):
        self.reads.append((offset, len(view)))
        return super()._read_at(offset, view)

    @property
    def count(self):
        return sum(length for _, length in self.reads)


def stored(array, order="F", offset=0):
    return bytes(offset) + array.tobytes(order)


@given(
    shapes_and_indices(),
    st.sampled_from(DTYPES),
    st.sampled_from("CF"),
    st.sampled_from([(1, 0), (2.5, 0), (1, -3), (0.5, 7), (None, None)]),
    st.booleans(),
)
def test_indexing_gives_what_numpy_gives(case, dtype, order, factors, packed):
    shape, index = case
    raw = numbered(shape, dtype)
    data = stored(raw, order, 5)
    proxy = ArrayProxy(
        gzip.compress(data, 1) if packed else data, (shape, dtype, 5, *factors), order=order
    )
    slope, inter = factors
    expected = raw.astype(raw.dtype.newbyteorder("="))
    if proxy.is_scaled:
        expected = expected.astype(np.result_type(raw.dtype, "f8")) * slope + inter
    assert proxy.dtype == expected.dtype
    np.testing.assert_array_equal(np.asarray(proxy), expected)
    try:
        part = expected[index]
    except IndexError:
        with pytest.raises(IndexingError, match="index"):
            proxy[index]
        return
    assert proxy[index].dtype == part.dtype
    np.testing.assert_array_equal(proxy[index], part)


@pytest.mark.parametrize("dtype", ["u1", ">i2", "<f4", "<i4", "<f8"])
@pytest.mark.parametrize("factors", [(1, 0), (0.1, 0), (3, -0.7)])
def test_values_equal_nibabels(dtype, factors):
    raw = numbered((5, 4, 3), dtype)
    spec = ((5, 4, 3), np.dtype(dtype), 2, *factors)
    file = io.BytesIO(stored(raw, offset=2))
    ours, theirs = ArrayProxy(file, spec), nibabel.arrayproxy.ArrayProxy(file, spec)
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    np.testing.assert_array_equal(ours.get_unscaled(), theirs.get_unscaled())
    for index in np.s_[1, ..., ::-1], np.s_[:, 2:0:-1], np.s_[..., None, 2]:
        np.testing.assert_array_equal(ours[index], theirs[index])
    shape = (4, -1)
    np.testing.assert_array_equal(ours.reshape(shape)[:], np.asarray(theirs.reshape(shape)))


def test_slope_and_intercept_per_slice():
    raw = numbered((3, 4, 5), ">i2")
    slope, inter = np.linspace(1, 2, 5), np.linspace(-1, 1, 4)[:, None]
    for order in "CF":
        spec = ArraySpec((3, 4, 5), ">i2", 0, slope, inter)
        proxy = ArrayProxy(stored(raw, order), spec, order=order)
        expected = raw * slope + inter
        np.testing.assert_array_equal(proxy[:], expected)
        np.testing.assert_array_equal(proxy[1:, ::-2, 3], expected[1:, ::-2, 3])
        np.testing.assert_array_equal(proxy[raw > 30], expected[raw > 30])
        np.testing.assert_array_equal(
            proxy.reshape(-1)[::7], expected.reshape(-1, order=order)[::7]
        )


def test_a_slice_reads_only_its_bytes():
    raw = numbered((100, 100, 8), "i2")
    source = CountingSource(stored(raw, offset=352))
    proxy = ArrayProxy(source, ArraySpec(raw.shape, "i2", 352))
    np.testing.assert_array_equal(proxy[..., 3], raw[..., 3])
    assert source.reads == [(352 + 3 * 20000, 20000)]
    source.reads.clear()
    np.testing.assert_array_equal(proxy[7, 8], raw[7, 8])
    assert source.count == 8 * 2
    source.reads.clear()
    np.testing.assert_array_equal(proxy[..., [6, 1]], raw[..., [6, 1]])
    assert source.reads == [(352 + 20000, 20000), (352 + 6 * 20000, 20000)]
    source.reads.clear()
    np.testing.assert_array_equal(proxy[:, 10:20, 5], raw[:, 10:20, 5])
    assert source.count == 2000
    source.reads.clear()
    mask = np.zeros(raw.shape, bool)
    mask[40:50, 20, 2], mask[0, 0, 7] = True, True
    np.testing.assert_array_equal(proxy[mask], raw[mask])
    assert source.count == 22
    source.reads.clear()
    assert proxy[3:3].shape == (0, 100, 8)
    assert source.reads == []


def own_calls(work):
    """The functions of volio that some work calls, once per call, as (module, name)."""
    calls = []

    def note(frame, event, _):
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.startswith("volio.") and ".tests." not in module:
            calls.append((module, frame.f_code.co_qualname))

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(
    ("name", "slope", "most"),
    [("a.img", 1.0, (50, 40, 8)), ("a.img", 2.0, (100, 80, 12)), ("a.img.gz", 1.0, (140, 100, 16))],
)
def test_a_volume_takes_few_calls(tmp_path, name, slope, most, monkeypatch):
    monkeypatch.setattr(gzip_checkpoints, "_SHELF", gzip_checkpoints._Shelf())  # of other files
    raw = numbered((16, 17, 18, 4), "<i2")
    path = tmp_path / name
    path.write_bytes(gzip.compress(stored(raw)) if name.endswith("gz") else stored(raw))
    proxy = ArrayProxy(path, (raw.shape, "<i2", 0, slope))
    for _ in range(3):  # imports, and places in compressed files
        np.testing.assert_array_equal(proxy[..., 3], raw[..., 3] * slope)
    calls = own_calls(lambda: proxy[..., 3])
    found = len(calls), len(set(calls)), len({module for module, _ in calls})
    assert np.less_equal(found, most).tolist() == [True] * 3, found
    assert ("volio.arrays.indexing.request", "parse_index") in calls


def test_one_run_of_a_file_is_one_call_of_the_system(tmp_path, monkeypatch):
    raw = numbered((5, 6, 7, 4), "<i2")
    path = tmp_path / "a.img"
    path.write_bytes(stored(raw, offset=10))
    proxy = ArrayProxy(path, (raw.shape, "<i2", 10))
    np.testing.assert_array_equal(proxy[..., 1], raw[..., 1])
    calls = []

    def counted(self, offset, buffer):
        calls.append((offset, memoryview(buffer).nbytes))
        original(self, offset, buffer)

    original = FileSource.read_into
    monkeypatch.setattr(FileSource, "read_into", counted)
    assert proxy[4, 5, 6, 3] == raw[4, 5, 6, 3]
    np.testing.assert_array_equal(proxy[..., 2], raw[..., 2])
    np.testing.assert_array_equal(proxy[:, 2:4, 3, 1], raw[:, 2:4, 3, 1])
    assert calls == [(10 + 2 * 839, 2), (10 + 2 * 420, 420), (10 + 2 * 310, 20)]
    # Other reads go through a reader: with steps, of other dtypes, of rows that are apart, of a
    # file that is to stay open.
    proxy[..., ::-1], proxy.read((0,), "f4"), proxy[0]
    ArrayProxy(path, (raw.shape, "<i2", 10), keep_file_open=True)[..., 1]
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("index", "dtype"), [(np.s_[..., 2:], "<i2"), (np.s_[:, 1:, 2:], "<i2"), ((), "f4")]
)
def test_errors_of_short_files_say_how_many_voxels_there_are(index, dtype):
    class Short(BytesSource):
        """Bytes of which there are fewer than it says."""

        def size(self):
            return 1000

    proxy = ArrayProxy(Short(bytes(4 + 31)), ((2, 3, 4), "<i2", 4))
    with pytest.raises(TruncatedFileError, match=r"15 of 24 voxels can be read") as caught:
        proxy.read(index, dtype)
    assert caught.value.readable == 35
    assert str(caught.value).startswith("<bytes>: ends at byte 35, needed ")
    with pytest.raises(TruncatedFileError, match="at or before byte 48, needed 4 bytes at") as far:
        proxy[:, 2, 3]
    assert far.value.readable is None  # the end is somewhere before


def test_each_read_opens_the_file_once_and_goes_forward():
    raw = numbered((300, 10, 40), "i2")
    source = CountingSource(stored(raw))
    proxy = ArrayProxy(source, (raw.shape, "i2"))
    for index in (np.s_[::-1, :, ::-3], np.s_[:, [7, 1]], raw % 500 == 0, np.s_[5, ::9, 1:30:4]):
        source.reads.clear()
        source.opened = 0
        np.testing.assert_array_equal(proxy[index], raw[index])
        assert source.opened == 1
        assert source.reads == sorted(source.reads)


@pytest.mark.parametrize(
    ("index", "keeps"),
    [
        (np.s_[..., 1], True),
        (np.s_[..., 0], False),  # a pass through the file may begin here
        (np.s_[..., 1:4], True),
        (np.s_[..., 1:5], False),  # no less than half of it
        (np.s_[3, ..., 7], True),
        (np.s_[3, ...], False),
    ],
)
@pytest.mark.parametrize("order", "FC")
def test_parts_of_compressed_files_keep_places_to_begin_at(monkeypatch, index, keeps, order):
    raw = numbered((4, 5, 8), "<i2")
    notes = []
    monkeypatch.setattr(DecodingReader, "keep_checkpoints", lambda self: notes.append(self))
    values = raw if order == "F" else raw.T
    where = index if order == "F" else index[::-1]
    proxy = ArrayProxy(bz2.compress(stored(values, order)), (values.shape, "<i2"), order=order)
    np.testing.assert_array_equal(proxy[where], values[where])
    assert bool(notes) == keeps
    assert len(notes) <= 1


def test_packed_files_are_decoded_once(monkeypatch):
    raw = numbered((64, 64, 20, 6), ">i2")
    proxy = ArrayProxy(gzip.compress(stored(raw), 1), (raw.shape, ">i2", 0, 2.0))
    starts, start = [], DecodingReader._restart

    def counted(reader):
        starts.append(reader)
        start(reader)

    monkeypatch.setattr(DecodingReader, "_restart", counted)
    for index in (np.s_[::2, ::2, ::2], np.s_[1, :, ::9], raw % 999 == 0, np.s_[:, [9, 3], :, 1:]):
        starts.clear()
        np.testing.assert_array_equal(proxy[index], raw[index] * 2.0)
        assert len(starts) == 1


def test_long_runs_go_straight_into_the_result():
    source = CountingSource(bytes(4 << 20))
    found = ArrayProxy(source, ((1 << 11, 1 << 11), "u1"))[:]
    assert source.reads == [(0, 4 << 20)]
    assert found.flags.f_contiguous


def test_scaled_voxels_are_read_in_blocks():
    source = CountingSource(bytes(4 << 20))
    assert ArrayProxy(source, ((1 << 11, 1 << 11), "u1", 0, 2.0)).read((), "f4").dtype == "f4"
    assert source.reads == [(start, 1 << 17) for start in range(0, 4 << 20, 1 << 17)]


@pytest.mark.parametrize(
    ("dtype", "slope", "target", "message"),
    [
        ("f4", 1, "u1", "values from 300.0 to 300.0 do not fit uint8"),
        ("f8", 1e300, "f4", "do not fit float32"),
        ("c8", 1, "f8", "complex values"),
        ([("R", "u1"), ("G", "u1"), ("B", "u1")], 1, "f8", "records"),
        ("f4", np.nan, "i2", "values from nan to nan"),
    ],
)
def test_a_dtype_that_cannot_hold_the_values_is_refused(dtype, slope, target, message):
    raw = (
        np.full(4, 300).astype("f4").astype(dtype) if isinstance(dtype, str) else np.zeros(4, dtype)
    )
    proxy = ArrayProxy(stored(raw), ((4,), dtype, 0, slope))
    with pytest.raises(ImageDataError, match=message):
        proxy.read((), target)


def test_a_dtype_that_holds_the_values_drops_fractions():
    proxy = ArrayProxy(stored(np.array([1, 3, 255], "u1")), ((3,), "u1", 0, 0.5))
    assert proxy.read((), "i2").tolist() == [0, 1, 127]
    assert proxy.read((), bool).all()


def test_records_are_not_scaled():
    dtype = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    raw = numbered((6, 3), "u1").view(dtype)[:, 0]
    proxy = ArrayProxy(stored(raw), ((6,), dtype, 0, 2.0, 1.0))
    assert proxy.dtype == dtype
    assert proxy[2] == raw[2]
    np.testing.assert_array_equal(proxy[::-1]["G"], raw[::-1]["G"])


def test_scaled_and_unscaled():
    raw = numbered((3, 4), ">i2")
    proxy = ArrayProxy(stored(raw), ((3, 4), ">i2", 0, 2.0, 1.0))
    assert (proxy.on_disk_dtype, proxy.dtype) == (np.dtype(">i2"), np.dtype("f8"))
    assert proxy.get_unscaled().dtype == np.dtype("=i2")
    np.testing.assert_array_equal(proxy.get_unscaled(), raw)
    for dtype, found in ((None, "f8"), ("f4", "f4"), ("i2", "f4"), ("f8", "f8"), ("c8", "c8")):
        assert proxy.get_scaled(dtype).dtype == np.dtype(found)
        np.testing.assert_array_equal(proxy.get_scaled(dtype), raw * 2.0 + 1)
    plain = ArrayProxy(stored(raw), ((3, 4), ">i2"))
    assert plain.get_scaled().dtype == plain.get_scaled("i2").dtype == np.dtype("=i2")
    assert plain.get_scaled("f4").dtype == np.float32


def test_memory_maps(tmp_path):
    raw = numbered((3, 4, 5), ">i2")
    path = tmp_path / "a.img"
    path.write_bytes(stored(raw, offset=8))
    spec = ArraySpec(raw.shape, ">i2", 8)
    writable, fixed = ArrayProxy(path, spec, mmap=True), ArrayProxy(path, spec, mmap="r")
    found = writable[1:, ::-1]
    assert isinstance(found, np.memmap)
    assert writable.dtype == found.dtype == np.dtype(">i2")
    found[:] = 0
    assert not fixed[...].flags.writeable
    np.testing.assert_array_equal(fixed[1:, ::-1], raw[1:, ::-1])
    assert fixed[0, 1, 2] == raw[0, 1, 2]
    assert not isinstance(np.array(writable, copy=True), np.memmap)
    assert isinstance(writable.get_unscaled(), np.memmap)
    assert isinstance(writable.read((), ">i2"), np.memmap)
    assert not isinstance(writable.read((), "<i2"), np.memmap)
    scaled = ArrayProxy(path, spec._replace(slope=2.0), mmap="c")
    assert not isinstance(scaled[:], np.memmap)
    assert isinstance(scaled.get_unscaled(), np.memmap)
    path.write_bytes(gzip.compress(stored(raw, offset=8)))
    assert not isinstance(ArrayProxy(path, spec, mmap=True)[:], np.memmap)
    with pytest.raises(SourceChangedError, match="has changed"):
        writable[:]
    with pytest.raises(UsageError, match="mmap: must be"):
        ArrayProxy(path, spec, mmap="r+")


def test_copies_of_maps_do_not_follow_the_file(tmp_path):
    path = tmp_path / "a.img"
    path.write_bytes(bytes(6))
    proxy = ArrayProxy(path, ((6,), "u1"), mmap="r")
    mapped = np.asarray(proxy)
    copied = np.array(proxy, copy=True)
    with path.open("r+b") as file:
        file.write(b"\1")
    assert mapped.tolist() == [1, 0, 0, 0, 0, 0]
    assert copied.tolist() == [0] * 6
    assert copied.flags.writeable


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), ()])
def test_arrays_that_cannot_be_mapped_are_read(tmp_path, shape):
    path = tmp_path / "a.img"
    path.write_bytes(b"\7\0")
    found = np.asarray(ArrayProxy(path, (shape, "<i2"), mmap=True))
    assert not isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, np.full(shape, 7, "<i2"))


def test_a_changed_file_is_not_read(tmp_path):
    path = tmp_path / "a.img"
    path.write_bytes(bytes(8))
    proxy = ArrayProxy(path, ((8,), "u1"))
    path.write_bytes(bytes(9))
    with pytest.raises(SourceChangedError, match=r"a\.img"):
        proxy[:]


def test_files_shorter_than_declared_are_refused_before_memory_is_taken():
    with pytest.raises(TruncatedFileError, match=r"voxels of shape \(8,\), int16"):
        ArrayProxy(bytes(8), ((8,), "i2"))[0]
    with pytest.raises(LimitError, match="can hold at most"):
        ArrayProxy(gzip.compress(bytes(8)), ((10**5,) * 3, "i2")).read()
    with pytest.raises(LimitError, match="too large"):
        ArrayProxy(bytes(8), ((2**62, 2**62, 0), "i2"))
    with pytest.raises(LimitError, match="0 or more"):
        ArrayProxy(bytes(8), ((-1, 2), "i2"))
    with pytest.raises(ImageDataError, match="cannot read voxels of dtype"):
        ArrayProxy(bytes(8), ((2,), np.dtype("V")))


def test_checksums_are_verified_by_whole_reads():
    packed = bytearray(gzip.compress(bytes(range(100))))
    packed[-6] ^= 1  # in the CRC
    proxy = ArrayProxy(bytes(packed), ((10, 10), "u1"))
    assert proxy[0, 0] == 0
    with pytest.raises(CorruptFileError, match=r"Incorrect checksum.* 0 of 100 voxels"):
        proxy[:]


def test_pickles_as_its_place(tmp_path):
    raw = numbered((3, 4), "i2")
    path = tmp_path / "a.img"
    path.write_bytes(stored(raw))
    data = pickle.dumps(ArrayProxy(path, ((3, 4), "i2", 0, 2.0)))
    assert len(data) < 1500
    np.testing.assert_array_equal(pickle.loads(data)[:], raw * 2.0)
    with path.open("rb") as file:
        proxy = ArrayProxy(FileHolder(fileobj=file), ((3, 4), "i2"))
        copy = pickle.loads(pickle.dumps(proxy))
    np.testing.assert_array_equal(copy[:], raw)


def test_offsets_count_from_the_beginning_of_a_file_object():
    file = io.BytesIO(b"head" + bytes([1, 2, 3]))
    file.seek(0, io.SEEK_END)
    assert ArrayProxy(file, ((3,), "u1", 4))[:].tolist() == [1, 2, 3]
    assert file.tell() == 7


def test_many_threads_read_at_once(tmp_path):
    raw = numbered((30, 20, 10), ">i2")
    path = tmp_path / "a.img.gz"
    path.write_bytes(gzip.compress(stored(raw), 1))
    proxy = ArrayProxy(path, (raw.shape, ">i2", 0, 0.5))
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda place: proxy[..., place], range(10)))
    np.testing.assert_array_equal(np.stack(found, -1), raw * 0.5)


def test_headers_give_the_spec():
    class Header:
        def get_data_shape(self):
            return (2, 3)

        def get_data_dtype(self):
            return np.dtype(">i2")

        def get_data_offset(self):
            return 4

        def get_slope_inter(self):
            return 2.0, None

    raw = numbered((2, 3), ">i2")
    proxy = ArrayProxy(stored(raw, offset=4), Header())
    np.testing.assert_array_equal(proxy[:], raw * 2)
    assert repr(proxy).startswith(
        "ArrayProxy('<bytes>', shape=(2, 3), dtype=>i2, offset=4, slope=2"
    )
    for spec in ((2, 3, 4, 5, 6, 7), [(2,), "i2"], ((2,),)):
        with pytest.raises(UsageError, match="spec: must be"):
            ArrayProxy(bytes(4), spec)


def test_chunks_are_whole_slabs():
    assert ArrayProxy(bytes(9), ((512, 512, 10, 3), "i2")).chunks == (512, 512, 2, 1)
    assert ArrayProxy(bytes(9), ((3, 512, 512), "f8"), order="C").chunks == (1, 256, 512)


def test_dask_names_the_same_voxels_alike(tmp_path):
    raw = numbered((3, 4), "i2")
    path = tmp_path / "a.img"
    path.write_bytes(stored(raw))
    first, second = (ArrayProxy(path, ((3, 4), "i2")).to_dask() for _ in range(2))
    assert first.name == second.name
    np.testing.assert_array_equal(first[::-1, [2, 0]].compute(scheduler="sync"), raw[::-1, [2, 0]])
