"""Saves under trial: two images, and a file that must be one of them, whatever happens."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from volio.cached import cached_property
from volio.files.saving.temporary import old_files_beside
from volio.formats.lookup import layouts
from volio.images.kinds import KINDS
from volio.testing.comparison import voxels_of
from volio.testing.samples import samples_of

__all__ = ["SMALL_SHEETS", "Trial", "trials"]

POINTS = (100, 101)  # in time, of greyordinates
BUNDLES = (9_000, 9_001)  # lines of tracts, of some 20 points
SHEETS = (20_000, 20_001)  # vertices of a surface
SMALL_SHEETS = (8_000, 8_001)  # where each is saved dozens of times: many formats are texts
SHAPES = ((96, 64, 80), (96, 64, 81))  # MB, of int16: a save takes several writes


@dataclass
class Trial:
    """A file, and the images that are saved to it in turn.

    Parameters
    ----------
    name : str
    image_class : type
    path : Path
        Alone in its folder.
    make : callable
        Returns one image or several, each saved to other bytes. Called when they are first used:
        of many trials few may be wanted.
    choices : mapping
        For saving.
    beside : mapping
        For loading what was saved: choices that name other files in the folder.
    digests : list of dict
        Per image, SHA-256 of each of its files by name; found by `prepare`.
    values : list of str
        Per image, SHA-256 of what its files are read as, of others than volumes: formats may
        have no place for all of an image. Found by `prepare`.
    """

    name: str
    image_class: type[Any]
    path: Path
    make: Callable[[], Sequence[Any]]
    choices: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, Any] = field(default_factory=dict)
    digests: list[dict[str, str]] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    @cached_property
    def images(self) -> Sequence[Any]:
        """The images."""
        return self.make()

    def prepare(self) -> None:
        """Save each image, the first one last, and remember what the files must be."""
        for img in (*self.images[1:], self.images[0]):
            img.to_filename(self.path, **self.choices)
            self.digests.insert(0, self.found())
            self.values.insert(0, _digest_of_values(self._loaded()))
        assert len({str(each) for each in self.digests}) == len(self.images)

    def _loaded(self) -> Any:
        """Return the image in the file, with what other files have of it."""
        return self.image_class.from_filename(self.path, **self.beside)

    def save(self, number: int) -> None:
        """Save one of the images."""
        self.images[number % len(self.images)].to_filename(self.path, **self.choices)

    def save_over_itself(self) -> None:
        """Load the file and save it over itself, its voxels unread."""
        self.image_class.from_filename(self.path).to_filename(self.path, **self.choices)

    def found(self) -> dict[str, str]:
        """Return the SHA-256 of each file that is there, by name, those of folders too.

        Hidden ones next to the image do not count.
        """
        folder = self.path.parent
        tops = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
        files = [file for top in tops for file in (top, *sorted(top.rglob("*"))) if file.is_file()]
        return {
            file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in files
        }

    def remains(self) -> list[str]:
        """Return the names of hidden files."""
        return sorted(p.name for p in self.path.parent.iterdir() if p.name.startswith("."))

    def remove(self) -> None:
        """Remove the files."""
        for path in self.path.parent.iterdir():
            _remove(path)

    def remove_remains(self) -> None:
        """Remove the hidden files next to the image."""
        for name in self.remains():
            _remove(self.path.with_name(name))

    def state(self) -> str:
        """Return which image the file is, after reading all of it.

        Returns
        -------
        str
            'complete'; or, for several files, 'between' when each is complete, but they are of
            two images, and what the first ones were before is next to them.

        Raises
        ------
        AssertionError
            If a file is not a complete one of any image.
        """
        found = self.found()
        if found in self.digests:
            self._check_values(self.digests.index(found))
            return "complete"
        self._check_between(found)
        return "between"

    def _check_values(self, number: int) -> None:
        """Assert that the file has the values of an image, of which all are read."""
        again = self._loaded()
        if hasattr(again, "dataobj"):
            expected = voxels_of(self.images[number])
            np.testing.assert_array_equal(voxels_of(again).reshape(expected.shape), expected)
        else:
            assert _digest_of_values(again) == self.values[number], f"{self.name}: other values"

    def _check_between(self, found: Mapping[str, str]) -> None:
        """Assert that each file is complete, and that the old ones are kept."""
        assert set(found) == set(self.digests[0]), f"{self.name}: files are {set(found)}"
        for name, digest in found.items():
            assert digest in [each[name] for each in self.digests], f"{name} is damaged"
        kept = [path for name in found for path in old_files_beside(self.path.with_name(name))]
        assert kept, f"{self.name}: files of two images, and no old file next to them"


def _digest_of_values(img: Any) -> str:
    """Return the SHA-256 of all numbers of a surface or of tracts; "" of voxels."""
    if hasattr(img, "dataobj"):
        return ""
    if img.kind == "tracts":
        arrays = {"points": img.points, "lengths": img.lengths_in_points}
        arrays |= {f"point {name}": values for name, values in img.per_point.items()}
        arrays |= {f"line {name}": values for name, values in img.per_line.items()}
    else:
        arrays = {"vertices": img.vertices, "faces": img.faces, **img.data}
    digest = hashlib.sha256()
    for name, values in arrays.items():
        array = np.zeros(0) if values is None else np.ascontiguousarray(values)
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def trials(
    folder: Path,
    compressions: Sequence[str] = ("", ".gz"),
    kinds: Collection[str] = tuple(KINDS),
    sheets: Sequence[int] = SHEETS,
) -> Iterator[Trial]:
    """Make a trial of every format that can be written, and each of its endings.

    Parameters
    ----------
    folder : Path
        Gets a folder per trial.
    compressions : sequence of str, optional
        Endings; those of a format's own files come besides.
    kinds : collection of str, optional
        Of images: others get no trial.
    sheets : sequence of int, optional
        How many vertices the surfaces have.
    """
    tried = set[type[Any]]()
    for row, layout in layouts():
        if not row.write or row.kind not in kinds:
            continue
        cls = row.image_class(layout)
        if layout.by_name and cls in tried:  # of names that alone tell what a file is, one will do
            continue
        tried.add(cls)
        endings = [f"{layout.files[-1]}{ending}" for ending in compressions]
        for ending in (*endings, *layout.aliases):
            name = f"{row.name}-{layout.image}{ending}"
            (folder / name).mkdir(parents=True)
            make = partial(_images, row, layout, cls, sheets)
            yield Trial(name, cls, folder / name / f"scan{ending}", make)
    if "tracts" in kinds:
        yield _folder_trial(folder)
        yield _values_trial(folder)


def _folder_trial(folder: Path) -> Trial:
    """Return the trial of tracts in a folder, not in a file."""
    [(row, layout)] = [pair for pair in layouts() if pair[0].name == "trx"]
    name = f"trx-{layout.image}-folder"
    (folder / name).mkdir(parents=True)
    cls = row.image_class(layout)
    path = folder / name / "scan.trx"
    return Trial(name, cls, path, partial(_images, row, layout, cls), {"folder": True})


def _values_trial(folder: Path) -> Trial:
    """Return the trial of tracts whose values are in files of their own."""
    from volio.formats.tck import TckTractogram

    name = "tck-values"
    (folder / name).mkdir(parents=True)
    path = folder / name / "scan.tck"
    beside = {
        "scalars": [path.with_name("scan_fa.tsf")],
        "weights": path.with_name("scan_weight.txt"),
    }
    choices = {"scalars": True, "weights": True}
    return Trial(name, TckTractogram, path, _tracts_with_values, choices, beside)


def _tracts_with_values() -> list[Any]:
    """Return two images of tracts whose values have no place in their own file."""
    from volio.formats.tck import TckTractogram
    from volio.tracts.contents import Holds

    images = [TckTractogram.from_contents(_bundle(count, Holds(grid=False))) for count in BUNDLES]
    for number, img in enumerate(images):
        # Else each save has the time at which it was made.
        img.header.meta["timestamp"] = str(number)
    return images


def _images(row: Any, layout: Any, cls: type[Any], sheets: Sequence[int] = SHEETS) -> list[Any]:
    """Return two images made of arrays, or those of the samples where none can be made."""
    if row.kind == "volume" and cls.makeable:
        return [cls(_counting(shape), None) for shape in SHAPES]
    if row.kind == "tracts" and cls.makeable:
        return [cls.from_contents(_bundle(count, cls.holds)) for count in BUNDLES]
    if row.kind == "surface" and cls.makeable:
        return [cls.from_contents(_sheet(count)) for count in sheets]
    if row.kind == "greyordinates":
        return [_matrix(cls, points) for points in POINTS]
    samples = [each for each in samples_of(row.name) if each.image == layout.image]
    return [cls.from_filename(sample.path) for sample in samples[:1]]


def _matrix(cls: type[Any], points: int) -> Any:
    """Return a series of some points at some vertices and voxels."""
    from volio.formats.cifti2 import BrainModelAxis, SeriesAxis

    mask = np.ones((4, 5, 6), bool)
    columns = BrainModelAxis.from_surface(np.arange(2000), 3000, "cortex_left")
    columns += BrainModelAxis.from_mask(mask, "thalamus_left", np.eye(4))
    random = np.random.default_rng(points)
    values = random.random((points, len(columns)), np.float32)
    return cls(values, (SeriesAxis(0, 0.72, points), columns))


def _bundle(count: int, holds: Any) -> Any:
    """Return what tracts of some lines hold, as far as a format has a place for it."""
    from volio.tracts.contents import TractContents
    from volio.tracts.grid import Grid
    from volio.tracts.lines import Lines
    from volio.tracts.sources import HeldLines

    random = np.random.default_rng(count)
    lengths = random.integers(1, 40, count)
    points = random.normal(size=(lengths.sum(), 3)).astype(np.float32)
    per_point = {"fa": points[:, 2].copy()} if holds.per_point else {}
    per_line = {"weight": points[:count, 0].copy()} if holds.per_line else {}
    grid = Grid((90, 100, 80), np.eye(4)) if holds.grid else None
    groups = {"even": np.arange(0, count, 2)} if holds.groups else {}
    lines = HeldLines(Lines.compact(points, lengths, per_point, per_line))
    return TractContents(lines, groups, {}, grid, "scanner")


def _sheet(count: int) -> Any:
    """Return what a surface of some vertices in a row holds: a mesh, values and labels."""
    from volio.images.labels import Label, Labels
    from volio.surfaces.contents import SurfaceContents
    from volio.surfaces.vertex_data import VertexArray

    random = np.random.default_rng(count)
    vertices = random.random((count, 3), np.float32)
    faces = (np.arange(count - 2)[:, np.newaxis] + np.arange(3)).astype(np.int32)
    table = Labels(Label(key, f"part {key}", (key, 0, 0, 255)) for key in range(3))
    parts = VertexArray("parts", random.integers(0, 3, count), table)
    height = VertexArray("height", vertices[:, 2])
    return SurfaceContents(vertices, faces, (height, parts), "scanner", indices=np.arange(count))


def _counting(shape: tuple[int, ...]) -> Any:
    """Return an array that compresses about as well as a brain does."""
    noise = np.random.default_rng(sum(shape)).integers(0, 200, shape, np.int16)
    noise[: shape[0] // 3] = 0
    return noise
