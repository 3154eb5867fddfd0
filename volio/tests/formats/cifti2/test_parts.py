"""Parts of CIFTI-2 images: surfaces, volumes, parcels and maps, against arrays made by hand."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.errors import HeaderDataError, ImageDataError, LossWarning, UsageError, UsageTypeError
from volio.files.opener import open_source
from volio.formats.cifti2 import Cifti2Image
from volio.formats.cifti2.axes import (
    BrainModelAxis,
    LabelAxis,
    ParcelsAxis,
    ScalarAxis,
    SeriesAxis,
)
from volio.images.spatial import SpatialImage
from volio.testing.faults import CountingSource
from volio.tests.formats.cifti2.greyordinates import (
    COUNTS,
    SMALL_AFFINE,
    SMALL_SHAPE,
    VERTICES,
    peer_axes,
    small_axes,
    small_axis,
    usual_axis,
)

TABLE = {0: ("???", (0.0, 0.0, 0.0, 0.0)), 7: ("insula", (1.0, 0.5, 0.25, 1.0))}


def rows_of_kind(kind: str, module=volio.formats.cifti2.axes):
    """Three rows: maps, labels or points in time."""
    if kind == "series":
        return module.SeriesAxis(0.5, 0.72, 3)
    names = ["one", "two", "three"]
    return module.LabelAxis(names, TABLE) if kind == "label" else module.ScalarAxis(names)


def matrix(rows: int = 3, columns: int = 9) -> np.ndarray:
    """Every value is another one."""
    return (np.arange(rows * columns, dtype=np.float32) + 1).reshape(rows, columns)


@pytest.fixture(params=["scalar", "label", "series"])
def img(request, tmp_path: Path) -> Cifti2Image:
    """A file that nibabel wrote."""
    path = tmp_path / "small.nii"
    axes = rows_of_kind(request.param, peer_axes), small_axis(peer_axes)
    nibabel.Cifti2Image(matrix(), axes).to_filename(path)
    return volio.load(path)


def scalars() -> Cifti2Image:
    return Cifti2Image(matrix(), (rows_of_kind("scalar"), small_axis()))


# Surfaces and volumes.


def test_parts_put_back_together_are_the_matrix(img):
    values = np.asarray(img.dataobj)
    assert np.array_equal(values, matrix())
    together = np.zeros_like(values)
    for part, where in ((img.left, slice(0, 4)), (img.right, slice(4, 7))):
        together[:, where] = np.asarray(part.dataobj)[:, part.vertices]
        assert np.array_equal(part.compact, values[:, where])
    i, j, k = small_axis().voxel[7:].T
    together[:, 7:] = img.volume.get_fdata()[i, j, k].T
    assert np.array_equal(together, values)


def test_the_left_cortex(img):
    left = img.left
    empty = 0 if isinstance(img.axes[0], LabelAxis) else np.nan
    expected = np.full((3, 6), empty, np.float32)
    expected[:, [5, 0, 2, 3]] = matrix()[:, :4]
    assert isinstance(left.dataobj, LazyArray)
    assert (left.structure, left.shape, left.n_vertices) == ("cortex_left", (3, 6), 6)
    assert left.vertices.tolist() == [5, 0, 2, 3]
    np.testing.assert_array_equal(left.dataobj, expected)
    np.testing.assert_array_equal(left.dataobj[1], expected[1])
    np.testing.assert_array_equal(left.dataobj[::-1, 1:4], expected[::-1, 1:4])


def test_the_volume(img):
    volume = img.volume
    expected = np.zeros((*SMALL_SHAPE, 3), np.float32)
    expected[3, 0, 1] = [8, 17, 26]
    expected[0, 4, 5] = [9, 18, 27]
    assert isinstance(volume, SpatialImage)
    assert isinstance(volume.dataobj, LazyArray)
    assert np.array_equal(volume.affine, SMALL_AFFINE)
    assert np.array_equal(volume.dataobj, expected)
    assert np.array_equal(volume.slicer[..., 1].dataobj, expected[..., 1])
    if not isinstance(img.axes[0], SeriesAxis):
        assert volume.slicer[..., 1:].header.names == ("two", "three")
    assert volume.header.get_zooms()[3] == (0.72 if isinstance(img.axes[0], SeriesAxis) else 1)


def test_a_volume_of_one_map_has_three_axes():
    one = Cifti2Image(matrix(1), (ScalarAxis(["one"]), small_axis()))
    assert one.volume.shape == SMALL_SHAPE
    assert one.volume.get_fdata()[0, 4, 5] == 9
    assert one.left.shape == (1, 6)


def test_structures(img):
    assert img.structures == {
        "cortex_left": slice(0, 4),
        "cortex_right": slice(4, 7),
        "brain_stem": slice(7, 9),
    }
    assert img.axes[1] == small_axis()
    again = small_axis()[[0, 4, 1, 5]]
    twice = Cifti2Image(matrix(1, 4), (ScalarAxis(["one"]), again)).structures
    assert {name: where.tolist() for name, where in twice.items()} == {
        "cortex_left": [0, 2],
        "cortex_right": [1, 3],
    }


def test_a_structure_that_comes_twice_is_one_part():
    again = small_axis()[[0, 4, 1, 5]]
    part = Cifti2Image(matrix(1, 4), (ScalarAxis(["one"]), again)).left
    assert part.vertices.tolist() == [5, 0]
    assert np.asarray(part.dataobj)[0, [5, 0]].tolist() == [1, 3]
    assert part.compact[0].tolist() == [1, 3]


def test_matrices_with_vertices_first():
    values = matrix(9, 2)
    img = Cifti2Image(values, (small_axis(), ScalarAxis(["one", "two"])))
    assert np.asarray(img.left.dataobj)[:, 5].tolist() == [1, 2]
    assert img.volume.get_fdata()[0, 4, 5].tolist() == [17, 18]
    assert np.array_equal(img["two"], values[:, 1])
    assert img.sel("brain stem", maps="two").shape == (2, 1)


def test_dense_matrices_have_parts_of_their_last_axis():
    values = matrix(9, 9)
    img = Cifti2Image(values, (small_axis(), small_axis()))
    assert img.right.shape == (9, 5)
    assert np.array_equal(img.right.compact, values[:, 4:7])
    assert img.right.names == []
    assert img.right.surface.data["time series"].shape == (5, 9)


def test_of_two_axes_in_space_the_last_one_counts():
    left, right = small_axis()[:3], small_axis()[4:7]
    img = Cifti2Image(matrix(3, 3), (right, left))
    assert np.array_equal(img["cortex_left"].compact, matrix(3, 3))
    assert list(img.structures) == ["cortex_left"]
    with pytest.raises(UsageError, match="'cortex_right': nothing has this name"):
        img["cortex_right"]
    assert volio.Cifti2Image(np.zeros(3), like=img, names="z").axes[1] == left


def test_what_is_not_there():
    img = scalars()
    with pytest.raises(
        UsageError, match=r"thalamus_left: .* no such surface, .*: cortex_left, cor"
    ):
        img.on_surface("ThalamusLeft")
    with pytest.raises(UsageError, match=r"volume: the matrix has no voxels, only vertices"):
        img.sel("cortex").volume  # noqa: B018
    with pytest.raises(UsageError, match="there are: cortex_right"):
        img.sel("cortex_right").left  # noqa: B018
    series = Cifti2Image(matrix(2, 3), (ScalarAxis(["a", "b"]), SeriesAxis(0, 1, 3)))
    with pytest.raises(UsageError, match="no vertices, voxels or parcels, its axes are ScalarAxis"):
        series.left  # noqa: B018


# By name.


def test_structures_maps_and_parcels_by_name(img):
    assert np.array_equal(img["CortexLeft"].compact, img.left.compact)
    stem = img["brain stem"]
    assert np.array_equal(stem.dataobj, img.volume.dataobj)
    if not isinstance(img.axes[0], SeriesAxis):
        assert np.array_equal(img["two"], matrix()[1])
        assert img.left.names == ["one", "two", "three"]
    with pytest.raises(
        UsageError, match=r"'four': nothing has this name; there are .*'brain_stem'"
    ):
        img["four"]
    with pytest.raises(TypeError, match=r"img.dataobj\[...\] takes indices"):
        img[0]


def test_voxels_of_one_structure_alone():
    deep = BrainModelAxis(
        ["thalamus_left", "thalamus_right"],
        voxel=[[0, 0, 0], [1, 1, 1]],
        affine=np.eye(4),
        volume_shape=(2, 2, 2),
    )
    img = Cifti2Image(matrix(1, 2), (ScalarAxis(["one"]), deep))
    assert img["thalamus_left"].get_fdata()[[0, 1], [0, 1], [0, 1]].tolist() == [1, 0]
    assert img.volume.get_fdata().sum() == 3


def test_a_structure_of_vertices_and_voxels():
    surface = BrainModelAxis.from_surface([0], 2, "cerebellum")
    voxels = BrainModelAxis.from_mask(np.ones((1, 1, 2)), "cerebellum")
    img = Cifti2Image(matrix(1, 3), (ScalarAxis(["one"]), surface + voxels))
    with pytest.raises(
        UsageError, match=r"has vertices and voxels; img.on_surface\('cerebellum'\)"
    ):
        img["cerebellum"]
    assert img.on_surface("cerebellum").compact[0].tolist() == [1]
    assert img.volume.get_fdata().ravel().tolist() == [2, 3]


@pytest.fixture
def parcelled() -> Cifti2Image:
    """Parcels: "all" has vertices 5 and 0, "stem" both voxels, "right" vertex 2."""
    brain = small_axis()
    parcels = [("all", brain[:2]), ("stem", brain[7:]), ("right", brain[6:7])]
    axis = ParcelsAxis.from_brain_models(parcels)
    return Cifti2Image(matrix(2, 3), (SeriesAxis(0, 1, 2), axis))


def test_parcels(parcelled):
    assert list(parcelled.parcels) == ["all", "stem", "right"]
    assert parcelled.parcels["stem"].tolist() == parcelled["stem"].tolist() == [2, 5]
    assert "V1" not in parcelled.parcels
    with pytest.raises(KeyError, match="V1"):
        parcelled.parcels["V1"]
    with pytest.raises(UsageError, match="has vertices and voxels, not parcels"):
        scalars().parcels  # noqa: B018


def test_parcels_on_surfaces_and_in_volumes(parcelled):
    nan = np.nan
    np.testing.assert_array_equal(
        parcelled.left.dataobj, [[1, nan, nan, nan, nan, 1], [4, nan, nan, nan, nan, 4]]
    )
    np.testing.assert_array_equal(parcelled.right.dataobj[1], [nan, nan, 6, nan, nan])
    assert parcelled.left.compact[1].tolist() == [4, 4]
    assert parcelled.volume.dataobj[[3, 0, 1], [0, 4, 1], [1, 5, 1]].tolist() == [
        *([2, 5], [2, 5]),
        [0, 0],
    ]
    assert parcelled.structures == {}


def test_parcels_that_overlap_have_no_surface():
    brain = small_axis()
    axis = ParcelsAxis.from_brain_models([("a", brain[:2]), ("b", brain[1:3])])
    img = Cifti2Image(matrix(1, 2), (ScalarAxis(["one"]), axis))
    with pytest.raises(HeaderDataError, match="cortex_left: vertex 0: is there twice, with a val"):
        img.left  # noqa: B018
    assert img.parcels["b"].tolist() == [2]


def test_voxels_that_come_twice_have_no_volume():
    deep = BrainModelAxis.from_mask(np.ones((1, 2, 1)), "brain_stem")
    img = Cifti2Image(matrix(1, 3), (ScalarAxis(["one"]), deep + deep[1:]))
    with pytest.raises(HeaderDataError, match=r"voxel \[0, 1, 0\]: is there twice"):
        img.volume  # noqa: B018


# Selections.


def test_selections(img):
    cortex = img.sel(structure="cortex")
    assert cortex.shape == (3, 7)
    assert cortex.axes == (img.axes[0], small_axis()[:7])
    assert isinstance(cortex.dataobj, LazyArray)
    assert np.array_equal(cortex.dataobj, matrix()[:, :7])
    both = img.sel(["brain_stem", "cortex left"], maps=slice(None, None, 2))
    assert np.array_equal(both.dataobj, matrix()[::2][:, [0, 1, 2, 3, 7, 8]])
    assert both.axes == (img.axes[0][::2], small_axis()[[0, 1, 2, 3, 7, 8]])
    assert np.array_equal(img.sel(maps=-1).dataobj, matrix()[2:])
    assert np.array_equal(img.sel(maps=[2, 1, 0]).dataobj, matrix()[::-1])
    assert img.sel(maps=[2, 1, 0]).axes[0] == img.axes[0][::-1]
    assert img.sel().axes == img.axes


def test_selections_by_name(parcelled):
    img = scalars()
    assert np.array_equal(img.sel(maps=["three", "one"]).dataobj, matrix()[[2, 0]])
    assert img.sel(maps="two").axes[0] == ScalarAxis(["two"])
    part = parcelled.sel(parcels=["right", "all"])
    assert part.parcels["all"].tolist() == [1, 4]
    assert part.axes[1].name.tolist() == ["right", "all"]


@pytest.mark.parametrize(
    ("work", "error", "message"),
    [
        (lambda img: img.sel("thalamus"), UsageError, "no 'thalamus', only cortex_left, cortex_ri"),
        (lambda img: img.sel(maps=["one", "four"]), UsageError, "none is called 'four' of 'one'"),
        (lambda img: img.sel(maps=3), IndexError, "the axis has length 3"),
        (lambda img: img.sel(parcels="one"), UsageError, "parcels: the matrix has none"),
    ],
)
def test_selections_that_are_not_there(work, error, message):
    with pytest.raises(error, match=message):
        work(scalars())


def test_selections_of_parcels_and_series_that_are_not_there(parcelled):
    with pytest.raises(UsageError, match="structure: the matrix has parcels"):
        parcelled.sel("cortex")
    with pytest.raises(UsageError, match=r"maps: a SeriesAxis has no names, got \['one'\]"):
        parcelled.sel(maps="one")
    series = Cifti2Image(matrix(4), (SeriesAxis(0, 1, 4), small_axis()))
    with pytest.raises(IndexError, match="unequal steps"):
        series.sel(maps=[0, 1, 3])


def test_selections_keep_what_is_said_of_the_image():
    img = scalars()
    img.header.matrix.metadata = volio.formats.cifti2.Cifti2MetaData({"subject": "100307"})
    img.nifti_header["descrip"] = b"a scan"
    part = img.sel("cortex_left")
    assert dict(part.header.matrix.metadata) == {"subject": "100307"}
    assert part.nifti_header["descrip"].item() == b"a scan"


# New data.


def test_three_lines(img, tmp_path):
    z = np.arange(9.0)
    new = volio.Cifti2Image(z, like=img, names=["z"])
    volio.save(new, tmp_path / "z.dscalar.nii")
    read = nibabel.load(tmp_path / "z.dscalar.nii")
    assert np.array_equal(read.get_fdata(), [z])
    assert read.header.get_axis(0) == peer_axes.ScalarAxis(["z"])
    assert read.header.get_axis(1) == small_axis(peer_axes)
    assert read.nifti_header.get_intent() == ("ConnDenseScalar", (), "ConnDenseScalar")


def test_new_data_like_an_image(img):
    fields = img.nifti_header
    fields["descrip"] = b"a scan"
    img.header.matrix.metadata = volio.formats.cifti2.Cifti2MetaData({"subject": "100307"})
    same = volio.Cifti2Image(matrix(), like=img)
    assert same.header == img.header
    series = volio.Cifti2Image(matrix(5), like=img, step=2.0)
    assert series.axes == (SeriesAxis(0, 2.0, 5), small_axis())
    assert dict(series.header.matrix.metadata) == {"subject": "100307"}
    assert series.nifti_header["descrip"].item() == b"a scan"
    assert series.get_data_dtype() == np.float32
    keys = np.array([0, 1, 7, 0, 1, 7, 0, 0, 0])
    labelled = volio.Cifti2Image(keys, like=img, names="parts", labels={1: "cuneus", 7: "insula"})
    assert [row.name for row in labelled.axes[0].labels[0]] == ["cuneus", "insula"]
    assert labelled.left.surface.data["parts"].tolist() == [1, 0, 7, 0, 0, 0]


def test_tables_for_new_data():
    table = volio.Labels([volio.Label(7, "insula", (255, 0, 51, 255))])
    new = volio.Cifti2Image(
        np.zeros((2, 9)),
        like=scalars(),
        names=["a", "b"],
        labels=[table, {3: ("cuneus", (0, 0.5, 1, 1))}],
    )
    assert new.axes[0].label[0] == {7: ("insula", (1.0, 0.0, 0.2, 1.0))}
    assert new.axes[0].label[1] == {3: ("cuneus", (0.0, 0.5, 1.0, 1.0))}
    both = volio.Cifti2Image(np.zeros((2, 9)), like=scalars(), names=["a", "b"], labels=table)
    assert both.axes[0] == LabelAxis(["a", "b"], {7: ("insula", (1.0, 0.0, 0.2, 1.0))})
    plain = volio.Cifti2Image(
        np.zeros(9), like=scalars(), names="a", labels={0: "?", 3: "x", 4: "y"}
    )
    colours = [rgba for _, rgba in plain.axes[0].label[0].values()]
    assert colours[0][3] == 0
    assert [rgba[3] for rgba in colours[1:]] == [1, 1]
    assert colours[1] != colours[2]


def test_new_data_for_parcels_and_for_the_first_axis(parcelled):
    new = volio.Cifti2Image([1.0, 2.0, 3.0], like=parcelled, names="beta")
    assert new.parcels["right"].tolist() == [3]
    first = Cifti2Image(matrix(9, 2), (small_axis(), ScalarAxis(["one", "two"])))
    turned = volio.Cifti2Image(np.zeros((9, 4)), like=first, names=list("abcd"))
    assert turned.axes == (small_axis(), ScalarAxis(list("abcd")))


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((8,), {"names": "z"}, "1 rows and 8 columns; like= has ScalarAxis of 3, Brain.* of 9"),
        ((2, 9), {}, "names: what the rows are must be stated"),
        ((2, 9), {"names": ["z"]}, r"names: one for each of 2 maps, got 1: \['z'\]"),
        ((2, 9), {"names": "ab", "labels": {}}, r"names: one for each of 2 maps, got 1"),
        ((2, 9), {"step": 1.0, "names": "z"}, "step: is of a series, which has no names="),
        ((2, 9), {"names": list("ab"), "labels": [{}]}, "labels: one table for all, or one for"),
        ((2, 9, 1), {"names": "z"}, "has 3 axes, like= has 2: ScalarAxis of 3"),
    ],
)
def test_new_data_that_do_not_fit(shape, options, message):
    with pytest.raises(UsageError, match=message):
        volio.Cifti2Image(np.zeros(shape), like=scalars(), **options)


def test_like_and_header_are_one_or_the_other():
    img = scalars()
    with pytest.raises(UsageTypeError, match="like: must be a Cifti2Image, got str"):
        volio.Cifti2Image(matrix(), like="rest.dtseries.nii")
    with pytest.raises(UsageError, match="header, like: one of them says"):
        volio.Cifti2Image(matrix(), img.header, like=img)
    with pytest.raises(UsageError, match=r"names, labels, step: are for images .* with like="):
        volio.Cifti2Image(matrix(), img.header, names=["a"])


# Surfaces and volumes as files.


def test_a_mesh_with_the_maps(tmp_path):
    points = np.arange(18, dtype=np.float32).reshape(6, 3)
    mesh = volio.Surface(points, [[0, 1, 2]], structure="cortex_left")
    volio.save(mesh, tmp_path / "L.surf.gii")
    img = scalars()
    for given in (mesh, str(tmp_path / "L.surf.gii"), tmp_path / "L.surf.gii"):
        found = img.left.on(given)
        assert list(found.data) == ["one", "two", "three"]
        assert np.array_equal(found.vertices, points)
        np.testing.assert_array_equal(found.data["two"], np.asarray(img.left.dataobj)[1])
    with pytest.raises(ImageDataError, match=r"cortex_left|5 values"):
        img.right.on(mesh)
    with pytest.raises(UsageError, match="is a volume, and on takes surfaces"):
        img.right.on(img.volume)


def test_surfaces_are_saved_as_gifti(img, tmp_path):
    path = tmp_path / "L.func.gii"
    volio.save(img.left, path)
    read = nibabel.load(path)
    assert read.meta["AnatomicalStructurePrimary"] == "CortexLeft"
    values = np.stack([array.data for array in read.darrays])
    np.testing.assert_array_equal(values, img.left.dataobj)
    if isinstance(img.axes[0], LabelAxis):
        assert read.labeltable.get_labels_as_dict() == {0: "???", 7: "insula"}
        assert values.dtype == np.int32


def test_volumes_are_saved_in_formats_of_volumes(img, tmp_path):
    volio.save(img.volume, tmp_path / "deep.nii.gz")
    read = nibabel.load(tmp_path / "deep.nii.gz")
    assert np.array_equal(read.get_fdata(), img.volume.get_fdata())
    assert np.array_equal(read.affine, SMALL_AFFINE)
    if isinstance(img.axes[0], SeriesAxis):
        assert read.header.get_zooms()[3] == np.float32(0.72)
        assert read.header.get_xyzt_units()[1] == "sec"
        assert read.header["toffset"] == 0.5
    elif isinstance(img.axes[0], ScalarAxis):
        with pytest.warns(LossWarning, match=r"labels of volumes \(one, two, three\)"):
            volio.save(img.volume, tmp_path / "deep.mgz")


def test_volumes_of_labels_have_their_table(tmp_path):
    keys = np.full((2, 9), 7, np.int32)
    insula = Cifti2Image(keys, (LabelAxis(["one", "two"], TABLE), small_axis()))
    assert insula.volume.labels == insula.axes[0].labels[0]
    assert insula.sel(maps="two").volume.labels.name_of(7) == "insula"
    volio.save(insula.sel(maps="two").volume, tmp_path / "insula.nii.gz")
    read = volio.load(tmp_path / "insula.nii.gz").labels
    assert (read.name_of(7), read[7].colour) == ("insula", (255, 128, 64, 255))
    other = LabelAxis(["one", "two"], [TABLE, {7: ("cuneus", (0.0, 0.0, 1.0, 1.0))}])
    assert Cifti2Image(keys, (other, small_axis())).volume.labels is None
    assert scalars().volume.labels is None


def test_labels_that_are_no_keys():
    img = Cifti2Image(matrix() + 0.5, (rows_of_kind("label"), small_axis()))
    with pytest.raises(ImageDataError, match="cortex_left: keys of labels must be whole numbers"):
        img.left.surface  # noqa: B018


def test_maps_of_one_name_are_told_apart():
    img = Cifti2Image(matrix(2), (ScalarAxis(["z", "z"]), small_axis()))
    assert list(img.left.surface.data) == ["z", "z (2)"]
    with pytest.raises(UsageError, match="2 are called 'z'"):
        img["z"]


def test_a_map_is_drawn_on_both_hemispheres(tmp_path):
    # Each hemisphere is two triangles that face the viewer from its side: one colour a map.
    corners = [[0, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]]
    sides = [[0, 2, 1], [0, 3, 2]]
    axis = BrainModelAxis.from_surface(range(4), 4, "cortex_left")
    axis += BrainModelAxis.from_surface(range(4), 4, "cortex_right")
    values = np.array([[0.0] * 4 + [1] * 4, [1.0] * 4 + [0] * 4])
    img = Cifti2Image(values, (ScalarAxis(["one", "two"]), axis))
    left = volio.Surface(corners, sides, structure="cortex_left")
    right = volio.Surface(corners, [side[::-1] for side in sides], structure="cortex_right")
    options = {"views": "lateral", "size": 60, "colorbar": False, "cmap": "gray"}
    shown = {name: img.plot((left, right), name, **options) for name in ("one", "two")}
    middle = [shown["one"].shape[1] // 4, 3 * shown["one"].shape[1] // 4]
    row = shown["one"].shape[0] // 2
    dark, bright = (int(value) for value in shown["one"][row, middle, 0])
    assert bright > dark + 100
    assert shown["two"][row, middle, 0].tolist() == [bright, dark]
    assert np.array_equal(img.plot((left, right), 1, **options), shown["two"])
    alone = img.plot((left, None), 1, **options, output_file=tmp_path / "left.png")
    assert int(alone[row, alone.shape[1] // 2, 0]) > 100
    assert (tmp_path / "left.png").stat().st_size > 0
    with pytest.raises(UsageError, match="surfaces: a left and a right one, got 1"):
        img.plot([left])
    with pytest.raises(ImageDataError, match=r"4 values.*3 vertices"):
        img.plot((volio.Surface(corners[:3], [[0, 1, 2]]), None))


# What is read.


@pytest.fixture(scope="module")
def usual_file(tmp_path_factory) -> Path:
    """Fifty points of the usual 91,282 greyordinates."""
    path = tmp_path_factory.mktemp("usual") / "rest.dtseries.nii"
    values = np.arange(50 * 91282, dtype=np.float32).reshape(50, -1)
    volio.save(Cifti2Image(values, (SeriesAxis(0, 0.72, 50), usual_axis())), path)
    return path


def counted(path: Path) -> tuple[Cifti2Image, CountingSource]:
    """An image whose reads of data are counted."""
    img = volio.load(path)
    proxy = img.dataobj
    source = CountingSource(open_source(str(path)))
    spec = (proxy.shape, proxy.dtype, proxy.offset)
    return Cifti2Image(ArrayProxy(source, spec, order="F"), img.header), source


ROW = 50 * 4  # bytes of the series of one greyordinate


@pytest.mark.parametrize(
    ("read", "least", "most"),
    [
        (lambda img: img.left.dataobj[()], 29696 * ROW, 29696 * ROW),
        (lambda img: img["thalamus_left"].dataobj[()], 1288 * ROW, 1288 * ROW),
        (lambda img: img.volume.dataobj[()], 31870 * ROW, 31870 * ROW),
        (lambda img: img.left.dataobj[:, int(img.left.vertices[777])], ROW, ROW + 65536),
        (lambda img: img.sel("brain_stem").dataobj[:], 3472 * ROW, 3472 * ROW),
        (lambda img: img.left, 0, 0),
        (lambda img: img.volume.slicer[40:42], 0, 0),
    ],
    ids=["left", "thalamus", "volume", "one vertex", "stem", "nothing", "slicer"],
)
def test_parts_read_their_bytes_alone(usual_file, read, least, most):
    img, source = counted(usual_file)
    read(img)
    assert least <= source.count <= most


def test_values_of_the_usual_greyordinates(usual_file):
    img = volio.load(usual_file)
    theirs = nibabel.load(usual_file)
    where = theirs.header.get_axis(1).name == "CIFTI_STRUCTURE_THALAMUS_LEFT"
    columns = theirs.dataobj[:, np.flatnonzero(where)[0] : np.flatnonzero(where)[-1] + 1]
    i, j, k = theirs.header.get_axis(1).voxel[where].T
    assert np.array_equal(img["thalamus_left"].dataobj[i, j, k], columns.T)
    assert np.array_equal(img.right.compact[7], theirs.dataobj[7, 29696:59412])
    assert img.left.n_vertices == VERTICES
    assert sum(COUNTS.values()) == img.shape[1]


def test_real_maps(shared_data: Path):
    folder = shared_data / "cifti"
    path = folder / "Conte69.MyelinAndCorrThickness.32k_fs_LR.dscalar.nii"
    img, theirs = volio.load(path), nibabel.load(path)
    axis = theirs.header.get_axis(1)
    left = axis.name == "CIFTI_STRUCTURE_CORTEX_LEFT"
    expected = np.full((2, 32492), np.nan, np.float32)
    expected[:, axis.vertex[left]] = np.asarray(theirs.dataobj)[:, left]
    np.testing.assert_array_equal(img.left.dataobj, expected)
    mesh = img.left.on(shared_data / "surfaces" / "Conte69.L.inflated.32k_fs_LR.surf.gii")
    assert list(mesh.data) == ["MyelinMap_BC_decurv", "corrThickness"]
    assert (mesh.structure, len(mesh.faces)) == ("cortex_left", 64980)


def test_real_parcels(shared_data: Path):
    path = shared_data / "cifti" / "Conte69.MyelinAndCorrThickness.32k_fs_LR.ptseries.nii"
    img, theirs = volio.load(path), nibabel.load(path)
    names = theirs.header.get_axis(1).name.tolist()
    values = np.asarray(theirs.dataobj)
    assert list(img.parcels) == names
    for column in (0, 7, 53):
        assert np.array_equal(img[names[column]], values[:, column])
    _, vertices = theirs.header.get_axis(1)["ER_FRB08"]
    on_left = vertices["CIFTI_STRUCTURE_CORTEX_LEFT"]
    found = np.asarray(img.left.dataobj)[:, on_left]
    assert np.array_equal(found, np.repeat(values[:, [names.index("ER_FRB08")]], 103, axis=1))


def test_small_axes_are_of_every_class():
    assert [type(axis) for axis in small_axes()] == [
        *(BrainModelAxis, ParcelsAxis, ScalarAxis),
        *(LabelAxis, SeriesAxis),
    ]
