"""What every format must do, as checks that run on any image class and sample.

In the tests of a format that lives elsewhere::

    import pytest
    from volio.testing import conformance
    from volio.testing.samples import samples_of

    SAMPLES = samples_of("mine", Path(__file__).parent / "samples")

    @pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
    @pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.path.name)
    def test_mine(sample, check, tmp_path):
        case = conformance.Case(MyImage, sample, tmp_path)
        if conformance.applies(check, case):
            check(case)

`CHECKS` are for volumes. ``checks_for(kind)`` gives those for images of any kind.
"""

from __future__ import annotations

from collections.abc import Callable

from volio.images.kinds import Kind
from volio.testing.conformance import (
    caching,
    damage,
    files,
    geometry,
    headers,
    loading,
    saving,
    voxels,
)
from volio.testing.conformance.case import COMPRESSIONS, Case

__all__ = ["CHECKS", "COMPRESSIONS", "FILE_CHECKS", "Case", "applies", "checks_for"]

Check = Callable[[Case], None]

#: Every check for volumes; each takes a `Case` with a folder of its own.
CHECKS: tuple[Check, ...] = tuple(
    check
    for module in (loading, voxels, caching, geometry, headers, files, saving, damage)
    for name, check in vars(module).items()
    if name.startswith("check_") and check.__module__ == module.__name__
)

#: The checks among them that hold for images of every kind.
FILE_CHECKS: tuple[Check, ...] = (
    loading.check_loads_by_class_and_by_name,
    loading.check_loads_from_bytes_and_file_objects,
    loading.check_content_beats_name,
    loading.check_missing_file_is_named,
    files.check_every_file_leads_to_all,
    files.check_a_path_may_be_an_image,
    files.check_files_return_the_image,
    files.check_bytes_and_streams_return_the_image,
    files.check_one_stream_is_refused_for_several_files,
    saving.check_a_failing_save_leaves_the_old_file,
)

#: Every check for images of a kind that has checks of its own.
CHECKS_BY_KIND: dict[Kind, tuple[Check, ...]] = {"volume": CHECKS}


def checks_for(kind: Kind) -> tuple[Check, ...]:
    """Return the checks that images of a kind must pass."""
    return CHECKS_BY_KIND.get(kind, FILE_CHECKS)


def applies(check: Check, case: Case) -> bool:
    """Return whether a check makes sense for a case: for files that can be written, say."""
    return all(getattr(case, word) for word in getattr(check, "needs", ()))
