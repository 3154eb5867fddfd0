"""Times, lengths and angles of files become s, mm and degrees, and are written in its units."""

from __future__ import annotations

import math

import pytest

from volio.images.headers.units import (
    Quantity,
    acquisition_from,
    acquisition_to,
    converted_step,
    millimetres_in,
    seconds_in,
)

FIELDS = (
    Quantity("te", "echo time", "ms"),
    Quantity("ti", "inversion time", "s"),
    Quantity("angle", "flip angle", "radians"),
    Quantity("FlipAngle", "second flip angle", "degrees"),
    Quantity("fov", "field of view", "mm"),
)


def test_numbers_of_files_become_seconds_and_degrees():
    header = {"te": 2.27, "ti": 0.9, "angle": math.pi / 6, "FlipAngle": 30, "fov": 256}
    assert acquisition_from(header.get, FIELDS) == {
        "echo time": 0.00227,
        "inversion time": 0.9,
        "flip angle": pytest.approx(30, rel=1e-15),
        "second flip angle": 30.0,
        "field of view": 256.0,
    }


def test_what_is_absent_or_not_finite_is_not_stated():
    assert acquisition_from({"te": math.nan, "ti": math.inf, "fov": 0.0}.get, FIELDS) == {
        "field of view": 0.0
    }


def test_seconds_and_degrees_are_written_in_the_units_of_the_file():
    known = {"echo time": 0.03, "flip angle": 180.0, "repetition time": 2.0}
    assert acquisition_to(known, FIELDS) == {"te": 30.0, "angle": math.pi}


@pytest.mark.parametrize(
    ("unit", "seconds"),
    [(" Sec ", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("minutes", 60.0), ("Hz", None), ("", None)],
)
def test_units_of_time_have_many_names(unit, seconds):
    assert seconds_in(unit) == seconds


def test_steps_change_with_the_unit():
    assert converted_step(2500.0, 1e-3, 1.0) == pytest.approx(2.5)
    assert converted_step(2.5, None, 1e-3) == pytest.approx(2500.0)
    assert converted_step(2.5, 1.0, None) == 2.5


@pytest.mark.parametrize(
    ("unit", "millimetres"),
    [(" MM ", 1.0), ("cm", 10.0), ("meters", 1e3), ("µm", 1e-3), ("nm", 1e-6), ("s", None)],
)
def test_units_of_length_have_many_names(unit, millimetres):
    assert millimetres_in(unit) == millimetres
