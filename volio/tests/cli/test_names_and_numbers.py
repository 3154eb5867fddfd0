"""Names that are not UTF-8, and numbers of 32 bits, in what commands and descriptions show."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import volio

#: Not UTF-8, in three ways; the endings follow.
STEM = b"s\xff \xc0\xafc\xed\xb3\xa9"
#: A number that 32 bits have as 0.8999999761581421.
SIZE = 0.9
#: Twelve digits or more after the first one that counts.
LONG = re.compile(r"[0-9]*\.0*[1-9][0-9]{11,}|[1-9][0-9]*\.[0-9]{11,}")

COMMANDS = {
    "ls": ["ls", "{}"],
    "ls long": ["ls", "--verbose", "{}"],
    "ls json": ["ls", "--json", "{}"],
    "stats": ["stats", "{}"],
    "stats json": ["stats", "--json", "{}"],
    "doctor": ["doctor", "{}"],
    "doctor json": ["doctor", "--json", "{}"],
    "verify": ["verify", "{}"],
    "verify json": ["verify", "--json", "{}"],
    "diff": ["diff", "{}", "{}"],
    "diff json": ["diff", "--json", "{}", "{}"],
    "convert": ["convert", "{}", "copy-{}"],
    "png": ["view", "{}", "--png", "{}.png"],
    "html": ["view", "{}", "--html", "{}.html"],
}
SILENT = ("png", "html", "convert")
KINDS = (b".nii", b".gii", b".trk", b".mgz", b".ome.zarr", b".trx")


def written(folder: Path, stem: bytes) -> list[bytes]:
    """Write a file of each kind; return their names."""
    img = volio.Nifti1Image(np.arange(120, dtype=np.float32).reshape(4, 5, 6) / 10, affine())
    img.header.set_zooms((SIZE, 1.1, SIZE))
    img.header["pixdim"][4] = SIZE
    surf = volio.Surface(SIZE * np.eye(3, dtype=np.float32), [[0, 1, 2]])
    surf.data["depth"] = np.array([0.1, 0.2, 0.3], np.float32)
    lines = volio.Tractogram(SIZE * np.eye(3, dtype=np.float32), [3])
    images = {b".gii": surf, b".trk": lines, b".trx": lines}
    for kind in KINDS:
        where = os.fsdecode(os.path.join(os.fsencode(folder), stem + kind))  # noqa: PTH118  bytes
        volio.save(images.get(kind, img), where)
    return [stem + kind for kind in KINDS]


def narrow_numbers(text: str) -> list[str]:
    """Return the numbers of 32 bits that a text shows with the digits of 64."""
    return [number for number in LONG.findall(text) if float(np.float32(number)) == float(number)]


def affine() -> np.ndarray:
    """Voxels of 0.9, 1.1 and 0.9 mm, not along the axes of the scanner."""
    turn = np.array([[0.8, -0.6, 0, 0], [0.6, 0.8, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    return turn @ np.diag([SIZE, 1.1, SIZE, 1])


#: Runs command lines one after the other; a line of JSON with the exit code follows each of them.
IN_TURN = """
import json, os, sys
from volio.cli import main
for line in sys.argv[1:]:
    code = main(os.fsdecode(bytes.fromhex(line)).split("\\0"))
    sys.stderr.flush()
    print()
    print(json.dumps({"code": code}), flush=True)
"""


def ran(lines: list[list[bytes]], folder: Path, **variables: str) -> list[tuple[int, bytes]]:
    """Run command lines in a folder, in one process; return the code and the output of each."""
    environment = os.environ | {"VOLIO_DEBUG": ""} | variables
    words = [b"\0".join(line).hex() for line in lines]
    whole = [sys.executable, "-c", IN_TURN, *words]
    ended = subprocess.run(whole, cwd=folder, env=environment, capture_output=True)
    told = ended.stdout + ended.stderr
    assert b"internal error" not in told, told
    parts = re.split(rb'\n\{"code": (\d)\}\n', ended.stdout)
    codes = [int(code) for code in parts[1::2]]
    assert len(codes) == len(lines), told
    assert told.isascii()
    return list(zip(codes, parts[0::2], strict=False))


@pytest.mark.requires("POSIX", "undecodable names")
@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")
def test_names_that_are_not_utf_8_in_the_locale_c(tmp_path: Path):
    """Each command, with kinds of images in turn."""
    names = written(tmp_path, STEM)
    locale = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    runs = [
        (what, name)
        for number, what in enumerate(COMMANDS)
        for name in (names[:3] if what == "html" else [names[number % len(names)]])
    ]
    lines = [[word.encode().replace(b"{}", name) for word in COMMANDS[what]] for what, name in runs]
    for (what, name), (code, told) in zip(runs, ran(lines, tmp_path, **locale), strict=True):
        assert code in (0, 1), f"{what} {name!r}: {told!r}"
        if "json" in what:
            (row,) = rows_of(told)
            assert os.fsencode(row["a"] if "diff" in what else row["file"]) == name
    made = [each for each in tmp_path.iterdir() if each.suffix == ".html"]
    assert len(made) >= 3
    for each in made:
        page = each.read_text(encoding="utf-8")
        assert "\\udcff" in page or "s? " in page


def rows_of(text: bytes) -> list[dict]:
    """Return the rows of a JSON output."""
    found = json.loads(text)
    return found if isinstance(found, list) else [found]


@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")
@pytest.mark.parametrize(
    "what", [what for what in COMMANDS if what not in ("png", "html", "convert")]
)
def test_numbers_of_32_bits_are_printed_as_they_were_typed(what: str, tmp_path: Path, capsys):
    from volio.cli import main

    for name in written(tmp_path, b"scan"):
        words = [word.replace("{}", str(tmp_path / name.decode())) for word in COMMANDS[what]]
        main(words)
        told = capsys.readouterr().out.replace(str(tmp_path), "")
        assert narrow_numbers(told) == [], f"{name!r}: {told}"


@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")
def test_numbers_of_32_bits_in_descriptions(tmp_path: Path):
    for name in written(tmp_path, b"scan"):
        img = volio.load(tmp_path / name.decode())
        texts = [str(img), repr(img), str(img.header)]
        if hasattr(img, "_repr_html_"):
            texts.append(re.sub(r"base64,[^'\"]*", "", img._repr_html_()))
        for text in texts:
            assert narrow_numbers(text) == [], f"{name!r}: {text}"


@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")
def test_names_in_notebooks_are_utf_8(tmp_path: Path):
    name = os.fsdecode(b"m\xff.gii")
    volio.save(volio.Surface(np.eye(3), [[0, 1, 2]]), tmp_path / name)
    page = volio.load(tmp_path / name)._repr_html_()
    assert "m\\udcff.gii" in page
    page.encode("utf-8")
