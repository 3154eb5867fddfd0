"""The base of the parts of a layer."""

from __future__ import annotations

from typing import Any, ClassVar

from volio.display.base.events import EmitterGroup
from volio.display.base.settings import setting_names

__all__ = ["LayerPart"]


class LayerPart:
    """Settings that belong together; each has an event of its name.

    Attributes
    ----------
    events : EmitterGroup
        An event for each setting, emitted after it was set, with its new value.
    """

    #: Events of attributes that are not a `Setting`.
    further_events: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        own_type: type = type(self)
        self.events = EmitterGroup(self, *setting_names(own_type), *self.further_events)

    def setting_changed(self, name: str, value: Any) -> None:
        """Emit the event of a setting."""
        self.events[name](value=value)
