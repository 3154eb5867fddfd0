"""What every format must do, as checks that run on any image class and sample.

In the tests of a format of another package::

    import pytest
    from volio.testing import conformance
    from volio.testing.samples import samples_of

    RUNS = conformance.runs(MyImage, samples_of("mine", Path(__file__).parent / "samples"))

    @pytest.mark.parametrize("run", RUNS, ids=str)
    def test_mine(run, tmp_path):
        run.check(conformance.Case(MyImage, run.sample, tmp_path, run.compression))

`CHECKS` are for volumes. ``checks_for(kind)`` gives those for images of any kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from volio.images.kinds import Kind
from volio.testing.conformance import (
    caching,
    damage,
    files,
    geometry,
    greyordinates,
    headers,
    loading,
    saving,
    surfaces,
    tracts,
    voxels,
)
from volio.testing.conformance.case import COMPRESSIONS, Case
from volio.testing.samples import Sample

__all__ = [
    "CHECKS",
    "COMPRESSIONS",
    "FILE_CHECKS",
    "GREYORDINATE_CHECKS",
    "SURFACE_CHECKS",
    "TRACT_CHECKS",
    "Case",
    "Run",
    "applies",
    "checks_for",
    "runs",
]

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
    files.check_other_endings_are_refused,
    files.check_a_path_may_be_an_image,
    files.check_files_return_the_image,
    files.check_bytes_and_streams_return_the_image,
    files.check_one_stream_is_refused_for_several_files,
    saving.check_a_failing_save_leaves_the_old_file,
)

#: The checks that are for surfaces alone.
SURFACE_CHECKS: tuple[Check, ...] = (
    surfaces.check_surface_facts,
    surfaces.check_contents_are_all_there_is,
    surfaces.check_copies_are_their_own,
    surfaces.check_saving_keeps_a_surface,
    surfaces.check_cut_surfaces,
    surfaces.check_flipped_bits_of_surfaces,
)

#: The checks that are for greyordinates alone.
GREYORDINATE_CHECKS: tuple[Check, ...] = (
    greyordinates.check_matrix_facts,
    greyordinates.check_every_index_reads_what_it_names,
    greyordinates.check_saving_keeps_a_matrix,
    greyordinates.check_untouched_files_keep_their_bytes,
    greyordinates.check_saving_over_itself,
    greyordinates.check_cut_matrices,
    greyordinates.check_flipped_bits_of_matrices,
)

#: The checks that are for tracts alone.
TRACT_CHECKS: tuple[Check, ...] = tuple(
    check
    for name, check in vars(tracts).items()
    if name.startswith("check_") and check.__module__ == tracts.__name__
)

#: Every check for images of a kind that has checks of its own.
CHECKS_BY_KIND: dict[Kind, tuple[Check, ...]] = {
    "volume": CHECKS,
    "surface": (*FILE_CHECKS, *SURFACE_CHECKS),
    "greyordinates": (*FILE_CHECKS, *GREYORDINATE_CHECKS),
    "tracts": (*FILE_CHECKS, *TRACT_CHECKS),
}


def checks_for(kind: Kind) -> tuple[Check, ...]:
    """Return the checks that images of a kind must pass."""
    return CHECKS_BY_KIND.get(kind, FILE_CHECKS)


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
    for check in checks_for(image_class.kind):
        for compression in compressions:
            fitting = [
                Run(sample, compression, check)
                for sample in samples
                if applies(check, Case(image_class, sample, sample.path.parent, compression))
            ]
            one_is_enough = bool(compression) or getattr(check, "once", False)
            chosen += fitting[:1] if one_is_enough else fitting
    return chosen
