"""Axes of CIFTI-2: beside nibabel's, by their definition, and what they refuse."""

from __future__ import annotations

import pickle
from copy import deepcopy
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nibabel.cifti2 import cifti2_axes as peer_axes

from volio.errors import HeaderDataError, IndexingError, UsageError
from volio.formats.cifti2.axes import (
    BrainModelAxis,
    LabelAxis,
    ParcelsAxis,
    ScalarAxis,
    SeriesAxis,
    from_index_mapping,
    to_header,
)
from volio.formats.cifti2.axes.runs import StructureRun
from volio.formats.cifti2.header import Cifti2Header
from volio.tests.formats.cifti2.axis_strategies import EVERY
from volio.tests.formats.cifti2.greyordinates import (
    AFFINE,
    COUNTS,
    SMALL_AFFINE,
    SMALL_SHAPE,
    small_axes,
    small_axis,
    usual_axis,
)

LEFT, RIGHT, STEM = (f"CIFTI_STRUCTURE_{n}" for n in ("CORTEX_LEFT", "CORTEX_RIGHT", "BRAIN_STEM"))
SURFACE, VOXELS = "CIFTI_MODEL_TYPE_SURFACE", "CIFTI_MODEL_TYPE_VOXELS"

CLASSES = [BrainModelAxis, ParcelsAxis, ScalarAxis, LabelAxis, SeriesAxis]


@pytest.fixture(scope="module")
def usual() -> BrainModelAxis:
    return usual_axis()


def same_axis(mine, theirs) -> bool:
    """Whether an axis of brain models holds what nibabel's does, index by index."""
    return (
        np.array_equal(mine.name, theirs.name)
        and np.array_equal(mine.vertex, theirs.vertex)
        and np.array_equal(mine.voxel, theirs.voxel)
        and mine.nvertices == theirs.nvertices
        and mine.volume_shape == theirs.volume_shape
        and np.array_equal(mine.affine, theirs.affine)
    )


# Brain models.


def test_the_usual_greyordinates(usual):
    assert len(usual) == 91282
    assert len(usual.runs) == 21
    found = {name: (where, len(axis)) for name, where, axis in usual.iter_structures()}
    assert [count for _, count in found.values()] == list(COUNTS.values())
    assert found["CIFTI_STRUCTURE_BRAIN_STEM"] == (slice(60334, 63806), 3472)
    assert found["CIFTI_STRUCTURE_THALAMUS_RIGHT"] == (slice(90034, None), 1248)


def test_counts_are_those_that_nibabel_checks(usual):
    from nibabel.cifti2.tests.test_cifti2io_axes import hcp_labels, hcp_n_elements

    names = [BrainModelAxis.to_cifti_brain_structure_name(label) for label in hcp_labels]
    assert [(run.name, len(run)) for run in usual.runs] == list(
        zip(names, hcp_n_elements, strict=True)
    )


def test_usual_greyordinates_are_nibabels(usual):
    theirs = usual_axis(peer_axes)
    assert same_axis(usual_axis(), theirs)
    assert np.array_equal(usual.surface_mask, theirs.surface_mask)
    assert np.array_equal(usual.volume_mask, theirs.volume_mask)
    for mine, other in zip(usual.iter_structures(), theirs.iter_structures(), strict=True):
        assert mine[:2] == other[:2]
        assert same_axis(mine[2], other[2])


@pytest.mark.parametrize(
    "index",
    [
        *(slice(None), slice(2, 6), slice(-3, None), slice(5, 2), slice(None, None, -1)),
        *(slice(1, 8, 3), [8, 0, 0, 5, 4, 1], np.arange(9) % 4 == 1, np.array([], int)),
        *((np.array([7, 2]),), np.array([-1, -9])),
    ],
    ids=str,
)
def test_parts_of_brain_models_are_nibabels(index):
    if isinstance(index, np.ndarray) and not index.size:
        assert len(small_axis()[index]) == 0  # nibabel's vectorize takes no empty axis
    elif isinstance(index, slice) and index == slice(5, 2):
        assert list(small_axis()[index].iter_structures()) == []
    else:
        assert same_axis(small_axis()[index], small_axis(peer_axes)[index])


@given(st.lists(st.integers(-9, 8), min_size=1, max_size=12))
def test_any_indices_give_the_same_as_one_by_one(chosen):
    axis = small_axis()
    part = axis[chosen]
    assert [part[number][2] for number in range(len(part))] == [axis[i][2] for i in chosen]
    assert np.array_equal(part.vertex, small_axis().vertex[chosen])
    assert np.array_equal(part.voxel, small_axis().voxel[chosen])


def test_elements():
    axis = small_axis()
    assert axis[0] == (SURFACE, 5, LEFT)
    assert axis[np.int64(4)] == (SURFACE, 4, RIGHT)
    model, voxel, name = axis[-1]
    assert (model, voxel.tolist(), name) == (VOXELS, [0, 4, 5], STEM)
    assert axis.get_element(np.int8(-2))[1].tolist() == [3, 0, 1]


def test_a_structure_that_comes_twice_is_told_twice():
    left = BrainModelAxis.from_surface([1, 2], 4, "cortex_left")
    right = BrainModelAxis.from_surface([0], 4, "cortex_right")
    found = list((left + right + left[:1] + left[1:]).iter_structures())
    assert [(name, where) for name, where, _ in found] == [
        (LEFT, slice(0, 2)),
        (RIGHT, slice(2, 3)),
        (LEFT, slice(3, None)),
    ]
    assert found[2][2] == left


def test_arrays_are_made_once_and_count_when_changed():
    axis, other = small_axis(), small_axis()
    assert axis.vertex is axis.vertex
    assert axis.name is axis.name
    assert axis == other
    axis.vertex[0] = 1
    assert axis != other
    assert axis[0] == (SURFACE, 1, LEFT)
    axis.vertex[0] = 5
    assert axis == other
    axis.vertex[8] = 3  # a voxel: without a meaning
    axis.voxel[0] = 2  # a vertex
    assert axis == other
    axis.name[8] = LEFT.replace("LEFT", "RIGHT")  # with a vertex and a voxel: now the vertex
    assert axis[8] == (SURFACE, 3, RIGHT)
    assert other.runs[0].indices.tolist() == [5, 0, 2, 3]


def test_arrays_can_be_set():
    axis = small_axis()
    axis.name = ["cortex left"] * 4 + ["cortex right"] * 3 + ["thalamus left"] * 2
    axis.voxel = axis.voxel[::-1][[0] * 7 + [1, 0]]
    axis.vertex = np.array([0, 1, 2, 3, 0, 1, 2, -1, -1])
    assert [(run.name, run.indices.tolist()) for run in axis.runs] == [
        (LEFT, [0, 1, 2, 3]),
        (RIGHT, [0, 1, 2]),
        ("CIFTI_STRUCTURE_THALAMUS_LEFT", [[3, 0, 1], [0, 4, 5]]),
    ]
    with pytest.raises(HeaderDataError, match=r"voxel: must be of shape \(9, 3\), got \(8, 3\)"):
        axis.voxel = axis.voxel[1:]


def test_axes_do_not_share_what_is_changed():
    axis = small_axis()
    part = axis[:4]
    part.vertex[0] = 1
    assert axis[0] == (SURFACE, 5, LEFT)
    assert axis[:4] != part


def test_masks():
    mask = np.zeros(SMALL_SHAPE)
    mask[3, 1, 2] = -1
    mask[0, 4, 0] = np.nan
    axis = BrainModelAxis.from_mask(mask, "thalamus right", SMALL_AFFINE)
    assert axis.voxel.tolist() == [[0, 4, 0], [3, 1, 2]]
    assert axis.volume_shape == SMALL_SHAPE
    assert np.array_equal(axis.affine, SMALL_AFFINE)
    assert np.array_equal(BrainModelAxis.from_mask(mask).affine, np.eye(4))
    surface = BrainModelAxis.from_mask([0, 1, 0, 2], "left cortex")
    assert (surface.vertex.tolist(), surface.nvertices) == ([1, 3], {LEFT: 4})
    assert (surface.affine, surface.volume_shape) == (None, None)


def test_surface_and_voxels_of_one_structure():
    surface = BrainModelAxis.from_surface([3, 1], 4, "other")
    voxels = BrainModelAxis("other", voxel=[[1, 0, 2]], affine=np.eye(4), volume_shape=(2, 2, 3))
    axis = surface + voxels
    assert axis.surface_mask.tolist() == [True, True, False]
    assert axis.name.tolist() == ["CIFTI_STRUCTURE_OTHER"] * 3  # from now on the arrays count
    assert axis == surface + voxels
    assert [len(part) for _, _, part in axis.iter_structures()] == [2, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "voxel, vertex: at least one"),
        ({"vertex": [1]}, "number of vertices of .*CORTEX_LEFT is not stated"),
        ({"vertex": [1], "nvertices": {"cortex_right": 2}}, "number of vertices of .* not stated"),
        ({"vertex": [0, 2], "nvertices": {"cortex_left": 2}}, r"vertex 2 \(number 1\) is outside"),
        ({"vertex": [0, -1], "nvertices": {"cortex_left": 2}}, r"vertex -1 \(number 1\)"),
        ({"vertex": [0.5], "nvertices": {"cortex_left": 2}}, "vertex: must be whole numbers"),
        ({"vertex": [[0]], "nvertices": {"cortex_left": 2}}, r"vertex: must be of shape \(1,\)"),
        ({"voxel": [[0, 0, 0]], "affine": np.eye(4)}, "affine and volume_shape are needed"),
        ({"voxel": [[0, 0, 0]], "volume_shape": (1, 1, 1)}, "affine and volume_shape are needed"),
        (
            {"voxel": [[0, 0, 0], [0, 1, 2]], "affine": np.eye(4), "volume_shape": (1, 2, 2)},
            r"voxel \[0, 1, 2\] \(number 1\) is outside the volume of shape \(1, 2, 2\)",
        ),
        ({"voxel": [[0, -1, 0]], "affine": np.eye(4), "volume_shape": (1, 2, 2)}, "is outside"),
        ({"voxel": [[0, 0]], "affine": np.eye(4), "volume_shape": (1, 1, 1)}, r"voxel: .*\(1, 3\)"),
        (
            {"voxel": [[0, 0, 0]], "affine": np.eye(3), "volume_shape": (1, 1, 1)},
            r"affine: must be of shape \(4, 4\), got \(3, 3\)",
        ),
        (
            {"voxel": [[0, 0, 0]], "affine": np.eye(4), "volume_shape": (1, 1, 1.5)},
            "volume_shape: must be three whole numbers",
        ),
        (
            {"voxel": [[0, 0, 0]], "affine": np.eye(4), "volume_shape": (1, 1)},
            "volume_shape: must be three whole numbers",
        ),
    ],
)
def test_brain_models_that_make_no_sense(arguments, message):
    with pytest.raises(HeaderDataError, match=message):
        BrainModelAxis("cortex_left", **arguments)


def test_names_are_of_structures():
    with pytest.raises(UsageError, match="'left toe' is not a structure of CIFTI-2"):
        BrainModelAxis.from_surface([0], 1, "left toe")
    with pytest.raises(HeaderDataError, match=r"name: must be of shape \(2,\), got \(1,\)"):
        BrainModelAxis(["cortex_left"], vertex=[0, 1], nvertices={"cortex_left": 2})
    with pytest.raises(HeaderDataError, match="mask: has one axis for a surface and three"):
        BrainModelAxis.from_mask(np.ones((2, 2)))
    with pytest.raises(HeaderDataError, match=r"affine: must be of shape \(4, 4\)"):
        BrainModelAxis.from_mask(np.ones(2), affine=np.ones(5))


def test_brain_models_that_do_not_fit_each_other():
    axis = small_axis()
    moved = deepcopy(axis)
    moved.affine = moved.affine + 1
    with pytest.raises(UsageError, match="axes of different volumes cannot be joined"):
        axis + moved
    larger = deepcopy(axis)
    larger.volume_shape = (9, 9, 9)
    with pytest.raises(UsageError, match="axes of different volumes"):
        axis + larger
    with pytest.raises(UsageError, match="CORTEX_LEFT has 6 vertices in one axis and 7"):
        axis + BrainModelAxis.from_surface([0], 7, "cortex_left")
    with pytest.raises(TypeError, match="unsupported operand"):
        axis + ScalarAxis(["one"])
    near = deepcopy(axis)
    near.affine = near.affine * (1 + 1e-9)
    assert len(axis + near) == 18


# All axes.


@pytest.mark.parametrize("number", range(5), ids=[cls.__name__ for cls in CLASSES])
def test_what_all_axes_do(number):
    axis = small_axes()[number]
    assert type(axis) is CLASSES[number]
    assert axis.size == len(axis) == len(small_axes(peer_axes)[number])
    assert axis == small_axes()[number]
    assert axis == axis[:] == pickle.loads(pickle.dumps(axis))
    assert axis != axis[:-1]
    assert axis != small_axes()[number - 1]
    assert (axis + axis)[: len(axis)] == axis
    assert len((axis + axis)[len(axis) :]) == len(axis)
    if number < 4:
        assert (axis + axis)[len(axis) :] == axis
        assert axis[[1, 0]][::-1] == axis[:2]
    message = f"index {len(axis)} is outside an axis of length {len(axis)}"
    with pytest.raises(IndexingError, match=message):
        axis[len(axis)]
    with pytest.raises(IndexingError, match=f"index {-len(axis) - 1} is outside"):
        axis.get_element(-len(axis) - 1)
    with pytest.raises(IndexError, match="nobody"):
        axis["nobody"]
    with pytest.raises(TypeError, match="unhashable"):
        hash(axis)


@pytest.mark.parametrize("number", range(4), ids=[cls.__name__ for cls in CLASSES[:4]])
def test_indices_that_do_not_fit(number):
    axis = small_axes()[number]
    with pytest.raises(IndexingError, match=r"out of bounds .*the axis has length"):
        axis[[0, 20]]
    with pytest.raises(IndexingError, match="gives 2 axes"):
        axis[[[0, 1]]]
    with pytest.raises(IndexingError, match="gives 2 axes"):
        axis[np.True_]
    with pytest.raises(IndexingError, match="the axis has length"):
        axis[[True]]


# Parcels.


def test_parcels_are_nibabels():
    mine, theirs = small_axes()[1], small_axes(peer_axes)[1]
    assert mine.name.tolist() == theirs.name.tolist() == ["all", "front", "deep"]
    assert all(map(np.array_equal, mine.voxels, theirs.voxels))
    assert list(map(dict.keys, mine.vertices)) == list(map(dict.keys, theirs.vertices))
    for name, vertices in theirs.vertices[0].items():
        assert np.array_equal(mine.vertices[0][name], vertices)
    assert (mine.nvertices, mine.volume_shape) == (theirs.nvertices, theirs.volume_shape)
    assert np.array_equal(mine.affine, SMALL_AFFINE)


def test_parcels_by_name():
    axis = small_axes()[1]
    voxels, vertices = axis["front"]
    assert voxels.shape == (0, 3)
    assert {name: found.tolist() for name, found in vertices.items()} == {LEFT: [5, 0]}
    assert axis[2] == ("deep", *axis["deep"])
    assert axis["deep"][0].tolist() == [[3, 0, 1], [0, 4, 5]]
    with pytest.raises(IndexingError, match="no parcel is called 'V1'"):
        axis["V1"]
    with pytest.raises(IndexingError, match="2 parcels are called 'deep'"):
        (axis + axis[2:])["deep"]


def test_vertices_of_a_structure_that_comes_twice_are_joined():
    left = BrainModelAxis.from_surface([3, 1], 4, "cortex_left")
    right = BrainModelAxis.from_surface([2], 4, "cortex_right")
    axis = ParcelsAxis.from_brain_models(iter([("both", left + right + left[:1])]))
    assert axis["both"][1][LEFT].tolist() == [3, 1, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda axis: axis.voxels[0].__setitem__((1, 2), 6), r"parcel 'all': voxel \[0, 4, 6\]"),
        (lambda axis: axis.vertices[1][LEFT].__setitem__(0, 6), r"parcel 'front': vertex 6"),
        (lambda axis: axis.nvertices.pop(RIGHT), "parcel 'all': the number of vertices of .*RIGHT"),
        (lambda axis: axis.voxels.__setitem__(2, np.ones((3, 2), int)), r"'deep': .*\(3, 3\)"),
        (lambda axis: setattr(axis, "affine", None), "'all': has voxels, so affine and volume"),
    ],
)
def test_parcels_that_no_header_can_state(change, message):
    axis = small_axes()[1]
    change(axis)
    assert axis != small_axes()[1]
    with pytest.raises(HeaderDataError, match=message):
        axis.to_mapping(0)


def test_parcels_that_make_no_sense():
    with pytest.raises(HeaderDataError, match=r"voxels: must be of shape \(2,\), got \(1,\)"):
        ParcelsAxis(["a", "b"], [np.empty((0, 3))], [{}, {}])
    with pytest.raises(HeaderDataError, match=r"name: must be of shape \(1,\), got \(1, 1\)"):
        ParcelsAxis([["a"]], [np.empty((0, 3))], [{}])
    brain = small_axis()
    with pytest.raises(UsageError, match="CORTEX_LEFT has 6 vertices in one axis and 7"):
        ParcelsAxis.from_brain_models(
            [("a", brain), ("b", BrainModelAxis.from_surface([0], 7, "cortex_left"))]
        )


# Scalars and labels.


def test_scalars():
    axis = ScalarAxis(["one", "two"], [{"unit": "mm"}, {}])
    assert axis[0] == ("one", {"unit": "mm"})
    assert (axis + ScalarAxis(["three"])).name.tolist() == ["one", "two", "three"]
    assert axis != ScalarAxis(["one", "two"])
    assert repr(axis) == "<ScalarAxis 'one', 'two'>"
    with pytest.raises(HeaderDataError, match=r"meta: must be of shape \(2,\), got \(1,\)"):
        ScalarAxis(["one", "two"], [{}])
    with pytest.raises(TypeError, match="unsupported operand"):
        axis + LabelAxis(["one"], {})


def test_labels():
    table = {7: ("insula", (1.0, 0.5, 0.25, 1.0))}
    axis = LabelAxis(["parts", "networks"], table)
    axis.label[0][8] = ("cuneus", (0.0, 0.0, 0.0, 0.0))
    assert axis[1] == ("networks", table, {})
    assert [row.colour for row in axis.labels[0]] == [(255, 128, 64, 255), (0, 0, 0, 0)]
    assert axis.labels[0].key_of("cuneus") == 8
    with pytest.raises(HeaderDataError, match=r"label: must be of shape \(1,\), got \(2,\)"):
        LabelAxis(["parts"], [{}, {}])
    axis.label[1][9] = ("wrong", (0, 0, 2, 1))
    with pytest.raises(HeaderDataError, match="from 0 to 1"):
        axis.to_mapping(0)


# Series.

numbers = st.floats(-1e3, 1e3).map(partial(round, ndigits=3))
bounds = st.none() | st.integers(-15, 15)
steps = st.none() | st.integers(-4, 4).filter(bool)


@given(numbers, numbers, st.integers(0, 12), st.builds(slice, bounds, bounds, steps))
def test_parts_of_a_series_are_those_of_its_points(start, step, size, index):
    axis = SeriesAxis(start, step, size)
    np.testing.assert_allclose(axis[index].time, axis.time[index], rtol=0, atol=1e-9)
    assert len(axis[index]) == len(range(size)[index])


def test_series():
    axis = SeriesAxis(3, 10, 4, "radian")
    assert (axis.unit, axis.time.tolist()) == ("RADIAN", [3, 13, 23, 33])
    assert (axis[-1], axis[np.uint8(1)]) == (33, 13)
    assert (axis + SeriesAxis(0, 10, 2, "RADIAN")) == SeriesAxis(3, 10, 6, "radian")
    assert axis[::2] == SeriesAxis(3, 20, 2, "radian")
    assert axis[::-1] == SeriesAxis(33, -10, 4, "radian")
    assert axis[-10:] == axis


@pytest.mark.parametrize(
    ("work", "error", "message"),
    [
        (lambda axis: axis[[0, 1]], IndexError, "a series takes integers and slices"),
        (lambda axis: axis + SeriesAxis(0, 1, 2), ValueError, "2 SECOND and 1 SECOND a step"),
        (lambda axis: axis + SeriesAxis(0, 2, 2, "METER"), ValueError, "2 METER a step"),
        (lambda axis: axis + ScalarAxis(["a"]), TypeError, "unsupported operand"),
        (lambda axis: setattr(axis, "unit", "minute"), ValueError, "unit: must be one of SECOND"),
        (lambda axis: setattr(axis, "size", -1), ValueError, "size: must be a whole number"),
        (lambda axis: setattr(axis, "size", 1.5), ValueError, "size: must be a whole number"),
    ],
)
def test_what_a_series_refuses(work, error, message):
    with pytest.raises(error, match=message):
        work(SeriesAxis(0, 2, 3))


# Headers.


@pytest.mark.parametrize("number", range(5), ids=[cls.__name__ for cls in CLASSES])
def test_axes_come_back_from_their_map(number):
    axis = small_axes()[number]
    assert from_index_mapping(axis.to_mapping(1)) == axis
    header = Cifti2Header.from_xml(to_header([axis, axis[:1]]).to_xml())
    assert header.get_axis(0) == axis
    assert header.get_axis(1) == axis[:1]


@pytest.mark.parametrize("number", range(5), ids=[cls.__name__ for cls in CLASSES])
def test_nibabel_reads_our_headers_and_we_its(number):
    from nibabel.cifti2.parse_cifti2 import Cifti2Parser

    mine, theirs = small_axes()[number], small_axes(peer_axes)[number]
    parser = Cifti2Parser()
    parser.parse(string=to_header([mine]).to_xml())
    assert parser.header.get_axis(0) == theirs
    assert Cifti2Header.from_xml(peer_axes.to_header([theirs]).to_xml()).get_axis(0) == mine


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=25)  # of each of five kinds
@given(st.data())
def test_any_axis_comes_back_from_its_map(name, data):
    axis = data.draw(EVERY[name])
    assert from_index_mapping(axis.to_mapping(0)) == axis
    header = Cifti2Header.from_xml(to_header([axis, ScalarAxis(["z"])]).to_xml())
    assert header.get_axis(0) == axis


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=25)  # of each of five kinds
@given(st.data())
def test_any_axis_begins_as_its_first_part(name, data):
    axis, other = data.draw(EVERY[name]), data.draw(EVERY[name])
    if isinstance(axis, SeriesAxis):
        other = SeriesAxis(other.start, axis.step, other.size, axis.unit)
    elif isinstance(axis, ParcelsAxis):
        other = axis[::-1]  # parts of parcels know all surfaces of the whole, also unused ones
    joined = axis + other
    assert len(joined) == len(axis) + len(other)
    assert joined[: len(axis)] == axis
    if not isinstance(axis, SeriesAxis):  # it ignores where the other one starts
        assert joined[len(axis) :] == other


def test_equal_axes_share_one_map():
    brain, series = small_axis(), SeriesAxis(0, 1, 9)
    header = to_header((brain, small_axis()))
    assert header.number_of_mapped_indices == 1
    assert header.get_index_map(1).dimensions == (0, 1)
    header = to_header(iter([brain, series, brain]))
    assert [header.get_index_map(axis).dimensions for axis in range(3)] == [(0, 2), (1,), (0, 2)]


def models(*changes: tuple[int, str, object]):
    """The map of three brain models, with fields of some of them changed."""
    mim = small_axis().to_mapping(0)
    for number, name, value in changes:
        setattr(list(mim.brain_models)[number], name, value)
    return mim


def test_brain_models_in_any_order_are_read():
    mim = models((0, "index_offset", 5), (1, "index_offset", 2), (2, "index_offset", 0))
    assert from_index_mapping(mim) == small_axis()[[7, 8, 4, 5, 6, 0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((1, "index_offset", 3), "brain model .*RIGHT: IndexOffset: must be 4, .* got 3"),
        ((1, "index_offset", 5), "brain model .*RIGHT: IndexOffset: must be 4, .* got 5"),
        ((0, "index_offset", -1), "brain model .*LEFT: IndexOffset: must be 0, .* got -1"),
        ((0, "index_offset", 9), "brain model .*RIGHT: IndexOffset: must be 0, .* got 4"),
        ((1, "index_offset", None), "brain model .*RIGHT: IndexOffset"),
        ((1, "index_count", 4), "RIGHT: IndexCount: is 4, and there are 3"),
        ((1, "surface_number_of_vertices", 4), "RIGHT at index 4: vertex 4 .* has 4 vertices"),
        ((1, "surface_number_of_vertices", None), "RIGHT: SurfaceNumberOfVertices"),
        ((1, "vertex_indices", None), "RIGHT: VertexIndices"),
        ((2, "voxel_indices_ijk", None), "BRAIN_STEM: VoxelIndicesIJK"),
        ((2, "model_type", "CIFTI_MODEL_TYPE_VOXEL"), "BRAIN_STEM: ModelType: must be"),
        ((2, "brain_structure", None), "brain model: BrainStructure"),
        ((1, "brain_structure", LEFT), "LEFT: SurfaceNumberOfVertices: is 6 first, then 5"),
    ],
)
def test_brain_models_that_leave_out_or_share_indices(change, message):
    with pytest.raises(HeaderDataError, match=message):
        from_index_mapping(models(change))


def test_voxels_have_a_volume():
    mim = small_axis().to_mapping(0)
    mim.volume.volume_dimensions = (4, 5, 5)
    with pytest.raises(HeaderDataError, match=r"voxel \[0, 4, 5\] \(number 1\) is outside"):
        from_index_mapping(mim)
    del mim.volume
    with pytest.raises(HeaderDataError, match="affine and volume_shape are needed"):
        from_index_mapping(mim)


def test_affines_are_mm_whatever_the_exponent():
    mim = small_axis().to_mapping(0)
    matrix = mim.volume.transformation_matrix_voxel_indices_ijk_to_xyz
    matrix.meter_exponent = -2
    affine = from_index_mapping(mim).affine
    assert affine[:3].tolist() == (SMALL_AFFINE[:3] * 10).tolist()
    assert affine[3].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("number", "exponent", "step"),
    [(720.0, -3, 0.72), (2300.0, -3, 2.3), (7.0, 2, 700.0), (0.1, 0, 0.1)],
)
def test_exponents_of_series(number, exponent, step):
    mim = SeriesAxis(0, number, 4).to_mapping(0)
    mim.series_exponent = exponent
    assert from_index_mapping(mim).step == step


@pytest.mark.parametrize(
    "name",
    ["series_exponent", "series_start", "series_step", "series_unit", "number_of_series_points"],
)
def test_series_state_everything(name):
    mim = SeriesAxis(0, 1, 4).to_mapping(0)
    setattr(mim, name, None)
    with pytest.raises(HeaderDataError, match=r"MatrixIndicesMap: (Series|NumberOf)"):
        from_index_mapping(mim)


def test_maps_of_other_kinds_are_refused():
    mim = SeriesAxis(0, 1, 4).to_mapping(0)
    mim.series_exponent = 301
    with pytest.raises(HeaderDataError, match="SeriesExponent: must be from -300 to 300, got 301"):
        from_index_mapping(mim)
    mim.indices_map_to_data_type = "CIFTI_INDEX_TYPE_FIBERS"
    with pytest.raises(HeaderDataError, match=r"must be one of .*, got 'CIFTI_INDEX_TYPE_FIBERS'"):
        from_index_mapping(mim)


def test_structures_that_are_not_in_the_list_are_kept():
    mim = models((2, "brain_structure", "CIFTI_STRUCTURE_HIPPOCAMPUS_DENTATE_LEFT"))
    axis = from_index_mapping(mim)
    assert axis[-1][2] == "CIFTI_STRUCTURE_HIPPOCAMPUS_DENTATE_LEFT"
    assert from_index_mapping((axis + axis).to_mapping(0))[9:] == axis


def test_axes_share_the_arrays_of_the_header(usual):
    mim = usual.to_mapping(0)
    axis = from_index_mapping(mim)
    vertices = next(mim.brain_models).vertex_indices.array
    assert np.shares_memory(axis.runs[0].indices, vertices)
    assert np.shares_memory(axis[100:200].runs[0].indices, vertices)
    assert np.array_equal(axis.affine, AFFINE)


def test_runs_are_one_where_they_can_be():
    left = StructureRun(LEFT, np.array([1, 2]))
    voxels = StructureRun(LEFT, np.array([[1, 2, 0]]))
    found = BrainModelAxis.from_runs(
        [left, left.part(slice(0, 0)), left, voxels], np.eye(4), (2, 3, 1), {LEFT: 3, RIGHT: 3}
    )
    assert [len(run) for run in found.runs] == [4, 1]
    assert found.nvertices == {LEFT: 3}
    assert BrainModelAxis.from_runs([left], np.eye(4), (2, 3, 1), {LEFT: 3}).affine is None


def test_times_of_32_bits_are_those_that_were_typed():
    axis = SeriesAxis(np.float32(0.9), np.float32(0.72), 5)
    assert (axis.start, axis.step) == (0.9, 0.72)
    assert repr(axis) == "SeriesAxis(start=0.9, step=0.72, size=5, unit='SECOND')"
    exact = float(np.float32(0.72))
    assert SeriesAxis(0, np.float64(exact), 5).step == exact
