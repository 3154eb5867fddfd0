"""Layers of images: what a file says about its voxels, in the words of a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from volio.display.base.channels import magnitude
from volio.display.layers.source import layer_source
from volio.errors import ImageDataError
from volio.files.names import split_compression
from volio.space.affines import append_diag

__all__ = ["layer_of"]


def layer_of(cls: type[Any], img: Any, options: dict[str, Any]) -> Any:
    """Return a layer of a class for an image; see `ImageLayer.from_image`."""
    data = img.dataobj
    if len(data.shape) < 2:
        raise ImageDataError(f"an image of two axes or more is needed, got shape {data.shape}")
    whole = data.dtype.kind != "c"
    path = img.get_filename() if hasattr(img, "get_filename") else None
    given = {
        "affine": _affine(img),
        "units": _units(img),
        "name": _stem(path) if path else type(img).__name__,
        "metadata": {"header": img.header},
        **options,
    }
    with layer_source(path=str(path) if path else None, reader_plugin="volio"):
        layer = cls(data if whole else magnitude(data), **given)
    layer.origin_image = img if whole else None
    layer.dims_displayed = (0, 1)
    layer.dims_point = layer.data_to_world(_first_look(layer.shape))
    return layer


def _stem(path: str) -> str:
    plain = Path(split_compression(str(path))[0])
    return plain.stem or plain.name


def _affine(img: Any) -> Any:
    """Return the affine of all axes: later ones with their steps, mixed with no other."""
    ndim = len(img.dataobj.shape)
    spatial = np.eye(4) if img.affine is None else np.asarray(img.affine)
    if ndim < 3:
        keep = [*range(ndim), 3]
        return spatial[np.ix_(keep, keep)]
    zooms = img.header.get_zooms() if hasattr(img.header, "get_zooms") else ()
    later = [*zooms[3:ndim], *[1.0] * ndim][: ndim - 3]
    return append_diag(spatial, [step if step > 0 else 1.0 for step in later]) if later else spatial


def _units(img: Any) -> tuple[str, ...]:
    ndim = len(img.dataobj.shape)
    known = "mm" if img.affine is not None else "pixel"
    names = getattr(img.header, "get_xyzt_units", lambda: ("", ""))()
    time = {"sec": "s", "msec": "ms", "usec": "us"}.get(names[1], "pixel")
    return (*[known] * min(3, ndim), time, *["pixel"] * ndim)[:ndim]


def _first_look(shape: tuple[int, ...]) -> list[float]:
    """Return the middle voxel of the first volume."""
    return [n // 2 if axis < 3 else 0 for axis, n in enumerate(shape)]
