"""CziHeader: what is known of an image in a CZI file besides its pixels."""

from __future__ import annotations

from dataclasses import dataclass, field

from volio.arrays.dtypes import RGB, RGBA, DType
from volio.formats.czi.extents import Rectangle
from volio.images.microscopy import MicroscopyFacts, MicroscopyHeader

__all__ = ["CziFacts", "CziHeader"]


@dataclass(frozen=True)
class CziFacts(MicroscopyFacts):
    """What a CZI file says besides shape, dtype and affine.

    Parameters
    ----------
    scenes : dict of int to Rectangle
        Position of each scene, by its index, in pixels of the plane that holds all.
    scene : int, optional
        The one that is shown; None for all.
    """

    scenes: dict[int, Rectangle] = field(default_factory=dict)
    scene: int | None = None


class CziHeader(MicroscopyHeader):
    """The header of an image in a CZI file: axes, unit, channels, scenes, shape, dtype and affine.

    Parameters
    ----------
    facts : MicroscopyFacts, optional
        What the file says (default: axes x, y, z).

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> header = volio.load(samples_of("czi")[0].path).header
    >>> header.axes, header.unit, header.channel_names
    (('x', 'y', 'z', 't', 'c'), 'micrometer', ('DAPI', 'GFP'))
    >>> header.scenes[0]
    Rectangle(x=-4, y=2, w=14, h=8)
    """

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that pixels can have, colours too."""
        return [*super().supported_dtypes(), RGB, RGBA]

    @property
    def scenes(self) -> dict[int, Rectangle]:
        """Position of each scene, by its index, in pixels of the plane that holds all.

        Empty where the file has no scenes.
        """
        return dict(self.facts.scenes) if isinstance(self.facts, CziFacts) else {}

    @property
    def scene(self) -> int | None:
        """The scene that is shown; None for all of them in one plane."""
        return self.facts.scene if isinstance(self.facts, CziFacts) else None
