"""Write the help of every command, as the commands print it."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stdout
from pathlib import Path

from volio.cli import COMMANDS, main


def write_commands(path: Path) -> None:
    """Write one section per command into a file that a page includes."""
    path.parent.mkdir(exist_ok=True)
    os.environ["COLUMNS"] = "88"  # the width argparse writes for
    path.write_text("\n".join(section(name) for name in COMMANDS), encoding="utf-8")


def section(name: str) -> str:
    """Return the title of a command and its help."""
    with redirect_stdout(io.StringIO()) as printed:
        main([name, "--help"])
    text = "".join(f"   {line}\n" if line else "\n" for line in printed.getvalue().splitlines())
    title = f"volio {name}"
    return f"{title}\n{'-' * len(title)}\n\n.. code-block:: text\n\n{text}"
