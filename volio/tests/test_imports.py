"""What `import volio` and a first load bring into memory: little."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

# Runs a statement, then prints the modules that it loaded.
PROBE = """
import json, sys
before = set(sys.modules)
{statement}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
# The compressed path may need isal or the zstd of another Python.
READING = {"volio", "numpy", "isal", "backports"}


def loaded_by(statement: str) -> set[str]:
    """Modules a fresh interpreter loads for a statement."""
    result = subprocess.run(
        [sys.executable, "-c", PROBE.format(statement=statement)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


def packages(names: set[str]) -> set[str]:
    """Top-level names that are not of the standard library."""
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)


def parts(names: set[str]) -> set[str]:
    """Which folders and single modules of volio are among the names."""
    return {name.split(".")[1] for name in names if name.startswith("volio.")}


@pytest.fixture(params=[".nii", ".nii.gz", ".mgz"])
def scan(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A small file that another program wrote."""
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    kind = nibabel.MGHImage if request.param == ".mgz" else nibabel.Nifti1Image
    path = tmp_path / f"scan{request.param}"
    nibabel.save(kind(voxels, np.eye(4)), path)
    return path


def test_import_volio_loads_almost_nothing():
    names = loaded_by("import volio")
    assert packages(names) == {"volio"}
    assert parts(names) <= {"errors", "extras", "flags", "forks", "compat"}
    slow = {"importlib.abc", "tempfile", "shutil", "urllib.parse", "json", "logging", "pathlib"}
    assert names & slow == set()


def test_the_table_of_formats_needs_no_numpy():
    names = loaded_by("import volio; volio.__all__, dir(volio), volio.FORMATS")
    assert "numpy" not in packages(names)
    assert not [name for name in names if name.startswith("volio.formats.nifti")]
    assert parts(names) & {"ops", "display", "io", "arrays"} == set()


def test_star_import_gives_the_public_names_without_plotting():
    names = loaded_by("from volio import *")
    assert packages(names) & {"matplotlib", "dask", "pydicom", "nibabel"} == set()


def test_first_load_brings_what_reading_needs(scan: Path):
    names = loaded_by(f"import volio; volio.load({str(scan)!r}).get_fdata()")
    assert packages(names) <= READING
    assert parts(names) <= {
        *("errors", "extras", "codes", "files", "space", "arrays", "images", "formats", "io"),
        *("cached", "caller", "flags", "forks", "settings", "threads", "progress", "compat"),
        *("json_text", "numerals"),
    }


def test_first_load_brings_one_family_of_formats(scan: Path):
    names = loaded_by(f"import volio; volio.load({str(scan)!r})")
    formats = {name.split(".")[2] for name in names if name.startswith("volio.formats.")}
    other = {"mgh"} if ".nii" in scan.name else {"nifti1", "nifti2", "analyze", "spm"}
    assert formats & other == set()


def test_listing_needs_no_plotting(scan: Path):
    names = loaded_by(f"from volio.cli import main; main(['ls', {str(scan)!r}])")
    assert packages(names) <= READING


def test_loading_brings_nothing_of_saving(scan: Path):
    """But two modules that other ones share: how chunks are laid out, and earlier slopes."""
    names = loaded_by(f"import volio; volio.load({str(scan)!r})")
    saving = {name for name in names if name.startswith("volio.") and ".saving." in name}
    assert saving <= {
        "volio.files.saving.chunk_layout",
        "volio.images.saving.scaling_history",
    }
    of_python = loaded_by("import numpy, pathlib")  # pathlib brings glob from Python 3.13 on
    assert (names - of_python) & {"tempfile", "shutil", "glob"} == set()
