"""OrthoSlicer3D: three planes through an image, in a figure of matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import optional_text
from volio.display.base.given import AnyImage
from volio.display.base.inputs import is_image
from volio.display.base.matplotlib_import import imported
from volio.display.colour.colormaps import AnyColormap, Colormap
from volio.display.colour.contrast import checked_pair
from volio.display.ortho.blitting import BlittedFigure
from volio.display.ortho.controls import Controls
from volio.display.ortho.figure_axes import given_axes, own_axes
from volio.display.ortho.panels import ColourBar, Panel, TimeCourse
from volio.display.ortho.state import OrthoState
from volio.display.scene.contours import Contours
from volio.display.scene.overlay import Overlay, base_overlay
from volio.errors import UsageError
from volio.flags import check_flags

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer

__all__ = ["OrthoSlicer3D"]


class OrthoSlicer3D:
    """Look at an image in three planes.

    A click or a drag in a plane moves the other two there. Scrolling goes through the slices of a
    plane, ten at a time with control, or with shift through the volumes. A drag with the right
    button changes the contrast: to the right wider, upwards brighter. Of several volumes the
    values of the voxel are drawn; a click there shows a volume. Keys: ``-``, ``+`` and ``=`` go
    through the volumes, ``ctrl+x`` hides and shows the lines, ``escape`` closes.

    Parameters
    ----------
    data : array-like, SpatialImage, ImageLayer, Overlay, or path of an image
        Three axes or more; those after the third are volumes. Numbers, booleans, colours (a
        structured dtype), or complex numbers, of which the magnitude is shown. Lazy ones stay
        lazy: three slices and a subsample for the limits are read at first, then a slice for each
        step. Of several resolutions these are of the level that fits the window, and zooming in
        reads the finer one, of the part that is seen.
    affine : (4, 4) array-like, optional
        Voxels to RAS+ mm (default: that of the image, or the identity).
    axes : sequence of 3 or 4 matplotlib.axes.Axes, optional
        Where to draw the sagittal, coronal and axial plane and the time course; they may be in
        different figures.
    title : str, optional
    start : {"origin", "centre"} or (3,) array-like
        The first position: (0, 0, 0) mm if this is inside of the image, the middle, or a
        position in mm.
    radiological : bool
        The subject's left is on the right.
    colorbar : bool
        Show the colours and their values, in a figure of its own.
    figure : matplotlib.figure.Figure, optional
        Where to draw, instead of a new figure of pyplot.
    display_mode : {"ortho", "tiled", "xz", "yx", "yz", "x", "y", "z"}
        Which planes: x is sagittal, y coronal, z axial (default: all three, but of a single slice
        its own; with `axes` all three). The others are there, but not seen.
    **style
        Of the image: `cmap`, `vmin`, `vmax`, `threshold` and `alpha` as for `Overlay`.

    Attributes
    ----------
    state : OrthoState
        Position, volume, layers and links, without anything that draws.

    Raises
    ------
    UsageError
        If there are fewer than three axes, or an argument is outside what it may be.
    AffineError
        If the affine cannot be inverted.

    Notes
    -----
    Names and behaviour are those of ``nibabel.viewers.OrthoSlicer3D``. Planes follow the axes of
    the voxels: those of an oblique image are not resampled. Values that are shown are those of the
    level that is shown; where it is not the finest, they are followed by its number.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> viewer = volio.OrthoSlicer3D(img, start="centre")
    >>> viewer.set_position(0, 0, 0)
    >>> viewer.close()
    """

    def __init__(
        self,
        data: AnyImage | ImageLayer | Overlay,
        affine: ArrayLike | None = None,
        axes: Sequence[Any] | None = None,
        title: str | None = None,
        *,
        start: str | ArrayLike = "origin",
        radiological: bool = False,
        colorbar: bool = True,
        figure: Any = None,
        display_mode: str | None = None,
        **style: Any,
    ) -> None:
        check_flags(radiological=radiological, colorbar=colorbar)
        image = base_overlay(data, affine=affine, **style)
        has_affine = image.has_affine and getattr(data, "affine", True) is not None
        known = affine is not None or has_affine
        self.state = OrthoState(image, start, radiological, known)
        self._title = optional_text("title", title) or ""
        self._open = True
        #: Whether the figure is made here, and so closed here.
        self._owns_figure = axes is None and figure is None
        if axes is None:
            planes = self.state.sections.worlds(display_mode)
            self._axes = own_axes(self.state, figure, title, planes)
        elif display_mode is None:
            self._axes = given_axes(axes)
        else:
            raise UsageError("display_mode: is for a whole figure; leave axes out")
        self._figures = {axis.figure: BlittedFigure(axis.figure) for axis in self._axes}
        self._add_panels()
        self._bar: ColourBar | None = None
        self._readout: Any = None
        if axes is None:
            self._add_margins(colorbar)
        self._connect()

    def _add_panels(self) -> None:
        """Draw the three planes, and the time course of several volumes."""
        figures = [self._figures[axis.figure] for axis in self._axes]
        self._ims = [Panel(self._axes[n], self.state, n, figures[n]) for n in range(3)]
        self._time_course: TimeCourse | None = None
        if len(self._axes) > 3 and self.n_volumes > 1:
            self._time_course = TimeCourse(self._axes[3], self.state, figures[3])

    def _add_margins(self, colorbar: bool) -> None:
        """Draw what is around the planes of a whole figure: the read-out and the colour bar."""
        figure = self._axes[0].figure
        blitted = self._figures[figure]
        text = {"color": "white", "fontsize": 9, "transform": figure.transFigure}
        text["parse_math"] = False  # "$" in names is a letter
        seen = next(axes for axes in self._axes if axes.get_visible())
        self._readout = seen.text(0.01, 0.01, self.state.text(), **text)
        blitted.add(self._readout)
        if colorbar:
            axes = figure.add_axes((0.955, 0.1, 0.015, 0.8))
            self._bar = ColourBar(axes, self.state, blitted)

    def _connect(self) -> None:
        events = self.state.events
        events.position.connect(self._moved)
        events.volume.connect(self._volume_changed)
        for name in ("looks", "sides", "crosshair"):
            events[name].connect(self._looks_changed)
        self._controls = Controls(
            self.state, self._ims, self._time_course, self._read_time_course, self.close
        )
        for figure in self.figs:
            figure.volio_viewer = self  # canvases hold callbacks weakly
            self._controls.connect(figure.canvas)
        # The names that nibabel's viewer has.
        self._on_mouse = self._controls.on_mouse
        self._on_scroll = self._controls.on_scroll
        self._on_keypress = self._controls.on_key

    # What nibabel's has.

    @property
    def figs(self) -> tuple[Any, ...]:
        """The figures that are drawn in."""
        return tuple(self._figures)

    @property
    def n_volumes(self) -> int:
        """Number of volumes."""
        return self.state.n_volumes

    @property
    def position(self) -> NDArray[np.float64]:
        """The position that is shown, RAS+ mm."""
        return self.state.position.copy()

    def set_position(
        self, x: float | None = None, y: float | None = None, z: float | None = None
    ) -> None:
        """Go to a position.

        Parameters
        ----------
        x, y, z : float, optional
            RAS+ mm; None leaves a coordinate as it is. Outside of the image the nearest voxel is
            shown.

        Raises
        ------
        UsageError
            If a number is not finite.
        """
        self.state.set_position(x, y, z)
        self._read_time_course()

    def set_volume_idx(self, v: int) -> None:
        """Show a volume; numbers outside lead to the first or the last."""
        self.state.set_volume(v)

    @property
    def clim(self) -> tuple[float, float]:
        """Values of the first and the last colour of the image."""
        low, high = self.state.layers[0].layer.contrast_limits
        return low, high

    @clim.setter
    def clim(self, clim: Sequence[float]) -> None:
        self.state.set_limits(checked_pair("clim", clim))

    @property
    def cmap(self) -> Colormap:
        """The colour map of the image; may be set by all that `as_colormap` takes."""
        return self.state.layers[0].layer.colormap

    @cmap.setter
    def cmap(self, cmap: AnyColormap) -> None:
        self.state.layers[0].layer.colormap = cmap

    def link_to(self, other: OrthoSlicer3D, limits: bool = False) -> None:
        """Keep the position and the volume of two viewers the same.

        Parameters
        ----------
        other : OrthoSlicer3D
            Shows the position of this one from now on.
        limits : bool
            Contrast limits, too.

        Raises
        ------
        TypeError
            If it is not a viewer.
        """
        if not isinstance(other, OrthoSlicer3D):
            raise TypeError(f"other: must be an OrthoSlicer3D, got {type(other).__name__}")
        self.state.link(other.state, limits)

    def show(self) -> None:
        """Show all figures of pyplot, and wait until they are closed where windows do so."""
        pyplot = imported("matplotlib.pyplot")

        pyplot.show()

    def draw(self) -> None:
        """Draw the figures anew."""
        if self._open:
            for figure in self.figs:
                figure.canvas.draw()

    def close(self) -> None:
        """Close the figures, if they are the viewer's own, and end all links."""
        if not self._open:
            return
        self._open = False
        self.state.unlink()
        self._controls.disconnect()
        for blitted in self._figures.values():
            blitted.close()
        if self._owns_figure:
            pyplot = imported("matplotlib.pyplot")

            for figure in self.figs:
                pyplot.close(figure)
        for figure in self.figs:
            figure.volio_viewer = None

    # What is drawn over the image.

    def add_overlay(
        self, image: AnyImage | ImageLayer | Overlay, *args: Any, **options: Any
    ) -> Overlay:
        """Show an image over the others.

        Parameters
        ----------
        image : SpatialImage, ImageLayer, Overlay or array-like
            An array is on the grid of the image unless an `affine` is given.
        *args, **options
            `cmap`, `threshold`, `alpha`, `vmin`, `vmax` and others of `Overlay`.

        Returns
        -------
        Overlay
            What is set in its ``layer`` is shown at once.
        """
        if isinstance(image, Overlay):
            overlay = image
        else:
            overlay = Overlay(image, *args, **{**self._affine_of(image), **options})
        self.state.add(overlay)
        return overlay

    def add_contours(
        self,
        image: AnyImage | ImageLayer | Contours,
        levels: float | Sequence[float] | None = None,
        colors: ArrayLike | None = None,
        **options: Any,
    ) -> Contours:
        """Show contours over the image.

        Parameters
        ----------
        image : SpatialImage, ImageLayer, Contours or array-like
            An array is on the grid of the image unless an `affine` is given.
        levels : float or sequence of float, optional
            Without them booleans and integers are regions to be outlined.
        colors : colour or sequence of colours, optional
        **options
            Others of `Contours`.

        Returns
        -------
        Contours
        """
        if isinstance(image, Contours):
            contours = image
        else:
            options = {**self._affine_of(image), **options}
            contours = Contours(image, levels, colors, **options)
        self.state.add(contours)
        return contours

    def _affine_of(self, image: Any) -> dict[str, Any]:
        """Return the affine of an array as an option; nothing for what has one of its own."""
        if is_image(image) and not isinstance(image, np.ndarray):
            return {}
        return {"affine": self.state.sections.affine}

    def remove(self, shown: Overlay | Contours) -> None:
        """Take an overlay or contours away."""
        self.state.remove(shown)

    @property
    def radiological(self) -> bool:
        """Whether the subject's left is on the right."""
        return self.state.radiological

    @radiological.setter
    def radiological(self, value: bool) -> None:
        self.state.radiological = value

    @property
    def crosshair(self) -> bool:
        """Whether lines go through the position."""
        return self.state.crosshair

    @crosshair.setter
    def crosshair(self, value: bool) -> None:
        self.state.crosshair = value

    # When something changed.

    def _moved(self) -> None:
        if self._time_course is not None:
            self._time_course.update(not self.state.lazy)
        self._update(looks=False)

    def _volume_changed(self) -> None:
        if self._time_course is not None:
            self._time_course.mark()
        self._update(looks=False)

    def _looks_changed(self) -> None:
        if self._bar is not None:
            self._bar.update()
        self._update()

    def _update(self, looks: bool = True) -> None:
        if not self._open:
            return
        for panel in self._ims:
            panel.update(looks)
        if self._readout is not None:
            self._readout.set_text(self.state.text())
        for blitted in self._figures.values():
            blitted.refresh()

    def _read_time_course(self) -> None:
        """Draw the values of a voxel that have to be read: not at every move of a drag."""
        if self._time_course is not None and self.state.lazy and self._open:
            self._time_course.update(True)
            self._figures[self._time_course.axes.figure].refresh()

    _draw = draw

    @property
    def _data_idx(self) -> list[int]:
        return [*self.state.voxel.tolist(), self.state.volume]

    def __repr__(self) -> str:
        shape = ", ".join(str(n) for n in self.state.layers[0].shape)
        title = f"{self._title} " if self._title else ""
        return f"<{type(self).__name__}: {title}({shape})>"
