"""Which slices stand in for a broken one."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import UsageError
from volio.formats.catmaid.broken import BROKEN_CHOICES, BrokenSlices, interpolated

BROKEN = {0, 4, 5, 9}  # of 10


def stand_in(z: int, handling: str, **replacements: int) -> tuple[int, ...]:
    named = {int(key[1:]): offset for key, offset in replacements.items()}
    return BrokenSlices(BROKEN, 10, handling, named).substitute(z).slices


@pytest.mark.parametrize(
    ("handling", "expected"),
    [
        ("fill", {0: (), 4: (), 5: (), 9: ()}),
        ("above", {0: (), 4: (3,), 5: (3,), 9: (8,)}),
        ("below", {0: (1,), 4: (6,), 5: (6,), 9: ()}),
        ("closest", {0: (1,), 4: (3,), 5: (6,), 9: (8,)}),
        ("interpolate", {0: (1,), 4: (3, 6), 5: (3, 6), 9: (8,)}),
    ],
)
def test_slices_that_stand_in(handling: str, expected: dict):
    assert {z: stand_in(z, handling) for z in sorted(BROKEN)} == expected
    assert set(BROKEN_CHOICES) == {"fill", "above", "below", "closest", "interpolate"}


def test_of_two_that_are_as_near_the_lower_one_is_the_closest():
    assert BrokenSlices({4}, 10, "closest").substitute(4).slices == (3,)


def test_the_closest_is_the_one_that_the_server_names():
    assert stand_in(4, "closest", z4=3) == (7,)
    assert stand_in(4, "closest", z4=1, z5=-3) == (2,)  # by way of a broken one
    assert stand_in(4, "above", z4=3) == (3,)


@pytest.mark.parametrize(
    "named",
    [
        {"z4": 1, "z5": -1},  # round in a circle
        {"z4": 0},
        {"z4": 1},  # to a broken one of which it says nothing
        {"z4": 7},  # outside
        {"z4": -7},
    ],
)
def test_chains_that_lead_nowhere_count_as_none(named: dict):
    assert stand_in(4, "closest", **named) == (3,)


def test_weights_are_distances():
    found = {z: BrokenSlices(BROKEN, 10, "interpolate").substitute(z).weight for z in (4, 5)}
    assert found == {4: pytest.approx(1 / 3), 5: pytest.approx(2 / 3)}


@pytest.mark.parametrize("handling", ["above", "below", "closest", "interpolate"])
def test_where_all_are_broken_none_stands_in(handling: str):
    slices = BrokenSlices(set(range(5)), 5, handling)
    assert slices.substitute(2).slices == ()
    assert slices.note(2) == "slice 2 is broken, and no slice can stand in for it: it is filled"


def test_notes_name_slices_that_are_far():
    slices = BrokenSlices({2, 3, 4, 5}, 10, "above")
    assert {z: slices.note(z) for z in (2, 3)} == {2: "", 3: ""}
    assert slices.note(4) == "slice 4 is broken: slice 1 stands in for it, 3 slices away"
    between = BrokenSlices({2, 3, 4, 5}, 10, "interpolate")
    assert between.note(2) == "slice 2 is broken: slice 6 stands in for it, 4 slices away"
    assert BrokenSlices({2, 3, 4, 5}, 10).note(4) == ""


def test_slices_outside_the_stack_do_not_stand_in():
    """Though nobody calls them broken."""
    assert BrokenSlices({0, 1}, 3, "above").substitute(1).slices == ()
    assert BrokenSlices({2}, 3, "below").substitute(2).slices == ()


def test_a_million_broken_slices_take_no_time():
    """By steps it would be 10**11 of them."""
    count = 10**6
    slices = BrokenSlices(set(range(1, count)), count + 1, "interpolate")
    start = time.process_time()
    found = [slices.substitute(z).slices for z in range(1, count, 100)]
    assert set(found) == {(0, count)}
    assert time.process_time() - start < 5


@given(st.sets(st.integers(-2, 30)), st.integers(1, 29))
def test_the_nearest_slices_are_those_that_steps_lead_to(broken, depth):
    for z in broken & set(range(depth)):
        lower = next((n for n in range(z, -4, -1) if n not in broken), -1)
        upper = next(n for n in range(z, 40) if n not in broken)
        expected = tuple(n for n in (lower, upper) if 0 <= n < depth)
        assert BrokenSlices(broken, depth, "interpolate").substitute(z).slices == expected


def test_other_words_are_refused():
    with pytest.raises(UsageError, match="must be one of fill, above, below, closest, interpolate"):
        BrokenSlices(BROKEN, 10, "mean")


def test_what_is_broken():
    slices = BrokenSlices(BROKEN, 10)
    assert [z for z in range(-2, 12) if z in slices] == [0, 4, 5, 9]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_integers_between_are_rounded_half_to_even(dtype: str):
    top = np.iinfo(dtype).max
    lower = np.array([0, 1, 2, 3, 0, top], dtype)
    upper = np.array([1, 2, 3, 4, top, 0], dtype)
    found = interpolated(lower, upper, 0.5)
    assert found.dtype == dtype
    half = (top // 2) + 1  # 127.5 and 32767.5, both to even
    assert found.tolist() == [0, 2, 2, 4, half, half]


def test_floats_between_are_not_rounded():
    lower = np.array([0.0, 1.0], np.float32)
    found = interpolated(lower, lower + 1, 0.25)
    assert found.tolist() == [0.25, 1.25]
    assert found.dtype == np.float32
