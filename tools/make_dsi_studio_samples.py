"""Make the samples of volumes of DSI Studio by scipy: python tools/make_dsi_studio_samples.py.

scipy writes the matrices (MATLAB 4); which there are, and what they mean, is as DSI Studio
documents it: https://dsi-studio.labsolver.org/doc/cli_data.html
"""

from __future__ import annotations

import gzip
import io
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io

FOLDER = Path(__file__).resolve().parents[1] / "volio" / "tests" / "samples" / "dsi_studio"
SCIPY = f"scipy {version('scipy')}, matrices named as DSI Studio documents them"
SHAPE = (6, 5, 4)
#: From voxels that run to the left and to the back, turned a little.
AFFINE = np.array([[-2, -0.1, 0, 90], [0.1, -2, 0, 80], [0, 0, 2.5, -60], [0, 0, 0, 1]])


def row(values: Any) -> np.ndarray:
    return np.asarray(values).reshape(1, -1, order="F")


def write(path: Path, matrices: dict[str, np.ndarray]) -> None:
    stream = io.BytesIO()
    scipy.io.savemat(stream, matrices, format="4")
    packed = path.suffix in (".gz", ".fz", ".sz")
    path.write_bytes(gzip.compress(stream.getvalue(), mtime=0) if packed else stream.getvalue())


def facts(volumes: list[np.ndarray], dtype: str, affine: np.ndarray, **more: Any) -> dict[str, Any]:
    return {
        "program": SCIPY,
        "image": "DsiStudioImage",
        "shape": [*SHAPE, len(volumes)],
        "dtype": dtype,
        "zooms": [*np.sqrt((affine[:3, :3] ** 2).sum(axis=0)).tolist(), 1.0],
        "affine": affine.tolist(),
        "total": float(sum(np.asarray(each, float).sum() for each in volumes)),
        **more,
    }


def grid() -> dict[str, np.ndarray]:
    sizes = np.sqrt((AFFINE[:3, :3] ** 2).sum(axis=0))
    return {
        "dimension": row(np.array(SHAPE, np.int32)),
        "voxel_size": row(sizes.astype(np.float32)),
        "trans": row(AFFINE.astype(np.float32).ravel()),
    }


def fibres() -> dict[str, Any]:
    """Two fibres for each voxel as indices, one as vectors, and a map."""
    rng = np.random.default_rng(1)
    fa = [rng.random(SHAPE).astype("f4") for _ in range(2)]
    index = [rng.integers(0, 8, SHAPE).astype("i2") for _ in range(2)]
    vectors = rng.normal(size=(3, *SHAPE)).astype("f4")
    slices = (SHAPE[0] * SHAPE[1], SHAPE[2])
    write(
        FOLDER / "fibres.fib.gz",
        {
            **grid(),
            "odf_vertices": rng.normal(size=(3, 8)).astype("f4"),
            "odf_faces": rng.integers(0, 8, (3, 12)).astype("u2"),
            "fa0": fa[0].reshape(slices, order="F"),
            "fa1": row(fa[1]),
            "index0": index[0].reshape(slices, order="F"),
            "index1": row(index[1]),
            "dir0": vectors.reshape(3, -1, order="F"),
            "report": row(np.frombuffer(b"A scan of 64 directions.\0", "u1")),
        },
    )
    volumes = [*fa, *index, *vectors]
    return facts(volumes, "float32", AFFINE.astype("f4").astype(float))


def masked() -> dict[str, Any]:
    """Voxels of the mask alone, of one byte with slope and intercept."""
    rng = np.random.default_rng(2)
    mask = rng.random(SHAPE) < 0.4
    inside = mask.ravel(order="F")
    stored = rng.integers(0, 256, int(inside.sum())).astype("u1")
    slope, inter = np.float32(0.0078125), np.float32(0.25)
    index = rng.integers(0, 8, len(stored)).astype("i2")
    write(
        FOLDER / "masked.fz",
        {
            **grid(),
            "mask": mask.astype("u1").reshape(-1, SHAPE[2], order="F"),
            "fa0": row(stored),
            "fa0.slope": row(slope),
            "fa0.inter": row(inter),
            "index0": row(index),
        },
    )
    values = stored * float(slope) + float(inter)
    return facts([values, index], "float64", AFFINE.astype("f4").astype(float))


def images() -> dict[str, Any]:
    """Diffusion images of integers, not compressed."""
    rng = np.random.default_rng(3)
    volumes = [rng.integers(0, 60000, SHAPE).astype("u2") for _ in range(3)]
    table = np.vstack([[0, 1000, 2000], rng.normal(size=(3, 3))]).astype("f4")
    matrices = {**grid(), "b_table": table}
    matrices |= {f"image{number}": row(volume) for number, volume in enumerate(volumes)}
    write(FOLDER / "images.src", matrices)
    return facts(volumes, "uint16", AFFINE.astype("f4").astype(float))


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    made = {"fibres.fib.gz": fibres(), "masked.fz": masked(), "images.src": images()}
    lines = ",\n".join([f"{json.dumps(name)}: {json.dumps(each)}" for name, each in made.items()])
    (FOLDER / "facts.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
