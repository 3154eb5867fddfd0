"""Write the manifest by which napari finds volio: volio/napari.yaml, or the file that is named.

    tools/napari_manifest.py [FILE]

Installing volio does this (tools/build_hook.py); in a checkout that is installed editable, do it
again after the table of formats has changed. Needs Python alone.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from volio.display.handoff.napari_manifest import write_manifest  # noqa: E402

if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "volio" / "napari.yaml"
    write_manifest(target)
    print(f"{target}: written")
