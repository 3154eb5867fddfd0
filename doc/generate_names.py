"""Write the tables of all public names by topic: each name with the first line of its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from importlib import import_module
from itertools import chain
from pathlib import Path

from volio.formats.table import FORMATS

REFERENCE = Path(__file__).parent / "reference"

# The classes of formats are added from the table of formats.
TOPICS = {
    "Read and write": ("load", "save", "convert", "create", "identify", "verify", "FORMATS"),
    "Images, headers and files": (
        "SpatialImage",
        "SpatialHeader",
        "FileHolder",
        "FileMap",
        "LazyArray",
        "ArrayProxy",
        "is_proxy",
    ),
    "Surfaces": ("Surface", "VolumeGeometry", "Labels", "Label"),
    "Points of surfaces and volumes": ("CoordinateImage", "CoordinateAxis", "Parcel"),
    "Tracts": ("Tractogram",),
    "Join and split": ("concat_images", "four_to_three", "squeeze_image", "cifti"),
    "Crop and pad": ("crop_to_mask", "pad_to_image", "pad_image"),
    "Resample and smooth": (
        "conform",
        "resample_from_to",
        "resample_to_output",
        "smooth_image",
        "fwhm2sigma",
        "sigma2fwhm",
    ),
    "Orientation": (
        "aff2axcodes",
        "io_orientation",
        "apply_orientation",
        "flip_axis",
        "as_closest_canonical",
    ),
    "Look at images": ("OrthoSlicer3D", "ImageLayer", "ImageVolume", "LayerStack"),
    "Options and errors": ("options", "VolioError"),
}

DISPLAY_TOPICS = {
    "Pictures": (
        "plot_ortho",
        "plot_mosaic",
        "plot_rendering",
        "plot_surface",
        "plot_tracts",
        "surface_page",
        "save_png",
        "save_gif",
        "turn",
        "through_slices",
        "through_time",
        "Overlay",
        "Contours",
    ),
    "Window with three sections": ("OrthoSlicer3D", "OrthoState", "Sections"),
    "Layers": (
        "ImageLayer",
        "SurfaceLayer",
        "LayerStack",
        "Source",
        "layer_source",
        "Pick",
        "Extent",
        "Affine",
        "View",
        "Projection",
    ),
    "Volumes in a scene": ("ImageVolume", "render_volumes", "project"),
    "Planes": ("Plane", "SlicingPlane", "ClippingPlane", "ClippingPlaneList", "sample_plane"),
    "Colours": (
        "Colormap",
        "as_colormap",
        "colormap_names",
        "colorize",
        "find_limits",
        "blend",
        "compose",
    ),
    "Choices": ("BLENDINGS", "DEPICTIONS", "INTERPOLATIONS", "RENDERINGS"),
    "Events": ("Event", "EventEmitter", "EmitterGroup", "MouseEvent", "normalize_key"),
}

STACKS_TOPICS = {
    "Image stacks": (
        "ImageStack",
        "InMemoryImageStack",
        "FileImageStack",
        "ZarrImageStack",
        "CziImageStack",
        "LazyImageStack",
        "ReadFunc",
    ),
    "Stacks of files": ("load_zarrs", "load_czis", "open_stacks", "CziReader", "Rectangle"),
    "Patches of several stacks": ("PatchExtractor", "LimitFilesPatchExtractor"),
    "Which patches": (
        "RandomPatching",
        "FixedRandomPatching",
        "StratifiedPatching",
        "SequentialPatching",
        "TiledPatching",
        "WholeSamplePatching",
        "FixedPatching",
        "Patching",
        "PatchSpecs",
        "TileSpecs",
    ),
    "Stitching": ("stitch", "tile_axis"),
    "Axes": ("AxesTransform", "reshape_array", "restore_array", "restore_tile"),
}

TILES_TOPICS = {
    "Regions of stacks": ("ImageFetcher", "ThreadedImageFetcher"),
    "Stacks of tiles and their mirrors": (
        "Stack",
        "ProjectStack",
        "StackMirror",
        "TileSourceType",
        "StackOrientation",
        "CoordinateTransformer",
    ),
    "Tiles": ("TileIndex", "TileCache", "fill_tiled_cuboid", "is_valid_format_url"),
    "Words": ("ROIMode", "Orientation3D", "BrokenSliceHandling", "StrEnum"),
    "Answers and futures": (
        "response_to_array",
        "response_to_array_callback",
        "as_future",
        "as_future_response",
        "DummyResponse",
        "DummyTqdm",
    ),
    "Coordinates by name": ("dict_subtract",),
}

PATCHES_TOPICS = {
    "Patches and tiles of images": (
        "tiles",
        "Tile",
        "stitch_tiles",
        "random_patches",
        "stratified_patches",
        "tile_axis",
        "stitch",
    ),
}

# What has no docstring of its own.
SUMMARIES = {
    "FORMATS": "The table of all formats, a tuple of rows.",
    "FileMap": "The files of one image: a dict of `FileHolder` by kind of file.",
    "options": "The options of this process.",
}


def write_names(path: Path) -> None:
    """Write the tables into a file that a page includes."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(tables(), encoding="utf-8")


def tables() -> str:
    """Return a section of tables for each module that has public names."""
    modules = {
        "volio": {**TOPICS, **topics_of_formats()},
        "volio.display": DISPLAY_TOPICS,
        "volio.stacks": STACKS_TOPICS,
        "volio.tiles": TILES_TOPICS,
        "volio.ops.patches": PATCHES_TOPICS,
    }
    return "".join([section(module, topics) for module, topics in modules.items()])


def topics_of_formats() -> dict[str, tuple[str, ...]]:
    """Return the image classes and the header classes of all formats."""
    images = dict.fromkeys(chain.from_iterable(row.images for row in FORMATS))
    headers = dict.fromkeys(chain.from_iterable(row.headers for row in FORMATS))
    return {"Images of each format": tuple(images), "Headers of each format": tuple(headers)}


def section(module: str, topics: dict[str, Iterable[str]]) -> str:
    """Return the title of a module and one table for each of its topics."""
    title = f"``{module}``"
    parts = [f"{title}\n{'-' * len(title)}\n"]
    for topic, names in topics.items():
        rows = [row(module, name) for name in names]
        parts.append(f".. list-table:: {topic}\n   :widths: 30 70\n\n" + "".join(rows))
    return "\n".join(parts) + "\n"


def row(module: str, name: str) -> str:
    """Return one row: the name with a link to its description, and what it is."""
    value = getattr(import_module(module), name)
    return f"   * - `{name} <{target(module, name, value)}>`\n     - {summary(name, value)}\n"


def target(module: str, name: str, value: object) -> str:
    """Return the name under which the reference describes a value."""
    public = f"{module}.{name}"
    if public in described_as_public() or name in SUMMARIES:
        return public
    home = getattr(value, "__module__", module)
    return f"{home}.{name}"


def described_as_public() -> set[str]:
    """Return the names that pages describe under the package itself, not under a module."""
    pages = [page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.rst")]
    return set(re.findall(r"^\.\. auto\w+:: (\S+)$", "\n".join(pages), re.MULTILINE))


def summary(name: str, value: object) -> str:
    """Return the first line of a docstring, or the values of a tuple of choices."""
    if name in SUMMARIES:
        return SUMMARIES[name]
    if inspect.isclass(value) or inspect.isroutine(value):
        return inspect.getdoc(value).partition("\n")[0]
    return ", ".join(f"``{choice}``" for choice in value)
