"""Which dataset of an N5 container is the image: a multiscale's, or the only one there is."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from volio.errors import HeaderDataError, ImageFileError
from volio.files.sources.store import Store
from volio.formats.containers.documents import below, field, read_document
from volio.formats.containers.group_search import MOST_NODES, child_names, listed, nodes_below
from volio.formats.n5.attributes import ATTRIBUTES, N5Node, read_node

__all__ = ["N5Level", "find_levels"]

MOST_LEVELS = 32
SCALE = re.compile(r"s([0-9]{1,2})")


class N5Level(NamedTuple):
    """A resolution of an image.

    Attributes
    ----------
    node : N5Node
        The dataset.
    attributes : mapping
        Its own, those of its group, and of the groups around that.
    number : int
        Of the level in its group, 0 for the finest.
    """

    node: N5Node
    attributes: ChainMap[str, Any]
    number: int


def find_levels(store: Store, path: str = "") -> tuple[N5Level, ...]:
    """Return the resolutions of the image of a container, the finest first.

    Parameters
    ----------
    store : Store
    path : str, optional
        Of a dataset, or of a group. Without one, or in the group, that of the only multiscale, or
        of the only dataset.

    Raises
    ------
    ImageFileError
        If there is none, or several; the message lists them.
    HeaderDataError, LimitError
        If attributes make no sense.
    """
    path = path.strip("/")
    root = read_node(store, path) or N5Node(path, {})
    if root.dataset is not None:
        return (_alone(store, root),)
    return _levels_of(store, root) or _search(store, root)


def _alone(store: Store, node: N5Node) -> N5Level:
    """Return the level of a dataset that was not found by its group; s1 is that of number 1."""
    match = SCALE.fullmatch(node.path.rpartition("/")[2])
    return _level(store, node, int(match[1]) if match else 0)


def _level(store: Store, node: N5Node, number: int) -> N5Level:
    inherited = ChainMap(dict(node.attributes))
    for key in _above(node.path):
        inherited.maps.append(dict(read_document(store, key) or {}))
    return N5Level(node, inherited, number)


def _above(path: str) -> Iterator[str]:
    """Go through the documents of the groups around a path, the nearest first."""
    while path:
        path = path.rpartition("/")[0]
        yield below(path, ATTRIBUTES)


def _levels_of(store: Store, group: N5Node) -> tuple[N5Level, ...]:
    """Return the resolutions that a group has; none where it has none."""
    nodes = []
    for path, transform in _scale_paths(store, group):
        node = read_node(store, path)
        if node is None or node.dataset is None:
            break
        known = {"transform": transform, **node.attributes} if transform else node.attributes
        nodes.append(N5Node(path, known, node.dataset))
    if len(nodes) > MOST_LEVELS:
        raise HeaderDataError(
            f"{store.name}: {group.path}: has {len(nodes)} levels, at most {MOST_LEVELS} are read"
        )
    return tuple([_level(store, node, number) for number, node in enumerate(nodes)])


def _scale_paths(store: Store, group: N5Node) -> Iterator[tuple[str, Any]]:
    """Go through the paths of the resolutions of a group, with the transform that it states.

    They are those that its attributes list, or s0, s1, ..., as far as there are such.
    """
    what = f"{store.name}: {below(group.path, ATTRIBUTES)}: multiscales"
    multiscales = field(group.attributes, "multiscales", list, what, [])
    if multiscales and isinstance(multiscales[0], dict):
        for dataset in field(multiscales[0], "datasets", list, what):
            if not isinstance(dataset, dict):
                raise HeaderDataError(f"{what}: datasets: must be mappings, got {dataset!r:.60}")
            name = field(dataset, "path", str, f"{what}: datasets").strip("/")
            yield below(group.path, name), dataset.get("transform")
        return
    for number in range(MOST_LEVELS + 1):
        yield below(group.path, f"s{number}"), None


def _search(store: Store, root: N5Node) -> tuple[N5Level, ...]:
    """Return the only multiscale below a group, or else its only dataset."""
    multiscales, datasets = _images_below(store, root)
    if len(multiscales) == 1:
        return next(iter(multiscales.values()))
    if not multiscales and len(datasets) == 1:
        return (_alone(store, next(iter(datasets.values()))),)
    name = f"{store.name}: {root.path}".rstrip(": ")
    if not multiscales and not datasets:
        raise ImageFileError(f"{name}: has no dataset of N5")
    paths = listed([*multiscales, *datasets])
    raise ImageFileError(f"{name}: has several images: {paths}; path= names the one to load")


def _images_below(
    store: Store, root: N5Node
) -> tuple[dict[str, tuple[N5Level, ...]], dict[str, N5Node]]:
    """Return the multiscales below a group and the datasets that are in none, by their paths."""
    multiscales: dict[str, tuple[N5Level, ...]] = {}
    datasets: dict[str, N5Node] = {}

    def is_plain_group(node: N5Node) -> bool:
        return node.dataset is None and node.path not in multiscales

    for node in nodes_below(root, partial(_children, store), is_plain_group):
        if node.dataset is not None:
            datasets[node.path] = node
        elif levels := _levels_of(store, node):
            multiscales[node.path] = levels
        if len(datasets) + len(multiscales) > MOST_NODES:
            break
    return multiscales, datasets


def _children(store: Store, group: N5Node) -> Iterator[N5Node]:
    for name in child_names(store, group.path, "a group of N5 without a multiscale"):
        if name.startswith(".") or name == ATTRIBUTES:
            continue
        path = below(group.path, name)
        try:
            node = read_node(store, path)
        except HeaderDataError:
            continue  # a dataset of text, say, is not the image
        if node is not None:
            yield node
        elif store.names(path):
            yield N5Node(path, {})  # a group need not have attributes
