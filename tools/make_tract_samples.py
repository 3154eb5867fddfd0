"""Make the samples of tracts with nibabel and by hand: python tools/make_tract_samples.py."""

from __future__ import annotations

import json
import struct
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.streamlines import Field, TckFile, Tractogram, TrkFile

SAMPLES = Path(__file__).resolve().parents[1] / "volio" / "tests" / "samples"
NIBABEL = f"nibabel {nibabel.__version__}"
BY_HAND = "by hand, from the definition of the format"

#: Of a volume whose voxels are not cubes, and whose axes are turned and flipped.
AFFINE = np.array([[0, 2.5, 0, -50], [-1.5, 0, 0, 60], [0, 0, 2, -30], [0, 0, 0, 1]])
SHAPE = (40, 50, 30)


def curves(seed: int, counts: list[int]) -> list[np.ndarray]:
    """Return lines whose points are all different, mm."""
    rng = np.random.default_rng(seed)
    lines = []
    for count in counts:
        first = rng.uniform(-20, 20, 3)
        steps = np.add(rng.normal(size=(count, 3)), [0.5, -0.25, 1])
        lines.append((first + np.cumsum(steps, axis=0)).astype("f4"))
    return lines


def facts_of(lines: list[np.ndarray], **more: Any) -> dict[str, Any]:
    points = np.concatenate(lines).astype(float)
    numbers = np.arange(len(points))[:, np.newaxis]
    facts = {
        "lines": len(lines),
        "points": len(points),
        "lengths": [len(line) for line in lines],
        "sums": [points.sum(axis=0).tolist(), (points * numbers).sum(axis=0).tolist()],
        "space": "scanner",
        "shape": None,
        "per_point": {},
        "per_line": {},
        "groups": {},
    }
    return facts | more


def total(arrays: list[np.ndarray] | np.ndarray) -> float:
    return float(sum(np.asarray(each, float).sum() for each in arrays))


def trk_header() -> dict[str, Any]:
    return {
        Field.VOXEL_TO_RASMM: AFFINE,
        Field.VOXEL_SIZES: np.array([1.5, 2.5, 2]),
        Field.DIMENSIONS: np.array(SHAPE),
        Field.VOXEL_ORDER: "".join(nibabel.aff2axcodes(AFFINE)),
    }


def plain_trk(folder: Path) -> dict[str, Any]:
    """Lines in a turned volume, without values."""
    lines = curves(1, [5, 1, 30, 2])
    TrkFile(Tractogram(lines, affine_to_rasmm=np.eye(4)), trk_header()).save(folder / "plain.trk")
    return facts_of(lines, shape=SHAPE)


def values_trk(folder: Path) -> dict[str, Any]:
    """Lines with values per point and per line, one and several of a name."""
    lines = curves(2, [7, 3, 12])
    rng = np.random.default_rng(3)
    fa = [rng.random((len(line), 1), np.float32) for line in lines]
    colours = [rng.random((len(line), 3), np.float32) for line in lines]
    weights = rng.random((3, 1), np.float32)
    tracts = Tractogram(
        lines,
        data_per_point={"fa": fa, "colours": colours},
        data_per_streamline={"weight": weights},
        affine_to_rasmm=np.eye(4),
    )
    TrkFile(tracts, trk_header()).save(folder / "values.trk")
    per_point = {"colours": total(colours), "fa": total(fa)}
    return facts_of(lines, shape=SHAPE, per_point=per_point, per_line={"weight": total(weights)})


def swapped_trk(folder: Path) -> dict[str, Any]:
    """Big-endian: LPS coordinates of a RAS volume, names with blanks.

    The number of lines is not recorded, one line has no points, and one coordinate has the bits of
    a small integer.
    """
    shape = (11, 12, 13)
    size = np.array([2.0, 2.0, 3.0])
    shift = np.array([-10.0, -11.0, -12.0])
    rng = np.random.default_rng(4)
    stored = [rng.uniform(2, 20, (count, 3)).astype(">f4") for count in (4, 0, 6)]
    stored[0][1, 2] = np.array(3, ">u4").view(">f4")
    scalars = [rng.random((len(line), 2)).astype(">f4") for line in stored]
    properties = rng.random(3).astype(">f4")
    vox_to_ras = np.diag([*size, 1.0])
    vox_to_ras[:3, 3] = shift
    header = struct.pack(">6s3h3f3f", b"TRACK", *shape, *size, 0, 0, 0)
    header += struct.pack(">h200s", 2, b"fa     ".ljust(20, b"\0") + b"md     ".ljust(20, b"\0"))
    header += struct.pack(">h200s", 1, b"")
    header += vox_to_ras.astype(">f4").tobytes() + bytes(444)
    header += struct.pack(">4s4s6f2s6Bi", b"LPS", b"", *[0] * 6, b"", *[0] * 6, 0)
    header += struct.pack(">ii", 2, 1000)
    records = [
        struct.pack(">i", len(line)) + np.hstack([line, values]).astype(">f4").tobytes() + one
        for line, values, one in zip(
            stored, scalars, [struct.pack(">f", value) for value in properties], strict=True
        )
    ]
    (folder / "swapped.trk").write_bytes(header + b"".join(records))
    # Left and posterior in the file, so voxel n is voxel last - n of the volume.
    lines = []
    for line in stored:
        voxels = line.astype(float) / size - 0.5
        voxels[:, :2] = np.array(shape[:2]) - 1 - voxels[:, :2]
        lines.append(voxels * size + shift)
    per_point = {"fa": total([each[:, 0] for each in scalars])}
    per_point["md"] = total([each[:, 1] for each in scalars])
    per_line = {"properties": total(properties)}
    known = facts_of(lines, shape=shape, per_point=per_point, per_line=per_line)
    return known | {"states its count": False}


def plain_tck(folder: Path) -> dict[str, Any]:
    """Lines in single precision, with texts."""
    lines = curves(5, [6, 1, 25])
    tracts = Tractogram(lines, affine_to_rasmm=np.eye(4))
    TckFile(tracts, {"method": "iFOD2", "step_size": "0.5"}).save(folder / "plain.tck")
    return facts_of(lines)


def double_tck(folder: Path) -> dict[str, Any]:
    """Big-endian doubles after some room; one line has no points, and there are two counts."""
    rows = np.random.default_rng(6).normal(size=(12, 3))
    lines = [rows[:5], rows[5:5], rows[5:]]
    text = (
        b"mrtrix tracks  \ncount: 7\ndatatype: Float64BE\ncommand_history: tckgen a b\n"
        b"command_history: tckedit b c\ntimestamp: 1600000000.5\ncount: 0000000003\n"
        b"file: . 256\nEND\n"
    )
    end = np.full((1, 3), np.nan)
    joined = np.concatenate([each for line in lines for each in (line, end)])
    data = np.concatenate([joined, np.full((1, 3), np.inf)]).astype(">f8").tobytes()
    (folder / "double.tck").write_bytes(text.ljust(256, b"\0") + data)
    return facts_of(lines)


def steps_tt(folder: Path) -> dict[str, Any]:
    """Lines in steps of 1/32 voxel, with colours, clusters and texts."""
    affine = np.array([[-2.0, 0, 0, 90], [0, -2, 0, 126], [0, 0, 2, -72], [0, 0, 0, 1]])
    shape = (91, 109, 91)
    rng = np.random.default_rng(10)
    counts = [5, 1, 40, 3]
    lines, records = [], []
    for count in counts:
        first = rng.integers(-320, 2560, 3)
        steps = rng.integers(-127, 128, (count - 1, 3))
        units = np.cumsum([first, *steps], axis=0)
        lines.append(units / 32 @ affine[:3, :3].T + affine[:3, 3])
        head = struct.pack("<I3i", 3 * count, *first.tolist())
        records.append(head + steps.astype("i1").tobytes())
    colours = np.array([0xFFA03C, 0xFF00FF, 0x80FF0000, 1], "<u4")
    clusters = np.array([0, 1, 1, 65535], "<u2")
    content = variable("dimension", 20, np.array(shape, "<i4"))
    content += variable("voxel_size", 10, np.array([2, 2, 2], "<f4"))
    content += variable("trans_to_mni", 10, affine.astype("<f4"))
    content += variable("report", 51, np.frombuffer(b"A diffusion scan was acquired.", "u1"))
    content += variable("parameter_id", 51, np.frombuffer(b"c9A99193Fb803FcbF041b9643A08", "u1"))
    content += variable("color", 20, colours)
    content += variable("cluster", 40, clusters)
    content += variable("track", 50, np.frombuffer(b"".join(records), "u1"))
    (folder / "steps.tt").write_bytes(content)
    per_line = {"color": total(colours), "cluster": total(clusters)}
    return facts_of(lines, shape=shape, per_line=per_line)


def variable(name: str, kind: int, values: np.ndarray) -> bytes:
    """Return a variable of a MATLAB file of version 4: bytes in one column, others in one row."""
    shape = (values.size, 1) if kind == 50 else (1, values.size)
    label = name.encode() + b"\0"
    return struct.pack("<5i", kind, *shape, 0, len(label)) + label + values.tobytes()


def plain_bfloat(folder: Path) -> dict[str, Any]:
    """Lines with seeds in their midst, one of them without points."""
    lines = curves(14, [5, 1, 8])
    lines.insert(1, np.zeros((0, 3), "f4"))
    seeds = [2, 0, 0, 7]
    records = [
        np.concatenate([[len(line), seed], line.ravel()]).astype(">f4").tobytes()
        for line, seed in zip(lines, seeds, strict=True)
    ]
    (folder / "plain.Bfloat").write_bytes(b"".join(records))
    known = facts_of(lines, space="unknown", per_line={"seed": float(sum(seeds))})
    return known | {"known by name": True, "states its count": False}


def plain_dpy(folder: Path) -> dict[str, Any]:
    """Lines, by the writer of dipy."""
    from dipy.io.dpy import Dpy

    lines = curves(13, [6, 1, 9])
    file = Dpy(str(folder / "plain.dpy"), mode="w", compression=1)
    for line in lines:
        file.write_track(line)
    file.close()
    return facts_of(lines, space="unknown")


def named_bundles(folder: Path) -> dict[str, Any]:
    """Lines in three bundles, big-endian, keys in another order."""
    lines = curves(11, [4, 7, 1, 3])
    records = [struct.pack(">i", len(line)) + line.astype(">f4").tobytes() for line in lines]
    (folder / "named.bundlesdata").write_bytes(b"".join(records))
    (folder / "named.bundles").write_text(
        "attributes = {\n"
        "    'format' : 'bundles_1.0',\n"
        "    'binary' : 1, 'byte_order' : 'ABCD',\n"
        "    'data_file_name' : 'named.bundlesdata',\n"
        "    'bundles' : [ 'left', 0, 'none', 2, 'right', 2 ],\n"
        "    'curves_count' : 4,\n"
        "    'space_dimension' : 3,\n"
        "    'uuid' : '0d3f'\n"
        "    }\n",
        encoding="utf-8",
    )
    return facts_of(lines, space="unknown", groups={"left": 2, "none": 0, "right": 2})


def plain_bundles(folder: Path) -> dict[str, Any]:
    """Lines without names, by the writer of Phybers."""
    from phybers.utils.utils import write_bundle

    lines = curves(12, [5, 2])
    write_bundle(str(folder / "plain.bundles"), lines)
    return facts_of(lines, space="unknown")


def values_trx(folder: Path) -> dict[str, Any]:
    """Lines with values, groups and values of groups, in single precision."""
    from trx.trx_file_memmap import TrxFile, save

    lines = curves(7, [4, 9, 2, 5])
    rng = np.random.default_rng(8)
    fa = [rng.random((len(line), 1), np.float32) for line in lines]
    colours = [rng.integers(0, 256, (len(line), 3), np.uint8) for line in lines]
    weights = rng.random((4, 1), np.float32)
    tracts = Tractogram(
        lines,
        data_per_point={"fa": fa, "colours": colours},
        data_per_streamline={"weight": weights},
        affine_to_rasmm=np.eye(4),
    )
    reference = TrkFile(tracts, TrkFile.create_empty_header() | trk_header())
    made = TrxFile.from_tractogram(
        tracts,
        reference,
        dtype_dict={
            "positions": np.float32,
            "offsets": np.uint32,
            "dpv": {"fa": np.float32, "colours": np.uint8},
            "dps": {"weight": np.float32},
        },
    )
    made.groups = {"left": np.array([0, 3], np.uint32), "right": np.array([1], np.uint32)}
    made.data_per_group = {"left": {"mean_fa": np.array([[0.5]], np.float32)}}
    save(made, str(folder / "values.trx"))
    per_point = {"colours": total(colours), "fa": total(fa)}
    known = facts_of(lines, shape=SHAPE, per_point=per_point, per_line={"weight": total(weights)})
    return known | {"groups": {"left": 2, "right": 1}, "same bytes": False}


def padded_trx(folder: Path) -> dict[str, Any]:
    """Half precision, offsets without an end, blanks around names, one member deflated.

    Extra fields before the data are longer than those of the directory, as ``zip -0`` writes
    them, and there is a member that no definition names.
    """
    rng = np.random.default_rng(9)
    lengths = [3, 0, 6, 1]
    points = rng.uniform(-30, 30, (sum(lengths), 3)).astype("<f2")
    effect = rng.random(len(points)).astype("<f4")
    number = np.array([7, 300, 2**40, -1], "<i8")
    document = {
        "DIMENSIONS": [11, 12, 13],
        "VOXEL_TO_RASMM": np.diag([2.0, 2, 3, 1]).tolist(),
        "NB_VERTICES": len(points),
        "NB_STREAMLINES": len(lengths),
        "PROGRAM": "by hand",
    }
    members = {
        "header.json": json.dumps(document).encode(),
        "positions.3.float16": points.tobytes(),
        "offsets.uint64": np.cumsum([0, *lengths[:-1]]).astype("<u8").tobytes(),
        "dpv/effect   .float32": effect.tobytes(),
        "dps/number.int64": number.tobytes(),
        "notes/readme.txt": b"kept",
    }
    (folder / "padded.trx").write_bytes(zipped(members, deflated="dpv/effect   .float32"))
    lines = np.split(points.astype("f4"), np.cumsum(lengths)[:-1])
    per_point, per_line = {"effect": total(effect)}, {"number": total(number)}
    known = facts_of(lines, shape=(11, 12, 13), per_point=per_point, per_line=per_line)
    return known | {"same bytes": False}


def zipped(members: dict[str, bytes], deflated: str) -> bytes:
    """Return a zip file, packed by hand, whose members have extra fields before their data."""
    data, directory = b"", b""
    extra = struct.pack("<HHBI", 0x5455, 5, 1, 0)  # the time of the file
    for name, content in members.items():
        compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
        method = 8 if name == deflated else 0
        stored = compressor.compress(content) + compressor.flush() if method else content
        numbers = (zlib.crc32(content), len(stored), len(content), len(name))
        head = struct.pack("<5H3I2H", 20, 0, method, 0, 33, *numbers, len(extra))
        entry = struct.pack("<6H3I2H", 20, 20, 0, method, 0, 33, *numbers, 0)
        directory += b"PK\x01\x02" + entry + struct.pack("<3H2I", 0, 0, 0, 0, len(data))
        directory += name.encode()
        data += b"PK\x03\x04" + head + name.encode() + extra + stored
    count = len(members)
    end = struct.pack("<4H2IH", 0, 0, count, count, len(directory), len(data), 0)
    return data + directory + b"PK\x05\x06" + end


def write_facts(folder: Path, image: str, made: dict[str, tuple[str, dict[str, Any]]]) -> None:
    facts = {
        name: {"program": program, "image": image, "kind": "tracts", **known}
        for name, (program, known) in made.items()
    }
    (folder / "facts.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    folder = SAMPLES / "trk"
    folder.mkdir(exist_ok=True)
    made = {
        "plain.trk": (NIBABEL, plain_trk(folder)),
        "values.trk": (NIBABEL, values_trk(folder)),
        "swapped.trk": (BY_HAND, swapped_trk(folder)),
    }
    write_facts(folder, "TrkTractogram", made)
    folder = SAMPLES / "tck"
    folder.mkdir(exist_ok=True)
    made = {
        "plain.tck": (NIBABEL, plain_tck(folder)),
        "double.tck": (BY_HAND, double_tck(folder)),
    }
    write_facts(folder, "TckTractogram", made)
    folder = SAMPLES / "trx"
    folder.mkdir(exist_ok=True)
    made = {
        "values.trx": (f"trx-python {version('trx-python')}", values_trx(folder)),
        "padded.trx": (BY_HAND, padded_trx(folder)),
    }
    write_facts(folder, "TrxTractogram", made)
    folder = SAMPLES / "bundles"
    folder.mkdir(exist_ok=True)
    made = {
        "plain.bundles": (f"phybers {version('phybers')}", plain_bundles(folder)),
        "named.bundles": (BY_HAND, named_bundles(folder)),
    }
    write_facts(folder, "BundlesTractogram", made)
    folder = SAMPLES / "camino"
    folder.mkdir(exist_ok=True)
    write_facts(folder, "CaminoTractogram", {"plain.Bfloat": (BY_HAND, plain_bfloat(folder))})
    folder = SAMPLES / "dpy"
    folder.mkdir(exist_ok=True)
    write_facts(
        folder, "DpyTractogram", {"plain.dpy": (f"dipy {version('dipy')}", plain_dpy(folder))}
    )
    folder = SAMPLES / "tinytrack"
    folder.mkdir(exist_ok=True)
    write_facts(folder, "TinyTrackTractogram", {"steps.tt": (BY_HAND, steps_tt(folder))})


if __name__ == "__main__":
    main()
