"""Every check of the suite on the samples of every format, plain and compressed."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import volio
from volio.formats.lookup import layouts
from volio.formats.table import FORMATS
from volio.testing import conformance
from volio.testing.conformance.saving import check_other_formats_keep_values_and_places
from volio.testing.samples import samples_of

#: Formats whose voxels are on a server: formats/catmaid has their tests.
ON_SERVERS = {"catmaid"}


def each_run() -> list:
    """Return row, class, and what to run, for every image class of the table."""
    return [
        pytest.param(row, row.image_class(layout), run, id=f"{row.name}-{run}")
        for row, layout in layouts()
        for run in runs_of(row, layout)
    ]


def runs_of(row, layout) -> list[conformance.Run]:
    """Return what to run for one image class.

    Codecs other than gzip run on NIfTI-1 alone: `files/codecs` holds each of them, and no format
    sees which of them has opened its file.
    """
    samples = [sample for sample in samples_of(row.name) if sample.image == layout.image]
    compressions = conformance.COMPRESSIONS if row.name == "nifti1" else ("", ".gz")
    runs = conformance.runs(row.image_class(layout), samples, compressions)
    # test_conversion.py takes the samples into every other format, and looks at more of what
    # arrives.
    return [run for run in runs if run.check is not check_other_formats_keep_values_and_places]


# Slices that a format cannot time any more, as those turned to another axis.
@pytest.mark.filterwarnings("ignore:slice times:volio.errors.LossWarning")
@pytest.mark.parametrize(("row", "image_class", "run"), each_run())
def test_conforms(row, image_class, run, tmp_path):
    known = volio.identify(run.sample.path) is row
    # The bytes of some files say nothing of their format.
    name = None if known and not run.sample.facts.get("known by name") else row.name
    with warnings.catch_warnings():
        if row.kind == "volume" and is_sheared(
            run.sample.affine
        ):  # which a warning reports whenever it is saved
            warnings.simplefilter("ignore", volio.errors.GeometryWarning)
        if run.sample.facts.get("space") == "unknown":  # which loading tells
            warnings.simplefilter("ignore", volio.errors.GeometryWarning)
        run.check(conformance.Case(image_class, run.sample, tmp_path, run.compression, name))


def is_sheared(affine: np.ndarray) -> bool:
    """Return whether the axes of an affine are not perpendicular."""
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return not np.allclose(axes.T @ axes, np.eye(3), atol=1e-4)


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_the_kind_of_a_format_is_that_of_its_classes(row):
    assert {row.image_class(layout).kind for layout in row.layouts} == {row.kind}


@pytest.mark.parametrize(
    "row", [row for row in FORMATS if row.name not in ON_SERVERS], ids=lambda row: row.name
)
def test_every_layout_has_samples_that_others_wrote(row):
    samples = samples_of(row.name)
    assert {sample.image for sample in samples} == set(row.images)
    assert {sample.kind for sample in samples} == {row.kind}
    assert all(sample.program and "volio" not in sample.program for sample in samples)


def test_every_check_runs_on_every_class_that_it_makes_sense_for():
    """Whatever the selection leaves out, a class and a check that fit together meet."""
    for row, layout in layouts():
        image_class = row.image_class(layout)
        samples = [sample for sample in samples_of(row.name) if sample.image == layout.image]
        fitting = {
            check
            for check in conformance.checks_for(row.kind)
            for sample in samples
            if conformance.applies(check, conformance.Case(image_class, sample, sample.path))
        }
        met = {run.check for run in runs_of(row, layout)}
        assert fitting - met <= {check_other_formats_keep_values_and_places}
