"""ThreadedImageFetcher: an `ImageFetcher` with many requests under way at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.errors import UsageError
from volio.formats.catmaid.info import Stack
from volio.formats.catmaid.mirrors import StackMirror
from volio.tiles.fetcher import ImageFetcher
from volio.tiles.names import BrokenSliceHandling, Orientation3D

__all__ = ["ThreadedImageFetcher"]


class ThreadedImageFetcher(ImageFetcher):
    """Regions of a stack of tiles, with many requests under way at a time.

    Results are those of `ImageFetcher`, sooner.

    Parameters
    ----------
    stack, output_orientation, preferred_mirror, timeout, cache_items, cache_bytes : optional
        As for `ImageFetcher`.
    broken_slice_handling, cval, auth : optional
        As for `ImageFetcher`.
    threads : int, optional
        How many requests.
    **choices
        ``cache_folder``, ``missing``, ``failover`` and ``color`` of `ImageFetcher`.

    Raises
    ------
    UsageError
        If an argument is not valid.

    Examples
    --------
    >>> from volio.testing.servers.tile_server import TileServer
    >>> from volio.testing.servers.web_server import serving
    >>> with serving(TileServer(4)) as server:
    ...     fetcher = volio.tiles.ThreadedImageFetcher.from_stack_info(server.info(), "xyz", 0)
    ...     fetcher.get([[0, 0, 0], [512, 256, 2]]).shape
    (512, 256, 2)
    """

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
        threads: int = 10,
        **choices: Any,
    ) -> None:
        super().__init__(
            stack,
            output_orientation,
            preferred_mirror,
            timeout,
            cache_items,
            cache_bytes,
            broken_slice_handling,
            cval,
            auth,
            **choices,
        )
        if not isinstance(threads, int | np.integer) or threads < 1:
            raise UsageError(f"threads: must be an integer of 1 or more, got {threads!r:.60}")
        self.threads = int(threads)

    def _threads(self) -> int:
        return self.threads
