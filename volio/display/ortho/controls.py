"""Controls: the mouse and the keys in a viewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from volio.display.base.far_numbers import middle, moved
from volio.display.ortho.panels import Panel, TimeCourse
from volio.display.ortho.state import OrthoState

__all__ = ["Controls", "Windowing"]

#: Pixels of a drag that double the range of values, or shift it by half.
REACH = 200.0


class Windowing:
    """Contrast limits by a drag: to the right a wider range, upwards brighter.

    Parameters
    ----------
    state : OrthoState
    """

    def __init__(self, state: OrthoState) -> None:
        self.state = state
        self._begin: _DragBegin | None = None

    def begin(self, x: float, y: float) -> None:
        """Start at a pixel of the screen."""
        low, high = self.state.layers[0].layer.contrast_limits
        self._begin = _DragBegin(x, y, centre=middle(low, high), width=high - low)

    def drag(self, x: float, y: float) -> None:
        """Set the limits for a pixel; y grows upwards."""
        begin = self._begin
        if begin is None:
            return
        rise = -(y - begin.y) / REACH * begin.width / 2
        half = begin.width * 2 ** ((x - begin.x) / REACH) / 2
        limits = [moved(begin.centre, step) for step in (rise - half, rise + half)]
        self.state.set_limits(limits)

    def end(self) -> None:
        """Let go."""
        self._begin = None


class _DragBegin(NamedTuple):
    """The pixel at which a drag began, and the limits that there were."""

    x: float
    y: float
    centre: float
    width: float


def key_of(event: Any) -> str:
    """Return the key of an event, empty if none is down."""
    return str(getattr(event, "key", None) or "").lower()


def is_motion(event: Any) -> bool:
    """Return whether the mouse moved, and no button was pressed just now."""
    return bool(getattr(event, "name", "") == "motion_notify_event")


def scrolled(event: Any) -> int:
    """Return how far a turn of the wheel goes: 1 up, -1 down, ten times that with control."""
    steps = 1 if event.button == "up" else -1
    key = key_of(event)
    return steps * 10 if "control" in key or "ctrl" in key else steps


def tool_is_busy(event: Any) -> bool:
    """Return whether a tool of the window (zoom, pan) has the mouse."""
    canvas = getattr(event, "canvas", None)
    return bool(canvas is not None and canvas.widgetlock.locked())


class Controls:
    """Events of canvases, turned into changes of a state.

    Parameters
    ----------
    state : OrthoState
    panels : sequence of Panel
    time_course : TimeCourse or None
    settled : callable
        Called when the mouse came to rest.
    close : callable
        Called when the viewer is to be closed.

    Notes
    -----
    Of an event of matplotlib only what is needed is read, so that any object with these
    attributes will do.
    """

    def __init__(
        self,
        state: OrthoState,
        panels: Sequence[Panel],
        time_course: TimeCourse | None,
        settled: Callable[[], None],
        close: Callable[[], None],
    ) -> None:
        self.state = state
        self.panels = panels
        self.time_course = time_course
        self._settled = settled
        self._close = close
        self._windowing = Windowing(state)
        self._pressed: Any = None
        self._connections: list[tuple[Any, int]] = []

    def connect(self, canvas: Any) -> None:
        """Listen to a canvas."""
        for name, call in (
            ("button_press_event", self.on_mouse),
            ("motion_notify_event", self.on_mouse),
            ("resize_event", self.on_resize),
            ("button_release_event", self.on_release),
            ("scroll_event", self.on_scroll),
            ("key_press_event", self.on_key),
            ("close_event", self.on_close),
        ):
            self._connections.append((canvas, canvas.mpl_connect(name, call)))

    def disconnect(self) -> None:
        """Listen no longer."""
        for canvas, connection in self._connections:
            canvas.mpl_disconnect(connection)
        self._connections = []

    def _panel_of(self, axes: Any) -> Panel | None:
        return next((panel for panel in self.panels if panel.axes is axes), None)

    def _is_time_course(self, axes: Any) -> bool:
        return self.time_course is not None and axes is self.time_course.axes

    def on_mouse(self, event: Any) -> None:
        """Act on a press of a button, or on a move with a button down."""
        if tool_is_busy(event) or event.button not in (1, 3):
            return
        if not is_motion(event):
            self._pressed = event.inaxes
        if event.button == 3:
            self._change_contrast(event)
        elif event.inaxes is not None and event.inaxes is self._pressed:
            self._go_to(event)

    def _go_to(self, event: Any) -> None:
        panel = self._panel_of(event.inaxes)
        if panel is not None:
            self.state.move_to(panel.number, event.ydata, event.xdata)
        elif self._is_time_course(event.inaxes):
            self.state.set_volume(event.xdata)

    def _change_contrast(self, event: Any) -> None:
        if is_motion(event):
            self._windowing.drag(event.x, event.y)
        elif self._panel_of(event.inaxes) is not None:
            self._windowing.begin(event.x, event.y)

    def on_release(self, event: Any) -> None:
        """Act when a button is let go."""
        self._windowing.end()
        if event.button == 1 and self._panel_of(self._pressed) is not None:
            self._settled()
        self._pressed = None

    def on_scroll(self, event: Any) -> None:
        """Act on a turn of the wheel."""
        panel = self._panel_of(event.inaxes)
        if panel is not None and "shift" not in key_of(event):
            self.state.step(panel.number, scrolled(event))
        elif panel is not None or self._is_time_course(event.inaxes):
            self.state.set_volume(self.state.volume + scrolled(event))

    def on_key(self, event: Any) -> None:
        """Act on a key."""
        key = key_of(event)
        if key == "escape":
            self._close()
        elif key == "ctrl+x":
            self.state.crosshair = not self.state.crosshair
        elif key in ("-", "+", "="):
            self.state.set_volume(self.state.volume + (-1 if key == "-" else 1))

    def on_resize(self, event: Any) -> None:
        """Show the levels that fit the new size."""
        for panel in self.panels:
            panel.fit()

    def on_close(self, event: Any) -> None:
        """Act when a window was closed."""
        self._close()
