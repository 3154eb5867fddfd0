"""A viewer in a real window, driven by events that its toolkit makes: run as a program of its own.

``python -m volio.tests.display.windows tkagg`` opens one on the display there is, uses it as a
person would, and compares what is on the window with what it shows when it is drawn anew.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHAPE = (20, 24, 28, 4)


class TkWindow:
    """A window of Tk; events come in through its own queue."""

    def __init__(self, canvas: Any) -> None:
        self.canvas, self.widget = canvas, canvas.get_tk_widget()
        self.ratio = 1  # of pixels to those that events count
        self.widget.winfo_toplevel().geometry("+0+0")
        self.raised()

    def raised(self) -> None:
        self.widget.winfo_toplevel().lift()
        self.widget.focus_force()

    def resize(self, width: int, height: int) -> None:
        self.widget.winfo_toplevel().geometry(f"{width}x{height}")

    def _make(self, event: str, **facts: int) -> None:
        """Make an event when the loop of events runs, as events come."""
        self.widget.after(1, lambda: self.widget.event_generate(event, **facts))

    def press(self, x: int, y: int, button: int = 1) -> None:
        self._make(f"<Button-{button}>", x=x, y=y)

    def move(self, x: int, y: int, button: int = 1) -> None:
        self._make("<Motion>", x=x, y=y, state=128 << button)

    def release(self, x: int, y: int, button: int = 1) -> None:
        self._make(f"<ButtonRelease-{button}>", x=x, y=y)

    def scroll(self, x: int, y: int, up: bool) -> None:
        self.press(x, y, 4 if up else 5)

    def key(self, name: str) -> None:
        names = {"-": "minus", "+": "plus", "escape": "Escape"}
        control = 4 if name.startswith("ctrl") else 0
        plain = name.removeprefix("ctrl+")
        self._make(f"<Key-{names.get(plain, plain)}>", state=control)

    def grab(self) -> NDArray[np.uint8]:
        from PIL import ImageGrab

        left, top = self.widget.winfo_rootx(), self.widget.winfo_rooty()
        box = left, top, left + self.widget.winfo_width(), top + self.widget.winfo_height()
        return np.asarray(ImageGrab.grab(box, xdisplay="").convert("RGB"))

    def close(self) -> None:
        top = self.widget.winfo_toplevel()
        asked = top.tk.splitlist(top.wm_protocol("WM_DELETE_WINDOW"))
        self.widget.after(1, lambda: top.tk.call(*asked))


class QtWindow:
    """A window of Qt; events come in as those of its own tests do."""

    def __init__(self, canvas: Any) -> None:
        from matplotlib.backends.qt_compat import QtCore, QtGui, QtWidgets

        self.canvas, self.core, self.gui, self.widgets = canvas, QtCore, QtGui, QtWidgets
        self.ratio = canvas.device_pixel_ratio
        buttons = QtCore.Qt.MouseButton
        self.buttons = {1: buttons.LeftButton, 3: buttons.RightButton}

    def raised(self) -> None:
        self.canvas.window().raise_()

    def _send(self, event: Any) -> None:
        self.widgets.QApplication.sendEvent(self.canvas, event)

    def _mouse(self, kind: str, x: int, y: int, button: Any, held: Any) -> None:
        point = self.core.QPointF(x, y)
        kind = getattr(self.core.QEvent.Type, kind)
        none = self.core.Qt.KeyboardModifier.NoModifier
        self._send(self.gui.QMouseEvent(kind, point, point, button, held, none))

    def resize(self, width: int, height: int) -> None:
        self.canvas.window().resize(width, height)

    def press(self, x: int, y: int, button: int = 1) -> None:
        self._mouse("MouseButtonPress", x, y, self.buttons[button], self.buttons[button])

    def move(self, x: int, y: int, button: int = 1) -> None:
        nothing = self.core.Qt.MouseButton.NoButton
        self._mouse("MouseMove", x, y, nothing, self.buttons[button])

    def release(self, x: int, y: int, button: int = 1) -> None:
        nothing = self.core.Qt.MouseButton.NoButton
        self._mouse("MouseButtonRelease", x, y, self.buttons[button], nothing)

    def scroll(self, x: int, y: int, up: bool) -> None:
        qt, point = self.core.Qt, self.core.QPointF(x, y)
        turn = self.core.QPoint(0, 120 if up else -120)
        held = qt.MouseButton.NoButton, qt.KeyboardModifier.NoModifier
        no = self.core.QPoint(0, 0)
        phase = qt.ScrollPhase.NoScrollPhase
        self._send(self.gui.QWheelEvent(point, point, no, turn, *held, phase, False))

    def key(self, name: str) -> None:
        qt = self.core.Qt
        keys = {"-": qt.Key.Key_Minus, "+": qt.Key.Key_Plus, "escape": qt.Key.Key_Escape}
        modifiers = qt.KeyboardModifier
        held = modifiers.ControlModifier if "ctrl" in name else modifiers.NoModifier
        pressed = self.core.QEvent.Type.KeyPress
        self._send(self.gui.QKeyEvent(pressed, keys.get(name, qt.Key.Key_X), held, name))

    def grab(self) -> NDArray[np.uint8]:
        picture = self.canvas.grab().toImage()
        picture = picture.convertToFormat(self.gui.QImage.Format.Format_RGBA8888)
        rows, columns = picture.height(), picture.width()
        size, memory = rows * picture.bytesPerLine(), picture.constBits()
        if hasattr(memory, "setsize"):  # PyQt
            memory.setsize(size)
        bits = np.frombuffer(memory, np.uint8, size)
        return bits.reshape(rows, -1)[:, : 4 * columns].reshape(rows, columns, 4)[..., :3].copy()

    def close(self) -> None:
        self.canvas.window().close()


class Person:
    """Somebody who looks at a viewer, and uses the mouse and the keys."""

    PATIENCE = 60.0  # seconds, on a busy machine

    def __init__(self, viewer: Any, window: Any) -> None:
        self.viewer, self.window = viewer, window
        self.canvas = viewer.figs[0].canvas

    def place(self, panel: int, across: float, up: float) -> tuple[int, int]:
        """Return a pixel of the window, from its upper left."""
        box = self.viewer._axes[panel].bbox
        ratio, height = self.window.ratio, self.canvas.figure.bbox.height
        x, y = box.x0 + across * box.width, height - box.y0 - up * box.height
        return round(x / ratio), round(y / ratio)

    def click(self, panel: int, across: float, up: float) -> None:
        """Press the left button and let it go."""
        place = self.place(panel, across, up)
        self.window.press(*place)
        self.window.release(*place)

    def drag(self, panel: int, places: Any, button: int = 1) -> None:
        """Press a button, move through places, and let go."""
        first, *others = [self.place(panel, *place) for place in places]
        self.window.press(*first, button)
        for place in others:
            self.window.move(*place, button)
        self.window.release(*others[-1], button)

    def wait(self, seconds: float) -> None:
        """Let the window have its way."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.canvas.start_event_loop(0.02)

    def expect(self, what: str, probe: Callable[[], Any], expected: Any) -> None:
        """Wait until something is as it must be; stop if it does not become so."""
        end = time.monotonic() + self.PATIENCE
        while probe() != expected:
            if time.monotonic() > end:
                raise SystemExit(f"{what}: {probe()!r} instead of {expected!r}")
            self.canvas.start_event_loop(0.02)

    def sees(self) -> NDArray[np.uint8]:
        """Return what is on the window when it has come to rest."""
        end = time.monotonic() + self.PATIENCE
        before = None
        while time.monotonic() < end:
            self.wait(0.15)
            now = self.window.grab()
            if before is not None and np.array_equal(before, now):
                return now
            before = now
        raise SystemExit("the window does not come to rest")

    def sees_all(self, what: str) -> NDArray[np.uint8]:
        """Return what is on the window, which must be what is there when it is drawn anew."""
        seen = self.sees()
        self.viewer.draw()
        anew = self.sees()
        self.expect(f"{what}: shape", lambda: seen.shape, anew.shape)
        changed = int((seen != anew).any(-1).sum())
        if changed:
            raise SystemExit(f"{what}: {changed} pixels change when all is drawn anew")
        return seen


def use(viewer: Any, window: Any) -> None:
    """Click, drag, scroll, press keys, resize, and save."""
    person = Person(viewer, window)
    viewer.draw()
    person.sees()  # the window finds its size
    first = person.sees_all("at first")
    use_mouse(viewer, window, person)
    clicked = person.sees_all("after the mouse")
    if not first.any() or first.shape != clicked.shape or np.array_equal(first, clicked):
        raise SystemExit("the picture does not change")
    for key, volume in (("-", 1), ("+", 2)):
        window.key(key)
        person.expect(f"key {key}", lambda: viewer._data_idx[3], volume)
    window.key("ctrl+x")
    person.expect("ctrl+x", lambda: viewer.crosshair, False)
    person.sees_all("without lines")

    for width, height in ((500, 460), (760, 720)):
        before = window.grab().shape
        window.resize(width, height)
        viewer.set_position(3, 4, 5 + width % 7)  # before the window knows
        person.expect("a new size", lambda old=before: window.grab().shape == old, False)
        viewer.set_position(8, 9, 10)
        person.sees_all(f"resized to {width} by {height}")
    viewer.figs[0].savefig("viewer.png")
    viewer.figs[0].savefig("viewer.svg")
    viewer.set_position(2, 2, 2)
    person.sees_all("after saving")


def use_mouse(viewer: Any, window: Any, person: Person) -> None:
    """Move through the planes and the volumes, and change the limits."""
    place = lambda: viewer._data_idx  # noqa: E731
    person.click(2, 0.26, 0.26)
    person.expect("a click in the axial plane", place, [5, 6, 14, 0])
    person.sees_all("after a click")
    person.drag(2, ((0.26, 0.26), (0.5, 0.5), (0.76, 0.51)))
    person.expect("a drag", place, [15, 12, 14, 0])
    window.scroll(*person.place(2, 0.5, 0.5), up=True)
    window.scroll(*person.place(0, 0.5, 0.5), up=False)
    person.expect("the wheel", place, [14, 12, 15, 0])
    person.click(3, 0.63, 0.5)
    person.expect("a click on the course", place, [14, 12, 15, 2])
    width = np.ptp(viewer.clim)
    person.drag(1, ((0.3, 0.5), (0.7, 0.5)), button=3)
    wider = lambda: bool(np.ptp(viewer.clim) > 1.2 * width)  # noqa: E731
    person.expect("the right button widens the limits", wider, True)


def link(viewer: Any, kind: Any) -> None:
    """Link another window, close it by its frame, and the first by a key."""
    from matplotlib import pyplot

    from volio import OrthoSlicer3D

    other = OrthoSlicer3D(np.zeros(SHAPE[:3]))
    viewer.link_to(other)
    pyplot.show(block=False)
    window, first = kind(other.figs[0].canvas), kind(viewer.figs[0].canvas)
    person, watcher = Person(other, window), Person(viewer, first)
    other.draw()
    person.sees()
    person.click(2, 0.51, 0.51)
    watcher.expect("a click in a linked window", lambda: viewer._data_idx[:2], [10, 12])
    watcher.expect("where that is itself", lambda: other._data_idx[:3], viewer._data_idx[:3])
    window.close()
    watcher.expect("closed by its frame", lambda: (other._open, viewer._open), (False, True))
    first.raised()
    watcher.sees_all("moved by another")
    first.key("escape")
    watcher.expect("escape", lambda: viewer._open, False)
    if pyplot.get_fignums():
        raise SystemExit("a figure is left")


def main(backend: str) -> None:
    """Open a viewer with a backend, and use it."""
    warnings.filterwarnings("error", module="volio")  # toolkits have their own
    import matplotlib
    from matplotlib import pyplot

    from volio import OrthoSlicer3D

    matplotlib.use(backend)
    voxels = np.random.default_rng(0).uniform(0, 100, SHAPE)
    viewer = OrthoSlicer3D(voxels, title="a viewer", start="centre")
    viewer.add_overlay(voxels[..., 0] > 80, "red", alpha=0.5)
    viewer.add_contours(voxels[..., 1] > 95, colors="yellow")
    pyplot.show(block=False)
    kind = QtWindow if backend.startswith("qt") else TkWindow
    window = kind(viewer.figs[0].canvas)
    use(viewer, window)
    link(viewer, kind)
    print("all is well")


if __name__ == "__main__":
    main(sys.argv[1])
