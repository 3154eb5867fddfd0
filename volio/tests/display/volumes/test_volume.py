"""ImageVolume: its attributes, events, sharing, and what it draws."""

import gc
from types import SimpleNamespace

import numpy as np
import pytest

import volio
from volio.display import ImageVolume, render_volumes
from volio.display.colour.contrast import quick_ends
from volio.display.colour.srgb import linear_to_srgb, srgb_to_linear
from volio.display.projection import project
from volio.display.sampling.view import View
from volio.display.volumes.buffer import VolumeBuffer
from volio.display.volumes.rendering import ALPHA_MODES
from volio.errors import ImageDataError, UsageError
from volio.testing import phantom
from volio.tests.requirements import optional


def ball(size=24, radius=8.0):
    """Voxels (z, y, x), 100 in the middle and less outwards."""
    grid = np.stack(np.meshgrid(*[np.arange(size) - (size - 1) / 2] * 3, indexing="ij"), -1)
    return (100 - np.linalg.norm(grid, axis=-1) * (50 / radius)).astype(np.float32)


@pytest.fixture
def volume():
    return ImageVolume(ball(), cmap="gray", vmin=0, vmax=100)


def test_a_volume_has_the_defaults_it_documents():
    found = ImageVolume(ball())
    assert (found.mode, found.cmap, found.interpolation) == ("mip", "plasma", "linear")
    assert (found.cmap_interpolation, found.threshold, found.step_size) == ("linear", 0.5, 1)
    assert (found.substep_size, found.shininess, found.emissive) == (0.1, 30, (0, 0, 0))
    assert (found.alpha, found.alpha_mode, found.visible, found.name) == (1, "auto", True, None)
    np.testing.assert_array_equal(found.plane, (0, 0, -1, 0))
    np.testing.assert_array_equal(found.rotation, (0, 0, 0, 1))
    assert found.data.dtype == np.float32
    assert found.vmin == ball().min()
    assert found.vmax == ball().max()


def test_axes_of_arrays_are_z_y_x():
    voxels = np.zeros((4, 6, 10), np.float32)
    voxels[1, 2, 8] = 1
    found = ImageVolume(voxels, offset=(100, 0, 0), scale=(1, 2, 3)).project("front", (40, 40))
    row, column = np.unravel_index(np.nanargmax(found.values), (40, 40))
    assert tuple(found.voxel[row, column]) == (8, 2, 1)
    view = View.of(ImageVolume(voxels, offset=(100, 0, 0), scale=(1, 2, 3)).as_layer(), "front")
    np.testing.assert_allclose(view.centre, (104.5, 5, 4.5))


def test_scale_rotation_and_offset_act_in_this_order():
    half = np.sqrt(0.5)
    found = ImageVolume(ball(4), offset=(5, 6, 7), rotation=(0, 0, half, half), scale=(2, 3, 4))
    world = found.world_matrix @ (1, 0, 0, 1)
    np.testing.assert_allclose(world, (5, 8, 7, 1), atol=1e-12)  # x turned onto y
    np.testing.assert_allclose(found.world_matrix @ (0, 1, 0, 1), (2, 6, 7, 1), atol=1e-12)


def test_images_keep_their_place_and_show_what_their_layer_shows():
    img = volio.Nifti1Image(*phantom.head((20, 24, 12)))
    found = ImageVolume.from_image(img, vmin=0, vmax=1000)
    view = View.from_angles(img, 40, 10, 48)
    np.testing.assert_allclose(found.project(view).values, project(img, view).values, rtol=1e-5)
    bold = volio.Nifti1Image(*phantom.head((20, 24, 12), frames=3))
    second = ImageVolume.from_image(bold, volume=1)
    np.testing.assert_array_equal(second.data.value.T, np.asarray(bold.dataobj)[..., 1])
    with pytest.raises(ImageDataError, match="three axes"):
        ImageVolume.from_image(SimpleNamespace(shape=(3, 4)))


@pytest.mark.parametrize("mode", ["mip", "minip", "iso", "slice", "average", "translucent"])
def test_every_mode_draws(volume, mode):
    volume.mode = mode
    if mode == "iso":
        volume.threshold = 50
    picture = volume.render(View.from_angles(volume.as_layer(), 20, 30, 48))
    assert picture.shape == (48, 48, 4)
    assert picture.dtype == np.uint8
    assert np.unique(picture[..., 0]).size > 5


def test_a_slice_is_cut_where_the_plane_says():
    volume = ImageVolume(ball(), mode="slice", cmap="gray", vmin=0, vmax=100)
    for shift, value in ((11.5, 94.6), (4.5, 100 - 7 * 50 / 8)):
        volume.plane = (0, 0.5, 0, -0.5 * shift)
        found = volume.project("front", (49, 49))
        assert found.values[24, 24] == pytest.approx(value, abs=4)
        np.testing.assert_allclose(found.voxel[24, 24, 1], round(shift), atol=1)
    moved = ImageVolume(ball(), mode="slice", plane=(0, 1, 0, -111.5), offset=(0, 100, 0))
    assert moved.project("front", (49, 49)).values[24, 24] == pytest.approx(94.6, abs=0.5)
    with pytest.raises(UsageError, match="a, b and c must not all be 0"):
        ImageVolume(ball(), mode="slice", plane=(0, 0, 0, 1)).project()


@pytest.mark.parametrize("step", [0.3, 0.5, 1.0, 3.0])
def test_no_part_of_the_ray_is_lost_whatever_the_step(step):
    voxels = np.zeros((16, 32, 16), np.float32)
    voxels[:, :6] = 10  # at the back, seen from the front
    volume = ImageVolume(voxels, mode="iso", threshold=5, step_size=step, substep_size=0.01)
    found = volume.project("front", (16, 16))
    assert np.isfinite(found.depth).all()
    reached = np.dot(found.depth[8, 8] * np.array([0, -1, 0]) + (0, 15.5, 0), (0, 1, 0))
    assert reached == pytest.approx(5.5, abs=0.1)


def test_light_of_a_surface():
    volume = ImageVolume(ball(), mode="iso", threshold=50, cmap="gray", vmin=0, vmax=100)
    plain = volume.render(size=33).astype(int)
    volume.shininess = 0
    dull = volume.render(size=33).astype(int)
    volume.emissive = "red"
    glowing = volume.render(size=33).astype(int)
    assert plain[16, 16, 0] > dull[16, 16, 0] + 20
    assert glowing[16, 12, 0] > dull[16, 12, 0] + 20
    with pytest.raises(UsageError, match="emissive: must be a colour, got 'reddish'"):
        volume.emissive = "reddish"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("threshold", 1), ("step_size", 0.5), ("substep_size", 0.2), ("shininess", 3)],
        *[("emissive", (1, 0, 0)), ("plane", (1, 0, 0, 0))],
    ],
)
def test_settings_of_one_mode_are_refused_in_others(volume, name, value):
    with pytest.raises(TypeError, match=f"{name}: can be set in mode"):
        setattr(volume, name, value)
    volume.mode = "slice" if name == "plane" else "iso"
    setattr(volume, name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("mode", "xray"), ("interpolation", "lanczos"), ("cmap_interpolation", "cubic")],
        *[("cmap", "no such map"), ("alpha", 2), ("alpha_mode", "glow"), ("vmin", np.nan)],
        *[("offset", (1, 2)), ("rotation", (0, 0, 1)), ("scale", (1, 2)), ("gamma", 0)],
        *[("rotation", (0, 0, 0, 0)), ("scale", 0), ("vmax", "high"), ("gamma", None)],
    ],
)
def test_values_outside_their_range_are_refused(volume, name, value):
    before = getattr(volume, name)
    word = {"cmap": "colormap"}.get(name, name)
    with pytest.raises(UsageError, match=f"^{word}: "):
        setattr(volume, name, value)
    np.testing.assert_array_equal(getattr(volume, name), before)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4, 2), (2, 4, 4, 4, 3), (0, 3, 3)])
def test_data_of_other_axes_are_refused(shape):
    with pytest.raises(ImageDataError, match="data: "):
        ImageVolume(np.zeros(shape))
    with pytest.raises(ImageDataError, match="real numbers"):
        ImageVolume(np.zeros((3, 3, 3), complex))


def test_limits_are_estimated_and_reset():
    data = ball()
    volume = ImageVolume(data, vmax=70)
    assert (volume.vmin, volume.vmax) == (data.min(), 70)
    volume.data[...] = data * 2
    assert volume.vmax == 70
    volume.reset_vmin_vmax()
    assert (volume.vmin, volume.vmax) == (2 * data.min(), 2 * data.max())
    large = np.arange(201**3, dtype=np.float32).reshape(201, 201, 201)
    low, high = quick_ends(large)
    assert low == 0
    assert high >= large.max() * 0.99
    assert quick_ends(np.full((3, 3, 3), np.nan)) == (0, 1)


def test_constant_data_and_limits_in_the_wrong_order():
    volume = ImageVolume(np.full((4, 4, 4), 7.0))
    assert volume.limits == (7, 14)
    assert volume.render(size=8).any()
    volume.vmin = 9
    with pytest.raises(UsageError, match=r"vmin and vmax: must increase, got 9.0 and 7.0"):
        volume.render(size=8)


def test_buffers_are_shared():
    first = ImageVolume(ball(), vmin=0, vmax=100)
    second = ImageVolume(first.data, mode="slice", plane=(0, 0, 1, -11), offset=(150, 0, 0))
    assert second.data is first.data
    log = []
    second.add_event_handler(log.append, "data")
    first.data[10:12] = 500
    assert second.data[11, 0, 0] == 500
    (event,) = log
    assert event.info["key"] == slice(10, 12)
    assert event.graphic is second
    log.clear()
    assert second.project("bottom", 24).values.max() == 500
    assert (first.vmax, second.vmax) == (100, ball().max())
    del second, event
    gc.collect()
    first.data[0] = 1
    assert log == []  # nobody is left who would report it


def test_isolated_buffers_are_copies_and_others_are_views():
    data = ball()
    assert not np.shares_memory(ImageVolume(data).data.value, data)
    assert np.shares_memory(ImageVolume(data, isolated_buffer=False).data.value, data)
    whole = data.astype(np.int16)
    assert not np.shares_memory(ImageVolume(whole, isolated_buffer=False).data.value, whole)


def test_data_can_be_replaced_also_by_another_shape(volume):
    buffer = volume.data
    volume.data = ball() * 3
    np.testing.assert_array_equal(buffer.value, ball() * 3)
    volume.data = np.zeros((3, 4, 5))
    assert volume.data.shape == (3, 4, 5)
    assert volume.data is buffer
    assert (volume.vmin, volume.vmax) == (0, 100)
    with pytest.raises(ImageDataError, match="must keep its 3 axes"):
        volume.data = np.zeros((3, 4, 5, 3))
    assert np.asarray(volume.data).shape == buffer.astype(np.int16).shape == (3, 4, 5)
    assert len(VolumeBuffer(ball())) == 24


def test_events_tell_what_was_set(volume):
    log = []

    @volume.add_event_handler("cmap", "vmin", "mode", "offset")
    def note(event):
        log.append((event.type, event.info["value"]))

    volume.cmap, volume.vmin, volume.mode = "viridis", 5, "iso"
    volume.vmax = 50
    assert log == [("cmap", "viridis"), ("vmin", 5.0), ("mode", "iso")]
    volume.remove_event_handler(note, "vmin", "cmap", "mode")
    volume.vmin = 6
    assert len(log) == 3
    assert volume.event_handlers == [("offset", (note,))]
    with pytest.raises(UsageError, match="does not handle the event 'vmin'"):
        volume.remove_event_handler(note, "vmin")
    with pytest.raises(UsageError, match=r"got \['colour'\]"):
        volume.add_event_handler(note, "colour")


def test_a_setter_inside_its_own_handler_sets_nothing_off(volume):
    log = []

    def higher(event):
        log.append(event.info["value"])
        volume.vmax = event.info["value"] + 1

    volume.add_event_handler(higher, "vmax")
    volume.vmax = 10
    assert log == [10]
    assert volume.vmax == 11


def test_events_can_be_blocked_altogether(volume):
    log = []
    volume.add_event_handler(log.append, "vmin", "data")
    volume.block_events = True
    volume.vmin = 3
    volume.data[0] = 1
    volume.block_events = False
    assert log == []
    volume.vmin = 4
    assert [event.info["value"] for event in log] == [4]


def test_places_in_the_volume_and_in_the_world():
    half = np.sqrt(0.5)
    found = ImageVolume(ball(4), offset=(5, 6, 7), rotation=(0, 0, half, half), scale=(2, 3, 4))
    world = found.map_model_to_world([(1, 0, 0), (0, 0, 2)])
    np.testing.assert_allclose(world, [(5, 8, 7), (5, 6, 15)])
    np.testing.assert_allclose(found.map_world_to_model(world), [(1, 0, 0), (0, 0, 2)], atol=1e-12)


def test_images_of_colours_and_lists_have_limits():
    colours = np.zeros((3, 4, 5), [(name, "u1") for name in "RGB"])
    colours["G"] = 200
    found = ImageVolume.from_image(volio.Nifti1Image(colours, np.eye(4)))
    assert (found.vmin, found.vmax, found.data.shape) == (0, 200, (5, 4, 3, 3))
    assert ImageVolume([[[1, 2], [3, 4]]] * 2).vmax == 4


def test_front_ends_pass_keys_on_and_volumes_go(volume):
    log = []
    volume.add_event_handler(log.append, "key_down", "deleted")
    volume.handle_event("key_down", target="window", key="x")
    assert (log[0].type, log[0].info, log[0].target) == ("key_down", {"key": "x"}, "window")
    volume.delete()
    assert log[1].type == "deleted"
    assert volume.event_handlers == []
    assert set(volume.supported_events) >= {"data", "plane", "pointer_move", "resize"}


def test_opacity_and_sums_are_of_light():
    one = ImageVolume(np.ones((4, 4, 4)), vmin=0, vmax=1, cmap="gray", alpha=0.5)
    half = linear_to_srgb(0.5 * srgb_to_linear(1.0))
    assert one.render(size=8)[4, 4, 0] == round(float(half) * 255)
    one.alpha_mode = "add"
    two = ImageVolume(one.data, vmin=0, vmax=1, cmap="gray", alpha=0.25, alpha_mode="add")
    expected = round(float(linear_to_srgb(0.75)) * 255)
    assert render_volumes([one, two], size=8)[4, 4, 0] == expected
    two.visible = False
    assert render_volumes([one, two], size=8)[4, 4, 0] == round(float(half) * 255)


@pytest.mark.parametrize("mode", list(ALPHA_MODES))
def test_every_way_of_mixing_draws(volume, mode):
    below = ImageVolume(np.full((24, 24, 24), 60.0), vmin=0, vmax=100, cmap="gray")
    volume.alpha_mode, volume.alpha = mode, 0.5
    both = render_volumes([below, volume], "left", 24)
    alone = below.render("left", 24)
    assert (both != alone).any()
    with pytest.raises(UsageError, match="there are none"):
        render_volumes([])


def test_volumes_of_colours_show_them():
    colours = np.zeros((6, 6, 6, 3), np.uint8)
    colours[2:4, 2:4, 2:4] = (255, 128, 0)
    volume = ImageVolume(colours, interpolation="nearest")
    assert volume.supports_colours
    np.testing.assert_array_equal(volume.render(size=30)[15, 15], (255, 128, 0, 255))
    volume.vmax = 510
    assert volume.render(size=30)[15, 15, 0] in (127, 128)
    faint = np.concatenate([colours, np.full((6, 6, 6, 1), 128, np.uint8)], axis=-1)
    picture = ImageVolume(faint, interpolation="nearest", vmin=0, vmax=255).render(
        size=30, background=None
    )
    assert picture[15, 15, 3] == 128


def test_colours_between_steps_or_in_steps(volume):
    volume.vmax = 40
    smooth = volume.as_layer().colormap.map(np.linspace(0, 1, 2000))
    volume.cmap_interpolation = "nearest"
    stepped = volume.as_layer().colormap.map(np.linspace(0, 1, 2000))
    assert np.unique(stepped[:, 0]).size == 256
    assert np.unique(smooth[:, 0]).size > 1000


def test_background_may_be_left_out(volume):
    volume.vmin = 20
    assert volume.project("front", 24).rgba[0, 0, 3] == 1
    assert volume.project("front", 24, cutoff=True).rgba[0, 0, 3] == 0
    assert "ImageVolume(None, mode='mip'" in repr(volume)


def test_volumes_of_five_axes_are_counted_with_the_last_axis_fastest():
    voxels = np.arange(2 * 3 * 4 * 2 * 3, dtype=np.float32).reshape(2, 3, 4, 2, 3)
    found = volio.ImageVolume.from_image(volio.Nifti1Image(voxels, np.eye(4)), volume=4)
    np.testing.assert_array_equal(found.data[...], voxels[..., 1, 1].transpose(2, 1, 0))


@pytest.mark.parametrize("size", [(60, 100), (100, 60)])
@pytest.mark.parametrize("fov", [0, 50])
def test_views_are_those_of_a_camera_of_pygfx(size, fov):
    gfx = optional("pygfx")
    camera = gfx.PerspectiveCamera(fov, width=120, height=80, zoom=0.75)
    camera.local.position, camera.local.rotation = (30, -20, 50), (0.1, 0.2, -0.3, 0.9273618)
    camera.set_view_size(*size[::-1])
    view = View.from_camera(camera.get_state(), size)
    place = view.centre + 17 * view.up - 23 * view.right
    if not fov:
        place = place + 40 * view.direction
    seen = camera.camera_matrix @ (*place, 1.0)
    across, up = seen[:2] / seen[3]
    origin, down, right = view.plane()
    row, column = (
        (place - origin) @ down / (down @ down),
        (place - origin) @ right / (right @ right),
    )
    assert row == pytest.approx((1 - up) / 2 * size[0] - 0.5, abs=1e-3)
    assert column == pytest.approx((across + 1) / 2 * size[1] - 0.5, abs=1e-3)
