"""Arrays in memory that note what was asked of them, and strategies for shapes and indices."""

import numpy as np
from hypothesis import strategies as st

from volio.arrays.indexing.runs import StorageLayout
from volio.arrays.lazy import LazyArray


class Counting(LazyArray):
    """A lazy array over one in memory, which notes the boxes that it is asked for."""

    def __init__(self, array, order=None, gaps=None, forward=False):
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype
        self.boxes = []
        self.steps = StorageLayout(
            order or tuple(range(array.ndim)), gaps or (0,) * array.ndim, forward
        )

    @property
    def layout(self):
        return self.steps

    def fill(self, out, box):
        assert out.shape == tuple(stop - start for start, stop in box)
        self.boxes.append(box)
        out[...] = self.array[(..., *(slice(*side) for side in box))]

    @property
    def asked(self):
        """How many values all boxes have together."""
        return sum(int(np.prod([stop - start for start, stop in box])) for box in self.boxes)


def numbered(shape, dtype=np.int64):
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


shapes = st.lists(st.integers(0, 5), max_size=5).map(tuple)


@st.composite
def slices(draw, length):
    end = st.none() | st.integers(-length - 2, length + 2)
    step = st.none() | st.sampled_from([1, -1, 2, -2, 3, -4])
    return slice(draw(end), draw(end), draw(step))


@st.composite
def indices_of_axis(draw, length):
    """What may stand for one axis, now and then out of its range."""
    number = st.integers(-length - (draw(st.integers(0, 19)) == 0), max(0, length - 1))
    several = st.lists(number, max_size=4)
    return draw(
        slices(length)
        | number
        | number.map(np.array)
        | several
        | several.map(lambda found: np.array(found, int).reshape(-1, 1))
        | st.lists(st.booleans(), min_size=length, max_size=length).map(
            lambda found: np.array(found, bool)
        )
    )


@st.composite
def shapes_and_indices(draw):
    shape = draw(shapes)
    index, axis = [], 0
    while axis < len(shape) and draw(st.integers(0, 4)):
        if axis + 1 < len(shape) and draw(st.integers(0, 7)) == 0:
            seed = draw(st.integers(0, 99))
            index.append(np.random.default_rng(seed).random(shape[axis : axis + 2]) < 0.4)
            axis += 2
        else:
            index.append(draw(indices_of_axis(shape[axis])))
            axis += 1
        if draw(st.integers(0, 7)) == 0:
            index.append(draw(st.sampled_from([None, True, False, np.True_])))
    if draw(st.booleans()):
        index.insert(draw(st.integers(0, len(index))), Ellipsis)
    return shape, tuple(index)
