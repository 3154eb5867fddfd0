from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.indexing.runs import byte_strides, full_box, is_one_run, run_boxes, spans


@st.composite
def boxes(draw):
    shape = tuple(draw(st.lists(st.integers(1, 6), max_size=4)))
    ends = [sorted(draw(st.tuples(*[st.integers(0, n)] * 2))) for n in shape]
    return shape, tuple(map(tuple, ends))


@given(boxes(), st.sampled_from([0, 3, 10, 1000]), st.sampled_from([1, 8, 40, 1 << 20]))
def test_spans_bring_the_box_in_ascending_order(case, gap, block):
    shape, box = case
    array = np.arange(prod(shape), dtype="i2").reshape(shape)
    memory = array.tobytes()
    expected = array[(..., *(slice(*side) for side in box))]
    out, end = np.full(expected.shape, -1, "i2"), 0
    for offset, nbytes, where in spans(shape, box, 2, gap=gap, block=block):
        target = out[(..., *where)]
        piece = memory[offset : offset + nbytes]
        target[...] = np.ndarray(target.shape, "i2", piece, 0, byte_strides(shape, 2))
        assert offset >= end
        assert nbytes <= max(block, 2)
        assert nbytes <= target.nbytes + gap * target.size
        end = offset + nbytes
    np.testing.assert_array_equal(out, expected)


def test_spans_join_what_lies_together():
    assert len(list(spans((5, 6, 7), ((1, 4), (0, 6), (0, 7)), 2, gap=0))) == 1
    assert len(list(spans((5, 6, 7), ((1, 4), (0, 6), (0, 6)), 2, gap=0))) == 18
    assert len(list(spans((5, 6, 7), ((1, 4), (0, 6), (0, 6)), 2, gap=2))) == 1


@given(boxes())
def test_one_run(case):
    shape, box = case
    flat = np.arange(prod(shape)).reshape(shape)[(..., *(slice(*side) for side in box))].ravel()
    if flat.size:
        assert is_one_run(shape, box) == bool(np.all(np.diff(flat) == 1))


@given(boxes(), st.data())
def test_run_boxes_are_the_run(case, data):
    shape, _ = case
    flat = np.arange(prod(shape))
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, flat.size)] * 2)))
    pieces = [
        flat.reshape(shape)[(..., *(slice(*side) for side in box))].ravel()
        for box in run_boxes(shape, start, stop)
    ]
    assert np.concatenate([[], *pieces]).tolist() == flat[start:stop].tolist()
    assert len(pieces) <= max(1, 2 * len(shape))


@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 4)])
def test_full_box(shape):
    assert full_box(shape) == tuple((0, length) for length in shape)
