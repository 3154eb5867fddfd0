"""Saving keeps values, and never loses a file."""

from __future__ import annotations

import os
import warnings
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

import volio
from volio.errors import GeometryWarning, PrecisionWarning, VolioError
from volio.files.saving import atomic
from volio.formats.lookup import layouts
from volio.testing.comparison import same_image, same_place, same_values, voxels_of
from volio.testing.conformance.case import Case, contents, fails, needs, once, quiet
from volio.testing.faults import failing_call


@needs("writable")
def check_saving_over_the_loaded_file(case: Case) -> None:
    """An image saved over its own file, lazy or mapped, keeps its voxels, before and after."""
    expected = case.values
    affine = case.load().affine
    otherwise = ({"mmap": "r"},) if case.plain else ()  # what is compressed is not mapped at all
    for options in ({}, {"mmap": True}, *otherwise):
        img = case.load(**options)
        if options:
            voxels_of(img)
        img.to_filename(case.path)
        again = case.load()
        same_values(voxels_of(again), expected)
        same_place(again.affine, affine)
        same_values(voxels_of(img), expected)


@once
@needs("writable", "plain")
def check_saving_a_part_over_the_loaded_file(case: Case) -> None:
    """A lazy view of the file may replace it."""
    part = case.load().slicer[::-1, :, :1]
    with quiet():  # Analyze loses the place of what is cut
        part.to_filename(case.path)
    for img in (case.load(), part):
        same_values(voxels_of(img), case.values[::-1, :, :1], dtype=False)


@needs("writable", "numbers", "plain")
def check_edits_of_kept_arrays_are_saved(case: Case) -> None:
    """What was read, kept and changed is what is saved."""
    img = case.load()
    img.get_fdata().flat[0] = edited = case.values.flat[-1]
    img.to_filename(case.target())
    found = case.load(case.target()).get_fdata()
    assert found.flat[0] == edited
    np.testing.assert_array_equal(found.flat[1:], case.values.flat[1:])


@needs("writable", "plain", "stored_plainly")
def check_an_untouched_image_is_written_as_it_was(case: Case) -> None:
    """Header and voxels of an untouched image are the same bytes; what is unknown survives."""
    case.load().to_filename(case.target("scan"))
    for before in case.files():
        if before.suffix != ".mat":
            assert (case.folder / before.name).read_bytes() == before.read_bytes(), before.name


@once
@needs("writable", "numbers")
def check_five_rounds_change_one_voxel_each(case: Case) -> None:
    """Load, edit one voxel, save: five times. Every other voxel keeps every bit."""
    expected = case.values.copy()
    path = case.path
    for round in range(5):
        img = case.load(path)
        data = voxels_of(img).copy()
        expected.flat[round] = expected.flat[-1 - round]
        data.flat[round] = expected.flat[round]
        path = case.target(f"round{round}")
        case.image_class(data, img.affine, img.header).to_filename(path)
        same_values(voxels_of(case.load(path)).astype(expected.dtype), expected)


@needs("plain")
def check_other_formats_keep_values_and_places(case: Case) -> None:
    """Every class that is written holds the voxels at their places, or refuses them."""
    img = case.load()
    for row, layout in layouts():
        cls = row.image_class(layout)
        if not row.write or cls is case.image_class or cls.kind != case.image_class.kind:
            continue
        path = case.folder / f"{row.name}-{layout.image}{layout.files[-1]}"
        warned = saved_as(cls, img, path)
        if warned is None:
            assert not path.exists()
        else:
            came_through(img, cls.from_filename(path), warned)


def saved_as(cls: type[Any], img: Any, path: Path) -> set[type[Any]] | None:
    """Save an image as one of another class; return classes of warnings, None if it is refused."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            cls.from_image(img).to_filename(path)
        except VolioError as error:
            assert len(str(error)) > 20, "the message is too short"
            return None
    return {type(warning.message) for warning in caught}


def came_through(before: Any, after: Any, warned: set[type[Any]]) -> None:
    """Assert that values and places came through a format, but for what it warned of."""
    expected = voxels_of(before)
    found = voxels_of(after).reshape(expected.shape)
    if PrecisionWarning in warned:
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    elif expected.dtype.names:
        same_values(found, expected)
    else:
        same_values(found.astype(expected.dtype), expected)
    if GeometryWarning not in warned:
        same_place(after.affine, before.affine)


@once
@needs("writable")
def check_a_failing_save_leaves_the_old_file(case: Case) -> None:
    """Whichever system call fails, the target is the old file, and nothing is next to it."""
    img = case.load()
    before = folder_contents(case.path.parent)
    for name, n in product(("write", "fsync", "replace"), (1, 2)):
        with failing_call(atomic, name, n) as failing:
            raised = raised_by(img, case.path)
        if raised is not None:
            assert raised is failing.error
            assert folder_contents(case.path.parent) == before
        else:
            assert failing.count < n or name == "fsync"
            before = folder_contents(case.path.parent)
    same_image(case.load(), img)


def raised_by(img: Any, path: Path) -> OSError | None:
    """Save an image; return the system's error, None for none."""
    try:
        img.to_filename(path)
    except OSError as error:
        return error
    return None


@once
@needs("writable", "plain")
def check_a_refused_save_opens_nothing(case: Case) -> None:
    """What the format cannot hold is refused before the target is touched."""
    target = case.target()
    case.make().to_filename(target)
    before = folder_contents(case.folder)
    for wrong in (np.zeros((2, 2, 2), "M8[s]"), np.zeros((2,) * 17, np.uint8)):
        with fails(VolioError):
            case.image_class(wrong, np.eye(4)).to_filename(target)
        assert folder_contents(case.folder) == before


@once
@needs("writable")
def check_links_and_permissions_stay(case: Case) -> None:
    """A link keeps pointing to its file, and the file keeps its permissions."""
    if os.name != "posix":
        return
    file = case.path
    file.chmod(0o640)
    for path in case.files():
        path.with_name(path.name.replace("scan", "link")).symlink_to(path)
    link = file.with_name(file.name.replace("scan", "link"))
    case.load().to_filename(link)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    case.compare(volio.load(link, format=case.format))


def folder_contents(folder: Path) -> dict[str, bytes]:
    """Return the decompressed bytes of every file of a folder."""
    return {path.name: contents(path) for path in sorted(folder.iterdir()) if path.is_file()}
