"""Arrays in chunks: every index gives what numpy gives, and each chunk is decoded once."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Barrier, Event, Lock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.chunk_cache import OVERHEAD, chunk_cache
from volio.arrays.chunked import ChunkedArray, ChunkSource
from volio.arrays.slabs import iterate_slabs
from volio.arrays.views import lazy_flip, lazy_slice, lazy_transpose
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageDataError,
    IndexingError,
    SourceChangedError,
)
from volio.settings import options
from volio.tests.arrays.arrays import indices_of_axis, numbered

SHAPE = (5, 9, 7)
CHUNKS = (2, 4, 3)
FILL = 77


class Cut(ChunkSource):
    """The chunks of an array in memory, which counts how often each is decoded."""

    def __init__(self, array, chunks, absent=(), *, full=False):
        self.name = "cut"
        self.array = array
        self.step = chunks
        self.absent = set(absent)
        self.full = full  # chunks at the end are as large as others, with other values outside
        self.token = os.urandom(8)
        self.asked = Counter()
        self.versions = {}

    @property
    def identity(self):
        return self.token

    def signature(self, index):
        return self.versions.get(index)

    def read(self, index):
        self.asked[index] += 1
        if index in self.absent:
            return None
        corner = [at * step for at, step in zip(index, self.step, strict=True)]
        part = self.array[tuple(slice(c, c + s) for c, s in zip(corner, self.step, strict=True))]
        if not self.full:
            return part.copy()
        chunk = np.full(self.step, -1, self.array.dtype)
        chunk[tuple(slice(n) for n in part.shape)] = part
        return chunk


class Batched(Cut):
    """A source that reads three chunks at once, the last one first."""

    def batches(self, indices):
        return [indices[at : at + 3] for at in range(0, len(indices), 3)]

    def read_many(self, indices):
        for index in reversed(indices):
            yield index, self.read(index)


def grid(shape, chunks):
    return list(product(*(range(-(-n // step)) for n, step in zip(shape, chunks, strict=True))))


def chunked(array, chunks=CHUNKS, kind=Cut, **options):
    source = kind(array, chunks, **options)
    return ChunkedArray(array.shape, array.dtype, chunks, source, fill=FILL)


def with_fill(array, chunks, absent):
    """The array with the voxels of absent chunks filled."""
    array = array.copy()
    for index in absent:
        corner = [at * step for at, step in zip(index, chunks, strict=True)]
        array[tuple(slice(c, c + s) for c, s in zip(corner, chunks, strict=True))] = FILL
    return array


@pytest.fixture(autouse=True)
def cache():
    chunk_cache().clear()
    yield chunk_cache()
    chunk_cache().clear()


@given(data=st.data())
def test_any_index_gives_what_numpy_gives(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=5)))
    chunks = tuple(data.draw(st.integers(1, 11)) for _ in shape)
    absent = data.draw(st.sets(st.sampled_from(grid(shape, chunks)), max_size=3))
    kind = data.draw(st.sampled_from([Cut, Batched]))
    array = numbered(shape)
    lazy = chunked(array, chunks, kind, absent=absent, full=data.draw(st.booleans()))
    expected = with_fill(array, chunks, absent)
    count = data.draw(st.integers(0, len(shape)))
    index = tuple(data.draw(indices_of_axis(length)) for length in shape[:count])
    with options(chunk_memory=data.draw(st.sampled_from([0, 2000, 1 << 20]))):
        try:
            wanted = expected[index]
        except IndexError:
            with pytest.raises(IndexingError, match="index"):
                lazy[index]
            return
        found = lazy[index]
    np.testing.assert_array_equal(found, wanted)
    assert type(found) is type(wanted)


@pytest.mark.parametrize("kind", [Cut, Batched])
@pytest.mark.parametrize("memory", [0, 1 << 20])
def test_a_box_decodes_the_chunks_that_it_touches_and_no_other(kind, memory: int):
    lazy = chunked(numbered(SHAPE), kind=kind)
    with options(chunk_memory=memory):
        lazy[1:4, 4:8, 0:1]
    assert lazy.source.asked == Counter({(0, 1, 0): 1, (1, 1, 0): 1})


def test_steps_and_points_decode_each_chunk_once():
    lazy = chunked(numbered(SHAPE))
    lazy[::2, ::-3, 1]
    assert set(lazy.source.asked.values()) == {1}
    assert len(lazy.source.asked) == 3 * 3
    other = chunked(numbered(SHAPE))
    other[[0, 1, 4, 0], [0, 1, 8, 3], [0, 2, 6, 1]]
    assert other.source.asked == Counter({(0, 0, 0): 1, (2, 2, 2): 1})


def test_chunks_that_were_decoded_are_not_decoded_again():
    array = numbered(SHAPE)
    lazy = chunked(array)
    for _ in range(3):
        np.testing.assert_array_equal(lazy[1:3, 2:9], array[1:3, 2:9])
    assert set(lazy.source.asked.values()) == {1}


def test_copies_that_were_pickled_share_the_cache():
    lazy = chunked(numbered(SHAPE))
    lazy[0, 0, 0]
    again = pickle.loads(pickle.dumps(lazy))
    again.source.asked.clear()
    assert again[1, 3, 2] == numbered(SHAPE)[1, 3, 2]
    assert again.source.asked == Counter()


def test_chunks_whose_bytes_have_changed_are_decoded_again():
    array = numbered(SHAPE)
    lazy = chunked(array)
    assert lazy[0, 0, 0] == 0
    array[0, 0, 0] = 99
    assert lazy[0, 0, 0] == 0
    lazy.source.versions[0, 0, 0] = "later"
    assert lazy[0, 0, 0] == 99


def test_the_cache_is_bounded_in_bytes_and_forgets_what_was_not_used_for_longest(cache):
    array = numbered((6, 10), np.int64)
    lazy = chunked(array, (1, 10))
    one = 80 + OVERHEAD
    with options(chunk_memory=3 * one):
        for row in (0, 1, 2, 0, 3):  # 3 takes the room of 1
            lazy[row, :5]
        assert cache.nbytes == 3 * one
        lazy[0, :5], lazy[2, :5], lazy[3, :5]
        assert lazy.source.asked == Counter({(0, 0): 1, (1, 0): 1, (2, 0): 1, (3, 0): 1})
        lazy[1, :5]
    assert lazy.source.asked[1, 0] == 2


def test_nothing_is_kept_without_memory_for_it(cache):
    lazy = chunked(numbered(SHAPE))
    with options(chunk_memory=0):
        lazy[0, 0, 0], lazy[0, 0, 0]
    assert lazy.source.asked[0, 0, 0] == 2
    assert cache.nbytes == 0


def test_reading_all_of_a_large_array_does_not_throw_out_what_is_kept(cache):
    small = chunked(numbered(SHAPE))
    large = chunked(numbered((8, 100)), (1, 100))
    with options(chunk_memory=8 * 900):
        small[0, 0, 0]
        kept = cache.nbytes
        large.read()
        assert cache.nbytes == kept
        small[0, 0, 0]
        large[:, 3:]  # no chunk is used in full: some stay
        assert cache.nbytes > kept
    assert small.source.asked[0, 0, 0] == 1


@pytest.mark.parametrize("kind", [Cut, Batched])
def test_many_threads_decode_each_chunk_once(kind):
    array = numbered((16, 30, 20))
    lazy = chunked(array, (4, 8, 8), kind)
    start = Barrier(8)

    def read(number: int) -> bool:
        start.wait()
        return np.array_equal(lazy[number // 4 :, 3:], array[number // 4 :, 3:])

    with options(threads=3), ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(8)))
    assert set(lazy.source.asked.values()) == {1}


class Slow(Cut):
    """A source that waits in the middle of the first chunk, and may then fail."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.begun = Event()
        self.go_on = Event()
        self.fails = False
        self.lock = Lock()

    def read(self, index):
        with self.lock:
            first = not self.begun.is_set()
            self.begun.set()
        if first:
            assert self.go_on.wait(20)
            if self.fails:
                raise CorruptFileError("damaged")
        return super().read(index)


@pytest.mark.parametrize("fails", [False, True])
def test_a_thread_waits_for_a_chunk_that_another_decodes_and_tries_itself_if_that_fails(fails):
    array = numbered(SHAPE)
    lazy = chunked(array, kind=Slow)
    lazy.source.fails = fails
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(lazy.__getitem__, (0, 0, 0))
        assert lazy.source.begun.wait(20)
        two = pool.submit(lazy.__getitem__, (1, 1, 1))
        lazy.source.go_on.set()
        assert two.result() == array[1, 1, 1]
        if fails:
            with pytest.raises(CorruptFileError, match="damaged"):
                one.result()
        else:
            assert one.result() == array[0, 0, 0]
    assert lazy.source.asked == Counter({(0, 0, 0): 1})


class Failing(Cut):
    """A source of which one chunk is damaged."""

    damaged = (1, 1, 1)

    def read(self, index):
        if index == self.damaged:
            raise CorruptFileError(f"chunk {index}: is damaged")
        return super().read(index)


def test_an_error_is_never_fill_and_does_not_stay():
    array = numbered(SHAPE)
    lazy = chunked(array, kind=Failing)
    with pytest.raises(CorruptFileError, match=r"chunk \(1, 1, 1\): is damaged"):
        lazy.read()
    np.testing.assert_array_equal(lazy[:2], array[:2])
    lazy.source.damaged = None
    np.testing.assert_array_equal(lazy.read(), array)


class Wrong(Cut):
    """A source that gives something else for one chunk."""

    def read(self, index):
        return self.other if index == (0, 0, 0) else super().read(index)


@pytest.mark.parametrize(
    "other", [np.zeros((2, 4, 2), int), np.zeros((4, 2, 3), int), np.zeros(CHUNKS, np.int32)]
)
def test_chunks_of_another_shape_or_dtype_are_refused_with_their_name(other):
    lazy = chunked(numbered(SHAPE), kind=Wrong)
    lazy.source.other = other
    with pytest.raises(
        CorruptFileError, match=r"cut: chunk \(0, 0, 0\): must have shape \(2, 4, 3"
    ):
        lazy[0, 0, 0]


def test_chunks_in_another_byte_order_and_order_of_axes():
    array = numbered((4, 6)).astype(">i4")
    source = Cut(np.asfortranarray(array), (4, 6))
    lazy = ChunkedArray(array.shape, array.dtype, (4, 6), source)
    assert lazy.dtype == np.dtype(np.int32).newbyteorder("=")
    np.testing.assert_array_equal(lazy[1:, ::2], array[1:, ::2])


def test_a_view_that_a_source_gives_does_not_keep_all_of_its_base(cache):
    class Views(Cut):
        def read(self, index):
            return self.array[index[0] : index[0] + 1]

    lazy = ChunkedArray((9, 100), np.int64, (1, 100), Views(numbered((9, 100)), (1, 100)))
    lazy[3, 4]
    chunk = cache.find((lazy.source.identity, (3, 0)), None)
    assert chunk.values.base is None
    assert not chunk.values.flags.writeable


def test_chunks_that_are_mostly_outside_the_array_are_kept_without_that(cache):
    array = numbered((5, 100))
    lazy = chunked(array, (4, 90), full=True)
    np.testing.assert_array_equal(lazy[3:, 85:], array[3:, 85:])
    kept = {
        at: cache.find((lazy.source.identity, at), None).values.shape for at in lazy.source.asked
    }
    assert kept == {(0, 0): (4, 90), (0, 1): (4, 10), (1, 0): (1, 90), (1, 1): (1, 10)}


def test_results_do_not_share_memory_with_what_is_kept():
    array = numbered(SHAPE)
    lazy = chunked(array)
    lazy[:2, :4, :3][...] = 0
    np.testing.assert_array_equal(lazy[:2, :4, :3], array[:2, :4, :3])


def test_values_are_cast_while_they_are_read_if_they_fit():
    lazy = chunked(numbered(SHAPE), absent=[(0, 0, 0)])
    np.testing.assert_array_equal(
        lazy.read((0, 0), np.float32), np.float32([77] * 3 + [3, 4, 5, 6])
    )
    with pytest.raises(ImageDataError, match="int8"):
        lazy.read((), np.int8)


@pytest.mark.parametrize(
    ("shape", "chunks", "words"),
    [
        ((4, 4), (2,), "must be 1 or more along each of 2 axes"),
        ((4, 4), (2, 0), "must be 1 or more"),
        ((4, 4), (2, -2), "must be 1 or more"),
        ((-1, 4), (2, 2), "no array has the shape"),
        ((2**40, 2**40), (2, 2), "no array has the shape"),
        ((2**12, 2**20), (2**12, 2**20), "at most 1073741824"),
    ],
)
def test_lengths_that_make_no_sense_are_refused(shape, chunks, words: str):
    with pytest.raises(HeaderDataError, match=f"cut: .*{words}"):
        ChunkedArray(shape, np.int16, chunks, Cut(numbered((1,)), chunks))


def test_a_source_that_has_changed_is_found_before_a_read():
    class Changed(Cut):
        def check(self):
            raise SourceChangedError("has changed")

    with pytest.raises(SourceChangedError, match="has changed"):
        chunked(numbered(SHAPE), kind=Changed)[0]


def test_arrays_without_voxels():
    lazy = ChunkedArray(
        (3, 0, 2), np.int16, (2, 2, 2), Cut(np.zeros((3, 0, 2), np.int16), (2,) * 3)
    )
    assert lazy.read().shape == (3, 0, 2)
    assert lazy.source.asked == Counter()


def total(lazy: ChunkedArray) -> int:
    return int(lazy[1:].sum()) + int(lazy.read().sum())


@pytest.mark.parametrize(
    "method", [pytest.param(name, marks=pytest.mark.requires(name)) for name in ("fork", "spawn")]
)
def test_other_processes_read_what_is_sent_to_them(method: str):
    lazy = chunked(numbered(SHAPE))
    expected = total(lazy)  # threads have been at work, and chunks are kept
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(total, [lazy] * 3) == [expected] * 3


@pytest.mark.requires("fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_in_the_middle_of_a_decoding_leaves_no_one_waiting():
    lazy = chunked(numbered(SHAPE), kind=Slow)
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(lazy.__getitem__, (0, 0, 0))
        assert lazy.source.begun.wait(20)
        child = os.fork()
        if child == 0:  # the thread that decodes is not there: this one must
            os._exit(0 if lazy[1, 1, 1] == numbered(SHAPE)[1, 1, 1] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        lazy.source.go_on.set()
        pending.result()


def test_arrays_pickle_without_what_was_decoded():
    lazy = chunked(np.zeros((1000, 10), np.int64), (500, 10))
    small = len(pickle.dumps(lazy))
    lazy.read()
    lazy[:3]
    assert len(pickle.dumps(lazy)) <= small + 200


# dask


def dask_chunks(lazy):
    return lazy.to_dask().chunks


def test_dask_blocks_are_multiples_of_chunks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("volio.arrays.dask_blocks.TARGET", 8 * 100)
    lazy = chunked(numbered((10, 30, 7)), (2, 4, 3))
    assert dask_chunks(lazy) == ((4, 4, 2), (4,) * 7 + (2,), (6, 1))
    view = lazy_transpose(lazy_flip(lazy_slice(lazy, (slice(1, None), slice(5, 29))), 1))
    # Seen from the end, and from 1 on: the blocks still end where chunks do.
    assert dask_chunks(view) == ((6, 1), (1,) + (4,) * 5 + (3,), (3, 4, 2))
    np.testing.assert_array_equal(view.to_dask().compute(), np.asarray(view))


@given(data=st.data())
def test_no_dask_block_of_a_view_cuts_a_chunk(data):
    length = data.draw(st.integers(1, 40))
    step = data.draw(st.integers(1, 12))
    start = data.draw(st.integers(0, length - 1))
    sign = data.draw(st.sampled_from([1, -1]))
    lazy = chunked(numbered((length,)), (step,))
    stop = data.draw(st.integers(start + 1, length))
    view = lazy_slice(lazy, slice(start, stop))
    view = lazy_flip(view, 0) if sign < 0 else view
    (lengths,) = view.to_dask().chunks
    assert sum(lengths) == stop - start
    ends = np.cumsum(lengths)[:-1]
    in_base = (stop - ends) if sign < 0 else start + ends
    assert (in_base % step == 0).all()


def test_dask_names_are_the_same_for_the_same_array():
    lazy = chunked(numbered(SHAPE))
    assert lazy.to_dask().name == pickle.loads(pickle.dumps(lazy)).to_dask().name
    assert lazy.to_dask().name != chunked(numbered(SHAPE)).to_dask().name


@pytest.mark.parametrize("order", ["F", "C"])
def test_going_through_an_array_decodes_each_chunk_once(order):
    """Also where the cache holds less than a row of chunks."""
    values = numbered(SHAPE, "<i2")
    source = Cut(values, CHUNKS)
    array = ChunkedArray(SHAPE, values.dtype, CHUNKS, source)
    with options(chunk_memory=40):
        pieces = list(iterate_slabs(array, order=order, nbytes=16))
    flat = np.concatenate([piece.values.ravel(order) for piece in pieces])
    np.testing.assert_array_equal(flat, values.ravel(order))
    assert max(piece.values.nbytes for piece in pieces) <= 16
    assert set(source.asked.values()) == {1}
    assert len(source.asked) == 3 * 3 * 3
