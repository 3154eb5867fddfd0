"""CziImageStack: patches of a scene of a CZI file."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from os import PathLike, fspath
from pathlib import Path
from typing import Literal, NamedTuple, Self, get_args

from volio.errors import UsageError
from volio.files.remote.addresses import is_address
from volio.formats.czi import CziReader, Rectangle
from volio.formats.parts import split_part
from volio.stacks.lazy import ArrayImageStack

__all__ = ["CziImageStack", "CziReader", "DepthAxis", "Rectangle"]

DepthAxis = Literal["none", "Z", "T"]

ALWAYS_THERE = "TZ"  # among the original axes, of length 1 where the file has none


class CziImageStack(ArrayImageStack):
    """A stack of a scene of a CZI file; a patch reads the tiles that it touches.

    Samples are all dimensions of the file but channels, depth and those of the plane: T, Z, B, H,
    V, R and I, of which T varies slowest. Red, green and blue are channels. Pixels that no tile
    covers are 0; where tiles overlap the one with the highest M counts.

    Parameters
    ----------
    data_path : str or PathLike
        Path or address of the file. ``slide.czi@3`` is its scene 3.
    scene : int, optional
        Index of a scene; by default the whole plane, with all scenes where they lie.
    depth_axis : {"none", "Z", "T"}
        What is the depth of patches; "none" for patches of two axes.

    Attributes
    ----------
    source : Path, or str for an address
        Of the file, with ``@scene``: another stack can be made of it.
    data_path : Path, or str for an address
        Of the file.
    scene : int or None
    axes : str
        ``SCYX``, ``SCZYX`` or ``SCTYX``.
    data_shape : list of int
        Lengths of these axes.
    data_dtype : numpy.dtype
        Of the pixels in the file.
    original_axes : str
        Samples taken apart, as ``TZCYX``.
    original_data_shape : tuple of int

    Raises
    ------
    UsageError
        If there is no such scene, one is given twice, or the depth has not several indices.
    MissingFileError, ImageFileError, HeaderError
        If the file is not there, or makes no sense.

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> path = samples_of("czi")[0].path
    >>> stack = volio.stacks.CziImageStack(f"{path}@1")
    >>> stack.axes, stack.data_shape, stack.original_axes
    ('SCYX', [1, 2, 7, 9], 'TZCYX')
    >>> stack.extract_patch(0, [1], coords=(5, -1), patch_size=(3, 2)).shape
    (1, 3, 2)
    >>> volio.stacks.CziImageStack.get_bounding_rectangles(path)[1]
    Rectangle(x=20, y=-3, w=9, h=7)
    """

    def __init__(
        self,
        data_path: str | PathLike[str],
        scene: int | None = None,
        depth_axis: DepthAxis = "none",
    ) -> None:
        place = _place_of(fspath(data_path), scene)
        self.data_path = place.path
        self.scene = place.scene
        self._is_open = True
        array = CziReader(place.path).array(place.scene, colours_apart=True)
        lengths = dict(zip(array.axes, array.shape, strict=True))
        depth = _depth_of(depth_axis, lengths, self.source)
        samples = "".join([axis for axis in array.axes if axis not in {"C", "Y", "X", depth}])
        super().__init__(array, array.axes, samples, f"{depth}YX")
        self.axes = f"SC{depth}YX"
        self.original_axes = _original_axes(samples, depth)
        self.original_data_shape = tuple([lengths.get(axis, 1) for axis in self.original_axes])
        counts = self.original_data_shape[: self.original_axes.index("C")]
        self.data_shape: list[int] = [prod(counts), *self.original_data_shape[len(counts) :]]

    @classmethod
    def get_bounding_rectangles(
        cls, czi: str | PathLike[str] | CziReader
    ) -> dict[int | None, Rectangle]:
        """Return where the scenes of a file lie in its plane.

        Parameters
        ----------
        czi : str, PathLike or CziReader
            Path of the file, or an opened one.

        Returns
        -------
        dict of int or None to Rectangle
            ``(x, y, w, h)`` in pixels, by the index of the scene; for a file without scenes that
            of all pixels, under None.

        Raises
        ------
        MissingFileError, ImageFileError, HeaderError
            If the file is not there, or makes no sense.
        """
        reader = czi if isinstance(czi, CziReader) else CziReader(czi)
        scenes: dict[int | None, Rectangle] = dict(reader.scenes.items())
        return scenes or {None: reader.bounds}

    @property
    def source(self) -> Path | str:
        """Path or address of the file, with ``@scene`` where the stack is one scene."""
        if self.scene is None:
            return self.data_path
        name = f"{self.data_path}@{self.scene}"
        return Path(name) if isinstance(self.data_path, Path) else name

    def close(self) -> None:
        """Take no more patches; nothing stays open before."""
        self._is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if not self._is_open:
            raise UsageError(f"{self.source}: the stack was closed")


class _Place(NamedTuple):
    """A scene of a file; None for all of them."""

    path: Path | str
    scene: int | None


def _place_of(name: str, scene: int | None) -> _Place:
    part = split_part(name)
    file = part.name if is_address(part.name) else Path(part.name)
    if not part.suffix:
        return _Place(file, scene)
    if set(part.choices) != {"scene"}:
        raise UsageError(f"data_path: only a scene may follow @, got {name!r}")
    if scene is not None:
        raise UsageError(f"scene: {name!r} names a scene already, and scene={scene} was given")
    return _Place(file, int(part.choices["scene"]))


def _depth_of(axis: DepthAxis, lengths: Mapping[str, int], source: Path | str) -> str:
    """Return the letter of the depth, "" for none."""
    if axis not in get_args(DepthAxis):
        raise UsageError(f"depth_axis: must be 'none', 'Z' or 'T', got {axis!r}")
    if axis == "none":
        return ""
    if lengths.get(axis, 1) == 1:
        raise UsageError(f"depth_axis: {source} has one index along {axis}, and no depth")
    return axis


def _original_axes(samples: str, depth: str) -> str:
    """Return letters with the samples apart, of which T and Z are always there."""
    always = [axis for axis in ALWAYS_THERE if axis != depth]
    others = [axis for axis in samples if axis not in ALWAYS_THERE]
    return "".join([*always, *others, "C", depth, "YX"])
