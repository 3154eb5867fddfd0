"""Views of surfaces beside nilearn's: the same sides, not mirrored; two are turned on the page."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.tests.surfaces.shapes import icosphere

VIEWS = ("lateral", "medial", "dorsal", "ventral", "anterior", "posterior")
#: Nilearn lays the front of these to the right; here it is up, as on slices.
QUARTER_TURNS = {
    "dorsal": np.array([[0, 1], [-1, 0]]),  # clockwise
    "ventral": np.array([[0, -1], [1, 0]]),
}
VERTICES, FACES = icosphere(2, 40.0)
#: The slope of these values over a picture tells both axes of it, and their signs.
VALUES = VERTICES @ [4.0, 1.0, -1.0]


def slope(gray: np.ndarray, is_surface: np.ndarray) -> np.ndarray:
    """The direction in which a picture gets brighter, (right, up), of length 1."""
    rows, columns = np.nonzero(is_surface)
    centred = np.stack([columns - columns.mean(), rows.mean() - rows], axis=1)
    found = np.linalg.lstsq(centred, gray[is_surface] - gray[is_surface].mean(), rcond=None)[0]
    return found / np.linalg.norm(found)


def of_volio(view: str, hemi: str) -> np.ndarray:
    surface = volio.Surface(VERTICES, FACES, structure=f"cortex_{hemi}")
    look = {"cmap": "gray", "shading": "none", "colorbar": False, "annotate": False}
    # White around: no value in the middle of the surface is as bright.
    picture = surface.plot(VALUES, views=view, size=80, vmin=-250, vmax=250, black_bg=False, **look)
    gray = picture[..., 0].astype(float)
    return slope(gray, gray < 254)


def of_nilearn(view: str, hemi: str) -> np.ndarray:
    from matplotlib import pyplot
    from nilearn.plotting import plot_surf

    figure = plot_surf(
        [VERTICES, FACES],
        VALUES,
        view=view,
        hemi=hemi,
        cmap="gray",
        vmin=-250,
        vmax=250,
        engine="matplotlib",
        colorbar=False,
        figure=pyplot.figure(figsize=(2, 2), dpi=60),
    )
    figure.canvas.draw()
    gray = np.asarray(figure.canvas.buffer_rgba())[..., 0].astype(float)
    pyplot.close(figure)
    return slope(gray, gray < 254)


@pytest.mark.requires("nilearn")
@pytest.mark.parametrize("view", VIEWS)
def test_views_are_those_of_nilearn(view):
    for hemi in ("left", "right"):
        ours = QUARTER_TURNS.get(view, np.eye(2)) @ of_volio(view, hemi)
        theirs = of_nilearn(view, hemi)
        assert ours @ theirs > 0.98, (hemi, ours, theirs)


def test_the_slopes_tell_all_views_apart():
    found = np.array([of_volio(view, "left") for view in VIEWS])
    alike = found @ found.T - 2 * np.eye(len(VIEWS))
    assert alike.max() < 0.98
    np.testing.assert_allclose(found[0], np.array([-1, -1]) / np.sqrt(2), atol=0.02)
