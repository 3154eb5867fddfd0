"""The fields of a header by name, whatever the format keeps them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["fields_of"]

#: Attributes in which headers keep their fields, where they are not mappings themselves.
HOLDERS = ("attributes", "general_info")


def fields_of(header: Any) -> Mapping[str, Any]:
    """Return the fields of a header by name.

    Parameters
    ----------
    header : header
        Of any format.

    Returns
    -------
    mapping
        The header itself where it is one of its fields; attributes of AFNI; general information
        of PAR/REC; attributes of MINC as ``variable:attribute``, those of the file as
        ``:attribute``. Empty for other headers.
    """
    if hasattr(header, "keys"):
        mapping: Mapping[str, Any] = header
        return mapping
    if hasattr(header, "dataset"):
        return _attributes_of(header.dataset)
    for holder in HOLDERS:
        if hasattr(header, holder):
            return dict(getattr(header, holder))
    return {}


def _attributes_of(dataset: Any) -> dict[str, Any]:
    """Return the attributes of a NetCDF or HDF5 data set, and of its variables."""
    fields = {f":{name}": value for name, value in dataset.attributes.items()}
    for variable, found in dataset.variables.items():
        for name, value in found.attributes.items():
            fields[f"{variable}:{name}"] = value
    return fields
