"""The figure of a viewer: axes for planes and time course, below a title."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from volio.display.base.matplotlib_import import imported
from volio.display.colour.drawing import wrapped
from volio.errors import UsageError

if TYPE_CHECKING:
    from volio.display.ortho.state import OrthoState
    from volio.display.sampling.sections import Section

__all__ = ["given_axes", "own_axes"]

#: Height of the two lines of the read-out, inches.
READOUT = 0.4
#: Height of the letters of the title, points.
TITLE_POINTS = 11
#: Distance of its lines, in heights of letters, and how many there are at most.
TITLE_SPACING = 1.4
TITLE_LINES = 6


def given_axes(axes: Any) -> list[Any]:
    """Return axes that were given.

    Raises
    ------
    UsageError
        If they are not three or four axes of matplotlib.
    """
    given = list(axes) if isinstance(axes, Iterable) else [axes]
    if len(given) not in (3, 4) or not all(hasattr(axis, "figure") for axis in given):
        raise UsageError(f"axes: three or four of matplotlib are needed, got {axes!r}")
    return given


def own_axes(state: OrthoState, figure: Any, title: str | None, planes: Sequence[int]) -> list[Any]:
    """Return the axes of a figure: a new one of pyplot, unless one is given.

    Those of planes that are not among some numbers are there, but not visible.
    """
    if figure is None:
        figure = imported("matplotlib.pyplot").figure(figsize=(8, 8))
    if not hasattr(figure, "add_gridspec"):
        raise UsageError(f"figure: must be one of matplotlib, got {type(figure).__name__}")
    figure.set_facecolor("black")
    lines = wrapped(title, TITLE_POINTS * figure.dpi / 72, 0.95 * figure.bbox.width, TITLE_LINES)
    margins = _margins(figure.bbox.height / figure.dpi, len(lines))
    if len(planes) == len(state.sections):
        axes = _axes_in_square(state, figure, margins)
    else:
        axes = _axes_in_row(state, figure, margins, planes)
    if lines:
        _write_title(figure, lines)
    return axes


def _axes_in_square(state: OrthoState, figure: Any, margins: dict[str, float]) -> list[Any]:
    """Return the axes of three planes, and of a time course in the fourth corner."""
    grid = figure.add_gridspec(2, 2, **margins, **_ratios(state))
    cells = [grid[0, 0], grid[0, 1], grid[1, 0]]
    if state.n_volumes > 1:
        cells.append(grid[1, 1])
    return [figure.add_subplot(cell) for cell in cells]


def _axes_in_row(
    state: OrthoState, figure: Any, margins: dict[str, float], planes: Sequence[int]
) -> list[Any]:
    """Return the axes of three planes, some of them next to each other; the others are hidden."""
    widths = [_size(state.sections[number])[1] for number in planes]
    if state.n_volumes > 1:
        widths.append(max(widths))  # of the time course
    grid = figure.add_gridspec(1, len(widths), **margins, width_ratios=widths)
    axes = []
    for number in range(len(state.sections)):
        is_shown = number in planes
        column = planes.index(number) if is_shown else 0
        axes.append(figure.add_subplot(grid[0, column], visible=is_shown))
    if state.n_volumes > 1:
        axes.append(figure.add_subplot(grid[0, len(planes)]))
    return axes


def _write_title(figure: Any, lines: list[str]) -> None:
    """Write the lines of a title above the planes, and onto the window."""
    look = {"color": "white", "fontsize": TITLE_POINTS, "parse_math": False}
    figure.suptitle("\n".join(lines), y=0.99, **look)
    if figure.canvas.manager is not None:
        figure.canvas.manager.set_window_title(" ".join(lines))


def _margins(inches: float, lines: int) -> dict[str, float]:
    """Return the margins of a figure of a height below a title."""
    title = lines * TITLE_POINTS * TITLE_SPACING / 72 / inches
    return {
        "left": 0.02,
        "right": 0.94,
        "bottom": min(max(0.08, READOUT / inches), 0.4),
        "top": max(0.5, 0.95 if lines < 2 else 0.98 - title),
        "wspace": 0.04,
        "hspace": 0.04,
    }


def _ratios(state: OrthoState) -> dict[str, tuple[float, float]]:
    """Return how wide and high the cells of a figure are, with all planes of one scale."""
    # The sagittal plane is as high as the coronal one, and as wide as the axial one is high.
    height, front = _size(state.sections[0])
    _, right = _size(state.sections[1])
    return {"width_ratios": (max(front, right), right), "height_ratios": (height, front)}


def _size(section: Section) -> tuple[float, float]:
    """Return the height and the width of a section, mm."""
    return section.shape[0] * section.sizes[0], section.shape[1] * section.sizes[1]
