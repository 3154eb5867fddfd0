"""Checks run one after another."""

from __future__ import annotations

import io
import logging

import nibabel.batteryrunners as theirs
import pytest

import volio.compat.nibabel.batteryrunners as ours
from volio.images.headers import checks


@pytest.mark.parametrize("level", [0, 20, 30, 40])
@pytest.mark.parametrize("error", [ValueError, None])
def test_reports_speak_like_nibabels(level: int, error: type[Exception] | None):
    for error_level in (10, 40):
        texts = []
        for module in (theirs, ours):
            report = module.Report(error, level, "bad", "mended")
            stream = io.StringIO()
            try:
                report.write_raise(stream, error_level, log_level=25)
            except ValueError as raised:
                stream.write(str(raised))
            texts.append((report.message, stream.getvalue()))
        assert texts[0] == texts[1]


def test_reports_are_logged_and_raised(caplog: pytest.LogCaptureFixture):
    report = ours.Report(KeyError, 35, "bad", "mended")
    logger = logging.getLogger("volio.test")
    report.log_raise(logger)
    with pytest.raises(KeyError, match="bad"):
        report.log_raise(logger, 30)
    ours.Report().log_raise(logger, 0)
    assert [record.getMessage() for record in caplog.records] == ["bad; mended"] * 2
    assert isinstance(report, checks.Report)
    assert ours.Report() == ours.Report()
    assert ours.Report() != report


def add(number: int, fix: bool = False) -> tuple[int, ours.Report]:
    """Report what an even number lacks, and add it."""
    if number % 2:
        return number, ours.Report()
    return number + fix, ours.Report(ValueError, 20, f"{number} is even", "added 1" if fix else "")


def test_a_battery_hands_the_object_on():
    runner = ours.BatteryRunner([add, add])
    assert len(runner) == 2
    assert [report.message for report in runner.check_only(2)] == ["2 is even"] * 2
    mended, reports = runner.check_fix(2)
    assert mended == 3
    assert [report.message for report in reports] == ["2 is even; added 1", ""]
