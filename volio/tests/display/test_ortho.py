import numpy as np
import pytest
from matplotlib import pyplot

import volio
from volio.errors import ImageDataError

TURNED = np.array([[0, 0, -3.0, 20], [-2, 0, 0, 30], [0, 1.5, 0, -10], [0, 0, 0, 1]])


@pytest.fixture
def figures():
    yield
    pyplot.close("all")


def panels(img):
    return {axes.get_title(): axes for axes in img.orthoview().axes}


def shown(axes):
    return np.asarray(axes.get_images()[0].get_array())


@pytest.mark.usefixtures("figures")
def test_panels_show_the_central_slices_in_world_order():
    voxels = np.random.default_rng(0).normal(size=(5, 6, 7))
    img = volio.Nifti1Image(voxels, TURNED)
    world = volio.as_closest_canonical(img)
    data = world.get_fdata()
    i, j, k = (length // 2 for length in world.shape)
    found = panels(img)
    np.testing.assert_array_equal(shown(found["sagittal"]), data[i].T)
    np.testing.assert_array_equal(shown(found["coronal"]), data[:, j].T)
    np.testing.assert_array_equal(shown(found["axial"]), data[:, :, k].T)


@pytest.mark.usefixtures("figures")
def test_sides_are_labelled_where_they_are():
    axes = panels(volio.Nifti1Image(np.zeros((4, 4, 4), np.float32), TURNED))["axial"]
    places = {text.get_text(): text.get_position() for text in axes.texts}
    assert places["R"][0] > places["L"][0]
    assert places["A"][1] > places["P"][1]


@pytest.mark.usefixtures("figures")
def test_pixels_have_the_shape_of_voxels():
    axes = panels(volio.Nifti1Image(np.zeros((4, 4, 4), np.float32), np.diag([2, 3, 5, 1.0])))
    assert axes["coronal"].get_aspect() == pytest.approx(5 / 2)


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize(
    "dtype", [np.complex64, np.bool_, [("R", "u1"), ("G", "u1"), ("B", "u1")], np.int16]
)
def test_any_kind_of_voxel_is_drawn(dtype):
    img = volio.Nifti1Image(np.ones((3, 4, 5, 2), dtype), None)
    assert [shown(axes).shape[:2] for axes in panels(img).values()] == [(5, 4), (5, 3), (4, 3)]


@pytest.mark.usefixtures("figures")
def test_voxels_without_a_finite_value_are_drawn():
    img = volio.Nifti1Image(np.full((3, 4, 5), np.nan), np.eye(4))
    assert np.isnan(np.ma.filled(shown(panels(img)["axial"]), np.nan)).all()


def test_a_flat_image_is_refused():
    with pytest.raises(ImageDataError, match="three axes"):
        volio.Nifti1Image(np.zeros((3, 4), np.float32), np.eye(4)).orthoview()


def test_an_image_without_voxels_is_refused():
    with pytest.raises(ImageDataError, match="with voxels"):
        volio.Nifti1Image(np.zeros((3, 0, 4)), np.eye(4)).orthoview()
