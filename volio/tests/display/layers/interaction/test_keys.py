"""Keys: their names, and what is bound to them."""

from __future__ import annotations

import pytest

from volio.display import ImageLayer, normalize_key
from volio.display.layers.interaction.keys import KeyBound
from volio.errors import UsageError


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a", "A"),
        ("Shift-Control-a", "Control-Shift-A"),
        ("ctrl+x", "Control-X"),
        ("Ctrl-Alt-Delete", "Control-Alt-Delete"),
        ("Meta-Shift-Alt-Control-F5", "Control-Alt-Shift-Meta-F5"),
        ("pageup", "PageUp"),
        ("escape", "Escape"),
        ("-", "-"),
        ("+", "+"),
        ("Control--", "Control--"),
        ("ctrl++", "Control-+"),
        ("=", "="),
        (" ", "Space"),
        ("Shift", "Shift"),
    ],
)
def test_names_of_keys(given, kept):
    assert normalize_key(given) == kept
    assert normalize_key(kept) == kept


@pytest.mark.parametrize(
    "wrong", ["", "Hyper-A", "Control-Control-A", "nokey", "F13", 3, "A-B", "Control-", "\t"]
)
def test_names_of_no_keys(wrong):
    with pytest.raises(TypeError, match="key"):
        normalize_key(wrong)


class Base(KeyBound):
    """Something with keys."""


class Derived(Base):
    """Something with keys of its own."""


@pytest.fixture(autouse=True)
def free_keys():
    yield
    Base.class_keymap.clear()
    Derived.class_keymap.clear()


def test_keys_of_an_object_come_before_those_of_its_classes():
    log: list[str] = []
    Base.bind_key("a", lambda _: log.append("base"))
    Base.bind_key("b", lambda _: log.append("base b"))
    thing, other = Derived(), Derived()
    Derived.bind_key("A", lambda _: log.append("derived"))
    thing.bind_key("A", lambda _: log.append("own"))
    assert [one.press_key("a") for one in (thing, other, Base())] == [True] * 3
    assert thing.press_key("b")
    assert not thing.press_key("c")
    assert log == ["own", "derived", "base", "base b"]


def test_bound_keys_are_not_taken_by_mistake():
    thing = Base()
    thing.bind_key("a", print)
    with pytest.raises(UsageError, match="overwrite"):
        thing.bind_key("A", len)
    thing.bind_key("A", len, overwrite=True)
    assert thing.keymap == {"A": len}
    assert thing.bind_key("a", None) is len
    assert thing.bind_key("a", None) is None
    with pytest.raises(TypeError, match="func"):
        thing.bind_key("a", 3)


def test_ellipsis_blocks_a_key_and_stands_for_all_others():
    log: list[str] = []
    Base.bind_key("a", lambda _: log.append("a"))
    Base.bind_key(..., lambda _: log.append("any"))
    thing = Base()
    thing.press_key("x")
    thing.bind_key("a", ...)
    assert not thing.press_key("a")
    assert log == ["any"]


def test_decorators_and_keys_that_are_held():
    log: list[str] = []
    thing = Base()

    @thing.bind_key("Shift-a")
    def held(one):
        log.append("down")
        yield
        log.append("up")

    assert thing.keymap == {"Shift-A": held}
    thing.press_key("Shift-A")
    assert log == ["down"]
    thing.release_key("shift+a")
    thing.release_key("shift+a")
    assert log == ["down", "up"]


def test_keys_of_layers_turn_the_plane():
    layer = ImageLayer([[[1, 2], [3, 4]]] * 3)
    assert set(ImageLayer.class_keymap) == {"Z", "Y", "X", "O"}
    layer.press_key("y")
    assert layer.plane.normal == (1, 0, 0)  # no plane is shown
    layer.dims_displayed, layer.depiction = (0, 1, 2), "plane"
    for key, normal in (("y", (0, 1, 0)), ("x", (0, 0, 1)), ("z", (1, 0, 0))):
        assert layer.press_key(key)
        assert layer.plane.normal == normal
    layer.view_direction = (0, 1, 0)
    assert layer.plane.normal == (1, 0, 0)
    layer.press_key("o")
    assert layer.plane.normal == (0, 1, 0)
    layer.view_direction = (0, 0, 2)
    assert layer.plane.normal == (0, 0, 1)
    layer.release_key("o")
    layer.view_direction = (1, 0, 0)
    assert layer.plane.normal == (0, 0, 1)
