#!/usr/bin/env python3
"""Make the samples of MINC1, MINC2 and ECAT again, with other programs than volio.

    python tools/make_dataset_samples.py [FORMAT ...]

Needs scipy, h5py and nibabel. Each folder volio/tests/samples/FORMAT gets small files and
`facts.json`, as `make_samples.py` describes it: voxels, affine and sizes as nibabel finds them,
but for time, which nibabel leaves the first axis.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import h5py
import nibabel as nib
import nibabel.ecat
import nibabel.minc1
import nibabel.minc2
import numpy as np
import scipy
from scipy.io import netcdf_file

SAMPLES = Path(__file__).resolve().parents[1] / "volio" / "tests" / "samples"
SCIPY = f"scipy {scipy.__version__}, netcdf_file"
H5PY = f"h5py {h5py.__version__}"
SPACE = ("zspace", "yspace", "xspace")
CLASSES = {
    "Minc1Image": nib.minc1.Minc1Image,
    "Minc2Image": nib.minc2.Minc2Image,
    "EcatImage": nib.ecat.EcatImage,
}
TIME_STEP = 2.5
TURNED = {"xspace": (0.8, 0.6, 0.0), "yspace": (-0.6, 0.8, 0.0), "zspace": (0.0, 0.0, 1.0)}
PLACE = {"xspace": (-1.5, 40.0), "yspace": (2.0, -30.5), "zspace": (3.0, 12.0)}


def numbers(shape: tuple[int, ...], dtype: Any, step: float = 1) -> np.ndarray:
    """Numbers that differ from voxel to voxel."""
    return ((np.arange(int(np.prod(shape))) * 7 % 199) * step).reshape(shape).astype(dtype)


def dimension(name: str, turned: bool) -> dict[str, Any]:
    """Return the attributes of a dimension."""
    if name == "time":
        return {"spacing": "regular__", "units": "s", "step": TIME_STEP, "start": 1.25}
    if name == "vector_dimension":
        return {}
    step, start = PLACE[name]
    found = {"spacing": "regular__", "units": "mm", "step": step, "start": start}
    found["spacetype"] = "native____"
    return {**found, "direction_cosines": TURNED[name]} if turned else found


# MINC1.


def netcdf(path: Path, dims: dict[str, int], data: np.ndarray, ends: Any, **options: Any) -> None:
    """Write a MINC1 file; `ends` are values of image-min and image-max, over the first axes."""
    with netcdf_file(path, "w", version=options.get("version", 1)) as file:
        for name, length in dims.items():
            file.createDimension(name, length)
        for name in dims:
            attributes = dimension(name, options.get("turned", False))
            if attributes:
                set_attributes(file.createVariable(name, "d", ()), attributes)
        if "patient" in options:
            set_attributes(file.createVariable("patient", "i", ()), options["patient"])
        image = file.createVariable("image", data.dtype.str[1:].replace("u", "i"), tuple(dims))
        image[...] = data.view(data.dtype.str.replace("u", "i"))
        sign = "unsigned" if data.dtype.kind == "u" else "signed__"
        set_attributes(image, {"signtype": sign, **options.get("image", {})})
        for name, values in zip(("image-max", "image-min"), ends, strict=True):
            over = tuple(dims)[: np.ndim(values)]
            file.createVariable(name, "d", over)[...] = values
        file.history = "made>>> by hand\n"
        file.lab_number = np.int32([17, 4])


def set_attributes(target: Any, values: dict[str, Any]) -> None:
    """Set attributes of a variable."""
    for name, value in values.items():
        setattr(target, name, value)


def minc1(folder: Path) -> dict[str, str]:
    """MINC1: a range for each slice, time with 64-bit offsets and a narrow range, vectors."""
    shape = dict(zip(SPACE, (3, 4, 5), strict=True))
    slopes = np.array([0.5, 1, 2])
    ends = 32767 * slopes + 10, -32768 * slopes + 10
    data = numbers((3, 4, 5), np.int16) - 50
    patient = {"full_name": "someone", "age": 41.5}
    netcdf(folder / "slices.mnc", shape, data, ends, turned=True, patient=patient)
    data = numbers((2, 3, 4, 4), np.uint8)
    narrow = {"valid_range": np.array([0.0, 150.0])}
    series = {"time": 2, **dict(zip(SPACE, (3, 4, 4), strict=True))}
    netcdf(folder / "series.mnc", series, data, (75.0, 0.0), image=narrow, version=2)
    colours = {**shape, "vector_dimension": 3}
    data = numbers((3, 4, 5, 3), np.float32, 0.25)
    netcdf(folder / "vectors.mnc", colours, data, (50.0, 0.0))
    return dict.fromkeys(("slices.mnc", "series.mnc", "vectors.mnc"), SCIPY)


# MINC2.

ARRAYS = {"chunks": True, "compression": "gzip", "shuffle": True}


def hdf5(path: Path, dims: dict[str, int], data: np.ndarray, ends: Any, **options: Any) -> None:
    """Write a MINC2 file; `ends` as for `netcdf`."""
    with h5py.File(path, "w") as file:
        root = file.create_group("minc-2.0")
        root.attrs["history"] = np.bytes_(b"made>>> by hand\n")
        root.attrs["lab_number"] = np.array([17, 4], np.int32)
        for name, length in dims.items():
            node = root.create_dataset(f"dimensions/{name}", data=0.0, track_times=False)
            attributes = dimension(name, options.get("turned", False))
            set_hdf5_attributes(node, {"length": np.uint32(length), **attributes})
        node = root.create_dataset("info/patient", data=np.int32(0), track_times=False)
        set_hdf5_attributes(node, {"full_name": "someone", "age": 41.5})
        packed = options.get("packed", {})
        image = root.create_dataset("image/0/image", data=data, track_times=False, **packed)
        image.attrs["dimorder"] = np.bytes_(",".join(dims))
        set_hdf5_attributes(image, options.get("image", {}))
        for name, values in zip(("image-max", "image-min"), ends, strict=True):
            node = root.create_dataset(f"image/0/{name}", data=values, track_times=False)
            if np.ndim(values):
                node.attrs["dimorder"] = np.bytes_(",".join(list(dims)[: np.ndim(values)]))


def set_hdf5_attributes(node: Any, values: dict[str, Any]) -> None:
    """Set attributes of a data set, text as bytes of fixed length."""
    for name, value in values.items():
        node.attrs[name] = np.bytes_(value) if isinstance(value, str) else value


def minc2(folder: Path) -> dict[str, str]:
    """MINC2: as MINC1, plain and in chunks that are compressed."""
    shape = dict(zip(SPACE, (3, 4, 5), strict=True))
    slopes = np.array([0.5, 1, 2])
    ends = 32767 * slopes + 10, -32768 * slopes + 10
    hdf5(folder / "slices.mnc", shape, numbers((3, 4, 5), np.int16) - 50, ends, turned=True)
    data = numbers((2, 3, 4, 4), np.uint8)
    narrow = {"valid_range": np.array([0.0, 150.0])}
    series = {"time": 2, **dict(zip(SPACE, (3, 4, 4), strict=True))}
    hdf5(folder / "series.mnc", series, data, (75.0, 0.0), image=narrow, packed=ARRAYS)
    colours = {**shape, "vector_dimension": 3}
    data = numbers((3, 4, 5, 3), np.float32, 0.25)
    hdf5(folder / "vectors.mnc", colours, data, (50.0, 0.0), packed=ARRAYS)
    return dict.fromkeys(("slices.mnc", "series.mnc", "vectors.mnc"), H5PY)


# ECAT7.


def ecat(folder: Path) -> dict[str, str]:
    """ECAT7: frames with a scale each, in three orientations, and so many that they need two lists.

    nibabel writes only what it has read, so blocks are put together here, with its records.
    """
    data = numbers((4, 3, 5, 3), np.int16) - 40
    frames(folder / "series.v", data, (0.5, 0.5, 0.5), orientation=3, calibration=4.0)
    frames(folder / "feet.v", numbers((3, 4, 2, 1), np.float32, 0.25), (1.0,), orientation=2)
    frames(folder / "many.v", numbers((2, 3, 2, 33), np.uint8), (2.0,) * 33)
    return dict.fromkeys(("series.v", "feet.v", "many.v"), "by hand, with the records of nibabel")


def frames(path: Path, data: np.ndarray, scales: Any, **options: Any) -> None:
    """Write an ECAT7 file, every frame in blocks of its own."""
    main = np.zeros((), nib.ecat.hdr_dtype.newbyteorder(">"))
    main["magic_number"], main["sw_version"], main["file_type"] = b"MATRIX72v", 74, 7
    main["ecat_calibration_factor"] = options.get("calibration", 1)
    main["patient_orientation"] = options.get("orientation", 8)
    main["num_planes"], main["num_frames"], main["num_gates"] = data.shape[2], len(scales), 1
    main["study_description"], main["isotope_name"] = b"a study", b"F-18"
    blocks = [main.tobytes(), b""]
    for first in range(0, len(scales), 31):
        group = range(first, min(first + 31, len(scales)))
        place, rows = len(blocks), np.zeros((32, 4), ">i4")
        before = 0 if place == 2 else 2
        if place > 2:
            blocks.append(b"")
        for row, frame in enumerate(group, 1):
            start = len(blocks) + 1
            blocks += cut(matrix(data[..., frame], frame, scales[frame]))
            rows[row] = 0x1010000 | (frame + 1), start, len(blocks), 1
        more = len(blocks) + 1 if group[-1] + 1 < len(scales) else 2
        rows[0] = 31 - len(group), more, before, len(group)
        blocks[place if place > 2 else 1] = rows.tobytes()
    path.write_bytes(b"".join(blocks))


def matrix(data: np.ndarray, frame: int, scale: float) -> bytes:
    """Return sub-header and voxels of a frame."""
    sub = np.zeros((), nib.ecat.subhdr_dtype.newbyteorder(">"))
    sub["data_type"] = {"u1": 1, "i2": 6, "f4": 5}[data.dtype.str[1:]]
    sub["num_dimensions"], sub["scale_factor"] = 3, scale
    for axis, length, size in zip("xyz", data.shape, (0.2, 0.25, 0.3125), strict=True):
        sub[f"{axis}_dimension"], sub[f"{axis}_pixel_size"] = length, size
    sub["frame_duration"], sub["frame_start_time"] = 1500, 1500 * frame + 500
    voxels = data.astype(data.dtype.newbyteorder(">")).tobytes(order="F")
    return sub.tobytes() + b"\0\0" + voxels + bytes(-len(voxels) % 512)


def cut(data: bytes) -> list[bytes]:
    """Return bytes in blocks."""
    return [data[start : start + 512] for start in range(0, len(data), 512)]


def facts(path: Path, program: str, image: str) -> dict[str, Any]:
    """Return what nibabel finds in a file; of vectors, which it does not read, what was written."""
    if path.name.startswith("vectors"):
        data, affine, zooms = vectors()
        dtype = np.dtype(np.float32)
    else:
        img = CLASSES[image].from_filename(path)
        data, affine = np.asanyarray(img.dataobj), img.affine
        zooms = nib.affines.voxel_sizes(affine)
        frame = (0,) if image == "EcatImage" else ()
        dtype = img.get_data_dtype(*frame).newbyteorder("=")
        if image == "EcatImage":
            zooms = (*zooms, 1.5)
        if image != "EcatImage" and data.ndim == 4:
            data, zooms = np.moveaxis(data, 0, 3), (*zooms, TIME_STEP)
    return {
        "program": program,
        "image": image,
        "shape": list(data.shape),
        "dtype": dtype.name,
        "zooms": [float(zoom) for zoom in zooms],
        "affine": np.asarray(affine, float).tolist(),
        "total": float(data.sum(dtype=np.float64)),
    }


def vectors() -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
    """Return what vectors.mnc holds."""
    affine = np.zeros((4, 4))
    for axis, name in enumerate(SPACE):
        step, start = PLACE[name]
        affine["xyz".index(name[0]), [axis, 3]] = step, start
    affine[3, 3] = 1
    return numbers((3, 4, 5, 3), np.float32, 0.25), affine, (3.0, 2.0, 1.5, 1.0)


FORMATS = {
    "minc1": (minc1, "Minc1Image"),
    "minc2": (minc2, "Minc2Image"),
    "ecat": (ecat, "EcatImage"),
}


def main(names: list[str]) -> None:
    """Make the samples of some formats, or of all."""
    for name in names or FORMATS:
        folder = SAMPLES / name
        folder.mkdir(parents=True, exist_ok=True)
        make, image = FORMATS[name]
        entries = {file: facts(folder / file, by, image) for file, by in make(folder).items()}
        text = json.dumps(entries, indent=1)
        (folder / "facts.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
