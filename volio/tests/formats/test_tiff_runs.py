"""TIFF: strips, tiles and directories that lie together are read together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import TruncatedFileError
from volio.files.filemap import FileHolder
from volio.formats.tiff.chunks import TiffChunks
from volio.formats.tiff.directories import FAR_AHEAD, KEPT_LAYOUTS
from volio.formats.tiff.page_chunks import LONGEST_RUN
from volio.tests.formats.tiff_files import CountingSource, by_hand, in_file_order, numbers, page
from volio.tests.requirements import optional

tifffile = optional("tifffile")
imagecodecs = optional("imagecodecs")

TILES = {"tile": (32, 64), "compression": "zlib", "photometric": "minisblack", "metadata": None}
SHAPE = (3, 200, 300)  # pages of 7 by 5 tiles


def counted(path: Path) -> tuple[Any, CountingSource]:
    source = CountingSource(path)
    return volio.TiffImage.from_file_map({"image": FileHolder(fileobj=source)}), source


def spans_of(path: Path) -> list[tuple[int, int]]:
    """Offset and length of every strip or tile, as tifffile finds them."""
    with tifffile.TiffFile(path) as file:
        pages = [zip(each.dataoffsets, each.databytecounts, strict=True) for each in file.pages]
        return [span for spans in pages for span in spans]


@pytest.mark.parametrize("layout", [TILES, {**TILES, "tile": None, "rowsperstrip": 3}])
def test_tiles_and_strips_that_follow_each_other_are_read_at_once(tmp_path: Path, layout: dict):
    array = numbers(SHAPE)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, **layout)
    img, source = counted(path)
    source.reads.clear()
    np.testing.assert_array_equal(in_file_order(img), array)
    spans = spans_of(path)
    offsets = {offset for offset, _ in spans}
    of_voxels = [read for read in source.reads if read[0] in offsets]
    # One of each page; the 105 tiles are cut into batches of 64.
    assert len(of_voxels) == (4 if layout["tile"] else 3)
    assert sum([count for _, count in of_voxels]) == sum([count for _, count in spans])


def test_runs_are_no_longer_than_a_mebibyte(tmp_path: Path):
    array = numbers((1500, 1000))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, rowsperstrip=8, compression="zlib", photometric="minisblack")
    img, source = counted(path)
    source.reads.clear()
    np.testing.assert_array_equal(in_file_order(img), array)
    assert max([count for _, count in source.reads]) <= LONGEST_RUN
    assert sum([count for _, count in spans_of(path)]) > 2 * LONGEST_RUN


def test_tiles_may_lie_in_any_order(tmp_path: Path):
    array = numbers((200, 300))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, **TILES)
    order = np.random.default_rng(0).permutation(35)
    with tifffile.TiffFile(path, mode="r+") as file:
        tags = file.pages[0].tags
        for name in ("TileOffsets", "TileByteCounts"):
            values = tags[name].value
            tags[name].overwrite([values[number] for number in order])
    found = in_file_order(volio.load(path))
    np.testing.assert_array_equal(found, tifffile.imread(path))
    at = int(np.flatnonzero(order == 0)[0])
    row, column = divmod(at, 5)
    shown = found[32 * row : 32 * row + 32, 64 * column : 64 * column + 64]
    np.testing.assert_array_equal(shown, array[: len(shown), : shown.shape[1]])


def test_a_tile_beyond_the_end_is_named_and_its_neighbours_are_read(tmp_path: Path):
    array = numbers((200, 300))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, **TILES)
    with tifffile.TiffFile(path, mode="r+") as file:
        tag = file.pages[0].tags["TileOffsets"]
        tag.overwrite([*tag.value[:3], path.stat().st_size - 10, *tag.value[4:]])
    dataobj = volio.load(path).dataobj
    with pytest.raises(TruncatedFileError, match="strip or tile 3: needs"):
        np.asarray(dataobj)
    np.testing.assert_array_equal(dataobj[:192, :32, 0], array[:32, :192].T)


def test_directories_of_many_pages_are_read_together(tmp_path: Path):
    array = numbers((100, 20, 30))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, compression="zlib", metadata=None, photometric="minisblack")
    img, source = counted(path)
    source.reads.clear()
    img._opened.stored(0).source.found.pages.prepare(range(100))
    with tifffile.TiffFile(path) as file:
        places = [each.offset for each in file.pages]
    assert sum([count for _, count in source.reads]) <= 2 * (places[-1] - places[1]) + 3 * FAR_AHEAD
    assert len(source.reads) < 40  # without room for several: two of each page
    source.reads.clear()
    np.testing.assert_array_equal(in_file_order(img), array)
    assert len(source.reads) == 100  # a strip each, and no directory


def test_batches_are_of_a_mebibyte(tmp_path: Path):
    tifffile.imwrite(tmp_path / "a.tif", numbers((64, 256, 256)), **{**TILES, "tile": (64, 64)})
    chunks = volio.load(tmp_path / "a.tif")._opened.stored(0).source
    assert isinstance(chunks, TiffChunks)
    indices = [(z, y, x) for z in range(64) for y in range(4) for x in range(4)]
    batches = [list(batch) for batch in chunks.batches(indices)]
    assert [len(batch) for batch in batches] == [64] * 16
    assert [index for batch in batches for index in batch] == indices


def test_pages_may_all_have_other_tags(tmp_path: Path):
    count = 3 * KEPT_LAYOUTS
    voxels = bytes(range(20))
    pages = []
    for number in range(count):
        more = {f"t{40000 + number}": ("H", [number])}
        pages.append(page(**{"offset": 8, **more}))
    data = by_hand(pages)
    first = len(data)
    pages = [entries | {273: ("I", [first + 20 * at])} for at, entries in enumerate(pages)]
    each = [bytes([(at + value) % 256 for value in voxels]) for at in range(count)]
    (tmp_path / "a.tif").write_bytes(by_hand(pages, b"".join(each)))
    found = in_file_order(volio.load(tmp_path / "a.tif"))
    expected = np.arange(20, dtype=np.uint8).reshape(4, 5) + np.arange(count)[:, None, None]
    np.testing.assert_array_equal(found, expected.astype(np.uint8))
