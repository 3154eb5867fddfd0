"""Searching the groups of a store for arrays: nearest first, with limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from volio.errors import ImageFileError
from volio.files.sources.store import Store

__all__ = ["MOST_NODES", "child_names", "listed", "nodes_below"]

DEEPEST = 5  # groups within groups
MOST_NODES = 1000
MOST_SHOWN = 20

T = TypeVar("T")


def nodes_below(
    root: T, children: Callable[[T], Iterable[T]], is_group: Callable[[T], bool]
) -> Iterator[T]:
    """Go through what is below a group, to a depth of 5, those that are nearest first.

    Parameters
    ----------
    root : node
    children : callable
        Returns the nodes directly in a group.
    is_group : callable
        Whether to look into a node.
    """
    level = [root]
    for _ in range(DEEPEST):
        inner = [node for each in level for node in children(each)]
        yield from inner
        level = [node for node in inner if is_group(node)][:MOST_NODES]


def child_names(store: Store, path: str, what: str) -> tuple[str, ...]:
    """Return the names directly in a group.

    Raises
    ------
    ImageFileError
        If the store cannot list them; `what` says what the group is.
    """
    names = store.names(path)
    if names is None:
        raise ImageFileError(
            f"{store.name}: is {what}, and a server does not list what is in it; path= names the "
            "array to load"
        )
    return names


def listed(paths: Sequence[str]) -> str:
    """Return paths for a message, the first few where there are many."""
    more = f" and {len(paths) - MOST_SHOWN} more" if len(paths) > MOST_SHOWN else ""
    return ", ".join(paths[:MOST_SHOWN]) + more
