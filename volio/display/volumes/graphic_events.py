"""Events of volumes: handlers of changes, and of what a front end passes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from volio.errors import UsageError

__all__ = ["GraphicEvent", "GraphicEvents"]

Handler = Callable[["GraphicEvent"], Any]

FEATURES = (
    *("data", "cmap", "vmin", "vmax", "interpolation", "cmap_interpolation", "mode", "threshold"),
    *("step_size", "substep_size", "emissive", "shininess", "plane", "name", "offset"),
    *("rotation", "scale", "gamma", "alpha", "alpha_mode", "visible", "deleted"),
)
INPUT = (
    *("key_down", "key_up", "pointer_down", "pointer_move", "pointer_up", "pointer_enter"),
    *("pointer_leave", "click", "double_click", "wheel", "close", "resize"),
)


@dataclass(frozen=True)
class GraphicEvent:
    """What happened to a volume.

    Parameters
    ----------
    type : str
        The attribute that was set, or what a front end passed on.
    info : dict
        ``{"value": ...}``; for data also ``"key"``.
    graphic : ImageVolume
    target : object
        What the event is about: the graphic, unless a front end says otherwise.
    """

    type: str
    info: dict[str, Any]
    graphic: Any
    target: Any = None


class GraphicEvents:
    """Handlers of one volume."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = {}
        self._running: set[str] = set()
        #: Whether no handler is called.
        self.block_events = False

    @property
    def supported_events(self) -> tuple[str, ...]:
        """Every type of event there is."""
        return (*FEATURES, *INPUT)

    @property
    def event_handlers(self) -> list[tuple[str, tuple[Handler, ...]]]:
        """The handlers, by type of event."""
        return [(kind, tuple(handlers)) for kind, handlers in self._handlers.items() if handlers]

    def add_event_handler(
        self, *arguments: Handler | str
    ) -> Handler | Callable[[Handler], Handler]:
        """Call a function after changes: ``add_event_handler(function, *types)``.

        With types alone it decorates a function. A setter called from a handler of its own event
        sets nothing off again.

        Parameters
        ----------
        *arguments
            The function, and types of events in `supported_events`.

        Returns
        -------
        The function, or a decorator.

        Raises
        ------
        UsageError
            If there is no such event.
        """
        first = arguments[0] if arguments else None
        function = first if callable(first) else None
        types = [each for each in arguments if isinstance(each, str)]
        self._check(arguments if function is None else arguments[1:])

        def connect(handler: Handler) -> Handler:
            for kind in types:
                handlers = self._handlers.setdefault(kind, [])
                if handler not in handlers:
                    handlers.append(handler)
            return handler

        return connect if function is None else connect(function)

    def remove_event_handler(self, function: Handler, *types: str) -> None:
        """Call a function no more for some types of events.

        Raises
        ------
        UsageError
            If there is no such event, or the function does not handle it.
        """
        self._check(types)
        for kind in types:
            if function not in self._handlers.get(kind, []):
                raise UsageError(f"{function!r} does not handle the event {kind!r}")
            self._handlers[kind].remove(function)

    def clear_event_handlers(self) -> None:
        """Call no function any more."""
        self._handlers.clear()

    def handle_event(self, kind: str, target: object = None, **info: Any) -> None:
        """Pass an event on to its handlers; front ends do so for keys and the mouse."""
        self._check((kind,))
        if self.block_events or kind in self._running:
            return
        self._running.add(kind)
        try:
            event = GraphicEvent(kind, info, self, self if target is None else target)
            for handler in tuple(self._handlers.get(kind, ())):
                handler(event)
        finally:
            self._running.discard(kind)

    def _check(self, types: Any) -> None:
        unknown = [kind for kind in types if kind not in self.supported_events]
        if unknown or not types:
            raise UsageError(
                f"events: must be among {', '.join(self.supported_events)}, got {unknown}"
            )
