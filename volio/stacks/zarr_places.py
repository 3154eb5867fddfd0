"""What of Zarr is at a path or an address: an array, the arrays of a group, a multiscale."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple

from volio.errors import ImageFileError, MissingFileError, RemoteError, UsageError
from volio.files.names import expanded, is_there
from volio.files.remote.addresses import is_address
from volio.files.sources.store import Store
from volio.files.stores import open_store
from volio.formats.containers.documents import below, read_document
from volio.formats.containers.image_stores import root_of
from volio.formats.zarr.metadata import read_node
from volio.formats.zarr.search import MARKS, find_image

__all__ = ["ZarrPlace", "array_paths", "zarr_at"]


class ZarrPlace(NamedTuple):
    """A group or array in a store.

    Attributes
    ----------
    name : str
        As the user gave it.
    store : Store
    path : str
    """

    name: str
    store: Store
    path: str


def zarr_at(source: str | PathLike[str]) -> ZarrPlace:
    """Open what a path or an address leads to.

    Raises
    ------
    UsageError
        If it is a file, and not a zip file.
    MissingFileError, RemoteError
        If there is nothing.
    """
    name = fspath(source) if isinstance(source, PathLike) else str(source)
    where = expanded(name).removeprefix("zip://")
    file, inner = (where, "") if is_address(where) else _split_zip(Path(where))
    try:
        return ZarrPlace(name, root_of(open_store(file), MARKS), inner)
    except (MissingFileError, RemoteError):
        raise
    except ImageFileError as error:
        raise UsageError(f"{name}: there is no Zarr: {error}") from error


def _split_zip(path: Path) -> tuple[str, str]:
    """Split a path into that of a file which it leads through, a zip file, and what follows."""
    there = next((each for each in (path, *path.parents) if is_there(str(each))), path)
    if not there.is_file():
        return str(path), ""
    inner = path.relative_to(there).as_posix()
    return str(there), inner.removeprefix(".")


def array_paths(place: ZarrPlace) -> Sequence[str]:
    """Return the paths of the arrays that stacks are made of, in the store of a place.

    Raises
    ------
    UsageError
        If there is no array.
    """
    node = read_node(place.store, place.path)
    if node is None:
        raise UsageError(f"{place.name}: there is no group or array of Zarr")
    if node.array is not None:
        return [place.path]
    ome: Any = node.attributes.get("ome", node.attributes)
    if "multiscales" not in ome:
        found = _arrays_in(place)
        if found:
            return found
    try:
        image = find_image(place.store, place.path)
    except ImageFileError as error:
        raise UsageError(f"{place.name}: there is no array in it: {error}") from error
    level = image.multiscale.levels[0].path
    return [below(image.path, level) if level else image.path]


def _arrays_in(place: ZarrPlace) -> list[str]:
    listed = place.store.names(place.path)
    names = _consolidated_names(place) if listed is None else listed
    paths = [below(place.path, name) for name in sorted(names) if _may_be_node(name)]
    nodes = [read_node(place.store, path) for path in paths]
    return [node.path for node in nodes if node is not None and node.array is not None]


def _may_be_node(name: str) -> bool:
    return not name.startswith(".") and name != "zarr.json"


def _consolidated_names(place: ZarrPlace) -> set[str]:
    """Return what is in a group by its own list, which writers for servers make."""
    document = read_document(place.store, below(place.path, "zarr.json")) or {}
    listed: Any = document.get("consolidated_metadata")
    if not document:
        listed = read_document(place.store, below(place.path, ".zmetadata"))
    entries = listed.get("metadata") if isinstance(listed, dict) else None
    # Keys of version 2 are those of documents: "name/.zarray".
    return {key.partition("/")[0] for key in entries} if isinstance(entries, dict) else set()
