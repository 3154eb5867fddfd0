"""Modules of formats to come: imported without an error, held against nibabel's, raising on use."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import numpy as np
import pytest

import volio
from volio.compat.missing import reason
from volio.compat.planned import PLANNED, is_planned
from volio.compat.survey import own_names, public_modules
from volio.errors import NotServedError
from volio.tests.compat.test_hook import run

IMG = volio.Nifti1Image(np.zeros((2, 3, 4)), np.eye(4))


@pytest.fixture(scope="module")
def theirs() -> dict[str, ModuleType]:
    """nibabel's public modules."""
    return public_modules()


def test_the_table_has_every_name_that_is_still_to_come(theirs: dict[str, ModuleType]):
    due = {
        (module, name)
        for module, found in theirs.items()
        for name in own_names(module, found)
        if (reason(f"{module}.{name}".lstrip(".")) or "").startswith("not yet")
    }
    planned = {(module, name) for module, names in PLANNED.items() for name in names.split()}
    assert planned == due


@pytest.mark.parametrize("module", [name for name in PLANNED if name])
def test_a_planned_module_has_its_names(module: str):
    found = import_module(f"volio.{module}")
    assert found.__all__ == PLANNED[module].split()
    for name in found.__all__:
        thing = getattr(found, name)
        assert isinstance(thing, type)
        assert not isinstance(IMG, thing)


def test_a_planned_class_raises_on_use_and_says_why():
    import volio.nicom.dicomwrappers

    with pytest.raises(NotServedError, match="reading DICOM"):
        volio.nicom.dicomwrappers.wrapper_from_file("scan.dcm")
    with pytest.raises(AttributeError, match=r"Wrapper: .*reading DICOM"):
        volio.nicom.dicomwrappers.Wrapper.image_shape  # noqa: B018
    with pytest.raises(AttributeError, match="nonsense"):
        volio.nicom.dicomwrappers.nonsense  # noqa: B018


def test_planned_errors_can_be_caught():
    from volio.nicom.csareader import CSAReadError

    assert issubclass(CSAReadError, Exception)


def test_what_is_served_is_not_planned():
    assert not is_planned("freesurfer", "read_annot")
    assert not is_planned("cifti2", "Cifti2Image")
    assert not is_planned("streamlines", "Tractogram")
    assert is_planned("nicom.csareader", "read")


def test_as_nibabel_the_package_looks_like_one_that_is_there():
    assert (
        run("""
        import importlib.util
        import volio
        volio.compat.install_as_nibabel()
        import nibabel
        import nibabel.streamlines.trk
        from nibabel.gifti import GiftiImage
        assert importlib.util.find_spec("nibabel") is not None
        assert nibabel.__spec__.name == "nibabel"
        assert nibabel.__path__ == []
        assert nibabel.gifti.GiftiImage is GiftiImage is nibabel.GiftiImage
        print(nibabel.__file__ == volio.__file__)
    """)
        == "True"
    )
