"""Tractograms: lines, values and groups by hand, selections, measures and changes."""

from __future__ import annotations

from typing import Any

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

import volio
from volio.errors import (
    AffineError,
    GeometryWarning,
    ImageDataError,
    IndexingError,
    LossWarning,
    UsageError,
    VolioError,
)
from volio.testing.comparison import same_image
from volio.tracts import sources
from volio.tracts.lines import Lines
from volio.tracts.sources import HeldLines, LineSource

LINES = [
    [[0, 0, 0], [3, 4, 0], [3, 4, 12]],
    [[10, 0, 0]],
    [],
    [[1, 2, 3], [1, 2, 5.5]],
]
FA = [0.5, 0.25, 1, 2, 3, 4]


@pytest.fixture
def tracts() -> volio.Tractogram:
    """Four lines, one of them without points."""
    points = np.array([point for line in LINES for point in line])
    return volio.Tractogram(
        points,
        [3, 1, 0, 2],
        {"fa": FA, "xy": np.arange(12).reshape(6, 2)},
        {"w": [1.5, 2.5, 3.5, 4.5]},
        groups={"left": [0, 3], "all": [3, 2, 1, 0], "none": []},
        per_group={"left": {"mean": [7.0]}},
        reference=((20, 20, 20), np.eye(4)),
    )


def test_what_it_is_made_of(tracts):
    assert len(tracts) == 4
    assert tracts.points.shape == (6, 3)
    assert tracts.offsets.tolist() == [0, 3, 4, 4, 6]
    assert tracts.lengths_in_points.tolist() == [3, 1, 0, 2]
    assert [line.tolist() for line in tracts] == LINES
    assert [line.tolist() for line in tracts.streamlines] == LINES
    assert np.shares_memory(tracts.streamlines._data, tracts.points)
    assert tracts[3].tolist() == tracts[-1].tolist() == LINES[3]
    assert repr(tracts) == (
        "<Tractogram 4 lines, scanner; per point: fa, xy; per line: w; groups: left, all, none>"
    )


def test_dtypes_of_points():
    assert volio.Tractogram(np.zeros((2, 3), np.int16)).points.dtype == np.float32
    assert volio.Tractogram(np.zeros((2, 3), ">f8")).points.dtype == np.float64
    assert volio.Tractogram(np.zeros((2, 3), np.float16)).points.dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"points": np.zeros((2, 2))}, r"points: must be numbers of shape \(N, 3\), got float64"),
        ({"points": np.zeros((2, 3), complex)}, "points: must be numbers"),
        ({"points": np.zeros((2, 3)), "lengths": [1]}, "together 2 points, got 1"),
        ({"points": np.zeros((2, 3)), "lengths": [3, -1]}, "lengths: must not be negative"),
        ({"points": np.zeros((2, 3)), "lengths": [2.0]}, "lengths: must be integers"),
        ({"points": np.zeros((2, 3)), "lengths": [[2]]}, "lengths: must be integers"),
        ({"per_point": {"a": [1]}}, "a: one value for each of 0 points, got 1"),
        (
            {"points": np.zeros((2, 3)), "per_line": {"a": [1, 2]}},
            "a: one value for each of 1 line",
        ),
        ({"per_line": {"a": np.zeros((0, 0))}}, "a: values per line are numbers of shape"),
        ({"per_line": {"a": np.zeros((0, 1, 1))}}, "a: values per line are numbers of shape"),
        ({"per_line": {"a": np.zeros(0, "U3")}}, "a: values per line are numbers of shape"),
        ({"groups": {"g": [0]}}, "group 'g': must be lines 0 to -1, got 0 to 0"),
        ({"points": np.zeros((2, 3)), "groups": {"g": [-1]}}, "must be lines 0 to 0, got -1"),
        ({"points": np.zeros((2, 3)), "groups": {"g": [1]}}, "must be lines 0 to 0, got 1 to 1"),
        ({"groups": {"g": [[0]]}}, "group 'g': must be numbers of lines"),
        ({"groups": {"g": [0.5]}}, "group 'g': must be numbers of lines"),
        ({"per_group": {"g": {"a": [1]}}}, "per_group: there is no group 'g'"),
    ],
)
def test_parts_that_do_not_fit(arguments, message):
    with pytest.raises(ImageDataError, match=message):
        volio.Tractogram(**arguments)


def test_spaces_and_references(tracts):
    with pytest.raises(UsageError, match="space: must be one of scanner, unknown, got 'mni'"):
        tracts.space = "mni"
    tracts.reference = volio.Nifti1Image(np.zeros((2, 3, 4, 5)), np.diag([2, 2, 2, 1]))
    assert tracts.reference.shape == (2, 3, 4)
    with pytest.raises(UsageError, match="reference: must be an image of three axes or more"):
        tracts.reference = volio.Nifti1Image(np.zeros((2, 3)), np.eye(4))
    with pytest.raises(AffineError, match="affine: cannot be inverted"):
        tracts.reference = (2, 3, 4), np.diag([1, 0, 1, 1])
    tracts.reference = None
    assert tracts.reference is None


def test_lines_one_by_one():
    made = volio.Tractogram.from_lines(
        LINES,
        per_point={"a": [[1, 2, 3], [4], [], [5, 6]], "b": np.arange(6)},
        per_line={"c": FA[:4]},
    )
    assert [line.tolist() for line in made] == LINES
    assert made.per_point["a"].tolist() == [1, 2, 3, 4, 5, 6]
    assert made.per_point["b"].tolist() == [0, 1, 2, 3, 4, 5]
    assert len(volio.Tractogram.from_lines([])) == 0
    with pytest.raises(ImageDataError, match="a: must have a value for each point of each line"):
        volio.Tractogram.from_lines(LINES, per_point={"a": [[1, 2, 3], [4], [], [5]]})


def test_values_are_set_and_deleted(tracts):
    tracts.per_line["id"] = [4, 3, 2, 1]
    tracts.per_point["fa"] = np.zeros((6, 3))
    del tracts.per_point["xy"]
    assert list(tracts.per_point) == ["fa"]
    assert tracts.per_point["fa"].shape == (6, 3)
    assert tracts[[3, 0]].per_line["id"].tolist() == [1, 4]
    with pytest.raises(ImageDataError, match="id: one value for each of 4 lines, got 3"):
        tracts.per_line["id"] = [1, 2, 3]
    with pytest.raises(KeyError, match="other"):
        tracts.per_point["other"]
    assert "other" not in tracts.per_point
    assert len(tracts.per_line) == 2


def test_points_are_set(tracts):
    tracts.points = tracts.points + 1
    assert tracts[1].tolist() == [[11, 1, 1]]
    assert tracts.per_point["fa"].tolist() == FA
    with pytest.raises(ImageDataError, match="points: must be 6 as before, got 2"):
        tracts.points = np.zeros((2, 3))


def test_points_of_a_file_are_read_only(tmp_path, tracts):
    with pytest.warns(LossWarning, match="groups"):
        volio.save(tracts[:2], tmp_path / "a.trk")
    found = volio.load(tmp_path / "a.trk")
    with pytest.raises(ValueError, match="read-only"):
        found.points += 1
    with pytest.raises(ValueError, match="read-only"):
        found.per_point["fa"][0] = 1
    found.points = found.points + 1
    volio.save(found, tmp_path / "a.trk")
    assert volio.load(tmp_path / "a.trk").points[0].tolist() == [1, 1, 1]


# Selections.

KEYS = [
    slice(None, None, 2),
    slice(None, None, -1),
    slice(3, 1),
    [3, 0],
    [-1, -1],
    [],
    np.array([True, False, False, True]),
    np.array([2, 1], np.uint8),
]


@pytest.mark.parametrize("key", KEYS, ids=str)
@pytest.mark.parametrize("is_file", [False, True], ids=["memory", "file"])
def test_selections(tmp_path, tracts, key, is_file):
    groups = tracts.groups
    if is_file:
        with pytest.warns(LossWarning, match="groups"):
            volio.save(tracts, tmp_path / "a.trk")
        tracts = volio.load(tmp_path / "a.trk")
        tracts.groups.update(groups)
    numbers = np.arange(4)[key if not isinstance(key, list) or key else np.zeros(0, int)]
    chosen = tracts[key]
    assert len(chosen) == len(numbers)
    assert [line.tolist() for line in chosen] == [LINES[number] for number in numbers]
    weights = np.array([1.5, 2.5, 3.5, 4.5])
    np.testing.assert_array_equal(chosen.per_line["w"], weights[numbers])
    fa = np.split(np.array(FA), [3, 4, 4])
    expected = np.concatenate([np.zeros(0), *[fa[number] for number in numbers]])
    np.testing.assert_array_equal(chosen.per_point["fa"], expected)
    for name, members in chosen.groups.items():
        assert set(numbers[members]) == set(numbers) & set(groups[name])
        places = np.flatnonzero(np.isin(numbers, groups[name]))
        assert sorted(members) == places.tolist()
    again = chosen[::-1]
    assert [line.tolist() for line in again] == [LINES[number] for number in numbers[::-1]]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (4, "there are 4, got 4 to 4"),
        (-5, "there are 4, got -5 to -5"),
        ([0, 4], "there are 4, got 0 to 4"),
        ([0.5], "must be a slice, a mask of shape"),
        ([[0]], "must be a slice, a mask of shape"),
        (np.ones(3, bool), r"a mask of shape \(4,\) or integers, got bool \(3,\)"),
        ("left", "must be a slice, a mask of shape"),
    ],
)
def test_lines_that_are_not_there(tracts, key, message):
    with pytest.raises(IndexingError, match=message):
        tracts[key]


def test_groups(tracts):
    left = tracts.group("left")
    assert [line.tolist() for line in left] == [LINES[0], LINES[3]]
    assert {name: group.tolist() for name, group in left.groups.items()} == {
        "left": [0, 1],
        "all": [1, 0],
        "none": [],
    }
    assert left.per_group["left"]["mean"].tolist() == [7]
    with pytest.raises(UsageError, match="there is no 'right'; there are: left, all, none"):
        tracts.group("right")


def test_random_lines(tracts):
    many = tracts[np.arange(400) % 4]
    chosen = many.subsample(100, seed=1)
    again = many.subsample(100, seed=1)
    other = many.subsample(100, seed=2)
    assert len(chosen) == 100
    np.testing.assert_array_equal(chosen.per_line["w"], again.per_line["w"])
    assert chosen.per_line["w"].tolist() != other.per_line["w"].tolist()
    assert len(tracts.subsample(9)) == 4
    np.testing.assert_array_equal(tracts.subsample(4).points, tracts.points)
    with pytest.raises(UsageError, match="count: must not be negative, got -1"):
        tracts.subsample(-1)


def test_blocks(tracts):
    assert [len(block) for block in tracts.blocks(points=3)] == [1, 3]
    assert [len(block) for block in tracts[::-1].blocks(points=1)] == [1, 2, 1]
    block = next(tracts.blocks())
    assert (type(block), block.reference, block.groups) == (type(tracts), tracts.reference, {})
    with pytest.raises(UsageError, match="points: must be above 0, got 0"):
        next(tracts.blocks(points=0))


def test_lines_with_points_between_them():
    points = np.arange(30, dtype=np.float32).reshape(10, 3)
    starts = np.array([7, 1, 4])
    lengths = np.array([2, 3, 0])
    source = HeldLines(Lines(points, starts, lengths, {"i": np.arange(10)}, {"w": np.arange(3)}))
    made = volio.Tractogram.from_source(source)
    assert [line.tolist() for line in made] == [points[7:9].tolist(), points[1:4].tolist(), []]
    assert [line.tolist() for line in made.streamlines] == [line.tolist() for line in made]
    assert made.per_point["i"].tolist() == list(range(10))
    assert made.points.tolist() == points[[7, 8, 1, 2, 3]].tolist()
    assert made.per_point["i"].tolist() == [7, 8, 1, 2, 3]


# Measures.


def test_lengths_and_bounds(tracts):
    assert tracts.lengths().tolist() == [17, 0, 0, 2.5]
    assert tracts.bounds().tolist() == [[0, 0, 0], [10, 4, 12]]
    tracts.points = np.where(tracts.points == 10, np.nan, tracts.points)
    assert tracts.bounds().tolist() == [[0, 0, 0], [3, 4, 12]]
    empty = volio.Tractogram()
    assert np.isnan(empty.bounds()).tolist() == [[True] * 3] * 2
    assert empty.lengths().tolist() == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=8), st.integers(0, 2**32 - 1))
def test_lengths_are_sums_of_steps(counts, seed):
    points = np.random.default_rng(seed).normal(size=(sum(counts), 3)).astype("f4")
    found = volio.Tractogram(points, np.array(counts, int)).lengths()
    lines = np.split(points.astype(float), np.cumsum(counts)[:-1]) if counts else []
    expected = [np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in lines]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_lines_inside_a_volume(tracts):
    assert tracts.inside(((11, 5, 13), np.eye(4))).tolist() == [True, True, True, True]
    assert tracts.inside(((10, 5, 13), np.eye(4))).tolist() == [True, False, True, True]
    edge = volio.Tractogram([[-0.5, 0, 0], [1.49, 0, 0], [1.5, 0, 0]], [1, 1, 1])
    assert edge.inside(((2, 1, 1), np.eye(4))).tolist() == [True, True, False]
    odd = volio.Tractogram([[np.nan, 0, 0], [0, 0, 0]], [1, 1])
    assert odd.inside(((2, 1, 1), np.eye(4))).tolist() == [False, True]


def test_density_by_hand():
    tracts = volio.Tractogram([[0, 0, 0], [8, 0, 0], [8, 2, 0], [2, 2, 0], [99, 0, 0]], [2, 2, 1])
    affine = np.diag([2.0, 2, 2, 1])
    passed = tracts.density(((6, 2, 1), affine))
    assert passed.dataobj[..., 0].T.tolist() == [[1, 1, 1, 1, 1, 0], [0, 1, 1, 1, 1, 0]]
    np.testing.assert_array_equal(passed.affine, affine)
    at_points = tracts.density(((6, 2, 1), affine), step=np.inf)
    assert at_points.dataobj[..., 0].T.tolist() == [[1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 1, 0]]
    with pytest.raises(UsageError, match="step: must be above 0, got 0"):
        tracts.density(((6, 2, 1), affine), step=0)


def test_density_counts_a_line_once_in_a_voxel():
    line = [[0, 0, 0], [0.2, 0, 0], [1, 0, 0], [0, 0, 0]]
    tracts = volio.Tractogram.from_lines([line, line[:2]])
    found = tracts.density(((2, 1, 1), np.eye(4)))
    assert found.dataobj.ravel().tolist() == [2, 1]
    assert found.dataobj.dtype == np.int32


# Changes.


def test_resampled_lines(tracts):
    found = tracts.resample(5)
    assert found.lengths_in_points.tolist() == [5, 5, 0, 5]
    first = found[0]
    np.testing.assert_allclose(np.linalg.norm(np.diff(first, axis=0), axis=1)[2:], 4.25)
    assert first[[0, -1]].tolist() == [[0, 0, 0], [3, 4, 12]]
    np.testing.assert_allclose(first[1], [2.55, 3.4, 0])
    np.testing.assert_allclose(first[2], [3, 4, 3.5])
    assert found[1].tolist() == [[10, 0, 0]] * 5
    np.testing.assert_allclose(found[3][:, 2], np.linspace(3, 5.5, 5))
    np.testing.assert_allclose(found.per_point["fa"][:3], [0.5, 0.2875, 0.25 + 0.75 * 3.5 / 12])
    assert found.per_point["fa"][4] == 1
    assert found.per_point["xy"].dtype == np.float64  # integers have none between them
    assert found.per_line["w"].tolist() == [1.5, 2.5, 3.5, 4.5]
    assert list(found.groups) == ["left", "all", "none"]
    with pytest.raises(UsageError, match="count: must be 2 or more, got 1"):
        tracts.resample(1)


def test_a_line_with_nan_spoils_no_other(tracts):
    points = tracts.points.copy()
    points[1] = np.nan
    tracts.points = points
    found = tracts.resample(3)
    np.testing.assert_allclose(found[3][:, 2], [3, 4.25, 5.5])
    assert found[1].tolist() == [[10, 0, 0]] * 3


def test_points_at_one_place(tracts):
    same = volio.Tractogram(np.ones((4, 3)), [2, 2], {"i": [1.0, 2, 3, 4]})
    found = same.resample(3)
    assert found.points.tolist() == [[1, 1, 1]] * 6
    assert found.per_point["i"][[0, 3]].tolist() == [1, 3]


def test_moved_lines(tracts):
    affine = np.array([[0, -1, 0, 5], [2, 0, 0, 0], [0, 0, 1, -1], [0, 0, 0, 1]])
    found = tracts.transformed(affine)
    assert found[0].tolist() == [[5, 0, -1], [1, 6, -1], [1, 6, 11]]
    assert tracts[0].tolist() == LINES[0]
    assert found.per_point["fa"].tolist() == FA
    with pytest.raises(AffineError, match="affine"):
        tracts.transformed(np.zeros((3, 3)))


class Shift:
    def apply(self, points: np.ndarray) -> np.ndarray:
        points += 1.5  # in place, which must not change the lines themselves
        return points


def test_lines_are_moved_by_rotations_and_functions(tracts, tmp_path):
    quarter = Rotation.from_euler("z", 90, degrees=True)
    affine = np.eye(4)
    affine[:3, :3] = quarter.as_matrix()
    turned = tracts.transformed(quarter)
    np.testing.assert_allclose(turned.points, tracts.transformed(affine).points, atol=1e-6)
    short = volio.Tractogram(np.float32([[1, 2, 3]]), [1]).transformed(quarter)
    assert short.points.dtype == np.float32
    before = tracts.points.copy()
    for shift in (Shift(), lambda points: points + np.float64(1.5)):
        np.testing.assert_allclose(tracts.transformed(shift).points, before + 1.5)
    assert tracts.points.tolist() == before.tolist()
    # Also on the way from one file to another.
    volio.save(volio.Tractogram([[1, 2, 3]], [1]).transformed(Shift()), tmp_path / "moved.tck")
    assert volio.load(tmp_path / "moved.tck").points.tolist() == [[2.5, 3.5, 4.5]]


@pytest.mark.parametrize(
    "wrong", [lambda points: points[1:], lambda points: None, lambda points: points > 0]
)
def test_functions_that_return_no_points_are_refused(tracts, wrong):
    moved = tracts.transformed(wrong)
    with pytest.raises(UsageError, match="transform: must return numbers of shape"):
        moved.points  # noqa: B018


# Other classes.


def test_tracts_of_nibabel(tracts):
    found = tracts.to_nibabel()
    assert isinstance(found, nibabel.streamlines.Tractogram)
    assert [line.tolist() for line in found.streamlines] == LINES
    assert np.shares_memory(found.streamlines._data, tracts.points)
    assert [values.tolist() for values in found.data_per_point["xy"]][1] == [[6, 7]]
    assert found.data_per_streamline["w"].tolist() == [[1.5], [2.5], [3.5], [4.5]]
    np.testing.assert_array_equal(found.affine_to_rasmm, np.eye(4))


def test_contents_are_all_there_is(tracts):
    same_image(volio.Tractogram.from_image(tracts), tracts)
    with pytest.raises(UsageError, match=r"is a volume, and Tractogram takes tracts"):
        volio.Tractogram.from_image(volio.Nifti1Image(np.zeros((2, 2, 2)), np.eye(4)))


def test_images_and_tracts_are_not_saved_as_each_other(tmp_path, tracts):
    image = volio.Nifti1Image(np.zeros((2, 2, 2)), np.eye(4))
    with pytest.raises(UsageError, match=r"TrackVis tracts is for tracts, and this is a volume"):
        volio.save(image, tmp_path / "a.trk")
    with pytest.raises(UsageError, match=r"for volumes.*this is tracts; endings for tracts: .*trk"):
        volio.save(tracts, tmp_path / "a.nii")


def test_losses_are_told_once(tmp_path, tracts):
    with pytest.warns(LossWarning, match="has no place") as told:
        volio.save(tracts, tmp_path / "a.tck")
    assert [str(each.message) for each in told] == [
        "tck: has no place for values per point (fa, xy), values per line (w), groups (left, all, "
        "none), values per group, the grid of the reference"
    ]
    assert told[0].filename == __file__


def test_a_space_that_is_unknown_is_told_again(tmp_path, tracts):
    tracts = volio.Tractogram(tracts.points, space="unknown")
    with pytest.warns(GeometryWarning, match="it is not known what the coordinates mean") as told:
        volio.save(tracts, tmp_path / "a.tck")
    assert told[0].filename == __file__


class Counting(LineSource):
    """Lines that count how many blocks were gone through, and that nothing may read whole."""

    def __init__(self, source: LineSource) -> None:
        self.source = source
        self.layout = source.layout
        self.count = 0

    def blocks(self, points: int = 1000):
        for block in self.source.blocks(min(points, 1000)):
            self.count += 1
            yield block

    def read(self):
        raise AssertionError("all lines were read")


@pytest.mark.parametrize("ending", [".trk", ".tck", ".trk.gz"])
def test_saving_goes_through_blocks(tmp_path, ending):
    points = np.random.default_rng(0).normal(size=(20_000, 3)).astype("f4")
    whole = volio.Tractogram(points, [10] * 2000, reference=((9, 9, 9), np.eye(4)))
    counting = Counting(whole.lines)
    tracts = volio.Tractogram.from_source(counting, reference=whole.reference)
    if ending == ".tck":
        tracts.reference = None
    volio.save(tracts, tmp_path / f"a{ending}")
    assert counting.count in (20, 40)  # a compressed file states its count first
    found = volio.load(tmp_path / f"a{ending}")
    np.testing.assert_allclose(found.points, points, atol=1e-5)


def test_texts_go_along_or_are_told(tmp_path, tracts):
    plain = volio.TckTractogram(tracts.points)
    plain.header.meta.update({"method": "iFOD2", "report": "by hand\nwith care"})
    with pytest.warns(LossWarning, match=r"trk: has no place for texts \(method\)$"):
        volio.save(plain, tmp_path / "a.trk", reference=tracts.reference)
    found = volio.load(tmp_path / "a.trk")
    assert found.header.report == "by hand\nwith care"
    found.header["invert_y"] = 1
    with pytest.warns(LossWarning, match="has no place for the grid of the reference$"):
        volio.save(found, tmp_path / "b.tck")
    texts = {"report": "by hand\nwith care", "flags": "invert_y"}
    assert volio.load(tmp_path / "b.tck").header.meta == texts


def test_a_report_that_is_too_long_is_told(tmp_path, tracts):
    plain = volio.TckTractogram(tracts.points)
    plain.header.meta["report"] = "x" * 445
    with pytest.warns(LossWarning, match=r"texts \(report\)$"):
        volio.save(plain, tmp_path / "a.trk", reference=tracts.reference)


@pytest.mark.parametrize("ending", [".trk", ".tck"])
def test_progress_counts_lines(tmp_path, tracts, ending):
    told = []
    plain = volio.Tractogram(tracts.points, tracts.lengths_in_points)
    options = {"reference": tracts.reference} if ending == ".trk" else {}
    volio.save(plain, tmp_path / f"a{ending}", progress=lambda *both: told.append(both), **options)
    assert told == [(4, 4)]
    told.clear()
    volio.convert(
        tmp_path / f"a{ending}", tmp_path / f"b{ending}", progress=lambda *both: told.append(both)
    )
    assert told[-1] == (4, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"points": [[[0, 0, 0], [1, 1, 1]], [[2, 2, 2]]]}, "points: .*from_lines takes them so"),
        ({"lengths": [[2], [1, 0]]}, "lengths: rows of unequal lengths"),
        ({"per_line": {"w": [[1, 2], [3]]}}, "w: rows of unequal lengths"),
        ({"per_point": {"w": [[1, 2], [3], [4]]}}, "w: rows of unequal lengths"),
        ({"groups": {"left": [[0], [1, 0]]}}, "group 'left': rows of unequal lengths"),
        (
            {"groups": {"left": [0]}, "per_group": {"left": {"mean": [[1], [2, 3]]}}},
            "left: mean: rows of unequal lengths",
        ),
    ],
)
def test_ragged_arguments_are_refused_by_name(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        volio.Tractogram(**{"points": np.zeros((3, 3)), "lengths": [2, 1], **arguments})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[[1, 2], [3]], [[4, 5]]], "w: rows of unequal lengths"),
        ([[[1, 2], [3, 4]], [[5]]], r"w: must have values of one shape.*\(1,\) and \(2,\)"),
        ([[1, 2]], "w: must have a value for each point of each line, 2, 1, got 2"),
        (5, "w: values per point are numbers"),
    ],
)
def test_values_of_lines_that_do_not_fit_are_told(values: Any, message: str) -> None:
    lines = [np.zeros((2, 3)), np.zeros((1, 3))]
    with pytest.raises(VolioError, match=message):
        volio.Tractogram.from_lines(lines, per_point={"w": values})


def test_lines_and_keys_that_are_none_are_refused() -> None:
    with pytest.raises(UsageError, match=r"lines: must be arrays of points.*got NoneType"):
        volio.Tractogram.from_lines(None)  # type: ignore[arg-type]
    with pytest.raises(IndexingError, match="lines: must be a slice"):
        volio.Tractogram(np.zeros((3, 3)), [2, 1])[[[0], [1, 0]]]


@pytest.mark.parametrize("ending", [".tck", ".trk", ".bundles", ".tt", ".vtk", ".trx"])
@pytest.mark.parametrize("kept", [0, 3, 100])
@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")
def test_lines_are_counted_also_where_the_numbers_of_all_are_not_kept(
    tmp_path, monkeypatch, ending, kept
):
    monkeypatch.setattr(sources, "MOST_KEPT", kept)
    lengths = [3, 1, 0, 7, 2]
    made = volio.Tractogram(np.ones((13, 3)), lengths, reference=((9, 9, 9), np.eye(4)))
    volio.save(made, tmp_path / f"a{ending}")
    lines = volio.load(tmp_path / f"a{ending}").lines
    assert (lines.n_lines(), lines.n_points()) == (5, 13)
    assert lines.line_lengths().tolist() == lengths
    assert (lines.n_lines(), lines.n_points()) == (5, 13)


@pytest.mark.parametrize("ending", [".tck", ".trk", ".bundles", ".vtk", ".trx"])
@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")
def test_points_are_known_before_they_are_read(tmp_path, ending):
    made = volio.Tractogram(
        np.ones((13, 3)),
        [3, 1, 0, 7, 2],
        {"fa": np.zeros(13)} if ending == ".trk" else {},
        {"w": np.zeros(5)} if ending == ".trk" else {},
        reference=((9, 9, 9), np.eye(4)),
    )
    volio.save(made, tmp_path / f"a{ending}")
    loaded = volio.load(tmp_path / f"a{ending}")
    assert made.lines.stated_points() == 13
    assert loaded.lines.stated_points() == 13
    assert loaded.transformed(np.diag([2, 2, 2, 1])).lines.stated_points() == 13
    assert loaded[::2].lines.stated_points() is None
    assert loaded._held is None


@pytest.mark.parametrize("ending", [".tck", ".trk"])
@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")
def test_points_of_files_that_may_have_another_number_are_not_stated(tmp_path, ending):
    made = volio.Tractogram(np.ones((13, 3)), [3, 10], reference=((9, 9, 9), np.eye(4)))
    path = tmp_path / f"a{ending}"
    volio.save(made, path)
    content = path.read_bytes()
    path.write_bytes(content[:-10])
    assert volio.load(path).lines.stated_points() is None
    path.write_bytes(content[:-12])
    assert volio.load(path, permissive=True).lines.stated_points() is None
    volio.save(made, tmp_path / f"a{ending}.gz")
    assert volio.load(tmp_path / f"a{ending}.gz").lines.stated_points() is None
