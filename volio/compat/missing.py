"""What nibabel has and volio does not serve, each with the reason.

The tests hold this list to the truth: a name that is neither served nor listed fails, and so does
a listed name that is served. A module's row covers its submodules and their names.
"""

from __future__ import annotations

__all__ = ["AWAITED", "MISSING", "WITHDRAWN", "reason"]

AWAITED: dict[str, str] = {
    "dicom": "not yet: reading DICOM comes with its own formats",
}
"""Format that the table of formats does not have yet -> why names of nibabel's wait for it."""

_DICOM = AWAITED["dicom"]

_NIPY = "nothing to serve: about the data packages of the NIPY project, not about images"
_RAISES = "nothing to serve: raises an error in nibabel itself since its 5.0"
_ABOUT = "nothing to serve: about nibabel's own source and documentation"
_SAMPLES = "nothing to serve: nibabel's own sample files, which volio does not ship"

MISSING: dict[str, str] = {
    "bench": _ABOUT,
    "test": _ABOUT,
    "data": _NIPY,
    "deprecator.TESTCLEANUP": _ABOUT,
    "deprecator.TESTSETUP": _ABOUT,
    "dft": _DICOM,
    "environment": _NIPY,
    "info": _ABOUT,
    "loadsave.guessed_image_type": _RAISES,
    "loadsave.read_img_data": _RAISES,
    "nicom": _DICOM,
    "onetime.setattr_on_read": _RAISES,
    "pkg_info.COMMIT_HASH": _ABOUT,
    "pkg_info.pkg_commit_hash": _ABOUT,
    "pydicom_compat": "nothing to serve: nibabel itself removes it; ask pydicom",
    "testing.data_path": _SAMPLES,
    "testing.get_test_data": _SAMPLES,
}
"""``module`` or ``module.name`` below ``nibabel`` -> why it is not served."""


_OPEN_AND_SAVE = "withdrawn by nibabel itself; open with volio.load, save with volio.save"

WITHDRAWN: dict[str, str] = {
    "gifti.giftiio": _OPEN_AND_SAVE,
    "gifti.read": _OPEN_AND_SAVE,
    "gifti.write": _OPEN_AND_SAVE,
}
"""Names of former versions of nibabel that programs still ask for -> why they are not served."""


def reason(name: str) -> str | None:
    """Return why a module or name below ``nibabel`` is not served; None when nothing is listed."""
    while name:
        for listed in (MISSING, WITHDRAWN):
            if name in listed:
                return listed[name]
        name = name.rpartition(".")[0]
    return None
