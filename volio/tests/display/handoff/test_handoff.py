"""Hand-offs to napari and fastplotlib, with these programs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import volio
from volio.arrays.lazy import LazyArray
from volio.display import ImageLayer
from volio.display.handoff.fastplotlib import volume_parts
from volio.display.handoff.napari_manifest import manifest, write_manifest
from volio.display.handoff.napari_plugin import get_reader
from volio.errors import ImageDataError, UsageError
from volio.tests.display import peer
from volio.tests.display.peer import image_class
from volio.tests.display.pyramids import pyramid
from volio.tests.requirements import optional, require
from volio.tests.source_tree import PACKAGE

TURNED = np.array([[0, 0, -3.0, 20], [-2, 0, 0, 30], [0, 1.5, 0, -10], [0, 0, 0, 1]])
OBLIQUE = np.array([[1.9, 0.3, 0, 20], [-0.4, 2.8, 0.1, 30], [0.2, 0, 1.5, -10], [0, 0, 0, 1]])
SHAPE = (5, 6, 7)
VOXELS = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
AFFINES = {"straight": np.diag([2, -3, 4, 1.0]), "turned": TURNED, "oblique": OBLIQUE}


@pytest.fixture(params=AFFINES.values(), ids=AFFINES)
def affine(request):
    return request.param


@pytest.fixture(scope="module")
def npe2():
    found = optional("npe2")
    write_manifest(PACKAGE / "napari.yaml")  # as installing does
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found.PluginManager.instance().discover()
    return found


@pytest.fixture(scope="module")
def napari():
    return image_class()


def test_layer_data_has_reversed_axes_and_the_same_world(affine):
    layer = ImageLayer.from_image(volio.Nifti1Image(VOXELS, affine), colormap="red")
    data, meta, kind = layer.to_napari(as_tuple=True)
    assert (kind, meta["rgb"], meta["units"]) == ("image", False, ("mm",) * 3)
    np.testing.assert_array_equal(data, VOXELS.T)
    assert "contrast_rule" not in meta
    straight = np.count_nonzero(affine[:3, :3]) == 3 and affine[0, 0] != 0
    assert ("affine" in meta) != straight
    place = np.eye(4) if straight else meta["affine"]
    zyx = (place @ [*(np.multiply((3, 2, 1), meta["scale"]) + meta["translate"]), 1])[:3]
    np.testing.assert_allclose(zyx[::-1], volio.affines.apply_affine(affine, (1, 2, 3)))


def test_napari_has_every_voxel_at_its_place(napari, affine):
    img = volio.Nifti1Image(VOXELS, affine)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = img.to_napari(colormap="magma", contrast_limits=(3, 99), opacity=0.5, gamma=2)
    assert isinstance(layer, napari)
    np.testing.assert_array_equal(layer.data, VOXELS.T)
    for voxel in ((0, 0, 0), (4, 1, 6)):
        np.testing.assert_allclose(
            layer.data_to_world(voxel[::-1])[::-1],
            volio.affines.apply_affine(affine, voxel),
            atol=1e-9,
        )
    assert (tuple(layer.contrast_limits), layer.opacity, layer.gamma) == ((3, 99), 0.5, 2)
    assert layer.colormap.name == "magma"
    back = ImageLayer.from_napari(layer)
    np.testing.assert_array_equal(back.data, VOXELS)
    np.testing.assert_allclose(back.data_to_world_matrix, affine, atol=1e-9)
    assert (tuple(back.contrast_limits), back.colormap.name, back.gamma) == ((3, 99), "magma", 2)
    assert back.units == ("mm",) * 3
    assert back.to_image().get_data_dtype() == np.int16


def test_all_levels_go_to_napari_and_back(napari):
    img = pyramid([(32, 24, 16), (16, 12, 8)], [(1, 0), (2, 0)], AFFINES["oblique"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = img.to_napari(contrast_limits=(0, 5000))
    assert layer.multiscale
    for theirs, ours in zip(layer.data, img.levels, strict=True):
        np.testing.assert_array_equal(theirs, np.asarray(ours.dataobj).T)
    np.testing.assert_allclose(
        layer.data_to_world((5, 3, 2))[::-1],
        volio.affines.apply_affine(img.affine, (2, 3, 5)),
        atol=1e-9,
    )
    back = ImageLayer.from_napari(layer)
    assert back.multiscale
    assert back.level_grids.offsets[1].tolist() == pytest.approx([0, 0, 0])
    np.testing.assert_allclose(back.data_to_world_matrix, img.affine, atol=1e-9)


def test_levels_that_cover_one_box_look_as_in_napari(napari):
    img = pyramid([(320, 240, 4), (160, 120, 4)], [(1, 0), ((2, 2, 1), (0.5, 0.5, 0))])
    layer = ImageLayer.from_image(img, contrast_limits=(0, 3000))
    layer.dims_point = (0, 0, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = layer.to_napari()
    peer.show(other, 2, (2, 0, 0))
    corners = np.array([[0, 0, 0], [0, 239, 319]])
    for canvas, level in (((100, 100), 1), ((300, 300), 0)):
        other._update_draw(1, corners[:, 1:], np.array(canvas))
        assert other.data_level == level
        assert layer.fit_level([corner[::-1] for corner in corners], canvas[0]) == level
        layer.set_view_slice()
        np.testing.assert_array_equal(other._slice.image.raw.T, layer.slice_values())
    np.testing.assert_array_equal(other.thumbnail, layer.thumbnail.transpose(1, 0, 2))


def test_fastplotlib_takes_a_level():
    img = pyramid([(32, 24, 16), (16, 12, 8)], [(1, 0), (2, 0.5)], AFFINES["turned"])
    layer = ImageLayer.from_image(img)
    for level, locked in ((0, None), (1, None), (None, 1)):
        layer.locked_data_level = locked
        parts = volume_parts(layer, level=level)
        number = 1 if level is None else level
        alone = ImageLayer.from_image(volio.SpatialImage(*_voxels_and_affine(img.levels[number])))
        expected = volume_parts(alone)
        np.testing.assert_array_equal(parts.data, expected.data)
        for name in ("offset", "rotation", "scale"):
            assert getattr(parts, name) == pytest.approx(getattr(expected, name))
    with pytest.raises(UsageError, match="level: there are 0 to 1, got 2"):
        volume_parts(layer, level=2)


def _voxels_and_affine(img):
    return np.asarray(img.dataobj), img.affine


def test_planes_are_turned_with_their_axes(napari):
    plane = {"position": (1, 2, 3), "normal": (1, 0, 0), "thickness": 2}
    cut = {"position": (1, 2, 3), "normal": (0, 1, 0), "enabled": True}
    layer = ImageLayer(VOXELS, plane=plane, experimental_clipping_planes=[cut])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = layer.to_napari()
    assert other.plane.position == (3, 2, 1)
    assert other.plane.normal == (0, 0, 1)
    assert other.experimental_clipping_planes[0].position == (3, 2, 1)
    back = ImageLayer.from_napari(other)
    assert back.plane.dict() == layer.plane.dict()
    assert (
        back.experimental_clipping_planes[0].dict() == layer.experimental_clipping_planes[0].dict()
    )


def test_lazy_voxels_stay_lazy_in_napari(napari, tmp_path):
    series = np.arange(np.prod(SHAPE) * 4, dtype=np.float32).reshape(*SHAPE, 4)
    volio.save(volio.Nifti1Image(series, TURNED), tmp_path / "series.nii.gz")
    img = volio.load(tmp_path / "series.nii.gz")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = img.to_napari()
    assert isinstance(layer.data, LazyArray)
    assert layer.data.shape == (4, 7, 6, 5)
    assert layer.data[2, 1, 3, 4] == series[4, 3, 1, 2]
    np.testing.assert_array_equal(np.asarray(layer.data), series.T)


def test_colours_come_last_and_are_said(napari):
    colours = np.arange(60 * 3, dtype=np.uint8).reshape(3, 4, 5, 3)
    img = volio.Nifti1Image(colours.view(RGB)[..., 0], TURNED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = img.to_napari()
    assert layer.rgb is True
    np.testing.assert_array_equal(layer.data, colours.transpose(2, 1, 0, 3))
    back = ImageLayer.from_napari(layer)
    np.testing.assert_array_equal(np.asarray(back.to_image().dataobj), colours.view(RGB)[..., 0])


def test_three_slices_are_no_colours():
    data, meta, _ = ImageLayer(np.zeros((3, 64, 64))).to_napari(as_tuple=True)
    assert (data.shape, meta["rgb"]) == ((64, 64, 3), False)


def test_npe2_finds_the_plugin_by_itself_and_the_manifest_is_valid(npe2):
    found = npe2.PluginManager.instance().get_manifest("volio")
    assert found.name == "volio"
    expected = npe2.PluginManifest(**manifest())
    assert found.contributions == expected.contributions
    for command in found.contributions.commands:
        module, _, name = command.python_name.partition(":")
        assert callable(getattr(__import__(module, fromlist=[name]), name))


@pytest.mark.parametrize("name", ["a.nii.gz", "a.mgz", "a.nrrd", "a.mif.gz", "a.nii.zst"])
def test_npe2_reads_and_writes_with_no_more_ado(npe2, tmp_path, name):
    path = tmp_path / name
    img = volio.Nifti1Image(VOXELS, TURNED)
    volio.save(img, path)
    [(data, meta, kind)] = npe2.read([str(path)], stack=False, plugin_name="volio")
    assert (kind, meta["name"]) == ("image", "a")
    np.testing.assert_array_equal(np.asarray(data), VOXELS.T)
    target = str(tmp_path / f"copy_{name}")
    assert npe2.write(target, [(data, meta, kind)], plugin_name="volio") == [target]
    copy = volio.load(target)
    np.testing.assert_array_equal(np.asarray(copy.dataobj), VOXELS)
    np.testing.assert_allclose(copy.affine, TURNED, atol=1e-5)


def test_what_went_through_napari_keeps_its_header(npe2, napari, tmp_path):
    img = volio.Nifti1Image(np.stack([VOXELS, VOXELS], -1), TURNED)
    img.header["descrip"] = b"from the scanner"
    img.header.set_zooms((2, 1.5, 3, 2.5))
    img.header.set_xyzt_units("mm", "sec")
    volio.save(img, tmp_path / "in.nii")
    [(data, meta, _)] = npe2.read([str(tmp_path / "in.nii")], stack=False, plugin_name="volio")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = napari(np.asarray(data), **meta)
        layer.data = np.asarray(data) + 1
    npe2.write(str(tmp_path / "out.nii"), [layer.as_layer_data_tuple()], plugin_name="volio")
    out = volio.load(tmp_path / "out.nii")
    np.testing.assert_array_equal(np.asarray(out.dataobj), np.asarray(img.dataobj) + 1)
    assert out.header["descrip"].item() == b"from the scanner"
    assert out.header.get_zooms()[3] == 2.5


@pytest.mark.parametrize("shape", [SHAPE, (*SHAPE, 3)], ids=["volume", "series"])
def test_a_viewer_opens_slices_and_saves_files(npe2, napari, tmp_path, affine, shape):
    voxels = np.random.default_rng(5).integers(0, 900, shape).astype(np.int16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from napari.components import ViewerModel

        volio.save(volio.Nifti1Image(voxels, affine), tmp_path / "in.nii.gz")
        viewer = ViewerModel()
        [layer] = viewer.open(str(tmp_path / "in.nii.gz"), plugin="volio")
        assert layer.source.reader_plugin == "volio"
        assert isinstance(layer.data, LazyArray)
        np.testing.assert_allclose(
            layer.data_to_world(np.array((1, 2, 3, 2)[: len(shape)])[::-1])[::-1][:3],
            volio.affines.apply_affine(affine, (1, 2, 3)),
            atol=1e-4,
        )
        if affine is AFFINES["straight"]:
            place = layer.data_to_world((*(2,) * (len(shape) - 3), 4, 0, 0))
            viewer.dims.set_point(range(len(shape)), place)
            expected = voxels[:, :, 4] if len(shape) == 3 else voxels[:, :, 4, 2]
            np.testing.assert_array_equal(layer._slice.image.raw, expected.T)
        viewer.dims.ndisplay = 3
        [written] = layer.save(str(tmp_path / "out.mgz"), plugin="volio")
    again = volio.load(written)
    np.testing.assert_array_equal(again.dataobj, voxels)
    np.testing.assert_allclose(again.affine, affine, atol=1e-4)


def test_sheared_layers_keep_their_place_and_their_slabs(napari):
    layer = ImageLayer(
        VOXELS, shear=(0.1, 0.2, 0.3), rotate=20, scale=(1, 2, 3), projection_mode="max"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = layer.to_napari()
    assert other.projection_mode == "max"
    np.testing.assert_allclose(
        other.data_to_world((3, 2, 1))[::-1], layer.data_to_world((1, 2, 3)), atol=1e-9
    )
    back = ImageLayer.from_napari(other)
    assert back.projection_mode == "max"
    np.testing.assert_allclose(back.data_to_world_matrix, layer.data_to_world_matrix, atol=1e-9)


def test_label_layers_of_napari_become_layers_of_labels(napari):
    regions = (VOXELS % 5).astype(np.int32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from napari.layers import Labels

        found = ImageLayer.from_napari(Labels(regions, scale=(3, 2, 1)))
    assert (found.colormap.name, found.projection_mode) == ("nipy_spectral", "none")
    np.testing.assert_array_equal(found.data, regions.T)
    assert found.scale.tolist() == [1, 1, 1]
    np.testing.assert_allclose(found.data_to_world((1, 1, 1)), (1, 2, 3))


def test_labels_of_napari_are_written(npe2, tmp_path):
    regions = (VOXELS % 5).astype(np.int32)
    target = str(tmp_path / "regions.nii.gz")
    meta = {"name": "regions", "scale": (3, 2, 1), "colormap": object(), "selected_label": 3}
    assert npe2.write(target, [(regions, meta, "labels")], plugin_name="volio") == [target]
    found = volio.load(target)
    np.testing.assert_array_equal(np.asarray(found.dataobj), regions.T)
    np.testing.assert_allclose(np.diag(found.affine), (1, 2, 3, 1))


def test_files_that_volio_does_not_know_are_left_to_others(tmp_path):
    path = tmp_path / "settings.xml"
    path.write_text("<settings/>")
    assert get_reader(str(path)) is None
    assert get_reader([str(path), str(tmp_path / "missing.nii")]) is None


# fastplotlib


@pytest.fixture(scope="module")
def fastplotlib():
    require("graphics driver")
    return optional("fastplotlib")


@pytest.mark.parametrize("matrix", [np.diag([2, -3, 4, 1.0]), TURNED])
def test_volume_parts_put_every_voxel_where_it_is(matrix):
    parts = volume_parts(ImageLayer.from_image(volio.Nifti1Image(VOXELS, matrix)))
    assert parts.data.dtype == np.float32
    w, x, y, z = np.roll(parts.rotation, 1)
    turn = np.asarray(volio.quaternions.quat2mat((w, x, y, z)))
    for place in ((0, 0, 0), (3, 1, 2)):  # x, y, z
        world = turn @ np.multiply(place, parts.scale) + parts.offset
        voxel = np.rint(volio.affines.apply_affine(np.linalg.inv(matrix), world)).astype(int)
        np.testing.assert_allclose(volio.affines.apply_affine(matrix, voxel), world, atol=1e-9)
        assert parts.data[place[::-1]] == VOXELS[tuple(voxel)]


def test_a_turned_grid_becomes_a_rotation():
    turn = volio.eulerangles.euler2mat(0.3, -0.2, 0.1)
    matrix = np.eye(4)
    matrix[:3, :3] = turn * (2, 3, 1.5)
    parts = volume_parts(ImageLayer.from_image(volio.Nifti1Image(VOXELS, matrix)))
    x, y, z, w = parts.rotation
    np.testing.assert_allclose(volio.quaternions.quat2mat((w, x, y, z)), turn, atol=1e-9)
    np.testing.assert_allclose(parts.scale, (2, 3, 1.5))


def test_what_fastplotlib_cannot_draw_is_refused():
    series = ImageLayer.from_image(volio.Nifti1Image(np.stack([VOXELS] * 2, -1), np.eye(4)))
    with pytest.raises(UsageError, match="volume: must be from 0 to 1, got 2"):
        volume_parts(series, 2)
    with pytest.raises(UsageError, match="right angles"):
        volume_parts(ImageLayer.from_image(volio.Nifti1Image(VOXELS, OBLIQUE)))
    with pytest.raises(ImageDataError, match="one number"):
        volume_parts(ImageLayer(np.zeros((4, 5))))


def test_fastplotlib_draws_a_volume_at_its_place(fastplotlib):
    voxels = np.zeros((16, 16, 16), np.int16)
    voxels[4:12, 4:12, 4:12] = 100
    matrix = np.diag([-2.0, 2, 3, 1])
    matrix[:3, 3] = (15, -15, -22)
    img = volio.Nifti1Image(voxels, matrix)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graphic = img.to_fastplotlib(mode="mip")
        assert (graphic.vmin, graphic.vmax, graphic.mode) == (0, 100, "mip")
        world = np.asarray(graphic.world_object.world.matrix)
        np.testing.assert_allclose(np.diag(world)[:3], (2, 2, 3))
        np.testing.assert_allclose(world[:3, 3], (-15, -15, -22))
        figure = fastplotlib.Figure(size=(160, 160), canvas="offscreen")
        figure[0, 0].add_graphic(graphic)
        figure[0, 0].axes.visible = False
        figure.show()
        picture = np.asarray(figure.canvas.draw())
        figure.canvas.close()
    assert picture[80, 80, :3].min() > 250
    assert picture[80, 30, :3].max() < 40
