"""Pictures of whole volumes from any side: projections and surfaces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from volio.display.base.choices import RENDERINGS, as_count, as_numbers, chosen
from volio.display.base.far_numbers import moved
from volio.display.base.given import AnyImage
from volio.display.base.inputs import check_options
from volio.display.base.series import check_volume
from volio.display.colour.colormaps import Colormap
from volio.display.colour.contrast import limits_of_projection
from volio.display.colour.drawing import Bytes
from volio.display.colour.value_colours import ValueColours
from volio.display.layers.layer import ImageLayer
from volio.display.pictures.style import BLACK, WHITE
from volio.display.pictures.tiles import save_png
from volio.display.projection.picture import finite_values_in_view
from volio.display.sampling.shown_volume import fitting_level
from volio.display.sampling.view import View
from volio.display.scene.compositing import composite
from volio.display.scene.contours import layers_and_contours, shapes_of
from volio.display.scene.overlay import Overlay, base_overlay
from volio.errors import UsageError
from volio.files.names import path_text

__all__ = ["plot_rendering", "turn"]

#: Modes that show a value of the volume.
VALUES = ("mip", "minip", "average", "attenuated_mip")
#: Modes that show nothing behind an opaque voxel.
THIN = ("additive", "translucent")
#: Pixels of a side of the picture in which limits are found.
SMALL = 64
#: Settings of a layer that its volumes keep.
KEPT = ("colormap", "contrast_limits", "gamma", "interpolation3d", "opacity", "attenuation")


def plot_rendering(
    image: AnyImage | ImageLayer | Overlay,
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
    image : SpatialImage, ImageLayer, Overlay, array-like, or path of an image
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
    overlays : image or Overlay, or sequence of these
        What is drawn over the image, by its largest values, or, where its colours are for numbers
        above and below those hidden, by the values farthest from these. What its threshold hides
        is not there.
    cmap : str or anything `as_colormap` takes
    vmin, vmax : float, optional
        Values of the first and the last colour (default: of modes that show a value, those of the
        picture without outliers; else found as those of any layer).
    iso_threshold : float, optional
        Of the surface of mode "iso" (default: the middle of the range of values shown); of
        colours their brightness, 0 to 1.
    volume : int
        Which volume of the longest series, of the image or of an overlay; of shorter ones the
        last is shown.
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
        If a setting is outside what it may be, or one that the mode does not have.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> volio.display.plot_rendering(img, "mip", (30, 20), size=64).shape
    (64, 64, 4)
    """
    check_options(options, _Turntable.__init__)
    turntable = _Turntable(image, mode, size, **options)
    picture = turntable.picture(turntable.view(*_angles(angle)))
    if output_file is not None:
        save_png(picture, path_text("output_file", output_file))
    return picture


def turn(
    image: AnyImage | ImageLayer | Overlay,
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
    as_count("frames", frames)
    first = _angles(angle)
    check_options(options, _Turntable.__init__)
    turntable = _Turntable(image, mode, size, **options)
    azimuths = [first[0] + 360 * number / frames for number in range(frames)]
    views = [turntable.view(azimuth, first[1]) for azimuth in azimuths]
    widest = max(view.field_of_view[0] for view in views)
    turntable.keep_in_memory(widest / size)
    for view in views:
        yield turntable.picture(replace(view, field_of_view=widest))


def _angles(angle: Any) -> tuple[float, float]:
    """Return azimuth and elevation, degrees."""
    found = as_numbers("angle", angle)
    if found.shape != (2,) or not np.isfinite(found).all():
        raise UsageError(f"angle: must be azimuth and elevation in degrees, got {angle!r}")
    return float(found[0]), float(found[1])


class _Turntable:
    """Layers that are drawn from one angle after another, always at the same scale."""

    def __init__(
        self,
        image: Any,
        mode: str,
        size: int,
        *,
        overlays: Any = (),
        cmap: Any = None,
        vmin: float | None = None,
        vmax: float | None = None,
        iso_threshold: float | None = None,
        volume: int = 0,
        black_bg: bool = True,
        affine: ArrayLike | None = None,
    ) -> None:
        self.size = as_count("size", size)
        self.background = BLACK if black_bg else WHITE
        mode = chosen("mode", mode, RENDERINGS)
        base = base_overlay(image, cmap, vmin=vmin, vmax=vmax, affine=affine)
        layers, contours = layers_and_contours(overlays)
        if contours:
            raise UsageError("overlays: contours are for sections; give the image")
        check_volume(volume, *shapes_of(base, layers, []))
        lowest = _lowest_layer(base, mode, volume, iso_threshold)
        self.layers = [lowest, *(_overlay_layer(each, volume) for each in layers)]
        self._given_limits = (vmin, vmax)
        is_open = None in self._given_limits and base is not image
        #: Whether limits are to be found in the first picture: of an image that has none.
        self._find_limits_first = is_open and _needs_limits(base, lowest)

    def keep_in_memory(self, pixel: float) -> None:
        """Read the voxels that pictures are made of: of several levels those that fit a pixel."""
        for layer in self.layers:
            layer.voxels.keep_in_memory(fitting_level(layer, pixel))

    def view(self, azimuth: float, elevation: float) -> View:
        """Return the view from an angle that shows the whole volume."""
        return View.from_angles(self.layers[0], azimuth, elevation, self.size)

    def picture(self, view: View) -> Bytes:
        """Return the picture of a view."""
        if self._find_limits_first:
            self._find_limits_first = False
            self._find_limits(view)
        return composite(self.layers, view, background=self.background)

    def _find_limits(self, view: View) -> None:
        """Take contrast limits from a small picture: there, values are not those of slices."""
        layer = self.layers[0]
        side = SMALL
        if layer.multiscale:  # no finer level than that of the picture is read
            side = min(SMALL, self.size)
        values = finite_values_in_view(layer, replace(view, size=(side, side)))
        if values is None:
            return
        colours = ValueColours.of(layer)
        origin = colours.origin(layer.dtype)
        limits = colours.less(origin).limits
        found = limits_of_projection(values, limits, layer.rendering)
        low, high = (
            moved(origin, new) if given is None else given
            for given, new in zip(self._given_limits, found, strict=True)
        )
        if low < high:
            layer.contrast_limits = (low, high)


def _set_surface(layer: ImageLayer, threshold: float | None) -> None:
    """Set the value of the surface of a layer, if one is given."""
    if threshold is None:
        return
    if layer.rendering != "iso":
        raise UsageError(
            f"iso_threshold: only the mode 'iso' has a surface, not {layer.rendering!r}"
        )
    layer.iso_threshold = threshold


def _needs_limits(base: Overlay, layer: ImageLayer) -> bool:
    """Return whether values of a projection are to have limits of their own.

    Labels, what a threshold leaves, and images that ask for a range of display have theirs.
    """
    if layer.rgb or layer.rendering not in VALUES:
        return False
    has_limits = base.layer.limits.window is not None or layer.hidden_values is not None
    return not has_limits and not base.labels


def _thinned(colormap: Colormap, mode: str, depth: int) -> Colormap:
    """Return a colour map that lets through what is behind, unless it does already.

    A third of the way through the volume at half of the range is nearly opaque.
    """
    positions = np.linspace(0, 1, 256)
    table = colormap.map(positions)
    if table[:, 3].min() < 1:
        return colormap
    # Of depth / 3 voxels at half of the range, a fifth of the light comes through.
    alpha = np.minimum(1, 4 * (1 - 0.2 ** (3 / depth)) * positions**2)
    if mode == "additive":
        table[:, :3] *= alpha[:, np.newaxis]
    table[:, 3] = alpha
    return Colormap(table, colormap.name)


def _overlay_layer(overlay: Overlay, volume: int) -> ImageLayer:
    """Return the layer of an overlay, drawn by its largest values."""
    layer = _volume_layer(overlay, "mip", volume)
    layer.blending = "translucent_no_depth"
    return layer


def _volume_layer(overlay: Overlay, mode: str, volume: int) -> ImageLayer:
    """Return a layer of one volume, drawn in a mode; that of the overlay stays as it is."""
    if overlay.alpha is not None:
        raise UsageError("alpha: an image of alpha is for sections; give a number")
    levels = overlay.one_volume(volume)
    layer = ImageLayer(
        levels.data,
        affine=overlay.affine,
        rendering=mode,
        rgb=overlay.layer.rgb or None,
        **levels.settings,
        locked_data_level=overlay.layer.locked_data_level,
        visible=overlay.layer.visible,
        **_kept_settings(overlay, mode),
    )
    layer.limits.labels = overlay.labels
    layer.hidden_values = overlay.colours.hidden
    layer.dims_displayed = (0, 1, 2)
    return layer


def _lowest_layer(base: Overlay, mode: str, volume: int, iso_threshold: float | None) -> ImageLayer:
    """Return the layer of the image itself, with its surface or with colours to be seen through."""
    layer = _volume_layer(base, mode, volume)
    _set_surface(layer, iso_threshold)
    if mode in THIN and not layer.rgb:
        layer.colormap = _thinned(layer.colormap, mode, max(layer.shape))
    return layer


def _kept_settings(overlay: Overlay, mode: str) -> dict[str, Any]:
    """Return the settings of an overlay's layer that those of its volumes have."""
    _, state, _ = overlay.layer.as_layer_data_tuple()
    settings = {name: state[name] for name in KEPT}
    if overlay.labels:  # a surface is between voxels, but no label is between two others
        settings["interpolation3d"] = "linear" if mode == "iso" else "nearest"
    return settings
