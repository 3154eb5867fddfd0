"""Issues of places: affines that disagree, are sheared, or say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderError
from volio.ops.checks.issue import Issue
from volio.space.affines import apply_affine, directions, from_matvec, spans_space, voxel_sizes
from volio.space.rotations import affine_difference, is_sheared, nearest_rotation, shears
from volio.surfaces.row_volumes import is_row

__all__ = ["are_usual", "place_issues"]

Affine = NDArray[np.float64]

# What a voxel of a scan measures, in mm; microscopes and phantoms go beyond.
SMALLEST = 5e-3
LARGEST = 50.0

# Shares of the smallest voxel size: what float32 headers round, and what moves nothing visibly.
ROUNDING = 1e-2
SLIGHT = 0.1


def place_issues(img: Any, header: Any) -> Iterator[Issue]:
    """Look at the affine of an image, and at what its header, as it is in the file, says of it."""
    affine = img.affine
    if affine is None:
        yield Issue("suspicious", "affine", "is unknown", "set it, from the original images")
        return
    if 0 in img.shape[:3]:
        return
    if not np.linalg.det(directions(affine)) or not np.all(voxel_sizes(affine) > 0):
        if is_row(img) and getattr(img, "writes_flat_affines", False):
            of_vertices = "the voxels are one row: values of vertices of a surface"
            yield Issue("info", "affine", of_vertices)
        else:
            yield Issue("error", "affine", f"its axes span no volume: {affine[:3].tolist()}")
        return
    forms = _forms(header)
    if forms is not None:
        yield from _form_issues(img, header, *forms)
    yield from _size_issues(img, header, forms)
    yield from _shear_issues(img)


Form = tuple[Affine | None, int]


def _forms(header: Any) -> tuple[Form, Form] | None:
    """Return sform and qform with their codes, of headers that have both."""
    if not (hasattr(header, "get_sform") and hasattr(header, "get_qform")):
        return None
    try:
        return header.get_sform(coded=True), header.get_qform(coded=True)
    except HeaderError:
        return None  # for the header's own checks


def _form_issues(img: Any, header: Any, sform: Form, qform: Form) -> Iterator[Issue]:
    if sform[0] is None and qform[0] is None:
        yield Issue(
            "suspicious",
            "sform_code, qform_code",
            "are both 0: which way the axes run and where they lie is not known, and programs "
            "guess differently (volio: centred, the first axis to the left)",
            "left and right may be swapped: set the affine from the original images",
        )
    if sform[0] is None or qform[0] is None or not spans_space(sform[0]):
        return
    wanted = header.copy()
    wanted.set_qform(sform[0])  # without the shears that a qform cannot hold
    degrees, mm = affine_difference(wanted.get_qform(), qform[0], img.shape)
    if mm > ROUNDING * _smallest(img):
        yield _disagreement(img, header, degrees, mm)


def _disagreement(img: Any, header: Any, degrees: float, mm: float) -> Issue:
    """Return the issue of a sform and a qform that are this far apart."""
    apart = f"disagree by {degrees:.3g} degrees and up to {mm:.3g} mm"
    if header["sform_code"] != header["qform_code"]:
        names = [header.get_value_label(f"{form}_code") for form in ("sform", "qform")]
        found = f"{apart}, but lead to different spaces ({names[0]} and {names[1]})"
        return Issue("info", "sform, qform", found, "volio uses the sform; some programs do not")
    return Issue(
        "error" if mm > _smallest(img) else "suspicious",
        "sform, qform",
        f"{apart} on the same space: programs that use the one or the other see two places",
        "repairing makes the qform follow the sform, which volio uses",
        _restate,
    )


def _size_issues(img: Any, header: Any, forms: tuple[Form, Form] | None) -> Iterator[Issue]:
    found = np.asarray(voxel_sizes(img.affine)[: img.ndim])
    stated = np.asarray(header.get_zooms()[:3], np.float64)
    if np.all(stated > 0) and not np.allclose(stated, found, rtol=1e-3):
        differ = f"the header has {stated.round(4).tolist()}, the affine {found.round(4).tolist()}"
        if _has_own_sizes(forms):
            yield Issue("suspicious", "voxel sizes", differ, "the affine counts")
        else:
            what = "repairing takes those of the affine"
            yield Issue("suspicious", "voxel sizes", differ, what, _restate)
    if _states_mm(header) and not are_usual(found):
        unusual = f"{found.tolist()} mm are unusual: the unit may not be mm"
        yield Issue("suspicious", "voxel sizes", unusual)


def _has_own_sizes(forms: tuple[Form, Form] | None) -> bool:
    """Return whether there is a qform to another space, which needs its own voxel sizes."""
    return forms is not None and forms[0][1] != forms[1][1] and forms[1][0] is not None


def _states_mm(header: Any) -> bool:
    """Return whether lengths are in mm, of what is not so small that a microscope was used.

    Headers in other units have `unit_issues`; those of microscopes name their unit.
    """
    is_mm = (getattr(header, "length_unit", None) or 1.0) == 1.0
    return is_mm and not getattr(header, "unit", "")


def are_usual(sizes: NDArray[np.float64]) -> bool:
    """Return whether voxel sizes in mm are those of scans."""
    return bool(sizes.max() <= LARGEST and sizes.min() >= SMALLEST)


def _shear_issues(img: Any) -> Iterator[Issue]:
    if not is_sheared(img.affine):
        return
    square = _squared(img)
    mm = affine_difference(square, img.affine, img.shape)[1]
    slight = mm <= SLIGHT * _smallest(img)
    cosine = float(np.abs(shears(img.affine)).max())
    yield Issue(
        "suspicious",
        "affine",
        f"its axes are not square to each other (cosine {cosine:.2g}): programs based on ITK "
        "refuse such an image, and a qform cannot hold it",
        f"repairing makes them square and moves voxels by {mm:.2g} mm at most"
        if slight
        else "resample_to_output brings the image onto a square grid",
        _square_up if slight else None,
    )


def _smallest(img: Any) -> float:
    return float(voxel_sizes(img.affine).min())


def _squared(img: Any) -> Affine:
    """Return the nearest affine with square axes that leaves the centre of the volume in place."""
    linear = nearest_rotation(directions(img.affine)) * voxel_sizes(img.affine)
    middle = (np.array([*img.shape, 1, 1][:3]) - 1) / 2
    return from_matvec(linear, apply_affine(img.affine, middle) - linear @ middle)


def _restate(img: Any) -> None:
    img.header.move_to(img.affine)


def _square_up(img: Any) -> None:
    img.affine[:] = _squared(img)
    _restate(img)
