"""The HTML page of an image."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from math import prod
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.cached import cached_property
from volio.display.base.channels import plain
from volio.display.base.choices import as_count, optional_text
from volio.display.base.series import check_volume, volume_count, volume_index
from volio.display.colour.drawing import printable_lines
from volio.display.page.contour_lines import contour_facts, values_on
from volio.display.page.image_facts import image_facts
from volio.display.page.mesh_packing import FEWEST_BITS, MOST_BITS, pack_mesh
from volio.display.page.packing import pack
from volio.display.page.template import LIMIT, PageFiles, filled_page, name_of_page, write_text
from volio.display.page.voxel_grid import VoxelGrid, voxel_grids
from volio.display.sampling.sections import Sections, ends_of_axes
from volio.display.scene.contours import Contours, layers_and_contours, shapes_of
from volio.display.scene.overlay import Overlay, base_overlay
from volio.errors import ImageDataError, UsageError
from volio.space.affines import voxel_sizes
from volio.space.transforms import invert

__all__ = ["write_page"]

#: Voxels of the page from which the size of larger ones is foretold.
TRIAL = 2**18
#: How the image looks, as plots call it.
STYLE = ("cmap", "vmin", "vmax", "threshold", "alpha", "affine")
#: Ways of blending that a page has.
BLENDINGS = ("translucent", "translucent_no_depth")
#: The script of a page, in this order.
FILES = PageFiles("page.html", "page.css", ("contours.js", "page.js"))
#: A larger page needs at least this share of what is foretold: near voxels are more alike.
LEAST = 1 / 1.3


def write_page(
    img: Any,
    path: str | PathLike[str],
    overlays: Iterable[Any] = (),
    *,
    volume: int = 0,
    limit: int | None = LIMIT,
    title: str | None = None,
    colormap: Any = None,
    contrast_limits: Sequence[float] | None = None,
    radiological: bool = False,
    display_mode: str | None = None,
    **style: Any,
) -> None:
    """Write one self-contained HTML page that shows an image; see `SpatialImage.to_html`."""
    name = name_of_page(path)
    base = _base_of_page(img, colormap, contrast_limits, style)
    layers, contours = layers_and_contours(overlays)
    check_volume(volume, *shapes_of(base, layers, contours))
    _check_blending(layers)
    if limit is not None:
        limit = as_count("limit", limit, 0, sys.maxsize)
    heading = " ".join(printable_lines(optional_text("title", title) or "")) or base.layer.name
    sections = Sections(base.shape, base.affine, radiological, base.is_anatomical)
    planes = sections.worlds(display_mode)
    page = _Page([base, *layers], contours, volume, heading, planes, sections.radiological)
    text = page.fitting(limit)
    write_text(name, text)


def _base_of_page(
    img: Any, colormap: Any, contrast_limits: Sequence[float] | None, style: dict[str, Any]
) -> Overlay:
    """Return the image as an overlay with these colours, if it has voxels."""
    base = base_overlay(img, **_style(colormap, contrast_limits, style))
    if contrast_limits is not None:
        base.layer.contrast_limits = contrast_limits
    if prod(base.shape) == 0:
        raise ImageDataError(f"an image with voxels is needed, got shape {base.shape}")
    return base


def _style(colormap: Any, contrast_limits: Any, style: dict[str, Any]) -> dict[str, Any]:
    """Return how the image looks, in the words of plots; a layer calls some of it otherwise."""
    if unknown := style.keys() - STYLE:
        raise UsageError(f"{', '.join(sorted(unknown))}: a page has {', '.join(STYLE)}")
    if contrast_limits is not None and style.keys() & {"vmin", "vmax"}:
        raise UsageError("contrast_limits: are vmin and vmax; give one or the other")
    if colormap is not None and "cmap" in style:
        raise UsageError("colormap: is cmap; give one or the other")
    return style if colormap is None else {**style, "cmap": colormap}


def _check_blending(layers: list[Overlay]) -> None:
    """Refuse overlays that are mixed with what is below in another way than laid over it."""
    for layer in layers:
        blending = layer.layer.blending
        if blending not in BLENDINGS:
            raise UsageError(f"blending: a page lays images over each other, not {blending!r}")


class _Page:
    """The content of a page.

    Parameters
    ----------
    layers : list of Overlay
        The lowest first; its grid is that of the page.
    contours : list of Contours
    volume : int
    title : str
    planes : tuple of int
        The world axes across which planes are shown.
    radiological : bool
    """

    def __init__(
        self,
        layers: list[Overlay],
        contours: list[Contours],
        volume: int,
        title: str,
        planes: tuple[int, ...],
        radiological: bool,
    ) -> None:
        self.base = layers[0]
        self.layers = layers
        self.contours = contours
        self.volume = volume
        self.title = title
        self.planes = planes
        self.radiological = radiological
        self.volumes = [layer.one_volume(volume) for layer in layers]
        #: Bits of the coordinates of surfaces.
        self.bits = MOST_BITS

    def fitting(self, limit: int | None) -> str:
        """Return the page with as many voxels as fit into so many bytes.

        Raises
        ------
        UsageError
            If not even a few fit.
        """
        grids = self._grids()
        if limit is None:
            return self.text(grids[0])
        self.bits = FEWEST_BITS
        of_meshes = len(json.dumps(self._meshes))
        bytes_per_voxel = self._bytes_per_voxel(grids, of_meshes)
        for grid in grids:
            is_too_large = of_meshes + prod(grid.shape) * bytes_per_voxel * LEAST > limit
            if is_too_large and grid is not grids[-1]:
                continue
            text = self.text(grid)
            if len(text.encode()) <= limit:
                return text
        raise UsageError(f"limit: a page needs more than {limit} bytes; None is for all voxels")

    def _grids(self) -> list[VoxelGrid]:
        """Return the voxels that a page may have, the most first."""
        levels = self.volumes[0]
        shapes = [array.shape[:3] for array in levels.arrays]
        to_finest = levels.matrices or [np.eye(4)]
        locked = self.base.layer.locked_data_level
        chosen = slice(None) if locked is None else slice(locked, locked + 1)
        return list(voxel_grids(shapes[chosen], self.base.affine, to_finest[chosen], locked or 0))

    def _bytes_per_voxel(self, grids: list[VoxelGrid], of_meshes: int) -> float:
        """Return the size of a page of few voxels without its meshes, for each of them."""
        trial = next((grid for grid in grids if prod(grid.shape) <= TRIAL), grids[-1])
        return (len(self.text(trial)) - of_meshes) / prod(trial.shape)

    @cached_property
    def _meshes(self) -> list[dict[str, Any] | None]:
        """The meshes of the contours that are cuts of surfaces, in mm; None of others."""
        cuts = [contours.cuts for contours in self.contours]
        return [
            None if each is None else pack_mesh(each.vertices, each.faces, self.bits)
            for each in cuts
        ]

    def text(self, grid: VoxelGrid) -> str:
        """Return the page with the voxels of a grid."""
        scene = self._scene(grid)
        return filled_page(FILES, self.title, self._note(grid), scene)

    def _scene(self, grid: VoxelGrid) -> dict[str, Any]:
        """Return all that the script of the page shows."""
        to_world = self.base.affine @ grid.to_voxel
        images = [self._image_facts(number, grid) for number in range(len(self.layers))]
        return {
            "shape": grid.shape,
            "start": grid.index([n // 2 for n in self.base.shape[:3]]),
            "sizes": voxel_sizes(to_world).tolist(),
            "ends": ends_of_axes(self.base.has_affine, self.base.is_anatomical),
            "to_world": to_world[:3].tolist(),
            "to_voxel": grid.to_voxel[:3].tolist(),
            "volume": volume_index(self.volume, self.base.shape),
            "planes": self.planes,
            "radiological": self.radiological,
            "images": images,
            "to_index": invert(to_world)[:3].tolist(),
            "contours": [self._contour_facts(number, grid) for number in range(len(self.contours))],
        }

    def _contour_facts(self, number: int, grid: VoxelGrid) -> dict[str, Any]:
        """Return what a page needs to draw contours."""
        facts = contour_facts(self.contours[number], self.volume, grid)
        mesh = self._meshes[number]
        return facts if mesh is None else {**facts, "mesh": mesh}

    def _image_facts(self, number: int, grid: VoxelGrid) -> dict[str, Any]:
        """Return what a page needs to show a layer."""
        layer = self.layers[number]
        facts = image_facts(layer, self._values(number, grid))
        if layer.alpha is not None:
            alpha = values_on(grid, partial(layer.sample_alpha, volume=self.volume))
            facts["alpha"] = pack(alpha)
        if number > 0:
            volume, affine = self._fitting_volume(number, grid)
            is_inside = grid.inside(volume.shape[:3], affine)
            if not is_inside.all():
                facts["inside"] = pack(is_inside)
        return facts

    def _values(self, number: int, grid: VoxelGrid) -> NDArray[Any]:
        """Return the voxels of a layer on the grid of the page."""
        if number == 0:
            return plain(grid.values(self.volumes[0].arrays[grid.level]))
        # What is outside of it follows from the facts: 0 is a value like any other.
        volume, affine = self._fitting_volume(number, grid)
        return grid.nearest(plain(np.asarray(volume)), affine, 0)

    def _fitting_volume(self, number: int, grid: VoxelGrid) -> tuple[Any, NDArray[np.float64]]:
        """Return the voxels of a layer, at the level that fits the grid of the page, and affine."""
        overlay = self.layers[number]
        levels = self.volumes[number]
        if levels.matrices is None:
            return levels.arrays[0], overlay.affine
        level = overlay.fitting_level(grid.spacing)
        return levels.arrays[level], overlay.affine @ levels.matrices[level]

    def _note(self, grid: VoxelGrid) -> str:
        """Return the text below the image: how large it is, and how much of it is here."""
        base = self.base
        lines = [f"{_by(base.shape)} voxels, {base.layer.dtype}."]
        count = max(map(volume_count, shapes_of(base, self.layers, self.contours)))
        if count > 1:
            lines.append(f"Volume {self.volume} of {count} is shown.")
        steps = [mesh["step"] for mesh in self._meshes if mesh]
        if steps:
            lines.append(f"Positions of surfaces are rounded to {max(steps):.1g} mm.")
        return " ".join([*lines, *_notes_on_grid(grid)])


def _notes_on_grid(grid: VoxelGrid) -> Iterator[str]:
    """Yield the facts of the voxels that a page holds."""
    holds_all = grid.steps == (1, 1, 1)
    if grid.level > 0:
        yield (
            f"Level {grid.level} of the image is on this page, {_by(grid.level_shape)} voxels: "
            "values are those of this level."
        )
    elif holds_all:
        yield "Every voxel is on this page."
    if not holds_all:
        where = "in the image" if grid.level == 0 else "there"
        yield (
            f"Of every {_by(grid.steps)} voxels one is on this page, as it is {where}: "
            "nothing is averaged."
        )


def _by(numbers: Iterable[int]) -> str:
    return " × ".join(str(n) for n in numbers)
