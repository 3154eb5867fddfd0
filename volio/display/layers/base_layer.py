"""What all layers have: a name, a position, an appearance, events, keys and the mouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.events import EmitterGroup, Event
from volio.display.colour.colormaps import Colormap
from volio.display.layers.geometry.affine import Affine
from volio.display.layers.interaction.keys import KeyBound
from volio.display.layers.interaction.mouse import MouseBound
from volio.display.layers.parts.appearance import Appearance
from volio.display.layers.parts.editing import Editing
from volio.display.layers.parts.forwarding import PartAttribute, PartMethod, settings_of
from volio.display.layers.parts.identity import Identity
from volio.display.layers.parts.placement import Placement
from volio.display.layers.source import Source

__all__ = ["BoundingBox", "Layer"]

Point = NDArray[np.float64]

#: Settings of the appearance that change colours, and so the thumbnail.
COLOURING = frozenset({"colormap", "gamma", "opacity"})
#: Settings of the placement that move the data in the world.
MOVING = frozenset({"affine", "rotate", "scale", "shear", "translate"})


@dataclass
class BoundingBox:
    """How the box around a layer is drawn.

    Attributes
    ----------
    visible : bool
    lines, points : bool
        What is drawn: edges, corners.
    line_thickness, point_size : float
        In pixels.
    line_color, point_color : str
    """

    visible: bool = False
    lines: bool = True
    line_thickness: float = 1.0
    line_color: str = "red"
    points: bool = True
    point_size: float = 5.0
    point_color: str = "blue"


class Layer(KeyBound, MouseBound):
    """Something that is shown: its parts, and the events of all of them in one group.

    A part is set and listened to by itself as well: ``layer.placement.scale`` is
    ``layer.scale``. The layer hears of each change of a part, does what follows from it (another
    thumbnail, another slice), and then emits its own event of that name.

    Parameters
    ----------
    ndim : int
        Number of axes of the data.
    settings : mapping
        Of the parts, by their names.

    Attributes
    ----------
    identity : Identity
    editing : Editing
    placement : Placement
    appearance : Appearance
    events : EmitterGroup
        What happens to the layer: an emitter for each kind, and all of them at once.
    bounding_box : BoundingBox
        How the box around the layer is drawn.
    """

    #: The parts that every layer has.
    part_types: ClassVar[tuple[type, ...]] = (Identity, Placement, Appearance)
    #: The name of layers without one.
    default_name: ClassVar[str] = "Layer"
    #: Names of the events of a layer.
    event_names: ClassVar[tuple[str, ...]] = (
        *("affine", "axis_labels", "blending", "colormap", "cursor", "cursor_size", "deselect"),
        *("editable", "extent", "gamma", "help", "interactive", "loaded", "metadata", "mode"),
        *("mouse_pan", "mouse_zoom", "name", "opacity", "refresh", "rotate", "scale", "select"),
        *("set_data", "shear", "status", "thumbnail", "translate", "translate_grid", "units"),
        *("view_direction", "visible"),
    )

    def __init__(self, ndim: int, settings: Mapping[str, Any]) -> None:
        super().__init__()
        self.events = EmitterGroup(self, *self.event_names)
        self.identity = Identity(self.default_name, **settings_of(Identity, settings))
        self.editing = Editing()
        self.placement = Placement(ndim, **settings_of(Placement, settings))
        self.appearance = Appearance(**settings_of(Appearance, settings))
        self.bounding_box = BoundingBox()
        self._view_direction: Point | None = None
        self.identity.events.connect(self._repeat)
        self.editing.events.connect(self._repeat)
        self.placement.events.connect(self._placement_changed)
        self.appearance.events.connect(self._appearance_changed)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} layer {self.name!r} at {id(self):#x}>"

    # Identity.

    name = PartAttribute[str]("identity", Identity)
    metadata = PartAttribute[dict[str, Any]]("identity", Identity)
    get_source_str = PartMethod("identity", Identity.get_source_str)

    @property
    def source(self) -> Source:
        """Where the layer comes from; fixed when it is made."""
        return self.identity.source

    # Editing, for front ends.

    editable = PartAttribute[bool]("editing", Editing)
    mode = PartAttribute[str]("editing", Editing)
    cursor = PartAttribute[str]("editing", Editing)
    cursor_size = PartAttribute[int]("editing", Editing)
    help = PartAttribute[str]("editing", Editing)
    mouse_pan = PartAttribute[bool]("editing", Editing)
    mouse_zoom = PartAttribute[bool]("editing", Editing)
    interactive = PartAttribute[bool]("editing", Editing)

    # Placement.

    affine = PartAttribute[Affine]("placement", Placement)
    axis_labels = PartAttribute[tuple[str, ...]]("placement", Placement)
    rotate = PartAttribute[Point]("placement", Placement)
    scale = PartAttribute[Point]("placement", Placement)
    shear = PartAttribute[Point]("placement", Placement)
    translate = PartAttribute[Point]("placement", Placement)
    translate_grid = PartAttribute[Point]("placement", Placement)
    units = PartAttribute[tuple[str, ...]]("placement", Placement)
    data_to_world_matrix = PartAttribute[Point]("placement", Placement)
    world_to_data_matrix = PartAttribute[Point]("placement", Placement)
    data_to_world = PartMethod("placement", Placement.data_to_world)
    world_to_data = PartMethod("placement", Placement.world_to_data)

    # Appearance.

    blending = PartAttribute[str]("appearance", Appearance)
    colormap = PartAttribute[Colormap]("appearance", Appearance)
    gamma = PartAttribute[float]("appearance", Appearance)
    opacity = PartAttribute[float]("appearance", Appearance)
    visible = PartAttribute[bool]("appearance", Appearance)

    @property
    def view_direction(self) -> Point | None:
        """Line of sight in world coordinates (n,), which a front end sets; None for slices."""
        return self._view_direction

    @view_direction.setter
    def view_direction(self, value: ArrayLike | None) -> None:
        self._view_direction = None if value is None else self.placement.as_position(value)
        self.events.view_direction(value=self._view_direction)

    @property
    def loaded(self) -> bool:
        """Whether what is shown has been read; reading happens when it is needed."""
        return True

    @contextmanager
    def block_update_properties(self) -> Iterator[None]:
        """Do nothing special inside a ``with`` block: there are no properties to hold back."""
        yield

    def refresh(self, event: Event | None = None) -> None:
        """Read what is shown again when it is needed, and emit events; nothing if hidden.

        Parameters
        ----------
        event : Event, optional
            Not used: lets events be connected to this method.
        """
        self._show_again()
        self.events.refresh()

    # What follows from a change.

    def _repeat(self, event: Event) -> None:
        """Emit an event of a part as one of the layer, if the layer has it."""
        if event.type in self.events:
            self.events[event.type](value=event.value)

    def _placement_changed(self, event: Event) -> None:
        if event.type in MOVING:
            self._extent_changed()
        self._repeat(event)

    def _appearance_changed(self, event: Event) -> None:
        if event.type in COLOURING:
            self._thumbnail_changed()
        elif event.type == "visible":
            self._show_again()
        self._repeat(event)

    def _show_again(self) -> None:
        if self.visible:
            self._slice_changed()

    def _extent_changed(self) -> None:
        self.events.extent()
        self._slice_changed()

    def _slice_changed(self) -> None:
        self.events.loaded()
        self.events.set_data()
        self._thumbnail_changed()

    def _thumbnail_changed(self) -> None:
        self.events.thumbnail()
