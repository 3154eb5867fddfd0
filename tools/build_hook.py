"""What hatchling runs when it builds volio: writes the files that are made from the package."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManifestHook(BuildHookInterface):
    """Write the manifest by which napari finds volio."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write it into the package, from which it is taken as an artifact."""
        sys.path.insert(0, self.root)
        try:
            from volio.display.handoff.napari_manifest import write_manifest
        finally:
            sys.path.remove(self.root)
        write_manifest(Path(self.root) / "volio" / "napari.yaml")
