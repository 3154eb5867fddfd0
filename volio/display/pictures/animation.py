"""Animations: pictures through time and through slices, and GIF files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from volio.display.base.choices import as_count, as_number, chosen
from volio.display.base.given import AnyImage
from volio.display.base.series import volume_count
from volio.display.colour.drawing import Bytes
from volio.display.pictures.plots import AXES, CUT_SIZE, evenly_spread, plot_mosaic, plot_ortho
from volio.display.pictures.tiles import as_picture, ending_of
from volio.display.sampling.sections import Sections
from volio.display.scene.contours import layers_and_contours, shapes_of
from volio.display.scene.overlay import Overlay, base_overlay
from volio.errors import UsageError
from volio.files.filemap import FileHolder
from volio.files.names import path_text
from volio.files.opener import open_for_write
from volio.flags import as_flag
from volio.space.affines import voxel_sizes

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer

__all__ = ["save_gif", "through_slices", "through_time"]

#: Options of the image itself, which is made once for all pictures.
LOOK = {"cmap", "threshold", "alpha", "vmin", "vmax", "affine"}
#: More different colours than this are not looked at one by one.
MANY_COLOURS = 2**14
#: Seconds of a picture; browsers slow down what is shorter.
SHORTEST = 0.02
#: GIF has 16 bits for hundredths of a second.
LONGEST = 655.0


def save_gif(
    frames: Iterable[Bytes], path: str | PathLike[str], seconds: float = 0.1, loop: bool = True
) -> int:
    """Save pictures as an animated GIF, which replaces a file of this name when it is complete.

    Parameters
    ----------
    frames : iterable of (rows, columns, 3 or 4) uint8 array
        All of one shape; alpha is not kept.
    path : path
    seconds : float
        Each picture is seen for so long, 0.02 at least; GIF counts hundredths.
    loop : bool
        Begin again at the end.

    Returns
    -------
    int
        How many pictures were saved.

    Raises
    ------
    UsageError
        If there are none, or `seconds` is too short.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> frames = volio.display.turn(img, frames=4, size=32)
    >>> volio.display.save_gif(frames, "turn.gif")
    4
    """
    if not SHORTEST <= as_number("seconds", seconds) <= LONGEST:
        raise UsageError(f"seconds: must be from {SHORTEST} to {LONGEST}, got {seconds}")
    as_flag("loop", loop)
    name = path_text("path", path)
    ending = ending_of(name)
    if ending not in ("", "gif"):
        raise UsageError(f"{name}: movies are GIF files, whose ending is not {ending!r}")
    pictures = _pictures_of(frames)
    with open_for_write([FileHolder(name)]) as (target,):
        target.write(_gif(pictures, seconds, loop))
    return len(pictures)


def _pictures_of(frames: Iterable[Bytes]) -> list[Any]:
    """Return the images of PIL of frames, in 256 colours each.

    Raises
    ------
    UsageError
        If there are none, or they are not pictures of one size.
    """
    from PIL import Image

    if not isinstance(frames, Iterable):
        raise UsageError(f"frames: must be pictures, got {frames!r}")
    colours = (_colours_of(frame) for frame in frames)
    pictures = [_with_palette(Image.fromarray(frame)) for frame in colours]
    if not pictures:
        raise UsageError("frames: there are none to save")
    if len({picture.size for picture in pictures}) > 1:
        raise UsageError("frames: must be pictures of one size")
    return pictures


def _colours_of(frame: Any) -> Bytes:
    """Return red, green and blue of a picture.

    Raises
    ------
    UsageError
        If it is not one.
    """
    picture = as_picture("frames", frame)
    return np.ascontiguousarray(picture[..., :3])


def _with_palette(picture: Any) -> Any:
    """Return an image of PIL in 256 colours; rare ones, as those of lines, are not lost."""
    from PIL import Image

    # Covering all colours takes long where there are many.
    covers_all = picture.getcolors(MANY_COLOURS) is not None
    method = Image.Quantize.MAXCOVERAGE if covers_all else Image.Quantize.MEDIANCUT
    return picture.quantize(256, method)


def _gif(pictures: Sequence[Any], seconds: float, loop: bool) -> bytes:
    """Return the bytes of an animation of images of PIL."""
    stream = BytesIO()
    pictures[0].save(
        stream,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=round(seconds * 100) * 10,  # milliseconds, in steps of a hundredth of a second
        optimize=False,
        **({"loop": 0} if loop else {}),
    )
    return stream.getvalue()


def through_time(
    image: AnyImage | ImageLayer | Overlay, plot: Callable[..., Bytes] = plot_ortho, **options: Any
) -> Iterator[Bytes]:
    """Go through pictures of the volumes of a series: of the longest, of image and overlays.

    Parameters
    ----------
    image : SpatialImage, ImageLayer, Overlay, array-like, or path of an image
        Contrast limits are the same for all volumes.
    plot : callable
        `plot_ortho`, `plot_mosaic` or `plot_rendering`.
    **options
        For `plot`.

    Yields
    ------
    (height, width, 4) uint8 array

    Raises
    ------
    UsageError
        If the image has no such axis or volumes, or an option is unknown.

    Examples
    --------
    >>> series = volio.Nifti1Image(np.random.default_rng(0).random((4, 4, 4, 3)), np.eye(4))
    >>> len(list(volio.display.through_time(volio.display.Overlay(series, "gray", None))))
    3
    """
    if "volume" in options:
        raise UsageError("volume: all volumes are shown, one after the other")
    if not callable(plot):
        raise UsageError(f"plot: must be a function that draws an image, got {plot!r}")
    look = {name: options.pop(name) for name in LOOK & options.keys()}
    base = base_overlay(image, **look)
    layers, contours = layers_and_contours(options.pop("overlays", ()))
    count = max(map(volume_count, shapes_of(base, layers, contours)))
    for volume in range(count):
        yield plot(base, volume=volume, overlays=[*layers, *contours], **options)


def through_slices(
    image: AnyImage | ImageLayer | Overlay,
    axis: str | None = None,
    frames: int | None = None,
    **options: Any,
) -> Iterator[Bytes]:
    """Go through pictures of parallel sections, from left to right, back to front or feet to head.

    Parameters
    ----------
    image : SpatialImage, ImageLayer, Overlay, array-like, or path of an image
    axis : {"x", "y", "z"}
        World axis that is cut (default: z, but of a single slice its own).
    frames : int, optional
        How many sections, evenly spread (default: all; of an image at several resolutions as
        many as the level that is shown has).
    **options
        For `plot_mosaic`.

    Yields
    ------
    (height, width, 4) uint8 array

    Raises
    ------
    UsageError
        If the image has no such axis or volumes, or an option is unknown.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> frames = volio.display.through_slices(volio.display.Overlay(img, "gray", None), "z", 3)
    >>> len(list(frames))
    3
    """
    if axis is not None:
        axis = chosen("axis", axis, tuple(AXES))
    look = {name: options.pop(name) for name in LOOK & options.keys()}
    base = base_overlay(image, **look)
    sections = Sections(base.shape[:3], base.affine)
    axis = axis or sections.single or "z"
    if frames is None:
        size = as_count("size", options.get("size", CUT_SIZE))
        count = _slices_shown(base, sections.order[AXES[axis]], size)
    else:
        count = as_count("frames", frames)
    for mm in _slice_positions(sections, AXES[axis], count):
        yield plot_mosaic(base, axis, [mm], **options)


def _slices_shown(image: Overlay, axis: int, size: int) -> int:
    """Return how many slices across a voxel axis there are at the level for a size in pixels."""
    longest = max(np.multiply(image.shape[:3], voxel_sizes(image.affine)).tolist())
    return int(image.layer.level_shapes[image.fitting_level(longest / size), axis])


def _slice_positions(sections: Sections, world: int, frames: int) -> list[float]:
    """Return the positions in mm along a world axis of sections evenly spread over an image."""
    axis = sections.order[world]
    length = sections.shape[axis]
    count = min(frames, length)
    voxels = np.tile(np.array(sections.shape) // 2, (count, 1))
    voxels[:, axis] = evenly_spread(count, length)
    positions: list[float] = np.sort(sections.to_world(voxels)[:, world]).tolist()
    return positions
