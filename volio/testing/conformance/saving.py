"""Saving keeps values, and never loses a file."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import volio
from volio.errors import GeometryWarning, PrecisionWarning, VolioError
from volio.files.saving import atomic
from volio.formats.lookup import layouts
from volio.testing.comparison import same_image, same_place, same_values
from volio.testing.conformance.case import Case, contents, needs, once, quiet
from volio.testing.faults import failing_call


@needs("writable")
def check_saving_over_the_loaded_file(case: Case) -> None:
    """An image saved over its own file, lazy or mapped, keeps its voxels, before and after."""
    expected = case.values
    affine = case.load().affine
    for options in ({}, {"mmap": True}, {"mmap": "r"}):
        img = case.load(**options)
        if options:
            np.asanyarray(img.dataobj)
        img.to_filename(case.path)
        again = case.load()
        same_values(np.asanyarray(again.dataobj), expected)
        same_place(again.affine, affine)
        same_values(np.asanyarray(img.dataobj), expected)


@needs("writable", "plain")
def check_saving_a_part_over_the_loaded_file(case: Case) -> None:
    """A lazy view of the file may replace it."""
    part = case.load().slicer[::-1, :, :1]
    with quiet():  # Analyze loses the place of what is cut
        part.to_filename(case.path)
    for img in (case.load(), part):
        same_values(np.asanyarray(img.dataobj), case.values[::-1, :, :1], dtype=False)


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


@needs("writable", "numbers")
def check_five_rounds_change_one_voxel_each(case: Case) -> None:
    """Load, edit one voxel, save: five times. Every other voxel keeps every bit."""
    expected = case.values.copy()
    path = case.path
    for round in range(5):
        img = case.load(path)
        data = np.asanyarray(img.dataobj).copy()
        data.flat[round] = expected.flat[round] = expected.flat[-1 - round]
        path = case.target(f"round{round}")
        case.image_class(data, img.affine, img.header).to_filename(path)
        found = np.asanyarray(case.load(path).dataobj)
        same_values(found.astype(expected.dtype), expected)


@needs("plain")
def check_other_formats_keep_values_and_places(case: Case) -> None:
    """Every class that is written holds the voxels at their places, or refuses them."""
    img = case.load()
    for row, layout in layouts():
        cls = row.image_class(layout)
        if not row.write or cls is case.image_class or cls.kind != case.image_class.kind:
            continue
        path = case.folder / f"{row.name}-{layout.image}{layout.files[-1]}"
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                cls.from_image(img).to_filename(path)
        except VolioError as error:
            assert len(str(error)) > 20, "the message says too little"
            assert not path.exists()
        else:
            came_through(img, cls.from_filename(path), {type(w.message) for w in caught})


def came_through(before: Any, after: Any, warned: set[type[Any]]) -> None:
    """Assert that values and places came through a format, but for what it warned of."""
    expected = np.asanyarray(before.dataobj)
    found = np.asanyarray(after.dataobj).reshape(expected.shape)
    if PrecisionWarning in warned:
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    else:
        same_values(found if expected.dtype.names else found.astype(expected.dtype), expected)
    if GeometryWarning not in warned:
        same_place(after.affine, before.affine)


@once
@needs("writable")
def check_a_failing_save_leaves_the_old_file(case: Case) -> None:
    """Whichever system call fails, the target is the old file, and nothing lies beside it."""
    img = case.load()
    before = folder_contents(case.path.parent)
    for name in ("write", "fsync", "replace"):
        for n in range(1, 3):
            with failing_call(atomic, name, n) as failing:
                try:
                    img.to_filename(case.path)
                except OSError as error:
                    assert error is failing.error
                    assert folder_contents(case.path.parent) == before
                else:
                    assert failing.count < n or name == "fsync"
                    before = folder_contents(case.path.parent)
    same_image(case.load(), img)


@once
@needs("writable", "plain")
def check_a_refused_save_opens_nothing(case: Case) -> None:
    """What the format cannot hold is refused before the target is touched."""
    target = case.target()
    case.make().to_filename(target)
    before = folder_contents(case.folder)
    for wrong in (np.zeros((2, 2, 2), "M8[s]"), np.zeros((2,) * 17, np.uint8)):
        try:
            case.image_class(wrong, np.eye(4)).to_filename(target)
        except VolioError:
            assert folder_contents(case.folder) == before
        else:
            raise AssertionError(f"an array of {wrong.dtype}, shape {wrong.shape}, was written")


@once
@needs("writable")
def check_links_and_permissions_stay(case: Case) -> None:
    """A link keeps pointing to its file, and the file keeps its permissions."""
    if os.name != "posix":
        return
    file = case.path
    file.chmod(0o640)
    link = file.with_name(f"link{case.ending('image')}")
    for path in case.files():
        link.with_name(path.name.replace("scan", "link")).symlink_to(path)
    case.load().to_filename(link)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    same_values(np.asanyarray(volio.load(link, format=case.format).dataobj), case.values)


def folder_contents(folder: Path) -> dict[str, bytes]:
    """Return the decompressed bytes of every file of a folder."""
    return {path.name: contents(path) for path in sorted(folder.iterdir()) if path.is_file()}
