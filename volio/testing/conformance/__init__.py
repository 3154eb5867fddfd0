"""What every format must do, as checks that run on any image class and sample.

In the tests of a format that lives elsewhere::

    import pytest
    from volio.testing import conformance
    from volio.testing.samples import samples_of

    RUNS = conformance.runs(MyImage, samples_of("mine", Path(__file__).parent / "samples"))

    @pytest.mark.parametrize("run", RUNS, ids=str)
    def test_mine(run, tmp_path):
        run.check(conformance.Case(MyImage, run.sample, tmp_path, run.compression))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

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
from volio.testing.samples import Sample

__all__ = ["CHECKS", "COMPRESSIONS", "Case", "Run", "applies", "runs"]

Check = Callable[[Case], None]

#: Every check; each takes a `Case` with a folder of its own.
CHECKS: tuple[Check, ...] = tuple(
    check
    for module in (loading, voxels, caching, geometry, headers, files, saving, damage)
    for name, check in vars(module).items()
    if name.startswith("check_") and check.__module__ == module.__name__
)


class Run(NamedTuple):
    """One check on one sample."""

    sample: Sample
    compression: str
    check: Check

    def __str__(self) -> str:
        """Return a name for a list of tests."""
        name = self.check.__name__.removeprefix("check_")
        return f"{self.sample.path.name}{self.compression}-{name}"


def applies(check: Check, case: Case) -> bool:
    """Return whether a check makes sense for a case: for files that can be written, say."""
    return all(getattr(case, word) for word in getattr(check, "needs", ()))


def runs(
    image_class: type[Any],
    samples: Sequence[Sample],
    compressions: Iterable[str] = ("", ".gz"),
) -> list[Run]:
    """Return what to run for an image class: a sum of samples and compressions, not their product.

    Every check runs on every sample as it is. One sample, the first that a check makes sense for,
    is enough where files are compressed as well, because codecs are below the formats, and for
    checks of what the class does whatever is in a file: those marked `once`.

    Parameters
    ----------
    image_class : type
    samples : sequence of Sample
        Of this class.
    compressions : iterable of str
        Some of `COMPRESSIONS`.

    Returns
    -------
    list of Run
    """
    chosen = []
    for check in CHECKS:
        for compression in compressions:
            fitting = [
                Run(sample, compression, check)
                for sample in samples
                if applies(check, Case(image_class, sample, sample.path.parent, compression))
            ]
            one_is_enough = bool(compression) or getattr(check, "once", False)
            chosen += fitting[:1] if one_is_enough else fitting
    return chosen
