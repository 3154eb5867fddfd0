"""Pictures of whole volumes from any side: projections and surfaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from volio.arrays.views import lazy_slice
from volio.display.base.channels import plain
from volio.display.base.choices import RENDERINGS, chosen
from volio.display.colour.colormaps import Colormap
from volio.display.colour.contrast import PERCENTILES
from volio.display.colour.drawing import Bytes
from volio.display.layers.layer import ImageLayer
from volio.display.pictures.tiles import save_png
from volio.display.projection.picture import project
from volio.display.sampling.view import View
from volio.display.scene.blended import blended
from volio.display.scene.contours import Contours
from volio.display.scene.overlay import NOTHING, Overlay, check_range
from volio.errors import UsageError

__all__ = ["plot_rendering", "turn"]

#: Modes that show a value of the volume.
VALUES = ("mip", "minip", "average", "attenuated_mip")
#: Modes that show nothing behind an opaque voxel.
THIN = ("additive", "translucent")
#: Pixels of a side of the picture in which limits are found.
SMALL = 64


def plot_rendering(
    image: Any,
    mode: str = "mip",
    angle: tuple[float, float] = (0.0, 0.0),
    *,
    size: int = 400,
    output_file: str | PathLike[str] | None = None,
    **options: Any,
) -> Bytes:
    """Draw a whole volume from an angle.

    Parameters
    ----------
    image : SpatialImage, ImageLayer, Overlay or array-like
        Three axes or more.
    mode : str
        One of `volio.display.RENDERINGS`; see `volio.display.project`. For additive and
        translucent, colour maps without alpha are made thin, the more the smaller the value.
    angle : (azimuth, elevation)
        Degrees: azimuth 0 is seen from the front, 90 from the subject's left; elevation is above
        the horizon.
    size : int
        Pixels of a side of the picture, which the volume fits into from every angle.
    output_file : path, optional
        Where to save the picture as PNG.
    overlays : sequence of image or Overlay
        What is drawn over the image, by its largest values; what its threshold hides is not drawn.
    cmap : str or anything `as_colormap` takes
    vmin, vmax : float, optional
        Values of the first and the last colour (default: of modes that show a value, those of the
        picture without outliers; else found as those of any layer).
    iso_threshold : float, optional
        Of a surface (default: the middle of the range of values shown).
    volume : int
        Which volume of a series.
    black_bg : bool
        A black background; else a white one.
    affine : (4, 4) array-like, optional
        Of an array.

    Returns
    -------
    (size, size, 4) uint8 array
        RGBA.

    Raises
    ------
    UsageError
        If a setting is outside what it may be.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> volio.display.plot_rendering(img, "mip", (30, 20), size=64).shape
    (64, 64, 4)
    """
    stage = _Stage(image, mode, size, **options)
    picture = stage.picture(stage.view(*angle))
    if output_file is not None:
        save_png(picture, output_file)
    return picture


def turn(
    image: Any,
    mode: str = "mip",
    frames: int = 36,
    angle: tuple[float, float] = (0.0, 0.0),
    *,
    size: int = 400,
    **options: Any,
) -> Iterator[Bytes]:
    """Go through pictures of a volume that turns once about the axis from feet to head.

    Parameters
    ----------
    image, mode, size, **options
        As for `plot_rendering`.
    frames : int
        Pictures of a whole turn.
    angle : (azimuth, elevation)
        Of the first picture, degrees.

    Yields
    ------
    (size, size, 4) uint8 array

    Raises
    ------
    UsageError
        If there is no such mode, or an option is unknown.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> len(list(volio.display.turn(img, frames=4, size=32)))
    4
    """
    if frames < 1:
        raise UsageError(f"frames: must be 1 or more, got {frames}")
    stage = _Stage(image, mode, size, in_memory=True, **options)
    turns = [angle[0] + 360 * number / frames for number in range(frames)]
    views = [stage.view(azimuth, angle[1]) for azimuth in turns]
    span = max(view.field_of_view[0] for view in views)
    for view in views:
        yield stage.picture(replace(view, field_of_view=span))


class _Stage:
    """Layers to be drawn from one angle after another, always at the same scale."""

    def __init__(
        self,
        image: Any,
        mode: str,
        size: int,
        *,
        overlays: Sequence[Any] = (),
        cmap: Any = "gray",
        vmin: float | None = None,
        vmax: float | None = None,
        iso_threshold: float | None = None,
        volume: int = 0,
        black_bg: bool = True,
        affine: ArrayLike | None = None,
        in_memory: bool = False,
    ) -> None:
        if size < 1:
            raise UsageError(f"size: must be 1 pixel or more, got {size}")
        base = image
        if not isinstance(image, Overlay):
            base = Overlay(image, cmap, None, None, vmin, vmax, affine=affine)
        if not 0 <= volume < base.n_volumes:
            raise UsageError(f"volume: must be 0 to {base.n_volumes - 1}, got {volume}")
        self.size = size
        self.background = (0.0, 0.0, 0.0) if black_bg else (1.0, 1.0, 1.0)
        lowest = _solid(base, chosen("mode", mode, RENDERINGS), volume, in_memory)
        if iso_threshold is not None:
            lowest.iso_threshold = iso_threshold
        if mode in THIN and not lowest.rgb:
            lowest.colormap = _thinned(lowest.colormap, mode, max(lowest.shape))
        self.layers = [lowest, *(_over(one, volume, in_memory) for one in overlays)]
        #: Limits that are to be found in the first picture: of an image that brings none.
        self._open = not lowest.rgb and mode in VALUES and base is not image
        self._given = vmin, vmax

    def view(self, azimuth: float, elevation: float) -> View:
        """Return the view from an angle that shows the whole volume."""
        return View.from_angles(self.layers[0], azimuth, elevation, self.size)

    def picture(self, view: View) -> Bytes:
        """Return the picture of a view."""
        if self._open:
            self._find_limits(view)
        return blended(self.layers, view, background=self.background)

    def _find_limits(self, view: View) -> None:
        """Take contrast limits from a small picture: there, values are not those of slices."""
        layer, self._open = self.layers[0], False
        values = project(layer, replace(view, size=(SMALL, SMALL)), cutoff=False).values
        low, high = layer.contrast_limits
        shown = values[np.isfinite(values)] if values is not None else np.zeros(0)
        shown = shown[shown > low] if layer.rendering != "minip" else shown[shown < high]
        if not shown.size:
            return
        if layer.rendering == "minip":
            low = float(np.percentile(shown, PERCENTILES[0]))
        else:
            high = float(np.percentile(shown, PERCENTILES[1]))
        low, high = (
            each if one is None else one for one, each in zip(self._given, (low, high), strict=True)
        )
        if low < high:
            layer.contrast_limits = (low, high)


def _thinned(colormap: Any, mode: str, depth: int) -> Any:
    """Return a colour map that lets through what lies behind, unless it does already.

    A third of the way through the volume at half of the range is nearly opaque.
    """
    places = np.linspace(0, 1, 256)
    table = colormap.map(places)
    if table[:, 3].min() < 1:
        return colormap
    alpha = np.minimum(1, 4 * (1 - 0.2 ** (3 / depth)) * places**2)
    if mode == "additive":
        table[:, :3] *= alpha[:, np.newaxis]
    table[:, 3] = alpha
    return Colormap(table, colormap.name)


def _over(image: Any, volume: int, in_memory: bool) -> ImageLayer:
    if isinstance(image, Contours):
        raise UsageError("overlays: contours are for sections; give the image")
    overlay = image if isinstance(image, Overlay) else Overlay(image)
    layer = _solid(overlay, "mip", volume, in_memory)
    low, high = layer.contrast_limits
    hidden = max(0.0 if overlay.threshold is None else overlay.threshold[1], NOTHING)
    if not layer.rgb and low < hidden:  # the largest value is background at the lower limit
        layer.contrast_limits = (hidden, high if hidden < high else 2 * hidden)
    layer.blending = "translucent_no_depth"
    return layer


def _solid(shown: Overlay, mode: str, volume: int, in_memory: bool) -> ImageLayer:
    """Return a layer of one volume, drawn in a mode; the layer it is made from stays as it is."""
    check_range(shown.layer)
    _, state, _ = shown.layer.as_layer_data_tuple()
    data = shown.layer.data[0] if shown.layer.multiscale else shown.layer.data
    later = shown.shape[3:]
    place = np.unravel_index(min(volume, shown.n_volumes - 1), later) if later else ()
    one = lazy_slice(data, (*[slice(None)] * 3, *(int(n) for n in place)))
    kept = ("colormap", "contrast_limits", "gamma", "interpolation3d", "opacity", "attenuation")
    layer = ImageLayer(
        plain(np.asarray(one)) if in_memory else one,
        affine=shown.affine,
        rendering=mode,
        rgb=shown.layer.rgb or None,
        multiscale=False,
        **{name: state[name] for name in kept},
    )
    layer.dims_displayed = (0, 1, 2)
    return layer
