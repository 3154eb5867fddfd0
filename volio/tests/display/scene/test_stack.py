"""LayerStack: order, names, selection and events."""

from __future__ import annotations

import gc
import weakref
from itertools import product

import numpy as np
import pytest

import volio
from volio.display import BLENDINGS, ImageLayer, LayerStack, View
from volio.errors import UsageError


def layer(name: str = "head", **options) -> ImageLayer:
    return ImageLayer(np.zeros((3, 4)), name=name, **options)


def names(stack: LayerStack) -> list[str]:
    return [one.name for one in stack]


def test_names_become_unique_when_layers_come_and_are_renamed():
    stack = LayerStack([layer(), layer(), layer("mask"), layer("head [1]")])
    assert names(stack) == ["head", "head [1]", "mask", "head [2]"]
    stack["mask"].name = "head"
    assert names(stack)[2] == "head [3]"
    stack["head"].name = "head"
    assert names(stack)[0] == "head"
    assert repr(stack) == "LayerStack(['head', 'head [1]', 'head [3]', 'head [2]'])"


def test_layers_are_found_moved_and_taken_out():
    stack = LayerStack(layer(name) for name in "abcd")
    assert (stack[0].name, stack["c"].name, len(stack), "b" in stack) == ("a", "c", 4, True)
    assert [one.name for one in stack[1:3]] == ["b", "c"]
    stack.move("a", 2)
    assert names(stack) == ["b", "c", "a", "d"]
    stack.move(-1, 0)
    assert names(stack) == ["d", "b", "c", "a"]
    assert stack.index("c") == stack.index(stack[2]) == 2
    taken = stack.pop(1)
    assert (taken.name, taken in stack) == ("b", False)
    del stack["c"]
    stack[0] = layer("new")
    assert names(stack) == ["new", "a"]
    stack.insert(-1, layer("between"))
    assert names(stack) == ["new", "between", "a"]
    del stack[1:]
    stack.reverse()
    stack.clear()
    assert names(stack) == []


def test_what_is_no_layer_or_there_already_is_refused():
    stack = LayerStack([layer()])
    for wrong in (np.zeros((3, 3)), stack[0]):
        with pytest.raises(UsageError, match="layer"):
            stack.append(wrong)
    with pytest.raises(KeyError, match="mask"):
        stack["mask"]
    with pytest.raises(ValueError, match="mask"):
        stack.index("mask")
    with pytest.raises(UsageError, match="selected"):
        stack.selected = layer()
    assert len(stack) == 1


def test_events_of_stacks_and_their_layers():
    stack, log = LayerStack(), []
    stack.events.connect(lambda event: log.append((event.type, getattr(event, "index", None))))
    first, second = layer("a"), layer("b")
    stack.extend([first, second])
    stack.move(0, 1)
    stack.remove(second)
    assert log == [("inserted", 0), ("inserted", 1), ("moved", 0), ("removed", 0)]
    log.clear()
    first.gamma = 2
    first.cursor = "cross"
    second.gamma = 2
    assert log == [("changed", None)] * 2


def test_selection_is_told_to_the_layers():
    stack, log = LayerStack([layer("a"), layer("b")]), []
    for one in stack:
        one.events.select.connect(lambda event: log.append(f"+{event.source.name}"))
        one.events.deselect.connect(lambda event: log.append(f"-{event.source.name}"))
    stack.selected = stack["a"]
    stack.selected = stack["a"]
    stack.selected = stack["b"]
    del stack["b"]
    assert stack.selected is None
    assert log == ["+a", "-a", "+b", "-b"]


def test_images_and_arrays_are_added_on_top():
    stack = LayerStack()
    stack.add_image(np.zeros((4, 5)), name="array", scale=(2, 2))
    img = volio.Nifti1Image(np.zeros((3, 4, 5)), np.diag([1, 2, 3, 1]))
    assert stack.add_image(img, colormap="red") is stack[1]
    assert names(stack) == ["array", "Nifti1Image"]
    assert stack.ndim == 3
    np.testing.assert_allclose(stack.extent.world, [(-0.5, -1, -1.5), (2.5, 7, 13.5)])
    np.testing.assert_allclose(stack.extent.step, (1, 2, 2))
    assert LayerStack().extent is None
    assert LayerStack().ndim == 2


def test_stacks_do_not_live_on_in_their_layers():
    one = layer()
    stack = LayerStack([one])
    gone = weakref.ref(stack)
    del stack
    gc.collect()
    assert gone() is None
    one.gamma = 2
    assert one.name == "head"


def test_pictures_blend_the_layers_in_their_order():
    data = np.zeros((8, 8, 8))
    data[2:6, 2:6, 2:6] = 1
    look = {"contrast_limits": (0, 1), "interpolation3d": "nearest"}
    stack = LayerStack([ImageLayer(data, colormap="red", **look)])
    stack.append(ImageLayer(data, colormap="green", blending="additive", opacity=0.5, **look))
    for volume in (True, False):
        picture = stack.picture("top", volume=volume)
        assert picture.shape == (256, 256, 4)
        assert np.abs(picture[128, 128].astype(int) - (255, 128, 0, 255)).max() <= 1
        assert picture[2, 2, :3].max() == 0
    stack.move(0, 1)
    assert stack.picture("top")[128, 128].tolist() == [255, 0, 0, 255]
    stack[1].visible = False
    green = stack.picture("top", volume=False)[128, 128]
    assert np.abs(green.astype(int) - (0, 128, 0, 255)).max() <= 1
    stack[0].visible = False
    assert stack.picture("top", background=(0, 0, 1))[128, 128].tolist() == [0, 0, 255, 255]
    with pytest.raises(UsageError, match="no layers"):
        LayerStack().picture()


def blended(mode: str, source, target, a: float, first: bool, below: str = ""):
    """The formula of a mode for the colours of one pixel."""
    if first and mode in ("additive", "minimum"):
        return a * source if mode == "additive" else source
    if mode == "opaque" and not first:
        return source
    if mode == "additive":
        # The lowest layer's own alpha is there if it takes the least of colours.
        return np.minimum(a * source + target * (0.75 if below == "minimum" else 1), 1)
    mixed = {"minimum": np.minimum(source, target), "multiplicative": source * target}
    return a * mixed.get("" if first else mode, source) + (1 - a) * target


@pytest.mark.parametrize("opacity", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("below", BLENDINGS)
@pytest.mark.parametrize("above", BLENDINGS)
def test_stacks_blend_to_one_gray_level_with_alpha_of_the_map_too(below, above, opacity):
    size = 16
    ramp = np.linspace(0, 1, size)
    alphas = np.array([(0, 0.2, 1, 0.1), (1, 0.5, 0, 0.9)])
    across = np.repeat(ramp[:, None, None], size, axis=1)
    layers = [
        ImageLayer(data, colormap=colours, contrast_limits=(0, 1), blending=mode, opacity=share)
        for data, colours, mode, share in (
            (across, "green", below, 0.75),
            (across.transpose(1, 0, 2), alphas, above, opacity),
        )
    ]
    middle = ((size - 1) / 2, (size - 1) / 2, 0)
    view = View(middle, (0, 0, -1), (0, 1, 0), size, (size, size))
    picture = LayerStack(layers).picture(view, volume=False, background=(0.3, 0.3, 0.3))
    for row, column in product(range(size), repeat=2):
        x, y = ramp[column], ramp[size - 1 - row]
        colour = blended(below, np.array((0, x, 0)), np.full(3, 0.3), 0.75, True)
        mix = alphas[0] + y * (alphas[1] - alphas[0])
        colour = blended(above, mix[:3], colour, opacity * mix[3], False, below)
        assert np.abs(picture[row, column, :3] - 255 * colour).max() <= 1


def test_boxes_are_drawn_around_layers_where_they_are():
    stack = LayerStack([ImageLayer(np.zeros((10, 20, 30)), contrast_limits=(0, 1))])
    box = stack[0].bounding_box
    view = View((4.5, 9.5, 14.5), (0, 0, -1), (0, 1, 0), 40, (80, 80))
    plain = stack.picture(view)
    assert plain[..., :3].max() == 0
    box.visible, box.points, box.line_color = True, False, "yellow"
    for volume in (True, False):
        drawn = stack.picture(view, volume=volume)[..., 0] > 100
        rows, columns = np.nonzero(drawn)
        # Two pixels for a voxel: edges of 20 and 10 voxels about the middle.
        assert (rows.min(), rows.max()) == pytest.approx((20, 60), abs=1.5)
        assert (columns.min(), columns.max()) == pytest.approx((30, 50), abs=1.5)
        assert not drawn[25:55, 35:45].any()
    box.lines, box.points, box.point_size = False, True, 4
    blue = stack.picture(view, volume=False)[..., 2] > 100
    assert 4 * 9 <= blue.sum() <= 4 * 30
    stack[0].bounding_box.visible = False
    np.testing.assert_array_equal(stack.picture(view), plain)
    box.visible = True
    aside = View((4.5, 9.5, 200), (0, 0, -1), (0, 1, 0), 40, (80, 80))
    assert stack.picture(aside, volume=False)[..., :3].max() == 0


def test_oblique_slices_have_a_frame_of_their_own():
    layer = ImageLayer(np.zeros((20, 20, 20)), contrast_limits=(0, 1))
    layer.bounding_box.visible = True
    view = View((9.5, 9.5, 9.5), (1, 1, 1), (0, 0, 1), 40, (120, 120))
    drawn = LayerStack([layer]).picture(view, volume=False)[..., 0] > 60
    rows, columns = np.nonzero(drawn)
    # A hexagon with sides of half a diagonal of a face.
    assert np.hypot(rows - 59.5, columns - 59.5).max() == pytest.approx(3 * 20 / np.sqrt(2), abs=2)
    assert np.hypot(rows - 59.5, columns - 59.5).min() == pytest.approx(
        3 * 20 / np.sqrt(2) * np.sqrt(0.75), abs=2.5
    )


def test_slices_of_colours_are_shown_as_they_are():
    voxels = np.full((4, 4, 4, 3), (10, 200, 90), np.uint8)
    stack = LayerStack([ImageLayer(voxels, rgb=True, contrast_limits=(0, 20))])
    assert stack.picture("top", volume=False)[128, 128].tolist() == [10, 200, 90, 255]
