"""The conformance suite finds what is wrong with a format: every check finds a fault."""

from __future__ import annotations

import pytest

import volio
from volio.testing import conformance
from volio.testing.registering import registered
from volio.tests.testing.broken_images import BROKEN, SAMPLES, case_of, intact, row_of

CHECKS = {check.__name__.removeprefix("check_"): check for check in conformance.CHECKS}
EACH = [(image_class, check) for check, classes in BROKEN.items() for image_class in classes]


def try_check(check, image_class, tried, folder) -> None:
    """Run a check on a class; that of other formats on a sound one that is saved as this class."""
    with registered(row_of(tried)):
        given = volio.Nifti1Image if check == "other_formats_keep_values_and_places" else tried
        CHECKS[check](case_of(image_class, given, folder))


def test_every_check_has_a_class_that_it_finds_broken():
    assert set(BROKEN) == set(CHECKS)


@pytest.mark.parametrize(("image_class", "check"), EACH)
def test_a_broken_class_fails_the_check_that_is_for_it(image_class, check, tmp_path):
    try_check(check, image_class, intact(image_class), tmp_path / "intact")
    with pytest.raises((AssertionError, OSError, volio.VolioError)):
        try_check(check, image_class, image_class, tmp_path / "broken")


def test_checks_say_what_they_need(tmp_path):
    case = conformance.Case(volio.Nifti1Pair, SAMPLES["series.nii"], tmp_path, ".gz")
    needed = {name for name, check in CHECKS.items() if conformance.applies(check, case)}
    assert "facts" in needed
    assert "loads_from_bytes_and_file_objects" not in needed  # one file
    assert "a_header_is_a_mapping" not in needed  # not compressed
