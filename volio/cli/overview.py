"""``volio --help``: all commands in one view."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from volio.cli.console.reporting import TROUBLE
from volio.cli.options.arguments import Parser

__all__ = ["report_unknown", "show_overview"]

EXAMPLES = """\
volio ls scan.nii.gz
volio convert scan.nii.gz scan.mgz
volio help convert"""


def show_overview(commands: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Show what ``volio`` can do, or its version."""
    listed = "\n".join(f"  {name:<9} {about}" for name, about in commands.items())
    about = (
        "Read, write, convert and look at neuroimaging files.\n\n"
        f"commands:\n{listed}\n  {'help':<9} show the help of a command: volio help ls"
    )
    parser = Parser("volio", about, EXAMPLES, "differences or issues were found")
    parser.usage = "volio COMMAND ..."
    if not arguments:
        parser.print_help(sys.stderr)
        return TROUBLE
    if arguments == ["help"]:
        parser.print_help()
    else:
        parser.options(arguments)
    return 0


def report_unknown(commands: Mapping[str, str], command: str) -> int:
    """Report that there is no such command, and which one may be meant."""
    from difflib import get_close_matches

    near = get_close_matches(command, commands, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(commands)}"
    print(f"volio: {command!r} is not a command; {hint} (volio --help)", file=sys.stderr)
    return TROUBLE
