#!/usr/bin/env python3
"""Make the samples of formats with headers of text again, with other programs than volio.

    python tools/make_text_samples.py [nrrd] [metaimage] [mif]

Needs SimpleITK and pynrrd. As `make_samples.py`, but facts are those that the programs were given:
no one program reads all of these files. What none of them writes is put together by hand, from
the definition of the format.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nrrd as pynrrd
import numpy as np
import SimpleITK
from make_samples import RGB, SAMPLES, SITK, numbers

PYNRRD = f"pynrrd {pynrrd.__version__}"
HAND = "by hand"

LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
TURN = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
SIZES = np.array([1.5, 2, 2.5])
ORIGIN = np.array([10.0, -20, 30])


def placed(matrix: np.ndarray, origin: Any) -> np.ndarray:
    """Return a 4x4 affine."""
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = matrix, origin
    return affine


TURNED = placed(TURN * SIZES, ORIGIN)


def entry(
    program: str, image: str, data: np.ndarray, affine: np.ndarray, zooms: Any = None
) -> dict[str, Any]:
    """Return the facts of a sample; the data as an image has it, in RAS+."""
    sizes = np.linalg.norm(affine[:3, :3], axis=0).tolist()
    parts = [data[name] for name in data.dtype.names] if data.dtype.names else [data]
    total = complex(sum(part.sum(dtype=np.complex128) for part in parts))
    names = data.dtype.names
    return {
        "program": program,
        "image": image,
        "shape": list(data.shape),
        "dtype": {"names": names, "formats": ["u1"] * len(names)} if names else data.dtype.name,
        "zooms": [float(zoom) for zoom in (*sizes, *(zooms or ()))],
        "affine": affine.tolist(),
        "total": [total.real, total.imag] if data.dtype.kind == "c" else total.real,
    }


def itk(path: Path, data: np.ndarray, channels: bool = False, compress: bool = False) -> np.ndarray:
    """Write an image with SimpleITK; return its affine in RAS+."""
    stored = np.moveaxis(data, -1, 0).T if channels else data.T
    img = SimpleITK.GetImageFromArray(np.ascontiguousarray(stored), isVector=channels)
    img.SetSpacing(SIZES.tolist())
    img.SetOrigin(ORIGIN.tolist())
    img.SetDirection(TURN.reshape(-1).tolist())
    SimpleITK.WriteImage(img, str(path), useCompression=compress)
    return LPS @ TURNED


def nrrd(folder: Path) -> dict[str, Any]:
    """NRRD: encodings, spaces, axes in other orders, colours, keys, a header that stands alone."""
    made = {}
    data = numbers((4, 5, 3))
    made["itk.nrrd"] = entry(SITK, "NrrdImage", data, itk(folder / "itk.nrrd", data))
    data = numbers((5, 4, 3), np.float32, 0.25)
    fields = {
        "space": "right-anterior-superior",
        "space directions": (TURN * SIZES).T,
        "space origin": ORIGIN,
        "kinds": ["domain"] * 3,
        "measurement frame": np.eye(3),
        "encoding": "gzip",
        "subject": "one: of\\two",
    }
    pynrrd.write(str(folder / "ras.nrrd"), data, fields)
    made["ras.nrrd"] = entry(PYNRRD, "NrrdImage", data, TURNED)
    fields |= {"space": "left-anterior-superior", "encoding": "bzip2", "endian": "big"}
    data = numbers((3, 4, 2), np.uint16)
    pynrrd.write(str(folder / "las.nrrd"), data, fields)
    made["las.nrrd"] = entry(PYNRRD, "NrrdImage", data, np.diag([-1, 1, 1, 1]) @ TURNED)
    data = numbers((3, 2, 4), np.int32) - 50
    fields = {"spacings": SIZES, "encoding": "ascii", "axis mins": [1.0, 2, 3]}
    pynrrd.write(str(folder / "text.nrrd"), data, fields)
    straight = LPS @ placed(np.diag(SIZES), [1, 2, 3] + SIZES / 2)
    made["text.nrrd"] = entry(PYNRRD, "NrrdImage", data, straight)
    data = numbers((3, 4, 5, 2), np.int16)
    fields = {
        "space": "left-posterior-superior",
        "space directions": np.vstack([np.full(3, np.nan), (TURN * SIZES).T]),
        "space origin": ORIGIN,
        "kinds": ["list", "domain", "domain", "domain"],
        "encoding": "raw",
        "modality": "DWMRI",
        "DWMRI_b-value": "1000",
        "DWMRI_gradient_0000": "0 0 0",
        "DWMRI_gradient_0001": "1 0 0",
    }
    pynrrd.write(str(folder / "list.nrrd"), np.moveaxis(data, -1, 0), fields)
    made["list.nrrd"] = entry(PYNRRD, "NrrdImage", data, LPS @ TURNED, [1])
    colours = (np.arange(3 * 4 * 2 * 3) * 11 % 256).astype(np.uint8).reshape(4, 2, 3, 3)
    fields = {"kinds": ["RGB-color", *["domain"] * 3], "spacings": [np.nan, *SIZES]}
    fields["encoding"] = "raw"
    pynrrd.write(str(folder / "rgb.nrrd"), np.moveaxis(colours, -1, 0), fields)
    records = np.ascontiguousarray(colours).view(RGB)[..., 0]
    straight = LPS @ placed(np.diag(SIZES), [0, 0, 0])
    made["rgb.nrrd"] = entry(PYNRRD, "NrrdImage", records, straight)
    data = numbers((3, 4, 5), np.float64, 0.5)
    fields = {
        "space": "left-posterior-superior",
        "space directions": (TURN * SIZES).T,
        "space origin": ORIGIN,
        "encoding": "raw",
    }
    pynrrd.write(str(folder / "scan.nhdr"), data, fields, detached_header=True)
    made["scan.nhdr"] = entry(PYNRRD, "NrrdPair", data, LPS @ TURNED)
    text = (
        "NRRD0004\n# by hand\ntype: uint8\ndimension: 4\nspace: RAST\nsizes: 3 2 4 2\n"
        "space directions: (2,0,0,0) (0,2,0,0) (0,0,3,0) (0,0,0,1.5)\nspace origin: (1,2,3,0)\n"
        'spacings: nan nan nan 1.5\nunits: "" "" "" "s"\n'
        "kinds: domain domain domain time\nencoding: hex\n\n"
    )
    data = numbers((3, 2, 4, 2), np.uint8)
    (folder / "hex.nrrd").write_text(f"{text}{data.tobytes(order='F').hex(' ', 8)}\n", "utf-8")
    made["hex.nrrd"] = entry(HAND, "NrrdImage", data, placed(np.diag([2, 2, 3]), [1, 2, 3]), [1.5])
    return made


def metaimage(folder: Path) -> dict[str, Any]:
    """MetaImage: compressed and not, channels, colours, big-endian, four axes, a pair."""
    made = {}
    data = numbers((4, 5, 3))
    made["itk.mha"] = entry(SITK, "MetaImage", data, itk(folder / "itk.mha", data))
    data = numbers((5, 4, 3), np.float64, 0.25)
    affine = itk(folder / "zlib.mha", data, compress=True)
    made["zlib.mha"] = entry(SITK, "MetaImage", data, affine)
    data = numbers((3, 4, 2, 2), np.float32, 0.5)
    affine = itk(folder / "channels.mha", data, channels=True)
    made["channels.mha"] = entry(SITK, "MetaImage", data, affine, [1])
    colours = (np.arange(3 * 4 * 2 * 3) * 11 % 256).astype(np.uint8).reshape(4, 2, 3, 3)
    affine = itk(folder / "rgb.mha", colours, channels=True)
    made["rgb.mha"] = entry(
        SITK, "MetaImage", np.ascontiguousarray(colours).view(RGB)[..., 0], affine
    )
    data = numbers((3, 4, 5), np.uint16)
    made["scan.mhd"] = entry(SITK, "MetaPair", data, itk(folder / "scan.mhd", data))
    text = (
        "ObjectType = Image\nComment = by hand\nNDims = 4\nBinaryData = True\n"
        "ElementByteOrderMSB = True\nPosition = -1 -2 3 0\n"
        "Rotation = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\nElementSize = 2 2 3 1.5\n"
        "DimSize = 3 2 4 2\nElementType = MET_INT\nElementDataFile = LOCAL\n"
    )
    data = numbers((3, 2, 4, 2), np.int32) - 40
    payload = data.astype(">i4").tobytes(order="F")
    (folder / "series.mha").write_bytes(text.encode() + payload)
    made["series.mha"] = entry(
        HAND, "MetaImage", data, placed(np.diag([-2, -2, 3]), [1, 2, 3]), [1.5]
    )
    return made


def mif(folder: Path) -> dict[str, Any]:
    """MRtrix: layouts, bits, byte orders, scaling, half floats, complex, a pair; all by hand."""
    made = {}

    def write(name: str, data: np.ndarray, payload: bytes, layout: str, kind: str, more: str = ""):
        zooms = ["1.5", "2", "2.5", *["3"] * (data.ndim - 3)]
        rows = "".join(
            f"transform: {','.join(repr(float(v)) for v in row)}\n"
            for row in np.column_stack([TURN, ORIGIN])
        )
        text = (
            f"mrtrix image\ndim: {','.join(map(str, data.shape))}\nvox: {','.join(zooms)}\n"
            f"layout: {layout}\ndatatype: {kind}\n{rows}{more}"
        )
        path = folder / name
        if path.suffix == ".mih":
            path.write_text(f"{text}file: scan.dat\nEND\n", "utf-8")
            path.with_suffix(".dat").write_bytes(payload)
        else:
            head = f"{text}file: . 512\nEND\n".encode()
            path.write_bytes(head.ljust(512, b"\0") + payload)
        image = "MifPair" if path.suffix == ".mih" else "MifImage"
        made[name] = entry(HAND, image, data, TURNED, [float(zoom) for zoom in zooms[3:]])

    data = numbers((4, 5, 3), np.float32, 0.25)
    write("plain.mif", data, data.tobytes(order="F"), "+0,+1,+2", "Float32LE")
    data = numbers((4, 5, 3))
    stored = data[::-1, :, ::-1].transpose(2, 0, 1)  # the last axis is the fastest
    payload = stored.astype(">i2").tobytes(order="F")
    write("turned.mif", data, payload, "-1,+2,-0", "Int16BE", "comments: one\ncomments: two\n")
    data = numbers((5, 3, 3), np.uint8) % 3 == 1
    payload = np.packbits(data.reshape(-1, order="F")).tobytes()
    write("bits.mif", data, payload, "+0,+1,+2", "Bit")
    stored = numbers((4, 3, 2, 3), np.uint16)
    data = stored * 0.5 - 8
    more = "scaling: -8,0.5\ndw_scheme: 0,0,1,0\ndw_scheme: 1,0,0,1000\ndw_scheme: 0,1,0,1000\n"
    payload = stored.transpose(3, 0, 1, 2).tobytes(order="F")
    write("series.mif", data, payload, "+1,+2,+3,+0", "UInt16LE", more)
    made["series.mif"]["dtype"] = "uint16"
    data = (numbers((3, 4, 2), np.float32) * (1 - 0.5j)).astype(np.complex64)
    write("complex.mif", data, data.astype(">c8").tobytes(order="F"), "+0,+1,+2", "CFloat32BE")
    data = numbers((3, 4, 2), np.float16, 0.5)
    write("scan.mih", data, data.tobytes(order="F"), "+0,+1,+2", "Float16LE")
    return made


def make(name: str) -> None:
    """Make the samples of one format."""
    folder = SAMPLES / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    entries = dict(sorted(globals()[name](folder).items()))
    lines = ",\n".join(f'"{file}": {json.dumps(facts)}' for file, facts in entries.items())
    (folder / "facts.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    print(f"{name}: {len(entries)} samples")


if __name__ == "__main__":
    for format_name in sys.argv[1:] or ("nrrd", "metaimage", "mif"):
        make(format_name)
