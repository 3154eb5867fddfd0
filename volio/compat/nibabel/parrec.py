"""nibabel's names about PAR/REC that volio's own modules do not need."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from volio.formats.parrec import IMAGE_DEFS, PARRECHeader
from volio.formats.parrec.parse import parse_text

__all__ = [
    "DEG2RAD",
    "GEN_RE",
    "exts2pars",
    "image_def_dtype",
    "one_line",
    "supported_versions",
]

DEG2RAD = math.pi / 180
#: A line of general information: its name and its value.
GEN_RE = re.compile(r".\s+(.*?)\s*:\s*(.*)")
supported_versions = list(IMAGE_DEFS)
image_def_dtype = np.dtype(IMAGE_DEFS["V4.2"])


def one_line(long_str: str) -> str:
    """Return text with its lines joined by spaces."""
    return " ".join(line.strip() for line in long_str.splitlines())


def exts2pars(exts_source: Any) -> list[PARRECHeader]:
    """Return the headers of PAR/REC scans that stand in NIfTI extensions.

    Parameters
    ----------
    exts_source : Nifti1Image, Nifti1Header or sequence of extensions
        ``volio parrec2nii --store-header`` writes such.
    """
    source = getattr(exts_source, "header", exts_source)
    found = []
    for extension in getattr(source, "extensions", source):
        content = extension.content.rstrip(b"\0")
        if content.startswith(b"# === DATA DESCRIPTION FILE ==="):
            found.append(PARRECHeader(*parse_text(content.decode("latin-1"))))
    return found
