"""LayerStack: layers above each other, each with a name of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, MutableSequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from volio.display.base.events import EmitterGroup, Event
from volio.display.layers.geometry.affine import Extent
from volio.display.layers.layer import ImageLayer
from volio.errors import UsageError

__all__ = ["LayerStack"]


class LayerStack(MutableSequence[ImageLayer]):
    """Layers in the order in which they are drawn: the first is lowest.

    A name that is there already gets a number: ``"head"``, ``"head [1]"``.

    Parameters
    ----------
    layers : iterable of ImageLayer, optional

    Attributes
    ----------
    events : EmitterGroup
        ``inserted`` and ``removed`` (with ``index`` and ``value``), ``moved`` (``index``,
        ``new_index``, ``value``), ``selected``, and ``changed`` with the event of a layer, as its
        value, that changes the picture.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> stack = volio.LayerStack()
    >>> layer = stack.add_image(img, name="head")
    >>> layer = stack.add_image(img, name="head")
    >>> [layer.name for layer in stack]
    ['head', 'head [1]']
    """

    def __init__(self, layers: Iterable[ImageLayer] = ()) -> None:
        self._layers: list[ImageLayer] = []
        self.events = EmitterGroup(self, "inserted", "removed", "moved", "selected", "changed")
        self._selected: ImageLayer | None = None
        self.extend(layers)

    def __len__(self) -> int:
        return len(self._layers)

    @overload
    def __getitem__(self, index: int | str) -> ImageLayer: ...
    @overload
    def __getitem__(self, index: slice) -> list[ImageLayer]: ...
    def __getitem__(self, index: Any) -> Any:
        """Return a layer by its place or its name, or several by a slice.

        Raises
        ------
        KeyError
            If no layer has this name.
        """
        return self._layers[self._place(index) if isinstance(index, str) else index]

    def __setitem__(self, index: Any, layer: Any) -> None:
        """Put a layer into the place of another."""
        if isinstance(index, slice):
            raise TypeError("layers are replaced one at a time")
        place = range(len(self))[self._place(index) if isinstance(index, str) else index]
        self._check(layer)
        del self[place]
        self.insert(place, layer)

    def __delitem__(self, index: Any) -> None:
        """Take out a layer, by its place or name, or several by a slice."""
        if isinstance(index, slice):
            for place in sorted(range(len(self))[index], reverse=True):
                del self[place]
            return
        place = range(len(self))[self._place(index) if isinstance(index, str) else index]
        layer = self._layers.pop(place)
        layer.events.disconnect(self._layer_changed)
        layer.events.name.disconnect(self._renamed)
        if layer is self._selected:
            self.selected = None
        self.events.removed(index=place, value=layer)

    def __contains__(self, layer: object) -> bool:
        if isinstance(layer, str):
            return any(one.name == layer for one in self._layers)
        return any(one is layer for one in self._layers)

    def __iter__(self) -> Iterator[ImageLayer]:
        return iter(self._layers)

    def __repr__(self) -> str:
        return f"LayerStack({[layer.name for layer in self._layers]})"

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the place of a layer, or of the layer of a name.

        Raises
        ------
        ValueError
            If it is not there.
        """
        for place in range(len(self))[start:stop]:
            if self._layers[place] is value or self._layers[place].name == value:
                return place
        raise UsageError(f"layer: {value!r} is not in {self!r}")

    def _place(self, name: str) -> int:
        try:
            return self.index(name)
        except UsageError:
            raise KeyError(f"no layer is called {name!r}; there are {self!r}") from None

    def insert(self, index: int, value: ImageLayer) -> None:
        """Put a layer before the one at a place; its name becomes unique.

        Raises
        ------
        UsageError
            If it is there already, or is no layer.
        """
        self._check(value)
        place = len(range(len(self))[:index])
        value.name = self.unique_name(value.name)
        self._layers.insert(place, value)
        value.events.connect(self._layer_changed)
        value.events.name.connect(self._renamed)
        self.events.inserted(index=place, value=value)

    def _check(self, layer: Any) -> None:
        if not isinstance(layer, ImageLayer):
            raise UsageError(f"layer: must be an ImageLayer, got {type(layer).__name__}")
        if layer in self:
            raise UsageError(f"layer: {layer.name!r} is in the stack already")

    def add_image(self, image: Any, **options: Any) -> ImageLayer:
        """Add the layer of an array or of an image on top.

        Parameters
        ----------
        image : array-like, list of array-like, or SpatialImage
        **options
            Parameters of `ImageLayer`.

        Returns
        -------
        ImageLayer
        """
        make = ImageLayer.from_image if hasattr(image, "dataobj") else ImageLayer
        layer = make(image, **options)
        self.append(layer)
        return layer

    def move(self, index: int | str, new_index: int) -> None:
        """Move a layer to another place: `new_index` is where it is afterwards."""
        place = self._place(index) if isinstance(index, str) else range(len(self))[index]
        target = range(len(self))[new_index]
        layer = self._layers.pop(place)
        self._layers.insert(target, layer)
        self.events.moved(index=place, new_index=target, value=layer)

    def unique_name(self, name: str, layer: ImageLayer | None = None) -> str:
        """Return a name that no layer but `layer` has: with `` [1]``, `` [2]``, … if need be."""
        taken = {one.name for one in self._layers if one is not layer}
        plain = re.sub(r" \[\d+\]$", "", name)
        count = 0
        while name in taken:
            count += 1
            name = f"{plain} [{count}]"
        return name

    def _renamed(self, event: Event) -> None:
        unique = self.unique_name(event.source.name, event.source)
        if unique != event.source.name:
            event.source.name = unique

    #: Events of a layer that leave the picture as it is.
    _SILENT = frozenset(
        [
            "cursor",
            "cursor_size",
            "deselect",
            "editable",
            "help",
            "interactive",
            "loaded",
            "metadata",
            "mode",
            "mouse_pan",
            "mouse_zoom",
            "name",
            "select",
            "status",
        ]
    )

    def _layer_changed(self, event: Event) -> None:
        if event.type not in self._SILENT:
            self.events.changed(value=event)

    @property
    def selected(self) -> ImageLayer | None:
        """The layer that keys and the mouse act on."""
        return self._selected

    @selected.setter
    def selected(self, layer: ImageLayer | None) -> None:
        if layer is not None and layer not in self:
            raise UsageError(f"selected: {layer!r} is not in the stack")
        if layer is self._selected:
            return
        before, self._selected = self._selected, layer
        if before is not None:
            before.events.deselect()
        if layer is not None:
            layer.events.select()
        self.events.selected(value=layer)

    def picture(
        self, view: Any = "front", volume: bool = True, background: Any = (0.0, 0.0, 0.0, 1.0)
    ) -> NDArray[np.uint8]:
        """Return one picture of all layers that are visible, blended in their order.

        Parameters
        ----------
        view : View or str
            A name is a view of the lowest layer from that side.
        volume : bool
            Draw volumes as the rendering of each layer says; False draws the slice through the
            centre of the view, at any angle.
        background : (red, green, blue) or (red, green, blue, alpha)

        Returns
        -------
        (h, w, 4) uint8 array

        Raises
        ------
        UsageError
            If there are no layers, or no view of this name.
        """
        from volio.display.sampling.view import View
        from volio.display.scene.blended import blended

        if not self._layers:
            raise UsageError("picture: the stack has no layers")
        seen = view if isinstance(view, View) else View.of(self._layers[0], view)
        return blended(self._layers, seen, volume, background)

    @property
    def ndim(self) -> int:
        """The greatest number of axes of a layer; 2 without layers."""
        return max((layer.ndim for layer in self._layers), default=2)

    @property
    def extent(self) -> Extent | None:
        """How far all layers reach together, with their edges; None without layers.

        Layers with fewer axes are about the last ones.
        """
        if not self._layers:
            return None
        boxes = np.array([self._wide(layer.extent_edges.world) for layer in self._layers])
        steps = np.array([self._wide(layer.extent.step[None])[0] for layer in self._layers])
        world = np.array([np.nanmin(boxes[:, 0], axis=0), np.nanmax(boxes[:, 1], axis=0)])
        step = np.nanmin(steps, axis=0)
        return Extent(world.copy(), world, step)

    def _wide(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        missing = self.ndim - rows.shape[1]
        return np.pad(rows, ((0, 0), (missing, 0)), constant_values=np.nan)
