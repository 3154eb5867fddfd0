"""Attributes as AFNI has them: their names and values, and the metadata that they stand for.

They are in .HEAD files and in an extension of NIfTI. Labels and statistics of volumes, the history
and the time axis have attributes of their own; the rest is kept as it is.
Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from math import isfinite
from typing import Any

from volio.arrays.dtypes import Floats
from volio.codes import coded_rows
from volio.images.headers.metadata import Intent, Metadata
from volio.images.headers.units import seconds_in
from volio.space.slices import numbers_after

__all__ = [
    "OF_VOLUMES",
    "STATISTICS",
    "TIME_UNITS",
    "Attributes",
    "attributes_from",
    "keywords_of",
    "metadata_from",
    "move_offsets",
    "numbers_in",
    "statistics_of",
    "text_in",
    "time_unit_of",
]

#: Name to a str, a list of int or a list of float.
Attributes = dict[str, Any]

#: Code of a statistic, and its parameters.
Statistic = tuple[int, list[float]]

#: Attributes of single volumes, which other volumes do not have.
OF_VOLUMES = ("BRICK_LABS", "BRICK_STATAUX", "BRICK_STATS", "BRICK_KEYWORDS", "BRICK_FLOAT_FACS")

#: Statistics of images of more volumes are not kept, of which no file has one each.
MOST_VOLUMES = 1 << 20

#: Attributes that headers make of what other formats have too.
DERIVED = frozenset(
    {
        *("BRICK_LABS", "BRICK_STATAUX", "BRICK_STATS", "BRICK_FLOAT_FACS", "BRICK_TYPES"),
        *("DATASET_RANK", "DATASET_DIMENSIONS", "TYPESTRING", "SCENE_DATA", "DATASET_NAME"),
        *("ORIENT_SPECIFIC", "ORIGIN", "DELTA", "IJK_TO_DICOM", "IJK_TO_DICOM_REAL"),
        *("TAXIS_NUMS", "TAXIS_FLOATS", "TAXIS_OFFSETS", "HISTORY_NOTE", "TEMPLATE_SPACE"),
        *("IDCODE_STRING", "IDCODE_DATE", "BYTEORDER_STRING", "LABEL_1", "LABEL_2", "STAT_AUX"),
    }
)

#: Names of spaces that other formats have words for.
PLAIN_TEMPLATES = ("", "ORIG", "ACPC", "TLRC", "MNI")

#: Codes of statistics, their names, and how many parameters they take.
_STATISTICS = coded_rows("""
2  | correlation | 3
3  | t test      | 1
4  | f test      | 2
5  | z score     | 0
6  | chi2        | 1
7  | beta        | 2
8  | binomial    | 2
9  | gamma       | 2
10 | poisson     | 1
""")
STATISTICS = {code: (name, int(count)) for code, name, count in _STATISTICS}
STATISTIC_CODES = {name: code for code, (name, _) in STATISTICS.items()}

#: Units of the time axis, by their codes in TAXIS_NUMS.
TIME_UNITS = {77001: "ms", 77002: "s", 77003: "Hz"}


def numbers_in(attributes: Attributes, name: str) -> list[Any]:
    """Return the numbers of an attribute; none where it is absent or a text."""
    found = attributes.get(name, [])
    return [] if isinstance(found, str) else list(found)


def text_in(attributes: Attributes, name: str) -> str:
    """Return the text of an attribute; "" where it is absent or has numbers."""
    found = attributes.get(name, "")
    return found if isinstance(found, str) else ""


def move_offsets(
    attributes: Attributes, voxels: Floats | None, before: Sequence[int], after: Sequence[int]
) -> Attributes:
    """Return attributes whose times of slices are those of the slices that are left.

    Parameters
    ----------
    attributes : mapping
    voxels : (4, 4) array or None
        Voxel indices of the new image to those of the image before; None for unknown.
    before, after : sequence of int
        Shapes of the two images, whose slices lie along the third axis.
    """
    offsets = numbers_in(attributes, "TAXIS_OFFSETS")
    if not offsets or len(before) < 3:
        return attributes
    numbers = numbers_after(voxels, 2, before, after)
    is_known = numbers is not None and len(offsets) == before[2]
    moved = [offsets[number] for number in numbers or ()] if is_known else []
    changed = {**attributes, "TAXIS_OFFSETS": moved}
    if not moved:
        del changed["TAXIS_OFFSETS"]
    nums = numbers_in(attributes, "TAXIS_NUMS")
    if len(nums) > 1:
        changed["TAXIS_NUMS"] = [nums[0], len(moved), *nums[2:]]
    return changed


def metadata_from(attributes: Attributes, volumes: int) -> Metadata:
    """Return the metadata in attributes: slice times, labels, intents, history, and what is left.

    Parameters
    ----------
    attributes : mapping
    volumes : int
        Number of volumes. Labels that are not as many are left out.
    """
    seconds = seconds_in(time_unit_of(attributes))
    offsets = [] if seconds is None else numbers_in(attributes, "TAXIS_OFFSETS")
    return Metadata(
        slice_times=tuple(time * (seconds or 1.0) for time in offsets),
        labels=_labels(attributes, volumes),
        intents=_intents(attributes, volumes),
        history=_history(attributes),
        attributes={
            name: value
            for name, value in attributes.items()
            if name not in DERIVED or (name == "TEMPLATE_SPACE" and value not in PLAIN_TEMPLATES)
        },
    )


def attributes_from(metadata: Metadata, volumes: int) -> Attributes:
    """Return attributes with the labels, statistics and history of metadata, and its own."""
    attributes = dict(metadata.attributes)
    if len(metadata.labels) == volumes:
        attributes["BRICK_LABS"] = "~".join(metadata.labels)
    if numbers := _statistic_numbers(metadata.intents, volumes):
        attributes["BRICK_STATAUX"] = numbers
    if metadata.history:
        attributes["HISTORY_NOTE"] = metadata.history.replace("\\", "\\\\").replace("\n", "\\n")
    return attributes


def time_unit_of(attributes: Attributes) -> str:
    """Return the unit of the time axis, 'ms', 's' or 'Hz'; "" where none is stated."""
    return TIME_UNITS.get([*numbers_in(attributes, "TAXIS_NUMS"), 0, 0, 0][2], "")


def _labels(attributes: Attributes, volumes: int) -> tuple[str, ...]:
    labels = tuple(text_in(attributes, "BRICK_LABS").removesuffix("~").split("~"))
    return labels if len(labels) == volumes and any(labels) else ()


def keywords_of(volumes: Iterable[tuple[Attributes, int]]) -> str:
    """Return the keywords of volumes, BRICK_KEYWORDS, from attributes and the number in each."""
    words = []
    for attributes, volume in volumes:
        known = text_in(attributes, "BRICK_KEYWORDS").split("~")
        words += known[volume : volume + 1] or [""]
    return "~".join(words) if any(words) else ""


def statistics_of(attributes: Attributes, volumes: int) -> dict[int, Statistic]:
    """Return code and parameters for each volume that is a statistic: BRICK_STATAUX.

    Entries of volumes that are not there, and what follows a number that makes no sense, are left
    out.
    """
    numbers = numbers_in(attributes, "BRICK_STATAUX")
    if not all(map(isfinite, numbers)):
        return {}
    found: dict[int, Statistic] = {}
    rest = iter(numbers)
    # An entry: number of the volume, code, how many parameters, and these.
    for volume, code, count in zip(rest, rest, rest, strict=False):
        if not 0 <= count <= len(numbers):
            break
        parameters = [float(number) for number in islice(rest, int(count))]
        if 0 <= volume < volumes and code in STATISTICS and len(parameters) == int(count):
            found[int(volume)] = int(code), parameters
    return found


def _intents(attributes: Attributes, volumes: int) -> tuple[Intent, ...]:
    """Return what the values of each volume are; empty where none is a statistic."""
    known = statistics_of(attributes, volumes)
    # A damaged header can state any number of volumes, for each of which there would be one.
    if not known or volumes > MOST_VOLUMES:
        return ()
    stated = {volume: _intent(*statistic) for volume, statistic in known.items()}
    return tuple(stated.get(each, Intent()) for each in range(volumes))


def _intent(code: int, params: Sequence[float]) -> Intent:
    name, count = STATISTICS[code]
    if name == "correlation" and len(params) == count:
        samples, fitted, removed = params
        params = [samples - fitted - removed]  # degrees of freedom
    return Intent(name, tuple(params))


def _statistic_numbers(intents: Sequence[Intent], volumes: int) -> list[float]:
    """Return the entries of BRICK_STATAUX for intents: one for all volumes, or one for each."""
    each = [*intents] * volumes if len(intents) == 1 else intents
    numbers: list[float] = []
    for volume, intent in enumerate(each if len(each) == volumes else ()):
        if intent.name in STATISTIC_CODES:
            code = STATISTIC_CODES[intent.name]
            count = STATISTICS[code][1]
            numbers += [volume, code, count, *[*intent.params, 0, 0, 0][:count]]
    return list(map(float, numbers))


def _history(attributes: Attributes) -> str:
    r"""Return the history, HISTORY_NOTE, a line for each program; it has \n for their ends."""
    lines = text_in(attributes, "HISTORY_NOTE").split("\\n")
    return "\n".join(line.replace("\\\\", "\\") for line in lines).strip("\n\0")
