"""Which public names an installed nibabel has, found by importing it and looking.

Needs nibabel (of the test extra): it is what the list of `volio.compat.missing` is held against.
"""

from __future__ import annotations

import inspect
import pkgutil
import warnings
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

from volio.compat.hook import serve
from volio.compat.missing import reason
from volio.compat.planned import is_planned

__all__ = ["NameSurvey", "own_names", "public_modules", "survey"]

#: Not public: tests, tools for them, other people's code inside nibabel, and its commands.
LEFT_OUT = ("_", "benchmarks", "cmdline", "conftest", "externals", "tests")

#: Python's own or numpy's under another name, and what type checking needs.
NOT_NAMES = {"annotations", "Literal", "P", "Self", "SpatialImgT", "T", "TYPE_CHECKING"}

#: Functions and classes of others that users reach under a name of nibabel's.
ADOPTED = {
    "deprecated": {"deprecate_with_version"},
    "filebasedimages": {"FileMap", "FileSniff"},
    "fileholders": {"FileMap"},
    "onetime": {"OneTimeProperty", "auto_attr", "setattr_on_read"},
}

#: Tables that both modules of GIFTI import.
GIFTI_TABLES = {
    "array_index_order_codes",
    "data_type_codes",
    "gifti_encoding_codes",
    "gifti_endian_codes",
    "intent_codes",
    "xform_codes",
}

#: Constants that a module imports from another one of nibabel.
BORROWED: dict[str, set[str]] = {
    "analyze": {"native_code", "swapped_code"},
    "brikhead": {"filepath", "datadir"},
    "cifti2.cifti2": {"data_type_codes"},
    "cifti2.parse_cifti2": {
        "CIFTI_BRAIN_STRUCTURES",
        "CIFTI_MODEL_TYPES",
        "extension_codes",
        "intent_codes",
    },
    "dft": {"pydicom"},
    "ecat": {"native_code", "swapped_code"},
    "freesurfer.mghformat": {"endian_codes"},
    "gifti.gifti": {"KIND2FMT", *GIFTI_TABLES},
    "gifti.parse_gifti_fast": GIFTI_TABLES,
    "loadsave": {"all_image_classes"},
    "nicom.dicomwrappers": {"pydicom"},
    "nifti1": {"endian_codes", "have_dicom", "pdcm"},
    "pydicom_compat": {"pydicom"},
    "quaternions": {"sctypes"},
    "spatialimages": {"sctypes_aliases"},
    "streamlines.tck": {"MEGABYTE"},
    "streamlines.trk": {"endian_codes", "native_code", "swapped_code"},
    "volumeutils": {"OK_FLOATS"},
    "wrapstruct": {"endian_codes", "native_code", "swapped_code"},
}


class NameSurvey(NamedTuple):
    """What became of nibabel's names; each is ``module.name`` below ``nibabel``.

    Attributes
    ----------
    served : list of str
        Found in volio.
    missing : dict of str to str
        Not served, with the reason.
    unknown : list of str
        Neither served nor listed: a fault.
    needless : list of str
        Served and listed all the same: a fault.
    """

    served: list[str]
    missing: dict[str, str]
    unknown: list[str]
    needless: list[str]


def survey() -> NameSurvey:
    """Look for every public name of the installed nibabel in volio."""
    result = NameSurvey([], {}, [], [])
    for module_name, module in public_modules().items():
        for name in own_names(module_name, module):
            _file(result, f"{module_name}.{name}".lstrip("."), _is_served(module_name, name))
    return result


def _file(result: NameSurvey, name: str, served: bool) -> None:
    why = reason(name)
    if served:
        (result.needless if why else result.served).append(name)
    elif why:
        result.missing[name] = why
    else:
        result.unknown.append(name)


def _is_served(module_name: str, name: str) -> bool:
    try:
        module = serve(module_name) if module_name else import_module("volio")
        return hasattr(module, name) and not is_planned(module_name, name)
    except ImportError:
        return False


def public_modules() -> dict[str, ModuleType]:
    """Import every public module of nibabel; the key of nibabel itself is an empty string."""
    return dict(_walk("nibabel"))


def _walk(fullname: str) -> Iterator[tuple[str, ModuleType]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = import_module(fullname)
    yield fullname.partition(".")[2], module
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if not found.name.startswith(LEFT_OUT):
            yield from _walk(f"{fullname}.{found.name}")


def own_names(module_name: str, module: ModuleType) -> list[str]:
    """List the public names that a module of nibabel defines, or a package offers."""
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not inspect.ismodule(value)
        and name not in NOT_NAMES | BORROWED.get(module_name, set())
        and (name in ADOPTED.get(module_name, ()) or _is_own(module, value))
    )


def _is_own(module: ModuleType, value: Any) -> bool:
    if not callable(value) or inspect.ismethod(value):
        return True
    home = str(getattr(value, "__module__", ""))
    below = hasattr(module, "__path__") and home.startswith(f"{module.__name__}.")
    return home == module.__name__ or below
