"""What attributes of MINC say in words that other formats have too."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from volio.formats.minc1.dataset import Dataset, Variable
from volio.formats.minc1.place import SPACE

__all__ = [
    "SECONDS",
    "acquisition_of",
    "others_of",
    "put_acquisition",
    "put_text",
    "space_of",
    "space_word",
]

#: Seconds in a unit of time; seconds are what MINC takes where none is said.
SECONDS: dict[str, float] = {
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
}
ACQUISITION = {
    "repetition_time": "repetition time",
    "echo_time": "echo time",
    "inversion_time": "inversion time",
    "flip_angle": "flip angle",
}
SPACES = {"talairach": "talairach", "native": "scanner"}
#: Variables and attributes that other formats' headers have in their own way.
KNOWN = frozenset({*SPACE, "time", "vector_dimension", "image", "image-min", "image-max"})
PLAIN = frozenset({"title", "history", "minc_version", "ident", "Conventions"})


def space_of(dataset: Dataset) -> str:
    """Return what space the file says it is in; "" where it does not."""
    words = [dataset.variables[n].text("spacetype") for n in SPACE if n in dataset.variables]
    return SPACES.get(words[0].rstrip("_").lower(), "") if words else ""


def space_word(space: str) -> bytes:
    """Return a space in the words of MINC."""
    return b"talairach_" if space == "talairach" else b"native____"


def put_text(dataset: Dataset, name: str, text: str) -> None:
    """Set or take out an attribute of the whole."""
    if text:
        end = b"\n" if name == "history" else b""  # where the next program appends
        dataset.attributes[name] = text.encode("utf-8", "surrogateescape") + end
    else:
        dataset.attributes.pop(name, None)


def acquisition_of(dataset: Dataset) -> dict[str, float]:
    """Return times (s) and angles (degrees) of the acquisition."""
    variable = dataset.variables.get("acquisition")
    if variable is None:
        return {}
    found = {word: variable.numbers(name) for name, word in ACQUISITION.items()}
    return {
        word: float(numbers[0])
        for word, numbers in found.items()
        if numbers is not None and len(numbers) == 1 and np.isfinite(numbers[0])
    }


def put_acquisition(dataset: Dataset, acquisition: Mapping[str, float]) -> None:
    """State times and angles of the acquisition."""
    known = {name: acquisition[word] for name, word in ACQUISITION.items() if word in acquisition}
    if not known:
        return
    fresh = Variable((), np.dtype("i4"), {"vartype": b"group________"}, np.zeros((), "i4"))
    variable = dataset.variables.setdefault("acquisition", fresh)
    variable.attributes.update({name: np.array([value]) for name, value in known.items()})


def others_of(dataset: Dataset) -> tuple[str, ...]:
    """Name the variables and attributes that only MINC holds."""
    kept = (*KNOWN, "rootvariable", "acquisition")
    variables = [f"variable {name}" for name in dataset.variables if name not in kept]
    acquisition = dataset.variables.get("acquisition")
    if acquisition and set(acquisition.attributes) - {*ACQUISITION, "vartype", "varid", "version"}:
        variables.append("variable acquisition")
    return (*variables, *(f"attribute {n}" for n in dataset.attributes if n not in PLAIN))
