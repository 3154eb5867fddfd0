"""Commands: the table of them, and what runs one.

Each command is the module of its name, with ``EXAMPLES``, ``add_arguments(parser)`` and
``run(options, reporter)``, which returns the exit code; ``ONE`` is the meaning of code 1 where it
is used. A module is imported when its command runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from itertools import takewhile

from volio.cli.console.reporting import INTERRUPTED, PIPE_CLOSED, SIGNALLED, TROUBLE, Reporter
from volio.cli.console.signals import Terminated, ending_in_order

__all__ = ["COMMANDS", "main", "main_convert", "main_ls", "main_view"]

DEBUG = "--debug"
HELP = ("help", "-h", "--help")

#: Name of each command, and what it does.
COMMANDS = {
    "ls": "list images: dtype, shape, voxel sizes, orientation, statistics",
    "convert": "convert images to other formats, dtypes and orientations",
    "view": "look at images in a window, or save pictures, movies and pages of them",
    "diff": "compare images: headers, positions, voxels",
    "stats": "statistics of voxels, and volumes of masks",
    "roi": "cut a part out of an image, or pad it back; its voxels keep their positions",
    "conform": "bring images to one shape, voxel size and orientation",
    "parrec2nii": "convert Philips PAR/REC and XML/REC scans to NIfTI",
    "doctor": "explain what is suspicious in a file, and write a repaired copy",
    "verify": "read files to the end: are they complete and undamaged?",
    "index": "note access points of gzip files, for fast slices later",
    "cache": "list what is kept of servers on disk, or remove it",
    "formats": "list the formats and what can be done with them",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``volio``.

    Parameters
    ----------
    argv : sequence of str, optional
        A command and its arguments; those of the process by default.

    Returns
    -------
    int
        0 when done, 1 for differences or issues that were looked for, 2 for trouble, 130 when
        interrupted, 141 when the reader of the output has gone, 129 and 143 after SIGHUP and
        SIGTERM.
    """
    return _guarded("volio", _choose, argv)


def main_ls(argv: Sequence[str] | None = None) -> int:
    """Run ``volio-ls``; the same as ``volio ls``."""
    return _guarded("volio-ls", partial(_run, "ls", "volio-ls"), argv)


def main_convert(argv: Sequence[str] | None = None) -> int:
    """Run ``volio-convert``; the same as ``volio convert``."""
    return _guarded("volio-convert", partial(_run, "convert", "volio-convert"), argv)


def main_view(argv: Sequence[str] | None = None) -> int:
    """Run ``volio-view``; the same as ``volio view``."""
    return _guarded("volio-view", partial(_run, "view", "volio-view"), argv)


def _choose(arguments: Sequence[str]) -> int:
    """Run the command that comes first, after ``--debug`` perhaps; without one show them all."""
    from volio.cli.overview import report_unknown, show_overview

    debug = list(takewhile(lambda argument: argument == DEBUG, arguments))
    rest = list(arguments[len(debug) :])
    command, *options = rest or [""]
    if command == "help" and options and options[0] not in HELP:
        command = options[0]
        options = ["--help"]
        rest = [command]
    if command in COMMANDS:
        return _run(command, f"volio {command}", [*debug, *options])
    if command == "help":
        return show_overview(COMMANDS, ["help"])
    if not command or {"-h", "--help", "--version"} & {*rest}:
        return show_overview(COMMANDS, rest)
    return report_unknown(COMMANDS, command)


def _run(name: str, program: str, arguments: Sequence[str]) -> int:
    """Run one command with its arguments."""
    from volio.cli.console.streams import forget_input
    from volio.cli.options.arguments import Parser

    forget_input()
    module = import_module(f"{__name__}.{name}")
    about = COMMANDS[name]
    description = f"{about[0].upper()}{about[1:]}."
    parser = Parser(program, description, module.EXAMPLES, getattr(module, "ONE", ""))
    module.add_arguments(parser)
    options = parser.options(arguments)
    reporter = Reporter(program, options.debug)
    code: int = TROUBLE
    with reporter.watching(), reporter.for_file(""):
        code = module.run(options, reporter)
    return code


def _guarded(program: str, run: Callable[[Sequence[str]], int], argv: Sequence[str] | None) -> int:
    """Run a command; return its exit code whatever happens."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # file names may hold what the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        with ending_in_order():
            code = _ended(program, run, arguments)
            sys.stdout.flush()
            return code
    except Terminated as end:
        return SIGNALLED + end.number
    except KeyboardInterrupt:
        print("", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes once more at its end: let that go nowhere, quietly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED


def _ended(program: str, run: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Run a command; return its exit code when it ends itself or fails unexpectedly, too."""
    code = TROUBLE
    try:
        with Reporter(program, DEBUG in arguments).for_file(""):
            code = run(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    return code
