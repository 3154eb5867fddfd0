"""Every check of the suite on every sample of every format, plain and compressed."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import volio
from volio.formats.table import FORMATS
from volio.testing import conformance
from volio.testing.samples import samples_of

TABLE = {row.name: row for row in FORMATS}


def cases() -> list:
    """Return format, sample, compression and check, for each that makes sense together."""
    return [
        pytest.param(row, sample, compression, check, id=name)
        for row in FORMATS
        for sample in samples_of(row.name)
        for compression in conformance.COMPRESSIONS
        for check in conformance.checks_for(row.kind)
        for case in [conformance.Case(image_class(row, sample), sample, sample.path, compression)]
        for name in [
            f"{row.name}-{sample.path.name}{compression}-{check.__name__.removeprefix('check_')}"
        ]
        if conformance.applies(check, case)
    ]


def image_class(row, sample) -> type:
    """Return the class of a sample."""
    return next(row.image_class(layout) for layout in row.layouts if layout.image == sample.image)


@pytest.mark.parametrize(("row", "sample", "compression", "check"), cases())
def test_conforms(row, sample, compression, check, tmp_path):
    known = volio.identify(sample.path) is row
    cls = image_class(row, sample)
    with warnings.catch_warnings():
        if is_sheared(sample.affine):  # which is told whenever it is saved
            warnings.simplefilter("ignore", volio.errors.GeometryWarning)
        check(conformance.Case(cls, sample, tmp_path, compression, None if known else row.name))


def is_sheared(affine: np.ndarray) -> bool:
    """Tell whether the axes of an affine are not perpendicular."""
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return not np.allclose(axes.T @ axes, np.eye(3), atol=1e-4)


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_the_kind_of_a_format_is_that_of_its_classes(row):
    assert {row.image_class(layout).kind for layout in row.layouts} == {row.kind}


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_every_layout_has_samples_that_others_wrote(row):
    samples = samples_of(row.name)
    assert {sample.image for sample in samples} == set(row.images)
    assert {sample.kind for sample in samples} == {row.kind}
    assert all(sample.program and "volio" not in sample.program for sample in samples)
