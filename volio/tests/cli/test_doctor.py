from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.tests.cli.conftest import AFFINE


@pytest.fixture
def odd(folder):
    """A file whose qform disagrees with its sform on the same space."""
    img = volio.Nifti1Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5), AFFINE)
    img.set_sform(AFFINE, "scanner")
    moved = AFFINE.copy()
    moved[0, 3] += 10
    img.set_qform(moved, "scanner", update_affine=False)
    volio.save(img, "odd.nii")
    return "odd.nii"


def test_healthy(run):
    ran = run("doctor", "bold.nii")
    assert (ran.code, ran.err) == (0, [])
    assert ran.out[0] == "bold.nii: healthy"


def test_odd(run, odd):
    ran = run("doctor", odd, "bold.nii")
    assert ran.code == 1
    assert ran.out[0] == "odd.nii:"
    assert any("sform, qform: " in line and "10 mm" in line for line in ran.out)
    assert any(line.endswith("--fix repairs it") for line in ran.out)
    assert "bold.nii: healthy" in ran.out


def test_what_reading_warns_of_is_odd(run, folder):
    text = (
        "ObjectType = Image\nNDims = 3\nElementSpacing = 0 2 3\nDimSize = 2 3 4\n"
        "ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    )
    Path("a.mha").write_bytes(text.encode() + bytes(range(24)))
    ran = run("doctor", "a.mha")
    assert ran.code == 1
    assert ran.out[:2] == [
        "a.mha:",
        "  suspicious  voxel sizes: must not be 0, got [0.0, 2.0, 3.0]; set to [1.0, 2.0, 3.0]",
    ]
    assert run("doctor", "a.mha", "--fix", "b.mha").code == 0
    assert run("doctor", "b.mha").out == ["b.mha: healthy"]


def test_quiet_leaves_out_what_is_healthy(run, odd):
    assert "bold.nii" not in "".join(run("doctor", "-q", "bold.nii", odd).out)


def test_unreadable(run):
    Path("bad.nii").write_bytes(b"no image")
    Path("short.nii").write_bytes(Path("bold.nii").read_bytes()[:1000])
    assert run("doctor", "bad.nii").code == 2
    assert run("doctor", "short.nii").code == 2
    ran = run("doctor", "missing.nii", "bold.nii")
    assert (ran.code, len(ran.err)) == (2, 1)
    assert run("doctor").code == 2


def test_fix_writes_a_copy(run, odd):
    before = Path(odd).read_bytes()
    ran = run("doctor", odd, "--fix", "mended.nii")
    assert ran.code == 0
    assert ran.out[-1] == "  repaired copy: mended.nii; nothing is suspicious in it"
    assert Path(odd).read_bytes() == before
    mended = volio.load("mended.nii")
    assert np.allclose(mended.get_qform(), mended.get_sform(), atol=1e-4)
    assert np.array_equal(mended.dataobj, volio.load(odd).dataobj)
    assert run("doctor", "mended.nii").code == 0


def test_fix_in_place_only_with_force(run, odd):
    assert run("doctor", odd, "--fix", odd).code == 2
    assert run("doctor", odd, "--fix", "bold.nii").code == 2
    assert run("doctor", odd, "--fix", odd, "--force").code == 0
    assert run("doctor", odd).code == 0


@pytest.mark.parametrize(
    "words", [("odd.nii", "bold.nii", "--fix"), ("--fix", "odd.nii", "bold.nii")]
)
def test_fix_into_a_folder(run, odd, words):
    ran = run("doctor", *words, "--out-dir", "out")
    assert ran.code == 0
    assert [path.name for path in Path("out").iterdir()] == ["odd.nii"]
    assert "  no copy written: there is nothing that can be repaired" in ran.out


def test_fix_needs_a_name(run, odd):
    assert run("doctor", odd, "--fix").code == 2
    assert run("doctor", odd, "bold.nii", "--fix", "x.nii").code == 2
    assert not Path("x.nii").exists()


def test_nothing_to_fix(run):
    ran = run("doctor", "bold.nii", "--fix", "x.nii")
    assert ran.code == 0
    assert "no copy written" in ran.out[-1]
    assert not Path("x.nii").exists()


def test_json(run, odd):
    one, other = json.loads("".join(run("doctor", "--json", odd, "bold.nii").out))
    assert one["issues"][0]["where"] == "sform, qform"
    assert one["issues"][0]["fixable"] is True
    assert [f for f in other["issues"] if f["level"] != "info"] == []


def test_damage_is_told_once_and_names_the_file_once(run, folder):
    whole = (folder / "head.nii.gz").read_bytes()
    (folder / "cut.nii.gz").write_bytes(whole[:-30])
    ran = run("doctor", "cut.nii.gz")
    assert ran.code == 2
    assert sum("error" in line for line in ran.out) == 1, ran.out
    assert sum("cut.nii.gz" in line for line in ran.out) == 1


def test_what_a_surface_has_no_place_for_is_no_fault(run, folder):
    lines = ["ply", "format ascii 1.0", "element vertex 4"]
    lines += [f"property float {axis}" for axis in "xyz"]
    lines += ["element face 1", "property list uchar int vertex_indices", "end_header"]
    lines += ["0 0 0", "1 0 0", "1 1 0", "0 1 0", "4 0 1 2 3", ""]
    Path("square.ply").write_text("\n".join(lines))
    ran = run("doctor", "square.ply")
    assert ran.code == 0
    assert "  info        file: 1 polygon is split into 2 triangles" in ran.out
    assert "repairs" not in "".join(ran.out)
