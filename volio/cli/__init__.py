"""Commands: the table of them, and what runs one.

Each command is the module of its name, with ``EXAMPLES``, ``add_arguments(parser)`` and
``run(options, reporter)``, which returns the exit code; ``ONE`` says what code 1 means where it is
used. A module is imported when its command runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from volio.cli.reporting import INTERRUPTED, PIPE_CLOSED, TROUBLE, Reporter

__all__ = ["COMMANDS", "main", "main_convert", "main_ls", "main_view"]

#: Name of each command, and what it does.
COMMANDS = {
    "ls": "list images: dtype, shape, voxel sizes, orientation, statistics",
    "convert": "convert images to other formats, dtypes and orientations",
    "view": "look at images in a window, or save pictures, movies and pages of them",
    "diff": "tell how images differ: headers, places, voxels",
    "stats": "statistics of voxels, and volumes of masks",
    "roi": "cut a part out of an image, or pad it back; its voxels keep their positions",
    "conform": "bring images to one shape, voxel size and orientation",
    "parrec2nii": "convert Philips PAR/REC and XML/REC scans to NIfTI",
    "doctor": "explain what is odd in a file, and write a repaired copy",
    "verify": "read files to the end: are they complete and undamaged?",
    "index": "note where gzip files can be entered, for fast slices later",
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
        0 when done, 1 for differences or oddities that were looked for, 2 for trouble, 130 when
        interrupted, 141 when the reader of the output has gone.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    return _guarded("volio", lambda: _choose(words))


def main_ls(argv: Sequence[str] | None = None) -> int:
    """Run ``volio-ls``; the same as ``volio ls``."""
    words = list(sys.argv[1:] if argv is None else argv)
    return _guarded("volio-ls", lambda: _run("ls", "volio-ls", words))


def main_convert(argv: Sequence[str] | None = None) -> int:
    """Run ``volio-convert``; the same as ``volio convert``."""
    words = list(sys.argv[1:] if argv is None else argv)
    return _guarded("volio-convert", lambda: _run("convert", "volio-convert", words))


def main_view(argv: Sequence[str] | None = None) -> int:
    """Run ``volio-view``; the same as ``volio view``."""
    words = list(sys.argv[1:] if argv is None else argv)
    return _guarded("volio-view", lambda: _run("view", "volio-view", words))


def _choose(words: list[str]) -> int:
    from volio.cli.overview import say_unknown, show_overview

    command, rest = (words[0], words[1:]) if words else ("", [])
    if command == "help" and rest:
        command = rest[0]
        rest = ["--help"]
        if command in ("help", "-h", "--help"):
            words = ["help"]
        elif command not in COMMANDS:
            return say_unknown(COMMANDS, command)
    if command in COMMANDS:
        return _run(command, f"volio {command}", rest)
    if command == "help" or {command, *rest} & {"-h", "--help", "--version"} or not words:
        return show_overview(COMMANDS, words)
    return say_unknown(COMMANDS, command)


def _run(name: str, program: str, words: Sequence[str]) -> int:
    from volio.cli.arguments import Parser

    module = import_module(f"{__name__}.{name}")
    about = COMMANDS[name]
    one = getattr(module, "ONE", "")
    parser = Parser(program, f"{about[0].upper()}{about[1:]}.", module.EXAMPLES, one)
    module.add_arguments(parser)
    options = parser.options(words)
    reporter = Reporter(program, options.debug)
    code: int = TROUBLE
    with reporter.watching(), reporter.about(""):
        code = module.run(options, reporter)
    return code


def _guarded(program: str, run: Callable[[], int]) -> int:
    """Run a command; return its exit code whatever happens."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # file names may hold what the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            code = TROUBLE
            with Reporter(program).about(""):
                code = run()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes once more at its end: let that go nowhere, quietly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
