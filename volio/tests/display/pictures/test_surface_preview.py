"""What notebooks show of surfaces: facts in a table, and a small picture."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np

import volio
from volio.display.pictures.preview import LIMIT
from volio.images.labels import Label, Labels
from volio.surfaces.vertex_data import VertexArray
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere


def picture_of(html: str) -> np.ndarray:
    """The picture in a table, which must be small."""
    from PIL import Image

    data = base64.b64decode(html.partition("base64,")[2].partition("'")[0])
    assert len(data) <= LIMIT
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def test_a_surface_has_a_table_and_a_picture(tmp_path):
    vertices, faces = icosphere(4, 50.0)
    surface = volio.Surface(vertices, faces, {"x<y": vertices[:, 1]}, space="scanner")
    surface.structure = "cortex_left"
    keys = np.ones((len(vertices), 2), np.int32)
    surface.data.put(VertexArray("parcels", keys, Labels([Label(1, "a"), Label(2, "b")])))
    html = surface._repr_html_()
    for text in (
        "<caption><b>Surface</b></caption>",
        "<pre style='margin:0'>2562</pre>",
        "<pre style='margin:0'>5120</pre>",
        "scanner",
        "cortex_left",
        "x&lt;y: 2562 float64",
        "parcels: 2562 × 2 int32, 2 labels",
    ):
        assert text in html
    picture = picture_of(html)
    assert picture.shape[1] == 2 * 200 + 2
    # The front is yellow, and on the left of the lateral view.
    red, green, blue = picture[100, 30].astype(int)
    assert min(red, green) > blue + 50
    white = volio.Surface(vertices.astype(np.float32), faces, space="tkras")
    volio.save(white, tmp_path / "rh.white")
    html = volio.load(tmp_path / "rh.white")._repr_html_()
    assert str(tmp_path / "rh.white") in html
    assert picture_of(html).any()


def test_a_surface_that_says_no_hemisphere_is_seen_without_a_warning():
    picture = picture_of(volio.Surface(CORNERS, SIDES)._repr_html_())
    assert picture.any()


def test_values_alone_have_no_picture():
    html = volio.Surface(data={"thickness": [1.0, 2.0]})._repr_html_()
    assert "thickness: 2 float64" in html
    assert "<img" not in html
    assert "picture" not in html


def test_what_is_wrong_with_values_is_told_in_the_table():
    surface = volio.Surface(np.full((3, 3), np.nan), [[0, 1, 2]])
    html = surface._repr_html_()
    assert "none: UsageError: surface: a picture needs faces" in html
    assert "<img" not in html
