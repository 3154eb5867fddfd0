"""LayerStack: layers over each other, each with a name of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.events import EmitterGroup, Event
from volio.display.layers.geometry.affine import Extent
from volio.display.layers.layer import ImageLayer
from volio.errors import UsageError

if TYPE_CHECKING:
    from volio.display.sampling.view import View
    from volio.images.dataobj import DataobjImage

__all__ = ["LayerStack"]

#: Events of a layer that leave the picture as it is.
SILENT = frozenset(
    [
        *("cursor", "cursor_size", "deselect", "editable", "help", "interactive", "loaded"),
        *("metadata", "mode", "mouse_pan", "mouse_zoom", "name", "select", "status"),
    ]
)
#: The number of a name that was there already.
NUMBER = re.compile(r" \[\d+\]$")


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
        """Return a layer by its number or its name, or several by a slice.

        Raises
        ------
        KeyError
            If no layer has this name.
        """
        return self._layers[index if isinstance(index, slice) else self._number(index)]

    def __setitem__(self, index: Any, layer: Any) -> None:
        """Put a layer in place of another."""
        if isinstance(index, slice):
            raise TypeError("layers are replaced one at a time")
        number = self._number(index)
        self._check(layer)
        del self[number]
        self.insert(number, layer)

    def __delitem__(self, index: Any) -> None:
        """Take out a layer, by its number or name, or several by a slice."""
        if isinstance(index, slice):
            # From the last one on: those before keep their numbers.
            for number in sorted(range(len(self))[index], reverse=True):
                del self[number]
            return
        number = self._number(index)
        layer = self._layers.pop(number)
        layer.events.disconnect(self._layer_changed)
        layer.events.name.disconnect(self._renamed)
        if layer is self._selected:
            self.selected = None
        self.events.removed(index=number, value=layer)

    def __contains__(self, layer: object) -> bool:
        if isinstance(layer, str):
            return any(one.name == layer for one in self._layers)
        return any(one is layer for one in self._layers)

    def __iter__(self) -> Iterator[ImageLayer]:
        return iter(self._layers)

    def __repr__(self) -> str:
        return f"LayerStack({[layer.name for layer in self._layers]})"

    def index(self, value: object, start: int = 0, stop: int | None = None) -> int:
        """Return the number of a layer, or of the layer of a name.

        Raises
        ------
        ValueError
            If it is not there.
        """
        for number in range(len(self))[start:stop]:
            layer = self._layers[number]
            if layer is value or layer.name == value:
                return number
        raise UsageError(f"layer: {value!r} is not in {self!r}")

    def _number(self, index: int | str) -> int:
        """Return the number, from 0 on, of an index that may be negative, or of a name."""
        if not isinstance(index, str):
            return range(len(self))[index]
        try:
            return self.index(index)
        except UsageError:
            raise KeyError(f"no layer is called {index!r}; there are {self!r}") from None

    def insert(self, index: int, value: ImageLayer) -> None:
        """Put a layer before another one; its name becomes unique.

        Raises
        ------
        UsageError
            If it is there already, or is not a layer.
        """
        self._check(value)
        number = len(range(len(self))[:index])  # as lists do, also for indices out of range
        value.name = self.unique_name(value.name)
        self._layers.insert(number, value)
        value.events.connect(self._layer_changed)
        value.events.name.connect(self._renamed)
        self.events.inserted(index=number, value=value)

    def _check(self, layer: Any) -> None:
        if not isinstance(layer, ImageLayer):
            raise UsageError(f"layer: must be an ImageLayer, got {type(layer).__name__}")
        if layer in self:
            raise UsageError(f"layer: {layer.name!r} is in the stack already")

    def add_image(
        self, image: DataobjImage | ArrayLike | Sequence[ArrayLike], **options: Any
    ) -> ImageLayer:
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
        make: Any = ImageLayer.from_image if hasattr(image, "dataobj") else ImageLayer
        layer: ImageLayer = make(image, **options)
        self.append(layer)
        return layer

    def move(self, index: int | str, new_index: int) -> None:
        """Move a layer: `new_index` is its number afterwards."""
        number = self._number(index)
        target = self._number(new_index)
        layer = self._layers.pop(number)
        self._layers.insert(target, layer)
        self.events.moved(index=number, new_index=target, value=layer)

    def unique_name(self, name: str, layer: ImageLayer | None = None) -> str:
        """Return a name that no layer but `layer` has: with `` [1]``, `` [2]``, … if need be."""
        taken = {one.name for one in self._layers if one is not layer}
        if name not in taken:
            return name
        stem = NUMBER.sub("", name)
        numbered = (f"{stem} [{number}]" for number in count(1))
        return next(found for found in numbered if found not in taken)

    def _renamed(self, event: Event) -> None:
        unique = self.unique_name(event.source.name, event.source)
        if unique != event.source.name:
            event.source.name = unique

    def _layer_changed(self, event: Event) -> None:
        if event.type not in SILENT:
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
        before = self._selected
        self._selected = layer
        if before is not None:
            before.events.deselect()
        if layer is not None:
            layer.events.select()
        self.events.selected(value=layer)

    def picture(
        self,
        view: View | str = "front",
        volume: bool = True,
        background: Sequence[float] = (0.0, 0.0, 0.0, 1.0),
    ) -> NDArray[np.uint8]:
        """Return one picture of all layers that are visible, blended in their order.

        Parameters
        ----------
        view : View or str
            A name is a view of the lowest layer from that side.
        volume : bool
            Draw volumes by the rendering of each layer; False draws the slice through the
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
        from volio.display.scene.compositing import composite

        if not self._layers:
            raise UsageError("picture: the stack has no layers")
        if not isinstance(view, View):
            view = View.of(self._layers[0], view)
        return composite(self._layers, view, volume, background)

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
        # Rows of each layer: the low and the high end of its box, and its voxel sizes.
        extents = [layer.extent_edges for layer in self._layers]
        rows = np.array([self._padded(np.vstack([each.world, each.step])) for each in extents])
        low = np.nanmin(rows[:, 0], axis=0)
        high = np.nanmax(rows[:, 1], axis=0)
        world = np.array([low, high])
        return Extent(world.copy(), world, np.nanmin(rows[:, 2], axis=0))

    def _padded(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return rows of numbers for the last axes, with NaN for leading axes that are missing."""
        missing = self.ndim - rows.shape[1]
        return np.pad(rows, ((0, 0), (missing, 0)), constant_values=np.nan)
