"""The name of a layer, its source, and what is kept with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from volio.display.base.choices import optional_text
from volio.display.layers.parts.part import LayerPart
from volio.display.layers.source import Source, current_source
from volio.errors import UsageError

__all__ = ["Identity"]


class Identity(LayerPart):
    """The name of a layer, its source, and its metadata.

    Parameters
    ----------
    default_name : str
        The name of a layer without one.
    metadata : mapping, optional
        Anything to keep with the layer; copied.
    name : str, optional

    Attributes
    ----------
    source : Source
        Where the layer comes from: `layer_source` sets it for layers made in a ``with`` block.
    """

    further_events = ("name", "metadata")

    def __init__(
        self,
        default_name: str = "Layer",
        *,
        metadata: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__()
        self.default_name = default_name
        self.source: Source = current_source()
        self._name = optional_text("name", name) or default_name
        self._metadata = {} if metadata is None else _checked_metadata(metadata)

    @property
    def name(self) -> str:
        """Name of the layer; unique in a stack."""
        return self._name

    @name.setter
    def name(self, value: str | None) -> None:
        name = optional_text("name", value) or self.default_name
        if name != self._name:
            self._name = name
            self.events.name(value=name)

    @property
    def metadata(self) -> dict[str, Any]:
        """Anything to keep with the layer; setting it replaces the contents of the same dict."""
        return self._metadata

    @metadata.setter
    def metadata(self, value: Mapping[str, Any]) -> None:
        new = _checked_metadata(value)
        self._metadata.clear()
        self._metadata.update(new)
        self.events.metadata(value=self._metadata)

    def get_source_str(self) -> str:
        """Return the name of the layer and where it comes from, as a line for people."""
        parts = [self.name]
        if self.source.sample:
            plugin, sample = self.source.sample
            parts.append(f"sample {sample} of {plugin}")
        elif self.source.path:
            parts.append(self.source.path)
        if self.source.reader_plugin:
            parts.append(f"read by {self.source.reader_plugin}")
        return ", ".join(parts)


def _checked_metadata(given: Any) -> dict[str, Any]:
    """Return a copy of metadata.

    Raises
    ------
    UsageError
        If it is not a mapping.
    """
    if not isinstance(given, Mapping):
        raise UsageError(f"metadata: must be a dict, got {given!r}")
    return dict(given)
