"""The mouse on a layer that shows a plane: what drags, double clicks and keys do."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from volio.display import ImageLayer, MouseEvent
from volio.errors import UsageError
from volio.tests.display import peer

DIMS = [0, 1, 2]
VIEW = np.array([0.6, 0.0, 0.8])
PLACE = {"scale": (1, 2, 1), "translate": (3, 0, 1)}
PLANE = {"position": (4, 4, 4), "normal": (1, 0, 0), "thickness": 1}


@pytest.fixture
def layer() -> ImageLayer:
    found = ImageLayer(np.zeros((9, 10, 11)), depiction="plane", plane=PLANE, **PLACE)
    found.dims_displayed = (0, 1, 2)
    return found


def event(kind: str, position, *modifiers: str) -> MouseEvent:
    return MouseEvent(kind, position, VIEW, DIMS, modifiers)


START, MOVES = (7, 6, 5), [(9, 6, 5), (10, 9, 2), (-20, 0, 5), (6, 6, 5)]


def test_drags_move_the_plane_as_those_of_the_peer(layer: ImageLayer):
    theirs = peer.show(peer.make(layer.data, depiction="plane", plane=PLANE, **PLACE), 3)
    from napari.layers.image._image_mouse_bindings import move_plane_along_normal

    seen = SimpleNamespace(
        type="mouse_press",
        position=START,
        view_direction=VIEW,
        dims_displayed=DIMS,
        modifiers=["Shift"],
    )
    drag = move_plane_along_normal(theirs, seen)
    next(drag)
    layer.handle_mouse(event("mouse_press", START, "Shift"))
    np.testing.assert_allclose(layer.plane.position, theirs.plane.position)
    assert (layer.mouse_pan, theirs.mouse_pan) == (False, False)
    for position in MOVES:
        seen.type, seen.position = "mouse_move", position
        next(drag)
        layer.handle_mouse(event("mouse_move", position, "Shift"))
        np.testing.assert_allclose(layer.plane.position, theirs.plane.position)
    # The peer lets it go one voxel less far at this end than at the other.
    layer.handle_mouse(event("mouse_move", (30, 6, 5), "Shift"))
    assert layer.plane.position[0] == 8.5
    layer.handle_mouse(event("mouse_release", MOVES[-1]))
    assert layer.mouse_pan
    before = layer.plane.position
    layer.handle_mouse(event("mouse_move", START, "Shift"))
    assert layer.plane.position == before


def test_drags_that_do_not_concern_the_plane_leave_it(layer: ImageLayer):
    def untouched(**changes) -> bool:
        for name, value in changes.items():
            setattr(layer, name, value)
        layer.handle_mouse(event("mouse_press", START, "Shift"))
        layer.handle_mouse(event("mouse_move", MOVES[0], "Shift"))
        layer.handle_mouse(event("mouse_double_click", START))
        return layer.plane.position == (4, 4, 4)

    layer.handle_mouse(event("mouse_press", START))
    assert layer.plane.position == (4, 4, 4)
    assert untouched(visible=False)
    assert untouched(visible=True, depiction="volume")
    layer.depiction = "plane"
    layer.handle_mouse(event("mouse_press", (7, 100, 5), "Shift"))
    assert layer.plane.position == (4, 4, 4)
    layer.handle_mouse(MouseEvent("mouse_double_click", START, (0, 1, 0), DIMS))
    assert layer.plane.position == (4, 4, 4)


def test_a_double_click_puts_the_plane_where_it_is_met(layer: ImageLayer):
    layer.handle_mouse(event("mouse_double_click", (7, 6, 5)))
    np.testing.assert_allclose(layer.plane.position, (4, 3, 4))
    layer.handle_mouse(event("mouse_double_click", (5, 6, 5)))  # meets it farther along
    np.testing.assert_allclose(layer.plane.position, (4, 3, 4 + 2 * 0.8 / 0.6))


def test_own_callbacks_are_called():
    layer, log = ImageLayer(np.zeros((3, 4))), []

    def drag(one, what):
        log.append(f"press {one.name}")
        yield
        while what.type == "mouse_move":
            log.append(f"move {what.position}")
            yield
        log.append(what.type)

    layer.mouse_drag_callbacks.append(drag)
    layer.mouse_move_callbacks.append(lambda _, what: log.append("hover"))
    layer.mouse_wheel_callbacks.append(lambda _, what: log.append(what.delta))
    for kind, position in (
        *[("mouse_move", (0, 0)), ("mouse_press", (1, 1)), ("mouse_move", (1, 2))],
        *[("mouse_release", (1, 2)), ("mouse_move", (2, 2))],
    ):
        layer.handle_mouse(MouseEvent(kind, position))
    layer.handle_mouse(MouseEvent("mouse_wheel", (2, 2), delta=(0, 1)))
    assert log == ["hover", "press Image", "move (1, 2)", "mouse_release", "hover", (0, 1)]
    assert layer.cursor_position.tolist() == [2, 2]
    with pytest.raises(UsageError, match="type: must be one of mouse_press"):
        MouseEvent("tap", (0, 0))


def test_keys_turn_the_plane_about_the_place_under_the_mouse(layer: ImageLayer):
    layer.view_direction, layer.cursor_position = VIEW, (7, 6, 5)
    for key, normal in (("y", (0, 1, 0)), ("z", (1, 0, 0)), ("x", (0, 0, 1))):
        assert layer.press_key(key)
        assert layer.plane.normal == normal
        np.testing.assert_allclose(layer.plane.position, (4, 3, 4))
    layer.cursor_position = (7, 60, 5)
    layer.press_key("z")
    assert (layer.plane.normal, layer.plane.position[1]) == ((1, 0, 0), 3)
    layer.depiction = "volume"
    layer.press_key("y")
    assert layer.plane.normal == (1, 0, 0)


def test_planes_are_square_to_the_world_also_where_voxels_are_not_cubes(layer: ImageLayer):
    layer.view_direction = (1, 1, 0)
    layer.press_key("o")
    across = layer.world_to_data((1, -1, 0)) - layer.world_to_data((0, 0, 0))
    assert across @ np.array(layer.plane.normal) == pytest.approx(0)
    theirs = peer.show(peer.make(layer.data, **PLACE), 3)
    expected = theirs._world_to_displayed_data_normal(np.array((1.0, 1, 0)), DIMS)
    np.testing.assert_allclose(layer.plane.normal, expected)
    layer.view_direction = (0, 0, 1)
    assert layer.plane.normal == (0, 0, 1)
    layer.release_key("o")
