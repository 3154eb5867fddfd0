#!/usr/bin/env python3
"""Make the samples of volio's tests again, with other programs than volio.

    python tools/make_samples.py [FORMAT ...]

Needs nibabel and SimpleITK. Each folder volio/tests/samples/FORMAT gets small files and
`facts.json`: for each file its image class, shape, dtype in the file (in numpy's words), zooms,
affine, the total of its values ([real, imaginary] where they are complex; of the fields of
colours) and the program that wrote it, all as nibabel states them.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import math
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import SimpleITK
from backports import zstd
from nibabel.brikhead import AFNIImage
from nibabel.parrec import PARRECImage, parse_PAR_header
from nibabel.spm99analyze import Spm99AnalyzeImage

SAMPLES = Path(__file__).resolve().parents[1] / "volio" / "tests" / "samples"
AXES = ("AP", "FH", "RL")
WHEEL = Path(nib.__file__).parent / "tests" / "data"
HEADS = {".hdr", ".mat", ".HEAD", ".PAR", ".xml"}  # endings of what is no main file
NIBABEL = f"nibabel {nib.__version__}"
SITK = f"SimpleITK {SimpleITK.__version__}"

OBLIQUE = np.array(
    [[-1.92, 0.45, 0.4, 12.5], [0.5, 2.4, -1.2, -30.25], [0.24, 0.7, 3.8, 8], [0, 0, 0, 1]]
)
STRAIGHT = np.array([[-2, 0, 0, 10], [0, 2.5, 0, -20], [0, 0, 3, 30], [0, 0, 0, 1.0]])
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
RGBA = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1"), ("A", "u1")])


def rigid(affine: np.ndarray) -> np.ndarray:
    """Take the shears out of an affine."""
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    left, _, right = np.linalg.svd(affine[:3, :3] / sizes)
    result = affine.copy()
    result[:3, :3] = left @ right * sizes
    return result


def numbers(shape: tuple[int, ...], dtype: Any = np.int16, step: float = 1) -> np.ndarray:
    """Numbers that differ from voxel to voxel."""
    count = int(np.prod(shape))
    return ((np.arange(count) * 7 % 199) * step).reshape(shape).astype(dtype)


def colours(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Colours that differ from voxel to voxel."""
    flat = np.arange(int(np.prod(shape)) * len(dtype)) * 11 % 256
    return flat.astype(np.uint8).view(dtype).reshape(shape)


def made(cls: Any, data: np.ndarray, affine: Any, order: str = "<", **fields: Any) -> Any:
    """Make an image of nibabel; `tr` and header fields as asked for."""
    header = cls.header_class() if cls is nib.MGHImage else cls.header_class(endianness=order)
    header.set_data_dtype(fields.pop("dtype", data.dtype))
    header.set_data_shape(data.shape)
    tr = fields.pop("tr", None)
    if tr is not None:
        header.set_zooms((*header.get_zooms()[:3], tr, *header.get_zooms()[4:]))
    for name, value in fields.items():
        header[name] = value
    return cls(data, affine, header)


def scaled(img: Any, slope: float, inter: float | None) -> Any:
    """State slope and intercept of the stored integers."""
    img.header.set_slope_inter(slope, inter)
    return img


def nifti1(folder: Path) -> dict[str, str]:
    """NIfTI-1: both byte orders, scaling, four and five axes, colours, complex, extensions."""
    affine = rigid(OBLIQUE)
    img = made(
        nib.Nifti1Image, numbers((4, 5, 3, 2), np.float64, 0.5) + 10, affine, tr=2.5, dtype="i2"
    )
    img.set_qform(affine, "scanner")
    img.header.set_xyzt_units("mm", "sec")
    scaled(img, 0.5, 10).to_filename(folder / "series.nii")
    img = made(nib.Nifti1Image, numbers((3, 4, 5), np.uint8), OBLIQUE, ">")
    img.set_sform(OBLIQUE, "mni")
    img.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"a comment"))
    img.header.extensions.append(nib.nifti1.Nifti1Extension(1234, b"\0\1\2 of no known kind"))
    img.to_filename(folder / "big.nii")
    img = made(nib.Nifti1Image, numbers((3, 4, 2), np.float32, 0.25), STRAIGHT)
    img.set_sform(None, 0)
    img.set_qform(STRAIGHT, "aligned")
    img.to_filename(folder / "qform.nii.gz")
    made(nib.Nifti1Image, colours((3, 4, 2), RGB), STRAIGHT).to_filename(folder / "rgb.nii.gz")
    img = made(nib.Nifti1Image, colours((2, 3, 4), RGBA), STRAIGHT, ">")
    img.to_filename(folder / "rgba.nii.bz2")
    data = numbers((3, 4, 2), np.complex64) * (1 - 0.5j)
    made(nib.Nifti1Image, data.astype(np.complex64), OBLIQUE).to_filename(folder / "complex.nii")
    compressed(
        made(nib.Nifti1Image, numbers((5, 3, 2, 1, 3), np.int32), STRAIGHT), folder / "five.nii.xz"
    )
    compressed(
        made(nib.Nifti1Image, numbers((5, 3, 2), np.uint16), STRAIGHT), folder / "short.nii.zst"
    )
    img = made(nib.Nifti1Pair, numbers((4, 3, 2), np.float64, 2) - 8, OBLIQUE, ">", dtype="i2")
    scaled(img, 2, -8).to_filename(folder / "pair.img")
    itk(numbers((4, 3, 5), np.float64, 0.125), folder / "itk.nii.gz")
    itk(numbers((4, 3, 5), np.int16), folder / "itkpair.img")
    return {"itk.nii.gz": SITK, "itkpair.img": SITK}


def itk(data: np.ndarray, path: Path) -> None:
    """Write an oblique image with SimpleITK (LPS+)."""
    img = SimpleITK.GetImageFromArray(data)
    img.SetSpacing((1.5, 2, 2.5))
    img.SetOrigin((10, -20, 30))
    img.SetDirection((0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1))
    SimpleITK.WriteImage(img, str(path))


def compressed(img: Any, path: Path) -> None:
    """Write the bytes of an image through a codec of Python's own."""
    code = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd.compress}
    path.write_bytes(code[path.suffix](img.to_bytes()))


def nifti2(folder: Path) -> dict[str, str]:
    """NIfTI-2: both byte orders, one file and two, a slope in double precision."""
    img = made(nib.Nifti2Image, numbers((4, 3, 2, 3)) * 0.1, OBLIQUE, tr=1.25, dtype="i2")
    img.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"in NIfTI-2"))
    scaled(img, 0.1, 0).to_filename(folder / "series.nii")
    made(nib.Nifti2Image, numbers((3, 4, 5), np.float64, 0.1), OBLIQUE, ">").to_filename(
        folder / "big.nii.gz"
    )
    made(nib.Nifti2Pair, numbers((2, 3, 4), np.int8), STRAIGHT, ">").to_filename(
        folder / "pair.img"
    )
    compressed(made(nib.Nifti2Image, colours((2, 3, 2), RGB), STRAIGHT), folder / "rgb.nii.zst")
    return {}


def analyze(folder: Path) -> dict[str, str]:
    """Analyze: both byte orders, three and four axes, colours."""
    straight = np.diag([-2, 2.5, 3, 1])
    made(nib.AnalyzeImage, numbers((4, 3, 5)), straight).to_filename(folder / "little.img")
    made(nib.AnalyzeImage, numbers((3, 4, 2, 3), np.uint8), straight, ">", tr=2).to_filename(
        folder / "big.img"
    )
    made(nib.AnalyzeImage, colours((3, 2, 4), RGB), straight).to_filename(folder / "rgb.img")
    made(nib.AnalyzeImage, numbers((3, 2, 4), np.float64, 0.1), straight).to_filename(
        folder / "double.img.gz"
    )
    return {}


def spm(cls: Any, folder: Path, inter: float | None) -> dict[str, str]:
    """Write SPM images: with and without a .mat file, scaled or not, both byte orders."""
    img = made(cls, numbers((4, 3, 5), np.float64, 0.5), OBLIQUE, dtype="i2")
    scaled(img, 0.5, inter).to_filename(folder / "turned.img")
    made(cls, numbers((3, 4, 2, 2), np.float32, 0.25), STRAIGHT, ">", tr=3).to_filename(
        folder / "big.img"
    )
    made(cls, numbers((4, 5, 3), np.uint8), STRAIGHT, ">", origin=(2, 3, 1, 0, 0)).to_filename(
        folder / "origin.img"
    )
    (folder / "origin.mat").unlink()
    made(cls, numbers((3, 4, 5), np.int32), OBLIQUE).to_filename(folder / "whole.img.gz")
    return {}


def spm99(folder: Path) -> dict[str, str]:
    """SPM99."""
    return spm(Spm99AnalyzeImage, folder, None)


def spm2(folder: Path) -> dict[str, str]:
    """SPM2: an intercept too, and scaling by ranges."""
    spm(nib.Spm2AnalyzeImage, folder, None)
    made(nib.Spm2AnalyzeImage, numbers((4, 3, 2)), STRAIGHT).to_filename(folder / "inter.img")
    patch(folder / "inter.hdr", {112: 0.5, 116: -4.0})
    made(nib.Spm2AnalyzeImage, numbers((4, 3, 2)), STRAIGHT).to_filename(folder / "ranges.img")
    patch(folder / "ranges.hdr", {112: 0.0, 124: 64.0, 128: 0.0, 140: 256, 144: 0})
    return {}


def patch(path: Path, values: dict[int, float]) -> None:
    """Set numbers of four bytes in a little-endian file."""
    data = bytearray(path.read_bytes())
    for offset, value in values.items():
        struct.pack_into("<f" if isinstance(value, float) else "<i", data, offset, value)
    path.write_bytes(data)


def mgh(folder: Path) -> dict[str, str]:
    """MGH: every kind of voxel, frames, no geometry, tags behind the footer, gzip."""
    affine = rigid(OBLIQUE)
    img = made(nib.MGHImage, numbers((4, 3, 2, 3), np.float32, 0.25), affine, ">", tr=2500)
    img.header["flip_angle"], img.header["te"] = 1.5, 30
    img.to_filename(folder / "series.mgh")
    made(nib.MGHImage, numbers((5, 4, 3), np.uint8), affine, ">").to_filename(folder / "bytes.mgz")
    made(nib.MGHImage, numbers((5, 4, 3), np.int16), STRAIGHT, ">").to_filename(
        folder / "short.mgz"
    )
    made(nib.MGHImage, numbers((3, 4, 5), np.uint16), STRAIGHT, ">").to_filename(
        folder / "ushort.mgh"
    )
    img = made(nib.MGHImage, numbers((3, 4, 2), np.int32), affine, ">")
    img.to_filename(folder / "tags.mgh")
    with (folder / "tags.mgh").open("ab") as file:
        file.write(struct.pack(">iq", 3, 9) + b"a command")
    return {}


HAND = "written by hand, after AFNI's README.attributes"


def afni(folder: Path) -> dict[str, str]:
    """AFNI, which nibabel does not write: text by hand and voxels by numpy."""
    series = {
        "TYPESTRING": "3DIM_HEAD_FUNC",
        "SCENE_DATA": [0, 11, 1, *[-999] * 5],
        "TAXIS_NUMS": [3, 2, 77001, *[-999] * 5],
        "TAXIS_FLOATS": [0.0, 1500.0, 0.0, -4.0, 3.5, -999999.0, -999999.0, -999999.0],
        "TAXIS_OFFSETS": [0.0, 750.0],
        "BRICK_FLOAT_FACS": [0.5, 0.5, 0.5],
        "BRICK_LABS": "mean~t of it~F of it",
        "BRICK_STATAUX": [1.0, 3.0, 1.0, 12.0, 2.0, 4.0, 2.0, 2.0, 30.0],
        "BRICK_STATS": [0.0, 99.0, 0.0, 99.0, 0.0, 99.0],
        "HISTORY_NOTE": "[someone] 3dThis -a 1\\n[someone] 3dThat 'b'",
        "NEW_THING": "what no program knows: a ~ and a \u00fc",
        "NEW_NUMBERS": [3.0, 4.5],
    }
    afni_files(folder / "series+orig", numbers((4, 3, 2, 3), ">i2"), OBLIQUE, series)
    scene = {"SCENE_DATA": [2, 0, 0, *[-999] * 5], "TEMPLATE_SPACE": "MNI"}
    afni_files(folder / "bytes+tlrc", numbers((5, 4, 3, 1), "u1"), STRAIGHT, scene, gzip.compress)
    data = numbers((3, 4, 2, 1), "<f4", 0.25)
    afni_files(folder / "float+acpc", data, STRAIGHT, {"SCENE_DATA": [1, 0, 0, *[-999] * 5]})
    return dict.fromkeys((path.name for path in folder.glob("*.BRIK*")), HAND)


def afni_files(
    path: Path, data: np.ndarray, affine: np.ndarray, more: Any, pack: Any = bytes
) -> None:
    """Write a .HEAD file and its .BRIK."""
    code = {"u1": 0, "i2": 1, "f4": 3}[data.dtype.str[1:]]
    rows = (np.diag([-1, -1, 1]) @ affine[:3]).ravel().tolist()
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    attributes = {
        "DATASET_RANK": [3, data.shape[3], *[0] * 6],
        "DATASET_DIMENSIONS": [*data.shape[:3], 0, 0],
        "TYPESTRING": "3DIM_HEAD_ANAT",
        "SCENE_DATA": [0, 2, 0, *[-999] * 5],
        "ORIENT_SPECIFIC": [0 if affine[0, 0] < 0 else 1, 2, 4],
        "ORIGIN": [rows[3], rows[7], rows[11]],
        "DELTA": [math.copysign(sizes[0], rows[0]), -sizes[1], sizes[2]],
        "IJK_TO_DICOM_REAL": rows,
        "BYTEORDER_STRING": "MSB_FIRST" if data.dtype.str[0] == ">" else "LSB_FIRST",
        "BRICK_TYPES": [code] * data.shape[3],
        **more,
    }
    text = "\n".join(afni_attribute(name, value) for name, value in attributes.items())
    path.with_name(f"{path.name}.HEAD").write_text(text, encoding="utf-8")
    ending = ".BRIK.gz" if pack is gzip.compress else ".BRIK"
    path.with_name(path.name + ending).write_bytes(pack(data.tobytes("F")))


def afni_attribute(name: str, value: Any) -> str:
    """Return the text of an attribute of AFNI."""
    if isinstance(value, str):
        count = len(value.encode()) + 1
        return f"\ntype = string-attribute\nname = {name}\ncount = {count}\n'{value}~\n"
    kind = "float" if isinstance(value[0], float) else "integer"
    lines = [
        " ".join(f"{number:>10}" for number in value[i : i + 5]) for i in range(0, len(value), 5)
    ]
    head = f"\ntype  = {kind}-attribute\nname  = {name}\ncount = {len(value)}\n"
    return head + "\n".join(lines) + "\n"


PHILIPS = "written by hand, after the comments in files of Philips"


def parrec(folder: Path) -> dict[str, str]:
    """PAR/REC, which only scanners write: the same scan as .PAR and as .xml, slices interleaved."""
    order = [(volume, number) for number in (1, 2) for volume in (1, 2, 3)]
    images = [philips_image(index, *where) for index, where in enumerate(order)]
    text = (WHEEL / "phantom_EPI_asc_CLEAR_2_1.PAR").read_text().splitlines(keepends=True)
    rows = [n for n, line in enumerate(text) if line[:1] == " "]
    changes = {"slices/locations": 2, "dynamics": 3, "Patient name": "someone"}
    head = [philips_line(line, changes) for line in text[: rows[0]]]
    lines = [" ".join(map(str, image.values())) + "\n" for image in images]
    (folder / "series.PAR").write_text("".join([*head, *lines, *text[rows[-1] + 1 :]]))
    voxels = numbers((6, 3, 4), "<u2").tobytes()
    for name in ("series.REC", "release5.rec"):
        (folder / name).write_bytes(voxels)
    xml = philips_xml(parse_PAR_header((folder / "series.PAR").open())[0], images)
    (folder / "release5.xml").write_text(xml)
    return dict.fromkeys(("series.REC", "release5.rec"), PHILIPS)


def philips_line(line: str, changes: dict[str, Any]) -> str:
    """Return a line of general information with another value where that is asked for."""
    for name, value in changes.items():
        if line.startswith(".") and name in line:
            return f"{line.partition(':')[0]}:   {value}\n"
    return line


def philips_image(index: int, volume: int, number: int) -> dict[str, Any]:
    """Return the columns of an image, version 4.2, by the attributes of .xml files."""
    return {
        "Slice": number,
        "Echo": 1,
        "Dynamic": volume,
        "Phase": 1,
        "Type": 0,
        "Sequence": 2,
        "Index": index,
        "Pixel Size": 16,
        "Scan Percentage": 100,
        "Resolution X": 4,
        "Resolution Y": 3,
        "Rescale Intercept": -2.0 * volume,
        "Rescale Slope": 0.5 * number,
        "Scale Slope": 0.125,
        "Window Center": 100,
        "Window Width": 200,
        **{f"Angulation {axis}": angle for axis, angle in zip(AXES, (-13.26, 0, 0), strict=True)},
        **{f"Offcenter {axis}": 0.0 for axis in AXES},
        "Slice Thickness": 3.0,
        "Slice Gap": 0.5,
        "Display Orientation": 0,
        "Slice Orientation": 1,
        "fMRI Status Indication": 0,
        "Image Type Ed Es": 2,
        "Pixel Spacing": "2.5 2.5",
        "Echo Time": 30.0,
        "Dyn Scan Begin Time": 2.0 * (volume - 1),
        "Trigger Time": 0.0,
        "Diffusion B Factor": 0.0,
        "No Averages": 1,
        "Image Flip Angle": 90.0,
        "Cardiac Frequency": 0,
        "Min RR Interval": 0,
        "Max RR Interval": 0,
        "TURBO Factor": 35,
        "Inversion Delay": 0.0,
        "BValue": 1,
        "Grad Orient": 1,
        "Contrast Type": 7,
        "Diffusion Anisotropy Type": 0,
        **{f"Diffusion {axis}": 0.0 for axis in AXES},
        "Label Type": 1,
    }


def philips_xml(info: dict[str, Any], images: list[dict[str, Any]]) -> str:
    """Return the text of an .xml header."""
    stated = {
        "Patient Name": info["patient_name"],
        "Max No Echoes": 1,
        "Max No Slices": 2,
        "Max No Dynamics": 3,
        "Max No B Values": 1,
        "Max No Gradient Orients": 1,
        "Repetition Times": f"{info['repetition_time'][0]:.4E}",
        "Dynamic Scan": "Y",
        "Diffusion": "N",
        **{f"Angulation {a}": value for a, value in zip(AXES, info["angulation"], strict=True)},
        **{f"Off Center {a}": value for a, value in zip(AXES, info["off_center"], strict=True)},
    }
    words = {"Slice Orientation": "Transversal", "Type": "M", "Sequence": "FFE", "Label Type": "-"}

    def listed(values: dict[str, Any]) -> str:
        return "".join(
            f'<Attribute Name="{name}">{words.get(name, value)}</Attribute>\n'
            for name, value in values.items()
        )

    keys = [*list(images[0])[:7], "BValue", "Grad Orient", "Label Type"]
    body = "".join(
        f"<Image_Info><Key>{listed({k: v for k, v in image.items() if k in keys})}</Key>"
        f"{listed({k: v for k, v in image.items() if k not in keys})}</Image_Info>\n"
        for image in images
    )
    series = f"<Series_Info>\n{listed(stated)}</Series_Info>"
    return f"<PRIDE_V5>\n{series}\n<Image_Array>\n{body}</Image_Array>\n</PRIDE_V5>\n"


def facts(path: Path, program: str, cls: Any) -> dict[str, Any]:
    """Return what nibabel finds in a file."""
    data, source = None, path if path.suffix != ".rec" else path.with_name("series.REC")
    with tempfile.TemporaryDirectory() as folder:
        if path.suffix in (".xz", ".zst"):
            code = lzma if path.suffix == ".xz" else zstd
            source = Path(folder) / path.stem
            source.write_bytes(code.decompress(path.read_bytes()))
        img = cls.from_filename(source)
        data = np.asanyarray(img.dataobj)
    parts = [data[name] for name in data.dtype.names] if data.dtype.names else [data]
    total = complex(sum(part.sum(dtype=np.complex128) for part in parts))
    dtype = img.get_data_dtype().newbyteorder("=")
    return {
        "program": program,
        "image": cls.__name__,
        "shape": list(map(int, img.shape)),
        "dtype": {"names": dtype.names, "formats": ["u1"] * len(dtype)}
        if dtype.names
        else dtype.name,
        "zooms": [float(zoom) for zoom in img.header.get_zooms()],
        "affine": img.affine.tolist(),
        "total": [total.real, total.imag] if data.dtype.kind == "c" else total.real,
    }


def class_of(name: str, path: Path) -> Any:
    """Return nibabel's class for a file of a format."""
    classes = {
        "nifti1": nib.Nifti1Pair if path.suffix == ".img" else nib.Nifti1Image,
        "nifti2": nib.Nifti2Pair if path.suffix == ".img" else nib.Nifti2Image,
        "analyze": nib.AnalyzeImage,
        "spm99": Spm99AnalyzeImage,
        "spm2": nib.Spm2AnalyzeImage,
        "mgh": nib.MGHImage,
        "afni": AFNIImage,
        "parrec": PARRECImage,
    }
    return classes[name]


def make(name: str) -> None:
    """Make the samples of one format."""
    folder = SAMPLES / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    programs = globals()[name](folder)
    paths = sorted(p for p in folder.iterdir() if not HEADS & {*p.suffixes})
    entries = {
        path.name: facts(path, programs.get(path.name, NIBABEL), class_of(name, path))
        for path in paths
    }
    if "release5.rec" in entries:  # nibabel reads its twin
        entries["release5.rec"] = {**entries["series.REC"], "image": "XMLRECImage"}
    lines = ",\n".join(f'"{file}": {json.dumps(entry)}' for file, entry in entries.items())
    (folder / "facts.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    print(
        f"{name}: {len(entries)} samples, {sum(p.stat().st_size for p in folder.iterdir())} bytes"
    )


if __name__ == "__main__":
    for format_name in sys.argv[1:] or (
        "nifti1",
        "nifti2",
        "analyze",
        "spm99",
        "spm2",
        "mgh",
        "afni",
    ):
        make(format_name)
