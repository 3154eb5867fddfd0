"""Facts of an image that are known before its voxels are read."""

from __future__ import annotations

from typing import Any

from volio.arrays.chunked import native_chunks
from volio.arrays.dtypes import dtype_name
from volio.arrays.encodings.decimals import shown_sizes
from volio.formats.lookup import format_of
from volio.images.headers.format import is_neutral
from volio.images.headers.units import millimetres_in
from volio.space.orientations import ras_labels

__all__ = [
    "format_name",
    "image_facts",
    "joined",
    "scaling_text",
    "shown",
    "unit_text",
    "zooms_text",
]


def image_facts(path: str, img: Any) -> dict[str, Any]:
    """Return the facts of an image by name, for people and for JSON.

    Parameters
    ----------
    path : str
        Its file.
    img : SpatialImage
    """
    header = img.header
    slope, inter = _scaling(header)
    known = img.affine is not None
    is_anatomical = getattr(header, "anatomical", True)  # of microscopes only some are
    return {
        "file": path,
        "kind": img.kind,
        "format": format_name(img),
        "dtype": dtype_name(img.get_data_dtype()),
        "byte_order": _byte_order(header),
        "shape": [int(length) for length in img.shape],
        "zooms": shown_sizes(header.get_zooms()),
        "units": list(header.get_xyzt_units()) if hasattr(header, "get_xyzt_units") else None,
        "orientation": ras_labels(img.affine) if known and is_anatomical else None,
        "affine": img.affine.tolist() if known else None,
        "sform": _code(header, "sform_code"),
        "qform": _code(header, "qform_code"),
        "slope": slope,
        "inter": inter,
        "levels": [_level_facts(level) for level in img.levels],
        "chunks": _chunks(img),
        "length_unit": getattr(header, "unit", "") or None,
        "channels": list(getattr(header, "channel_names", ())),
    }


def _level_facts(level: Any) -> dict[str, Any]:
    """Return how large an image is at one of its resolutions."""
    return {
        "shape": [int(length) for length in level.shape],
        "zooms": shown_sizes(level.header.get_zooms()),
    }


def _chunks(img: Any) -> list[int] | None:
    """Return the shape of the chunks in which voxels are stored; None where they are not."""
    chunks = native_chunks(img.dataobj)
    return None if chunks is None else list(chunks)


def format_name(img: Any) -> str:
    """Return the name of an image's format, as the table of formats has it; "" for none."""
    found = format_of(type(img))
    return "" if found is None else found.name


def joined(numbers: Any) -> str:
    """Return lengths or sizes as one word: ``64x64x30``."""
    return "x".join(f"{number:.5g}" if number % 1 else f"{number:.0f}" for number in numbers)


def zooms_text(facts: dict[str, Any], sizes: Any) -> str:
    """Return voxel sizes as one word, lengths in the unit that `unit_text` names, mm for none."""
    factor = millimetres_in(facts["length_unit"] or "") or 1.0
    return joined([size / factor if axis < 3 else size for axis, size in enumerate(sizes)])


def unit_text(facts: dict[str, Any]) -> str:
    """Return the unit of length of a file, "" where it is mm or not stated."""
    stated = facts["length_unit"] or (facts["units"] or [""])[0]
    return stated if millimetres_in(stated) not in (None, 1.0) else ""


def scaling_text(facts: dict[str, Any]) -> str:
    """Return how stored values become values, "" where they are the same."""
    slope = facts["slope"]
    inter = facts["inter"]
    if isinstance(slope, list) or isinstance(inter, list):
        return "*several"
    if is_neutral(slope, 1.0) and is_neutral(inter, 0.0):
        return ""
    return f"*{slope:.6g}" + ("" if is_neutral(inter, 0.0) else f"{inter:+.6g}")


def shown(value: Any) -> str:
    """Return a value of a header or a voxel as text; "" for None."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    if isinstance(value, float):
        return f"{value:.7g}"
    return repr(value) if isinstance(value, str) else str(value)


def _scaling(header: Any) -> tuple[Any, Any]:
    if not hasattr(header, "get_slope_inter"):
        return None, None
    slope, inter = map(_one_or_list, header.get_slope_inter())
    return slope, inter


def _one_or_list(factor: Any) -> Any:
    """Return a number for factors that are all alike, a list of them for others."""
    if getattr(factor, "ndim", 0) == 0:
        return factor
    values: list[float] = factor.ravel(order="F").tolist()
    return values[0] if len(set(values)) == 1 else values


def _byte_order(header: Any) -> str | None:
    return {"<": "little", ">": "big"}.get(getattr(header, "endianness", ""))


def _code(header: Any, field: str) -> str | None:
    if field not in getattr(header, "codes", ()):
        return None
    return str(header.get_value_label(field))
