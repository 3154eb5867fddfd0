"""Which data set of an HDF5 file is the image, and who laid the file out."""

from __future__ import annotations

from typing import Any, NamedTuple

from volio.arrays.lazy import LazyArray
from volio.errors import HeaderDataError, ImageFileError
from volio.extras import need
from volio.formats.containers.group_search import listed
from volio.formats.containers.hdf5.datasets import dataset_array, is_of_voxels, read_dataset
from volio.formats.containers.hdf5.file import OpenedFile, read_attributes
from volio.formats.hdf5.axes import read_axes
from volio.formats.hdf5.bigdataviewer import is_bigdataviewer, read_bigdataviewer, split_setup
from volio.formats.hdf5.contents import Hdf5Contents
from volio.formats.hdf5.imaris import is_imaris, read_imaris
from volio.formats.hdf5.links import LinkedFiles
from volio.formats.hdf5.own_facts import read_own_facts
from volio.formats.hdf5.virtual import virtual_array

__all__ = ["Wanted", "read_contents"]


class Wanted(NamedTuple):
    """What is asked for in a file.

    Attributes
    ----------
    path : str
        Of a data set, or of a group; in a file of BigDataViewer of a setup, ``s00``. Without one,
        or in the group, the only data set.
    letters : str or None
        Of the axes, in the order of the file.
    files : LinkedFiles
        That voxels may be in.
    """

    path: str
    letters: str | None
    files: LinkedFiles


def read_contents(opened: OpenedFile, wanted: Wanted) -> Hdf5Contents:
    """Return what the image of a file is made of.

    Raises
    ------
    ImageFileError
        If there is none, or several; the message lists them.
    HeaderDataError
        If attributes make no sense, or its voxels cannot be read.
    UsageError
        If the letters do not fit.
    """
    path = wanted.path.strip("/")
    if not path and is_imaris(opened.file):
        return read_imaris(opened)
    setup = split_setup(path)
    if (not path or setup is not None) and is_bigdataviewer(opened.file):
        return read_bigdataviewer(opened, setup)
    path = path or "/"
    node = opened.file.get(path)
    if node is None:
        raise ImageFileError(f"{opened.source.name}: {path}: there is no such group or data set")
    if not isinstance(node, need("h5py", "hdf5").Dataset):
        path, node = _only_dataset(opened, path, node)
    return _plain(opened, path, node, wanted)


def _only_dataset(opened: OpenedFile, path: str, group: Any) -> tuple[str, Any]:
    found = {
        f"{path}/{name}".strip("/"): node
        for name, node in opened.data_sets(group).items()
        if is_of_voxels(node)
    }
    if len(found) == 1:
        return next(iter(found.items()))
    name = f"{opened.source.name}: {path.strip('/')}".rstrip(": ")
    if not found:
        raise ImageFileError(f"{name}: has no data set of numbers along two axes or more")
    paths = listed([f"{each} {node.shape}" for each, node in found.items()])
    raise ImageFileError(f"{name}: has several data sets: {paths}; path= names the one to load")


def _plain(opened: OpenedFile, path: str, node: Any, wanted: Wanted) -> Hdf5Contents:
    array = _array(opened, path, node, wanted.files)
    axes, matrix = read_axes(opened, node, wanted.letters)
    # It goes with the axes that were written.
    what = f"{opened.source.name}: {path}"
    own = read_own_facts(node, what) if wanted.letters is None else None
    if own is not None and matrix is not None and axes[0].kind == "time":
        matrix[0, -1] = own.start
    attributes = dict(read_attributes(node))
    channels = own.channels if own else ()
    return Hdf5Contents(axes, (array,), (matrix,), channels, attributes, own)


def _array(opened: OpenedFile, path: str, node: Any, files: LinkedFiles) -> LazyArray:
    if node.shape == ():
        raise HeaderDataError(f"{opened.source.name}: {path}: is a single number")
    if node.shape is not None and node.is_virtual:
        return virtual_array(opened, path, node, files)
    return dataset_array(read_dataset(opened, path, node))
