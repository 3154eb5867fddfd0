"""Options of formats on command lines: the choices that formats declare for loading."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from inspect import Parameter
from typing import Any

from volio.cli.console.reporting import Reporter
from volio.cli.console.streams import STREAM, standard_input
from volio.formats import table
from volio.formats.choices import choice_parameters, unknown_choices
from volio.io import identify, load

__all__ = [
    "add_load_options",
    "asks_for_load_options",
    "choices_for",
    "expect_load_options",
    "load_image",
    "source_of",
    "take_load_options",
]

#: Choices that have no bearing on what is read.
HINTS = ("mmap", "keep_file_open")

#: Where the values of these options are kept, before their names.
PREFIX = "load_choice_"


def load_image(path: str, options: argparse.Namespace, reporter: Reporter) -> Any:
    """Load an image as the options of formats ask for.

    Parameters
    ----------
    path : str
        Name, address, or ``-`` for standard input.
    options : Namespace
        Of a command that loads images.
    reporter : Reporter
        Warns of options that the format of the file does not have; they are left out.
    """
    return load(source_of(path), **choices_for(path, options, reporter))


def source_of(path: str) -> Any:
    """Return what to load for the name of a file: standard input for ``-``."""
    return standard_input() if path == STREAM else path


def choices_for(path: str, options: argparse.Namespace, reporter: Reporter) -> dict[str, Any]:
    """Return the choices for loading that were given and that the format of a file has."""
    given: Mapping[str, Any] = options.load_choices
    if not given:
        return {}
    known = identify(source_of(path))
    unknown = unknown_choices(known.image_class(), "from_file_map", given)
    if unknown:
        reporter.warn(f"{known.title} has no option {', '.join(map(_flag, unknown))}")
    return {name: value for name, value in given.items() if name not in unknown}


def expect_load_options(parser: argparse.ArgumentParser) -> None:
    """Let a command take the options of formats, which are added once they are needed."""
    parser.set_defaults(load_choices={})


def asks_for_load_options(parser: argparse.ArgumentParser, words: Sequence[str]) -> bool:
    """Return whether a command takes options of formats, and words ask for help or for some."""
    if parser.get_default("load_choices") is None:
        return False
    named = [word.partition("=")[0] for word in words if re.match(r"--[a-z]|-h$", word)]
    known = set(parser._option_string_actions) - {"-h", "--help"}
    return not known.issuperset(named)


def add_load_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for every choice that a format declares for loading.

    All formats are imported for that, which takes a while.
    """
    group = parser.add_argument_group("options of single formats, for the images that are read")
    for name, (parameter, titles) in _declared_choices().items():
        flag = _flag(name)
        if flag in parser._option_string_actions:  # an option of the command itself
            flag = f"--load-{flag[2:]}"
        kind = _kind_of(parameter)
        about = f"{', '.join(titles)}: see the page of the format"
        group.add_argument(flag, dest=PREFIX + name, help=about, **kind)


def take_load_options(options: argparse.Namespace) -> None:
    """Gather the options of formats that were given as ``load_choices``, by name."""
    choices = {}
    for key, value in list(vars(options).items()):
        if key.startswith(PREFIX):
            delattr(options, key)
            if value is not None:
                choices[key.removeprefix(PREFIX)] = value
    options.load_choices = choices


def _declared_choices() -> dict[str, tuple[Parameter, list[str]]]:
    """Return the choices of all formats: the parameter, and the titles of the formats."""
    found: dict[str, tuple[Parameter, list[str]]] = {}
    for row in table.FORMATS:
        for name, parameter in choice_parameters(row.image_class(), "from_file_map").items():
            if name not in HINTS:
                _, titles = found.setdefault(name, (parameter, []))
                titles.append(row.title)
    return found


def _kind_of(parameter: Parameter) -> dict[str, Any]:
    """Return the settings of an option: a flag for what is True or False, else a value."""
    default = parameter.default
    if isinstance(default, bool):
        return {"action": "store_const", "const": not default}
    kind = type(default) if isinstance(default, int | float) else str
    return {"metavar": parameter.name.upper(), "type": kind}


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
