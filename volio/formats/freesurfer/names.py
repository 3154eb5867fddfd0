"""What the names of FreeSurfer's files say."""

from __future__ import annotations

import os

from volio.files.filemap import FileHolder
from volio.files.names import split_compression
from volio.surfaces.structures import hemisphere_of_name

__all__ = ["array_name_of", "structure_of"]

HEMISPHERES = ("lh", "rh")
#: Endings that say the format, not what values are.
ENDINGS = (".annot", ".asc", ".w")


def structure_of(holder: FileHolder) -> str:
    """Return the structure that a name says, "" for none.

    ``"cortex_left"`` for lh.pial, sub-1.lh.curv and sub-1_hemi-L_curv.asc.
    """
    side = hemisphere_of_name(_name_of(holder))
    return f"cortex_{side}" if side else ""


def array_name_of(holder: FileHolder, default: str) -> str:
    """Return what a name says that values are: ``"thickness"`` for lh.thickness."""
    name = split_compression(_name_of(holder))[0]
    first, _, rest = name.partition(".")
    if first not in HEMISPHERES or not rest:
        return default
    ending = next((ending for ending in ENDINGS if rest.endswith(ending)), "")
    return rest.removesuffix(ending) or default


def _name_of(holder: FileHolder) -> str:
    """Return the name of a file without its folder; "" of one without a name."""
    return os.path.basename(os.fspath(holder.filename or ""))  # noqa: PTH119  Path is slower
