"""The mouse: events that front ends pass on, and the callbacks of a layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from volio.display.base.choices import chosen

__all__ = ["MouseBound", "MouseEvent"]

KINDS = ("mouse_press", "mouse_move", "mouse_release", "mouse_wheel", "mouse_double_click")


@dataclass
class MouseEvent:
    """An event of the mouse.

    Parameters
    ----------
    type : str
        ``mouse_press``, ``mouse_move``, ``mouse_release``, ``mouse_wheel`` or
        ``mouse_double_click``.
    position : (n,) array-like
        In world coordinates.
    view_direction : (n,) array-like, optional
        Line of sight, in world coordinates; None for slices.
    dims_displayed : sequence of int
    modifiers : sequence of str
        Keys that are held: ``"Shift"``, ``"Control"``, …
    button : int, optional
    delta : (2,) array-like
        How far the wheel turned, to the right and up.

    Examples
    --------
    >>> event = volio.display.MouseEvent("mouse_press", (1, 2, 3), modifiers=("Shift",))
    >>> event.type, event.modifiers
    ('mouse_press', ('Shift',))
    """

    type: str
    position: ArrayLike
    view_direction: ArrayLike | None = None
    dims_displayed: Sequence[int] = ()
    modifiers: Sequence[str] = ()
    button: int | None = None
    delta: Sequence[float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        self.type = chosen("type", self.type, KINDS)

    def become(self, other: MouseEvent) -> None:
        """Copy another event, so that a drag sees where the mouse is now."""
        vars(self).update(vars(other))


class MouseBound:
    """Something that the mouse acts on.

    Attributes
    ----------
    mouse_drag_callbacks : list of callable
        Called with the object and the event at a press. Generator functions go on at each move
        (the event's type is then ``"mouse_move"``) and at the release.
    mouse_move_callbacks, mouse_wheel_callbacks, mouse_double_click_callbacks : list of callable
        Called at moves without a button held, at turns of the wheel, at double clicks.
    cursor_position : (n,) array or None
        The last position of the mouse, in world coordinates.
    """

    def __init__(self) -> None:
        super().__init__()
        self.mouse_drag_callbacks: list[Callable[..., Any]] = []
        self.mouse_move_callbacks: list[Callable[..., Any]] = []
        self.mouse_wheel_callbacks: list[Callable[..., Any]] = []
        self.mouse_double_click_callbacks: list[Callable[..., Any]] = []
        self.cursor_position: Any = None
        self._drags: list[tuple[Iterator[Any], MouseEvent]] = []

    def handle_mouse(self, event: MouseEvent) -> None:
        """Call the callbacks of a mouse event; front ends call this."""
        self.cursor_position = np.array(event.position, np.float64)
        if event.type == "mouse_press":
            self._drags = []
            self._start(event)
        elif event.type == "mouse_release" or (event.type == "mouse_move" and self._drags):
            self._go_on(event)
        else:
            for callback in tuple(getattr(self, f"{event.type}_callbacks")):
                callback(self, event)

    def _start(self, event: MouseEvent) -> None:
        for callback in tuple(self.mouse_drag_callbacks):
            own_event = replace(event)
            drag = callback(self, own_event)
            if inspect.isgenerator(drag) and _goes_on(drag):
                self._drags.append((drag, own_event))

    def _go_on(self, event: MouseEvent) -> None:
        for _, own_event in self._drags:
            own_event.become(event)
        self._drags = [(drag, own_event) for drag, own_event in self._drags if _goes_on(drag)]
        if event.type == "mouse_release":
            self._drags = []


def _goes_on(drag: Iterator[Any]) -> bool:
    """Run the next step of a drag; False if that was the last."""
    return next(drag, _goes_on) is not _goes_on
