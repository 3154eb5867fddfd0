"""napari's Image layer, without Qt: what volio's layers are held against."""

from __future__ import annotations

import warnings
from typing import Any

from volio.tests.requirements import optional


def image_class() -> Any:
    """The class, or the test is skipped."""
    return optional("napari").Image


def make(data: Any, **options: Any) -> Any:
    """A layer of the peer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return image_class()(data, **options)


def show(layer: Any, ndisplay: int, point: Any = None) -> Any:
    """Make the peer show two or three axes, at a point in world coordinates."""
    from napari.components import Dims

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dims = Dims(ndim=layer.ndim, ndisplay=ndisplay)
        dims.range = tuple((-1000.0, 1000.0, 1.0) for _ in range(layer.ndim))
        dims.point = tuple(point) if point is not None else (0.0,) * layer.ndim
        layer._slice_dims(dims)
    return layer
