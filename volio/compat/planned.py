"""nibabel's modules and names of formats still to come: they can be imported, and raise on use.

Programs import such names at their top and use few of them. A class of this module is nobody's
type, so that ``isinstance`` is False, and making an object of it raises `NotServedError` with the
reason.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NoReturn

from volio.compat.missing import reason
from volio.errors import NotServedError

__all__ = ["PLANNED", "is_planned", "planned_class"]

PLANNED = {
    "dft": (
        "CREATE_QUERIES CachingError DB DFTError InstanceStackError VolumeError clear_cache "
        "get_studies logger update_cache"
    ),
    "nicom": "",
    "nicom.ascconv": (
        "ASCCONV_RE AscconvParseError Atom NoValue assign2atoms obj_from_atoms parse_ascconv"
    ),
    "nicom.csareader": (
        "CSAError CSAReadError MAX_CSA_ITEMS get_acq_mat_txt get_b_matrix get_b_value "
        "get_csa_header get_g_vector get_ice_dims get_n_mosaic get_scalar get_slice_normal "
        "get_vector is_mosaic nt_str read"
    ),
    "nicom.dicomreaders": (
        "DPCS_TO_TAL DicomReadError mosaic_to_nii read_mosaic_dir read_mosaic_dwi_dir "
        "slices_to_series"
    ),
    "nicom.dicomwrappers": (
        "DEFUALT_FRAME_FILTERS FilterDwiIso FilterMultiStack FrameFilter MosaicWrapper "
        "MultiframeWrapper SiemensWrapper Wrapper WrapperError WrapperPrecisionError "
        "none_or_close wrapper_from_data wrapper_from_file"
    ),
    "nicom.dwiparams": "B2q nearest_pos_semi_def q2bg",
    "nicom.structreader": "Unpacker",
    "nicom.utils": "Vendor find_private_section vendor_from_private vendor_priv_sections",
}
"""Module below ``nibabel`` ("" for itself) -> its names, separated by spaces."""


class Planned(type):
    """Metaclass of the classes that stand for names of formats still to come."""

    def __getattr__(cls, name: str) -> NoReturn:
        raise AttributeError(f"{cls.__module__}.{cls.__name__}: not served by volio: {cls.__doc__}")

    def __call__(cls, *args: Any, **options: Any) -> NoReturn:
        """Raise the reason why there is no such object."""
        raise NotServedError(f"{cls.__module__}.{cls.__name__}: not served by volio: {cls.__doc__}")


def is_planned(module: str, name: str) -> bool:
    """Return whether a module below ``nibabel`` is to have a name that is not served yet."""
    return name in PLANNED.get(module, "").split()


def planned_class(module: str, name: str) -> type:
    """Return the class that stands for a name: an exception where the name says that it is one.

    Parameters
    ----------
    module : str
        Module below ``nibabel``; "" for ``nibabel`` itself.
    name : str
        One of its names in `PLANNED`.
    """
    package = module.partition(".")[0]
    homes = [home for home in PLANNED if home.startswith(package) and is_planned(home, name)]
    return _made_class(next(home for home in homes if home), name)


@cache
def _made_class(module: str, name: str) -> type:
    """Make the class of a name, once for all modules that have it."""
    namespace = {
        "__module__": f"nibabel.{module}",
        "__doc__": reason(f"{module}.{name}"),
    }
    if name.endswith("Error"):
        return type(name, (Exception,), namespace)
    if name.endswith("Warning"):
        return type(name, (Warning,), namespace)
    return Planned(name, (), namespace)
