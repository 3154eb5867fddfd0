"""Blitting: redrawing only what changed, where the canvas of a figure can."""

from __future__ import annotations

from typing import Any

__all__ = ["BlittedFigure"]


class BlittedFigure:
    """The parts of a figure that change, drawn over a background that is kept.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    """

    def __init__(self, figure: Any) -> None:
        self.figure = figure
        self._moving: list[Any] = []
        self._background: Any = None
        self._size: tuple[float, ...] = ()
        self._blits = _has_window(figure.canvas) and _can_copy(figure.canvas)
        self._connection = figure.canvas.mpl_connect("draw_event", self._drawn)

    def add(self, *artists: Any) -> None:
        """Draw artists anew each time from now on."""
        for artist in artists:
            artist.set_animated(self._blits)
        self._moving += artists

    def remove(self, *artists: Any) -> None:
        """Draw artists no longer."""
        gone = {id(artist) for artist in artists}
        self._moving = [artist for artist in self._moving if id(artist) not in gone]

    def _drawn(self, event: Any) -> None:
        """Keep what was drawn, without the moving parts, and draw these."""
        canvas = event.canvas
        if not self._blits or canvas is not self.figure.canvas or canvas.is_saving():
            return
        self._background = canvas.copy_from_bbox(self.figure.bbox)
        self._size = tuple(self.figure.bbox.size)
        self._draw_moving()

    def _draw_moving(self) -> None:
        for artist in sorted(self._moving, key=lambda artist: artist.get_zorder()):
            if artist.axes is None or artist.axes.get_visible():
                self.figure.draw_artist(artist)

    def refresh(self) -> None:
        """Show what changed."""
        canvas = self.figure.canvas
        if not _has_window(canvas):
            return
        is_resized = self._size != tuple(self.figure.bbox.size)
        if not self._blits or is_resized:
            canvas.draw_idle()
            return
        canvas.restore_region(self._background)
        self._draw_moving()
        canvas.blit(self.figure.bbox)

    def close(self) -> None:
        """Follow the figure no longer."""
        self.figure.canvas.mpl_disconnect(self._connection)


def _can_copy(canvas: Any) -> bool:
    """Return whether parts of a canvas can be copied: cairo's cannot on some windows."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    is_agg = isinstance(canvas, FigureCanvasAgg)
    return bool(is_agg and canvas.supports_blit and hasattr(canvas, "blit"))


def _has_window(canvas: Any) -> bool:
    """Return whether a canvas is seen: those for files inherit a draw_idle that draws nothing."""
    from matplotlib.backend_bases import FigureCanvasBase

    return type(canvas).draw_idle is not FigureCanvasBase.draw_idle
