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
"""

from __future__ import annotations

from collections.abc import Callable

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

__all__ = ["CHECKS", "COMPRESSIONS", "Case", "applies"]

#: Every check; each takes a `Case` with a folder of its own.
CHECKS: tuple[Callable[[Case], None], ...] = tuple(
    check
    for module in (loading, voxels, caching, geometry, headers, files, saving, damage)
    for name, check in vars(module).items()
    if name.startswith("check_") and check.__module__ == module.__name__
)


def applies(check: Callable[[Case], None], case: Case) -> bool:
    """Tell whether a check makes sense for a case: for files that can be written, say."""
    return all(getattr(case, word) for word in getattr(check, "needs", ()))
