"""A log of the events of an object, for tests of parts."""

from __future__ import annotations

from typing import Any


class Recorder:
    """The events of an object, in their order: names and values."""

    def __init__(self, subject: Any) -> None:
        self.events: list[tuple[str, Any]] = []
        self._hear = lambda event: self.events.append((event.type, event.value))
        subject.events.connect(self._hear)

    @property
    def names(self) -> list[str]:
        """Names of the events."""
        return [name for name, _ in self.events]
