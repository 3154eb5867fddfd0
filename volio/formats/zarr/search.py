"""Which array of a store is the image: a multiscale's, or the only one there is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from volio.errors import HeaderDataError, ImageFileError
from volio.files.sources.store import Store
from volio.formats.containers.documents import Document, below, field
from volio.formats.containers.group_search import (
    MOST_NODES,
    child_names,
    listed,
    nodes_below,
)
from volio.formats.zarr.metadata import Node, read_node
from volio.formats.zarr.multiscale import Level, Multiscale, read_multiscale

__all__ = ["MARKS", "Found", "find_image"]

#: Keys of which every group and array has one.
MARKS = ("zarr.json", ".zgroup", ".zattrs", ".zarray")


class Found(NamedTuple):
    """An image in a store.

    Attributes
    ----------
    path : str
        Of the group of a multiscale, or of an array.
    attributes : mapping
        Of the group or array.
    multiscale : Multiscale
        With one level for an array alone; axes are empty where nothing names them.
    """

    path: str
    attributes: Document
    multiscale: Multiscale


def find_image(store: Store, path: str = "") -> Found:
    """Return the image of a store.

    Parameters
    ----------
    store : Store
    path : str, optional
        Of a group or an array. Without one that of the first multiscale, or the only array.

    Raises
    ------
    ImageFileError
        If there is none, or several; the message lists them.
    HeaderDataError, LimitError
        If the documents make no sense.
    """
    node = read_node(store, path.strip("/"))
    if node is None:
        where = f"{store.name}: {path}" if path else store.name
        raise ImageFileError(f"{where}: there is no group or array of Zarr")
    found = _image_at(store, node)
    return _search(store, node) if found is None else found


def _image_at(store: Store, node: Node) -> Found | None:
    """Return the image that a node is, or that a group says that it holds."""
    what = f"{store.name}: {node.path}".rstrip(": ")
    if node.array is not None:
        return Found(node.path, node.attributes, Multiscale("", (), (Level("", None),)))
    multiscale = read_multiscale(node.attributes, what)
    if multiscale is not None:
        return Found(node.path, node.attributes, multiscale)
    ome = field(node.attributes, "ome", dict, what, node.attributes)
    if "bioformats2raw.layout" in ome:
        return find_image(store, below(node.path, "0"))
    if "plate" in ome or "well" in ome:
        raise ImageFileError(f"{what}: {_plate_words(ome, what)}; path= names the field to load")
    return None


def _plate_words(ome: Document, what: str) -> str:
    """Return what is in a plate or in a well, for a message."""
    part, name, title = (
        ("plate", "wells", "plate") if "plate" in ome else ("well", "images", "well")
    )
    entries = field(field(ome, part, dict, what), name, list, what, [])
    paths = [str(entry.get("path")) for entry in entries if isinstance(entry, dict)]
    return f"is a {title} of {len(paths)} {name} ({listed(paths)})"


def _search(store: Store, root: Node) -> Found:
    arrays = []
    for node in nodes_below(root, partial(_children, store), _is_group):
        found = _image_at(store, node)
        if found is None:
            continue
        if found.multiscale.axes:
            return found
        arrays.append(found)
        if len(arrays) > MOST_NODES:
            break
    if len(arrays) == 1:
        return arrays[0]
    name = f"{store.name}: {root.path}".rstrip(": ")
    if not arrays:
        raise ImageFileError(f"{name}: is a group of Zarr without an image in it")
    paths = listed([found.path for found in arrays])
    raise ImageFileError(f"{name}: has several arrays: {paths}; path= names the one to load")


def _is_group(node: Node) -> bool:
    return node.array is None


def _children(store: Store, group: Node) -> Iterator[Node]:
    for name in child_names(store, group.path, "a group of Zarr without a multiscale"):
        if not name.startswith(".") and name != "zarr.json":
            try:
                node = read_node(store, below(group.path, name))
            except HeaderDataError:
                continue  # an array of text, say, is not the image
            if node is not None:
                yield node
