"""Command lines: one parser for all commands, and the kinds of arguments they share."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from volio.cli.console.reporting import TROUBLE
from volio.errors import UsageError
from volio.files.codecs.presets import check_compression
from volio.numerals import is_count

__all__ = [
    "Parser",
    "parse_bounds",
    "parse_compression",
    "parse_count",
    "parse_numbers",
    "parse_slice",
]

CODES = """\
exit codes:
  0    done{one}
  2    trouble: wrong arguments, or a file that cannot be read or written
  130  interrupted with Ctrl-C
  141  the program that read the output has closed it"""

_NEGATIVE = re.compile(r"-\d*[\d:]")
_ONE_NUMBER = re.compile(r"-\d+|-\d*\.\d+")  # these argparse takes as values by itself


class ShowVersion(argparse.Action):
    """Print the version and end; looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        """Print and end."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"volio {version('volio')}")
        except PackageNotFoundError:
            print("volio, run from its source")
        parser.exit()


class Parser(argparse.ArgumentParser):
    """A parser whose help ends with examples and exit codes, and whose errors are one line.

    Parameters
    ----------
    program : str
        The command as the user called it.
    about : str
        What it does.
    examples : str
        Command lines, where ``%(prog)s`` stands for the program.
    one : str
        What exit code 1 means, where the command has it.
    """

    def __init__(self, program: str, about: str, examples: str, one: str = "") -> None:
        shown = "\n".join(f"  {line}" for line in examples.strip().splitlines())
        used = f"\n  1    {one}" if one else ""
        super().__init__(
            prog=program,
            description=about,
            epilog=f"examples:\n{shown}\n\n{CODES.format(one=used)}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.add_argument("--version", action=ShowVersion, nargs=0, help="print the version")
        self.add_argument(
            "--debug", action="store_true", help="show where in the source an error arose"
        )

    def error(self, message: str) -> NoReturn:
        """Print in one line what is wrong with the arguments, and end."""
        print(f"{self.prog}: {message}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(TROUBLE)

    def options(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse the words of a command line.

        Slices may begin with a minus, as in ``-i -5:``; files may come before and after options.
        """
        from volio.cli.options.load_options import (
            add_load_options,
            asks_for_load_options,
            take_load_options,
        )

        joined = _with_values(words)
        if asks_for_load_options(self, joined):
            add_load_options(self)
        options = self.parse_intermixed_args(joined)
        take_load_options(options)
        return options


def _with_values(words: Sequence[str]) -> list[str]:
    """Join a value such as ``-5:`` to the option before it: it is not an option itself."""
    joined: list[str] = []
    for word in words:
        value = _NEGATIVE.match(word) and not _ONE_NUMBER.fullmatch(word)
        if value and joined and re.fullmatch(r"-\w|--[\w-]+", joined[-1]):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def parse_slice(text: str) -> slice | int:
    """Read a slice as Python writes it, ``start:stop:step``, or one index."""
    parts = text.split(":")
    try:
        numbers = [int(part) if part.strip() else None for part in parts]
    except ValueError:
        numbers = []
    if len(parts) == 1 and numbers and numbers[0] is not None:
        return numbers[0]
    if len(parts) not in (2, 3) or not numbers or numbers[2:] == [0]:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a slice: write start:stop or start:stop:step, as 10:20 or ::-1"
        )
    return slice(*numbers)


def parse_numbers(text: str) -> tuple[float, ...]:
    """Read numbers with commas (or x) between them."""
    try:
        return tuple(float(part) for part in re.split(r"[,x]", text))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: must be numbers with commas between them, as 1,1,2"
        ) from None


def parse_bounds(text: str) -> list[list[float]]:
    """Read two corners of a box, ``x,y,z:x2,y2,z2``."""
    try:
        corners = [[float(number) for number in corner.split(",")] for corner in text.split(":")]
    except ValueError:
        corners = []
    if [len(corner) for corner in corners] != [3, 3]:
        raise argparse.ArgumentTypeError(
            f"{text!r}: must be two corners of three numbers, x,y,z:x2,y2,z2, as 0,0,0:64,64,32"
        )
    return corners


def parse_compression(text: str) -> str | int:
    """Read a preset or a level of compression."""
    compression = int(text) if is_count(text) else text
    try:
        check_compression(compression)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("compression: ")) from None
    return compression


def parse_count(text: str) -> int:
    """Read a whole number that is not negative."""
    if not is_count(text):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number, 0 or more")
    return int(text)
