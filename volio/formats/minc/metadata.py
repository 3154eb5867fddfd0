"""What attributes of MINC say in words that other formats have too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from volio.formats.containers.dataset import Attribute, Dataset, Variable, text_of
from volio.formats.minc.geometry import SPACE

__all__ = [
    "SECONDS",
    "acquisition_of",
    "keys_of",
    "others_of",
    "put_acquisition",
    "put_keys",
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
KNOWN = frozenset(
    {*SPACE, "time", "time-width", "vector_dimension", "image", "image-min", "image-max"}
)
#: Attributes that say how variables belong together.
TREE = frozenset({"varid", "vartype", "version", "parent", "children"})
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
    variable = dataset.variables.setdefault("acquisition", _group())
    variable.attributes.update({name: np.array([value]) for name, value in known.items()})


def keys_of(dataset: Dataset) -> dict[str, str]:
    """Return text that has no place in other headers, as keys: "name", or "variable:name"."""
    whole = {n: text_of(v) for n, v in dataset.attributes.items() if isinstance(v, bytes)}
    found = {name: text for name, text in whole.items() if name not in PLAIN}
    for name, variable in _others(dataset):
        for key, value in variable.attributes.items():
            if isinstance(value, bytes) and key not in TREE:
                found[f"{name}:{key}"] = text_of(value)
    return found


def put_keys(dataset: Dataset, keys: Mapping[str, str]) -> None:
    """State keys as text: of a variable where they are called "variable:name"."""
    for key, value in keys.items():
        name, colon, rest = key.partition(":")
        if "\0" in f"{key}{value}" or not key or key in PLAIN or name in KNOWN:
            continue
        text = value.encode("utf-8", "surrogateescape")
        if colon and name.isidentifier() and rest and rest not in TREE:
            variable = dataset.variables.setdefault(name, _group())
            variable.attributes[rest] = text
        else:
            dataset.attributes[key] = text


def others_of(dataset: Dataset) -> tuple[str, ...]:
    """Name the numbers that only MINC holds."""
    known = {"acquisition": ACQUISITION}
    found = []
    for name, variable in _others(dataset):
        numbers = {key for key, each in variable.attributes.items() if not isinstance(each, bytes)}
        many = variable.values is not None and variable.values.size > 1
        if many or numbers - {*known.get(name, ()), *TREE}:
            found.append(f"variable {name}")
    more = (n for n, each in dataset.attributes.items() if not isinstance(each, bytes))
    return (*found, *(f"attribute {name}" for name in more))


def _others(dataset: Dataset) -> Iterator[tuple[str, Variable]]:
    kept = {*KNOWN, "rootvariable"}
    return ((name, each) for name, each in dataset.variables.items() if name not in kept)


def _group() -> Variable:
    attributes: dict[str, Attribute] = {"vartype": b"group________"}
    return Variable((), np.dtype("i4"), attributes, np.zeros((), "i4"))
