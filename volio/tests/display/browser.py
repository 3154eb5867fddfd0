"""A headless browser, driven over a pipe by the DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any

from volio.testing.programs import find_program

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--use-angle=swiftshader", "--enable-unsafe-swiftshader"),  # WebGL without a graphics card
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--remote-debugging-pipe", "--window-size=1200,800"),
)
PATIENCE = 120.0  # seconds without an answer, on a busy machine
LEFT, RIGHT = "left", "right"
#: What a browser without a graphics card says of itself when a picture of WebGL is looked at.
OF_THE_DRIVER = "GPU stall due to ReadPixels"


def chromium() -> str:
    """The browser."""
    return find_program("chromium", "chromium-browser")


class Browser:
    """One browser with one page at a time; what pages complain of is in `complaints`."""

    def __init__(self, program: str, profile: Path) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        os.set_inheritable(to_read, True)
        os.set_inheritable(to_write, True)
        # The browser reads from descriptor 3 and writes to 4.
        script = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        words = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", *words],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._number, self._rest = 0, b""
        self.complaints: list[str] = []
        self.requests: list[str] = []
        targets = self._call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        attached = self._call("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.hide_scrollbars(True)

    def hide_scrollbars(self, hidden: bool) -> None:
        """Draw pages without scrollbars, or with them."""
        self.call("Emulation.setScrollbarsHidden", hidden=hidden)

    def call(self, method: str, **params: Any) -> Any:
        """Call a method on the page."""
        return self._call(method, self._session, **params)

    def _call(self, method: str, session: str | None = None, **params: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _message(self) -> Any:
        while b"\0" not in self._rest:
            assert select.select([self._read], [], [], PATIENCE)[0], "the browser is silent"
            more = os.read(self._read, 1 << 20)
            assert more, "the browser has ended"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _note(self, event: Any) -> None:
        method, params = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown" or (
            method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning")
        ):
            self.complaints.append(json.dumps(params))
        entry = params.get("entry", {}) if method == "Log.entryAdded" else {}
        if entry.get("level") in ("error", "warning") and OF_THE_DRIVER not in entry["text"]:
            self.complaints.append(entry["text"])
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def run(self, script: str) -> Any:
        """Value of an expression in the page."""
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def open(self, path: Path, ready: str) -> None:
        """Open a page and wait until an expression is true in it."""
        self.complaints.clear()
        self.requests.clear()
        self.call("Page.navigate", url=path.as_uri())
        end = time.monotonic() + PATIENCE
        while not self.run(ready):
            assert time.monotonic() < end, f"{ready} is never true: {self.complaints}"
            time.sleep(0.05)

    def settle(self) -> None:
        """Wait until the page has drawn."""
        self.run(
            "new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(() => go(1))))"
        )

    def text(self, name: str) -> str:
        """Text of an element."""
        return str(self.run(f"document.getElementById({name!r}).textContent"))

    def mouse(self, kind: str, x: float, y: float, button: str = "none", **more: Any) -> None:
        """One event of the mouse."""
        buttons = {"none": 0, LEFT: 1, RIGHT: 2}[button]
        self.call(
            "Input.dispatchMouseEvent",
            **{"type": kind, "x": x, "y": y, "button": button, "buttons": buttons, **more},
        )

    def click(self, x: float, y: float) -> None:
        """Press and let go."""
        self.mouse("mousePressed", x, y, LEFT, clickCount=1)
        self.mouse("mouseReleased", x, y, LEFT, clickCount=1, buttons=0)
        self.settle()

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], button: str = LEFT
    ) -> None:
        """Press, move and let go."""
        self.mouse("mousePressed", *start, button, clickCount=1)
        for part in (0.5, 1.0):
            x, y = (a + (b - a) * part for a, b in zip(start, end, strict=True))
            self.mouse("mouseMoved", x, y, button)
        self.mouse("mouseReleased", *end, button, clickCount=1, buttons=0)
        self.settle()

    def press(self, key: str) -> None:
        """Press a key."""
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)
        self.settle()

    def screenshot(self, path: Path) -> None:
        """Save what the page looks like."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """End the browser."""
        try:
            self._call("Browser.close")
        finally:
            os.close(self._write)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            os.close(self._read)
