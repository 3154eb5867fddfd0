"""Make the samples of Zarr with ngff-zarr and zarr-python: python tools/make_zarr_samples.py."""

from __future__ import annotations

import json
from pathlib import Path

import ngff_zarr
import numpy as np
import zarr

FOLDER = Path(__file__).resolve().parents[1] / "volio" / "tests" / "samples" / "zarr"
IN_SPACE = ("z", "y", "x")


def anatomical(path: Path) -> dict:
    """Two levels of a volume whose axes run from right to left and from front to back."""
    rng = np.random.default_rng(4)
    array = np.indices((6, 9, 11)).sum(0) * 37 + rng.integers(0, 40, (6, 9, 11))
    array = array.astype(np.uint16)
    img = ngff_zarr.to_ngff_image(
        array,
        dims=IN_SPACE,
        scale={"z": 2.0, "y": 0.5, "x": 0.25},
        translation={"z": 10.0, "y": 1.0, "x": 3.0},
        axes_units=dict.fromkeys(IN_SPACE, "millimeter"),
        name="im",
    )
    words = ngff_zarr.AnatomicalOrientationValues
    directions = (words.inferior_to_superior, words.anterior_to_posterior, words.right_to_left)
    img.axes_orientations = {
        axis: ngff_zarr.AnatomicalOrientation(value=value)
        for axis, value in zip(IN_SPACE, directions, strict=True)
    }
    levels = ngff_zarr.to_multiscales(img, scale_factors=[2], chunks=4)
    ngff_zarr.to_ngff_zarr(str(path), levels, version="0.5", overwrite=True)
    affine = [[-0.25, 0, 0, -3], [0, -0.5, 0, -1], [0, 0, 2, 10], [0, 0, 0, 1]]
    return facts(f"ngff-zarr {ngff_zarr.__version__}", array, affine, [0.25, 0.5, 2.0])


def series(path: Path) -> dict:
    """Times and channels, in version 2 of Zarr, 0.4 of OME-Zarr."""
    array = np.random.default_rng(5).normal(0, 50, (2, 3, 4, 6, 5)).astype(np.float32)
    store = zarr.storage.ZipStore(path, mode="w", compression=0)
    group = zarr.open_group(store, mode="w", zarr_format=2)
    made = group.create_array(
        "0",
        shape=array.shape,
        dtype=array.dtype,
        chunks=(1, 1, 3, 4, 5),
        compressors=None,
        chunk_key_encoding={"name": "v2", "separator": "/"},
    )
    made[...] = array
    group.attrs.put(series_attributes())
    store.close()
    affine = [[1, 0, 0, 30], [0, 2, 0, 20], [0, 0, 3, 10], [0, 0, 0, 1]]
    program = f"zarr-python {zarr.__version__}, attributes by hand"
    return facts(program, array, affine, [1, 2, 3, 2.5, 1])


def series_attributes() -> dict:
    in_space = [{"name": axis, "type": "space", "unit": "centimeter"} for axis in IN_SPACE]
    time = {"name": "t", "type": "time", "unit": "second"}
    transforms = [
        {"type": "scale", "scale": [2.5, 1, 0.3, 0.2, 0.1]},
        {"type": "translation", "translation": [0, 0, 1, 2, 3]},
    ]
    multiscale = {
        "version": "0.4",
        "axes": [time, {"name": "c", "type": "channel"}, *in_space],
        "datasets": [{"path": "0", "coordinateTransformations": transforms}],
    }
    channels = [
        {"label": "DAPI", "color": "0000FF", "window": {"start": 1, "end": 900}},
        {"label": "GFP", "color": "00FF00"},
        {"label": "RFP", "color": "FF0000"},
    ]
    return {"multiscales": [multiscale], "omero": {"channels": channels}}


def facts(program: str, array: np.ndarray, affine: list, zooms: list) -> dict:
    shape = array.shape[::-1] if array.ndim == 3 else [array.shape[n] for n in (4, 3, 2, 0, 1)]
    return {
        "program": program,
        "image": "OmeZarrImage",
        "shape": list(shape),
        "dtype": array.dtype.name,
        "zooms": zooms,
        "affine": affine,
        "total": float(array.sum(dtype=np.float64)),
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    made = {
        "anatomical.ozx": anatomical(FOLDER / "anatomical.ozx"),
        "series.zarr.zip": series(FOLDER / "series.zarr.zip"),
    }
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(known)}" for name, known in made.items())
    (FOLDER / "facts.json").write_text(f"{{\n{lines}\n}}\n")
