"""CziReader: an opened CZI file."""

from __future__ import annotations

from typing import Any, Self

from volio.arrays.dtypes import Array
from volio.errors import UsageError
from volio.files.opener import open_source
from volio.files.sources.source import ByteSource
from volio.formats.czi.extents import Rectangle
from volio.formats.czi.file import CziFile
from volio.formats.czi.metadata import Document
from volio.formats.czi.voxels import CziArray
from volio.images.headers.error_context import errors_name

__all__ = ["CziReader"]


class CziReader:
    """An opened CZI file: its scenes, and arrays that read from the tiles of their mosaics.

    Pixels are read when they are asked for. Any number of threads may read at once; it pickles as
    where the file is. No handle stays open, so that closing it only ends reading.

    Parameters
    ----------
    where : str, PathLike, bytes-like, binary file object or ByteSource
        As for `volio.load`.

    Raises
    ------
    MissingFileError
        If there is no such file.
    ImageFileError, HeaderDataError
        If it is not a CZI file, damaged, or one of several files of a set.

    Warns
    -----
    VolioWarning
        If the file has no directory, and was searched for its images.

    Examples
    --------
    >>> from volio.formats.czi import CziReader
    >>> from volio.testing.samples import samples_of
    >>> with CziReader(samples_of("czi")[0].path) as reader:
    ...     array = reader.array(scene=1)
    ...     print(reader.scenes[1], array.axes, array.shape)
    ...     part = reader.read((..., slice(0, 2), slice(0, 3)), scene=1)
    Rectangle(x=20, y=-3, w=9, h=7) TZCYX (1, 1, 2, 7, 9)
    """

    def __init__(self, where: Any) -> None:
        source = open_source(where)
        with errors_name(source):
            self._file = CziFile(source)
        source.forget_head()

    @property
    def name(self) -> str:
        """Of the file."""
        return self._file.name

    @property
    def source(self) -> ByteSource:
        """The bytes of the file."""
        return self._file.source

    @property
    def scenes(self) -> dict[int, Rectangle]:
        """The rectangle of each scene, by its index, in pixels of the plane that all lie in.

        Empty for a file without the dimension S.
        """
        return dict(self._file.rectangles)

    @property
    def bounds(self) -> Rectangle:
        """The rectangle around all pixels."""
        return self._file.scene(None).extents.rectangle

    @property
    def document(self) -> Document:
        """What the XML text of the file says: voxel sizes, time step, channels."""
        with errors_name(self.source):
            return self._file.document

    def extents(self, scene: int | None = None) -> dict[str, range]:
        """Return the indices along each dimension but X and Y, as the file counts them.

        Parameters
        ----------
        scene : int, optional
            One scene; all by default.

        Returns
        -------
        dict of str to range
            Of T, Z, B, H, V, R, I and C those that the file has, in this order.
        """
        extents = self._file.scene(scene).extents
        sides = zip(extents.letters, extents.lows, extents.lengths, strict=True)
        return {letter: range(low, low + length) for letter, low, length in sides}

    def factors(self, scene: int | None = None) -> tuple[float, ...]:
        """Return how many pixels of the finest resolution are one of each, along X and Y."""
        return tuple([level.factor for level in self._file.scene(scene).levels])

    def array(
        self, scene: int | None = None, *, level: int = 0, colours_apart: bool = False
    ) -> CziArray:
        """Return the pixels of a scene as a lazy array.

        Parameters
        ----------
        scene : int, optional
            One scene; by default all, in one plane.
        level : int
            Resolution, 0 for the finest.
        colours_apart : bool
            Whether red, green and blue are channels; otherwise colours of 8 bits are values of
            three or four fields, where all channels have them.

        Returns
        -------
        CziArray
            Axes T, Z, B, H, V, R, I, C, of these those that the file has, then Y and X. Index 0 is
            the first index that the scene has. dtype: one that holds those of all channels.

        Raises
        ------
        UsageError
            If there is no such scene or level, or the file was closed.
        HeaderDataError, LimitError
            If the scene makes no sense: a pixel type that is not known, say.
        """
        self._file.check_open()
        count = len(self._file.scene(scene).levels)
        if not 0 <= level < count:
            raise UsageError(f"level: {self.name} has levels 0 to {count - 1}, got {level}")
        return CziArray(self._file, scene, level, colours_apart)

    def read(self, index: Any = (), *, scene: int | None = None, level: int = 0) -> Array:
        """Read a part of `array` that a numpy index asks for.

        Parameters
        ----------
        index : anything numpy takes as an index, optional
            All by default.
        scene, level
            As for `array`.

        Returns
        -------
        ndarray
        """
        return self.array(scene, level=level).read(index)

    def close(self) -> None:
        """End reading: arrays of this reader raise an error from now on. Twice is fine."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"
