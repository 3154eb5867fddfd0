"""An image's facts in a few lines, and as a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.space.orientations import ras_labels

__all__ = ["describe", "describe_html", "describe_png", "facts"]

#: Letters of what is wrong with the voxels.
MESSAGE = 500


def facts(img: Any) -> dict[str, str]:
    """Return the facts of an image that fit in a few lines, by name."""
    return {
        "shape": " × ".join(str(length) for length in img.shape) or "()",
        "dtype": _dtype_text(img),
        "zooms": " × ".join(f"{size:.4g}" for size in img.header.get_zooms()),
        "orientation": _orientation(img),
        "file": str(img.get_filename() or "none"),
        "voxels": "in memory" if img.in_memory else "on disk",
    }


def _dtype_text(img: Any) -> str:
    """Return the dtype of the values, and that of the file where it is another one."""
    values = np.dtype(img.dataobj.dtype).newbyteorder("=")
    stored = np.dtype(img.get_data_dtype()).newbyteorder("=")
    return str(values) if stored == values else f"{values} (stored as {stored})"


def _orientation(img: Any) -> str:
    """Return the axis codes as one word; of microscopes only some images have them."""
    if img.affine is None or not getattr(img.header, "anatomical", True):
        return "unknown"
    return ras_labels(img.affine)


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
    """Return the facts and the affine of an image as an HTML table, with its central slices."""
    from html import escape  # rarely needed, and its table of entities takes a while to load

    known = facts(img)
    if img.affine is not None:
        known["affine"] = np.array2string(img.affine, precision=4, suppress_small=True)
    picture = ""
    try:
        picture = _picture(img)
    except Exception as error:  # the facts are there, whatever is wrong with the voxels
        known["picture"] = f"none: {type(error).__name__}: {error}"[:MESSAGE]
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'><pre style='margin:0'>{escape(text)}</pre></td></tr>"
        for name, text in known.items()
    )
    title = f"<caption><b>{escape(type(img).__name__)}</b></caption>"
    return f"<table>{title}{rows}</table>{picture}"


def describe_png(img: Any) -> bytes | None:
    """Return the central slices of an image as a PNG file, None if there are none to show."""
    from volio.display.pictures.preview import preview_png

    try:
        return preview_png(img)
    except Exception:  # a notebook shows the facts, which name the fault
        return None


def _picture(img: Any) -> str:
    from base64 import b64encode

    from volio.display.pictures.preview import preview_png

    png = preview_png(img)
    if png is None:
        return ""
    text = b64encode(png).decode("ascii")
    about = "sagittal, coronal and axial slice through the middle"
    return f"<img alt='{about}' title='{about}' src='data:image/png;base64,{text}'>"
