"""Make the samples of HDF5, N5 and precomputed volumes: python tools/make_chunk_samples.py."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import numpy as np
import tensorstore

SAMPLES = Path(__file__).resolve().parents[1] / "volio" / "tests" / "samples"
PROGRAM = f"tensorstore {version('tensorstore')}"
H5PY = f"h5py {version('h5py')}, laid out by hand"
EPOCH = (1980, 1, 1, 0, 0, 0)


def in_folder(driver: str, folder: Path, **more: Any) -> dict[str, Any]:
    """Return what tensorstore needs to make an array in a folder."""
    return {
        "driver": driver,
        "kvstore": {"driver": "file", "path": str(folder)},
        "create": True,
        **more,
    }


def write(spec: dict[str, Any], array: np.ndarray) -> None:
    """Write an array, axes as the driver has them."""
    tensorstore.open(spec).result()[...] = array


def packed(folder: Path, target: Path) -> None:
    """Put the files of a folder into a zip file, stored."""
    with zipfile.ZipFile(target, "w") as members:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(folder).as_posix()
                members.writestr(zipfile.ZipInfo(name, EPOCH), path.read_bytes())


def scale(array: np.ndarray, chunk: list[int], **more: Any) -> dict[str, Any]:
    return {"size": list(array.shape[:3]), "chunk_size": chunk, **more}


def grey(folder: Path) -> dict[str, Any]:
    """Two scales of an image that does not begin at the origin."""
    rng = np.random.default_rng(6)
    fine = (np.indices((21, 18, 13)).sum(0) * 300 + rng.integers(0, 200, (21, 18, 13))).astype("u2")
    coarse = fine[::2, ::2][:10]
    spec = in_folder("neuroglancer_precomputed", folder)
    spec["multiscale_metadata"] = {"type": "image", "data_type": "uint16", "num_channels": 1}
    sizes = {"resolution": [40, 40, 100], "voxel_offset": [10, -4, 3]}
    spec["scale_metadata"] = scale(fine, [8, 7, 6], encoding="raw", **sizes)
    write(spec, fine[..., np.newaxis])
    sizes = {"resolution": [80, 80, 100], "voxel_offset": [5, -2, 3]}
    spec["scale_metadata"] = scale(coarse, [8, 7, 6], encoding="raw", **sizes)
    write(spec, coarse[..., np.newaxis])
    # Position of the centre of the first voxel: half a voxel after its corner.
    affine = np.diag([40e-6, 40e-6, 100e-6, 1])
    affine[:3, 3] = [10.5 * 40e-6, -3.5 * 40e-6, 3.5 * 100e-6]
    return facts("PrecomputedImage", fine, affine)


def labels(folder: Path) -> dict[str, Any]:
    """Labels of 64 bits in shards, their identifiers hashed."""
    array = (np.indices((20, 17, 9)) // 5).sum(0).astype("u8") * np.uint64(2**40 + 3)
    spec = in_folder("neuroglancer_precomputed", folder)
    spec["multiscale_metadata"] = {"type": "segmentation", "data_type": "uint64", "num_channels": 1}
    spec["scale_metadata"] = scale(
        array,
        [8, 8, 8],
        resolution=[8, 8, 8],
        encoding="compressed_segmentation",
        compressed_segmentation_block_size=[8, 8, 8],
        sharding={
            "@type": "neuroglancer_uint64_sharded_v1",
            "preshift_bits": 1,
            "minishard_bits": 1,
            "shard_bits": 2,
            "hash": "murmurhash3_x86_128",
            "minishard_index_encoding": "gzip",
            "data_encoding": "gzip",
        },
    )
    write(spec, array[..., np.newaxis])
    affine = np.diag([8e-6, 8e-6, 8e-6, 1])
    affine[:3, 3] = 4e-6
    return facts("PrecomputedImage", array, affine)


def pyramid(folder: Path) -> dict[str, Any]:
    """Two resolutions in N5, with the attributes that n5-viewer reads."""
    rng = np.random.default_rng(8)
    fine = (np.indices((17, 14, 11)).sum(0) * 500 + rng.integers(0, 400, (17, 14, 11))).astype("i4")
    for name, array in (("s0", fine), ("s1", fine[::2, ::2, ::2])):
        write(n5(folder / "c0" / name, array, {"type": "gzip"}, [8, 7, 6]), array)
    (folder / "attributes.json").write_text('{"n5": "2.5.0"}')
    resolution = {"unit": "nm", "dimensions": [8, 8, 40]}
    attributes = {"pixelResolution": resolution, "scales": [[1, 1, 1], [2, 2, 2]]}
    (folder / "c0" / "attributes.json").write_text(json.dumps(attributes))
    return facts("N5Image", fine, np.diag([8e-6, 8e-6, 40e-6, 1]))


def channels(folder: Path) -> dict[str, Any]:
    """Channels of floats, with named axes."""
    array = np.random.default_rng(9).normal(0, 50, (9, 8, 7, 3)).astype("f4")
    named = {"axes": ["x", "y", "z", "c"], "units": ["um", "um", "um", ""]}
    spec = n5(folder, array, {"type": "zstd"}, [4, 5, 7, 1], resolution=[0.5, 0.5, 2, 1], **named)
    write(spec, array)
    return facts("N5Image", array[:, :, :, np.newaxis], np.diag([5e-4, 5e-4, 2e-3, 1]))


def n5(
    folder: Path, array: np.ndarray, compression: dict[str, Any], block: list[int], **more: Any
) -> dict[str, Any]:
    """Return what tensorstore needs to make a dataset."""
    metadata = {
        "dimensions": list(array.shape),
        "blockSize": block,
        "dataType": array.dtype.name,
        "compression": compression,
        **more,
    }
    return in_folder("n5", folder, metadata=metadata)


def series(path: Path) -> dict[str, Any]:
    """Times and channels in one data set, with the axes of ilastik."""
    array = np.random.default_rng(10).normal(0, 50, (2, 3, 7, 8, 9)).astype("f4")
    tags = [
        {"key": key, "typeFlags": 2, "resolution": step, "description": ""}
        for key, step in zip("tczyx", (0.5, 0, 3, 2, 1), strict=True)
    ]
    with h5py.File(path, "w") as file:
        made = file.create_dataset("exported_data", data=array, chunks=(1, 1, 4, 4, 4))
        made.attrs["axistags"] = json.dumps({"axes": tags})
    shown = array.transpose(4, 3, 2, 0, 1)
    return facts("Hdf5Image", shown, np.diag([1, 2, 3, 1]), H5PY, later=(0.5, 1))


def cells(path: Path) -> dict[str, Any]:
    """Two resolutions, laid out as Imaris does: attributes of characters, chunks filled up."""
    rng = np.random.default_rng(12)
    fine = (np.indices((11, 14, 17)).sum(0) * 500 + rng.integers(0, 400, (11, 14, 17))).astype("u2")
    with h5py.File(path, "w") as file:
        info = file.create_group("DataSetInfo/Image")
        info.attrs.update(characters(X=17, Y=14, Z=11, Unit="um"))
        info.attrs.update(characters(ExtMin0=5, ExtMin1=0, ExtMin2=-2))
        info.attrs.update(characters(ExtMax0=5 + 17, ExtMax1=14, ExtMax2=-2 + 33))
        channel = file.create_group("DataSetInfo/Channel 0")
        channel.attrs.update(characters(Name="GFP", Color="0.000 1.000 0.000"))
        for level, array in enumerate((fine, fine[::2, ::2, ::2])):
            full = np.zeros([-(-n // 8) * 8 for n in array.shape], array.dtype)
            full[tuple([slice(n) for n in array.shape])] = array
            group = file.create_group(f"DataSet/ResolutionLevel {level}/TimePoint 0/Channel 0")
            sizes = zip("ZYX", array.shape, strict=True)
            group.attrs.update(characters(**{f"ImageSize{axis}": n for axis, n in sizes}))
            group.create_dataset("Data", data=full, chunks=(8, 8, 8), compression="gzip")
    affine = np.diag([1e-3, 1e-3, 3e-3, 1])
    affine[:3, 3] = [5.5e-3, 0.5e-3, -0.5e-3]  # the centre of the first voxel
    return facts("Hdf5Image", fine.T, affine, H5PY)


def characters(**texts: Any) -> dict[str, np.ndarray]:
    """Return texts as arrays of single characters."""
    return {name: np.array([*str(text)], "S1") for name, text in texts.items()}


def facts(
    image: str,
    array: np.ndarray,
    affine: np.ndarray,
    program: str = PROGRAM,
    later: tuple[float, ...] = (),
) -> dict[str, Any]:
    """Return the facts of an array, axes as they are shown."""
    sizes = [*np.linalg.norm(affine[:3, :3], axis=0), *later]
    return {
        "program": program,
        "image": image,
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "zooms": [*sizes, *[1.0] * array.ndim][: array.ndim],
        "affine": affine.tolist(),
        "total": float(array.astype(float).sum()),
    }


IN_FILES = {"hdf5": {"series.h5": series, "cells.ims": cells}}
IN_FOLDERS: dict[str, dict[str, Callable[[Path], dict[str, Any]]]] = {
    "n5": {"pyramid.n5": pyramid, "channels.n5": channels},
    "precomputed": {"grey.precomputed": grey, "labels.precomputed": labels},
}


def make(format: str, makers: dict[str, Callable[[Path], dict[str, Any]]]) -> None:
    """Make the samples of a format and the document with their facts."""
    folder = SAMPLES / format
    folder.mkdir(exist_ok=True)
    known = {}
    for name, maker in makers.items():
        if format in IN_FILES:
            known[name] = maker(folder / name)
            continue
        with TemporaryDirectory() as temporary:
            known[name] = maker(Path(temporary, "a"))
            packed(Path(temporary, "a"), folder / name)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(each)}" for name, each in known.items())
    (folder / "facts.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    for format, makers in {**IN_FILES, **IN_FOLDERS}.items():
        make(format, makers)
