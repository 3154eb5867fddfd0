"""Headers of files that always have four axes."""

from __future__ import annotations

import pytest

from volio.errors import HeaderDataError, HeaderTypeError
from volio.images.headers.series import SeriesHeader


class Series(SeriesHeader):
    """A header in memory that notes what was set."""

    holder = "X"
    longest = 100

    def __init__(self, lengths=(2, 3, 4, 5)):
        self.lengths = lengths
        self.sizes = [1.0, 2.0, 3.0]
        self.step = 0.5
        self.calls = []

    def _lengths(self):
        return self.lengths

    def _set_lengths(self, lengths):
        self.calls.append("lengths")
        self.lengths = tuple(lengths)

    def _voxel_sizes(self):
        return self.sizes

    def _set_voxel_sizes(self, sizes):
        self.calls.append("sizes")
        self.sizes = list(sizes)

    def _time_step(self):
        return self.step

    def _set_time_step(self, step):
        self.calls.append("step")
        self.step = step


def test_files_have_four_axes():
    header = Series((2, 3, 4, 1))
    assert header.get_data_shape() == (2, 3, 4, 1)
    assert header.get_zooms() == (1.0, 2.0, 3.0, 0.5)


@pytest.mark.parametrize(
    ("shape", "kept", "lengths"),
    [
        ((7,), (7, 1, 1), (7, 1, 1, 1)),
        ((7, 8, 9), (7, 8, 9), (7, 8, 9, 1)),
        ((7, 8, 9, 1), (7, 8, 9, 1), (7, 8, 9, 1)),
        ((7, 8, 9, 6), (7, 8, 9, 6), (7, 8, 9, 6)),
    ],
)
def test_arrays_of_three_axes_stay_so_until_they_are_written(shape, kept, lengths):
    header = Series()
    header.set_data_shape(shape)
    assert header.get_data_shape() == kept
    assert header.lengths == lengths
    assert len(header.get_zooms()) == len(kept)


def test_what_is_the_same_is_not_set():
    header = Series()
    header.set_data_shape((2, 3, 4, 5))
    header.set_zooms((1, 2, 3, 0.5))
    header.set_zooms((1, 2, 3))
    assert header.calls == []
    header.set_zooms((1, 2, 3, 0.25))
    header.set_zooms((1, 2, 4))
    header.set_data_shape((2, 3, 4, 6))
    assert header.calls == ["step", "sizes", "lengths"]
    assert (header.step, header.sizes) == (0.25, [1.0, 2.0, 4.0])


@pytest.mark.parametrize("shape", [(1,) * 5, (101,), (1, -1)])
def test_shapes_that_do_not_fit(shape):
    with pytest.raises(HeaderDataError, match="fit X"):
        Series().set_data_shape(shape)


@pytest.mark.parametrize("zooms", [(1, 2), (1, 2, 3, 4, 5), (1, 2, -3), (1, 2, 3, float("nan"))])
def test_voxel_sizes_that_do_not_fit(zooms):
    with pytest.raises(HeaderDataError, match="zooms"):
        Series().set_zooms(zooms)


@pytest.mark.parametrize(
    ("slope", "slopes"), [(None, [1, 1, 1, 1, 1]), (2, [2, 2, 2, 2, 2]), ([1, 2, 3, 4, 5],) * 2]
)
def test_volumes_have_a_slope_each(slope, slopes):
    assert Series().volume_slopes(slope, None).tolist() == slopes
    with pytest.raises(HeaderTypeError, match="cannot store slope None and intercept 3"):
        Series().volume_slopes(slope, 3)
