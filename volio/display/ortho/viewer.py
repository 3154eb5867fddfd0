"""OrthoSlicer3D: three planes through an image, in a figure of matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.colour.colormaps import Colormap
from volio.display.colour.contrast import checked_pair
from volio.display.ortho.controls import Controls
from volio.display.ortho.panels import Bar, Course, Panel
from volio.display.ortho.screen import Screen
from volio.display.ortho.state import OrthoState
from volio.display.sampling.sections import Section
from volio.display.scene.contours import Contours
from volio.display.scene.overlay import Overlay
from volio.errors import UsageError

__all__ = ["OrthoSlicer3D"]

READOUT = 0.4  # height of two lines, inches


class OrthoSlicer3D:
    """Look at an image in three planes.

    A click or a drag in a plane moves the other two there. Scrolling goes through the slices of a
    plane, ten at a time with control, or with shift through the volumes. A drag with the right
    button changes the contrast: to the right wider, upwards brighter. Of several volumes the
    values of the voxel are drawn; a click there shows a volume. Keys: ``-``, ``+`` and ``=`` go
    through the volumes, ``ctrl+x`` hides and shows the lines, ``escape`` closes.

    Parameters
    ----------
    data : array-like, SpatialImage or ImageLayer
        Three axes or more; those after the third are volumes. Numbers, booleans, colours (a
        structured dtype), or complex numbers, of which the magnitude is shown. Lazy ones stay
        lazy: three slices and a subsample for the limits are read at first, then a slice for each
        step.
    affine : (4, 4) array-like, optional
        Voxels to RAS+ mm (default: that of the image, or the identity).
    axes : sequence of 3 or 4 matplotlib.axes.Axes, optional
        Where to draw the sagittal, coronal and axial plane and the course of time; they may be in
        different figures.
    title : str, optional
    start : {"origin", "centre"} or (3,) array-like
        Where to look at first: at (0, 0, 0) mm if this is inside of the image, at the middle, or
        at a position in mm.
    radiological : bool
        The subject's left is on the right.
    colorbar : bool
        Show the colours and their values, in a figure of its own.
    figure : matplotlib.figure.Figure, optional
        Where to draw, instead of a new figure of pyplot.
    **look
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
    the voxels: those of an oblique image are not resampled.

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
        data: Any,
        affine: ArrayLike | None = None,
        axes: Sequence[Any] | None = None,
        title: str | None = None,
        *,
        start: Any = "origin",
        radiological: bool = False,
        colorbar: bool = True,
        figure: Any = None,
        **look: Any,
    ) -> None:
        image = Overlay(data, **{"cmap": "gray", "threshold": None, "affine": affine, **look})
        known = affine is not None or getattr(data, "affine", True) is not None
        self.state = OrthoState(image, start, radiological, known)
        self._title = title or ""
        self._open = True
        own = axes is None
        self._own = own and figure is None
        self._axes = _own_axes(self.state, figure, title) if axes is None else list(axes)
        _check_axes(self._axes)
        self._screens = {axis.figure: Screen(axis.figure) for axis in self._axes}
        self._draw_parts(own, colorbar)
        self._connect()

    def _draw_parts(self, own: bool, colorbar: bool) -> None:
        screens = [self._screens[axis.figure] for axis in self._axes]
        self._ims = [Panel(self._axes[n], self.state, n, screens[n]) for n in range(3)]
        several = len(self._axes) > 3 and self.n_volumes > 1
        self._course = Course(self._axes[3], self.state, screens[3]) if several else None
        self._bar: Bar | None = None
        self._readout: Any = None
        if own:
            figure = self._axes[0].figure
            place = {"color": "white", "fontsize": 9, "transform": figure.transFigure}
            self._readout = self._axes[0].text(0.01, 0.01, self.state.text(), **place)
            screens[0].add(self._readout)
            if colorbar:
                self._bar = Bar(figure.add_axes((0.955, 0.1, 0.015, 0.8)), self.state, screens[0])

    def _connect(self) -> None:
        events = self.state.events
        events.position.connect(self._moved)
        events.volume.connect(self._volume_changed)
        for name in ("looks", "sides", "crosshair"):
            events[name].connect(self._looks_changed)
        self._controls = Controls(
            self.state, self._ims, self._course, self._read_course, self.close
        )
        for figure in self.figs:
            figure.volio_viewer = self  # canvases hold callbacks weakly
            self._controls.connect(figure.canvas)
        self._on_mouse, self._on_scroll = self._controls.on_mouse, self._controls.on_scroll
        self._on_keypress = self._controls.on_key

    # What nibabel's has.

    @property
    def figs(self) -> tuple[Any, ...]:
        """The figures that are drawn in."""
        return tuple(self._screens)

    @property
    def n_volumes(self) -> int:
        """Number of volumes."""
        return self.state.n_volumes

    @property
    def position(self) -> NDArray[np.float64]:
        """Where it looks, RAS+ mm."""
        return self.state.position.copy()

    def set_position(
        self, x: float | None = None, y: float | None = None, z: float | None = None
    ) -> None:
        """Look at a position.

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
        self._read_course()

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
    def cmap(self, cmap: Any) -> None:
        self.state.layers[0].layer.colormap = cmap

    def link_to(self, other: OrthoSlicer3D, limits: bool = False) -> None:
        """Keep the position and the volume of two viewers the same.

        Parameters
        ----------
        other : OrthoSlicer3D
            Looks where this one does from now on.
        limits : bool
            Contrast limits, too.

        Raises
        ------
        TypeError
            If it is no viewer.
        """
        if not isinstance(other, OrthoSlicer3D):
            raise TypeError(f"other: must be an OrthoSlicer3D, got {type(other).__name__}")
        self.state.link(other.state, limits)

    def show(self) -> None:
        """Show all figures of pyplot, and wait until they are closed where windows do so."""
        from matplotlib import pyplot

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
        for screen in self._screens.values():
            screen.close()
        if self._own:
            from matplotlib import pyplot

            for figure in self.figs:
                pyplot.close(figure)
        for figure in self.figs:
            figure.volio_viewer = None

    # What lies over the image.

    def add_overlay(self, image: Any, *args: Any, **options: Any) -> Overlay:
        """Show an image over the others.

        Parameters
        ----------
        image : SpatialImage, ImageLayer, Overlay or array-like
            An array lies on the grid of the image unless it has an `affine`.
        *args, **options
            `cmap`, `threshold`, `alpha`, `vmin`, `vmax` and others of `Overlay`.

        Returns
        -------
        Overlay
            What is set in its ``layer`` is shown at once.
        """
        if isinstance(image, Overlay):
            made = image
        else:
            made = Overlay(image, *args, **{**self._place(image), **options})
        self.state.add(made)
        return made

    def add_contours(
        self, image: Any, levels: Any = None, colors: Any = None, **options: Any
    ) -> Any:
        """Show contours over the image.

        Parameters
        ----------
        image : SpatialImage, ImageLayer, Contours or array-like
            An array lies on the grid of the image unless it has an `affine`.
        levels : float or sequence of float, optional
            Without them booleans and whole numbers are regions to be outlined.
        colors : colour or sequence of colours, optional
        **options
            Others of `Contours`.

        Returns
        -------
        Contours
        """
        if isinstance(image, Contours):
            made = image
        else:
            made = Contours(image, levels, colors, **{**self._place(image), **options})
        self.state.add(made)
        return made

    def _place(self, image: Any) -> dict[str, Any]:
        array = not (hasattr(image, "dataobj") or hasattr(image, "data_to_world_matrix"))
        return {"affine": self.state.sections.affine} if array else {}

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
        if self._course is not None:
            self._course.update(not self.state.lazy)
        self._update(looks=False)

    def _volume_changed(self) -> None:
        if self._course is not None:
            self._course.mark()
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
        for screen in self._screens.values():
            screen.refresh()

    def _read_course(self) -> None:
        """Draw the course of a voxel that has to be read: not at every move of a drag."""
        if self._course is not None and self.state.lazy and self._open:
            self._course.update(True)
            self._screens[self._course.axes.figure].refresh()

    _draw = draw

    @property
    def _data_idx(self) -> list[int]:
        return [*self.state.voxel.tolist(), self.state.volume]

    def __repr__(self) -> str:
        shape = ", ".join(str(n) for n in self.state.layers[0].shape)
        title = f"{self._title} " if self._title else ""
        return f"<{type(self).__name__}: {title}({shape})>"


def _own_axes(state: OrthoState, figure: Any, title: str | None) -> list[Any]:
    """Return the axes of a figure: a new one of pyplot, unless one is given."""
    if figure is None:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(8, 8))
    figure.set_facecolor("black")
    several = state.n_volumes > 1
    (up, front), (_, right) = (_extent(state.sections[n]) for n in (0, 1))
    bottom = min(max(0.08, READOUT / (figure.bbox.height / figure.dpi)), 0.4)
    grid = figure.add_gridspec(  # so that planes have one scale
        *(2, 2),
        **{"left": 0.02, "right": 0.94, "bottom": bottom, "top": 0.95},
        **{"wspace": 0.04, "hspace": 0.04},
        width_ratios=(max(front, right), right),
        height_ratios=(up, front),
    )
    axes = [figure.add_subplot(grid[n // 2, n % 2]) for n in range(4 if several else 3)]
    if title:
        figure.suptitle(title, color="white", fontsize=11, y=0.99)
        if figure.canvas.manager is not None:
            figure.canvas.manager.set_window_title(title)
    return axes


def _extent(section: Section) -> tuple[float, float]:
    """Return the height and the width of a section, mm."""
    height, width = (n * mm for n, mm in zip(section.shape, section.sizes, strict=True))
    return height, width


def _check_axes(axes: Sequence[Any]) -> None:
    if len(axes) not in (3, 4):
        raise UsageError(f"axes: three or four are needed, got {len(axes)}")
