"""The parts of the figure of a viewer: planes, course of time, colour bar."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.blending import compose
from volio.display.layers.picking import value_text
from volio.display.ortho.screen import Screen
from volio.display.ortho.state import OrthoState
from volio.display.pictures.style import CROSS

__all__ = ["Bar", "Course", "Panel"]

#: Of values that are told.
DIGITS = 6


class Panel:
    """A section in axes of matplotlib.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    state : OrthoState
    number : int
        0 sagittal, 1 coronal, 2 axial.
    screen : Screen
    """

    def __init__(self, axes: Any, state: OrthoState, number: int, screen: Screen) -> None:
        self.axes, self.state, self.number, self.screen = axes, state, number, screen
        section = state.sections[number]
        rows, columns = section.shape
        axes.set_facecolor("black")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        self.image = axes.imshow(
            np.zeros((*section.shape, 4), np.uint8),
            origin="lower",
            extent=(-0.5, columns - 0.5, -0.5, rows - 0.5),  # edges of voxels
            aspect=section.sizes[0] / section.sizes[1],
            interpolation="nearest",
            mouseover=False,  # a toolbar would tell its bytes
        )
        self.lines = [axes.axvline(0, color=CROSS, lw=1), axes.axhline(0, color=CROSS, lw=1)]
        self.letters = [_letter(axes, side) for side in range(4)]
        self.outlines: list[Any] = []
        axes.format_coord = self._told
        screen.add(self.image, *self.lines, *self.letters)
        self._slice: Any = None
        self.update()

    def get_array(self) -> NDArray[Any]:
        """Return the values of the image that are shown, rows upwards."""
        return self.state.values(0, self.number)

    def update(self, looks: bool = True) -> None:
        """Show what the state says.

        Parameters
        ----------
        looks : bool
            Colours or layers may have changed, not the place alone.
        """
        state, section = self.state, self.state.sections[self.number]
        place = int(state.voxel[section.through]), state.volume
        if looks or place != self._slice:
            self._slice = place
            self.image.set_data(state.picture(self.number))
            self._outline()
        row, column = section.at(state.voxel.tolist())
        self.lines[0].set_xdata([column, column])
        self.lines[1].set_ydata([row, row])
        for line in self.lines:
            line.set_visible(state.crosshair)
        for text, letter in zip(self.letters, section.letters, strict=True):
            text.set_text(letter)

    def _outline(self) -> None:
        from matplotlib.collections import LineCollection

        self.screen.remove(*self.outlines)
        for old in self.outlines:
            old.remove()
        self.outlines = [
            LineCollection(
                [line[:, ::-1] for line in outline.lines],
                colors=[outline.color],
                linewidths=contours.linewidths,
                zorder=1.5,
                alpha=contours.layer.opacity,
            )
            for contours, outline in self.state.outlines(self.number)
            if contours.layer.visible
        ]
        for new in self.outlines:
            self.axes.add_collection(new, autolim=False)
        self.screen.add(*self.outlines)

    def _told(self, x: float, y: float) -> str:
        """Return what the toolbar tells of a point, without a read."""
        state = self.state
        voxel = np.rint(state.sections[self.number].voxel(y, x, state.voxel.tolist()))
        place = ", ".join(f"{mm:.1f}" for mm in state.sections.to_world(voxel))
        values = self.get_array()
        row, column = round(y), round(x)
        inside = 0 <= row < values.shape[0] and 0 <= column < values.shape[1]
        return f"({place}) mm {value_text(values[row, column], DIGITS) if inside else ''}".strip()


def _letter(axes: Any, side: int) -> Any:
    """Return the empty text at the top, the right, the bottom or the left."""
    x, y = ((0.5, 0.98), (0.98, 0.5), (0.5, 0.02), (0.02, 0.5))[side]
    ha = ("center", "right", "center", "left")[side]
    va = ("top", "center", "bottom", "center")[side]
    from matplotlib.patheffects import withStroke

    edge = [withStroke(linewidth=2, foreground="black")]
    place = {"ha": ha, "va": va, "transform": axes.transAxes, "zorder": 4}
    return axes.text(x, y, "", color="white", path_effects=edge, **place)


class Course:
    """The values of the voxel in all volumes.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    state : OrthoState
    screen : Screen
    """

    def __init__(self, axes: Any, state: OrthoState, screen: Screen) -> None:
        self.axes, self.state = axes, state
        count = state.n_volumes
        axes.set(xlim=(-0.5, count - 0.5))
        axes.set_facecolor("black")
        axes.yaxis.set_visible(False)
        axes.spines[:].set_visible(False)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.tick_params(axis="x", direction="in", pad=-15, colors="white")  # inside, as the rest
        (self.curve,) = axes.step(np.arange(count), np.zeros(count), where="mid", color="white")
        self.bar = axes.axvspan(-0.5, 0.5, color=CROSS, alpha=0.5)
        self.low, self.high = _label(axes, 0, 18, "bottom"), _label(axes, 1, -4, "top")
        screen.add(axes.xaxis, self.bar, self.curve, self.low, self.high)
        self.update(not state.lazy)

    def update(self, read: bool) -> None:
        """Mark the volume, and show the course of the voxel or, without a read, none."""
        self.bar.set_x(self.state.volume - 0.5)
        self.curve.set_visible(read)
        self.low.set_visible(read)
        self.high.set_visible(read)
        if read:
            self._show(np.asarray(self.state.time_course(), np.float64))

    def mark(self) -> None:
        """Mark the volume that is shown."""
        self.bar.set_x(self.state.volume - 0.5)

    def _show(self, values: NDArray[np.float64]) -> None:
        finite = values[np.isfinite(values)]
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
        margin = (high - low) / 20 or 1.0
        self.axes.set_ylim(low - margin, high + margin)
        self.curve.set_ydata(values)
        self.low.set_text(value_text(float(low), DIGITS))
        self.high.set_text(value_text(float(high), DIGITS))


def _label(axes: Any, height: float, points: float, va: str) -> Any:
    """Return an empty text at the left, so many points above a share of the height."""
    place = {"xytext": (4, points), "textcoords": "offset points", "va": va, "color": "white"}
    return axes.annotate("", (0, height), xycoords="axes fraction", **place)


class Bar:
    """The colours of the topmost layer that has some, and the values of their ends.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    state : OrthoState
    screen : Screen
    """

    STEPS = 128

    def __init__(self, axes: Any, state: OrthoState, screen: Screen) -> None:
        self.axes, self.state = axes, state
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        colours = np.zeros((self.STEPS, 1, 4), np.uint8)
        self.image = axes.imshow(colours, origin="lower", aspect="auto", extent=(0, 1, 0, 1))
        place = {"ha": "center", "color": "white", "fontsize": 8, "transform": axes.transAxes}
        self.low = axes.text(0.5, -0.01, "", va="top", **place)
        self.high = axes.text(0.5, 1.01, "", va="bottom", **place)
        screen.add(self.image, self.low, self.high)
        self.update()

    def update(self) -> None:
        """Show the colours as they are."""
        shown = [one for one in self.state.layers if not one.layer.rgb and one.layer.visible]
        self.axes.set_visible(bool(shown))
        if not shown:
            return
        low, high = shown[-1].layer.contrast_limits
        colours = shown[-1].coloured(np.linspace(low, high, self.STEPS)[:, np.newaxis])
        self.image.set_data(compose([colours]))
        self.low.set_text(value_text(float(low), 4))
        self.high.set_text(value_text(float(high), 4))
