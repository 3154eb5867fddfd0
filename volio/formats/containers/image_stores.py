"""Stores of images: opened from the file map of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from volio.errors import FileHolderError
from volio.files.filemap import FileHolder
from volio.files.sources.store import Store
from volio.files.stores import open_store
from volio.files.zip_store import ZipStore

__all__ = ["image_store", "root_of"]


def image_store(
    file_map: Mapping[str, FileHolder], marks: Sequence[str], *, allow_external: bool = False
) -> Store:
    """Open the folder, zip file or address of an image.

    Parameters
    ----------
    file_map : mapping
        'image' to a `FileHolder`.
    marks : sequence of str
        Names of which the root of the store has one. A zip file may hold the folder itself: where
        it has none of them and one folder, that is the root.
    allow_external : bool
        Take names in documents that lead out of a folder, too.

    Raises
    ------
    FileHolderError
        If the file map has no 'image'.
    ImageFileError
        If there is no such folder or file, or the file is not a zip file.
    """
    if "image" not in file_map:
        raise FileHolderError(f"file_map: has no 'image', only {sorted(file_map)}")
    holder = file_map["image"]
    opened = getattr(holder, "source", None)
    where = opened or (holder.filename if holder.fileobj is None else holder)
    return root_of(open_store(where, allow_external=allow_external), marks)


def root_of(store: Store, marks: Sequence[str]) -> Store:
    """Return the store of an image: in a zip file the only folder, if it is in there.

    Parameters
    ----------
    store : Store
    marks : sequence of str
        Names of which the root has one.
    """
    if not isinstance(store, ZipStore) or any(mark in store.names() for mark in marks):
        return store
    names = store.names()
    return ZipStore(store.source, names[0]) if len(names) == 1 else store
