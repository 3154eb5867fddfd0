"""Links to files elsewhere are followed, in every format; names that lead elsewhere are refused."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.arrays.chunk_cache import chunk_cache
from volio.errors import ImageFileError, VolioError
from volio.formats.table import FORMATS
from volio.testing.fuzz.seeds import Seed, lay_out, seeds_of
from volio.tests.formats.test_gifti import text_of
from volio.tests.requirements import optional

pytestmark = pytest.mark.requires("POSIX")

SEEDS = [seed for row in FORMATS for seed in seeds_of(row)]


def values_of(img: Any) -> list[np.ndarray]:
    """Return the arrays of an image of any kind."""
    if img.kind == "tracts":
        return [img.held().points, img.held().lengths]
    if img.kind == "surface":
        contents = img.contents()
        parts = [contents.vertices, contents.faces, *(each.values for each in contents.arrays)]
        return [np.asarray(part) for part in parts if part is not None]
    return [np.asarray(img.dataobj)]


def read(where: Path, **choices: Any) -> list[np.ndarray]:
    """Return the arrays of a file, read anew."""
    chunk_cache().clear()
    return values_of(volio.load(where, **choices))


@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")
@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed.format}-{seed.name}")
def test_links_of_git_annex_are_followed(seed: Seed, tmp_path: Path):
    files = seed.files
    if seed.is_packed:
        files = {f"{seed.name}/{name}": data for name, data in files.items()}
    lay_out(files, tmp_path / "plain")
    # Git-annex has each file under a key, in a folder far from the links to them.
    keys = {f"key{number}": name for number, name in enumerate(files)}
    lay_out({key: files[name] for key, name in keys.items()}, tmp_path / "annex" / "objects")
    for key, name in keys.items():
        link = tmp_path / "linked" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(tmp_path / "annex" / "objects" / key, link.parent))
    plain = read(tmp_path / "plain" / seed.name, format=seed.format)
    linked = read(tmp_path / "linked" / seed.name, format=seed.format)
    assert len(plain) == len(linked) > 0
    for one, other in zip(plain, linked, strict=True):
        np.testing.assert_array_equal(one, other)


VOLUME = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def nrrd(path: Path, name: str) -> Path:
    """Write a header of NRRD that names its data."""
    header = (
        f"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 3 4\nencoding: raw\ndata file: {name}\n"
    )
    path.with_suffix(".nhdr").write_text(header)
    return path.with_suffix(".nhdr")


def metaimage(path: Path, name: str) -> Path:
    """Write a header of MetaImage that names its data."""
    header = f"NDims = 3\nDimSize = 2 3 4\nElementType = MET_UCHAR\nElementDataFile = {name}\n"
    path.with_suffix(".mhd").write_text(header)
    return path.with_suffix(".mhd")


def mif(path: Path, name: str) -> Path:
    """Write a header of MRtrix that names its data."""
    header = "mrtrix image\ndim: 2,3,4\nvox: 1,1,1\nlayout: +0,+1,+2\ndatatype: UInt8\n"
    path.with_suffix(".mih").write_text(f"{header}file: {name} 0\nEND\n")
    return path.with_suffix(".mih")


def gifti(path: Path, name: str) -> Path:
    """Write a GIFTI file whose values are in another one."""
    attributes = {"Encoding": "ExternalFileBinary", "ExternalFileName": name, "Dim0": "24"}
    kind = {"DataType": "NIFTI_TYPE_UINT8", "ExternalFileOffset": "0"}
    path.with_suffix(".gii").write_bytes(text_of(b"", **attributes, **kind))
    return path.with_suffix(".gii")


def hdf5_link(path: Path, name: str) -> Path:
    """Write a file of HDF5 whose data set is a link to another one: it has no other."""
    h5py = optional("h5py")
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file["data"] = h5py.ExternalLink(name, "data")
    return path.with_suffix(".h5")


def hdf5_virtual(path: Path, name: str) -> Path:
    """Write a file of HDF5 with a virtual data set."""
    h5py = optional("h5py")
    layout = h5py.VirtualLayout(VOLUME.shape, VOLUME.dtype)
    layout[...] = h5py.VirtualSource(name, "data", VOLUME.shape)
    with h5py.File(path.with_suffix(".h5"), "w", libver="latest") as file:
        file.create_virtual_dataset("data", layout)
    return path.with_suffix(".h5")


def ome_tiff(path: Path, name: str) -> Path:
    """Write a file of OME-TIFF whose pixels are in another one."""
    tifffile = optional("tifffile")
    part = f'<TiffData IFD="0" PlaneCount="2"><UUID FileName="{name}">urn:uuid:1</UUID></TiffData>'
    sizes = 'SizeX="4" SizeY="3" SizeZ="2" SizeC="1" SizeT="1" DimensionOrder="XYZCT" Type="uint8"'
    text = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        f'UUID="urn:uuid:0"><Image ID="Image:0"><Pixels ID="Pixels:0" {sizes}>{part}</Pixels>'
        "</Image></OME>"
    )
    options = {"metadata": None, "photometric": "minisblack"}
    whole = path.with_suffix(".ome.tif")
    tifffile.imwrite(whole, np.zeros((1, 3, 4), np.uint8), description=text, **options)
    return whole


def written_group(path: Path, documents: dict[str, Any]) -> Path:
    """Write the documents of a folder."""
    texts = {name: json.dumps(content).encode() for name, content in documents.items()}
    lay_out(texts, path)
    return path


def n5(path: Path, name: str) -> Path:
    """Write a group of N5 that names its array."""
    multiscales = [{"datasets": [{"path": name}]}]
    return written_group(path.with_suffix(".n5"), {"attributes.json": {"multiscales": multiscales}})


def ome_zarr(path: Path, name: str) -> Path:
    """Write a group of OME-Zarr that names its array."""
    axes = [{"name": letter, "type": "space", "unit": "millimeter"} for letter in "zyx"]
    scale = [{"type": "scale", "scale": [1, 1, 1]}]
    level = {"path": name, "coordinateTransformations": scale}
    group = {"multiscales": [{"version": "0.4", "axes": axes, "datasets": [level]}]}
    documents = {".zgroup": {"zarr_format": 2}, ".zattrs": group}
    return written_group(path.with_suffix(".zarr"), documents)


def precomputed(path: Path, name: str) -> Path:
    """Write the document of a precomputed volume that names where its chunks are."""
    scale = {"key": name, "size": [2, 3, 4], "resolution": [1, 1, 1], "encoding": "raw"}
    scale |= {"chunk_sizes": [[2, 3, 4]], "voxel_offset": [0, 0, 0]}
    info = {"@type": "neuroglancer_multiscale_volume", "type": "image", "data_type": "uint8"}
    document = info | {"num_channels": 1, "scales": [scale]}
    return written_group(path.with_suffix(".precomputed"), {"info": document})


def raw_file(path: Path) -> None:
    """Write voxels, the first axis fastest."""
    path.write_bytes(VOLUME.tobytes(order="F"))


def hdf5_file(path: Path) -> None:
    """Write an array of HDF5."""
    h5py = optional("h5py")
    with h5py.File(path, "w") as file:
        file["data"] = VOLUME


def tiff_file(path: Path) -> None:
    """Write the pages of a TIFF."""
    tifffile = optional("tifffile")
    pages = VOLUME.reshape(2, 3, 4)
    tifffile.imwrite(path, pages, metadata=None, photometric="minisblack")


def n5_array(path: Path) -> None:
    """Write an array of N5 in one block."""
    written = {"dimensions": [2, 3, 4], "blockSize": [2, 3, 4], "dataType": "uint8"}
    document = written | {"compression": {"type": "raw"}}
    block = b"\0\0\0\3" + b"".join([length.to_bytes(4, "big") for length in (2, 3, 4)])
    block += VOLUME.tobytes(order="F")
    lay_out({"attributes.json": json.dumps(document).encode(), "0/0/0": block}, path)


def zarr_array(path: Path) -> None:
    """Write an array of Zarr in one chunk."""
    document = {"zarr_format": 2, "shape": [2, 3, 4], "chunks": [2, 3, 4], "dtype": "|u1"}
    document |= {"compressor": None, "fill_value": 0, "order": "C", "filters": None}
    lay_out({".zarray": json.dumps(document).encode(), "0.0.0": VOLUME.tobytes()}, path)


def chunk_folder(path: Path) -> None:
    """Write the only chunk of a precomputed volume."""
    lay_out({"0-2_0-3_0-4": VOLUME.tobytes(order="F")}, path)


NAMING: dict[str, tuple[Callable[[Path, str], Path], Callable[[Path], None]]] = {
    "nhdr": (nrrd, raw_file),
    "mhd": (metaimage, raw_file),
    "mih": (mif, raw_file),
    "gifti": (gifti, raw_file),
    "hdf5 link": (hdf5_link, hdf5_file),
    "hdf5 virtual": (hdf5_virtual, hdf5_file),
    "ome-tiff": (ome_tiff, tiff_file),
    "n5": (n5, n5_array),
    "ome-zarr": (ome_zarr, zarr_array),
    "precomputed": (precomputed, chunk_folder),
}
FOLDERS = ("n5", "ome-zarr", "precomputed")


def all_values(where: Path, **choices: Any) -> list[int]:
    """Return the sorted values of a file."""
    if where.suffix == ".h5":
        choices["path"] = "data"
    (values,) = read(where, **choices)
    return sorted(np.asarray(values).reshape(-1).tolist())


@pytest.mark.parametrize("kind", NAMING)
def test_names_are_followed_through_links_and_not_out(kind: str, tmp_path: Path):
    write_header, write_data = NAMING[kind]
    folder = tmp_path / "in"
    folder.mkdir()
    write_data(tmp_path / "away")
    expected = list(range(24))
    # A link with a name inside leads to a file outside.
    linked = write_header(folder / "linked", "near")
    near = (linked if kind in FOLDERS else folder) / "near"
    near.symlink_to(tmp_path / "away")
    assert all_values(linked) == expected
    # The name itself leads there, along both ways that a path has.
    up = "../../away" if kind in FOLDERS else "../away"
    named = write_header(folder / "named", up)
    with pytest.raises(ImageFileError, match=r"outside its own folder|out of the folder|inside it"):
        all_values(named)
    assert all_values(named, allow_external=True) == expected
    rooted = write_header(folder / "rooted", str(tmp_path / "away"))
    try:
        found = all_values(rooted)
    except VolioError:  # where a leading slash counts for nothing, there is no such array
        return
    assert kind == "precomputed", "what is not there is 0 in these alone"
    assert found == [0] * 24
