"""CoordinateImage: points of surfaces, volumes and CIFTI-2, their positions and their values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.arrays.lazy import LazyArray
from volio.errors import ImageDataError, SpaceError, UsageError
from volio.formats.cifti2 import Cifti2Image
from volio.formats.cifti2.axes import ParcelsAxis, ScalarAxis
from volio.images.coordinates import GridPoints, MeshPoints
from volio.tests.arrays.arrays import Counting
from volio.tests.formats.cifti2.greyordinates import (
    SMALL_AFFINE,
    SMALL_SHAPE,
    small_axis,
)

VALUES = (np.arange(27, dtype=np.float32) + 1).reshape(3, 9)
POINTS = np.arange(18, dtype=np.float32).reshape(6, 3)


def greyordinates() -> Cifti2Image:
    return Cifti2Image(VALUES, (ScalarAxis(["one", "two", "three"]), small_axis()))


def summary(axis: volio.CoordinateAxis) -> list[tuple[str, list]]:
    return [(parcel.name, parcel.indices.tolist()) for parcel in axis.parcels]


def test_greyordinates_by_point():
    img = volio.CoordinateImage.from_image(greyordinates())
    assert isinstance(img.data, LazyArray)
    assert np.array_equal(img.data, VALUES.T)
    assert summary(img.coordaxis) == [
        ("cortex_left", [5, 0, 2, 3]),
        ("cortex_right", [4, 0, 2]),
        ("brain_stem", [[3, 0, 1], [0, 4, 5]]),
    ]
    assert [len(parcel.structure) for parcel in img.coordaxis.parcels] == [6, 5, 4 * 5 * 6]
    # i leads along +y, 3 mm a voxel; j along -x, 2 mm; k along +z, 4 mm.
    stem = img.coordaxis.parcels[2]
    assert stem.positions.tolist() == [[90, -126 + 9, -68], [90 - 8, -126, -52]]


def test_parcels_are_over_the_arrays_of_the_axis():
    img = greyordinates()
    axis = img.header.get_axis(1)
    data, points = img.by_point()
    assert data.shape == (9, 3)
    models = list(img.header.get_index_map(1).brain_models)
    assert np.shares_memory(points.parcels[0].indices, models[0].vertex_indices.array)
    assert np.array_equal(points.parcels[0].indices, axis.vertex[:4])


def test_meshes_are_stated_by_name():
    axis = volio.CoordinateImage.from_image(greyordinates()).coordaxis
    with pytest.raises(SpaceError, match=r"the mesh is not known; axis.load_structures"):
        axis.parcels[0].positions  # noqa: B018
    mesh = volio.Surface(POINTS, [[0, 1, 2]], space="scanner")
    known = axis.load_structures({"cortex_left": mesh})
    assert np.array_equal(known.parcels[0].positions, POINTS[[5, 0, 2, 3]])
    assert known.parcels[0].structure.space == "scanner"
    assert np.array_equal(known[:2].positions, POINTS[[5, 0]])
    with pytest.raises(SpaceError, match="is not known"):
        known.positions  # noqa: B018
    with pytest.raises(ImageDataError, match="cortex_right: has 5 points, the surface 6 vertices"):
        axis.load_structures({"cortex_right": mesh})


def test_a_surface_by_point():
    data = {"height": np.arange(6.0), "pair": np.arange(12.0).reshape(6, 2)}
    surf = volio.Surface(POINTS, [[0, 1, 2]], data, structure="cortex_left", space="mni")
    img = volio.CoordinateImage.from_image(surf)
    assert img.shape == (6, 3)
    assert img.data[4].tolist() == [4, 8, 9]
    assert np.array_equal(img.coordaxis.positions, POINTS)
    assert volio.CoordinateImage.from_image(volio.Surface(POINTS)).shape == (6, 0)


def test_a_volume_by_point():
    base = Counting(np.arange(240).reshape(*SMALL_SHAPE, 2), order=(3, 2, 1, 0))
    img = volio.CoordinateImage.from_image(volio.SpatialImage(base, SMALL_AFFINE))
    assert img.shape == (120, 2)
    assert img.coordaxis.parcels[0].name == "volume"
    assert img.coordaxis.parcels[0][4:6].indices.tolist() == [[0, 1, 0], [1, 1, 0]]
    assert img.data[5].tolist() == base.array[1, 1, 0].tolist()
    assert base.asked == 2
    assert img.coordaxis.positions[5].tolist() == [90 - 2, -126 + 3, -72]
    with pytest.raises(SpaceError, match="has no affine"):
        volio.CoordinateImage.from_image(volio.SpatialImage(base, None))
    with pytest.raises(UsageError, match=r"three axes in space, got shape \(2, 3\)"):
        volio.CoordinateImage.from_image(volio.SpatialImage(np.ones((2, 3)), np.eye(4)))


def test_other_things_have_no_points():
    with pytest.raises(UsageError, match="must be a volume, a surface or greyordinates, got int"):
        volio.CoordinateImage.from_image(7)
    parcels = ParcelsAxis.from_brain_models([("a", small_axis())])
    with pytest.raises(UsageError, match="has parcels; a point is a vertex or a voxel"):
        volio.CoordinateImage.from_image(Cifti2Image(np.ones((1, 1)), (ScalarAxis(["z"]), parcels)))


indices = st.one_of(
    st.lists(st.integers(-9, 8), max_size=12).map(lambda found: np.array(found, int)),
    st.lists(st.booleans(), min_size=9, max_size=9).map(np.array),
    st.builds(
        slice,
        st.none() | st.integers(-11, 11),
        st.none() | st.integers(-11, 11),
        st.none() | st.sampled_from([1, 2, -1]),
    ),
)


@given(indices)
def test_any_part_has_the_same_points_and_values(index):
    img = volio.CoordinateImage.from_image(greyordinates())
    part = img[index]
    assert np.array_equal(part.data, VALUES.T[index])
    every = [(p.name, point) for p in img.coordaxis.parcels for point in p.indices.tolist()]
    found = [(p.name, point) for p in part.coordaxis.parcels for point in p.indices.tolist()]
    assert found == [every[number] for number in np.arange(9)[index]]


def test_parts():
    img = volio.CoordinateImage.from_image(greyordinates())
    part = img[3:8, 1:]
    assert isinstance(part.data, LazyArray)
    assert np.array_equal(part.data, VALUES.T[3:8, 1:])
    assert summary(part.coordaxis)[0] == ("cortex_left", [3])
    assert part.header == img.header
    with pytest.raises(UsageError, match=r"3 is one point; img.data\[3\] has its values"):
        img[3]
    with pytest.raises(UsageError, match="must select along one axis, got 2 axes"):
        img.coordaxis[[[0, 1]]]


def test_indices_of_parcels():
    axis = volio.CoordinateImage.from_image(greyordinates()).coordaxis
    assert axis.get_indices("cortex_right").tolist() == [4, 5, 6]
    assert axis.get_indices("cortex_right", [2, 0]).tolist() == [6, 4]
    twice = axis[[0, 4, 1]]
    assert [parcel.name for parcel in twice.parcels] == [
        "cortex_left",
        "cortex_right",
        "cortex_left",
    ]
    assert twice.get_indices("cortex_left").tolist() == [0, 2]
    with pytest.raises(UsageError, match="no 'thalamus', only cortex_left, cortex_right, brain_st"):
        axis.get_indices("thalamus")


def test_parcels():
    grid = GridPoints((2, 3, 4), np.eye(4))
    whole = volio.Parcel("deep", grid)
    assert (len(whole), whole.indices.shape) == (24, (24, 3))
    assert whole.indices[:3].tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert len(whole[5:2]) == 0
    assert whole[::12].indices.tolist() == [[0, 0, 0], [0, 0, 2]]
    assert repr(volio.Parcel("left", MeshPoints(7), [1, 2])) == "<Parcel 'left', 2 of 7 points>"
    with pytest.raises(
        ImageDataError, match=r"deep: indices must be of shape \('n', 3\), got \(1,"
    ):
        volio.Parcel("deep", grid, [0])
    with pytest.raises(
        ImageDataError, match=r"left: indices must be of shape \('n',\), got \(1, 3"
    ):
        volio.Parcel("left", MeshPoints(7), [[0, 1, 2]])


def test_data_has_a_row_for_each_point():
    axis = volio.CoordinateAxis([volio.Parcel("left", MeshPoints(7), [1, 2])])
    assert volio.CoordinateImage(np.ones(2), axis).shape == (2,)
    with pytest.raises(ImageDataError, match=r"one row for each of 2 points, got shape \(3, 2\)"):
        volio.CoordinateImage(np.ones((3, 2)), axis)
    with pytest.raises(ImageDataError, match=r"one row for each of 2 points, got shape \(\)"):
        volio.CoordinateImage(1.0, axis)
    assert len(volio.CoordinateAxis([]).positions) == 0
