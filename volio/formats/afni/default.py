"""Attributes of a default AFNI header, and those that are given, as lists and text."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import numpy as np

from volio.formats.afni.geometry import affine_attributes
from volio.formats.afni.head import Head

__all__ = ["default_attributes", "typed"]


def default_attributes() -> Head:
    """Return the attributes of a default header: one volume of no voxels, 1 mm, float32."""
    return Head(
        {
            "TYPESTRING": "3DIM_HEAD_ANAT",
            "IDCODE_STRING": f"VOL_{secrets.token_urlsafe(16)}",
            "SCENE_DATA": [0, 0, 0, *[-999] * 5],
            "DATASET_RANK": [3, 1, *[0] * 6],
            "DATASET_DIMENSIONS": [0] * 5,
            **affine_attributes(np.eye(4)),
            "BYTEORDER_STRING": "LSB_FIRST" if np.little_endian else "MSB_FIRST",
            "BRICK_TYPES": [3],
            "TEMPLATE_SPACE": "ORIG",
        }
    )


def typed(info: Mapping[str, Any]) -> Head:
    """Return attributes as lists and str, also from a mapping as nibabel has it."""
    if isinstance(info, Head):
        return info
    return Head(
        {
            name: value if isinstance(value, str) else np.ravel(value).tolist()
            for name, value in info.items()
        }
    )
