"""CziArray: the pixels of a scene as a lazy array, drawn from the tiles that touch a box."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from functools import partial
from itertools import groupby, product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.chunk_cache import chunk_cache
from volio.arrays.dtypes import Array, cast_into
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import BLOCK, part_of, slices_of
from volio.arrays.lazy import LazyArray
from volio.files.sources.source import ByteSource
from volio.formats.czi.file import CziFile
from volio.formats.czi.mosaic import Mosaic, Sides
from volio.formats.czi.pixels import Samples, in_rgb_order
from volio.formats.czi.subblock import Location, Subblock
from volio.settings import options
from volio.threads import BackgroundWork

__all__ = ["CziArray"]

ALL = (slice(None), slice(None))
RAW_BLOCK = 16 * BLOCK  # bytes of rows of raw tiles that are best read at once


class CziArray(LazyArray):
    """The pixels of a scene at one resolution, read from the tiles that touch what is asked for.

    Made by `CziReader.array`. Where tiles overlap the one with the highest M counts; what no tile
    covers is 0. It pickles as the file that it reads from.

    Parameters
    ----------
    file : CziFile
    scene : int or None
        None for all scenes, in one plane.
    level : int
        0 for the finest.
    colours_apart : bool
        Whether samples of colours are channels of their own.
    """

    order = "C"

    def __init__(self, file: CziFile, scene: int | None, level: int, colours_apart: bool) -> None:
        self._file = file
        self._scene = scene
        self._level = level
        extents = file.scene(scene).extents
        self.samples = file.scene(scene).samples(colours_apart)
        channels = self.samples.channels
        self.has_channels = "C" in extents.letters or len(channels) > 1
        others = [
            length
            for letter, length in zip(extents.letters, extents.lengths, strict=True)
            if letter != "C"
        ]
        middle = [len(channels)] if self.has_channels else []
        self.shape = (*others, *middle, self.mosaic.height, self.mosaic.width)
        self.dtype = self.samples.dtype

    @property
    def axes(self) -> str:
        """Letters of the axes: of T, Z, B, H, V, R, I, C those there are, then Y and X."""
        letters = self._file.scene(self._scene).extents.letters.replace("C", "")
        return letters + ("C" if self.has_channels else "") + "YX"

    @property
    def mosaic(self) -> Mosaic:
        """Its tiles."""
        return self._file.scene(self._scene).levels[self._level]

    @property
    def source(self) -> ByteSource:
        """The file."""
        return self._file.source

    @property
    def sources(self) -> tuple[ByteSource, ...]:
        """The file."""
        return (self.source,)

    @property
    def chunks(self) -> tuple[int, ...]:
        """The plane of a common tile; some rows of one whose rows can be read alone."""
        table = self.mosaic.table
        width, height = np.median(table.stored, axis=0).astype(int).tolist()
        if not np.any(table.compression):
            height = min(height, max(1, RAW_BLOCK // (width * self.dtype.itemsize)))
        ones = [1] * (self.ndim - 2)
        return (*ones, min(height, self.shape[-2]), min(width, self.shape[-1]))

    def check(self) -> None:
        """Raise an error if the file has changed, or was closed."""
        self._file.check_open()
        self.source.open().close()

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of values; see `LazyArray.fill`.

        Raises
        ------
        CorruptFileError, TruncatedFileError
            If a subblock that is needed is damaged; the message has its place in the file.
        ImageFileError, MissingPackageError
            If its compression is not known, or needs a package.
        """
        if 0 in out.shape:
            return
        if not self.has_channels:
            out = part_of(out, [None, slice(None), slice(None)])
            box = (*box[:-2], (0, 1), *box[-2:])
        _BoxRead(self, self._file, out, box).run()

    def __dask_tokenize__(self) -> tuple[str, Any]:
        """Return what dask makes names of."""
        which = (self._scene, self._level, self.shape, str(self.dtype))
        return type(self).__qualname__, (self._file.identity, which)

    def __repr__(self) -> str:
        facts = f"axes={self.axes!r}, shape={self.shape}, dtype={self.dtype}"
        return f"{type(self).__name__}({self.source.name!r}, {facts})"


class _Draw(NamedTuple):
    """A tile that is to be drawn.

    Attributes
    ----------
    target : ndarray, shape (k, rows, columns)
        A view of the result, as large as what is drawn: `k` channels of it.
    samples : slice
        Which samples of the tile these are.
    tile : Subblock
    location : Location
    box : tuple of (start, stop)
        Which rows and columns of the tile.
    """

    target: Array
    samples: slice
    tile: Subblock
    location: Location
    box: Box


class _Channels(NamedTuple):
    """Channels of the result that are samples of one channel of the file."""

    channel: int
    target: slice
    samples: slice


class _BoxRead:
    """One read of a box, whose axes are those of planes, channels, rows and columns."""

    def __init__(self, array: CziArray, file: CziFile, out: Array, box: Box) -> None:
        self._samples: Samples = array.samples
        self._mosaic = array.mosaic
        self._file = file
        self._source = file.source
        self._identity = file.identity
        self._out = out
        self._box = box
        # Reading all of a large image must not throw out everything that is kept.
        self._is_large = prod(out.shape) * array.dtype.itemsize > options.chunk_memory // 2

    def run(self) -> None:
        """Draw all tiles; those that are compressed are decoded ahead on other threads."""
        waiting: deque[_Draw] = deque()
        decoding: BackgroundWork[Array] = BackgroundWork(options.threads)
        with decoding:
            for draw in self._draws():
                if not waiting and self._draw_at_once(draw):
                    continue
                waiting.append(draw)
                pixels = decoding.do(partial(self._pixels, draw))
                if pixels is not None:
                    self._draw(waiting.popleft(), pixels)
            for pixels in decoding.rest():
                self._draw(waiting.popleft(), pixels)

    def _draw_at_once(self, draw: _Draw) -> bool:
        """Draw a tile that is raw or was decoded before; return whether it is."""
        if draw.tile.is_raw:
            self._draw_raw(draw)
            return True
        kept = chunk_cache().find(self._key(draw.tile), None)
        if kept is None or kept.values is None:
            return False
        self._draw(draw, kept.values[slices_of(draw.box)])
        return True

    def _key(self, tile: Subblock) -> tuple[Hashable, Hashable]:
        return self._identity, tile.position

    def _draws(self) -> Iterator[_Draw]:
        """Go through the tiles of all planes, each plane from the lowest tile to the highest."""
        *others, channels, rows, columns = self._box
        sides = (*columns, *rows)
        groups = [*self._channels(*channels)]
        first = [start for start, _ in others]
        for position in product(*[range(*side) for side in others]):
            place = [at - start for at, start in zip(position, first, strict=True)]
            for group in groups:
                target = part_of(self._out[tuple(place)], [group.target, *ALL])
                yield from self._draws_of_plane(position, group, target, sides)

    def _channels(self, start: int, stop: int) -> Iterator[_Channels]:
        """Go through the channels of the file that a range of those of the image needs."""
        wanted = enumerate(self._samples.channels[start:stop])
        for channel, group in groupby(wanted, key=lambda each: each[1][0]):
            places = [(at, sample) for at, (_, sample) in group]
            targets = slice(places[0][0], places[-1][0] + 1)
            yield _Channels(channel, targets, slice(places[0][1], places[-1][1] + 1))

    def _draws_of_plane(
        self, position: tuple[int, ...], group: _Channels, target: Array, sides: Sides
    ) -> Iterator[_Draw]:
        has_channels = "C" in self._mosaic.extents.letters
        indices = (*position, group.channel) if has_channels else position
        tiles = self._mosaic.touching(self._mosaic.plane(indices), sides)
        draws = [self._draw_of(tile, place, group, target, sides) for tile, place in tiles]
        covers = [
            draw.target.shape == target.shape and draw.location.mask is None for draw in draws
        ]
        if True in covers:  # nothing below a tile that covers all is seen
            del draws[: len(covers) - 1 - covers[::-1].index(True)]
        else:
            target[...] = np.zeros((), target.dtype)
        yield from draws

    def _draw_of(
        self, tile: Subblock, place: Sides, group: _Channels, target: Array, sides: Sides
    ) -> _Draw:
        """Return what is to be drawn of a tile at a place: what is within the sides of the box."""
        left, right = max(place[0], sides[0]), min(place[1], sides[1])
        top, bottom = max(place[2], sides[2]), min(place[3], sides[3])
        part = target[:, top - sides[2] : bottom - sides[2], left - sides[0] : right - sides[0]]
        box = ((top - place[2], bottom - place[2]), (left - place[0], right - place[0]))
        return _Draw(part, group.samples, tile, self._file.location(tile), box)

    def _pixels(self, draw: _Draw) -> Array:
        """Return the part of a tile that is drawn: rows, columns, samples as R, G, B, A."""
        tile = draw.tile
        if tile.is_raw:
            return self._raw_pixels(draw)
        is_all = draw.target.shape[1:] == (tile.height, tile.width)
        decoded = chunk_cache().decoded_once(
            self._key(tile),
            None,  # the identity of the file has its signature
            partial(tile.decoded, self._source, draw.location),
            keep=not (self._is_large and is_all),
        )
        assert decoded is not None
        return decoded[slices_of(draw.box)]

    def _raw_pixels(self, draw: _Draw) -> Array:
        pixel = draw.tile.pixel
        shape = (*draw.target.shape[1:], pixel.samples)
        stored = np.empty(shape, pixel.dtype.newbyteorder("="))
        box = (*draw.box, (0, pixel.samples))
        decoder = draw.tile.decoder(draw.location)
        with self._source.open() as reader:
            decoder.fill(reader, stored, box)
        return in_rgb_order(stored)

    def _draw_raw(self, draw: _Draw) -> None:
        """Draw a raw tile: rows of one sample go right into the result."""
        target = draw.target
        if draw.location.mask is not None or draw.tile.pixel.samples > 1:
            self._draw(draw, self._raw_pixels(draw))
            return
        decoder = draw.tile.decoder(draw.location)
        out = target[0][..., np.newaxis]
        box = (*draw.box, (0, 1))
        if not decoder.fill_at_once(self._source, out, box):
            with self._source.open() as reader:
                decoder.fill(reader, out, box)

    def _draw(self, draw: _Draw, pixels: Array) -> None:
        """Copy pixels into the result, but those that the mask of their tile leaves out."""
        values = self._values(pixels, draw.samples)
        mask = draw.location.mask
        if mask is None:
            cast_into(draw.target, values)
            return
        drawn = draw.target.copy()
        cast_into(drawn, values)
        np.copyto(draw.target, drawn, where=mask.read(self._source, draw.box))

    def _values(self, pixels: Array, samples: slice) -> Array:
        """Return pixels as values of the image, axes (channels, rows, columns)."""
        if not self._samples.is_colour:
            return np.moveaxis(pixels[..., samples], -1, 0)
        values = np.empty(pixels.shape[:-1], self._samples.dtype)
        for sample, name in enumerate(self._samples.dtype.names or ()):
            values[name] = pixels[..., sample]
        return values[np.newaxis]
