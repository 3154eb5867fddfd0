from __future__ import annotations

import itertools

import pytest

from volio.errors import HeaderDataError
from volio.formats.nifti1 import Nifti1Header, slice_order_codes
from volio.formats.nifti1.slice_timing import slice_order
from volio.formats.nifti2 import Nifti2Header
from volio.tests.formats.nifti1_cases import ORACLE, both


@pytest.mark.parametrize("axes", list(itertools.product([None, 0, 1, 2], repeat=3)))
def test_dim_info(axes):
    ours, theirs = both()
    ours.set_dim_info(*axes)
    theirs.set_dim_info(*axes)
    assert ours["dim_info"] == theirs["dim_info"]
    assert ours.get_dim_info() == axes


def test_dim_info_refuses_other_axes():
    with pytest.raises(HeaderDataError, match="dim_info"):
        Nifti1Header().set_dim_info(3)


LABELS = sorted({label for label in slice_order_codes.label.values() if label != "unknown"})


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(("count", "first", "last"), [(7, 0, 6), (8, 1, 6), (5, 2, 4)])
def test_slice_times(label, count, first, last):
    ours, _ = both(slice_code=slice_order_codes[label], slice_start=first, slice_end=last)
    ours.set_data_shape((3, 4, count))
    ours.set_dim_info(slice=2)
    ours.set_slice_duration(0.125)
    theirs = ORACLE(ours.binaryblock)
    times = ours.get_slice_times()
    assert times == theirs.get_slice_times()
    assert [t is None for t in times] == [not first <= n <= last for n in range(count)]
    again, _ = both()
    again.set_data_shape((3, 4, count))
    again.set_dim_info(slice=2)
    again.set_slice_times(times)
    assert again.get_slice_times() == times
    assert again.get_slice_duration() == 0.125
    assert again["slice_code"] == slice_order_codes[label] or last - first < 4


def test_slice_orders_visit_every_slice():
    for label, count in itertools.product(LABELS, range(1, 9)):
        assert sorted(slice_order(label, count)) == list(range(count))


def test_two_slices_have_an_order():
    header = Nifti1Header()
    header.set_data_shape((3, 4, 2))
    header.set_dim_info(slice=2)
    for times, label in (((0, 0.5), "sequential increasing"), ((0.5, 0), "sequential decreasing")):
        header.set_slice_times(times)
        assert header["slice_code"] == slice_order_codes[label]
        assert header.get_slice_times() == times


def test_slice_times_that_cannot_be_stated():
    header, _ = both()
    for call in (header.get_slice_times, header.get_slice_duration, header.get_n_slices):
        with pytest.raises(HeaderDataError, match="slice axis"):
            call()
    header.set_dim_info(slice=2)
    assert header.get_n_slices() == 5
    with pytest.raises(HeaderDataError, match="slice_code"):
        header.get_slice_times()
    header["slice_code"] = 1
    header["slice_end"] = 9
    with pytest.raises(HeaderDataError, match="slice_end: must be 0 to 4, got 9"):
        header.get_slice_times()
    for end in (5, 0xFFFF - 65536):  # the first number outside, and a negative one
        header["slice_end"] = end
        with pytest.raises(HeaderDataError, match="slice_end: must be 0 to 4"):
            header.get_slice_times()
    header["slice_start"] = -1
    header["slice_end"] = 4
    with pytest.raises(HeaderDataError, match="slice_start: must be 0 to 4, got -1"):
        header.get_slice_times()
    header["slice_start"] = 0
    with pytest.raises(HeaderDataError, match="slice_duration"):
        header.get_slice_times()
    for times in (
        (1, 2),
        (0, None, 1, 2, 3),
        (0, 1, 5, 2, 3),
        (0, 2, 1, 4, 3),
        (None,) * 5,
        (0,) * 5,
    ):
        with pytest.raises(HeaderDataError, match="slice times"):
            header.set_slice_times(times)
    header.set_data_shape((3, 4))
    with pytest.raises(HeaderDataError, match="slice axis"):
        header.get_n_slices()


@pytest.mark.parametrize(
    ("header_class", "times"),
    [
        (Nifti1Header, (0, 0.1, 0.2, 0.3, 0.4)),  # as typed, not as float32 has them
        (Nifti2Header, (0, 0.1, 0.2, 3 * 0.1, 0.4)),  # 0.30000000000000004
    ],
)
def test_times_have_the_digits_that_the_duration_has(header_class, times):
    header = header_class()
    header.set_data_shape((3, 4, 5))
    header.set_dim_info(slice=2)
    header["slice_code"] = slice_order_codes["sequential increasing"]
    header["slice_duration"] = 0.1
    assert header.get_slice_times() == times
