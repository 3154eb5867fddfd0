"""Issues of header fields: the header's own checks, scaling, lengths of axes, extensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from volio.images.headers.record import Record
from volio.ops.checks.issue import Issue, Level, keep

__all__ = ["check_issues", "extension_issues", "length_issues", "scaling_issues"]

# Beyond this a slope is a mistake more likely than a scale.
LARGEST_SLOPE = 1e12


def check_issues(header: Any) -> Iterator[Issue]:
    """Run the checks of a header, as it is in the file."""
    for check in getattr(header, "checks", ()):
        report = check.run(header)
        if report.problem_level:
            field, _, found = report.problem_msg.partition(": ")
            repair = None if check.repair is None else _repair_of(check)
            yield Issue(_level(report.problem_level), field, found, repair=repair)


def _level(number: int) -> Level:
    return "info" if number <= 10 else "suspicious" if number < 40 else "error"


def _repair_of(check: Any) -> Callable[[Any], None]:
    def repair(img: Any) -> None:
        check.run(img.header, fix=True)

    return repair


def scaling_issues(header: Any) -> Iterator[Issue]:
    """Look at slope and intercept, in headers that have a field for them."""
    if not isinstance(header, Record) or "scl_slope" not in header:
        return
    slope = float(header["scl_slope"])
    inter = float(header["scl_inter"]) if "scl_inter" in header else 0.0
    unused = slope == 0 or not np.isfinite(slope)
    if unused and inter and np.isfinite(inter):
        yield Issue(
            "suspicious",
            "scl_slope",
            f"is {slope:g}, which states no scaling, but scl_inter is {inter:g}: volio leaves "
            "values as they are stored, other programs may add it",
            "saving states no scaling at all",
            _unscale,
        )
    elif np.isinf(slope):
        yield Issue("suspicious", "scl_slope", f"is {slope:g} and ignored", repair=_unscale)
    elif not unused and not 1 / LARGEST_SLOPE <= abs(slope) <= LARGEST_SLOPE:
        yield Issue("suspicious", "scl_slope", f"is {slope:g}: hardly a scale", "check the values")


def _unscale(img: Any) -> None:
    img.header.set_slope_inter(None, None)


def length_issues(img: Any, header: Any) -> Iterator[Issue]:
    """Look at the lengths of the axes, in headers that have the field ``dim``."""
    if not isinstance(header, Record) or "dim" not in header:  # text headers may have such a key
        return
    axes = int(header["dim"][0])
    lengths = [int(length) for length in header["dim"][1:]]
    if not 0 < axes <= 7:
        return  # for the header's own checks
    if 0 in lengths[:axes]:
        yield _axis_of_no_length(img, lengths[:axes])
    beyond = [length for length in lengths[axes:] if length not in (0, 1)]
    if beyond:
        yield Issue(
            "suspicious",
            "dim",
            f"dim[0] says {axes} axes, but lengths follow for more: {lengths}",
            "if voxels are missing, dim[0] is wrong",
            keep if axes >= 3 else None,
        )
    if axes < 3:
        yield Issue("info", "dim", f"{axes} axes: many programs want three or more")


def _axis_of_no_length(img: Any, lengths: list[int]) -> Issue:
    what = f"an axis of length 0 in {lengths}"
    if 0 in img.shape:
        return Issue("error", "dim", f"{what}: there are no voxels")
    return Issue(
        "suspicious", "dim", f"{what}, which counts as 1: the file has voxels", repair=keep
    )


def extension_issues(header: Any) -> Iterator[Issue]:
    """Look at header extensions: empty ones, and those that are not what their code says."""
    for number, extension in enumerate(getattr(header, "extensions", ())):
        where = f"extension {number} (code {extension.get_code()})"
        if not extension.content.strip(b"\0 "):
            yield Issue("info", where, "is empty")
            continue
        try:
            extension.get_object()
        except ImportError:
            continue  # what it holds is only known to a package that is not there
        except Exception as error:  # and that package may raise anything
            yield Issue("suspicious", where, f"is not what its code says: {error}")
    if problem := getattr(getattr(header, "extensions", ()), "problem", ""):
        where, _, found = problem.partition(": ")
        yield Issue("suspicious", where, found, "saving leaves out what is dropped", keep)
