"""ImageFetcher: regions of a stack of tiles, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from os import PathLike, fspath
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.lazy import LazyArray
from volio.caller import warn_caller
from volio.errors import GeometryWarning, UsageError, UsageTypeError
from volio.formats.catmaid.broken import BROKEN_CHOICES
from volio.formats.catmaid.credentials import TileAccess
from volio.formats.catmaid.fastest import fastest_mirror
from volio.formats.catmaid.info import ProjectStack, Stack
from volio.formats.catmaid.mirrors import StackMirror
from volio.formats.catmaid.roi import pixel_box, roi_to_scaled
from volio.formats.catmaid.spaces import CoordinateTransformer, checked_dims, checked_zoom
from volio.formats.catmaid.tiles import TileChoices, TileSource, broken_slices
from volio.progress import TileProgress, Watcher
from volio.settings import options
from volio.threads import in_parallel
from volio.tiles.mirror_choice import MirrorChoice
from volio.tiles.names import BrokenSliceHandling, Orientation3D, ROIMode
from volio.tiles.reading import RegionWork, TileRead
from volio.tiles.regions import Region
from volio.tiles.result import RegionArray
from volio.tiles.supply import TileSupply
from volio.tiles.volumes import VolumeRead

__all__ = ["ImageFetcher"]


class Client(Protocol):
    """A client of a CATMAID server, such as catpy's."""

    project_id: int

    def get(self, relative_url: tuple[Any, ...]) -> Any:
        """Return the answer to a request, decoded."""


class ImageFetcher:
    """Regions of a stack of tiles, fetched one tile after the other.

    Parameters
    ----------
    stack : Stack
        With its mirrors.
    output_orientation : str, optional
        Order of axes of regions and results: a permutation of xyz, the slowest first in memory.
    preferred_mirror : StackMirror, int or str, optional
        A mirror of the stack, or its position or title.
    timeout : float, optional
        Seconds without a byte after which a request has failed; twice as long each time that it
        is tried again.
    cache_items, cache_bytes : int or None, optional
        How many decoded tiles the fetcher keeps, and how many bytes they may take. All tiles are
        kept by the process besides, as far as ``volio.options.chunk_memory`` goes.
    broken_slice_handling : {"fill", "above", "below", "closest", "interpolate"}, optional
        What is shown in place of broken slices.
    cval : scalar, optional
        Value where there is no tile.
    auth : optional
        What is sent with requests to mirrors that have none of their own: user and password, or a
        callable that adds headers to a request, as the authentications of requests do.
    cache_folder : path, optional
        Where tiles are kept on disk.
    missing : {"fill", "error"}, optional
        What becomes of tiles that the server does not have.
    failover : bool, optional
        Whether other mirrors with tiles of the same size are asked where one fails.
    color : {"gray", "rgb"}, optional
        Whether colours become luminance, or are kept.

    Attributes
    ----------
    show_progress : bool
        Whether long reads draw how far they are; of the class, or of one fetcher.

    Raises
    ------
    UsageError
        If an argument is not valid.

    Examples
    --------
    >>> stack = volio.tiles.Stack({"x": 700, "y": 530, "z": 6})
    >>> stack.mirrors.append(volio.tiles.StackMirror("https://host/em", 128, 256, 4, "png"))
    >>> fetcher = volio.tiles.ImageFetcher(stack, preferred_mirror=0)
    >>> fetcher.roi_to_scaled([[0, 0, 0], [1, 101, 101]], "stack", zoom_level=1).tolist()
    [[0, 0, 0], [1, 51, 51]]
    """

    show_progress: bool = True
    #: Order of the axes of tiles: a stack of rows of pixels.
    source_orientation = "zyx"

    def __init__(
        self,
        stack: Stack,
        output_orientation: str = Orientation3D.C,
        preferred_mirror: StackMirror | int | str | None = None,
        timeout: float = 1,
        cache_items: int | None = 10,
        cache_bytes: int | None = None,
        broken_slice_handling: str = BrokenSliceHandling.FILL,
        cval: float = 0,
        auth: Any = None,
        *,
        cache_folder: str | PathLike[str] | None = None,
        missing: str = "fill",
        failover: bool = False,
        color: str = "gray",
    ) -> None:
        self.stack = stack
        self.target_orientation = checked_dims(output_orientation)
        self.timeout = timeout
        self.broken_slice_handling = _checked_handling(broken_slice_handling)
        self.cval = cval
        self.cache_folder = cache_folder
        self.missing = missing
        self.failover = failover
        self.color = color
        self._choices()  # refuses words that are not known
        self._access = TileAccess(auth=auth, is_pickled=True)
        self._supply = TileSupply(stack, self._access, cache_items, cache_bytes)
        self._mirrors = MirrorChoice(stack)
        self._mirrors.choose(preferred_mirror)
        self._is_closed = False

    @property
    def coord_trans(self) -> CoordinateTransformer:
        """How coordinates of the project and of the stack belong together."""
        return self.stack.spaces

    @property
    def depth_dimension(self) -> str:
        """The stack axis along which slices follow each other."""
        return "z"

    @property
    def auth(self) -> Any:
        """What is sent with the next request: that of the mirror, else of the fetcher."""
        chosen = self._mirrors.chosen
        of_mirror = None if chosen is None else chosen.auth
        return self._access.auth if of_mirror is None else of_mirror

    @auth.setter
    def auth(self, value: Any) -> None:
        self._access.auth = value

    @property
    def mirror(self) -> StackMirror:
        """The mirror whose tiles are fetched; where none is set, the first, with a warning.

        It is set by itself, by its position, or by its title.
        """
        return self._mirrors.current()

    @mirror.setter
    def mirror(self, value: StackMirror | int | str | None) -> None:
        self._mirrors.choose(value)

    def get(
        self,
        roi: ArrayLike,
        roi_mode: str = ROIMode.STACK,
        zoom_level: int = 0,
        out: Any = None,
        *,
        progress: Watcher | None = None,
    ) -> Any:
        """Fetch a region.

        Parameters
        ----------
        roi : (2, 3) array-like
            Lower and upper bounds, half-open, in the order of the axes of the result. What is
            beyond the stack has the fill value.
        roi_mode : {"stack", "scaled", "project"}, optional
            Whether the region is in pixels of level 0, in pixels of the level that is read, or
            in nm.
        zoom_level : int, optional
            Level that is read.
        out : optional
            What takes the values: an array, a memory map, a dataset of h5py or zarr, or a writer.
        progress : callable, optional
            ``progress(done, total)`` is called with numbers of tiles; of slices, where a mirror
            has no tiles.

        Returns
        -------
        ndarray
            Of the dtype of the tiles; uint8 where there are none. Or `out`.

        Raises
        ------
        UsageError
            If an argument is not valid; nothing was fetched then.
        RemoteError
            If a tile cannot be had; `out` has those that came before.
        CorruptFileError
            If what a server sent is not a tile.
        """
        self._check_open()
        level = checked_zoom(zoom_level)
        if level < 0:
            raise UsageError(f"zoom level: must be 0 or more to fetch tiles, got {level}")
        scaled = self.roi_to_scaled(roi, roi_mode, level)
        box = pixel_box(scaled, self.target_orientation)
        region = Region(box, self.stack.level_shape(level), self.target_orientation)
        result = RegionArray(region, self.cval, out)
        if 0 not in region.shape:
            self._read(region, result, level, progress)
        return result.finish()

    def _read(
        self, region: Region, result: RegionArray, level: int, watcher: Watcher | None
    ) -> None:
        source = self._supply.source(self.mirror, self._choices())
        slices = broken_slices(self.stack, level, self.broken_slice_handling)
        work = RegionWork(region, result, slices)
        for place in region.outside():
            result.fill(place)
        if source.mirror.tile_source_type.has_tiles:
            self._read_tiles(source, level, work, watcher)
        elif region.inside is not None:
            self._read_volume(self._supply.volume(source, level), work, watcher)

    def _read_tiles(
        self, source: TileSource, level: int, work: RegionWork, watcher: Watcher | None
    ) -> None:
        read = TileRead(work, partial(self._supply.tile, source), source.url_of)
        count = work.region.tile_count(source.mirror)
        with TileProgress(count, watcher, self.show_progress) as progress:
            take = partial(read.take, on_tile=progress.step)
            in_parallel(take, work.region.parts(source.mirror, level), self._threads())
        read.warn()

    def _read_volume(self, volume: LazyArray, work: RegionWork, watcher: Watcher | None) -> None:
        read = VolumeRead(work, volume)
        with (
            TileProgress(work.region.slice_count, watcher, self.show_progress) as progress,
            options(connections=self._threads()),
        ):
            read.run(progress.step)
        read.warn()

    def _choices(self) -> TileChoices:
        folder = None if self.cache_folder is None else fspath(self.cache_folder)
        return TileChoices(
            missing=self.missing,
            cval=self.cval,
            color=self.color,
            failover=self.failover,
            timeout=self.timeout,
            cache_folder=folder,
        )

    def _threads(self) -> int:
        return 1

    def get_project_space(self, roi: ArrayLike, zoom_level: int = 0, out: Any = None) -> Any:
        """Fetch a region that is in nm of the project; see `get`.

        Parameters
        ----------
        roi : (2, 3) array-like
        zoom_level : int, optional
        out : optional
        """
        return self.get(roi, ROIMode.PROJECT, zoom_level, out)

    def get_stack_space(self, roi: ArrayLike, zoom_level: int = 0, out: Any = None) -> Any:
        """Fetch a region that is in pixels of level 0; see `get`.

        Parameters
        ----------
        roi : (2, 3) array-like
        zoom_level : int, optional
        out : optional
        """
        return self.get(roi, ROIMode.STACK, zoom_level, out)

    def get_scaled_space(self, roi: ArrayLike, zoom_level: int = 0, out: Any = None) -> Any:
        """Fetch a region that is in pixels of the level that is read; see `get`.

        Parameters
        ----------
        roi : (2, 3) array-like
        zoom_level : int, optional
        out : optional
        """
        return self.get(roi, ROIMode.SCALED, zoom_level, out)

    def roi_to_scaled(
        self, roi: ArrayLike, roi_mode: str = ROIMode.STACK, zoom_level: int = 0
    ) -> NDArray[np.int64]:
        """Return the pixels of a level that a region touches.

        Parameters
        ----------
        roi : (2, 3) array-like
            Lower and upper bounds, half-open, in the order of the axes of results.
        roi_mode : {"stack", "scaled", "project"}, optional
            The space that it is in.
        zoom_level : int, optional

        Returns
        -------
        (2, 3) ndarray of int64
            Rounded outwards.

        Raises
        ------
        UsageError
            If the region or the level make no sense, or the stack is not of a project.
        """
        if roi_mode == ROIMode.PROJECT:
            self._check_project()
        spaces = self.stack.spaces
        return roi_to_scaled(roi, roi_mode, zoom_level, spaces, self.target_orientation)

    def _check_project(self) -> None:
        if not isinstance(self.stack, ProjectStack):
            raise UsageError("roi mode: 'project' needs a stack of a project, with a resolution")
        if self.stack.tile_orientation != "xy":
            warn_caller(
                f"the stack is of orientation {self.stack.tile_orientation}: the region is in axes "
                "of the project, the array in those of the stack",
                GeometryWarning,
            )

    def clear_cache(self) -> None:
        """Forget the decoded tiles of this stack, in fetcher and process; those on disk stay."""
        self._supply.forget(self._choices())

    def set_fastest_mirror(self, reps: int = 1, normalise_by_tile_size: bool = True) -> None:
        """Choose the mirror that answers fastest.

        Parameters
        ----------
        reps : int, optional
            How often each is asked.
        normalise_by_tile_size : bool, optional
            Whether the time for a pixel counts, not that for a tile.

        Raises
        ------
        UsageError
            If none answers with the tile at the canary location.
        """
        self._check_open()
        fastest = fastest_mirror(
            self.stack, self.timeout, reps, normalise_by_tile_size, self._access.to_mirror
        )
        self._mirrors.choose(fastest)

    @classmethod
    def from_stack_info(cls, stack_info: Mapping[str, Any], *args: Any, **kwargs: Any) -> Self:
        """Make a fetcher of what a CATMAID server says of a stack.

        Parameters
        ----------
        stack_info : mapping
        *args, **kwargs
            Of the fetcher; ``server=`` is the address of the CATMAID server, and
            ``allow_private=True`` lets mirrors be in a private network though the server is not.
        """
        server = kwargs.pop("server", "")
        allow_private = kwargs.pop("allow_private", False)
        stack = ProjectStack.from_stack_info(stack_info, server=server, allow_private=allow_private)
        return cls(stack, *args, **kwargs)

    @classmethod
    def from_catmaid(cls, catmaid: Client, stack_id: int, *args: Any, **kwargs: Any) -> Self:
        """Make a fetcher of a stack, of which a client asks the server.

        Parameters
        ----------
        catmaid : object
            With ``project_id``, and ``get`` or ``fetch``, as a client of catpy.
        stack_id : int
        *args, **kwargs
            Of the fetcher.

        Raises
        ------
        UsageTypeError
            If the client is not one.
        """
        ask = getattr(catmaid, "get", None) or getattr(catmaid, "fetch", None)
        if ask is None or not hasattr(catmaid, "project_id"):
            raise UsageTypeError(
                f"catmaid: must have project_id, and get or fetch, got {type(catmaid).__name__}"
            )
        info = ask((catmaid.project_id, "stack", stack_id, "info"))
        server = getattr(catmaid, "base_url", "")
        if isinstance(server, str):
            kwargs.setdefault("server", server)
        return cls.from_stack_info(info, *args, **kwargs)

    def close(self) -> None:
        """Forget the tiles of the fetcher, which fetches nothing from then on."""
        self._is_closed = True
        self._supply.clear()

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise UsageError("the fetcher is closed")


def _checked_handling(word: str) -> BrokenSliceHandling:
    if word not in BROKEN_CHOICES:
        known = ", ".join(BROKEN_CHOICES)
        raise UsageError(f"broken_slice_handling: must be one of {known}, got {word!r:.60}")
    return BrokenSliceHandling(word)
