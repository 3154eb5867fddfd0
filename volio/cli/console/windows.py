"""Windows: whether one can be opened."""

from __future__ import annotations

from volio.errors import UsageError

__all__ = ["check_display"]


def check_display(outputs: str) -> None:
    """Refuse to open a window where there is nothing to open it on.

    Parameters
    ----------
    outputs : str
        The options that save what would be seen.

    Raises
    ------
    UsageError
    """
    from volio.display.base.matplotlib_import import imported

    if has_display():
        return
    backend = imported("matplotlib").get_backend()
    raise UsageError(
        f"there is no display to open a window on (matplotlib draws with {backend}); "
        f"{outputs} saves what would be seen"
    )


def has_display() -> bool:
    """Return whether figures of pyplot are shown, in windows or in some other way."""
    from volio.display.base.matplotlib_import import imported

    pyplot = imported("matplotlib.pyplot")
    FigureManagerBase = imported("matplotlib.backend_bases").FigureManagerBase

    try:
        figure = pyplot.figure()
    except ImportError:  # a backend that was asked for cannot start
        return False
    manager = type(figure.canvas.manager)
    pyplot.close(figure)
    return manager is not FigureManagerBase
