"""Files of tracts: 200,000 lines of 20 to 62 points, by nibabel; and 5 million short ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["AFFINE", "MANY", "SHAPE", "lines", "write_many", "write_tracts", "write_trx"]

#: Voxel indices to mm, of the volume that the tracts belong to.
AFFINE = np.array([[-2.0, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
SHAPE = (91, 109, 91)
#: How many lines there are where memory must not grow with the points.
MANY = 5_000_000


def lines(scale_name: str) -> tuple[Any, Any]:
    """Return points of all lines, RAS+ mm, and the number of points of each."""
    count = 200_000 if scale_name == "full" else 200
    random = np.random.default_rng(11)
    lengths = random.integers(20, 63, count)
    points = random.normal(scale=30, size=(lengths.sum(), 3)).astype(np.float32)
    return points, lengths


def write_tracts(path: Path, scale_name: str, has_values: bool) -> None:
    """Write lines, by the ending of the name, perhaps with a value per point and four per line."""
    from nibabel.streamlines import ArraySequence, Field, TckFile, Tractogram, TrkFile

    points, lengths = lines(scale_name)
    per_point = {}
    per_line = {}
    if has_values:
        random = np.random.default_rng(12)
        per_point["fa"] = _sequence(random.random((len(points), 1), np.float32), lengths)
        names = [f"value {number}" for number in range(4)]
        per_line = {name: random.random((len(lengths), 1), np.float32) for name in names}
    tracts = Tractogram(_sequence(points, lengths), per_line, per_point, np.eye(4))
    header = {
        Field.VOXEL_TO_RASMM: AFFINE,
        Field.VOXEL_SIZES: np.array([2.0, 2, 2]),
        Field.DIMENSIONS: np.array(SHAPE),
        Field.VOXEL_ORDER: "LAS",
    }
    made = TckFile(tracts) if path.suffix == ".tck" else TrkFile(tracts, header)
    assert isinstance(made.streamlines, ArraySequence)
    made.save(str(path))


def write_trx(path: Path, scale_name: str) -> None:
    """Write lines with points of float16, as trx-python does by itself."""
    import json
    import zipfile

    points, lengths = lines(scale_name)
    header = {
        "DIMENSIONS": list(SHAPE),
        "VOXEL_TO_RASMM": AFFINE.tolist(),
        "NB_STREAMLINES": len(lengths),
        "NB_VERTICES": len(points),
    }
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype("<u8")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("header.json", json.dumps(header))
        archive.writestr("positions.3.float16", points.astype("<f2").tobytes())
        archive.writestr("offsets.uint64", ends.tobytes())


def write_many(path: Path, scale_name: str) -> None:
    """Write a .trk of five million lines of 4 points, in parts that fit in memory."""
    from nibabel.streamlines.trk import TrkFile, header_2_dtype

    part = 50_000 if scale_name == "full" else 50
    header = np.zeros((), header_2_dtype)
    for name, value in TrkFile.create_empty_header().items():
        if name in header.dtype.names:
            header[name] = value
    header["voxel_to_rasmm"] = AFFINE
    header["voxel_sizes"] = 2
    header["dimensions"] = SHAPE
    header["voxel_order"] = b"LAS"
    header["nb_streamlines"] = MANY // 50_000 * part
    random = np.random.default_rng(13)
    records = np.empty(part, [("count", "<i4"), ("points", "<f4", (4, 3))])
    records["count"] = 4
    with path.open("wb") as stream:
        stream.write(header.tobytes())
        for _ in range(MANY // 50_000):
            records["points"] = random.uniform(2, 180, (part, 4, 3))
            stream.write(records.tobytes())


def _sequence(rows: Any, lengths: Any) -> Any:
    from nibabel.streamlines import ArraySequence

    made = ArraySequence()
    made._data = rows
    made._lengths = lengths
    made._offsets = np.cumsum(lengths) - lengths
    return made
