#!/usr/bin/env python3
"""Lay out a new format: its module, its row in the table, a test, and a folder for samples.

    tools/new_format.py NAME [--kind KIND] [--ending .END] [--title TITLE] [--magic BYTES]

NAME is used everywhere: row, module, test, sample folder, page of the documentation. KIND is what
its images are about: volume (the default), surface, greyordinates, tracts or transform.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
FORMATS = ROOT / "volio" / "formats"
TESTS = ROOT / "volio" / "tests"
sys.path.insert(0, str(ROOT))

from volio.images.kinds import KINDS  # noqa: E402

DOCSTRING = """\
{title} ({ending}).

Source: name the definition of the format here.
"""

ROW = """\
    Format(
        "{name}",
        "{title}",
        "{kind}",
        (FileLayout("{cls}", ("{ending}",), magic(0, b"{magic}")),),
{headers}    ),
"""

TEST = '''\
"""What is special about {title} files; the conformance suite tests what every format must do."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import volio
from volio.formats.{name} import {cls}


def test_first_bytes_tell_the_format(tmp_path: Path):
    image = {cls}({example})
    image.to_filename(tmp_path / "scan{ending}")
    assert volio.identify(tmp_path / "scan{ending}").name == "{name}"
    assert type(volio.load(tmp_path / "scan{ending}")) is {cls}
'''

VOLUME_TODO = """\
 1. In volio/formats/{name}.py, name the definition of the format in the docstring, and write down
    its fields (layout), what they may hold (checks), and where voxels begin (offset)."""

SURFACE_TODO = """\
 1. In volio/formats/{name}.py, name the definition of the format in the docstring, and write down
    the types of its numbers; read them in `_read`, and write them in `_pieces`."""

TRACTS_TODO = """\
 1. In volio/formats/{name}.py, name the definition of the format in the docstring, read its lines
    in `blocks` as scanner RAS+ mm, and write them in `to_file_map`; `holds` says what it has a
    place for."""

OTHER_TODO = """\
 1. In volio/formats/{name}.py, name the definition of the format in the docstring, write down its
    fields (layout) and what they may hold (checks), and read and write what is in such a file
    instead of points; derive from the base class of the kind where volio has one."""

NEXT = """\
Made:
{made}

What to do next:
{todo}
 2. In the row in volio/formats/table.py, check the endings and what the first bytes look like.
 3. Put files that another program wrote into volio/tests/samples/{name}/, and their facts into
    facts.json there, as those of the other formats are: {facts}.
 4. In volio/tests/formats/test_{name}.py, test what is special about the format.
 5. Say in the Changelog what users can do now.
 6. Run tools/test, and tools/docs.
Public names, the page of the format and all other lists are made from the row. The guide page
doc/guide/adding_a_format.rst says more.
"""


class Skeleton(NamedTuple):
    """A format to start from, and what in it stands for the new one."""

    module: str
    classes: tuple[str, ...]  # what the names of its classes end in, that of the image first
    word: str
    magic: str
    ending: str
    example: str
    facts: str
    todo: str


VOLUME = Skeleton(
    "skeletons/volume.py",
    ("Image", "Header"),
    "skeleton",
    "VSK1",
    ".vsk",
    "np.zeros((2, 3, 4), np.uint8), np.eye(4)",
    "shape, dtype, affine, sum, the program",
    VOLUME_TODO,
)
SURFACE = Skeleton(
    "skeletons/surface.py",
    ("Surface",),
    "lattice",
    "LSK1",
    ".lsk",
    "np.eye(3), [[0, 1, 2]]",
    '"image", "kind", "program", vertices, faces and their sums',
    SURFACE_TODO,
)
TRACTS = Skeleton(
    "skeletons/tracts.py",
    ("Tractogram",),
    "strand",
    "TSK1",
    ".tsk",
    "np.eye(3), [1, 2]",
    '"image", "kind", "program", lines, points, lengths and their sums',
    TRACTS_TODO,
)
OTHER = Skeleton(
    "skeletons/points.py",
    ("Image", "Header"),
    "scaffold",
    "PSK1",
    ".psk",
    "np.eye(3)",
    '"image", "kind", "program", and what is in the file',
    OTHER_TODO,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the files and say what is left to do."""
    asked = parse(arguments)
    skeleton = {"volume": VOLUME, "surface": SURFACE, "tracts": TRACTS}.get(asked.kind, OTHER)
    stem = "".join(part.capitalize() for part in asked.name.split("_"))
    cls, *others = (f"{stem}{end}" for end in skeleton.classes)
    words = {
        "name": asked.name,
        "kind": asked.kind,
        "stem": stem,
        "cls": cls,
        "headers": "".join(f'        headers=("{header}",),\n' for header in others),
        "title": asked.title or asked.name,
        "ending": asked.ending or f".{asked.name}",
        "magic": asked.magic or asked.name.upper()[:4].ljust(4, "1"),
        "example": skeleton.example,
    }
    made = [
        new_file(FORMATS / f"{asked.name}.py", module_text(skeleton, words)),
        add_row([cls, *others], words),
        new_file(TESTS / "formats" / f"test_{asked.name}.py", TEST.format(**words)),
        new_file(TESTS / "samples" / asked.name / "facts.json", "{}\n"),
    ]
    lines = "\n".join(f"  {line}" for line in made)
    todo = skeleton.todo.format(**words)
    print(NEXT.format(made=lines, todo=todo, facts=skeleton.facts, **words))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; refuse names that cannot be, or that are there already."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", metavar="NAME", help="as in `volio formats`: short, lower case")
    parser.add_argument(
        "--kind",
        choices=KINDS,
        default="volume",
        help="what its images are about (default: volume)",
    )
    parser.add_argument("--ending", help="of the files (default: .NAME)")
    parser.add_argument("--title", help="as people call it (default: NAME)")
    parser.add_argument("--magic", help="the first four characters of its files")
    asked = parser.parse_args(arguments)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", asked.name):
        parser.error(f"NAME: must be lower-case letters, digits and _, got {asked.name!r}")
    if asked.title and not re.fullmatch(r"[\w .,:()/+-]+", asked.title):
        parser.error(f"--title: must be plain words, got {asked.title!r}")
    if asked.ending and not re.fullmatch(r"\.[\w.+-]+", asked.ending):
        parser.error(f"--ending: must begin with a dot, got {asked.ending!r}")
    if asked.magic and not re.fullmatch(r"[\w.+-]{4}", asked.magic, re.ASCII):
        parser.error(f"--magic: must be four ASCII letters or digits, got {asked.magic!r}")
    if (FORMATS / f"{asked.name}.py").exists() or (FORMATS / asked.name).exists():
        parser.error(f"NAME: volio/formats has {asked.name} already")
    return asked


def module_text(skeleton: Skeleton, words: dict[str, str]) -> str:
    """Return the skeleton with the names of the new format in it."""
    text = (FORMATS / skeleton.module).read_text(encoding="utf-8")
    dotted = skeleton.module.removesuffix(".py").replace("/", ".")
    text = text.replace(f"volio.formats.{dotted}", f"volio.formats.{words['name']}")
    text = re.sub(r'\A""".*?"""', '"""' + DOCSTRING.format(**words) + '"""', text, flags=re.DOTALL)
    changes = [
        (skeleton.magic, words["magic"]),
        (skeleton.ending, words["ending"]),
        (skeleton.word.capitalize(), words["stem"]),
        (skeleton.word, words["title"]),
    ]
    if skeleton is OTHER:
        changes.append(('kind = "surface"', f'kind = "{words["kind"]}"'))
    for old, new in changes:
        if old not in text:
            raise SystemExit(f"{skeleton.module} no longer says {old!r}: see {__file__}")
        text = text.replace(old, new)
    return text


def add_row(names_of_classes: Sequence[str], words: dict[str, str]) -> str:
    """Put a row at the end of the table, and its public names; return its place in the project."""
    path = FORMATS / "table.py"
    text = path.read_text(encoding="utf-8")
    rows = re.search(r"^FORMATS: .*?^\)$", text, re.MULTILINE | re.DOTALL)
    names = re.search(r"^if TYPE_CHECKING:[^\n]*\n(.*?)\n\n", text, re.MULTILINE | re.DOTALL)
    if rows is None or names is None:
        raise SystemExit(f"{path}: the table FORMATS is not where {__file__} looks for it")
    lines = names[1].splitlines()
    for name in names_of_classes:
        lines.append(f"    from volio.formats.{words['name']} import {name} as {name}")
    end = rows.end() - 1
    text = text[:end] + ROW.format(**words) + text[end:]
    text = text[: names.start(1)] + "\n".join(sorted(lines)) + text[names.end(1) :]
    path.write_text(text, encoding="utf-8")
    return f"{path.relative_to(ROOT)}: a row at the end of the table"


def new_file(path: Path, text: str) -> str:
    """Write a file, with its folder; return its place in the project."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".py":
        (path.parent / "__init__.py").touch()  # test folders are packages
    path.write_text(text, encoding="utf-8")
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
