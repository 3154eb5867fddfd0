"""What front ends that edit a layer set: mode, cursor, help, and what the mouse does."""

from __future__ import annotations

from typing import Any

from volio.display.base.choices import CURSORS, MODES, as_number, chosen
from volio.display.base.settings import Setting, one_of, text
from volio.display.layers.parts.part import LayerPart
from volio.flags import as_flag

__all__ = ["Editing"]

#: Help shown in the mode "transform".
TRANSFORM_HELP = "drag to move, handles to turn and scale"


def whole_pixels(name: str, value: Any) -> int:
    """Return a number of pixels."""
    return int(as_number(name, value))


class Editing(LayerPart):
    """How a layer is edited; nothing here changes its picture.

    Setting a value that is there already emits no event.
    """

    further_events = ("editable", "mode", "interactive")

    cursor = Setting(one_of(*CURSORS), "Shape of the mouse's cursor over the layer.", False)
    cursor_size = Setting(whole_pixels, "Size of the cursor in pixels, where it has one.", False)
    help = Setting(text, "A line about what the mouse does now.", False)
    mouse_pan = Setting(as_flag, "Whether the mouse moves the view.", False)
    mouse_zoom = Setting(as_flag, "Whether the mouse changes the scale of the view.", False)

    def __init__(self) -> None:
        super().__init__()
        self._editable = True
        self._mode = "pan_zoom"
        vars(self).update(cursor="standard", cursor_size=1, help="")
        vars(self).update(mouse_pan=True, mouse_zoom=True)

    def setting_changed(self, name: str, value: Any) -> None:
        """Emit the event of a setting, and ``interactive`` where that changes with it."""
        super().setting_changed(name, value)
        other = {"mouse_pan": "mouse_zoom", "mouse_zoom": "mouse_pan"}.get(name)
        if other is not None and not getattr(self, other):
            self.events.interactive(value=value)

    @property
    def interactive(self) -> bool:
        """Whether the mouse moves or zooms the view; setting it sets both."""
        return self.mouse_pan or self.mouse_zoom

    @interactive.setter
    def interactive(self, value: bool) -> None:
        self.mouse_pan = value
        self.mouse_zoom = value

    @property
    def editable(self) -> bool:
        """Whether the layer may be edited; False sets the mode to ``"pan_zoom"``."""
        return self._editable

    @editable.setter
    def editable(self, value: bool) -> None:
        if not value:
            self.mode = "pan_zoom"
        editable = as_flag("editable", value)
        if editable != self._editable:
            self._editable = editable
            self.events.editable(value=self._editable)

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
        self.help = TRANSFORM_HELP if moving else ""
        self._mode = mode
        self.events.mode(value=mode)
