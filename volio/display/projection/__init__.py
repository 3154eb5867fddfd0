"""Pictures of volumes in parallel projection."""

from volio.display.projection.picture import MODES, Projection, project

__all__ = ["MODES", "Projection", "project"]
