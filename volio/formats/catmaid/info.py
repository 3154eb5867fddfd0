"""Stack and ProjectStack: what a CATMAID server says of a stack, checked.

Source: the answer to ``GET {project_id}/stack/{stack_id}/info`` of CATMAID's API,
https://catmaid.readthedocs.io/en/stable/api.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from operator import index
from typing import Any, Self

from volio.errors import HeaderDataError, UsageError
from volio.formats.catmaid.addresses import checked_image_base
from volio.formats.catmaid.fastest import fastest_mirror
from volio.formats.catmaid.mirrors import StackMirror
from volio.formats.catmaid.spaces import (
    MOST_LEVELS,
    CoordinateTransformer,
    Factors,
    StackOrientation,
    checked_numbers,
    checked_sizes,
    checked_zoom,
    scaling_factors,
)
from volio.numerals import parse_int

__all__ = ["ProjectStack", "Stack"]

DIMS = "xyz"
LONGEST = 1 << 48  # pixels along an axis, so that sums of positions fit int64
MOST_MIRRORS = 1000
SMALL = 1024  # where the server does not say how many levels there are, the last fits in this


class Stack:
    """An image in tiles, of which nothing but its size in pixels is known.

    Parameters
    ----------
    dimension : mapping
        Pixels along x, y and z.
    broken_slices : iterable of int or mapping, optional
        Slices that are not to be shown; where a mapping, to the offset of one to show instead.
    canary_location : mapping, optional
        A pixel whose tile is there, by which mirrors are timed. Default: the first.

    Attributes
    ----------
    mirrors : list of StackMirror
        The preferred one first.
    replacements : dict
        Broken slices to the offset of the one to show instead, where that is known.

    Raises
    ------
    HeaderDataError
        If lengths or slices are not valid.

    Examples
    --------
    >>> stack = volio.tiles.Stack({"x": 700, "y": 530, "z": 6}, broken_slices={"4": 1})
    >>> stack.broken_slices, stack.replacements
    ({4}, {4: 1})
    """

    num_zoom_levels: int = -1
    downsample_factors: Factors | None = None

    def __init__(
        self,
        dimension: Mapping[str, int],
        broken_slices: Any = None,
        canary_location: Mapping[str, int] | None = None,
    ) -> None:
        self.dimension = _integers("dimension", dimension, least=1)
        self.replacements = _replacements(broken_slices)
        self.broken_slices = _slices(broken_slices)
        self.canary_location = _integers("canary_location", canary_location or _ORIGIN, least=0)
        self.mirrors: list[StackMirror] = []

    def get_fastest_mirror(
        self, timeout: float = 1, reps: int = 1, normalise_by_tile_size: bool = True
    ) -> StackMirror:
        """Return the mirror that gives the tile at the canary location fastest.

        Parameters
        ----------
        timeout : float, optional
            Seconds without a byte after which a mirror is not usable.
        reps : int, optional
            How often each is asked.
        normalise_by_tile_size : bool, optional
            Whether the time for a pixel counts, not that for a tile.

        Raises
        ------
        UsageError
            If none answers with a tile of its size; the message says why of each.
        """
        return fastest_mirror(self, timeout, reps, normalise_by_tile_size)

    @property
    def spaces(self) -> CoordinateTransformer:
        """How coordinates of the stack belong together."""
        return CoordinateTransformer(downsample_factors=self.downsample_factors)

    @property
    def tile_orientation(self) -> str:
        """Orientation of the slices, for addresses of tiles."""
        return "xy"

    @property
    def level_count(self) -> int:
        """How many zoom levels there are."""
        if self.downsample_factors is not None:
            return len(self.downsample_factors)
        if self.num_zoom_levels >= 0:
            return self.num_zoom_levels + 1
        longest = max(self.dimension["x"], self.dimension["y"])
        fitting = (n for n in range(MOST_LEVELS) if ceil(longest / 2**n) <= SMALL)
        return next(fitting, MOST_LEVELS) + 1

    def level_factors(self, zoom: int) -> dict[str, float]:
        """Return how many stack pixels one of a zoom level has along x, y and z.

        Parameters
        ----------
        zoom : int
        """
        return scaling_factors(checked_zoom(zoom), self.downsample_factors)

    def level_shape(self, zoom: int) -> tuple[int, int, int]:
        """Return how many pixels a zoom level has along x, y and z.

        Parameters
        ----------
        zoom : int
        """
        factors = self.level_factors(zoom)
        x, y, z = (ceil(self.dimension[dim] / factors[dim]) for dim in DIMS)
        return x, y, z


class ProjectStack(Stack):
    """A stack and its place in a project.

    Parameters
    ----------
    dimension : mapping
        Pixels along x, y and z.
    translation : mapping
        Project coordinates (nm) of the corner of the first pixel.
    resolution : mapping
        Size of a pixel along x, y, z of the project, nm.
    orientation : {"xy", "xz", "zy"} or {0, 1, 2}
        Which project axes slices have: columns, then rows.
    broken_slices : iterable of int or mapping, optional
        Slices that are not to be shown; where a mapping, to the offset of one to show instead.
    canary_location : mapping, optional
        A pixel whose tile is there, by which mirrors are timed.

    Attributes
    ----------
    num_zoom_levels : int
        The coarsest level; -1 where the server does not say.
    downsample_factors : tuple of mapping or None
        How many stack pixels one of each level has along x, y, z, where the server says so.
    info : mapping
        All that the server says of the stack.

    Raises
    ------
    HeaderDataError
        If a number is not valid.

    Examples
    --------
    >>> size = {"x": 4, "y": 4, "z": 40}
    >>> origin = {"x": 0, "y": 0, "z": 0}
    >>> stack = volio.tiles.ProjectStack({"x": 700, "y": 530, "z": 6}, origin, size, "xz")
    >>> str(stack.orientation), stack.level_count, stack.level_shape(1)
    ('xz', 1, (350, 265, 6))
    """

    orientation_choices = {number: each.value for number, each in enumerate(StackOrientation)}

    def __init__(
        self,
        dimension: Mapping[str, int],
        translation: Mapping[str, float],
        resolution: Mapping[str, float],
        orientation: str | int,
        broken_slices: Any = None,
        canary_location: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(dimension, broken_slices, canary_location)
        self.translation = checked_numbers("translation", translation)
        self.resolution = checked_sizes("resolution", resolution)
        self.orientation = StackOrientation.from_value(orientation)
        self.info: Mapping[str, Any] = {}

    @property
    def spaces(self) -> CoordinateTransformer:
        """How coordinates of the project and of the stack belong together."""
        return CoordinateTransformer(
            self.resolution,
            self.translation,
            self.orientation,
            downsample_factors=self.downsample_factors,
        )

    @property
    def tile_orientation(self) -> str:
        """Orientation of the slices, for addresses of tiles."""
        return self.orientation.value

    @classmethod
    def from_stack_info(
        cls, stack_info: Mapping[str, Any], *, server: str = "", allow_private: bool = False
    ) -> Self:
        """Make a stack of what a CATMAID server says of it.

        Parameters
        ----------
        stack_info : mapping
            The answer to ``{project_id}/stack/{stack_id}/info``, or a saved one.
        server : str, optional
            Address of the CATMAID server; tiles of types 3 and 13, and image bases without a
            host, need it.
        allow_private : bool, optional
            Let mirrors be on hosts of a private network, or send on to one, though the server is
            not in it.

        Returns
        -------
        ProjectStack
            Its mirrors sorted by position, then title.

        Raises
        ------
        HeaderDataError
            If a field is missing or not valid.
        """
        stack = cls(
            _field(stack_info, "dimension"),
            _field(stack_info, "translation"),
            _field(stack_info, "resolution"),
            _field(stack_info, "orientation"),
            stack_info.get("broken_slices"),
            stack_info.get("canary_location"),
        )
        stack.info = stack_info
        stack.downsample_factors = _factors(stack_info.get("downsample_factors"))
        stack.num_zoom_levels = _zoom_levels(stack_info.get("num_zoom_levels", -1))
        stack.mirrors = _mirrors(stack_info, server, allow_private)
        return stack


_ORIGIN = dict.fromkeys(DIMS, 0)


def _field(stack_info: Mapping[str, Any], name: str) -> Any:
    if not isinstance(stack_info, Mapping) or stack_info.get(name) is None:
        raise HeaderDataError(f"stack info: {name}: is missing")
    return stack_info[name]


def _integers(name: str, values: Any, least: int) -> dict[str, int]:
    """Return an integer for each of x, y and z."""
    try:
        found = {dim: index(values[dim]) for dim in DIMS}
    except (TypeError, KeyError, IndexError):
        found = {}
    if not found or min(found.values()) < least or max(found.values()) > LONGEST:
        raise HeaderDataError(
            f"{name}: must have integers x, y, z of {least} to {LONGEST}, got {values!r:.80}"
        )
    return found


def _slices(broken_slices: Any) -> set[int]:
    """Return the numbers of broken slices, also where they are text, as keys in JSON are."""
    try:
        return {_number_of(each) for each in broken_slices or ()}
    except (TypeError, ValueError) as error:
        raise HeaderDataError(f"broken_slices: must be numbers of slices: {error}") from None


def _number_of(slice_number: Any) -> int:
    return parse_int(slice_number) if isinstance(slice_number, str) else index(slice_number)


def _replacements(broken_slices: Any) -> dict[int, int]:
    if not isinstance(broken_slices, Mapping):
        return {}
    try:
        return {_number_of(key): index(value) for key, value in broken_slices.items()}
    except (TypeError, ValueError) as error:
        raise HeaderDataError(
            f"broken_slices: must lead from slices to whole numbers of slices: {error}"
        ) from None


def _factors(found: Any) -> tuple[dict[str, float], ...] | None:
    if found is None:
        return None
    if not isinstance(found, list | tuple) or not 1 <= len(found) <= MOST_LEVELS + 1:
        raise HeaderDataError(
            f"downsample_factors: must be a list for 1 to {MOST_LEVELS + 1} levels, "
            f"got {found!r:.80}"
        )
    return tuple(checked_sizes(f"downsample_factors[{n}]", each) for n, each in enumerate(found))


def _zoom_levels(found: Any) -> int:
    if not isinstance(found, int) or not -1 <= found <= MOST_LEVELS:
        raise HeaderDataError(
            f"num_zoom_levels: must be an integer from -1 to {MOST_LEVELS}, got {found!r:.60}"
        )
    return int(found)


def _mirrors(stack_info: Mapping[str, Any], server: str, allow_private: bool) -> list[StackMirror]:
    found = stack_info.get("mirrors", [])
    if not isinstance(found, list | tuple) or len(found) > MOST_MIRRORS:
        raise HeaderDataError(f"mirrors: must be a list of at most {MOST_MIRRORS}")
    mirrors = [
        _mirror(each, f"mirrors[{n}]", server, allow_private) for n, each in enumerate(found)
    ]
    for mirror in mirrors:
        mirror.stack_url = _stack_url(stack_info, server)
        mirror.allow_private = allow_private
    return sorted(mirrors, key=lambda mirror: (mirror.position, mirror.title))


def _mirror(found: Any, what: str, server: str, allow_private: bool) -> StackMirror:
    if not isinstance(found, Mapping):
        raise HeaderDataError(f"{what}: must be a mapping, got {found!r:.60}")
    try:
        mirror = StackMirror.from_dict(found)
    except UsageError as error:
        raise HeaderDataError(f"{what}: {error}") from None
    if server and not mirror.tile_source_type.is_of_catmaid:
        base = checked_image_base(mirror.image_base, server, allow_private=allow_private)
        mirror = StackMirror.from_dict({**found, "image_base": base})
    return mirror


def _stack_url(stack_info: Mapping[str, Any], server: str) -> str:
    project = stack_info.get("pid")
    stack = stack_info.get("sid")
    if not server or not isinstance(project, int) or not isinstance(stack, int):
        return ""
    return f"{server.rstrip('/')}/{project}/stack/{stack}"
