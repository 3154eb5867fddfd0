"""CziImage: a scene of a CZI file as an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import DType
from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_slice
from volio.errors import FileHolderError, UsageError
from volio.files.filemap import FileHolder
from volio.formats.czi.header import CziFacts, CziHeader
from volio.formats.czi.reader import CziReader
from volio.formats.czi.voxels import CziArray
from volio.images.headers.error_context import errors_name
from volio.images.microscopy import Channel, MicroscopyFacts
from volio.images.multiscale import MultiscaleImage, OpenedLevels
from volio.images.named_axes import FileAxis, axes_of_names

__all__ = ["CziImage"]

MICROMETRES = 1e6  # in a metre, which lengths are stored in
#: Dimensions that an image shows although it has one index along them.
ALWAYS_SHOWN = "TZCYX"


class CziImage(MultiscaleImage):
    """A scene of a CZI file, or all of them in one plane.

    Axes are shown as x, y, z, t, c, then the dimensions B, H, V, R and I that have several indices.
    The affine is in mm. It leads to the axes of the microscope, not to RAS+
    (``img.header.anatomical`` is False): scenes are where they were under it. Images are loaded,
    and saved in other formats.

    Parameters
    ----------
    dataobj : array-like
        Pixels, axes (x, y, z, t, c, ...); an array or a lazy array.
    affine : (4, 4) array-like or None
        Voxel indices (voxel centres at integers) to mm; None for unknown.
    header : header, optional
        What else is known, of any class (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image.
    file_map : mapping, optional
        Files of the image.
    dtype : dtype-like, optional
        dtype of the pixels (default: the header's, or the array's).

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> path = samples_of("czi")[0].path
    >>> img = volio.load(path)
    >>> img.shape, img.header.axes
    ((14, 8, 1, 1, 2), ('x', 'y', 'z', 't', 'c'))
    >>> [level.shape[:2] for level in volio.load(path, scene="all").levels]
    [(33, 13)]
    """

    header_class = CziHeader
    header: CziHeader
    files_types = (("image", ".czi"),)
    makeable = False
    rw = False
    ImageArrayProxy: ClassVar[type[LazyArray]] = CziArray

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        scene: int | str | None = None,
        level: int = 0,
        mmap: bool | str | None = None,
        keep_file_open: bool | None = None,
    ) -> Self:
        """Load a scene of a file; pixels are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
            'image' to the `FileHolder` of the file.
        scene : int or "all", optional
            Index of a scene (default: the first), or all scenes in one plane.
        level : int, optional
            Resolution, 0 for the finest.
        mmap, keep_file_open : optional
            Of no use here: images are drawn from tiles.

        Raises
        ------
        ImageFileError
            If the file is damaged, or one of several of a set.
        HeaderError
            If what it says makes no sense.
        UsageError
            If there is no such scene or level.

        Warns
        -----
        VolioWarning
            If the file has no directory, and was searched for its images.
        """
        if "image" not in file_map:
            raise FileHolderError(f"file_map: has no 'image', only {sorted(file_map)}")
        reader = CziReader(file_map["image"])
        return cls._of_level(_OpenedScene(reader, _chosen_scene(reader, scene)), level, file_map)


def _chosen_scene(reader: CziReader, scene: int | str | None) -> int | None:
    """Return the index of the scene that a user asks for; None for all."""
    if scene is None:
        return min(reader.scenes, default=None)
    if scene == "all":
        return None
    try:
        number = int(scene)
    except ValueError:
        raise UsageError(f'scene: must be the index of a scene or "all", got {scene!r}') from None
    if number not in reader.scenes:
        known = ", ".join(map(str, reader.scenes)) or "none"
        raise UsageError(f"scene: {reader.name} has no scene {number}; there are: {known}")
    return number


class _OpenedScene(OpenedLevels):
    """A scene of an opened file.

    Parameters
    ----------
    reader : CziReader
    scene : int or None
        None for all, in one plane.
    """

    def __init__(self, reader: CziReader, scene: int | None) -> None:
        self._reader = reader
        self._scene = scene
        with errors_name(reader.source):
            finest = reader.array(scene)
            letters = finest.axes
            lengths = dict(zip(letters, finest.shape, strict=True))
            self._letters = "".join(
                [each for each in letters if each in ALWAYS_SHOWN or lengths[each] > 1]
            )
            self._factors = reader.factors(scene)
            self._extents = reader.extents(scene)
            self._document = reader.document
            super().__init__(reader.name, self._file_axes(), len(self._factors))

    def _file_axes(self) -> list[FileAxis]:
        length = "micrometer" if self._sizes() else ""
        time = "second" if self._document.time_step else ""
        units = {"x": length, "y": length, "z": length, "t": time}
        axes = axes_of_names(self._letters.lower())
        return [axis._replace(unit=units.get(axis.name, "")) for axis in axes]

    def stored(self, level: int) -> LazyArray:
        array = self._reader.array(self._scene, level=level)
        index = [slice(None) if letter in self._letters else 0 for letter in array.axes]
        if 0 not in index:
            return array
        view = lazy_slice(array, tuple(index))
        assert isinstance(view, LazyArray)
        return view

    def matrix(self, level: int) -> NDArray[np.float64] | None:
        sizes = self._sizes()
        if not sizes:
            return None
        factor = self._factors[level]
        starts = self._starts()
        matrix = np.eye(len(self._letters) + 1)
        for axis, letter in enumerate(self._letters):
            size = sizes.get(letter, 1.0)
            step = factor if letter in "XY" else 1.0
            matrix[axis, axis] = size * step
            # Of a coarse pixel the centre is that of the fine pixels that it stands for.
            matrix[axis, -1] = (starts[letter] + (step - 1) / 2) * size
        return matrix

    def _sizes(self) -> dict[str, float]:
        """Return sizes in micrometres and seconds of dimensions; none where pixels have none."""
        stated = self._document.sizes
        if not {"X", "Y"} <= set(stated):
            return {}
        sizes = {letter: metres * MICROMETRES for letter, metres in stated.items()}
        return {**sizes, "T": self._document.time_step or 1.0}

    def _starts(self) -> dict[str, int]:
        """Return the first index along each dimension, as the file counts."""
        starts = {letter: each.start for letter, each in self._extents.items()}
        rectangle = self._reader.bounds
        if self._scene is not None:
            rectangle = self._reader.scenes[self._scene]
        return {**starts, "X": rectangle.x, "Y": rectangle.y}

    def facts(self, *, anatomical: bool) -> MicroscopyFacts:
        document = self._document
        return CziFacts(
            self.shown.names,
            self.file_axes,
            self._channels(),
            anatomical=anatomical,
            metadata={"xml": document.text} if document.text else None,
            scenes=self._reader.scenes,
            scene=self._scene,
        )

    def _channels(self) -> tuple[Channel, ...]:
        """Return what is known of each index along the axis of channels."""
        known = self._document.channels
        first = self._extents["C"].start if "C" in self._extents else 0
        samples = self._reader.array(self._scene).samples
        return tuple(
            [
                _in_values(known.get(first + channel, Channel()), samples.dtype)
                for channel, _ in samples.channels
            ]
        )


def _in_values(channel: Channel, dtype: DType) -> Channel:
    """Return a channel with its window in values; without one where these have no range."""
    if channel.window is None or dtype.kind != "u":
        return channel._replace(window=None)
    low, high = channel.window
    largest = np.iinfo(dtype).max
    return channel._replace(window=(low * largest, high * largest))
