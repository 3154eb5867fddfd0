"""What is kept of what was read, and until when."""

from __future__ import annotations

import numpy as np

from volio.errors import UsageError
from volio.testing.comparison import same_values
from volio.testing.conformance.case import Case, counting, fails, needs, once


@once
@needs("writable", "plain")
def check_an_array_image_is_its_array(case: Case) -> None:
    """The data of an image made from an array is that array, always."""
    array = counting((2, 3, 4), np.float32)
    img = case.image_class(array, None)
    for _ in range(2):
        assert img.in_memory
        assert img.dataobj is array
        assert img.get_fdata(dtype=np.float32) is array
        img.uncache()  # which changes nothing
    wide = img.get_fdata()
    assert wide.dtype == np.float64
    assert img.get_fdata() is wide


@once
@needs("numbers")
def check_a_proxy_reads_afresh_until_it_fills(case: Case) -> None:
    """'unchanged' keeps nothing; 'fill' keeps an array, which then comes back."""
    img = case.load()
    first, second = (img.get_fdata(caching="unchanged") for _ in range(2))
    assert first is not second
    assert not img.in_memory
    first[...] = -1
    np.testing.assert_array_equal(img.get_fdata(caching="unchanged"), case.values)
    kept = img.get_fdata()
    assert img.in_memory
    assert img.get_fdata() is kept
    assert img.get_fdata(caching="unchanged") is kept


@once
@needs("numbers", "plain")
def check_changes_stay_until_uncache(case: Case) -> None:
    """The kept array comes back with its changes; `uncache` forgets both."""
    img = case.load()
    kept = img.get_fdata()
    kept[...] = 77
    assert (img.get_fdata() == 77).all()
    case.compare(img)
    img.uncache()
    assert not img.in_memory
    again = img.get_fdata()
    assert again is not kept
    np.testing.assert_array_equal(again, case.values)


@once
@needs("numbers", "plain")
def check_another_dtype_is_read_anew(case: Case) -> None:
    """One array is kept: that of the dtype filled last."""
    img = case.load()
    wide = img.get_fdata()
    narrow = img.get_fdata(caching="unchanged", dtype=np.float32)
    assert narrow.dtype == np.float32
    assert img.get_fdata() is wide
    filled = img.get_fdata(dtype=np.float32)
    assert img.get_fdata(dtype=np.float32) is filled
    assert img.get_fdata(caching="unchanged") is not wide


@once
@needs("plain")
def check_get_data_keeps_the_dtype(case: Case) -> None:
    """`get_data` gives the dtype of the file and keeps an array of its own."""
    img = case.load()
    assert img.get_data(caching="unchanged") is not img.get_data(caching="unchanged")
    assert not img.in_memory
    kept = img.get_data()
    same_values(kept, case.values)
    assert img.in_memory
    assert img.get_data() is kept
    img.uncache()
    assert not img.in_memory
    assert img.get_data(caching="unchanged") is not kept


@once
@needs("plain")
def check_wrong_arguments_are_refused(case: Case) -> None:
    """Other words for `caching`, and integer dtypes for `get_fdata`."""
    img = case.load()
    with fails(UsageError, naming="caching"):
        img.get_fdata(caching="sometimes")
    with fails(UsageError, naming="caching"):
        img.get_data(caching="sometimes")
    with fails(UsageError, naming="int16"):
        img.get_fdata(dtype=np.int16)
    assert not img.in_memory
