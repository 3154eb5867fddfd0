"""What napari calls: the reader and the writer that ``volio/napari.yaml`` declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from typing import Any

from volio.display.handoff.napari import LayerData, layer_data
from volio.display.layers.layer import ImageLayer
from volio.errors import VolioError
from volio.files.names import COMPRESSED_ENDINGS
from volio.formats.format import Format
from volio.formats.table import FORMATS
from volio.io import identify, load

__all__ = ["get_reader", "manifest", "write_image", "write_labels"]

Paths = str | PathLike[str] | Sequence[str | PathLike[str]]


def get_reader(path: Paths) -> Callable[[Paths], list[LayerData]] | None:
    """Return what reads a file, or each file of a list; None if one of them is not a volume."""
    try:
        kinds = {identify(name).kind for name in _names(path)}
    except VolioError:
        return None
    return read_layers if kinds <= {"volume"} else None


def read_layers(path: Paths) -> list[LayerData]:
    """Return a layer for each file; its voxels are read when they are shown."""
    return [layer_data(ImageLayer.from_image(load(name))) for name in _names(path)]


def write_image(path: str, data: Any, meta: Mapping[str, Any]) -> list[str]:
    """Write an image in the format that the name says, with its place; return what was written."""
    return ImageLayer.from_napari((data, meta, "image")).save(path)


def write_labels(path: str, data: Any, meta: Mapping[str, Any]) -> list[str]:
    """Write labels in the format that the name says, with their place; return what was written."""
    return ImageLayer.from_napari((data, meta, "labels")).save(path)


def manifest() -> dict[str, Any]:
    """Return what ``volio/napari.yaml`` says, from the table of formats."""
    # npe2 before 0.9 looks at the last part of a name alone.
    written = [".nii.gz", *_endings([row for row in FORMATS if row.write]), ".gz"]
    module = __name__
    writers = [
        {
            "command": f"volio.write_{kind}",
            "display_name": "Neuroimaging file",
            "layer_types": [kind],
            "filename_extensions": list(dict.fromkeys(written)),
        }
        for kind in ("image", "labels")
    ]
    reader = {
        "command": "volio.read",
        "accepts_directories": False,
        "filename_patterns": [f"*{ending}" for ending in _endings(FORMATS)],
    }
    titles = {
        "volio.read": ("Read neuroimaging files", f"{module}:get_reader"),
        "volio.write_image": ("Write an image as a neuroimaging file", f"{module}:write_image"),
        "volio.write_labels": ("Write labels as a neuroimaging file", f"{module}:write_labels"),
    }
    commands = [
        {"id": name, "title": title, "python_name": function}
        for name, (title, function) in titles.items()
    ]
    contributions = {"commands": commands, "readers": [reader], "writers": writers}
    return {"name": "volio", "display_name": "volio", "contributions": contributions}


def _endings(rows: Sequence[Format]) -> list[str]:
    layouts = [layout for row in rows if row.kind == "volume" for layout in row.layouts]
    first = dict.fromkeys(end for layout in layouts for end in (layout.files[0], *layout.aliases))
    return [end + more for end in first for more in ("", *COMPRESSED_ENDINGS)]


def _names(path: Paths) -> list[str]:
    return [fspath(path)] if isinstance(path, str | PathLike) else [fspath(each) for each in path]
