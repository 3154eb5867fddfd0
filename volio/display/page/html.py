"""The page of an image."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from math import prod
from os import PathLike, fspath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.views import lazy_slice
from volio.display.base.channels import plain
from volio.display.page.contour_lines import line_facts
from volio.display.page.voxel_grid import VoxelGrid, voxel_grids
from volio.display.page.packing import as_text, pack
from volio.display.sampling.sections import ENDS, UNKNOWN
from volio.display.scene.contours import Contours
from volio.display.scene.overlay import Overlay
from volio.errors import ImageDataError, UsageError
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write
from volio.space.affines import voxel_sizes

__all__ = ["LIMIT", "write_page"]

#: Bytes of a page, if nothing else is said.
LIMIT = 2_000_000
#: Voxels from which the size of a page is foretold.
TRIAL = 2**18


def write_page(
    img: Any,
    path: str | PathLike[str],
    overlays: Iterable[Any] = (),
    *,
    volume: int = 0,
    limit: int | None = LIMIT,
    title: str | None = None,
    colormap: Any = "gray",
    contrast_limits: Sequence[float] | None = None,
    radiological: bool = False,
) -> None:
    """Write one self-contained HTML page that shows an image; see `SpatialImage.to_html`."""
    base = img if isinstance(img, Overlay) else Overlay(img, colormap, None)
    if contrast_limits is not None:
        base.layer.contrast_limits = contrast_limits
    if prod(base.shape) == 0:
        raise ImageDataError(f"an image with voxels is needed, got shape {base.shape}")
    if not 0 <= volume < base.n_volumes:
        raise UsageError(f"volume: must be from 0 to {base.n_volumes - 1}, got {volume}")
    over = [one if isinstance(one, Overlay | Contours) else Overlay(one) for one in overlays]
    shown = [base, *(one for one in over if isinstance(one, Overlay))]
    lines = [one for one in over if isinstance(one, Contours)]
    known = getattr(base.layer.origin_image, "affine", True) is not None
    name = title or base.layer.name
    page = _Page(shown, lines, volume, name, known, bool(radiological))
    text = page.fitting(limit)
    with open_for_write([FileHolder(fspath(path))]) as (stream,):
        stream.write(text.encode())


class _Page:
    """What goes into a page."""

    def __init__(
        self,
        shown: list[Overlay],
        lines: list[Contours],
        volume: int,
        title: str,
        known: bool,
        radiological: bool,
    ) -> None:
        self.shown, self.lines, self.volume, self.title = shown, lines, volume, title
        self.known, self.radiological = known, radiological
        self.volumes = [_volume(each, volume) for each in shown]

    def fitting(self, limit: int | None) -> str:
        """Return the page with as many voxels as fit.

        Raises
        ------
        UsageError
            If not even a few fit.
        """
        base = self.shown[0]
        grids = list(voxel_grids(base.shape, base.affine, voxel_sizes(base.affine).tolist()))
        if limit is None:
            return self.text(grids[0])
        trial = next((grid for grid in grids if prod(grid.shape) <= TRIAL), grids[-1])
        each = len(self.text(trial)) / prod(trial.shape)
        for grid in grids:
            # Voxels that lie closer are more alike: they need less than those of the trial.
            if prod(grid.shape) * each > 1.3 * limit and grid is not grids[-1]:
                continue
            text = self.text(grid)
            if len(text.encode()) <= limit:
                return text
        raise UsageError(f"limit: a page needs more than {limit} bytes; None is for all voxels")

    def text(self, grid: VoxelGrid) -> str:
        """Return the page with the voxels of a lattice."""
        parts = {
            "TITLE": escape(self.title),
            "NOTE": escape(self._note(grid)),
            "SCENE": json.dumps(self._scene(grid), allow_nan=False).replace("<", "\\u003c"),
            "SCRIPT": _file("contours.js") + _file("page.js"),
        }
        return re.sub(
            "@(TITLE|NOTE|SCENE|SCRIPT)@", lambda found: parts[found[1]], _file("page.html")
        )

    def _scene(self, grid: VoxelGrid) -> dict[str, Any]:
        base = self.shown[0]
        later = np.unravel_index(self.volume, base.shape[3:]) if base.shape[3:] else ()
        to_world = base.affine @ grid.to_voxel
        return {
            "shape": grid.shape,
            "start": grid.place([n // 2 for n in base.shape[:3]]),
            "sizes": voxel_sizes(to_world).tolist(),
            "ends": ENDS if self.known else UNKNOWN,
            "to_world": to_world[:3].tolist(),
            "to_voxel": grid.to_voxel[:3].tolist(),
            "volume": [int(n) for n in later],
            "radiological": self.radiological,
            "images": [
                _image(each, self._values(number, grid)) for number, each in enumerate(self.shown)
            ],
            "contours": [line_facts(each, self.volume, grid) for each in self.lines],
        }

    def _values(self, number: int, grid: VoxelGrid) -> NDArray[Any]:
        volume = self.volumes[number]
        if number == 0:
            return plain(grid.values(volume))
        values = plain(np.asarray(volume))
        outside = np.nan if values.dtype.kind == "f" else 0
        return grid.nearest(values, self.shown[number].affine, outside)

    def _note(self, grid: VoxelGrid) -> str:
        base = self.shown[0]
        shape = " × ".join(str(n) for n in base.shape)
        lines = [f"{shape} voxels, {base.layer.dtype}."]
        if base.n_volumes > 1:
            lines.append(f"Volume {self.volume} of {base.n_volumes} is shown.")
        if grid.steps == (1, 1, 1):
            lines.append("Every voxel is on this page.")
        else:
            steps = " × ".join(str(n) for n in grid.steps)
            lines.append(
                f"Of every {steps} voxels one is on this page, as it is in the image: "
                "nothing is averaged."
            )
        return " ".join(lines)


def _volume(shown: Overlay, volume: int) -> Any:
    """Return one volume of an image, lazy if the image is; the last one of shorter series."""
    layer, later = shown.layer, shown.shape[3:]
    data = layer.data[0] if layer.multiscale else layer.data
    place = np.unravel_index(min(volume, shown.n_volumes - 1), later) if later else ()
    return lazy_slice(data, (*[slice(None)] * 3, *(int(n) for n in place)))


def _image(shown: Overlay, values: NDArray[Any]) -> dict[str, Any]:
    layer = shown.layer
    facts: dict[str, Any] = {"name": layer.name, "opacity": layer.opacity, "rgb": layer.rgb}
    if layer.rgb:
        whole = np.iinfo(values.dtype).max if values.dtype.kind in "iu" else 1
        channels = [values[..., number] for number in range(values.shape[-1])]
        return {**facts, "channels": [pack(channel) for channel in channels], "unit": 255 / whole}
    colours = layer.colormap.map(np.linspace(0, 1, 256))
    return {
        **facts,
        "channels": [pack(values)],
        "limits": list(layer.contrast_limits),
        "gamma": layer.gamma,
        "threshold": shown.threshold,
        "single": values.dtype.kind == "f" and values.dtype.itemsize <= 4,
        "lut": as_text(np.rint(colours * 255).astype(np.uint8).tobytes()),
    }


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
