"""Contrast limits, without a layer."""

from __future__ import annotations

import numpy as np
import pytest

from volio.display.layers.parts.limits import ContrastLimits
from volio.errors import UsageError
from volio.tests.display.layers.parts.recording import Recorder


class Values:
    """An array of which a part is shown, and which of the two was looked at."""

    def __init__(self, whole: np.ndarray, shown: np.ndarray | None, in_memory: bool = True) -> None:
        self.whole = whole
        self.shown = shown
        self.in_memory = in_memory
        self.dtype = whole.dtype
        self.rgb = False
        self.searched: list[str] = []

    def level_for_limits(self, rule: str) -> np.ndarray:
        self.searched.append("data")
        return self.whole

    def slice_values(self) -> np.ndarray | None:
        self.searched.append("slice")
        return self.shown


@pytest.fixture
def values() -> Values:
    whole = np.array([[0.0, 7], [30, 90]])
    return Values(whole, whole[0])


def test_limits_are_found_when_they_are_first_asked_for(values: Values):
    limits = ContrastLimits(values)
    assert values.searched == []
    assert limits.contrast_limits == [0, 90]
    assert limits.limits == (0, 90)
    assert values.searched == ["data"]
    given = ContrastLimits(values, contrast_limits=(1, 2))
    assert (given.contrast_limits, given.contrast_limits_range) == ([1, 2], [1, 2])
    assert values.searched == ["data"]


def test_the_rule_of_napari_looks_at_the_slice_of_what_is_not_in_memory(values: Values):
    values.in_memory = False
    values.dtype = np.dtype(np.int16)
    limits = ContrastLimits(values, contrast_rule="napari")
    assert limits.contrast_limits == [0, 7]
    assert limits.contrast_limits_range == [-32768, 32767]
    assert values.searched == ["slice"]


def test_the_range_holds_the_limits(values: Values):
    limits = ContrastLimits(values)
    limits.contrast_limits = (-5, 10)
    assert limits.contrast_limits_range == [-5, 90]
    assert limits.middle_of_range() == 42.5
    log = Recorder(limits)
    limits.contrast_limits = (0, 10)
    limits.contrast_limits = (-6, 10)
    assert log.events == [
        ("contrast_limits", [0, 10]),
        ("contrast_limits_range", [-6, 90]),
        ("contrast_limits", [-6, 10]),
    ]


def test_a_narrower_range_cuts_the_limits(values: Values):
    limits = ContrastLimits(values)
    log = Recorder(limits)
    limits.contrast_limits_range = (None, 50)
    assert log.events == [("contrast_limits_range", [0, 50]), ("contrast_limits", [0, 50])]
    limits.contrast_limits_range = (60, 70)
    assert limits.contrast_limits == [60, 70]


def test_limits_of_what_is_shown_or_of_everything(values: Values):
    limits = ContrastLimits(values)
    limits.reset_contrast_limits()
    assert limits.contrast_limits == [0, 7]
    limits.reset_contrast_limits("data")
    assert limits.contrast_limits == [0, 90]
    limits.reset_contrast_limits(rule="dtype")
    assert limits.contrast_limits == [0, 1]
    values.shown = None
    limits.reset_contrast_limits("slice")
    assert limits.contrast_limits == [0, 90]
    with pytest.raises(UsageError, match="mode: must be 'slice' or 'data', got 'all'"):
        limits.reset_contrast_limits("all")
    with pytest.raises(UsageError, match="rule: must be one of"):
        limits.reset_contrast_limits(rule="loud")


def test_the_range_of_integers_is_that_of_their_dtype(values: Values):
    limits = ContrastLimits(values)
    limits.reset_contrast_limits_range()
    assert limits.contrast_limits_range == [0, 7]
    values.dtype = np.dtype(np.uint8)
    limits.reset_contrast_limits_range()
    assert limits.contrast_limits_range == [0, 255]


def test_limits_follow_the_slice_if_they_are_told_to(values: Values):
    limits = ContrastLimits(values)
    limits.follow_slice()
    assert values.searched == []
    log = Recorder(limits)
    limits.auto_contrast = True
    assert log.names[0] == "auto_contrast"
    assert limits.contrast_limits == [0, 7]
    values.shown = values.whole[1]
    limits.follow_slice()
    assert limits.contrast_limits == [30, 90]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contrast_limits", (3, 3)),
        ("contrast_limits", (3, 2)),
        ("contrast_limits", (0, np.inf)),
        ("contrast_limits", 3),
        ("contrast_limits_range", (1, 2, 3)),
        ("contrast_limits_range", (2, 1)),
        ("contrast_rule", "loud"),
    ],
)
def test_values_that_make_no_sense_are_refused(values: Values, name, value):
    limits = ContrastLimits(values)
    before = getattr(limits, name)
    with pytest.raises(UsageError, match=f"{name}: must be"):
        setattr(limits, name, value)
    assert getattr(limits, name) == before
