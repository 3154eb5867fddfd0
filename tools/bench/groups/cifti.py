"""CIFTI-2: the axes of the usual 91,282 greyordinates, beside nibabel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way
from bench.peers import nibabel_file, volio_file

__all__ = ["CASES"]


def _header(files: Any, opened: Any) -> Any:
    """Return the header of a file, its XML parsed."""
    header = opened(files, files.greyordinates(2))().header
    header.get_axis(1)
    return header


def _axes(opened: Any, work: Callable[[Any], Any]) -> Way:
    """Return what makes the axis of a header and does some work with it."""

    def way(files: Any) -> Callable[[], Any]:
        header = _header(files, opened)
        return lambda: work(header.get_axis(1))

    return way


def _parts(opened: Any, work: Callable[[list[Any]], Any]) -> Way:
    """Return what does some work with the parts of an axis that is there."""

    def way(files: Any) -> Callable[[], Any]:
        axis = _header(files, opened).get_axis(1)
        parts = [part for _, _, part in axis.iter_structures()]
        return lambda: work([axis, *parts])

    return way


def _lengths(axis: Any) -> Any:
    return np.array([len(part) for _, _, part in axis.iter_structures()])


def _joined(found: list[Any]) -> Any:
    joined = found[1] + found[2]
    return np.array([len(joined), *joined[-1][1:2]])


CASES = (
    Case(
        "cifti-axes-get",
        "the axis of 91,282 greyordinates, of a header that is parsed",
        {
            "volio": _axes(volio_file, lambda axis: np.array(len(axis))),
            "nibabel": _axes(nibabel_file, lambda axis: np.array(len(axis))),
        },
        (Fast("nibabel", 20),),
    ),
    Case(
        "cifti-axes-structures",
        "the 21 structures of an axis",
        {
            "volio": _parts(volio_file, lambda found: _lengths(found[0])),
            "nibabel": _parts(nibabel_file, lambda found: _lengths(found[0])),
        },
        (Fast("nibabel", 20),),
    ),
    Case(
        "cifti-axes-join",
        "the axes of both hemispheres joined",
        {"volio": _parts(volio_file, _joined), "nibabel": _parts(nibabel_file, _joined)},
        (Fast("nibabel", 20),),
    ),
)
