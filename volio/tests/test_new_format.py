"""tools/new_format.py lays out a format that works and passes the checks of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from volio.tests.source_tree import PACKAGE

TOOL = PACKAGE.parent / "tools" / "new_format.py"
pytestmark = pytest.mark.requires("source tree")

# Prints what the table and the package say of the new format.
PUBLIC = """
import volio
rows = {row.name: row for row in volio.FORMATS}
for name, names in (
    ("my_scans", ["MyScansImage", "MyScansHeader"]),
    ("my_mesh", ["MyMeshSurface"]),
    ("my_lines", ["MyLinesTractogram"]),
    ("my_warp", ["MyWarpImage", "MyWarpHeader"]),
):
    assert set(names) <= set(volio.__all__)
    classes = [getattr(volio, name) for name in names]
    paths = [f"{each.__module__}.{each.__qualname__}" for each in classes]
    print(rows[name].kind, classes[0].kind, *paths)
"""


def laid_out(project: Path, *words: str) -> list[str]:
    """Lay out a format, and return the names of its files."""
    made = run(project, "tools/new_format.py", *words)
    assert made.returncode == 0, made.stderr
    assert "What to do next" in made.stdout
    lines = [line for line in made.stdout.splitlines() if "volio/" in line]
    return [line.split(":")[0].strip() for line in lines[:4]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project without its tests."""
    shutil.copytree(
        PACKAGE, tmp_path / "volio", ignore=shutil.ignore_patterns("tests", "__pycache__")
    )
    (tmp_path / "volio" / "tests").mkdir()
    (tmp_path / "volio" / "tests" / "__init__.py").touch()
    shutil.copytree(TOOL.parent, tmp_path / "tools")
    shutil.copy(PACKAGE.parent / "pyproject.toml", tmp_path)
    return tmp_path


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, which comes before the installed package."""
    environment = {**os.environ, "PYTHONPATH": str(project)}
    return subprocess.run(
        [sys.executable, *words],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_new_formats_are_complete(project: Path):
    """One made like each skeleton: of volumes, of surfaces, of tracts and of other kinds."""
    new = [
        *laid_out(project, "my_scans", "--ending", ".scan", "--title", "Scans"),
        *laid_out(project, "my_mesh", "--ending", ".mesh", "--kind", "surface"),
        *laid_out(project, "my_lines", "--ending", ".line", "--kind", "tracts"),
        *laid_out(project, "my_warp", "--ending", ".warp", "--kind", "transform"),
    ]
    assert [(project / path).is_file() for path in new] == [True] * 16
    tested = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "volio/tests")
    assert "4 passed" in tested.stdout, tested.stdout
    asked = run(project, "-c", PUBLIC)
    assert asked.stdout.splitlines() == [
        "volume volume volio.formats.my_scans.MyScansImage volio.formats.my_scans.MyScansHeader",
        "surface surface volio.formats.my_mesh.MyMeshSurface",
        "tracts tracts volio.formats.my_lines.MyLinesTractogram",
        "transform transform volio.formats.my_warp.MyWarpImage volio.formats.my_warp.MyWarpHeader",
    ], asked.stderr
    sources = [path for path in new if path.endswith(".py")]
    for words in (["check"], ["format", "--check"]):
        checked = run(project, "-m", "ruff", *words, *sources)
        assert checked.returncode == 0, checked.stdout


def test_the_row_shows_editors_the_names_it_makes_public(project: Path):
    table = project / "volio" / "formats" / "table.py"
    before = [line for line in table.read_text().splitlines() if " as " in line]
    assert run(project, "tools/new_format.py", "mine").returncode == 0
    after = [line for line in table.read_text().splitlines() if " as " in line]
    assert after == sorted(after)
    assert {line.split()[-1] for line in set(after) - set(before)} == {"MineHeader", "MineImage"}


@pytest.mark.parametrize(
    ("kind", "name", "others"),
    [
        ("volume", "MineImage", ["surface"]),
        ("surface", "MineSurface", []),
        ("tracts", "MineTractogram", ["surface"]),
        ("transform", "MineImage", ["surface"]),
    ],
)
def test_nothing_of_the_skeleton_is_left(project: Path, kind: str, name: str, others: list[str]):
    assert run(project, "tools/new_format.py", "mine", "--kind", kind).returncode == 0
    text = (project / "volio" / "formats" / "mine.py").read_text()
    assert name in text
    left = (
        "keleton",
        "caffold",
        "attice",
        "vsk",
        "VSK",
        "psk",
        "PSK",
        "lsk",
        "LSK",
        "trand",
        "tsk",
        "TSK",
        *others,
    )
    assert not [word for word in left if word in text]


def test_what_cannot_be_is_refused(project: Path):
    before = (project / "volio" / "formats" / "table.py").read_text()
    for words in (
        ["nifti1"],
        ["mgh"],
        ["Mine"],
        ["mine", "--ending", "mine"],
        ["mine", "--magic", "long one"],
        ["mine", "--kind", "x"],
    ):
        refused = run(project, "tools/new_format.py", *words)
        assert refused.returncode == 2, words
        assert (project / "volio" / "formats" / "table.py").read_text() == before
