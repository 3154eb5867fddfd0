"""CZI: scenes, mosaics, pyramids, pixel types, axes and positions."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.arrays.dtypes import RGB, RGBA
from volio.errors import HeaderDataError, ImageFileError, LimitError, UsageError, VolioWarning
from volio.formats.czi import CziReader, Rectangle
from volio.settings import options
from volio.tests.formats.czi_files import PIXEL_CODES, Tile, czi_bytes, xml_of, zstd0, zstd1
from volio.tests.requirements import optional

RNG = np.random.default_rng(11)
COMPRESSIONS = {
    "raw": "uncompressed:",
    "zstd0": "zstd0:ExplicitLevel=2",
    "apart": "zstd1:ExplicitLevel=2;PreProcess=HiLoByteUnpack",
    "zstd1": "zstd1:ExplicitLevel=2",
}


def pixels(*shape: int, dtype: type = np.uint16) -> np.ndarray:
    return RNG.integers(1, 250, shape).astype(dtype)


def reader_of(*tiles: Tile, **options: object) -> CziReader:
    return CziReader(czi_bytes(tiles, **options))


# Against the library of the company that makes the microscopes.


def mosaic_file(path: Path, compression: str) -> Path:
    """Two scenes, times, slices and channels; tiles of the first overlap."""
    czi = optional("pylibCZIrw.czi")
    with czi.create_czi(str(path), compression_options=COMPRESSIONS[compression]) as writer:
        for plane in [{"C": c, "Z": z, "T": t} for c in (0, 1) for z in (0, 1, 2) for t in (0, 1)]:
            for corner in ((-9, 4), (11, 9), (2, -5)):
                writer.write(pixels(17, 23), corner, plane, scene=0)
            writer.write(pixels(8, 9), (40, 30), plane, scene=1)
    return path


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_mosaics_are_those_of_pylibczirw(tmp_path: Path, compression: str):
    czi = optional("pylibCZIrw.czi")
    path = mosaic_file(tmp_path / "a.czi", compression)
    reader = CziReader(path)
    with czi.open_czi(str(path)) as peer:
        expected = {s: tuple(box) for s, box in peer.scenes_bounding_rectangle.items()}
        assert {s: tuple(box) for s, box in reader.scenes.items()} == expected
        assert tuple(peer.total_bounding_rectangle) == tuple(reader.bounds)
        for scene in (0, 1, None):
            array = reader.array(scene)
            assert array.axes == "TZCYX"
            found = array[...]
            box = reader.bounds if scene is None else reader.scenes[scene]
            for t, z, c in np.ndindex(2, 3, 2):
                plane = {"T": t, "Z": z, "C": c}
                whole = peer.read(roi=tuple(box), plane=plane, scene=scene)[..., 0]
                np.testing.assert_array_equal(found[t, z, c], whole)


@pytest.mark.parametrize("compression", ["raw", "apart"])
def test_parts_are_those_of_the_whole(tmp_path: Path, compression: str):
    array = CziReader(mosaic_file(tmp_path / "a.czi", compression)).array(0)
    whole = array[...]
    for _ in range(40):
        sides = [sorted(RNG.integers(0, n + 1, 2)) for n in array.shape]
        index = tuple(slice(int(a), int(b), int(RNG.integers(1, 4))) for a, b in sides)
        np.testing.assert_array_equal(array[index], whole[index])
    flat = np.arange(0, whole[0, 1, 1].size, 37)
    rows, columns = np.unravel_index(flat, whole.shape[-2:])
    np.testing.assert_array_equal(array[0, 1, 1, rows, columns], whole[0, 1, 1, rows, columns])
    np.testing.assert_array_equal(array.read(dtype=np.float64), whole.astype(np.float64))


def test_names_of_channels_and_scales_of_pylibczirw(tmp_path: Path):
    czi = optional("pylibCZIrw.czi")
    path = tmp_path / "a.czi"
    with czi.create_czi(str(path)) as writer:
        for channel in range(2):
            writer.write(pixels(4, 6), (3, -2), {"C": channel, "Z": 0, "T": 0})
        writer.write_metadata(
            channel_names={0: "DAPI", 1: "GFP"}, scale_x=1e-7, scale_y=2e-7, scale_z=3e-6
        )
    img = volio.load(path)
    assert img.shape == (6, 4, 1, 1, 2)
    assert img.header.channel_names == ("DAPI", "GFP")
    assert img.header.unit == "micrometer"
    assert not img.header.anatomical
    expected = [[1e-4, 0, 0, 3e-4], [0, 2e-4, 0, -4e-4], [0, 0, 3e-3, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(img.affine, expected)


def test_how_channels_are_shown_by_pylibczirw(tmp_path: Path):
    czi = optional("pylibCZIrw.czi")
    path = tmp_path / "a.czi"
    color = czi.Rgb8Color(*[np.uint8(value) for value in (255, 128, 7)])
    shown = czi.ChannelDisplaySettingsDataClass(True, czi.TintingMode.Color, color, 0.25, 0.5)
    with czi.create_czi(str(path)) as writer:
        for channel in range(2):
            writer.write(pixels(4, 6), (0, 0), {"C": channel})
        writer.write_metadata(display_settings={1: shown}, channel_names={0: "a", 1: "b"})
    header = volio.load(path).header
    assert header.channel_names == ("a", "b")
    assert header.channel_colors == ("", "FF8007")
    assert header.windows == (None, (0.25 * 65535, 0.5 * 65535))


def test_colours_of_pylibczirw(tmp_path: Path):
    czi = optional("pylibCZIrw.czi")
    path = tmp_path / "a.czi"
    stored = pixels(5, 8, 3, dtype=np.uint8)
    with czi.create_czi(str(path)) as writer:
        writer.write(stored, (0, 0), {"C": 0})
    with czi.open_czi(str(path)) as peer:
        bgr = peer.read()
    array = CziReader(path).array()
    assert array.dtype == RGB
    for name, samples in zip("BGR", np.moveaxis(bgr, -1, 0), strict=True):
        np.testing.assert_array_equal(array[0, 0, 0][name], samples)


# By hand.


def test_the_tile_with_the_highest_number_lies_on_top():
    low, high = np.full((1, 6), 1, np.uint8), np.full((1, 6), 2, np.uint8)
    for first, second, expected in ((0, 1, "1111222222"), (1, 0, "1111112222")):
        tiles = [Tile(low, 0, at={"M": first}), Tile(high, 4, at={"M": second})]
        found = reader_of(*tiles).read()
        assert "".join(map(str, found[0])) == expected
    # Without numbers what comes later in the directory does.
    found = reader_of(Tile(high, 4), Tile(low, 0)).read()
    assert found.tolist() == [[1, 1, 1, 1, 1, 1, 2, 2, 2, 2]]


def test_gaps_are_zero():
    one = pixels(2, 3)
    found = reader_of(Tile(one, 0, 0), Tile(one, 5, 3)).read()
    expected = np.zeros((5, 8), np.uint16)
    expected[:2, :3] = one
    expected[3:, 5:] = one
    np.testing.assert_array_equal(found, expected)


def test_dimensions_begin_anywhere_and_have_a_fixed_order():
    lows = {"Z": -2, "V": 3, "T": 7, "I": -1, "R": 5, "B": 1, "H": 4, "C": 2}
    lengths = {"Z": 2, "V": 2, "T": 3, "I": 2, "R": 1, "B": 2, "H": 1, "C": 2}
    order = "TZBHVRIC"
    shape = [lengths[letter] for letter in order]
    stored = np.arange(np.prod(shape) * 6, dtype=np.uint16).reshape(*shape, 2, 3)
    places = [*np.ndindex(*shape)]
    RNG.shuffle(places)
    tiles = [
        Tile(
            stored[tuple(place)],
            -4,
            9,
            {letter: lows[letter] + int(place[order.index(letter)]) for letter in lows},
        )
        for place in places
    ]
    file = czi_bytes(tiles, xml_of((1e-6, 1e-6, 2e-6)))
    reader = CziReader(file)
    assert reader.array().axes == order + "YX"
    assert reader.extents()["Z"] == range(-2, 0)
    np.testing.assert_array_equal(reader.read(), stored)
    img = volio.load(file)
    assert img.header.axes == ("x", "y", "z", "t", "c", "b", "v", "i")
    assert img.header.file_axes == ("t", "z", "b", "v", "i", "c", "y", "x")
    without_single = stored[:, :, :, 0, :, 0]  # t z b v i c y x
    shown = without_single.transpose(7, 6, 1, 0, 5, 2, 3, 4)  # x y z t c b v i
    np.testing.assert_array_equal(img.dataobj, shown)
    np.testing.assert_allclose(img.affine[:3, 3], [-4e-3, 9e-3, -4e-3])


def test_scenes_have_extents_of_their_own():
    tiles = [Tile(pixels(2, 3), 0, 0, {"S": 0, "T": t, "Z": 0}) for t in range(3)]
    tiles += [Tile(pixels(4, 2), 9, 9, {"S": 4, "T": 1, "Z": z}) for z in (5, 6)]
    reader = reader_of(*tiles)
    assert reader.scenes == {0: Rectangle(0, 0, 3, 2), 4: Rectangle(9, 9, 2, 4)}
    assert reader.array(0).shape == (3, 1, 2, 3)
    assert reader.array(4).shape == (1, 2, 4, 2)
    assert reader.array().shape == (3, 7, 13, 11)
    np.testing.assert_array_equal(reader.read((0, 1), scene=4), tiles[4].pixels)
    np.testing.assert_array_equal(reader.read((1, 6))[9:, 9:], tiles[4].pixels)


def test_images_of_scenes():
    tiles = [Tile(pixels(2, 3), 4, 1, {"S": 2}), Tile(pixels(4, 2), 9, -9, {"S": 5})]
    file = czi_bytes(tiles, xml_of((1e-6, 1e-6)))
    first = volio.load(file)
    assert first.header.scenes == {2: Rectangle(4, 1, 3, 2), 5: Rectangle(9, -9, 2, 4)}
    assert first.header.scene == 2
    np.testing.assert_array_equal(first.get_fdata()[..., 0], tiles[0].pixels.T)
    second = volio.load(file, scene=5)
    np.testing.assert_array_equal(second.get_fdata()[..., 0], tiles[1].pixels.T)
    np.testing.assert_allclose(second.affine[:3, 3], [9e-3, -9e-3, 0])
    everything = volio.load(file, scene="all")
    assert everything.shape == (7, 12, 1)
    assert everything.header.scene is None
    np.testing.assert_array_equal(everything.get_fdata()[:3, 10:, 0], tiles[0].pixels.T)
    for scene in (0, 3, -1, "7"):
        with pytest.raises(UsageError, match=r"scene: .* there are: 2, 5"):
            volio.load(file, scene=scene)
    with pytest.raises(UsageError, match="index of a scene or \"all\", got 'first'"):
        volio.load(file, scene="first")
    with pytest.raises(UsageError, match="no scene 0; there are: none"):
        volio.load(czi_bytes([Tile(pixels(2, 3))]), scene=0)


@pytest.mark.parametrize(("kind", "code"), PIXEL_CODES.items())
@pytest.mark.parametrize("compression", [0, 5])
def test_pixel_types(kind: tuple[str, int], code: int, compression: int):
    dtype, samples = kind
    stored = pixels(4, 6, samples, dtype=np.dtype(dtype)) * np.dtype(dtype).type(1)
    if dtype == "complex64":
        stored = stored * np.complex64(1 + 2j)
    given = stored[..., 0] if samples == 1 else stored
    data = zstd0(given) if compression else None
    reader = reader_of(Tile(np.ascontiguousarray(given), compression=compression, data=data))
    rgba = stored[..., [2, 1, 0, 3][:samples]] if samples > 1 else stored
    apart = reader.array(colours_apart=True)
    assert apart.axes == ("CYX" if samples > 1 else "YX")
    expected = np.moveaxis(rgba, -1, 0)
    np.testing.assert_array_equal(apart[...], expected if samples > 1 else expected[0])
    assert apart.dtype == dtype
    array = reader.array()
    if dtype == "uint8" and samples > 1:
        assert array.dtype == {3: RGB, 4: RGBA}[samples]
        found = np.stack([array[...][name] for name in array.dtype.names], axis=-1)
        np.testing.assert_array_equal(found, rgba)
        np.testing.assert_array_equal(array[1:3, ::2]["G"], rgba[1:3, ::2, 1])
    else:
        np.testing.assert_array_equal(array[...], apart[...])


def test_channels_of_several_types_have_one_that_holds_all():
    gray, single = pixels(3, 4), pixels(3, 4, dtype=np.float32) / np.float32(3)
    colour = pixels(3, 4, 3, dtype=np.uint8)
    found = reader_of(Tile(gray, at={"C": 0}), Tile(single, at={"C": 1})).read()
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [gray, single])
    reader = reader_of(Tile(gray, at={"C": 0}), Tile(colour, at={"C": 1}), Tile(gray, at={"C": 2}))
    assert reader.array().shape == (5, 3, 4)
    expected = [gray, colour[..., 2], colour[..., 1], colour[..., 0], gray]
    np.testing.assert_array_equal(reader.read(), expected)
    np.testing.assert_array_equal(reader.read((slice(2, 5), 1)), np.array(expected)[2:5, 1])
    two = reader_of(Tile(colour, at={"C": 0}), Tile(colour, at={"C": 1})).array()
    assert (two.dtype, two.shape) == (RGB, (2, 3, 4))
    with pytest.raises(HeaderDataError, match="pixels of 1 and 3 samples"):
        reader_of(Tile(pixels(3, 4, dtype=np.uint8)), Tile(colour, 5)).array()


@pytest.mark.parametrize("apart", [True, False])
def test_zstd_with_a_header(apart: bool):
    stored = pixels(5, 7) * np.uint16(251)
    found = reader_of(Tile(stored, compression=6, data=zstd1(stored, apart))).read()
    np.testing.assert_array_equal(found, stored)


@pytest.mark.parametrize("samples", [1, 3, 4])
def test_jpeg_xr(samples: int):
    imagecodecs = optional("imagecodecs")
    rgba = pixels(16, 24, samples, dtype=np.uint8)
    data = imagecodecs.jpegxr_encode(rgba[..., 0] if samples == 1 else rgba)
    given = rgba[..., 0] if samples == 1 else rgba
    found = reader_of(Tile(given, compression=4, data=data)).array(colours_apart=True)[...]
    np.testing.assert_array_equal(found, given if samples == 1 else np.moveaxis(rgba, -1, 0))


def test_jpeg_xr_of_16_bits_jpeg_and_lzw():
    imagecodecs = optional("imagecodecs")
    stored = pixels(16, 24) * np.uint16(250)
    data = imagecodecs.jpegxr_encode(stored)
    np.testing.assert_array_equal(reader_of(Tile(stored, compression=4, data=data)).read(), stored)
    data = imagecodecs.lzw_encode(stored.tobytes())
    np.testing.assert_array_equal(reader_of(Tile(stored, compression=2, data=data)).read(), stored)
    smooth = np.add.outer(np.arange(16), np.arange(24)).astype(np.uint8)
    data = imagecodecs.jpeg_encode(smooth, level=98)
    found = reader_of(Tile(smooth, compression=1, data=data)).read()
    assert np.abs(found.astype(int) - smooth).max() <= 2


def test_colours_within_jpeg_and_jpeg_xr():
    imagecodecs = optional("imagecodecs")
    slope = np.add.outer(np.arange(16), np.arange(24))
    rgb = np.stack([slope * 5, 255 - slope * 3, slope + 100], axis=-1).astype(np.uint8)
    xr = bytearray(imagecodecs.jpegxr_encode(rgb))
    # The last byte of the pixel format: 0x0D for R, G, B, 0x0C for B, G, R, as microscopes have it.
    last = xr.index(bytes.fromhex("24c3dd6f034efe4bb1853d77768dc90d")) + 15
    bgr = bytes(xr[:last]) + b"\x0c" + bytes(xr[last + 1 :])
    for code, data, most in ((4, bytes(xr), 0), (4, bgr, 0), (1, imagecodecs.jpeg_encode(rgb), 12)):
        found = reader_of(Tile(rgb, compression=code, data=data)).read()
        for name, expected in zip("RGB", np.moveaxis(rgb, -1, 0), strict=True):
            assert np.abs(found[name].astype(int) - expected).max() <= most


# Pyramids.


def halved(array: np.ndarray, factor: int) -> np.ndarray:
    return np.ascontiguousarray(array[::factor, ::factor])


def test_pyramids():
    plane = pixels(13, 22)
    tiles = [
        Tile(plane[:, :12].copy(), 100, 50, {"Z": 1, "M": 0}),
        Tile(plane[:, 12:].copy(), 112, 50, {"Z": 1, "M": 1}),
        Tile(halved(plane, 2), 100, 50, {"Z": 1}, size=(22, 13)),
        Tile(halved(plane, 4), 100, 50, {"Z": 1}, size=(22, 13)),
    ]
    file = czi_bytes(tiles, xml_of((1e-6, 2e-6, 5e-6)))
    reader = CziReader(file)
    assert reader.factors() == (1, 2, 4)
    assert reader.bounds == Rectangle(100, 50, 22, 13)
    img = volio.load(file)
    assert [level.shape for level in img.levels] == [(22, 13, 1), (11, 7, 1), (6, 4, 1)]
    for level, factor in zip(img.levels, (1, 2, 4), strict=True):
        expected = halved(plane, factor).T
        np.testing.assert_array_equal(level.dataobj[..., 0], expected)
        # The centre of a coarse voxel is that of the fine ones that it stands for.
        move = (factor - 1) / 2
        origin = [1e-3 * (100 + move), 2e-3 * (50 + move), 5e-3]
        np.testing.assert_allclose(level.affine[:3, 3], origin)
        np.testing.assert_allclose(np.diag(level.affine)[:3], [1e-3 * factor, 2e-3 * factor, 5e-3])
    assert volio.load(file, level=2).shape == (6, 4, 1)
    with pytest.raises(UsageError, match=r"level: .* levels 0 to 2, got 3"):
        volio.load(file, level=3)


def test_pyramids_that_do_not_reach_all_of_the_image_are_not_shown():
    plane = pixels(12, 20)
    finest = [Tile(plane, at={"C": c}) for c in (0, 1)]
    half = Tile(halved(plane, 2), at={"C": 0}, shrunk=2)
    assert reader_of(*finest, half).factors() == (1,)  # not of both channels
    part = [Tile(halved(plane[:, :10], 2), at={"C": c}, shrunk=2) for c in (0, 1)]
    assert reader_of(*finest, *part).factors() == (1,)
    both = [Tile(halved(plane, 2), at={"C": c}, shrunk=2) for c in (0, 1)]
    assert reader_of(*finest, *both).factors() == (1, 2)


def test_pyramids_with_pixels_of_other_types():
    plane = pixels(8, 12, dtype=np.uint8)
    coarse = pixels(4, 6, dtype=np.float32) / np.float32(3)
    img = volio.load(czi_bytes([Tile(plane), Tile(coarse, shrunk=2)]))
    assert [level.get_data_dtype() for level in img.levels] == [np.float32, np.float32]
    np.testing.assert_array_equal(img.levels[0].dataobj[..., 0], plane.T)
    np.testing.assert_array_equal(img.levels[1].dataobj[..., 0], coarse.T)

    colours = pixels(4, 6, 3, dtype=np.uint8)
    with pytest.raises(HeaderDataError, match="a channel has pixels of 1 and 3 samples"):
        volio.load(czi_bytes([Tile(plane), Tile(colours, shrunk=2)]))

    file = bytearray(czi_bytes([Tile(plane), Tile(halved(plane, 2), shrunk=2)]))
    entry = file.rindex(b"DV\0\0\0\0")  # of the second tile, in the directory
    file[entry + 2] = 5
    with pytest.raises(HeaderDataError, match="pixel type 5 is not known"):
        volio.load(bytes(file))


def test_each_scene_has_its_pyramid():
    planes = [pixels(8, 8), pixels(4, 4)]
    tiles = [Tile(plane, 20 * s, at={"S": s}) for s, plane in enumerate(planes)]
    tiles.append(Tile(halved(planes[0], 2), at={"S": 0}, shrunk=2))
    reader = reader_of(*tiles)
    assert (reader.factors(0), reader.factors(1), reader.factors()) == ((1, 2), (1,), (1,))
    np.testing.assert_array_equal(reader.read(scene=0, level=1), halved(planes[0], 2))


# Masks.


@pytest.mark.parametrize("compression", [0, 5])
def test_masks_leave_pixels_out(compression: int):
    low, high = pixels(7, 11), pixels(7, 11)
    mask = RNG.random((7, 11)) < 0.5
    data = zstd0(high) if compression else None
    top = Tile(high, 2, 1, compression=compression, data=data, mask=mask)
    reader = reader_of(Tile(low), top)
    expected = np.zeros((8, 13), np.uint16)
    expected[:7, :11] = low
    expected[1:, 2:][mask] = high[mask]
    np.testing.assert_array_equal(reader.read(), expected)
    np.testing.assert_array_equal(reader.read((slice(3, 6), slice(4, 12))), expected[3:6, 4:12])
    alone = np.where(mask, high, 0)
    np.testing.assert_array_equal(reader_of(top).read(), alone)


# The file as a whole.


def test_deleted_segments_and_files_without_a_directory(recwarn: pytest.WarningsRecorder):
    kept, gone = pixels(4, 5), pixels(4, 5)
    tiles = [Tile(kept), Tile(gone, deleted=True), Tile(kept, 5)]
    expected = np.hstack([kept, kept])
    np.testing.assert_array_equal(reader_of(*tiles).read(), expected)
    assert not recwarn.list
    with pytest.warns(VolioWarning, match="has no directory; the file is searched") as caught:
        reader = reader_of(*tiles, directory=False)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(reader.read(), expected)
    again = pickle.loads(pickle.dumps(reader))  # without another warning
    np.testing.assert_array_equal(again.read(), expected)


def test_files_of_a_set_are_refused():
    with pytest.raises(ImageFileError, match="is part 2 of a CZI image in several files"):
        reader_of(Tile(pixels(4, 5)), part=2)
    file = bytearray(czi_bytes([Tile(pixels(4, 5))]))
    at = file.index(b"DV", file.index(b"ZISRAWDIRECTORY"))
    file[at + 14] = 1
    with pytest.raises(ImageFileError, match="part 1 of a set of files"):
        CziReader(file)


def test_images_without_scales_have_no_affine():
    img = volio.load(czi_bytes([Tile(pixels(4, 5))]))
    assert img.affine is None
    assert img.header.unit == ""
    assert img.shape == (5, 4, 1)


def test_channels_and_times_of_the_metadata():
    tiles = [Tile(pixels(2, 3), at={"C": c, "T": t}) for c in (1, 2) for t in (0, 1, 2)]
    channels = [("a", "#FF00FF00"), ("b", "#0000FF"), ("c", "red")]
    img = volio.load(czi_bytes(tiles, xml_of((1e-6, 1e-6), channels, step=2.5)))
    header = img.header
    assert header.channel_names == ("b", "c")
    assert header.channel_colors == ("0000FF", "")
    assert header.time_step == 2.5
    assert header.get_zooms()[3] == 2.5
    assert header.facts.metadata["xml"].startswith("<ImageDocument>")


def test_empty_planes_beyond_all_measure_are_refused():
    far = [Tile(pixels(2, 2), at={"T": 0}), Tile(pixels(2, 2), at={"T": 2**31 - 1})]
    with pytest.raises(LimitError, match=r"lengths \(2147483648, 2, 2\), the file has \d+ bytes"):
        reader_of(*far).array()


def test_images_of_which_most_planes_are_empty():
    far = [Tile(pixels(2, 3), at={"T": t, "C": c}) for t, c in ((0, 0), (100_000, 1))]
    array = reader_of(*far).array()
    assert array.shape == (100_001, 2, 2, 3)
    whole = array[...]
    np.testing.assert_array_equal(whole[0, 0], far[0].pixels)
    np.testing.assert_array_equal(whole[-1, 1], far[1].pixels)
    assert np.count_nonzero(whole) == 12
    np.testing.assert_array_equal(array[99_990:, 1, 1], whole[99_990:, 1, 1])
    many = [Tile(pixels(1, 1), at={"C": c}) for c in (0, 20_000)]
    with pytest.raises(LimitError, match="20001 channels, at most 10000"):
        reader_of(*many).array()


def test_saving_is_refused(tmp_path: Path):
    img = volio.load(czi_bytes([Tile(pixels(4, 5))]))
    with pytest.raises(ImageFileError, match="CziImage: cannot be written"):
        img.to_filename(tmp_path / "b.czi")


def test_readers_end(tmp_path: Path):
    stored = pixels(4, 5)
    path = tmp_path / "a.czi"
    path.write_bytes(czi_bytes([Tile(stored)]))
    with CziReader(path) as reader:
        array = reader.array()
        copied = pickle.loads(pickle.dumps(array))
        np.testing.assert_array_equal(copied[...], stored)
        assert len(pickle.dumps(array)) < 2000
    for read in (array.__array__, reader.read, reader.array):
        with pytest.raises(UsageError, match=r"a\.czi: was closed"):
            read()
    reader.close()
    np.testing.assert_array_equal(copied[...], stored)
    path.write_bytes(path.read_bytes() + b"more")
    os.utime(path, (1, 1))
    with pytest.raises(ImageFileError, match="has changed since"):
        np.asarray(copied)


def test_tiles_of_one_image_are_the_same_on_any_number_of_threads():
    stored = pixels(40, 60)
    tiles = [
        Tile(part, 10 * n, at={"M": n}, compression=6, data=zstd1(part))
        for n, part in enumerate(np.ascontiguousarray(stored[:, 6 * n :][:, :12]) for n in range(5))
    ]
    with options(threads=1):
        expected = reader_of(*tiles).read()
    with options(threads=4, chunk_memory=0):
        np.testing.assert_array_equal(reader_of(*tiles).read(), expected)
