"""Attributes as AFNI has them: what they mean, and how meaning is put into them.

They stand in .HEAD files and in an extension of NIfTI. Labels and statistics of volumes and the
history have attributes of their own; the rest is kept as it is.
Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from volio.images.headers.metadata import Intent, Metadata

__all__ = [
    "OF_VOLUMES",
    "STATISTICS",
    "Attributes",
    "history_of",
    "intents_of",
    "keywords_of",
    "labels_of",
    "stated",
    "statistics_of",
    "unspoken",
]

#: Name to a str, a list of int or a list of float.
Attributes = dict[str, Any]

#: Attributes of single volumes, which other volumes do not have.
OF_VOLUMES = ("BRICK_LABS", "BRICK_STATAUX", "BRICK_STATS", "BRICK_KEYWORDS", "BRICK_FLOAT_FACS")

#: Attributes that headers make of what other formats say too.
DERIVED = frozenset(
    {
        *OF_VOLUMES[:3],
        *OF_VOLUMES[4:],
        *("DATASET_RANK", "DATASET_DIMENSIONS", "TYPESTRING", "SCENE_DATA", "BRICK_TYPES"),
        *("ORIENT_SPECIFIC", "ORIGIN", "DELTA", "IJK_TO_DICOM", "IJK_TO_DICOM_REAL"),
        *("TAXIS_NUMS", "TAXIS_FLOATS", "TAXIS_OFFSETS", "HISTORY_NOTE", "TEMPLATE_SPACE"),
        *("IDCODE_STRING", "IDCODE_DATE", "BYTEORDER_STRING", "DATASET_NAME"),
        *("LABEL_1", "LABEL_2", "STAT_AUX"),
    }
)

#: Names of spaces that other formats have words for.
PLAIN_TEMPLATES = ("", "ORIG", "ACPC", "TLRC", "MNI")

#: Codes of statistics, their names, and how many parameters they take.
STATISTICS = {
    2: ("correlation", 3),
    3: ("t test", 1),
    4: ("f test", 2),
    5: ("z score", 0),
    6: ("chi2", 1),
    7: ("beta", 2),
    8: ("binomial", 2),
    9: ("gamma", 2),
    10: ("poisson", 1),
}
CODES = {name: code for code, (name, _) in STATISTICS.items()}


def unspoken(attributes: Mapping[str, Any]) -> Attributes:
    """Return the attributes that say what no other format does: the name of a template too."""
    return {
        name: value
        for name, value in attributes.items()
        if name not in DERIVED or (name == "TEMPLATE_SPACE" and value not in PLAIN_TEMPLATES)
    }


def labels_of(attributes: Mapping[str, Any], volumes: int) -> tuple[str, ...]:
    """Return the label of each volume, BRICK_LABS; empty where there is not one for each."""
    text = attributes.get("BRICK_LABS", "")
    labels = tuple(text.removesuffix("~").split("~")) if isinstance(text, str) and text else ()
    return labels if len(labels) == volumes and any(labels) else ()


def keywords_of(volumes: Iterable[tuple[Mapping[str, Any], int]]) -> str:
    """Return the keywords of volumes, BRICK_KEYWORDS, from attributes and the place in each."""
    words = []
    for attributes, volume in volumes:
        known = attributes.get("BRICK_KEYWORDS", "")
        each = known.split("~") if isinstance(known, str) else []
        words.append(each[volume] if volume < len(each) else "")
    return "~".join(words) if any(words) else ""


def statistics_of(
    attributes: Mapping[str, Any], volumes: int
) -> dict[int, tuple[int, list[float]]]:
    """Return code and parameters for each volume that is a statistic: BRICK_STATAUX.

    Entries of volumes that are not there, and what follows a number that makes no sense, are left
    out.
    """
    numbers, found, at = attributes.get("BRICK_STATAUX", []), {}, 0
    if isinstance(numbers, str) or not all(isfinite(number) for number in numbers):
        return {}
    while at + 3 <= len(numbers):
        volume, code, count = (int(number) for number in numbers[at : at + 3])
        if not 0 <= count <= len(numbers) - at - 3:
            break
        if 0 <= volume < volumes and code in STATISTICS:
            found[volume] = (code, [float(each) for each in numbers[at + 3 : at + 3 + count]])
        at += 3 + count
    return found


def intents_of(attributes: Mapping[str, Any], volumes: int) -> tuple[Intent, ...]:
    """Return what the values of each volume are; empty where none is a statistic."""
    known = statistics_of(attributes, volumes)
    if not known:
        return ()
    return tuple(_intent(*known[each]) if each in known else Intent() for each in range(volumes))


def _intent(code: int, params: Sequence[float]) -> Intent:
    if code == CODES["correlation"] and len(params) == 3:
        params = [params[0] - params[1] - params[2]]  # samples, fitted, removed: degrees of freedom
    return Intent(STATISTICS[code][0], tuple(params))


def stated(metadata: Metadata, volumes: int) -> Attributes:
    """Return attributes that say the labels, statistics and history of a meaning, and its own."""
    attributes = dict(metadata.attributes)
    if len(metadata.labels) == volumes:
        attributes["BRICK_LABS"] = "~".join(metadata.labels)
    if numbers := list(_statistics(metadata.intents, volumes)):
        attributes["BRICK_STATAUX"] = numbers
    if metadata.history:
        attributes["HISTORY_NOTE"] = metadata.history.replace("\\", "\\\\").replace("\n", "\\n")
    return attributes


def _statistics(intents: Sequence[Intent], volumes: int) -> Iterator[float]:
    each = [*intents] * volumes if len(intents) == 1 else intents
    for volume, intent in enumerate(each if len(each) == volumes else ()):
        if intent.name in CODES:
            code = CODES[intent.name]
            params = (*intent.params, 0.0, 0.0, 0.0)[: STATISTICS[code][1]]
            yield from (float(volume), float(code), float(len(params)), *params)


def history_of(attributes: Mapping[str, Any]) -> str:
    r"""Return the history, HISTORY_NOTE, a line for each program; it has \n for their ends."""
    text = attributes.get("HISTORY_NOTE", "")
    lines = text.split("\\n") if isinstance(text, str) else []
    return "\n".join(line.replace("\\\\", "\\") for line in lines).strip("\n\0")
