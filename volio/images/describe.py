"""An image's facts in a few lines, and as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from volio.files.xml_text import html_text
from volio.images.named_axes import length_in_mm
from volio.space.orientations import aff2axcodes

__all__ = ["describe", "describe_html", "describe_png", "facts", "table_html"]

#: Letters of what is wrong with the voxels.
MESSAGE = 500
#: Parts of a mm below which numbers in an affine are not rounded to 4 places.
SMALL = 1e-3


def facts(img: Any) -> dict[str, str]:
    """Return the facts of an image that fit in a few lines, by name."""
    header = img.header
    found = {
        "shape": " × ".join(str(length) for length in img.shape) or "()",
        "dtype": str(np.dtype(img.dataobj.dtype).newbyteorder("=")),
        "zooms": _zooms(header),
        "orientation": "".join(code or "?" for code in aff2axcodes(img.affine))
        if img.affine is not None and getattr(header, "anatomical", True)
        else "unknown",
    }
    stored = np.dtype(img.get_data_dtype()).newbyteorder("=")
    if str(stored) != found["dtype"]:
        found["dtype"] += f" (stored as {stored})"
    found["file"] = str(img.get_filename() or "none")
    found["voxels"] = "in memory" if img.in_memory else img._voxels_are
    return {**found, **img._further_facts()}


def _zooms(header: Any) -> str:
    """Return the sizes of a voxel: mm, or the unit of the file, which is named then."""
    sizes = [float(size) for size in header.get_zooms()]
    unit = getattr(header, "unit", "")
    if not unit:
        return " × ".join(f"{size:.4g}" for size in sizes)
    in_unit = [f"{size / length_in_mm(unit):.4g}" for size in sizes[:3]]
    return " × ".join([*in_unit, *[f"{size:.4g}" for size in sizes[3:]]]) + f" ({unit})"


def _affine(img: Any, prefix: str = "") -> str:
    """Return the affine in four lines; small numbers, of nanometers, are not rounded away."""
    numbers = np.abs(img.affine[img.affine != 0])
    is_small = len(numbers) > 0 and numbers.min() < SMALL
    return np.array2string(
        img.affine, precision=6 if is_small else 4, suppress_small=not is_small, prefix=prefix
    )


def describe(img: Any) -> str:
    """Return the facts and the affine of an image, in a few lines."""
    known = facts(img)
    lines = [f"<{type(img).__name__} {known['shape']} {known['dtype']}, {known['voxels']}"]
    lines.append(f" zooms {known['zooms']}, orientation {known['orientation']}")
    lines.append(f" file {known['file']}")
    lines += [f" {name} {text}" for name, text in img._further_facts().items()]
    if img.affine is not None:
        lines.append(f" affine {_affine(img, ' affine ')}")
    return "\n".join(lines) + ">"


def describe_html(img: Any) -> str:
    """Return the facts and the affine of an image as an HTML table, with its central slices."""
    from volio.display.pictures.preview import preview_png

    known = facts(img)
    if img.affine is not None:
        known["affine"] = _affine(img)
    about = "sagittal, coronal and axial slice through the middle"
    return table_html(type(img).__name__, known, lambda: preview_png(img), about)


def table_html(
    title: str, known: Mapping[str, str], draw: Callable[[], bytes | None], about: str
) -> str:
    """Return facts as an HTML table, with a picture below.

    Parameters
    ----------
    title : str
    known : mapping of str to str
    draw : callable
        Returns a PNG file; None for no picture. What it raises is shown in the table: the facts are
        there, whatever is wrong with the values.
    about : str
        What the picture shows.
    """
    shown = dict(known)
    picture = ""
    try:
        picture = _image_element(draw(), about)
    except Exception as error:
        shown["picture"] = f"none: {type(error).__name__}: {error}"[:MESSAGE]
    rows = "".join(
        f"<tr><th style='text-align:left'>{html_text(name)}</th>"
        f"<td style='text-align:left'><pre style='margin:0'>{html_text(text)}</pre></td></tr>"
        for name, text in shown.items()
    )
    caption = f"<caption><b>{html_text(title)}</b></caption>"
    return f"<table>{caption}{rows}</table>{picture}"


def describe_png(img: Any) -> bytes | None:
    """Return the central slices of an image as a PNG file, None if there are none to show."""
    from volio.display.pictures.preview import preview_png

    try:
        return preview_png(img)
    except Exception:  # a notebook shows the facts, which name the fault
        return None


def _image_element(png: bytes | None, about: str) -> str:
    """Return the HTML element of a PNG file; "" for none."""
    from base64 import b64encode

    if png is None:
        return ""
    text = b64encode(png).decode("ascii")
    return f"<img alt='{about}' title='{about}' src='data:image/png;base64,{text}'>"
