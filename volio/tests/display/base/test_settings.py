"""Settings: checked, kept, reported; and the checks by themselves."""

from __future__ import annotations

import numpy as np
import pytest

from volio.display.base.settings import (
    Setting,
    finite_number,
    number_from,
    numbers,
    one_of,
    setting_names,
    text,
)
from volio.errors import UsageError


class Owner:
    """Something with settings, that keeps what is reported."""

    shape = Setting(one_of("round", "square"), "Its shape.")
    size = Setting(number_from(0, 10), "Its size.", repeats=False)

    def __init__(self) -> None:
        self.reported: list[tuple[str, object]] = []

    def setting_changed(self, name: str, value: object) -> None:
        self.reported.append((name, value))


class Larger(Owner):
    """Something with one more."""

    label = Setting(text, "What is written on it.")


def test_settings_are_checked_kept_and_reported():
    owner = Owner()
    owner.shape = "ROUND"
    assert owner.shape == "round"
    with pytest.raises(UsageError, match=r"shape: must be one of round, square, got 'flat'"):
        owner.shape = "flat"
    assert owner.shape == "round"
    assert owner.reported == [("shape", "round")]
    assert Owner.shape.__doc__ == "Its shape."
    assert isinstance(Owner.shape, Setting)


def test_the_same_value_again_is_reported_unless_a_setting_leaves_it_out():
    owner = Owner()
    for value in (3, 3.0, 4):
        owner.size = value
    for _ in range(2):
        owner.shape = "square"
    assert owner.reported == [("size", 3), ("size", 4), ("shape", "square"), ("shape", "square")]


def test_names_of_settings_are_those_of_the_bases_and_of_the_class():
    assert setting_names(Owner) == ("shape", "size")
    assert setting_names(Larger) == ("shape", "size", "label")


@pytest.mark.parametrize(
    ("check", "value", "kept"),
    [
        (one_of("a", "b"), "B", "b"),
        (text, 3, "3"),
        (finite_number, "2.5", 2.5),
        (number_from(0, 1), 1, 1.0),
        (number_from(0, 1), 0, 0.0),
    ],
)
def test_checks_return_what_is_kept(check, value, kept):
    found = check("x", value)
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (one_of("a", "b"), "c", "x: must be one of a, b, got 'c'"),
        (finite_number, np.inf, "x: must be a finite number, got inf"),
        (finite_number, "much", "x: must be a number, got 'much'"),
        (number_from(0, 1), 1.01, "x: must be a number from 0 to 1, got 1.01"),
        (number_from(0, 1), -0.01, "x: must be a number from 0 to 1, got -0.01"),
        (number_from(), np.nan, "x: must be a number from -inf to inf, got nan"),
        (numbers(3), (1, 2), r"x: must be 3 finite numbers, got \(1, 2\)"),
        (numbers(3), (1, 2, np.nan), "x: must be 3 finite numbers"),
        (numbers(3), 2, "x: must be 3 finite numbers, got 2"),
        (numbers(2, zeros="some"), (0, 0), "leaves nothing"),
        (numbers(2, zeros="none"), (1, 0), "leaves nothing"),
    ],
)
def test_checks_refuse(check, value, message):
    with pytest.raises(UsageError, match=message):
        check("x", value)


def test_numbers_are_a_copy_and_one_may_stand_for_all():
    given = np.array([1.0, 0.0])
    kept = numbers(2)("x", given)
    given[0] = 9
    assert kept.tolist() == [1, 0]
    assert numbers(3, single=True)("x", 2).tolist() == [2, 2, 2]
    assert numbers(2, zeros="some")("x", (0, 3)).tolist() == [0, 3]
