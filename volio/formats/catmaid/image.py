"""CatmaidImage: a stack of a CATMAID server, in its zoom levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.arrays.lazy import LazyArray
from volio.errors import HeaderDataError, UsageError
from volio.files.filemap import FileHolder
from volio.formats.catmaid.chunked_mirrors import chunked_level
from volio.formats.catmaid.credentials import TileAccess
from volio.formats.catmaid.description import read_description, stack_address
from volio.formats.catmaid.header import CatmaidFacts, CatmaidHeader
from volio.formats.catmaid.info import ProjectStack
from volio.formats.catmaid.mirrors import StackMirror, find_mirror
from volio.formats.catmaid.tiles import TileChoices, TileChunks, TileSource, broken_slices
from volio.images.multiscale import MultiscaleImage, OpenedLevels
from volio.images.named_axes import FileAxis

__all__ = ["CatmaidImage"]

IN_SPACE = tuple([FileAxis(name, "space", "nanometer") for name in "zyx"])
FASTEST = "fastest"
SHOWN_SLICES = 20  # broken ones

Broken = Literal["fill", "above", "below", "closest", "interpolate"]


class CatmaidImage(MultiscaleImage):
    """A stack of a CATMAID server, in its zoom levels; read only.

    Tiles are fetched when voxels are asked for. Axes are x, y, z of the stack. The affine is in mm
    and leads to the axes of the project, which are not known to be RAS+: voxel i of the stack
    covers i to i + 1, so its centre is half a voxel further.

    Parameters
    ----------
    dataobj : array-like
        Voxels, axes (x, y, z); an array or a lazy array.
    affine : (4, 4) array-like or None
        Voxel indices (voxel centres at integers) to mm; None for unknown.
    header : header, optional
        What else is known, of any class (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image; not saved.
    file_map : mapping, optional
        Address of the stack, or file with its description.
    dtype : dtype-like, optional
        dtype of the voxels in the file (default: the header's, or the array's).

    Examples
    --------
    >>> import json
    >>> from pathlib import Path
    >>> mirror = {"image_base": "https://host/em/", "tile_source_type": 4, "file_extension": "png"}
    >>> mirror |= {"tile_width": 256, "tile_height": 128}
    >>> info = {"dimension": {"x": 700, "y": 530, "z": 6}, "mirrors": [mirror]}
    >>> info |= {"resolution": {"x": 4, "y": 4, "z": 40}, "translation": {"x": 0, "y": 0, "z": 80}}
    >>> info |= {"orientation": 0, "num_zoom_levels": 2}
    >>> _ = Path("stack.json").write_text(json.dumps(info))
    >>> img = volio.load("stack.json")  # or "catmaid+https://host/1/stack/5"
    >>> img.shape, img.levels[1].shape, img.header.unit
    ((700, 530, 6), (350, 265, 6), 'nanometer')
    """

    header_class = CatmaidHeader
    header: CatmaidHeader
    files_types = (("image", ""),)
    valid_exts = ()
    makeable = False
    rw = False
    _voxels_are = "on a server"

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        level: int = 0,
        mirror: int | str | None = None,
        token: str | None = None,
        auth: Any = None,
        broken: Broken = "fill",
        missing: Literal["fill", "error"] = "fill",
        missing_codes: Sequence[int] = (404, 410),
        cval: float = 0,
        color: Literal["gray", "rgb"] = "gray",
        dtype: DTypeLike = np.uint8,
        failover: bool = False,
        timeout: float = 10.0,
        cache: str | None = None,
        server: str = "",
        allow_private: bool = False,
        pickle_auth: bool = False,
        mmap: bool | str | None = None,
        keep_file_open: bool | None = None,
    ) -> Self:
        """Load a stack from its address, or from a file with its description.

        Parameters
        ----------
        file_map : mapping
            'image' to the `FileHolder` of ``catmaid+https://host/1/stack/5``, or of a file with
            what a server says at ``https://host/1/stack/5/info``.
        level : int, optional
            Which zoom level, 0 for the finest.
        mirror : int or str, optional
            Position or title of the mirror that has the tiles, or ``"fastest"``, which is found at
            the first read among those with tiles as large as the first one's (default: the first
            by position).
        token : str, optional
            Of the API; sent to the server, and to mirrors on the same host. Default: that of the
            host in the environment variable ``VOLIO_CATMAID_TOKEN`` (``host=token``).
        auth : optional
            (user, password), or a callable that adds headers to a request; for the same hosts.
        broken : {"fill", "above", "below", "closest", "interpolate"}
            What is shown in place of slices that the server says are broken: `cval`, the nearest
            valid slice of lower z, of higher z, the one that the server names, or what is between
            two.
        missing : {"fill", "error"}
            What becomes of tiles that the server does not have.
        missing_codes : sequence of int, optional
            Answers that mean so.
        cval : scalar, optional
            Value of voxels that are not there.
        color : {"gray", "rgb"}
            Colours become luminance, or are kept.
        dtype : dtype-like, optional
            That tiles have, for those of more than 8 bits.
        failover : bool, optional
            Whether another mirror is asked where one fails: mirrors may differ in their pixels.
        timeout : float, optional
            Seconds without a byte after which the first try has failed; twice as long each time.
        cache : str, optional
            Folder in which tiles are kept (default: ``volio.options.cache_folder``).
        server : str, optional
            Address of the CATMAID server, where the description is read from a file.
        allow_private : bool, optional
            Let mirrors be on hosts of a private network, or server and mirrors send on to one,
            though the server is not in it.
        pickle_auth : bool, optional
            Whether pickles of the image have token and auth in them.
        mmap, keep_file_open : optional
            Of no use here: tiles are decoded.

        Raises
        ------
        RemoteMissingError
            If the server has no such stack.
        RemoteError, ImageFileError
            If the description cannot be had.
        HeaderError
            If it makes no sense.
        UsageError
            If there is no such level, mirror or choice.
        """
        address = stack_address(file_map["image"].filename) if "image" in file_map else None
        base = address.server if address is not None else server
        access = TileAccess(token, auth, base, is_pickled=pickle_auth)
        info = read_description(file_map, access, timeout, allow_private=allow_private)
        if address is not None:  # servers do not repeat what they were asked by
            info = {"pid": address.pid, "sid": address.sid, **info}
        name = str(file_map["image"].filename or "stack info")
        stack = _stack_of(info, name, base, allow_private=allow_private)
        chosen = _chosen_mirror(stack, mirror, name)
        choices = TileChoices(missing, tuple(missing_codes), cval, color, failover, timeout, cache)
        source = TileSource(stack, chosen, access, choices)
        if mirror == FASTEST:
            source.choose_later()
        opened = _OpenedStack(name, stack, source, broken, np.dtype(dtype))
        return cls._of_level(opened, level, file_map)

    def _further_facts(self) -> dict[str, str]:
        header = self.header
        broken = ", ".join(map(str, header.broken_slices[:SHOWN_SLICES]))
        if len(header.broken_slices) > SHOWN_SLICES:
            broken += f", … ({len(header.broken_slices)})"
        found = {
            "title": header.title,
            **super()._further_facts(),
            "mirrors": ", ".join(mirror.title or mirror.image_base for mirror in header.mirrors),
            "broken slices": broken,
        }
        # Text of a server may have what a terminal takes as a command.
        return {name: _printable(text) for name, text in found.items() if text}


def _printable(text: str) -> str:
    return "".join([letter if letter.isprintable() else "?" for letter in text])


def _stack_of(
    info: Mapping[str, Any], name: str, server: str, *, allow_private: bool
) -> ProjectStack:
    """Return the stack of a description; errors begin with the name of what describes it."""
    try:
        return ProjectStack.from_stack_info(info, server=server, allow_private=allow_private)
    except HeaderDataError as error:
        raise HeaderDataError(f"{name}: {error}") from error


def _chosen_mirror(stack: ProjectStack, wanted: int | str | None, name: str) -> StackMirror:
    if not stack.mirrors:
        raise HeaderDataError(f"{name}: mirrors: there are none, so there are no tiles")
    if wanted is None or wanted == FASTEST:
        return stack.mirrors[0]
    found = find_mirror(stack.mirrors, wanted)
    if found is None:
        known = ", ".join(f"{each.position}: {each.title!r}" for each in stack.mirrors)
        raise UsageError(f"mirror: {name} has {known}, got {wanted!r:.60}")
    return found


class _OpenedStack(OpenedLevels):
    """A stack whose description was read."""

    def __init__(
        self,
        name: str,
        stack: ProjectStack,
        source: TileSource,
        broken: str,
        dtype: np.dtype[Any],
    ) -> None:
        super().__init__(name, IN_SPACE, stack.level_count)
        self.stack = stack
        self.source = source
        self.broken = broken
        self.dtype = dtype

    def stored(self, level: int) -> LazyArray:
        if not self.source.mirror.tile_source_type.has_tiles:
            return chunked_level(self.source, level)
        broken = broken_slices(self.stack, level, self.broken)
        return TileChunks(self.source, level, broken, self.dtype).array()

    def matrix(self, level: int) -> NDArray[np.float64]:
        # Rows and columns z, y, x in place of x, y, z, and nm in place of mm.
        matrix = np.eye(4)
        matrix[:3] = self.stack.spaces.level_affine(level)[2::-1, [2, 1, 0, 3]] * 1e6
        return matrix

    def facts(self, *, anatomical: bool) -> CatmaidFacts:
        return CatmaidFacts(
            self.shown.names,
            self.file_axes,
            anatomical=anatomical,
            metadata=self.stack.info,
            stack=self.stack,
        )
