"""What a MINC file has that nothing was read from."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.formats.containers.dataset import Dataset, Variable
from volio.formats.minc.geometry import SPACE
from volio.formats.minc.scaling import ENDS

__all__ = ["dimension", "fresh"]


def fresh() -> Dataset:
    """Return the data set of a fresh header: no voxels of 1 mm, float32."""
    dataset = Dataset(dict.fromkeys(SPACE, 0), {"minc_version": b"1.0"})
    for name in SPACE:
        dataset.variables[name] = dimension(name)
    image = Variable(SPACE, np.dtype("f4"), {"signtype": b"signed__", **_kept("image")})
    dataset.variables["image"] = image
    for name, value in zip(ENDS, (0.0, 1.0), strict=True):
        end = Variable((), np.dtype("f8"), _kept(name), np.array(value))
        dataset.variables[name] = end
    return dataset


def _kept(name: str) -> dict[str, Any]:
    kind = b"group________" if name == "image" else b"var_attribute"
    return {"varid": b"MINC standard variable", "vartype": kind, "version": b"MINC Version    1.0"}


def dimension(name: str) -> Variable:
    """Return the variable of a dimension: steps of 1 from 0."""
    attributes: dict[str, Any] = {
        "varid": b"MINC standard variable",
        "vartype": b"dimension____",
        "version": b"MINC Version    1.0",
        "spacing": b"regular__",
        "alignment": b"centre",
    }
    if name in SPACE:
        place = SPACE.index(name)
        attributes["units"] = b"mm"
        attributes["spacetype"] = b"native____"
        attributes["direction_cosines"] = np.eye(3)[place]
    elif name == "time":
        attributes["units"] = b"s"
    attributes["step"], attributes["start"] = np.array([1.0]), np.array([0.0])
    return Variable((), np.dtype("f8"), attributes, np.array(0.0))
