"""Attributes, methods and settings of a layer that are those of its parts."""

from __future__ import annotations

import inspect
from typing import get_type_hints

import numpy as np
import pytest

from volio.display import ImageLayer
from volio.display.layers.base_layer import Layer
from volio.display.layers.parts.forwarding import (
    PartAttribute,
    PartMethod,
    check_settings,
    settings_of,
    takes_settings_of,
)
from volio.display.layers.settings import ImageSettings


class Wheel:
    """A part."""

    def __init__(self, owner: str, *, size: int = 3, colour: str = "black") -> None:
        self.owner = owner
        self._size = size
        self.colour = colour

    @property
    def size(self) -> int:
        """How large it is."""
        return self._size

    @size.setter
    def size(self, value: int) -> None:
        self._size = value

    def rolled(self, times: int, /) -> int:
        """Return how far it goes."""
        return times * self.size


class Bell:
    """Another part."""

    def __init__(self, *, loud: bool = False) -> None:
        self.loud = loud


class Bicycle:
    """Something with parts."""

    part_types = (Wheel, Bell)

    @takes_settings_of(*part_types)
    def __init__(self, owner: str, **settings: object) -> None:
        """Make one."""
        check_settings(self, self.part_types, settings)
        self.wheel = Wheel(owner, **settings_of(Wheel, settings))
        self.bell = Bell(**settings_of(Bell, settings))

    size = PartAttribute[int]("wheel", Wheel)
    colour = PartAttribute[str]("wheel", Wheel, "The colour of its wheel.")
    rolled = PartMethod("wheel", Wheel.rolled)


def test_attributes_and_methods_are_those_of_the_part():
    bicycle = Bicycle("me", size=5)
    assert (bicycle.size, bicycle.wheel.colour, bicycle.bell.loud) == (5, "black", False)
    bicycle.size = 7
    assert bicycle.wheel.size == 7
    assert bicycle.rolled(2) == 14
    del bicycle.wheel
    with pytest.raises(AttributeError, match="wheel"):
        bicycle.size  # noqa: B018


def test_documentation_is_that_of_the_part():
    assert Bicycle.size.__doc__ == "How large it is."
    assert Bicycle.colour.__doc__ == "The colour of its wheel."
    assert Bicycle.rolled is Wheel.rolled


def test_signatures_have_the_settings_of_all_parts():
    signature = inspect.signature(Bicycle)
    defaults = {name: parameter.default for name, parameter in signature.parameters.items()}
    assert list(defaults) == ["owner", "colour", "loud", "size"]
    assert defaults == {
        "owner": inspect.Parameter.empty,
        "colour": "black",
        "loud": False,
        "size": 3,
    }
    with pytest.raises(TypeError, match=r"Bicycle\(\) got an unexpected keyword argument 'gears'"):
        Bicycle("me", gears=3)


def test_image_layers_declare_the_settings_of_their_parts():
    names = set(inspect.signature(ImageLayer).parameters) - {"data"}
    assert set(get_type_hints(ImageSettings)) == names
    with pytest.raises(TypeError, match="unexpected keyword argument 'colourmap'"):
        ImageLayer(np.zeros((2, 2)), colourmap="red")


def test_image_layers_have_few_bases():
    own = [cls.__name__ for cls in ImageLayer.__mro__ if cls.__module__.startswith("volio")]
    assert own == ["ImageLayer", "Layer", "KeyBound", "MouseBound"]


def test_events_of_a_part_are_events_of_the_layer():
    """A part that is set by itself has the same effect as the layer's attribute."""
    data = np.arange(60.0).reshape(3, 4, 5)
    for part, name, value in (
        ("identity", "name", "x"),
        ("editing", "cursor", "cross"),
        ("placement", "scale", (1, 2, 3)),
        ("appearance", "opacity", 0.5),
        ("appearance", "visible", False),
        ("slicing", "dims_point", (1, 0, 0)),
        ("limits", "contrast_limits", (3, 4)),
        ("render_settings", "interpolation2d", "cubic"),
        ("voxels", "data", data[:2]),
    ):
        logs = []
        for setter in (lambda layer: layer, lambda layer, part=part: getattr(layer, part)):
            layer = ImageLayer(data)
            log: list[str] = []
            layer.events.connect(lambda event, log=log: log.append(event.type))
            setattr(setter(layer), name, value)
            logs.append(log)
        assert logs[0] == logs[1]
        assert logs[0]


def test_a_layer_of_another_kind_has_the_parts_of_every_layer():
    class Points(Layer):
        """A layer without voxels."""

        default_name = "Points"

        @takes_settings_of(*Layer.part_types)
        def __init__(self, positions: np.ndarray, **settings: object) -> None:
            check_settings(self, self.part_types, settings)
            super().__init__(positions.shape[1], settings)
            self.positions = positions

    points = Points(np.zeros((5, 3)), scale=(1, 1, 2), opacity=0.5)
    assert (points.name, points.opacity, points.scale.tolist()) == ("Points", 0.5, [1, 1, 2])
    log: list[str] = []
    points.events.connect(lambda event: log.append(event.type))
    points.translate = (1, 2, 3)
    points.colormap = "viridis"
    points.refresh()
    moved = ["extent", "loaded", "set_data", "thumbnail", "translate"]
    shown = ["loaded", "set_data", "thumbnail", "refresh"]
    assert log == [*moved, "thumbnail", "colormap", *shown]
    assert points.data_to_world((0, 0, 1)).tolist() == [1, 2, 5]
