"""The manifest by which napari finds volio, made from the table of formats.

Installing volio writes it, so this module needs nothing but the standard library.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from volio.files.names import COMPRESSED_ENDINGS
from volio.formats.format import FileLayout, Format
from volio.formats.table import FORMATS

__all__ = ["manifest", "write_manifest"]

PLUGIN = "volio.display.handoff.napari_plugin"
#: Kinds of images that become layers.
SHOWN = ("volume", "surface")
#: Names of FreeSurfer's files: the plugin looks into them and leaves others alone.
HEMISPHERES = "[lr]h.*"
HEAD = "# What napari finds volio by. Made from the table of formats when volio is installed.\n"


def write_manifest(path: Path) -> None:
    """Write the manifest, as JSON, which is YAML; a file that is the same is not touched."""
    text = HEAD + json.dumps(manifest(), indent=2) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(path)  # others may be reading it


def manifest() -> dict[str, Any]:
    """Return what ``volio/napari.yaml`` says, from the table of formats."""
    shown = [row for row in FORMATS if row.kind in SHOWN]
    reader = {
        "command": "volio.read",
        "accepts_directories": any(layout.folder for layout in _layouts(shown)),
        "filename_patterns": [f"*{ending}" for ending in _endings(shown)] + _stems(shown),
    }
    commands = [
        _command("read", "Read neuroimaging files", "get_reader"),
        _command("write_image", "Write an image as a neuroimaging file", "write_image"),
        _command("write_labels", "Write labels as a neuroimaging file", "write_labels"),
    ]
    writers = [_writer("image"), _writer("labels")]
    contributions = {"commands": commands, "readers": [reader], "writers": writers}
    return {"name": "volio", "display_name": "volio", "contributions": contributions}


def _command(name: str, title: str, function: str) -> dict[str, str]:
    """Return the entry of a command of the plugin."""
    return {"id": f"volio.{name}", "title": title, "python_name": f"{PLUGIN}:{function}"}


def _writer(kind: str) -> dict[str, Any]:
    """Return the entry of the command that writes layers of a kind."""
    # npe2 before 0.9 looks at the last part of a name alone.
    written = [row for row in FORMATS if row.write and row.kind == "volume"]
    endings = [".nii.gz", *_endings(written), ".gz"]
    return {
        "command": f"volio.write_{kind}",
        "display_name": "Neuroimaging file",
        "layer_types": [kind],
        "filename_extensions": list(dict.fromkeys(endings)),
    }


def _endings(rows: Sequence[Format]) -> list[str]:
    firsts = [(layout.files[0], *layout.aliases) for layout in _layouts(rows)]
    # Names say nothing of files without an ending, which would be all files.
    first = dict.fromkeys(end for endings in firsts for end in endings if end)
    return [end + more for end in first for more in ("", *COMPRESSED_ENDINGS)]


def _stems(rows: Sequence[Format]) -> list[str]:
    """Return patterns of names without an ending of their own, as FreeSurfer's ``lh.pial``."""
    has_stems = any(layout.stem for layout in _layouts(rows))
    return [HEMISPHERES] if has_stems else []


def _layouts(rows: Sequence[Format]) -> list[FileLayout]:
    return [layout for row in rows for layout in row.layouts]
