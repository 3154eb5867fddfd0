"""The console examples of the page on commands show what the commands print."""

from __future__ import annotations

import doctest
import glob
import re
import shlex

import pytest

from volio.cli import main, main_convert, main_ls, main_view
from volio.tests.source_tree import PACKAGE
from volio.tests.test_guide import folder_with_files  # noqa: F401  a fixture

PAGE = PACKAGE.parent / "doc" / "guide" / "commands.rst"
MAINS = {"volio": main, "volio-ls": main_ls, "volio-convert": main_convert, "volio-view": main_view}


def examples() -> list[tuple[list[str], str]]:
    """Words and expected output of each command of the page, in order."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"\.\. code-block:: console\n\n((?:   .*\n|\n)+)", text)
    lines = "\n".join(re.sub("(?m)^   ", "", block) for block in blocks)
    found = []
    for part in re.split(r"(?m)^\$ ", lines)[1:]:
        command, _, output = part.partition("\n")
        found.append((shlex.split(command), output.rstrip() + "\n" if output.strip() else ""))
    return found


def expanded(words: list[str]) -> list[str]:
    """What a shell makes of patterns."""
    return [name for word in words for name in (sorted(glob.glob(word)) or [word])]  # noqa: PTH207


@pytest.mark.usefixtures("folder_with_files")
def test_every_example_prints_what_the_page_says(capsys):
    checker = doctest.OutputChecker()
    assert len(examples()) > 20
    for words, wanted in examples():
        MAINS[words[0]](expanded(words[1:]))
        got = "".join(capsys.readouterr())
        assert checker.check_output(wanted, got, doctest.ELLIPSIS), f"$ {words}\n{got}"
