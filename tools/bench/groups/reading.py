"""Reading all voxels of a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.case import Case, Fast, Lean, Way
from bench.peers import lazily, medrs_file, simpleitk_file, stored, then, volio_file

__all__ = ["CASES"]

SERIES_AND_T1 = ("series", "t1")


def _foreign(what: str) -> Callable[[Any], Path]:
    return lambda files: files.foreign(what)


def _own(what: str) -> Callable[[Any], Path]:
    return lambda files: files.own(what)


def _plain(what: str) -> Callable[[Any], Path]:
    return lambda files: files.plain(what)


def _whole(path: Callable[[Any], Path]) -> dict[str, Way]:
    return {
        **lazily(path, stored),
        "SimpleITK": then(simpleitk_file, path, np.asarray),
        "medrs": then(medrs_file, path, np.asarray),
    }


def _as_float(path: Callable[[Any], Path], dtype: Any) -> dict[str, Way]:
    return lazily(path, lambda image: image.get_fdata(dtype=dtype))


def _decode_alone(path: Callable[[Any], Path]) -> Way:
    # Cast when the time is over, so that the values can be compared.
    return then(volio_file, path, stored)


def _cases(what: str) -> tuple[Case, ...]:
    foreign, own, plain = _foreign(what), _own(what), _plain(what)
    float32 = {**_as_float(foreign, np.float32), "decode alone": _decode_alone(foreign)}
    return (
        Case(
            f"read-foreign-{what}",
            "whole .nii.gz of zlib, as stored; fresh process, page cache warm",
            _whole(foreign),
            (Fast("nibabel", 2.5), Fast("medrs"), Fast("SimpleITK"), Lean()),
        ),
        Case(
            f"read-foreign-float64-{what}",
            "get_fdata() of it; fresh process, page cache warm",
            _as_float(foreign, np.float64),
            (Fast("nibabel", 2.5), Lean()),
        ),
        Case(
            f"read-foreign-float32-{what}",
            "get_fdata(dtype=float32) of it; fresh process, page cache warm",
            float32,
            (Fast("nibabel", 2.5), Fast("decode alone", 1 / 1.2), Lean()),
            dtype=np.float32,
        ),
        Case(
            f"read-own-{what}",
            "whole .nii.gz written by volio, as stored; fresh process, page cache warm",
            _whole(own),
            (Fast("nibabel", 5), Lean()),
        ),
        Case(
            f"read-plain-float32-{what}",
            "get_fdata(dtype=float32) of a .nii; fresh process, page cache warm",
            _as_float(plain, np.float32),
            (Fast("nibabel", 1.5), Lean()),
        ),
        Case(
            f"read-plain-float64-{what}",
            "get_fdata() of a .nii; fresh process, page cache warm",
            _as_float(plain, np.float64),
            (Fast("nibabel", 1.5), Lean()),
        ),
    )


CASES = tuple(case for what in SERIES_AND_T1 for case in _cases(what))
