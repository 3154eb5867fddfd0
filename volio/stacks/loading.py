"""Stacks of many files: of Zarr, and of everything else that volio loads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING

from volio.arrays.views import lazy_slice
from volio.errors import UsageError
from volio.formats.choices import choices_of
from volio.formats.czi import CziImage
from volio.formats.parts import split_part
from volio.images.microscopy import MicroscopyHeader
from volio.images.named_axes import unnamed_axes
from volio.stacks.axes import ORDER
from volio.stacks.colours import channels_of_colours
from volio.stacks.czi import CziImageStack, DepthAxis
from volio.stacks.lazy import LazyImageStack
from volio.stacks.stack import ImageStack
from volio.stacks.zarr import ZarrImageStack
from volio.stacks.zarr_places import array_paths, zarr_at

if TYPE_CHECKING:
    from volio.images.spatial import SpatialImage

__all__ = ["load_czis", "load_zarrs", "open_stacks"]

Source = str | PathLike[str]

#: Axes of stacks of CZI, and what the depth of each is.
CZI_DEPTHS: dict[str, DepthAxis] = {"SCYX": "none", "SCZYX": "Z", "SCTYX": "T"}


def load_zarrs(sources: Iterable[Source], axes: str) -> list[ZarrImageStack]:
    """Make stacks of arrays of Zarr.

    Parameters
    ----------
    sources : iterable of str or PathLike
        Paths of folders and zip files, ``file:///data/a.zarr/group/array``,
        ``https://host/a.zarr/group/array``. Of a group that is a multiscale of OME-Zarr the finest
        level is taken, of other groups every array that is directly in them, by name.
    axes : str
        A letter per axis of the arrays, of ``STCZYX``.

    Returns
    -------
    list of ZarrImageStack
        In the order of the sources.

    Raises
    ------
    UsageError
        If there is no Zarr at a place, no array in it, or the letters do not name the axes.
    MissingFileError, RemoteError
        If there is nothing at a place.

    Examples
    --------
    >>> for name in ("left", "right"):
    ...     img = volio.OmeZarrImage(np.ones((8, 8, 8), np.uint8), np.eye(4))
    ...     volio.save(img, f"{name}.ome.zarr")
    >>> stacks = volio.stacks.load_zarrs(["left.ome.zarr", "right.ome.zarr/0"], "ZYX")
    >>> [stack.data_shape for stack in stacks]
    [(1, 1, 8, 8, 8), (1, 1, 8, 8, 8)]
    """
    stacks = []
    for source in sources:
        place = zarr_at(source)
        for path in array_paths(place):
            stacks.append(ZarrImageStack(place.store, path, axes))
    return stacks


def load_czis(paths: Iterable[Source], axes: str) -> list[CziImageStack]:
    """Make stacks of the scenes of CZI files.

    Parameters
    ----------
    paths : iterable of str or PathLike
        Paths and addresses; ``slide.czi@3`` is scene 3 alone.
    axes : {"SCYX", "SCZYX", "SCTYX"}
        Of the stacks: which dimension is the depth.

    Returns
    -------
    list of CziImageStack
        One per scene, in their order; one for a file without scenes.

    Raises
    ------
    UsageError
        If the axes are others, or a file has no such depth.
    MissingFileError, ImageFileError, HeaderError
        If a file is not there, or makes no sense.

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> stacks = volio.stacks.load_czis([samples_of("czi")[0].path], "SCYX")
    >>> [(stack.scene, stack.data_shape) for stack in stacks]
    [(0, [1, 2, 8, 14]), (1, [1, 2, 7, 9])]
    """
    if axes not in CZI_DEPTHS:
        raise UsageError(f"axes: must be one of {', '.join(CZI_DEPTHS)}, got {axes!r}")
    depth = CZI_DEPTHS[axes]
    stacks = []
    for path in paths:
        if split_part(fspath(path)).suffix:
            stacks.append(CziImageStack(path, depth_axis=depth))
        else:
            scenes = CziImageStack.get_bounding_rectangles(path)
            stacks += [CziImageStack(path, scene, depth) for scene in scenes]
    return stacks


def open_stacks(source: Source, axes: str | None = None) -> list[ImageStack]:
    """Make stacks of whatever `volio.load` reads.

    Parameters
    ----------
    source : str or PathLike
        Path or address.
    axes : str, optional
        A letter per axis, of ``STCZYX``: in the order of the file for formats whose arrays may
        have axes in any order, as Zarr, otherwise in that of the image that `volio.load` gives;
        for CZI as `load_czis` takes them. By default what the file says: x, y and z are X, Y and
        Z, time is T, channels and the fifth axis are C, and one further axis may be S.

    Returns
    -------
    list of ImageStack
        One; of CZI one per scene.

    Raises
    ------
    UsageError
        If the letters do not name the axes, or there are axes that no letter stands for.
    ImageFileError, HeaderError
        As for `volio.load`.

    Examples
    --------
    >>> bold = volio.Nifti1Image(np.zeros((48, 56, 24, 6), np.int16), np.eye(4))
    >>> volio.save(bold, "bold.nii.gz")
    >>> (stack,) = volio.stacks.open_stacks("bold.nii.gz")
    >>> stack.data_shape, stack.original_axes
    ((6, 1, 24, 56, 48), 'XYZT')
    """
    from volio import io

    img = io.load(source)
    if isinstance(img, CziImage):
        has_depth = img.shape[2] > 1
        return [*load_czis([source], axes or ("SCZYX" if has_depth else "SCYX"))]
    if axes is not None and "axes" in choices_of(type(img), "from_file_map"):
        img = io.load(source, axes=axes)
        axes = None
    return [stack_of_image(img, fspath(source), axes)]


def stack_of_image(img: SpatialImage, source: str, axes: str | None = None) -> LazyImageStack:
    """Make a stack of an image.

    Parameters
    ----------
    img : SpatialImage
    source : str
        What it was loaded from.
    axes : str, optional
        A letter per axis of the image, of ``STCZYX``; by default what its header says.

    Raises
    ------
    UsageError
        If the letters do not name the axes, or there are axes that no letter stands for.
    """
    data = img.dataobj
    if axes is None:
        letters = _letters_of(img)
        # Axes of length 1 that no letter stands for are left out.
        data = lazy_slice(data, tuple([slice(None) if letter else 0 for letter in letters]))
        axes = "".join(letters)
    if data.dtype.names:
        data = channels_of_colours(data)
        axes += "C"
    return LazyImageStack(source, data, axes)


def _letters_of(img: SpatialImage) -> list[str]:
    """Return a letter per axis of an image, "" for one of length 1 that is to be left out."""
    names = [axis.name for axis in reversed(unnamed_axes(img.ndim))]
    in_file = names
    if isinstance(img.header, MicroscopyHeader):
        names = list(img.header.axes)
        in_file = list(img.header.file_axes)
    letters = []
    for name, length in zip(names, img.shape, strict=True):
        letter = name.upper()
        if length == 1 and (name not in in_file or letter not in ORDER):
            letter = ""  # it stands in for an axis that the file lacks, or nothing varies along it
        elif letter not in ORDER and "S" not in letters:
            letter = "S"
        letters.append(letter)
    _check_letters(letters, names)
    return letters


def _check_letters(letters: Sequence[str], names: Sequence[str]) -> None:
    named = [letter for letter in letters if letter]
    if not set(named) <= set(ORDER) or len(set(named)) != len(named):
        raise UsageError(
            f"axes: {', '.join(names)} cannot be distinguished by the letters {ORDER}; take a part "
            "of the image, and make a LazyImageStack of it"
        )
