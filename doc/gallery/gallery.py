"""What the examples of this folder share: arguments, an image, and saving pictures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import volio
from volio.testing import phantom


class Example:
    """The arguments of an example, and where its pictures go.

    Parameters
    ----------
    description : str
        What the example shows.
    frames : int, optional
        The example needs so many volumes.
    **counts : int
        Further options of the example, with their defaults; see `counts`.
    """

    def __init__(self, description: str, frames: int | None = None, **counts: int) -> None:
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("image", nargs="?", help="a file; by default a phantom head")
        parser.add_argument("--size", type=int, default=192, help="pixels of a picture")
        parser.add_argument("--out", type=Path, default=Path.cwd(), help="folder for pictures")
        for name, default in counts.items():
            parser.add_argument(f"--{name}", type=int, default=default)
        given = parser.parse_args()
        self.counts = {name: getattr(given, name) for name in counts}
        self.size = given.size
        self.folder = given.out
        self.image = volio.load(given.image) if given.image else _phantom(given.size, frames)
        self.folder.mkdir(parents=True, exist_ok=True)

    def save(self, name: str, picture: np.ndarray) -> None:
        """Save a picture as PNG."""
        image = Image.fromarray(picture[..., :3])
        image.quantize(256, dither=Image.Dither.NONE).save(self.folder / name, optimize=True)
        print(self.folder / name)

    def save_movie(self, name: str, pictures: Sequence[np.ndarray], milliseconds: int = 80) -> None:
        """Save pictures as an endless GIF."""
        frames = [Image.fromarray(picture[..., :3]).quantize(64) for picture in pictures]
        frames[0].save(
            self.folder / name,
            save_all=True,
            append_images=frames[1:],
            duration=milliseconds,
            loop=0,
        )
        print(self.folder / name)


def _phantom(size: int, frames: int | None) -> volio.Nifti1Image:
    """Make a head with about as many voxels along an axis as the picture has pixels."""
    longest = min(size, 96 if frames else 160)
    shape = (longest * 6 // 7, longest, longest * 27 // 28)
    return volio.Nifti1Image(*phantom.head(shape, frames))


def side_by_side(pictures: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Return one picture of several, row by row; what is left over stays black."""
    height, width, channels = pictures[0].shape
    rows = -(-len(pictures) // columns)
    sheet = np.zeros((rows * height, columns * width, channels), np.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // columns * height, number % columns * width
        sheet[top : top + height, left : left + width] = picture
    return sheet
