"""Panels of a viewer: planes, time course, colour bar."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.blending import compose
from volio.display.colour.drawing import number_text
from volio.display.layers.picking import value_text
from volio.display.ortho.blitting import BlittedFigure
from volio.display.ortho.section_grid import SeenPart
from volio.display.ortho.state import OrthoState
from volio.display.pictures.style import CROSS
from volio.display.scene.contours import ContourLines, Contours

__all__ = ["ColourBar", "Panel", "TimeCourse"]

#: Digits of values, and of those at the ends of the colour bar.
DIGITS = 6
#: Steps between the ends of the bar of which each is different as text.
STEPS_TOLD = 1000

#: Texts at the top, the right, the bottom and the left of axes: position and alignment.
SIDES = (
    {"x": 0.5, "y": 0.98, "ha": "center", "va": "top"},
    {"x": 0.98, "y": 0.5, "ha": "right", "va": "center"},
    {"x": 0.5, "y": 0.02, "ha": "center", "va": "bottom"},
    {"x": 0.02, "y": 0.5, "ha": "left", "va": "center"},
)


class Panel:
    """A section in axes of matplotlib.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    state : OrthoState
    number : int
        0 sagittal, 1 coronal, 2 axial.
    figure : BlittedFigure
    """

    def __init__(self, axes: Any, state: OrthoState, number: int, figure: BlittedFigure) -> None:
        self.axes = axes
        self.state = state
        self.number = number
        self.figure = figure
        _make_bare(axes)
        self.image = self._empty_image()
        self.lines = [axes.axvline(0, color=CROSS, lw=1), axes.axhline(0, color=CROSS, lw=1)]
        self.letters = [_letter(axes, side) for side in range(4)]
        self.outlines: list[Any] = []
        axes.format_coord = self._readout
        figure.add(self.image, *self.lines, *self.letters)
        self._shown: tuple[object, int, int] | None = None
        self._follow_limits()
        self.fit()

    def _follow_limits(self) -> None:
        """Draw the part of the section that is within the limits of the axes, when they change."""
        self.axes.set_autoscale_on(False)  # they are those of the section, whatever part is drawn
        for name in ("xlim_changed", "ylim_changed"):
            self.axes.callbacks.connect(name, self.fit)

    def _empty_image(self) -> Any:
        section = self.state.sections[self.number]
        rows, columns = section.shape
        return self.axes.imshow(
            np.zeros((1, 1, 4), np.uint8),
            origin="lower",
            extent=(-0.5, columns - 0.5, -0.5, rows - 0.5),  # edges of voxels
            aspect=section.sizes[0] / section.sizes[1],
            interpolation="nearest",
            mouseover=False,  # a toolbar would show its bytes
        )

    def get_array(self) -> NDArray[Any]:
        """Return the values of the image that are shown, rows upwards."""
        return self.state.values(0, self.number).values

    def update(self, looks: bool = True) -> None:
        """Show the state as it is.

        Parameters
        ----------
        looks : bool
            Colours or layers may have changed, not the position alone.
        """
        if not self.axes.get_visible():
            return
        section = self.state.sections[self.number]
        grid = self.state.grid(self.number)
        shown = grid.key, int(self.state.voxel[section.through]), self.state.volume
        if looks or shown != self._shown:
            self._shown = shown
            self.image.set_data(self.state.picture(self.number))
            self.image.set_extent(grid.extent)
            self._draw_outlines()
        self._draw_lines(*section.at(self.state.voxel.tolist()))
        for text, letter in zip(self.letters, section.letters, strict=True):
            text.set_text(letter)

    def fit(self, axes: Any = None) -> None:
        """Show the level that fits what is seen, as it is after zooming, or in a larger window."""
        self.state.show_part(self.number, self._seen_part())
        self.update(looks=False)

    def _seen_part(self) -> SeenPart:
        """Return what is seen of the section, and how large."""
        left, right = sorted(self.axes.get_xlim())
        bottom, top = sorted(self.axes.get_ylim())
        height, width = self.state.sections[self.number].sizes
        # The section fills the room for it in one direction: its aspect is kept.
        room = self.axes.get_position(original=True).size * self.axes.figure.bbox.size
        mm = np.array([(right - left) * width, (top - bottom) * height])
        return SeenPart((bottom, top), (left, right), float((mm / np.maximum(room, 1)).max()))

    def _draw_lines(self, row: float, column: float) -> None:
        vertical, horizontal = self.lines
        vertical.set_xdata([column, column])
        horizontal.set_ydata([row, row])
        for line in self.lines:
            line.set_visible(self.state.crosshair)

    def _draw_outlines(self) -> None:
        self.figure.remove(*self.outlines)
        for old in self.outlines:
            old.remove()
        self.outlines = [
            _line_collection(contours, lines)
            for contours, lines in self.state.outlines(self.number)
            if contours.layer.visible
        ]
        for new in self.outlines:
            self.axes.add_collection(new, autolim=False)
        self.figure.add(*self.outlines)

    def _readout(self, x: float, y: float) -> str:
        """Return what the toolbar shows of a point, without a read."""
        sections = self.state.sections
        voxel = sections[self.number].voxel(y, x, self.state.voxel.tolist())
        position = ", ".join(f"{mm:.1f}" for mm in sections.to_world(np.rint(voxel)))
        return f"({position}) mm {self._value_at(round(y), round(x))}".strip()

    def _value_at(self, row: int, column: int) -> str:
        """Return the value that is shown at a row and a column as text; empty outside."""
        value = self.state.value_at(0, self.number, row, column)
        if value is None:
            return ""
        return value_text(value, DIGITS) + self.state.level_note(0, self.number)


def _make_bare(axes: Any) -> None:
    """Take ticks and frame off axes."""
    axes.set_facecolor("black")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _line_collection(contours: Contours, outline: ContourLines) -> Any:
    from matplotlib.collections import LineCollection

    return LineCollection(
        [line[:, ::-1] for line in outline.lines],  # matplotlib has (x, y)
        colors=[outline.color],
        linewidths=contours.linewidths,
        zorder=1.5,
        alpha=contours.layer.opacity,
    )


def _letter(axes: Any, side: int) -> Any:
    """Return the empty text at the top, the right, the bottom or the left."""
    from matplotlib.patheffects import withStroke

    return axes.text(
        **SIDES[side],
        s="",
        color="white",
        path_effects=[withStroke(linewidth=2, foreground="black")],
        transform=axes.transAxes,
        zorder=4,
    )


class TimeCourse:
    """The values of the voxel in all volumes.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    state : OrthoState
    figure : BlittedFigure
    """

    def __init__(self, axes: Any, state: OrthoState, figure: BlittedFigure) -> None:
        self.axes = axes
        self.state = state
        count = state.layers[0].n_volumes
        _prepare_time_axis(axes, count)
        (self.curve,) = axes.step(np.arange(count), np.zeros(count), where="mid", color="white")
        self.bar = axes.add_patch(_mark_of_volume(axes))
        self.low = _label(axes, 0, 18, "bottom")
        self.high = _label(axes, 1, -4, "top")
        figure.add(axes.xaxis, self.bar, self.curve, self.low, self.high)
        self.update(not state.lazy)

    def update(self, read: bool) -> None:
        """Mark the volume, and show the values of the voxel or, without a read, none."""
        self.mark()
        for artist in (self.curve, self.low, self.high):
            artist.set_visible(read)
        if read:
            self._show(np.asarray(self.state.time_course(), np.float64))

    def mark(self) -> None:
        """Mark the volume that is shown."""
        last = len(self.curve.get_xdata()) - 1  # an overlay may be a longer series
        self.bar.set_x(min(self.state.volume, last) - 0.5)

    def _show(self, values: NDArray[np.float64]) -> None:
        finite = values[np.isfinite(values)]
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
        margin = (high - low) / 20 or 1.0
        self.axes.set_ylim(low - margin, high + margin)
        self.curve.set_ydata(values)
        self.low.set_text(value_text(float(low), DIGITS))
        self.high.set_text(value_text(float(high), DIGITS))


def _mark_of_volume(axes: Any) -> Any:
    """Return a bar as wide as a volume and as high as the axes."""
    from matplotlib.patches import Rectangle

    # ``axvspan`` gives a polygon before matplotlib 3.9, which has no `set_x`.
    place = axes.get_xaxis_transform()
    return Rectangle((-0.5, 0), 1, 1, transform=place, color=CROSS, alpha=0.5)


def _prepare_time_axis(axes: Any, count: int) -> None:
    axes.set(xlim=(-0.5, count - 0.5))
    axes.set_facecolor("black")
    axes.yaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.tick_params(axis="x", direction="in", pad=-15, colors="white")  # inside, as the rest


def _label(axes: Any, height: float, points: float, va: str) -> Any:
    """Return an empty text at the left, so many points above a share of the height."""
    return axes.annotate(
        "",
        (0, height),
        xycoords="axes fraction",
        xytext=(4, points),
        textcoords="offset points",
        va=va,
        color="white",
    )


class ColourBar:
    """The colours of the topmost layer that has some, and the values of their ends.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    state : OrthoState
    figure : BlittedFigure
    """

    STEPS = 128

    def __init__(self, axes: Any, state: OrthoState, figure: BlittedFigure) -> None:
        self.axes = axes
        self.state = state
        _make_bare(axes)
        colours = np.zeros((self.STEPS, 1, 4), np.uint8)
        self.image = axes.imshow(colours, origin="lower", aspect="auto", extent=(0, 1, 0, 1))
        self.low = self._text(-0.01, "top")
        self.high = self._text(1.01, "bottom")
        figure.add(self.image, self.low, self.high)
        self.update()

    def _text(self, y: float, va: str) -> Any:
        transform = self.axes.transAxes
        return self.axes.text(
            0.5, y, "", ha="center", va=va, color="white", fontsize=8, transform=transform
        )

    def update(self) -> None:
        """Show the colours as they are."""
        visible = [each for each in self.state.layers if not each.layer.rgb and each.layer.visible]
        self.axes.set_visible(bool(visible))
        if not visible:
            return
        topmost = visible[-1]
        low, high = topmost.layer.contrast_limits
        self.image.set_data(compose([topmost.colours.ramp(self.STEPS)]))
        step = (high - low) / STEPS_TOLD
        self.low.set_text(number_text(low, step))
        self.high.set_text(number_text(high, step))
