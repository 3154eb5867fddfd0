"""What is asked of tifffile, as its versions before and after 2026.5 answer it."""

from __future__ import annotations

from types import SimpleNamespace

from volio.formats.tiff.library import axes_of, every_series


def squeezing(squeeze: bool | None = None) -> list[str]:
    return ["with axes of length 1"] if squeeze is False else ["without"]


def test_series_have_their_axes_of_length_1():
    assert every_series(SimpleNamespace(series=squeezing)) == ["with axes of length 1"]
    assert every_series(SimpleNamespace(series=["both"])) == ["both"]


def test_axes_of_length_1_count():
    now = SimpleNamespace(axes="TYX", shape=(1, 4, 5))
    assert axes_of(now) == ("TYX", (1, 4, 5))
    before = SimpleNamespace(
        axes="YX",
        shape=(4, 5),
        get_axes=lambda squeeze: "YX" if squeeze else "TYX",
        get_shape=lambda squeeze: (4, 5) if squeeze else (1, 4, 5),
    )
    assert axes_of(before) == ("TYX", (1, 4, 5))
