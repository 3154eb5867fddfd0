"""An image's facts in a few lines, and as a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.space.orientations import aff2axcodes

__all__ = ["describe", "describe_html", "facts"]


def facts(img: Any) -> dict[str, str]:
    """Return the facts of an image that fit in a few lines, by name."""
    header = img.header
    found = {
        "shape": " × ".join(str(length) for length in img.shape) or "()",
        "dtype": str(np.dtype(img.dataobj.dtype).newbyteorder("=")),
        "zooms": " × ".join(f"{size:.4g}" for size in header.get_zooms()),
        "orientation": "".join(code or "?" for code in aff2axcodes(img.affine))
        if img.affine is not None
        else "unknown",
    }
    stored = np.dtype(img.get_data_dtype()).newbyteorder("=")
    if str(stored) != found["dtype"]:
        found["dtype"] += f" (stored as {stored})"
    found["file"] = str(img.get_filename() or "none")
    found["voxels"] = "in memory" if img.in_memory else "on disk"
    return found


def describe(img: Any) -> str:
    """Return the facts and the affine of an image, in a few lines."""
    known = facts(img)
    lines = [f"<{type(img).__name__} {known['shape']} {known['dtype']}, {known['voxels']}"]
    lines.append(f" zooms {known['zooms']}, orientation {known['orientation']}")
    lines.append(f" file {known['file']}")
    if img.affine is not None:
        rows = np.array2string(img.affine, precision=4, suppress_small=True, prefix=" affine ")
        lines.append(f" affine {rows}")
    return "\n".join(lines) + ">"


def describe_html(img: Any) -> str:
    """Return the facts and the affine of an image as an HTML table."""
    from html import escape  # rarely needed, and its table of entities takes a while to load

    known = facts(img)
    if img.affine is not None:
        known["affine"] = np.array2string(img.affine, precision=4, suppress_small=True)
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'><pre style='margin:0'>{escape(text)}</pre></td></tr>"
        for name, text in known.items()
    )
    title = f"<caption><b>{escape(type(img).__name__)}</b></caption>"
    return f"<table>{title}{rows}</table>"
