"""What every layer is: a name, a place of origin, visible or not, and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from volio.display.base.choices import CURSORS, MODES, as_number, chosen
from volio.display.base.events import EmitterGroup
from volio.display.layers.interaction.keys import KeyBound
from volio.display.layers.interaction.mouse import MouseBound
from volio.display.layers.source import Source, current_source
from volio.errors import UsageError

__all__ = ["BoundingBox", "Identity"]

#: Every event of a layer.
EVENTS = (
    *("affine", "attenuation", "auto_contrast", "axis_labels", "blending", "colormap"),
    *("contrast_limits", "contrast_limits_range", "cursor", "cursor_size"),
    *("custom_interpolation_kernel_2d", "data", "depiction", "deselect", "dims", "editable"),
    *("experimental_clipping_planes", "extent", "gamma", "help", "interactive", "interpolation"),
    *("interpolation2d", "interpolation3d", "iso_threshold", "loaded", "locked_data_level"),
    *("metadata", "mode", "mouse_pan", "mouse_zoom", "name", "opacity", "plane"),
    *("projection_mode", "refresh", "rendering", "rotate", "scale", "select", "set_data"),
    *("shear", "status", "thumbnail", "translate", "translate_grid", "units"),
    *("view_direction", "visible"),
)


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


class Identity(KeyBound, MouseBound):
    """The part of a layer that any layer has, whatever it shows.

    Parameters
    ----------
    name : str or None
        None takes `default_name`.
    metadata : mapping or None
    opacity : float
    visible : bool
    """

    #: The name of layers without one.
    default_name: ClassVar[str] = "Image"

    def __init__(
        self, name: str | None, metadata: Mapping[str, Any] | None, opacity: float, visible: bool
    ) -> None:
        super().__init__()
        #: What happens to the layer: an emitter for each kind, and all of them at once.
        self.events = EmitterGroup(self, *EVENTS)
        self._name = str(name) if name else self.default_name
        self._metadata: dict[str, Any] = dict(metadata or {})
        self._opacity = _share(opacity)
        self._visible = bool(visible)
        self._source = current_source()
        self._editable = True
        self._mode = "pan_zoom"
        self._cursor, self._cursor_size, self._help = "standard", 1, ""
        self._mouse_pan = self._mouse_zoom = True
        #: How the box around the layer is drawn.
        self.bounding_box = BoundingBox()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} layer {self.name!r} at {id(self):#x}>"

    def _change(self, name: str, value: Any) -> None:
        """Set an attribute and emit its event, unless it has the value already."""
        if getattr(self, f"_{name}") != value:
            setattr(self, f"_{name}", value)
            self.events[name](value=value)

    @property
    def name(self) -> str:
        """Name of the layer; unique in a stack."""
        return self._name

    @name.setter
    def name(self, value: str | None) -> None:
        self._change("name", str(value) if value else self.default_name)

    @property
    def metadata(self) -> dict[str, Any]:
        """Anything to keep with the layer."""
        return self._metadata

    @metadata.setter
    def metadata(self, value: Mapping[str, Any]) -> None:
        new = dict(value)
        self._metadata.clear()
        self._metadata.update(new)
        self.events.metadata(value=self._metadata)

    @property
    def source(self) -> Source:
        """Where the layer comes from; fixed when it is made."""
        return self._source

    def get_source_str(self) -> str:
        """Return where the layer comes from, as a line for people."""
        parts = [self.name]
        if self._source.sample:
            parts.append(f"sample {self._source.sample[1]} of {self._source.sample[0]}")
        elif self._source.path:
            parts.append(f"{self._source.path}")
        if self._source.reader_plugin:
            parts.append(f"read by {self._source.reader_plugin}")
        return ", ".join(parts)

    @property
    def opacity(self) -> float:
        """From 0 (clear) to 1; alpha is multiplied by it."""
        return self._opacity

    @opacity.setter
    def opacity(self, value: float) -> None:
        self._opacity = _share(value)
        self._thumbnail_changed()
        self.events.opacity(value=self._opacity)

    @property
    def visible(self) -> bool:
        """Whether the layer is drawn; values of a hidden one are None."""
        return self._visible

    @visible.setter
    def visible(self, value: bool) -> None:
        self._visible = bool(value)
        if self._visible:
            self._slice_changed()
        self.events.visible(value=self._visible)

    # For front ends that edit: nothing here changes the picture.

    @property
    def editable(self) -> bool:
        """Whether the layer may be edited; False sets the mode to ``"pan_zoom"``."""
        return self._editable

    @editable.setter
    def editable(self, value: bool) -> None:
        if not value:
            self.mode = "pan_zoom"
        self._change("editable", bool(value))

    @property
    def mode(self) -> str:
        """What the mouse does: ``"pan_zoom"``, or ``"transform"`` to move the layer itself."""
        return self._mode

    @mode.setter
    def mode(self, value: str) -> None:
        mode = chosen("mode", value, MODES)
        if mode == self._mode or not self._editable:
            return
        moving = mode == "transform"
        self.mouse_pan = not moving
        self.help = "drag to move, handles to turn and scale" if moving else ""
        self._change("mode", mode)

    @property
    def cursor(self) -> str:
        """Shape of the mouse's cursor over the layer."""
        return self._cursor

    @cursor.setter
    def cursor(self, value: str) -> None:
        self._change("cursor", chosen("cursor", value, CURSORS))

    @property
    def cursor_size(self) -> int:
        """Size of the cursor in pixels; for shapes that have one."""
        return self._cursor_size

    @cursor_size.setter
    def cursor_size(self, value: int) -> None:
        self._change("cursor_size", int(as_number("cursor_size", value)))

    @property
    def help(self) -> str:
        """A line about what the mouse does now."""
        return self._help

    @help.setter
    def help(self, value: str) -> None:
        self._change("help", str(value))

    @property
    def mouse_pan(self) -> bool:
        """Whether the mouse moves the view."""
        return self._mouse_pan

    @mouse_pan.setter
    def mouse_pan(self, value: bool) -> None:
        before = self.interactive
        self._change("mouse_pan", bool(value))
        self._tell_interactive(before)

    @property
    def mouse_zoom(self) -> bool:
        """Whether the mouse changes the scale of the view."""
        return self._mouse_zoom

    @mouse_zoom.setter
    def mouse_zoom(self, value: bool) -> None:
        before = self.interactive
        self._change("mouse_zoom", bool(value))
        self._tell_interactive(before)

    @property
    def interactive(self) -> bool:
        """Whether the mouse moves or zooms the view; setting it sets both."""
        return self._mouse_pan or self._mouse_zoom

    @interactive.setter
    def interactive(self, value: bool) -> None:
        self.mouse_pan = self.mouse_zoom = bool(value)

    def _tell_interactive(self, before: bool) -> None:
        if self.interactive != before:
            self.events.interactive(value=self.interactive)

    @property
    def loaded(self) -> bool:
        """Whether the slice that is shown has been read; reading happens when it is needed."""
        return True

    @contextmanager
    def block_update_properties(self) -> Iterator[None]:
        """Do nothing special inside a ``with`` block: images have no properties to hold back."""
        yield

    def refresh(self, event: Any = None) -> None:
        """Read the slice again when it is needed, and tell everyone; nothing if hidden.

        Parameters
        ----------
        event : Event, optional
            Not used: lets events be connected to this method.
        """
        self._show_again()
        self.events.refresh()

    def _show_again(self) -> None:
        if self.visible:
            self._slice_changed()

    # What the parts above this one have to do.

    def _thumbnail_changed(self) -> None:
        self.events.thumbnail()

    def _slice_changed(self) -> None:
        self.events.loaded()
        self.events.set_data()
        self._thumbnail_changed()


def _share(value: float) -> float:
    share = as_number("opacity", value)
    if not 0 <= share <= 1:
        raise UsageError(f"opacity: must be from 0 to 1, got {value!r}")
    return share
