"""The files that the cases read, made anew from fixed seeds; each kind in a folder of its own.

SimpleITK reads ``x.nii`` where it lies beside ``x.nii.gz``, so no two lie together. Foreign files
are written by nibabel with zlib. Figures of the data are those of real ones: a 4-D series of
98 MB in int16 that gzip brings to about 0.42 of it, and a 256^3 image like a T1.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["FULL", "TINY", "Files", "Scale"]

VERSION = 2  # of the data: another number makes them again
LEVEL = 6  # of zlib, for foreign files


@dataclass(frozen=True)
class Scale:
    """How large the data are."""

    name: str
    series: tuple[int, int, int, int]
    t1: tuple[int, int, int]
    headers: int
    tiles: int  # along each axis


FULL = Scale("full", (64, 64, 40, 300), (256, 256, 256), 1000, 10)
#: For trying out: figures mean nothing.
TINY = Scale("tiny", (12, 10, 8, 6), (24, 20, 16), 5, 2)


class Files:
    """The files of a run, made when they are first asked for.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    scale : Scale
    """

    TILE = 256  # pixels of a side

    def __init__(self, folder: Path, scale: Scale) -> None:
        self.folder = folder / f"{scale.name}-{VERSION}"
        self.scale = scale

    def foreign(self, what: str) -> Path:
        """Return a .nii.gz written by nibabel: of the 'series' or the 't1'."""
        return self._made(
            f"foreign-{what}", f"{what}.nii.gz", lambda path: _by_nibabel(self.array(what), path)
        )

    def own(self, what: str) -> Path:
        """Return a .nii.gz written by volio."""
        return self._made(
            f"own-{what}", f"{what}.nii.gz", lambda path: _by_volio(self.array(what), path)
        )

    def plain(self, what: str) -> Path:
        """Return a .nii."""
        return self._made(
            f"plain-{what}", f"{what}.nii", lambda path: _by_nibabel(self.array(what), path)
        )

    def lab(self, kind: str, what: str) -> Path:
        """Return an image, the 't1', the 'series' or one that is 'small', of another format."""
        folder = self.folder / f"{kind}-{what}"
        if not folder.exists():
            half = folder.with_name(f"part-{folder.name}")
            half.mkdir(parents=True, exist_ok=True)
            _by_lab(self.array(what), half / LABS[kind], kind)
            half.replace(folder)
        return folder / LABS[kind]

    def array(self, what: str) -> Any:
        """Return the voxels of one of these, mapped into memory; a 'spare' one is a series."""
        shapes = {"series": self.scale.series, "t1": self.scale.t1, "spare": SPARE, "small": SMALL}
        shape = shapes[what]
        path = self._made(f"array-{what}", f"{what}.npy", lambda path: _save_array(shape, path))
        return np.load(path, mmap_mode="r")

    def zarr(self, layout: str, settings: dict[str, Any]) -> Path:
        """Return an array that zarr-python wrote, in the order of its axes."""
        folder = self.folder / f"zarr-{layout}"
        if not folder.exists():
            import zarr

            voxels = np.ascontiguousarray(self.array("t1"))
            half = folder.with_name(f"part-{folder.name}")
            made = zarr.create_array(
                half, shape=voxels.shape, dtype=voxels.dtype, overwrite=True, **settings
            )
            made[...] = voxels
            half.replace(folder)
        return folder

    def czi(self, compression: str, planes: int, tiles: int) -> tuple[Path, tuple[int, ...]]:
        """Return slices that pylibCZIrw wrote, in so many tiles along each side, and their shape.

        Neighbouring tiles share a tenth of their pixels.
        """
        side = 8 * self.scale.t1[0] // tiles
        step = side if tiles == 1 else side * 9 // 10
        length = step * (tiles - 1) + side
        kind = f"czi-{compression.partition(':')[0]}-{tiles}"

        def make(path: Path) -> None:
            _by_pylibczirw(path, compression, planes, [n * step for n in range(tiles)], side)

        return self._made(kind, "slices.czi", make), (planes, length, length)

    def tiff(self, layout: str, settings: dict[str, Any]) -> Path:
        """Return slices that tifffile wrote, in the order of their axes: z, y, x."""

        def make(path: Path) -> None:
            import tifffile

            voxels = np.ascontiguousarray(self.array("t1"))
            tifffile.imwrite(path, voxels, photometric="minisblack", **settings)

        return self._made(f"tiff-{layout}", "slices.tif", make)

    def tiles(self) -> tuple[Path, tuple[int, int, int]]:
        """Return a folder for a server, and the shape (z, y, x) of the stack whose tiles it has."""
        count = self.scale.tiles
        shape = (count, count * self.TILE, count * self.TILE)

        def make(path: Path) -> None:
            from volio.testing.servers.tile_folder import write_tiles

            size = (self.TILE, self.TILE)
            write_tiles(path.parent / "em", [tissue(shape).transpose()], size)
            path.touch()

        return self._made("tiles", "done", make).parent, shape

    def precomputed(self, encoding: str, tiny: bool = False) -> Path:
        """Return a volume that tensorstore wrote as precomputed, in chunks of 64³; or one chunk."""
        side = 64 * (1 if tiny else 3 * self.scale.tiles // 5)
        kind = f"precomputed-{encoding}-{side}"
        return self._made(kind, "volume", lambda path: _by_tensorstore(path, encoding, side))

    def many(self, ending: str) -> list[Path]:
        """Return many small files of this ending."""
        made = self._made(
            f"many{ending}", "done.json", lambda path: _many(path, ending, self.scale)
        )
        return [made.parent / name for name in json.loads(made.read_text())]

    def small(self) -> Path:
        """Return a small .nii.gz, to bring a library's parts into memory before the time counts."""
        voxels = np.arange(60, dtype=np.int16).reshape(5, 4, 3)
        return self._made("small", "small.nii.gz", lambda path: _by_nibabel(voxels, path))

    def output(self, name: str) -> Path:
        """Return the name of a file to write; what was written there before is gone."""
        path = self.folder / "output" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        return path

    def surface(self, kind: str) -> Path:
        """Return a hemisphere: its mesh in 'gifti', 'freesurfer' or 'quads', or values of it.

        These are 'annot', 'curv' and 'label'.
        """
        name = SURFACES[kind]
        return self._made("surfaces", name, lambda path: _surface(path, kind, self.scale))

    def greyordinates(self, points: int) -> Path:
        """Return a CIFTI-2 series of the usual 91,282 greyordinates."""
        name = f"rest-{points}.dtseries.nii"
        return self._made("cifti", name, lambda path: _greyordinates(path, points, self.scale))

    def tracts(self, name: str) -> Path:
        """Return 'plain.tck', 'plain.trk', 'half.trx', 'many.trk' or, with values, 'values.trk'.

        Other files of many lines are converted by volio.
        """

        def make(path: Path) -> None:
            from bench.tract_files import write_many, write_tracts, write_trx

            if name == "many.trk":
                write_many(path, self.scale.name)
            elif name.startswith("many"):
                _converted(self.tracts("many.trk"), path)
            elif path.suffix == ".trx":
                write_trx(path, self.scale.name)
            else:
                write_tracts(path, self.scale.name, name.startswith("values"))

        return self._made("tracts", name, make)

    def _made(self, kind: str, name: str, make: Callable[[Path], None]) -> Path:
        path = self.folder / kind / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_name(f"part-{name}")
            make(half)
            half.replace(path)
        return path


SURFACES = {
    "gifti": "lh.mesh.surf.gii",
    "freesurfer": "lh.mesh",
    "quads": "lh.quads",
    "annot": "lh.parts.annot",
    "curv": "lh.height",
    "label": "lh.some.label",
}

#: Voxels of the structures of the Human Connectome Project, by name.
DEEP = {
    "accumbens": (135, 140),
    "amygdala": (315, 332),
    "brain_stem": (3472,),
    "caudate": (728, 755),
    "cerebellum": (8709, 9144),
    "diencephalon_ventral": (706, 712),
    "hippocampus": (764, 795),
    "pallidum": (297, 260),
    "putamen": (1060, 1010),
    "thalamus": (1288, 1248),
}


def _greyordinates(path: Path, points: int, scale: Scale) -> None:
    """Write noise at 59,412 vertices and 31,870 voxels, or a part of them, with nibabel."""
    from nibabel import Cifti2Image
    from nibabel.cifti2 import BrainModelAxis, SeriesAxis

    part = 1 if scale.name == "full" else 20
    shape = (91, 109, 91)
    order = np.random.default_rng(5)
    left = BrainModelAxis.from_surface(np.arange(29696 // part), 32492, "cortex_left")
    axis = left + BrainModelAxis.from_surface(np.arange(29716 // part), 32492, "cortex_right")
    places = iter(order.permutation(91 * 109 * 91))
    for name, counts in DEEP.items():
        for count, side in zip(counts, ("_left", "_right") if counts[1:] else ("",), strict=True):
            flat = sorted(next(places) for _ in range(count // part))
            voxels = np.stack(np.unravel_index(flat, shape), 1)
            axis += BrainModelAxis(name + side, voxels, affine=np.eye(4), volume_shape=shape)
    values = order.normal(size=(points, len(axis))).astype(np.float32)
    Cifti2Image(values, (SeriesAxis(0, 0.72, points), axis)).to_filename(path)


def _surface(path: Path, kind: str, scale: Scale) -> None:
    """Write a sheet of triangles with bumps, or labels of its vertices, with nibabel."""
    import nibabel.freesurfer
    from nibabel.gifti import GiftiDataArray, GiftiImage

    side = 405 if scale.name == "full" else 9
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    bumps = np.random.default_rng(2).normal(size=x.shape)
    vertices = np.stack([x * 0.7, y * 0.7, bumps], -1).reshape(-1, 3).astype(np.float32)
    corner = (x + side * y)[:-1, :-1].ravel()
    upper = np.stack([corner, corner + 1, corner + side], 1)
    lower = np.stack([corner + 1, corner + side + 1, corner + side], 1)
    faces = np.concatenate([upper, lower]).astype(np.int32)
    if kind == "gifti":
        points = GiftiDataArray(vertices, "NIFTI_INTENT_POINTSET")
        triangles = GiftiDataArray(faces, "NIFTI_INTENT_TRIANGLE")
        path.write_bytes(GiftiImage(darrays=[points, triangles]).to_bytes())
    elif kind == "freesurfer":
        nibabel.freesurfer.write_geometry(path, vertices, faces)
    elif kind == "curv":
        nibabel.freesurfer.write_morph_data(path, vertices[:, 2])
    elif kind == "label":
        path.write_text(_label(vertices[:: 40 if scale.name == "full" else 2]))
    elif kind == "quads":
        path.write_bytes(_quads(scale))
    else:
        table = np.stack([np.arange(36) * 7, np.arange(36), np.full(36, 9), np.zeros(36, int)], 1)
        rows = np.random.default_rng(3).integers(0, 36, len(vertices))
        names = [f"part {number}" for number in range(36)]
        nibabel.freesurfer.write_annot(path, rows, table, names)


def _label(vertices: Any) -> str:
    """Return the text of a label of some vertices."""
    rows = [f"{n} {x:.3f} {y:.3f} {z:.3f} 0.5" for n, (x, y, z) in enumerate(vertices.tolist())]
    return "\n".join(["#!ascii label", str(len(rows)), *rows, ""])


def _quads(scale: Scale) -> bytes:
    """Return a sheet of 100,000 quadrangles, in FreeSurfer's newer layout of them."""
    side = 317 if scale.name == "full" else 9
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    vertices = np.stack([x, y, x * y % 7], -1).reshape(-1, 3)
    corner = (x + side * y)[:-1, :-1].ravel()
    faces = np.stack([corner, corner + 1, corner + side + 1, corner + side], 1)
    counts = np.array([len(vertices), len(faces)])
    digits = [_three_bytes(numbers) for numbers in (counts, faces)]
    return b"\xff\xff\xfd" + digits[0] + vertices.astype(">f4").tobytes() + digits[1]


def _three_bytes(numbers: Any) -> bytes:
    """Return numbers as FreeSurfer writes them in three bytes."""
    return numbers.astype(">u4").reshape(-1, 1).view(np.uint8)[:, 1:].tobytes()


def _by_pylibczirw(
    path: Path, compression: str, planes: int, corners: list[int], side: int
) -> None:
    """Write planes of smooth noise, of tiles with these corners along both axes."""
    from itertools import product

    from pylibCZIrw import czi

    rng = np.random.default_rng(0)
    waves = 1500 + 700 * np.add.outer(np.sin(np.arange(side) / 50), np.cos(np.arange(side) / 70))
    with czi.create_czi(str(path), compression_options=compression) as writer:
        for z, y, x in product(range(planes), corners, corners):
            tile = (waves + rng.normal(0, 20, (side, side))).astype(np.uint16)
            writer.write(tile, (x, y), {"T": 0, "Z": z, "C": 0})


SPARE = (32, 32, 16, 64)  # 2 MiB: enough for an index
SMALL = (5, 4, 3)
#: Names of files of other formats; those ending in -gz and -zlib are written by SimpleITK.
LABS = {
    "afni": "image+orig.BRIK",
    "afni-gz": "image+orig.BRIK.gz",
    "minc1": "image.mnc",
    "minc2": "image.mnc",
    "ecat": "image.v",
    "nrrd": "image.nrrd",
    "nrrd-gz": "image.nrrd",
    "metaimage": "image.mha",
    "metaimage-zlib": "image.mha",
}


def brain(shape: tuple[int, ...], seed: int = 1) -> Any:
    """Return int16 voxels in 'F' order: a smooth head in air, with noise in each volume."""
    rng = np.random.default_rng(seed)
    axes = np.meshgrid(*(np.linspace(-1, 1, length) for length in shape[:3]), indexing="ij")
    head = sum(axis**2 for axis in axes) < 0.62
    tissue = 700 + 200 * np.cos(5 * axes[0]) * np.sin(4 * axes[1] + axes[2])
    voxels = np.empty(shape, np.int16, order="F")
    volumes = voxels.reshape(*shape[:3], -1, order="F")
    for index in range(volumes.shape[3]):
        noise = rng.standard_normal(shape[:3], np.float32) * 30
        volumes[..., index] = np.where(head, tissue + noise, np.abs(noise) / 6)
    return voxels


def tissue(shape: tuple[int, ...]) -> Any:
    """Return uint8 pixels, axes z, y, x, that compress as those of electron microscopes do."""
    rng = np.random.default_rng(4)
    axes = np.meshgrid(*map(np.arange, shape), indexing="ij", sparse=True)
    waves = 40 * np.sin(axes[1] / 19 + axes[0]) * np.cos(axes[2] / 23)
    pixels = np.empty(shape, np.uint8)
    for index in range(shape[0]):
        noise = rng.normal(0, 12, shape[1:])
        pixels[index] = np.clip(120 + waves[index] + noise, 0, 255)
    return pixels


def _by_tensorstore(path: Path, encoding: str, side: int) -> None:
    """Write a cube of pixels, axes x, y, z."""
    import tensorstore

    scale = {"chunk_size": [64, 64, 64], "resolution": [4, 4, 4], "encoding": encoding}
    spec = {
        "driver": "neuroglancer_precomputed",
        "kvstore": {"driver": "file", "path": f"{path}/"},
        "multiscale_metadata": {"type": "image", "data_type": "uint8", "num_channels": 1},
        "scale_metadata": {**scale, "size": [side, side, side], "voxel_offset": [0, 0, 0]},
    }
    array = tensorstore.open(spec, create=True).result()
    array[..., 0] = tissue((side, side, side)).transpose()


def _save_array(shape: tuple[int, ...], path: Path) -> None:
    with path.open("wb") as stream:
        np.save(stream, brain(shape))


def _affine() -> Any:
    return np.array([[-2.0, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2.5, -72], [0, 0, 0, 1]])


def _converted(source: Path, target: Path) -> None:
    import volio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", volio.errors.LossWarning)
        volio.convert(source, target)


def _by_nibabel(voxels: Any, path: Path, level: int = LEVEL) -> None:
    import gzip

    import nibabel

    image = nibabel.Nifti1Image(np.asarray(voxels), _affine())
    data = image.to_bytes()
    path.write_bytes(gzip.compress(data, level, mtime=0) if path.suffix == ".gz" else data)


def _by_lab(voxels: Any, path: Path, kind: str) -> None:
    if kind in ("nrrd-gz", "metaimage-zlib"):
        import SimpleITK

        image = SimpleITK.GetImageFromArray(np.asarray(voxels).transpose())
        SimpleITK.WriteImage(image, str(path), useCompression=True)
        return
    import volio

    image = volio.Nifti1Image(np.asarray(voxels), _affine())
    volio.save(image, path, format=kind.partition("-")[0])


def _by_volio(voxels: Any, path: Path) -> None:
    import volio

    volio.save(volio.Nifti1Image(np.asarray(voxels), _affine()), path)


def _many(path: Path, ending: str, scale: Scale) -> None:
    save = _by_nibabel if ending.startswith(".nii") else _by_volio
    voxels, names = brain((24, 24, 16)), []
    for index in range(scale.headers):
        names.append(f"sub-{index:04}{ending}")
        save(np.roll(voxels, index, 0), path.parent / names[-1])
    path.write_text(json.dumps(names))
