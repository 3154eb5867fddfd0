"""Drawing: the tiles of a mosaic that touch a box, one over the other, into an array."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, groupby, islice, product
from math import prod
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.chunk_cache import chunk_cache, is_large_read, keep_freed_memory
from volio.arrays.dtypes import Array, cast_into
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import lengths_of, part_of, slices_of
from volio.formats.czi.file import CziFile
from volio.formats.czi.mosaic import Mosaic, Sides
from volio.formats.czi.pixels import Samples, in_rgb_order
from volio.formats.czi.subblock import Location, Subblock
from volio.settings import options
from volio.threads import BackgroundWork, in_parallel

__all__ = ["BoxDrawing"]

ALL = (slice(None), slice(None))
MANY = 256  # tiles of a plane


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
    corner : (int, int)
        Row and column of the plane that is read at which the target begins.
    """

    target: Array
    samples: slice
    tile: Subblock
    location: Location
    box: Box
    corner: tuple[int, int]

    @property
    def is_opaque(self) -> bool:
        """Whether it has no mask."""
        return self.location.mask is None

    def covers(self, plane: Array) -> bool:
        """Return whether nothing of a plane is seen below this tile."""
        return self.is_opaque and self.target.shape == plane.shape


class _Channels(NamedTuple):
    """Channels of the result that are samples of one channel of the file."""

    channel: int
    target: slice
    samples: slice


class BoxDrawing:
    """One read of a box.

    Parameters
    ----------
    file : CziFile
    mosaic : Mosaic
    samples : Samples
        What the values are.
    out : ndarray
        Axes as those of the extents of the mosaic, with one of channels, then rows and columns.
    box : tuple of (start, stop)
        Along the same axes.
    """

    def __init__(
        self, file: CziFile, mosaic: Mosaic, samples: Samples, out: Array, box: Box
    ) -> None:
        self._samples = samples
        self._mosaic = mosaic
        self._file = file
        self._source = file.source
        self._identity = file.identity
        self._out = out
        self._box = box
        self._is_large = is_large_read(out.size * samples.dtype.itemsize)

    def run(self) -> None:
        """Draw all tiles."""
        draws = self._draws()
        if self._file.is_remote:
            self._draw_remote(draws)
            return
        for draw in draws:
            if self._draw_at_once(draw):
                continue
            following = next(draws, None)
            if following is None:  # without waking other threads
                self._draw(draw, self._pixels(draw))
            else:
                self._draw_decoded(chain((draw, following), draws))

    def _draw_remote(self, draws: Iterator[_Draw]) -> None:
        """Draw tiles of which many are asked for at once."""
        while batch := list(islice(draws, options.connections)):
            for draw, pixels in zip(batch, self._read_together(batch), strict=True):
                self._draw(draw, pixels)

    def _read_together(self, batch: Sequence[_Draw]) -> Iterable[Array]:
        """Return the pixels of tiles, in their order."""
        found: dict[int, Array] = {}

        def read(number: int) -> None:
            found[number] = self._pixels(batch[number])

        in_parallel(read, range(len(batch)), options.connections)
        return [found[number] for number in range(len(batch))]

    def _draw_decoded(self, draws: Iterable[_Draw]) -> None:
        """Draw tiles in their order, while the next ones are decoded on other threads."""
        keep_freed_memory()
        waiting: deque[_Draw] = deque()
        decoding: BackgroundWork[Array] = BackgroundWork(options.threads)
        with decoding:
            for draw in draws:
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
        for position in self._positions(tuple(others)):
            place = [at - start for at, start in zip(position, first, strict=True)]
            for group in groups:
                target = part_of(self._out[tuple(place)], [group.target, *ALL])
                yield from self._draws_of_plane(position, group, target, sides)

    def _positions(self, others: Box) -> Iterable[tuple[int, ...]]:
        """Return where planes are to be drawn; where most are empty all are cleared before."""
        present = self._mosaic.positions
        if prod(lengths_of(others)) <= len(present):
            return product(*[range(*side) for side in others])
        self._out[...] = np.zeros((), self._out.dtype)
        low, high = np.array(others, np.int64).reshape(-1, 2).T
        inside = np.all((present >= low) & (present < high), axis=1)
        return map(tuple, present[inside].tolist())

    def _channels(self, start: int, stop: int) -> Iterator[_Channels]:
        """Go through the channels of the file that a range of those of the image needs."""
        wanted = self._samples.channels[start:stop]
        first = 0  # channel of the box
        for channel, group in groupby(wanted, key=itemgetter(0)):
            samples = [sample for _, sample in group]
            targets = slice(first, first + len(samples))
            first = targets.stop
            yield _Channels(channel, targets, slice(samples[0], samples[-1] + 1))

    def _draws_of_plane(
        self, position: tuple[int, ...], group: _Channels, target: Array, sides: Sides
    ) -> Iterator[_Draw]:
        has_channels = "C" in self._mosaic.extents.letters
        indices = (*position, group.channel) if has_channels else position
        tiles = self._mosaic.touching(self._mosaic.plane(indices), sides)
        self._file.locate([tile for tile, _ in tiles])
        draws = [self._draw_of(tile, place, group, target, sides) for tile, place in tiles]
        covering = [number for number, draw in enumerate(draws) if draw.covers(target)]
        if covering:  # nothing below the highest of them is seen
            draws = draws[covering[-1] :]
        elif not _is_covered(draws, target.shape[1:]):
            target[...] = np.zeros((), target.dtype)
        yield from draws

    def _draw_of(
        self, tile: Subblock, place: Sides, group: _Channels, target: Array, sides: Sides
    ) -> _Draw:
        """Return what is to be drawn of a tile at a place: what is within the sides of the box."""
        left = max(place[0], sides[0])
        right = min(place[1], sides[1])
        top = max(place[2], sides[2])
        bottom = min(place[3], sides[3])
        corner = (top - sides[2], left - sides[0])
        part = target[:, corner[0] : bottom - sides[2], corner[1] : right - sides[0]]
        box = ((top - place[2], bottom - place[2]), (left - place[0], right - place[0]))
        return _Draw(part, group.samples, tile, self._file.location(tile), box, corner)

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


def _is_covered(draws: list[_Draw], shape: tuple[int, ...]) -> bool:
    """Return whether opaque tiles certainly cover a plane; not looked at where they are many."""
    if not 0 < len(draws) <= MANY or not all(draw.is_opaque for draw in draws):
        return False
    starts = np.array([draw.corner for draw in draws])
    stops = starts + [draw.target.shape[1:] for draw in draws]
    return bool(_covered_cells(starts, stops, shape).all())


def _covered_cells(
    starts: NDArray[np.int64], stops: NDArray[np.int64], shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return which cells are covered of those into which the edges of tiles cut a plane.

    Each is covered as a whole or not at all.
    """
    row_edges = np.unique([*starts[:, 0], *stops[:, 0], 0, shape[0]])
    column_edges = np.unique([*starts[:, 1], *stops[:, 1], 0, shape[1]])
    cells = np.zeros((len(row_edges) - 1, len(column_edges) - 1), np.bool_)
    # Which cells each tile begins and ends at.
    top = np.searchsorted(row_edges, starts[:, 0])
    bottom = np.searchsorted(row_edges, stops[:, 0])
    left = np.searchsorted(column_edges, starts[:, 1])
    right = np.searchsorted(column_edges, stops[:, 1])
    for tile in range(len(starts)):
        cells[top[tile] : bottom[tile], left[tile] : right[tile]] = True
    return cells
