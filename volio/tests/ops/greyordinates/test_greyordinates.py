"""Greyordinates described, compared and examined."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.errors import UsageError
from volio.formats.cifti2 import (
    BrainModelAxis,
    Cifti2Image,
    Cifti2MetaData,
    LabelAxis,
    ParcelsAxis,
    ScalarAxis,
    SeriesAxis,
)
from volio.ops.examine import examine, repair
from volio.ops.greyordinates.axes import axis_facts, named_index
from volio.ops.greyordinates.compare import compare_greyordinates
from volio.ops.greyordinates.describe import describe_greyordinates
from volio.ops.greyordinates.moments import AxisMoments
from volio.testing.samples import samples_of

SAMPLES = {sample.path.name: sample.path for sample in samples_of("cifti2")}
LEFT = BrainModelAxis.from_surface([0, 2, 3], 5, "cortex_left")
STEM = BrainModelAxis.from_mask(np.ones((1, 2, 2)), "brain_stem", np.eye(4))


def maps(values, names=("a", "b"), axis=LEFT + STEM, **options):
    return Cifti2Image(np.asarray(values), (ScalarAxis(names), axis), **options)


def found_in(img):
    return [(issue.level, issue.where, issue.found) for issue in examine(img)]


# Axes.


def test_axes_in_words():
    assert axis_facts(SeriesAxis(0, 0.72, 1200)).text == "1200 points (every 0.72 s)"
    assert axis_facts(SeriesAxis(5, 2, 1, "HERTZ")).text == "1 point (every 2 Hz from 5)"
    assert axis_facts(ScalarAxis(["x"])).text == "1 map"
    labels = LabelAxis(["x", "y"], {0: ("zero", (0, 0, 0, 0))})
    assert (axis_facts(labels).kind, axis_facts(labels).names) == ("labels", ["x", "y"])
    facts = axis_facts(LEFT + STEM)
    parts = [(part.name, part.start, part.stop, part.of) for part in facts.structures]
    assert parts == [("cortex_left", 0, 3, "vertices"), ("brain_stem", 3, 7, "voxels")]
    parcels = ParcelsAxis.from_brain_models([("front", LEFT), ("deep", STEM)])
    assert axis_facts(parcels).text == "2 parcels"
    assert axis_facts(parcels).names == ["front", "deep"]


def test_what_an_index_is():
    assert named_index(LEFT + STEM, 2) == "cortex_left, vertex 3"
    assert named_index(LEFT + STEM, 4) == "brain_stem, voxel (0, 0, 1)"
    assert named_index(SeriesAxis(1, 0.5, 4), 3) == "2.5 s"
    assert named_index(ScalarAxis(["x", "y"]), 1) == "'y'"


# Statistics.


def test_moments_of_slabs_are_those_of_all():
    random = np.random.default_rng(5)
    values = random.normal(1000, 3, (7, 40))
    values[2, 5] = np.nan
    values[3, :] = np.inf
    moments = AxisMoments(7)
    for start in (0, 10, 15):
        stop = {0: 10, 10: 15, 15: 40}[start]
        moments.add(values[:4, start:stop], 0, 0)
        moments.add(values[4:, start:stop], 0, 4)
    row = moments.of(2)
    known = values[2][np.isfinite(values[2])]
    assert (row.count, row.nan, row.infinite) == (39, 1, 0)
    assert (row.minimum, row.maximum) == (known.min(), known.max())
    assert row.mean == pytest.approx(known.mean(), rel=1e-14)
    assert row.std == pytest.approx(known.std(), rel=1e-12)
    everything = moments.of(slice(None))
    known = values[np.isfinite(values)]
    assert (everything.count, everything.nan, everything.infinite) == (239, 1, 40)
    assert everything.mean == pytest.approx(known.mean(), rel=1e-14)
    assert everything.std == pytest.approx(known.std(), rel=1e-12)
    empty = moments.of(3)
    assert (empty.count, empty.infinite) == (0, 40)
    assert np.isnan([empty.minimum, empty.maximum, empty.mean, empty.std]).all()


def test_statistics_of_maps_and_structures():
    values = np.arange(14, dtype=np.float32).reshape(2, 7)
    found = describe_greyordinates(maps(values))
    assert (found.values.minimum, found.values.maximum, found.values.mean) == (0, 13, 6.5)
    assert [(name, part.mean) for name, part in found.maps] == [("a", 3), ("b", 10)]
    means = [(name, part.mean, part.count) for name, part in found.structures]
    assert means == [("cortex_left", 4.5, 6), ("brain_stem", 8, 8)]


def test_statistics_of_a_matrix_without_maps_or_structures():
    parcels = ParcelsAxis.from_brain_models([("front", LEFT), ("deep", STEM)])
    img = Cifti2Image(np.arange(8.0).reshape(2, 2, 2), (parcels, parcels, SeriesAxis(0, 1, 2)))
    found = describe_greyordinates(img)
    assert (found.values.count, found.values.mean, found.maps) == (8, 3.5, [])
    with pytest.raises(UsageError, match="is a volume, and describe_greyordinates takes"):
        describe_greyordinates(volio.Nifti1Image(np.zeros((2, 2, 2)), np.eye(4)))


# Comparison.


def test_equal_matrices_do_not_differ():
    found = compare_greyordinates(
        volio.load(SAMPLES["series.nii"]), volio.load(SAMPLES["series.nii"])
    )
    assert (found.axes, found.fields, found.values.differing, found.place) == ({}, {}, 0, "")


def test_values_that_differ_are_named():
    values = np.zeros((2, 7), np.float32)
    other = values.copy()
    other[1, 4] = 0.5
    found = compare_greyordinates(maps(values), maps(other, dtype=np.float64))
    assert (found.values.differing, found.values.largest) == (1, 0.5)
    assert found.place == "'b' at brain_stem, voxel (0, 0, 1)"
    assert found.dtypes == ("float32", "float64")
    assert compare_greyordinates(maps(values), maps(other), atol=0.5).values.differing == 0
    with pytest.raises(UsageError, match="must not be negative, got -1"):
        compare_greyordinates(maps(values), maps(other), rtol=-1)


def test_axes_and_texts_that_differ_are_told():
    one = maps(np.zeros((2, 7)))
    other = maps(np.zeros((2, 3)), axis=LEFT)
    other.header.matrix.metadata = Cifti2MetaData(Program="x")
    found = compare_greyordinates(one, other)
    assert found.axes == {1: ("7 greyordinates", "3 greyordinates")}
    assert found.fields == {"Program": ("", "x")}
    assert found.values is None
    renamed = compare_greyordinates(one, maps(np.zeros((2, 7)), ("a", "c")))
    assert renamed.axes == {0: ("2 maps", "2 maps")}


# Issues.


def test_a_healthy_file_has_none(tmp_path):
    path = tmp_path / "a.dscalar.nii"
    volio.save(maps(np.arange(14.0).reshape(2, 7)), path)
    assert examine(path) == []


def test_what_other_programs_stumble_over_is_found():
    found = found_in(SAMPLES["scalars.nii"])
    assert [where for _, where, _ in found] == ["MeterExponent", "IndexOffset"]
    assert "is 0: many programs take the matrix for mm" in found[0][2]


def test_an_intent_that_is_not_that_of_the_axes_is_found_and_repaired(tmp_path):
    issues = [each for each in examine(SAMPLES["labels.nii.gz"]) if each.where == "intent_code"]
    assert [each.found for each in issues] == [
        "is 3000, and that of these axes is 3007 (ConnDenseLabel)"
    ]
    repaired = repair(volio.load(SAMPLES["labels.nii.gz"]), issues)
    volio.save(repaired, tmp_path / "a.nii")
    assert not [each for each in examine(tmp_path / "a.nii") if each.where == "intent_code"]


def test_labels_that_do_not_fit_are_found():
    table = {0: ("none", (0, 0, 0, 0)), 1: ("one", (1, 0, 0, 1))}
    img = Cifti2Image(np.array([[0, 1, 5]], np.uint8), (LabelAxis(["x"], table), LEFT))
    img.nifti_header["intent_code"] = 3007
    label = img.header.matrix[0][0].label_table[1]
    img.header.matrix[0][0].label_table.repeated.append(label)
    assert found_in(img) == [
        ("suspicious", "map 'x'", "values that no label has: 5"),
        ("suspicious", "map 'x'", "keys that several labels have: 1"),
    ]


def test_vertices_in_two_places_are_found():
    parcels = ParcelsAxis.from_brain_models([("front", LEFT), ("back", LEFT[1:])])
    img = Cifti2Image(np.arange(4.0).reshape(2, 2), (ScalarAxis(["a", "b"]), parcels))
    img.nifti_header["intent_code"] = 3008
    (issue,) = found_in(img)
    assert issue[:2] == ("suspicious", "parcels")
    assert issue[2] == "2 vertices or voxels of CIFTI_STRUCTURE_CORTEX_LEFT are in several parcels"
    img = maps(np.arange(14.0).reshape(2, 7))
    img.nifti_header["intent_code"] = 3006
    next(img.header.matrix[1].brain_models).vertex_indices[1] = 0
    assert found_in(img) == [
        (
            "suspicious",
            "brain model CIFTI_STRUCTURE_CORTEX_LEFT",
            "has 1 of its vertices or voxels twice",
        )
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([np.nan, 1, 2, 3, 4, 5, np.inf], ["1 of 7 are NaN", "1 of 7 are infinite"]),
        ([3] * 7, ["are all 3"]),
        ([0, 0, 0, 1, 2, 3, 4], ["all of its values are 0"]),
    ],
)
def test_odd_values_are_found(values, expected):
    img = maps([values], ("a",))
    img.nifti_header["intent_code"] = 3006
    assert [found for _, _, found in found_in(img)] == expected


def test_a_name_that_promises_other_axes_is_found(tmp_path):
    path = tmp_path / "a.dscalar.nii"
    path.write_bytes(SAMPLES["series.nii"].read_bytes())
    (issue,) = examine(path)
    assert (issue.where, issue.advice) == ("file name", "rename it: .dtseries.nii")


def test_a_file_cut_short_and_one_too_long_are_found(tmp_path):
    path = tmp_path / "a.dtseries.nii"
    data = SAMPLES["series.nii"].read_bytes()
    path.write_bytes(data[:-5])
    assert [issue.level for issue in examine(path)][:1] == ["error"]
    path.write_bytes(data + bytes(7))
    (issue,) = examine(path)
    assert issue.found.startswith("7 bytes after the voxels")


def test_a_header_that_does_not_fit_the_data_is_found(tmp_path):
    path = tmp_path / "a.dtseries.nii"
    path.write_bytes(
        SAMPLES["series.nii"].read_bytes().replace(b'IndexOffset="6"', b'IndexOffset="7"')
    )
    (issue,) = examine(path)
    assert (issue.level, issue.where) == ("error", "header")
    assert "brain model CIFTI_STRUCTURE_CORTEX_RIGHT: IndexOffset: must be 6" in issue.found
