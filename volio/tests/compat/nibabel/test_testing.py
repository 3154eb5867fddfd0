"""What test suites of other packages use."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

import volio
from volio.compat.nibabel import testing
from volio.compat.nibabel.deprecator import ExpiredDeprecationError


def test_assertions_pass():
    testing.assert_dt_equal("i4", np.int32)
    testing.assert_allclose_safely([1, np.nan, np.inf], [1 + 1e-9, np.nan, np.inf])
    testing.assert_arrays_equal([[1, 2], [3]], [[1, 2], [3]])
    testing.assert_arr_dict_equal({"a": [1, 2]}, {"a": [1, 2]})
    testing.assert_re_in("a.c", ["zz", "abcd"])
    testing.assert_data_similar([1, 2], {"data": [1, 2]})
    testing.assert_data_similar([1, 3], {"data_summary": {"min": 1, "max": 3, "mean": 2}})


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("assert_dt_equal", ("<i4", ">i4")),
        ("assert_allclose_safely", ([1, np.nan], [1, 2])),
        ("assert_allclose_safely", ([1, np.nan], [1, np.nan], False)),
        ("assert_allclose_safely", ([1], [1.1])),
        ("assert_arrays_equal", ([[1, 2]], [[1, 2], [3]])),
        ("assert_arrays_equal", ([[1, 2], [3]], [[1, 2]])),
        ("assert_arr_dict_equal", ({"a": [1]}, {"b": [1]})),
        ("assert_arr_dict_equal", ({"a": [1]}, {"a": [2]})),
        ("assert_re_in", ("a.c", "xabc")),
        ("assert_re_in", ("a.c", [])),
        ("assert_data_similar", ([1, 3], {"data_summary": {"min": 1, "max": 3, "mean": 5}})),
    ],
)
def test_assertions_fail(name: str, args: tuple[object, ...]):
    with pytest.raises(AssertionError):  # noqa: PT011  most have no message, as in nibabel
        getattr(testing, name)(*args)


def warn() -> None:
    """Give a warning."""
    warnings.warn("odd", UserWarning, stacklevel=2)


def test_warnings_are_kept_quiet_raised_or_recorded():
    with testing.suppress_warnings():
        warn()
    with pytest.raises(UserWarning, match="odd"), testing.error_warnings():
        warn()
    module = type(json)("given")
    module.__dict__["__warningregistry__"] = {"seen": 1}
    with testing.clear_and_catch_warnings(modules=[module]) as recorded:
        warnings.simplefilter("always")
        warn()
        warn()
        assert module.__dict__["__warningregistry__"] == {}
    assert [str(each.message) for each in recorded] == ["odd", "odd"]
    assert module.__dict__["__warningregistry__"] == {"seen": 1}


def test_marks():
    assert testing.runif_extra_has("nothing like it").name == "skipif"
    assert testing.expires("99")(warn) is warn
    assert testing.expires("1").kwargs == {"raises": ExpiredDeprecationError}
    with testing.deprecated_to("99"):
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    with testing.deprecated_to("1"):
        pass
    assert testing.get_fresh_mod("json") is json
    assert testing.memmap_after_ufunc() is False
    assert "" in testing.EXTRA_SET


def test_images_in_memory():
    img = volio.Nifti1Pair(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    back = testing.bytesio_round_trip(img)
    assert type(back) is volio.Nifti1Pair
    np.testing.assert_array_equal(back.get_fdata(), img.get_fdata())
    assert set(testing.bytesio_filemap(volio.Nifti1Pair)) == {"header", "image"}
