"""Several volumes in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.blending import compose
from volio.display.sampling.view import View
from volio.errors import UsageError

if TYPE_CHECKING:
    from volio.display.volumes.volume import ImageVolume

__all__ = ["ALPHA_MODES", "render_volumes"]

#: How each way of mixing blends with what is below.
ALPHA_MODES = {
    "auto": "translucent_no_depth",
    "solid": "opaque",
    "solid_premul": "opaque",
    "blend": "translucent_no_depth",
    "add": "additive",
    "subtract": "subtractive",
    "multiply": "multiplicative",
    "weighted_blend": "translucent_no_depth",
    "weighted_solid": "opaque",
    "dither": "translucent_no_depth",
    "bayer": "translucent_no_depth",
}


def render_volumes(
    volumes: Sequence[ImageVolume],
    view: View | str = "front",
    size: int | Sequence[int] = (256, 256),
    background: Sequence[float] = (0.0, 0.0, 0.0, 1.0),
    **options: Any,
) -> NDArray[np.uint8]:
    """Draw several volumes over each other, the first lowest, mixing light.

    Parameters
    ----------
    volumes : sequence of ImageVolume
        One at least; those that are not visible are left out.
    view : View or str
        A name shows all of the first volume.
    size : int or (height, width)
    background : sequence of float
    **options
        Of `ImageVolume.project`.

    Returns
    -------
    ndarray of uint8, shape (height, width, 4)

    Raises
    ------
    UsageError
        If there are no volumes, or they cannot be drawn together.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> modes = ("mip", "iso")
    >>> volumes = [volio.ImageVolume.from_image(img, mode=mode) for mode in modes]
    >>> volio.display.render_volumes(volumes, "front", size=32).shape
    (32, 32, 4)
    """
    if not volumes:
        raise UsageError("volumes: there are none to draw")
    if isinstance(view, str):
        view = View.of(volumes[0].as_layer(), view, size)
    visible = [volume for volume in volumes if volume.visible]
    pictures = [volume.project(view, **options).rgba for volume in visible]
    modes = [ALPHA_MODES[volume.alpha_mode] for volume in visible]
    canvas = np.zeros((*view.size, 4), np.float32)  # so that the lowest mixes in its own mode, too
    return compose([canvas, *pictures], ["translucent", *modes], background, linear=True)
