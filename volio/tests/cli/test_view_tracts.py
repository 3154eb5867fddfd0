"""``volio view`` of tracts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import volio


@pytest.fixture(autouse=True)
def tracts(folder):
    """Three lines with values per point and per line."""
    points = np.arange(27, dtype=np.float32).reshape(9, 3)
    values = {"fa": np.linspace(0, 1, 9, dtype=np.float32)}
    made = volio.Tractogram(points, [3, 4, 2], values, {"w": np.float32([1, 2, 3])})
    volio.save(made, "lines.trx")


def scene_of(name):
    """What the script of a page shows."""
    text = Path(name).read_text(encoding="utf-8")
    start = text.index('id="scene">') + len('id="scene">')
    return json.loads(text[start : text.index("</script>", start)])


def test_pages_have_the_lines_and_the_values_that_are_asked_for(run):
    assert run("view", "lines.trx", "--html", "a.html") == (0, [], [])
    scene = scene_of("a.html")
    assert (scene["lines"], scene["count"], scene["shown"]) == (3, 9, -1)
    assert [each["name"] for each in scene["maps"]] == ["w"]
    look = (
        "--cmap",
        "plasma",
        "--limits",
        "0,2",
        "--white",
        "--title",
        "lines",
        "--views",
        "dorsal",
    )
    assert run("view", "lines.trx", "--data", "fa", *look, "--html", "b.html") == (0, [], [])
    scene = scene_of("b.html")
    assert [each["name"] for each in scene["maps"]] == ["fa"]
    assert scene["maps"][0]["limits"] == [0, 2]
    assert (scene["shown"], scene["black"], scene["start"]) == (0, False, "dorsal")
    assert "<title>lines</title>" in Path("b.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--html", "a.html", "--planes", "x"), "--planes is for a picture: give --png"),
        (("--png", "a.png", "--views", "dorsal"), "--views is for a page: give --html"),
        (("--html", "a.html", "--threshold", "2"), "--threshold is for images and surfaces"),
        (("--html", "a.html", "--limits", "2"), "--limits takes two numbers"),
        (("--html", "a.html", "--data", "md"), "there are none called 'md'; there are w, fa"),
        (("lines.trx", "--html", "a.html"), "lines.trx: is tracts"),
        ((), "--png or --html saves what would be seen"),
    ],
)
def test_what_cannot_be_done_is_one_line(run, words, wrong):
    ran = run("view", "lines.trx", *words)
    assert (ran.code, len(ran.err)) == (2, 1)
    assert wrong in ran.err[0]
    assert not list(Path().glob("a.*"))
