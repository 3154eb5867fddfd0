"""OwnFacts: what plain HDF5 has no convention for, in an attribute of its own, ``volio``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, SpaceError
from volio.formats.containers.documents import Document, field
from volio.formats.hdf5.attribute_text import read_text
from volio.images.microscopy import Channel, MicroscopyHeader
from volio.json_text import parse_json
from volio.space.affines import check_affine

__all__ = ["NAME", "OwnFacts", "own_facts_of", "read_own_facts"]

NAME = "volio"
#: Seconds: what NIfTI holds.
LARGEST_START = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class OwnFacts:
    """What volio writes into a file besides axes and sizes.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel indices (x, y, z) to mm.
    anatomical : bool
        Whether it leads to RAS+.
    start : float
        Time of the first volume, in seconds where the unit of time is known.
    is_labels : bool
    channels : tuple of Channel
    """

    affine: NDArray[np.float64]
    anatomical: bool
    start: float = 0.0
    is_labels: bool = False
    channels: tuple[Channel, ...] = ()

    def text(self) -> str:
        """Return the text of the attribute: JSON."""
        channels = [
            {"name": each.name, "color": each.color, "window": each.window}
            for each in self.channels
        ]
        document = {
            "affine": self.affine.tolist(),
            "anatomical": self.anatomical,
            "start": self.start,
            "labels": self.is_labels,
            "channels": channels,
        }
        return json.dumps(document)


def own_facts_of(header: MicroscopyHeader) -> OwnFacts:
    """Return what is written of a header."""
    known = header.facts.channels
    names = header.channel_names
    count = max(len(names), len(known))
    filled = [*known, *[Channel()] * count][:count]
    named = [*names, *[""] * count][:count]
    channels = [each._replace(name=name) for each, name in zip(filled, named, strict=True)]
    start = header.start_time * (header.time_unit or 1.0)
    _check_start(start)
    return OwnFacts(
        header.affine,
        header.anatomical,
        start,
        header.facts.is_labels,
        tuple(channels),
    )


def read_own_facts(node: Any, what: str) -> OwnFacts | None:
    """Return what volio has written of a data set; None for one of another program.

    Raises
    ------
    HeaderDataError
        If it makes no sense.
    """
    text = read_text(node, NAME)
    if not text:
        return None
    what = f"{what}: {NAME}"
    try:
        document = parse_json(text, what)
        affine = check_affine(np.array(document["affine"], np.float64))
        channels = tuple([_channel(each, what) for each in document.get("channels", ())])
        start = float(document.get("start", 0.0))
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        SpaceError,
    ) as error:
        raise HeaderDataError(f"{what}: makes no sense: {error}") from error
    _check_start(start, f"{what}: ")
    return OwnFacts(
        affine,
        field(document, "anatomical", bool, what, False),
        start,
        field(document, "labels", bool, what, False),
        channels,
    )


def _check_start(start: float, what: str = "") -> None:
    """Refuse a time that other formats have no number for."""
    if not abs(start) <= LARGEST_START:
        raise HeaderDataError(f"{what}start: must be at most {LARGEST_START:.3g} s, got {start}")


def _channel(found: Document, what: str) -> Channel:
    window = field(found, "window", list, what, [])
    ends = (float(window[0]), float(window[1])) if len(window) == 2 else None
    name = field(found, "name", str, what, "")
    return Channel(name, field(found, "color", str, what, ""), ends)
