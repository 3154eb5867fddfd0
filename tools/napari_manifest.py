"""Write volio/napari.yaml anew, after the table of formats has changed."""

import json
from pathlib import Path

from volio.display.handoff.napari_plugin import manifest

HEAD = (
    "# What napari finds volio by. Written by tools/napari_manifest.py from the table of formats.\n"
)

path = Path(__file__).parent.parent / "volio" / "napari.yaml"
path.write_text(HEAD + json.dumps(manifest(), indent=2) + "\n", encoding="utf-8")
print(f"{path}: written")
