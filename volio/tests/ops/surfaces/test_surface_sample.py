"""Values on a surface from a volume."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio.errors import AffineError, ImageDataError, SpaceError, UsageError
from volio.tests.arrays.arrays import Counting
from volio.tests.requirements import optional
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

OBLIQUE = np.array(
    [[1.2, -0.5, 0.1, -9], [0.6, 1.6, -0.2, -11], [0.0, 0.3, 2.1, -12], [0, 0, 0, 1]]
)
SHAPE = (16, 14, 12)
GRADIENT = np.array([0.5, -2.0, 3.0])


def linear_field(affine=OBLIQUE, shape=SHAPE, dtype=np.float64):
    """An image whose value at a place of the world is ``7 + GRADIENT @ place``."""
    places = volio.affines.apply_affine(affine, np.moveaxis(np.indices(shape), 0, -1))
    return volio.Nifti1Image((7 + places @ GRADIENT).astype(dtype), affine, dtype=dtype)


def sphere(radius=4.0, space="scanner", **more):
    vertices, faces = icosphere(2, radius)
    return volio.Surface(vertices, faces, space=space, **more)


def numbered(shape=SHAPE, affine=OBLIQUE, dtype=np.int16):
    """An image whose voxels are all different."""
    voxels = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    return volio.Nifti1Image(voxels, affine, dtype=dtype)


# Where values come from.


def test_a_linear_field_is_sampled_exactly():
    surf = sphere()
    found = surf.sample(linear_field())
    assert found.dtype == np.float64
    assert found.shape == (162,)
    np.testing.assert_allclose(found, 7 + surf.vertices @ GRADIENT, rtol=0, atol=1e-10)


def test_along_the_normal_depths_are_millimetres_outwards():
    surf = sphere()
    depths = [-1.5, 0.0, 1.0]
    each = surf.sample(linear_field(), depths=depths, mean=False)
    # Normals of a sphere of triangles by symmetry do not point exactly outwards everywhere.
    np.testing.assert_allclose(surf.normals, surf.vertices / 4, atol=0.05)
    places = surf.vertices[:, np.newaxis] + np.multiply.outer(depths, surf.normals).swapaxes(0, 1)
    np.testing.assert_allclose(each, 7 + places @ GRADIENT, atol=1e-10)
    mean = surf.sample(linear_field(), depths=depths)
    np.testing.assert_allclose(mean, each.mean(axis=1), atol=1e-12)
    assert surf.sample(linear_field(), depths=1.0, mean=False).shape == (162,)
    one = surf.sample(linear_field(), depths=[1.0], mean=False)
    np.testing.assert_allclose(one, each[:, 2:], atol=1e-12)


def test_towards_another_surface_depths_are_shares_of_the_way():
    inner, outer = sphere(3.0), sphere(5.0)
    found = inner.sample(linear_field(), depths=[0.0, 0.25, 1.0], towards=outer, mean=False)
    places = inner.vertices[:, np.newaxis] * (np.array([3, 3.5, 5]) / 3)[:, np.newaxis]
    np.testing.assert_allclose(found, 7 + places @ GRADIENT, atol=1e-10)
    bare = volio.Surface(inner.vertices, space="scanner")
    np.testing.assert_allclose(
        bare.sample(linear_field(), depths=0.25, towards=outer), found[:, 1], atol=1e-12
    )


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
def test_at_the_centres_of_voxels_are_the_voxels(interpolation):
    img = numbered()
    voxels = np.array([[0, 0, 0], [15, 13, 11], [3, 7, 2], [15, 0, 5]])
    surf = volio.Surface(volio.affines.apply_affine(OBLIQUE, voxels), space="scanner")
    found = surf.sample(img, interpolation)
    np.testing.assert_allclose(found, np.asarray(img.dataobj)[tuple(voxels.T)], atol=1e-8)


def test_the_nearest_voxel_reaches_half_a_voxel_and_its_lower_edge_is_its_own():
    img = numbered((4, 1, 1), np.eye(4))
    along = [-0.6, -0.5, 0.4, 0.5, 1.49, 3.4, 3.5, 9, np.nan]
    surf = volio.Surface([[x, 0, 0] for x in along], space="scanner")
    nearest = surf.sample(img, "nearest")
    np.testing.assert_array_equal(nearest, [np.nan, 0, 0, 1, 1, 3, np.nan, np.nan, np.nan])
    linear = surf.sample(img)
    known = [np.nan, 0, 0.4, 0.5, 1.49, 3, np.nan, np.nan, np.nan]
    np.testing.assert_allclose(linear, known, atol=1e-12)


def test_the_nearest_keep_their_dtype_where_it_holds_what_is_outside():
    img = numbered((4, 1, 1), np.eye(4))
    surf = volio.Surface([[0, 0, 0], [2, 0, 0], [7, 0, 0]], space="scanner")
    found = surf.sample(img, "nearest", outside=-1)
    assert (found.dtype, found.tolist()) == (np.int16, [0, 2, -1])
    assert surf.sample(img, "nearest", outside=2**20).dtype == np.float64
    assert surf.sample(img, "linear", outside=-1).tolist() == [0.0, 2.0, -1.0]
    waves = volio.Nifti1Image(np.array([[[1j]], [[2 + 1j]], [[4]]]), np.eye(4), dtype="complex64")
    halfway = volio.Surface([[0.5, 0, 0]], space="scanner")
    assert halfway.sample(waves).tolist() == [1 + 1j]


def test_means_leave_out_what_is_outside_and_are_no_integers():
    img = numbered((4, 1, 1), np.eye(4))
    surf = volio.Surface([[0, 0, 0], [2, 0, 0], [7, 0, 0]], space="scanner")
    shifted = volio.Surface(np.add(surf.vertices, [3, 0, 0]), space="scanner")
    found = surf.sample(img, "nearest", depths=[0, 1 / 3, 1], towards=shifted, outside=-1)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, [4 / 3, 2.5, -1])
    np.testing.assert_allclose(surf.sample(img, depths=[0, 1], towards=shifted), [1.5, 2.0, np.nan])


def test_voxels_that_are_nan_spoil_only_what_they_weigh_in():
    voxels = np.arange(5.0).reshape(5, 1, 1)
    voxels[2] = np.nan
    voxels[4] = np.inf
    img = volio.Nifti1Image(voxels, np.diag([3, 3, 3, 1.0]), dtype=np.float64)
    along = [0.5, 1.0, 1.2, 2.0, 3.0, 3.5]
    surf = volio.Surface([[3 * x, 0, 0] for x in along], space="scanner")
    np.testing.assert_array_equal(surf.sample(img), [0.5, 1, np.nan, np.nan, 3, np.inf])


def test_vertices_without_a_normal_or_a_place():
    vertices = np.vstack([CORNERS, [[1, 1, 1]], [[np.nan] * 3]])
    surf = volio.Surface(vertices, SIDES, space="scanner")
    found = surf.sample(linear_field(), depths=[0.0, 0.5], mean=False)
    assert np.isfinite(found[:4]).all()
    np.testing.assert_allclose(found[4, 0], 7 + np.ones(3) @ GRADIENT)
    assert np.isnan([found[4, 1], *found[5]]).all()


# Series.


def test_series_have_a_value_of_each_volume_the_last_axis_fastest():
    voxels = np.random.default_rng(0).integers(0, 999, (*SHAPE, 2, 3)).astype(np.int16)
    img = volio.Nifti1Image(voxels, OBLIQUE)
    surf = sphere()
    found = surf.sample(img)
    assert found.shape == (162, 6)
    for number in range(6):
        volume = volio.Nifti1Image(voxels.reshape(*SHAPE, 6)[..., number], OBLIQUE)
        np.testing.assert_array_equal(found[:, number], surf.sample(volume))
    each = surf.sample(img, depths=[0, 1], mean=False)
    assert each.shape == (162, 2, 6)
    np.testing.assert_array_equal(each[:, 0], found)
    np.testing.assert_allclose(surf.sample(img, depths=[0, 1]), each.mean(axis=1))
    single = volio.Nifti1Image(voxels[..., :1, 0], OBLIQUE)
    assert surf.sample(single).shape == (162, 1)


def test_each_volume_of_a_lazy_image_is_read_once():
    array = Counting(np.random.default_rng(0).normal(size=(*SHAPE, 3)))
    img = volio.Nifti1Image(array, OBLIQUE)
    sphere().sample(img)
    assert array.asked == array.array.size


# Spaces.


def test_the_space_is_stated_or_the_sampling_refused():
    img = linear_field()
    with pytest.raises(SpaceError, match="'unknown', and nothing says how to get to 'scanner'"):
        sphere(space="unknown").sample(img)
    with pytest.raises(SpaceError, match="'mni', and nothing says how to get to 'scanner'"):
        sphere(space="mni").sample(img)
    np.testing.assert_array_equal(
        sphere(space="mni").sample(img, space="mni"), sphere().sample(img)
    )
    with pytest.raises(AffineError, match="has no affine"):
        sphere().sample(volio.Nifti1Image(np.zeros((3, 3, 3)), None))


def test_tkras_goes_by_the_geometry_or_by_the_volume_of_origin():
    orig = volio.Nifti1Image(np.zeros((20, 22, 24), "u1"), OBLIQUE)
    geometry = volio.VolumeGeometry.from_affine(OBLIQUE, orig.shape)
    matrix = geometry.scanner_from_tkras
    surf = sphere(space="tkras", geometry=geometry)
    places = volio.affines.apply_affine(matrix, surf.vertices)
    img = linear_field(shape=(30, 30, 30))
    expected = 7 + places @ GRADIENT
    is_inside = np.isfinite(surf.sample(img))
    assert is_inside.mean() > 0.5
    np.testing.assert_allclose(surf.sample(img)[is_inside], expected[is_inside], atol=1e-9)
    bare = sphere(space="tkras")
    np.testing.assert_array_equal(bare.sample(img, reference=orig), surf.sample(img))
    with pytest.raises(SpaceError, match="'tkras', and nothing says"):
        bare.sample(img)


def test_normals_point_outwards_where_the_way_to_the_space_mirrors():
    surf = sphere(space="tkras")
    surf.matrices = {"scanner": np.diag([-1.0, 1, 1, 1])}
    found = surf.sample(linear_field(), depths=1.0)
    places = (surf.vertices + surf.normals) * [-1, 1, 1]
    np.testing.assert_allclose(found, 7 + places @ GRADIENT, atol=1e-9)


# Labels and other refusals.


def test_labels_are_nearest_only():
    labels = numbered(dtype=np.int32)
    labels.header.set_intent("label")
    surf = sphere()
    found = surf.sample(labels, outside=0)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, surf.sample(numbered(dtype=np.int32), "nearest"))
    with pytest.raises(UsageError, match="interpolation: 'linear': the voxels are labels"):
        surf.sample(labels, "linear")
    with pytest.raises(UsageError, match="mean: True: the voxels are labels"):
        surf.sample(labels, depths=[0, 1])
    assert surf.sample(labels, depths=[0, 1], mean=False).shape == (162, 2)


def test_what_cannot_be_sampled_is_refused():
    img = linear_field()
    surf = sphere()
    with pytest.raises(UsageError, match="interpolation: must be one of nearest, linear, got 'cub"):
        surf.sample(img, "cubic")
    for depths in ([], [0, np.inf], "deep", [[0, 1]]):
        with pytest.raises(UsageError, match="depths: must be one or more finite numbers"):
            surf.sample(img, depths=depths)
    with pytest.raises(UsageError, match="normals need faces"):
        volio.Surface(surf.vertices, space="scanner").sample(img, depths=1)
    with pytest.raises(ImageDataError, match="must have the vertices of the surface, 162, got 642"):
        surf.sample(img, depths=1, towards=volio.Surface(*icosphere(3), space="scanner"))
    with pytest.raises(UsageError, match="is a surface, and sample takes volumes"):
        surf.sample(surf)
    with pytest.raises(UsageError, match="is a volume, and sample takes surfaces"):
        surf.sample(img, depths=1, towards=img)
    with pytest.raises(UsageError, match="has values, but no vertices"):
        volio.Surface(data={"a": [1, 2]}).sample(img)
    with pytest.raises(UsageError, match="mean: must be True or False"):
        surf.sample(img, mean="no")
    colours = np.zeros((3, 3, 3), [(name, np.uint8) for name in "RGB"])
    with pytest.raises(ImageDataError, match="the voxels are colours"):
        surf.sample(volio.Nifti1Image(colours, np.eye(4)))


# Beside another program.


@pytest.fixture(scope="module")
def nilearn():
    """The module of surfaces, whose import takes two seconds."""
    return optional("nilearn")


def test_nilearn_samples_the_same(nilearn):
    folder = Path(nilearn.__file__).parents[1] / "datasets" / "data"
    brain = volio.load(folder / "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz")
    # Everything is made five times smaller: fewer voxels, and values in between all the same.
    affine = brain.affine.copy()
    affine[:3, 3] /= 5
    img = volio.Nifti1Image(np.asarray(brain.slicer[::5, ::5, ::5].dataobj), affine)
    theirs = nibabel.Nifti1Image(np.asarray(img.dataobj).astype(np.float32), img.affine)
    pial, white = (
        volio.load(folder / "fsaverage5" / f"{name}.left.gii.gz") for name in ("pial", "white")
    )
    for surf in (pial, white):
        surf.space = "scanner"
        surf.vertices = surf.vertices / 5
    outer, inner = ([surf.vertices, surf.faces] for surf in (pial, white))
    one = nilearn.vol_to_surf(theirs, outer, kind="line", depth=[0.0])
    np.testing.assert_allclose(pial.sample(img), one, rtol=1e-5)
    between = nilearn.vol_to_surf(theirs, outer, inner_mesh=inner, depth=[0.0, 0.5, 0.8])
    found = pial.sample(img, depths=[0, 0.5, 0.8], towards=white)
    np.testing.assert_allclose(found, between, rtol=1e-5)
