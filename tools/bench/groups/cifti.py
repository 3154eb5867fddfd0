"""CIFTI-2: a series of the usual 91,282 greyordinates and its axes, beside nibabel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way
from bench.peers import nibabel_file, volio_file

__all__ = ["CASES"]

POINTS = 400  # in time: 146 MB
POINT = 123
COLUMN = 4567
COLUMNS = 500


def _opened(opened: Any, work: Callable[[Any], Any]) -> Way:
    """Return what opens a series and does some work with it."""

    def way(files: Any) -> Callable[[], Any]:
        load = opened(files, files.greyordinates(POINTS))
        work(load())
        return lambda: work(load())

    return way


def _part(opened: Any, read: Callable[[Any], Any]) -> Way:
    """Return what reads a part of a series that is open."""

    def way(files: Any) -> Callable[[], Any]:
        data = opened(files, files.greyordinates(POINTS))().dataobj
        read(data)
        return lambda: read(data)

    return way


def _shape(image: Any) -> Any:
    return np.array(image.shape)


def _step(image: Any) -> Any:
    return np.array(image.header.get_axis(0).step)


def _some(shape: tuple[int, ...]) -> Any:
    """Return the numbers of some columns, far apart; few of a small file."""
    count = min(COLUMNS, shape[1])
    return np.sort(np.random.default_rng(4).permutation(shape[1])[:count])


def _by_numpy(data: Any) -> Any:
    return data[:, _some(data.shape)]


def _one_by_one(data: Any) -> Any:
    """Return columns as nibabel can read them, which knows no lists of indices."""
    return np.stack([data[:, int(column)] for column in _some(data.shape)], 1)


def _both(work: Callable[[Any], Any]) -> dict[str, Way]:
    return {"volio": _part(volio_file, work), "nibabel": _part(nibabel_file, work)}


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
        "cifti-open",
        "a series of 91,282 by 400 opened; page cache warm",
        {"volio": _opened(volio_file, _shape), "nibabel": _opened(nibabel_file, _shape)},
        (Fast("nibabel", 50),),
    ),
    Case(
        "cifti-open-axes",
        "a series opened, and its header parsed",
        {"volio": _opened(volio_file, _step), "nibabel": _opened(nibabel_file, _step)},
        (Fast("nibabel", 10),),
    ),
    Case(
        "cifti-point",
        "one point in time of 91,282 by 400; page cache warm",
        _both(lambda data: data[POINT]),
        (Fast("nibabel", 4),),
    ),
    Case(
        "cifti-ten-points",
        "ten points in time of 91,282 by 400; page cache warm",
        _both(lambda data: data[POINT : POINT + 10]),
        (Fast("nibabel", 4),),
    ),
    Case(
        "cifti-column",
        "the series of one greyordinate; page cache warm",
        _both(lambda data: data[:, min(COLUMN, data.shape[1] - 1)]),
        (Fast("nibabel", 1),),
    ),
    Case(
        "cifti-columns",
        "the series of 500 scattered greyordinates; page cache warm",
        {"volio": _part(volio_file, _by_numpy), "nibabel": _part(nibabel_file, _one_by_one)},
        (Fast("nibabel", 2),),
    ),
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
