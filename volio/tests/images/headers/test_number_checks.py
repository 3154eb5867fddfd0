"""Numbers of fields: refused where they are not finite, out of range or not all alike."""

from __future__ import annotations

import numpy as np
import pytest

from volio.errors import HeaderDataError
from volio.images.headers.number_checks import check_alike, check_finite, in_range


class OwnError(HeaderDataError):
    """An error of one format."""


def test_integers_have_a_range():
    assert [in_range("skip", number, -1, 3) for number in (-1, 0, 3)] == [-1, 0, 3]
    assert in_range("skip", 10**17, 0) == 10**17
    for number in (-2, 4):
        with pytest.raises(HeaderDataError, match=f"skip: must be -1 to 3, got {number}"):
            in_range("skip", number, -1, 3)
    with pytest.raises(HeaderDataError, match="skip: must be 0 or more, got -1"):
        in_range("skip", -1, 0)


def test_numbers_are_finite_in_every_value():
    check_finite("delta, centre", [1.0, -2.5], np.float32(3), 4)
    with pytest.raises(HeaderDataError, match=r"^delta, centre: .* finite, got 1.5, \[2.0, nan"):
        check_finite("delta, centre", 1.5, [2.0, np.nan])
    with pytest.raises(HeaderDataError, match=r"^slope: must be finite, got -inf$"):
        check_finite("slope", -np.inf)
    with pytest.raises(OwnError, match=r"^slopes: must be finite, got \[inf, 1.0(, 1.0){14}\]$"):
        check_finite("slopes", [np.inf, *[1.0] * 99], error=OwnError)


def test_values_are_alike_in_every_record():
    check_alike("bits", np.array([16, 16, 16]), "images")
    check_alike("spacing", np.array([[1.5, 2.5], [1.5, 2.5]]), "images")
    check_alike("bits", np.array([], int), "images")
    with pytest.raises(HeaderDataError, match=r"^bits: .* same for all images, got \[8, 16"):
        check_alike("bits", np.array([16, 8, 16]), "images")
    with pytest.raises(OwnError, match=r"^spacing: .* all slices, got \[\[1.5, 2.0\], \[1.5, 2.5"):
        check_alike("spacing", np.array([[1.5, 2.5], [1.5, 2.0]]), "slices", OwnError)
