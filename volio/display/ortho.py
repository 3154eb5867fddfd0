"""The three central slices of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import ImageDataError
from volio.ops.orient import as_closest_canonical
from volio.space.affines import voxel_sizes

__all__ = ["draw_central_slices"]

# For each panel: the world axis that is cut, and what lies right, left, up and down.
PANELS = (
    ("sagittal", 0, "APSI"),
    ("coronal", 1, "RLSI"),
    ("axial", 2, "RLAP"),
)


def draw_central_slices(img: Any) -> Any:
    """Draw the sagittal, coronal and axial slices through the centre of an image.

    Of an image with more than three axes the first volume is drawn. Only the three slices are
    read. Panels are in neurological convention: the subject's right is on the right.

    Parameters
    ----------
    img : SpatialImage
        At least three axes.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImageDataError
        If the image has fewer than three axes, or no voxels.
    """
    if img.ndim < 3:
        raise ImageDataError(f"an image of three axes or more is needed, got shape {img.shape}")
    if 0 in img.shape:
        raise ImageDataError(f"an image with voxels is needed, got shape {img.shape}")
    from matplotlib import pyplot

    turned = as_closest_canonical(img) if img.affine is not None else img
    sizes = np.ones(3) if img.affine is None else voxel_sizes(turned.affine)
    figure, axes = pyplot.subplots(1, 3, figsize=(12, 4.5), layout="constrained")
    slices = [_central_slice(turned, axis) for _, axis, _ in PANELS]
    limits = _limits(slices)
    for panel, picture, (name, axis, sides) in zip(axes, slices, PANELS, strict=True):
        _draw(panel, picture, np.delete(sizes, axis), limits)
        panel.set_title(name)
        if img.affine is not None:
            _label(panel, sides)
    figure.suptitle(str(img.get_filename() or type(img).__name__))
    return figure


def _central_slice(img: Any, axis: int) -> NDArray[Any]:
    index: list[Any] = [slice(None)] * 3 + [0] * (img.ndim - 3)
    index[axis] = img.shape[axis] // 2
    voxels = np.asarray(img.dataobj[tuple(index)])
    if voxels.dtype.names:
        return np.stack([voxels[field] for field in voxels.dtype.names], axis=-1)
    return np.abs(voxels) if voxels.dtype.kind == "c" else voxels.astype(np.float64)


def _limits(slices: list[NDArray[Any]]) -> tuple[float, float]:
    values = np.concatenate([picture.ravel() for picture in slices])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = np.percentile(values, (1, 99))
    return (float(low), float(high)) if low < high else (float(low), float(low) + 1)


def _draw(
    panel: Any, picture: NDArray[Any], sizes: NDArray[Any], limits: tuple[float, float]
) -> None:
    panel.imshow(
        np.swapaxes(picture, 0, 1),
        origin="lower",
        cmap="gray",
        vmin=limits[0],
        vmax=limits[1],
        aspect=sizes[1] / sizes[0],
        interpolation="nearest",
    )
    panel.set_xticks([])
    panel.set_yticks([])


def _label(panel: Any, sides: str) -> None:
    places = ((0.98, 0.5), (0.02, 0.5), (0.5, 0.98), (0.5, 0.02))
    aligned = (("right", "center"), ("left", "center"), ("center", "top"), ("center", "bottom"))
    for side, (x, y), (ha, va) in zip(sides, places, aligned, strict=True):
        panel.text(x, y, side, color="yellow", ha=ha, va=va, transform=panel.transAxes)
