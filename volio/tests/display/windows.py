"""A viewer in a real window, driven by events that its toolkit makes: run as a program of its own.

``python -m volio.tests.display.windows tkagg`` opens one on the display there is, uses it as a
person would, and compares what is on the window with what it shows when it is drawn anew.
"""

from __future__ import annotations

import sys
import time
import warnings
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

    def __init__(self, viewer: Any, window: Any) -> None:
        self.viewer, self.window = viewer, window
        self.canvas = viewer.figs[0].canvas

    def wait(self, until: Any = lambda: False, seconds: float = 0.2) -> None:
        """Let the window have its way, until something is so or for a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            self.canvas.start_event_loop(0.02)

    def place(self, panel: int, across: float, up: float) -> tuple[int, int]:
        """Return a pixel of the window, from its upper left."""
        box = self.viewer._axes[panel].bbox
        ratio, height = self.window.ratio, self.canvas.figure.bbox.height
        x, y = box.x0 + across * box.width, height - box.y0 - up * box.height
        return round(x / ratio), round(y / ratio)

    def expect(self, what: str, found: Any, expected: Any) -> None:
        """Stop if something is not as it must be."""
        if found != expected:
            raise SystemExit(f"{what}: {found!r} instead of {expected!r}")

    def sees_all(self, what: str) -> NDArray[np.uint8]:
        """Return what is on the window, which must be what is there when it is drawn anew."""
        self.wait()
        seen = self.window.grab()
        self.viewer.draw()
        self.wait()
        anew = self.window.grab()
        self.expect(f"{what}: shape", seen.shape, anew.shape)
        self.expect(f"{what}: pixels that changed", int((seen != anew).any(-1).sum()), 0)
        return seen


def use(viewer: Any, window: Any) -> None:
    """Click, drag, scroll, press keys, resize, save, link and close."""
    person = Person(viewer, window)
    person.wait()
    first = person.sees_all("at first")
    person.expect("is anything there", bool(first.any()), True)

    axial = person.place(2, 0.26, 0.26)
    window.press(*axial)
    window.release(*axial)
    person.wait()
    person.expect("a click in the axial plane", viewer._data_idx, [5, 6, 14, 0])
    clicked = person.sees_all("after a click")
    person.expect("a click changes the picture", bool((clicked != first).any()), True)

    window.press(*axial)
    window.move(*person.place(2, 0.5, 0.5))
    window.move(*person.place(2, 0.76, 0.51))
    window.release(*person.place(2, 0.76, 0.51))
    person.wait()
    person.expect("a drag", viewer._data_idx, [15, 12, 14, 0])
    window.scroll(*person.place(2, 0.5, 0.5), up=True)
    window.scroll(*person.place(0, 0.5, 0.5), up=False)
    person.wait()
    person.expect("the wheel", viewer._data_idx, [14, 12, 15, 0])
    course = person.place(3, 0.63, 0.5)
    window.press(*course)
    window.release(*course)
    person.wait()
    person.expect("a click on the course", viewer._data_idx, [14, 12, 15, 2])

    before = viewer.clim
    window.press(*person.place(1, 0.3, 0.5), button=3)
    window.move(*person.place(1, 0.7, 0.5), button=3)
    window.release(*person.place(1, 0.7, 0.5), button=3)
    person.wait()
    wider = np.ptp(viewer.clim) > 1.2 * np.ptp(before)
    person.expect("the right button widens the limits", bool(wider), True)
    person.sees_all("after the mouse")

    for key, volume in (("-", 1), ("+", 2)):
        window.key(key)
        person.wait()
        person.expect(f"key {key}", viewer._data_idx[3], volume)
    window.key("ctrl+x")
    person.wait()
    person.expect("ctrl+x", viewer.crosshair, False)
    person.sees_all("without lines")

    for width, height in ((500, 460), (760, 720)):
        window.resize(width, height)
        viewer.set_position(3, 4, 5 + width % 7)  # before and after the window knows
        person.wait(seconds=0.5)
        viewer.set_position(8, 9, 10)
        person.sees_all(f"resized to {width} by {height}")
    viewer.figs[0].savefig("viewer.png")
    viewer.figs[0].savefig("viewer.svg")
    viewer.set_position(2, 2, 2)
    person.sees_all("after saving")


def link(viewer: Any, kind: Any) -> None:
    """Link another window, close it by its frame, and the first by a key."""
    from matplotlib import pyplot

    from volio import OrthoSlicer3D

    other = OrthoSlicer3D(np.zeros(SHAPE[:3]))
    viewer.link_to(other)
    window, first = kind(other.figs[0].canvas), kind(viewer.figs[0].canvas)
    person, watcher = Person(other, window), Person(viewer, first)
    person.wait()
    here = person.place(2, 0.51, 0.51)
    window.press(*here)
    window.release(*here)
    person.wait()
    person.expect("a click in a linked window", viewer._data_idx[:3], other._data_idx[:3])
    watcher.sees_all("moved by another")
    window.close()
    watcher.wait(lambda: not other._open, seconds=10)
    watcher.expect("closed by its frame", (other._open, viewer._open), (False, True))
    first.key("escape")
    watcher.wait(lambda: not viewer._open, seconds=10)
    watcher.expect("windows after escape", pyplot.get_fignums(), [])


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
