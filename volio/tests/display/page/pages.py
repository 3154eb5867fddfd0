"""What tests of pages that turn have in common: reading a page, and looking at it in a browser."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode

import numpy as np
from matplotlib.image import imread

READY = "document.body?.dataset.ready === 'yes'"
#: Takes WebGL away from the pages that are opened after it.
NO_WEBGL = """
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind === "webgl2" ? null : getContext.call(this, kind, ...more);
};"""


def scene_of(text):
    """What the script of a page shows."""
    start = text.index('id="scene">') + len('id="scene">')
    return json.loads(text[start : text.index("</script>", start)])


def note_of(text):
    return re.search('id="note">(.*?)</p>', text)[1]


def differences_of(text, size):
    """Whole numbers of zigzag differences, from deflated bytes, the lowest ones first."""
    planes = np.frombuffer(zlib.decompress(b64decode(text)), np.uint8).reshape(size, -1)
    zigzag = sum(planes[byte].astype(np.int64) << (8 * byte) for byte in range(size))
    return (zigzag >> 1) ^ -(zigzag & 1)


def ranks_of(packed):
    """The ranks of packed numbers."""
    return np.cumsum(differences_of(packed["data"], packed["size"])) % 256 ** packed["size"]


def open_page(browser, path):
    """Open a page; it must load without complaints or requests."""
    browser.open(path, READY)
    assert browser.complaints == []
    assert [url for url in browser.requests if not url.startswith("data:")] == [path.as_uri()]


def resize(browser, width, height):
    """Set the size of the window, points."""
    size = {"width": width, "height": height}
    browser.call("Emulation.setDeviceMetricsOverride", deviceScaleFactor=1, mobile=False, **size)


def box(browser):
    """Left, top, width and height of the picture."""
    return browser.run(
        "(({left, top, width, height}) => [left, top, width, height])"
        "(find('picture').getBoundingClientRect())"
    )


def picture_of(browser, tmp_path):
    """What is seen in the picture, (rows, columns, 3), without what is written over it."""
    browser.run("find('marks').style.visibility = 'hidden'")
    browser.settle()
    browser.screenshot(tmp_path / "page.png")
    browser.run("find('marks').style.visibility = ''")
    picture = np.rint(imread(tmp_path / "page.png")[..., :3] * 255).astype(int)
    left, top, width, height = box(browser)
    return picture[round(top) : round(top + height), round(left) : round(left + width)]


def point_at(browser, column, row):
    left, top, _, _ = box(browser)
    browser.mouse("mouseMoved", left + float(column), top + float(row))
    browser.settle()
