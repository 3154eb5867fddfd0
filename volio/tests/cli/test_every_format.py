"""Every command on images of every format and of every content: volio's errors and nothing else.

The command lines are those of the guide, and variations of them. They run on a small image of
each format, then on images of each content in one format, and a few of them on each content in
each format and on what else files of other programs hold: a sum, not a product. What arrives in
each format from each of those files is seen by ``test_conversion.py``.
"""

from __future__ import annotations

import json
import re
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.cli import COMMANDS, main
from volio.formats.table import FORMATS
from volio.testing.samples import samples_of
from volio.tests.cli.test_guide_page import examples

AFFINE = np.array([[-1.6, -1.2, 0, 9], [-1.2, 1.6, 0, -12], [0, 0, 3, -7], [0, 0, 0, 1.0]])
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
SHAPE = (4, 5, 3)
#: Ending of a file by format, where it is not the first one of the table.
ENDINGS = {"afni": "+orig.HEAD", "spm2": ".img", "spm99": ".img", "analyze": ".img", "mgh": ".mgz"}
WRITTEN = [row.name for row in FORMATS if row.write]
VOLUMES = [row.name for row in FORMATS if row.write and row.kind == "volume"]
SURFACES = [row for row in FORMATS if row.write and row.kind == "surface"]
TRACTS = [row for row in FORMATS if row.write and row.kind == "tracts"]
#: Commands that write, and are told that they may replace what the line before has written.
WRITING = ("convert", "roi", "conform", "view")
NAMES_OF_GUIDE = ("head.nii.gz", "bold.nii.gz")


def ramp(shape, dtype="i2"):
    return (np.arange(np.prod(shape)) % 100).reshape(shape).astype(dtype)


def colours():
    voxels = np.zeros(SHAPE, RGB)
    voxels["R"] = ramp(SHAPE)
    voxels["B"] = 7
    return voxels


def with_infinity():
    voxels = ramp(SHAPE, "f4")
    voxels[0, 0, 0] = np.inf
    voxels[1, 1, 1] = np.nan
    return voxels


CONTENTS = {
    "volume": ramp(SHAPE),
    "row": ramp((6,)),
    "plane": ramp((6, 5)),
    "series": ramp((4, 5, 3, 2)),
    "five axes": ramp((4, 5, 3, 2, 2)),
    "one slice": ramp((4, 5, 1)),
    "one line": ramp((1, 5, 1)),
    "one voxel": ramp((1, 1, 1)),
    "one volume": ramp((4, 5, 3, 1)),
    "no voxels": np.zeros((4, 0, 3), "i2"),
    "complex": ramp(SHAPE, "c8") * (1 + 1j),
    "NaN": np.full(SHAPE, np.nan, "f4"),
    "infinite": with_infinity(),
    "constant": np.full(SHAPE, 7, "i2"),
    "constant float": np.full(SHAPE, 7.5),
    "mask": (ramp(SHAPE) > 30).astype("u1"),
    "zeros": np.zeros(SHAPE, "u1"),
    "float": ramp(SHAPE, "f4") / 3,
    "uint64": ramp(SHAPE, "u8") + np.uint64(2**63),
    "huge": ramp(SHAPE, "f8") * 1e300,
    "RGB": colours(),
    "no affine": ramp(SHAPE),
}
#: Contents that formats store, read or describe in ways of their own.
OF_EVERY_FORMAT = (
    *("row", "plane", "series", "five axes", "one slice", "one voxel", "no voxels"),
    *("complex", "NaN", "huge", "RGB", "no affine"),
)


def saved(content: str, format: str) -> str | None:
    """Save an image; None if the format refuses to hold it."""
    name = file_of(format, f"{format}_{content.replace(' ', '_')}")
    affine = None if content == "no affine" else AFFINE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            volio.save(volio.Nifti1Image(CONTENTS[content], affine), name, format=format)
    except volio.VolioError:
        return None
    return name


def lines_of_guide(name: str) -> Iterator[list[str]]:
    """Yield the command lines of the guide for a file in place of those they are about."""
    for (program, *words), _ in examples():
        command = [program.partition("-")[2]] if "-" in program else [words.pop(0)]
        if (
            command[0] not in COMMANDS
            or command[0] in ("cache", "formats")
            or "*" in "".join(words)
        ):
            continue
        line = [*command, *(name if word in NAMES_OF_GUIDE else word for word in words)]
        if command[0] == "view":
            line += ["--size", "12"]
        if "--gif" in line:
            line += ["--frames", "2"]
        yield [*line, "--force"] if command[0] in WRITING else line


def inspections(name: str) -> Iterator[list[str]]:
    """Yield lines that read a file: every option of ls, stats, diff, verify, doctor and index."""
    for options in ("-v", "-H all", "-H dim,descrip", "-c", "-s -c --nonzero", "--all-counts"):
        yield ["ls", *options.split(), name]
    yield ["ls", "--json", "-H", "all", "-s", "-c", name]
    for options in ("--json", "--volume", "--volume --units voxels", "--nonzero", f"--mask {name}"):
        yield ["stats", *options.split(), name]
    yield ["diff", name, name]
    yield ["diff", "--json", "--rtol", "1e-3", name, "reference.nii"]
    yield ["diff", "--image", "reference.nii", name]
    yield ["verify", "--json", name]
    yield ["doctor", "--json", name]
    yield ["index", name]


def changes(name: str, ending: str) -> Iterator[list[str]]:
    """Yield lines that write images made from a file, most of them in its own format."""
    own = f"new{ending}"
    for options in ("-i ::-1", "-j 1:", "-t 0", "--nonzero --margin 1", f"--pad-to {name}"):
        yield ["roi", name, own, "--force", *options.split()]
    for box in ("-40 -40 -40 40 40 60", "0 0 0 1 1 1"):
        yield ["roi", name, "box.nii", "--force", "--box", *box.split()]
    yield ["conform", name, own, "--force", *["--out-shape", "3,3,3", "--order", "1"]]
    yield ["doctor", name, "--fix", own, "--force"]
    for dtype in ("float32", "uint8", "complex64", "smallest", "exact"):
        yield ["convert", "--force", name, own, "--dtype", dtype]
    for codes in ("LPS", "SRA"):
        yield ["convert", "--force", name, own, "--orient", codes]


def file_of(format: str, stem: str) -> str:
    """Name of a file of a format."""
    row = next(row for row in FORMATS if row.name == format)
    return f"{stem}{ENDINGS.get(format, row.endings[0])}"


def conversions(name: str, formats: list[str]) -> Iterator[list[str]]:
    """Yield lines that convert a file to formats."""
    for format in formats:
        yield ["convert", "--force", name, file_of(format, "other"), "--format", format]


def essentials(name: str, ending: str) -> Iterator[list[str]]:
    """Yield a few of the lines that read a file, and one that writes it again."""
    yield ["ls", "--json", "-H", "all", "-s", name]
    yield ["verify", name]
    yield ["doctor", name]
    yield ["convert", "--force", name, f"new{ending}", "--dtype", "smallest"]


def pictures(name: str) -> Iterator[list[str]]:
    """Yield lines that draw a file in several modes."""
    small = ["--force", "--size", "12"]
    for mode in ("mosaic", "mip", "iso"):
        yield ["view", name, "--mode", mode, "--png", "a.png", *small]
    yield ["view", name, "--colorbar", "--white", "--planes", "z", "--png", "a.png", *small]
    yield ["view", "reference.nii", name, "--contours", "--png", "a.png", *small]
    yield ["view", "reference.nii", name, "--html", "a.html", "--force"]


def check(line: list[str], capsys: pytest.CaptureFixture[str], codes=(0, 1, 2)) -> int:
    """Run a command line; return its exit code, which is one of those given."""
    shown = " ".join(line)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        code = main(line)
    out, err = capsys.readouterr()
    assert not caught, f"{shown}: {caught[0]}"
    assert "internal error" not in err, f"{shown}: {err}"
    assert "Traceback" not in err, f"{shown}: {err}"
    assert code in codes, f"{shown}: code {code}: {err}"
    assert all(text.startswith(f"volio {line[0]}: ") for text in err.splitlines()), (
        f"{shown}: {err}"
    )
    problems = re.sub(r"(?m)^volio \w+: warning: .*\n", "", err)
    assert (code == 2) == bool(problems), f"{shown}: code {code}: {err}"
    if code == 1:
        assert line[0] in ("diff", "doctor", "verify"), shown
        assert out, shown
    if "--json" in line:
        check_json(json.loads(out, parse_constant=pytest.fail), code, shown)
    return code


def check_json(rows: list[dict[str, object]], code: int, shown: str) -> None:
    """Check that there is a row, with an error where the command failed."""
    assert len(rows) == 1, shown
    failed = "error" in rows[0]
    if "doctor" not in shown:  # whose issues say what cannot be loaded
        assert failed == (code == 2), shown


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VOLIO_DEBUG", raising=False)
    volio.save(volio.Nifti1Image(ramp(SHAPE), AFFINE), "reference.nii")


SHEET = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0], [2, 3, np.nan]])
OF_SURFACES = {
    "mesh": volio.Surface(SHEET, [[0, 1, 2], [1, 3, 2]], space="mni"),
    "mesh and values": volio.Surface(SHEET, [[0, 1, 2]], {"a": [1, 2, 3, 4]}, space="scanner"),
    "values": volio.Surface(data={"a": [1, 2, 3, 4]}),
    "NaN": volio.Surface(data={"a": [np.nan] * 3}),
}


#: Formats that have no files of values only.
OF_MESHES = ("brainvisa", "mniobj", "off", "ply", "stl", "tri", "vtk", "vtp", "wavefront")
SURFACE_CASES = [
    (row, content)
    for row in SURFACES
    for content in (list(OF_SURFACES)[:2] if row.name in OF_MESHES else OF_SURFACES)
]


@pytest.mark.parametrize(
    ("row", "content"), SURFACE_CASES, ids=lambda part: getattr(part, "name", part)
)
def test_every_command_on_surfaces(row, content, capsys):
    ending = "" if row.name == "freesurfer" else row.endings[0]
    name = f"lh.scan{ending}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", volio.errors.LossWarning)
        volio.save(OF_SURFACES[content], name, format=row.name)
    for options in ("", "-v", "-s", "-H all", "--json -s"):
        check(["ls", *options.split(), name], capsys, (0,))
    for options in ("", "--json"):
        check(["stats", *options.split(), name], capsys, (0,))
        check(["diff", *options.split(), name, name], capsys, (0,))
        check(["verify", *options.split(), name], capsys, (0,))
        check(["doctor", *options.split(), name], capsys, (0, 1))
    check(["convert", name, f"lh.new{ending}"], capsys, (0,))
    for line in (["view", name], ["roi", name, "b.nii", "-i", "1"], ["conform", name, "b.nii"]):
        assert check(line, capsys) == 2


SHORT = np.arange(12, dtype=np.float32).reshape(4, 3)
GRID = ((20, 20, 20), np.eye(4))
OF_TRACTS = {
    "lines": volio.Tractogram(SHORT, [3, 1], reference=GRID),
    "values": volio.Tractogram(
        SHORT, [3, 1], {"a": [1, 2, 3, np.nan]}, {"b": [1, 2]}, reference=GRID
    ),
    "nothing": volio.Tractogram(reference=GRID),
}


@pytest.mark.parametrize("content", OF_TRACTS)
@pytest.mark.parametrize("row", TRACTS, ids=lambda row: row.name)
def test_every_command_on_tracts(row, content, capsys):
    name = f"scan{row.endings[0]}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", volio.errors.VolioWarning)
        needed = row.image_class(row.layouts[0]).needs_reference
        options = {"reference": GRID} if needed else {}
        volio.save(OF_TRACTS[content], name, format=row.name, **options)
    for options in ("", "-v", "-s", "-H all", "--json -s"):
        check(["ls", *options.split(), name], capsys, (0,))
    for options in ("", "--json"):
        check(["stats", *options.split(), name], capsys, (0,))
        check(["diff", *options.split(), name, name], capsys, (0,))
        check(["verify", *options.split(), name], capsys, (0,))
        check(["doctor", *options.split(), name], capsys, (0, 1))
    check(["convert", name, f"new{row.endings[0]}", "--subsample", "1"], capsys, (0,))
    for line in (["roi", name, "b.nii", "-i", "1"], ["conform", name, "b.nii"]):
        assert check(line, capsys) == 2


@pytest.mark.parametrize("format", VOLUMES)
def test_every_command_on_a_volume_of_every_format(format, capsys):
    name = saved("volume", format)
    ending = name.removeprefix(f"{format}_volume")
    for line in [*inspections(name), *changes(name, ending)]:
        refused = "-t" in line or "complex64" in line or line[-6:] == ["0", "0", "0", "1", "1", "1"]
        differ = line[0] in ("diff", "doctor")
        codes = (0, 2) if refused else (0, 1) if differ else (0,)
        check(line, capsys, codes)
    for line in lines_of_guide(name):
        if line[0] != "view":
            check(line, capsys)


@pytest.mark.parametrize("content", CONTENTS)
def test_every_command_on_every_content(content, capsys):
    name = saved(content, "nifti1")
    # `test_every_content_in_every_format` converts the others to formats of volumes.
    formats = [each for each in WRITTEN if each not in VOLUMES or content not in OF_EVERY_FORMAT]
    for line in [*inspections(name), *changes(name, ".nii"), *pictures(name)]:
        check(line, capsys)
    for line in conversions(name, formats):
        check(line, capsys)


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz", ".zst"])
@pytest.mark.parametrize("how", ["fast", "balanced", "small", "1", "9"])
def test_every_compression(ending, how, capsys):
    name = saved("series", "nifti1")
    assert check(["convert", name, f"other.nii{ending}", "-c", how], capsys) == 0
    assert check(["diff", name, f"other.nii{ending}"], capsys) == 0


def test_the_command_lines_of_the_guide_draw_a_series(capsys):
    lines = [line for line in lines_of_guide(saved("series", "nifti1")) if line[0] == "view"]
    assert len(lines) > 5
    for line in lines:
        check(line, capsys)


@pytest.mark.parametrize("format", VOLUMES)
def test_every_content_in_every_format(format, capsys):
    held = 0
    for content in OF_EVERY_FORMAT:
        source = saved(content, "nifti1")
        name = file_of(format, f"{format} {content}")
        if check(["convert", source, name, "--format", format], capsys, codes=(0, 2)):
            continue
        held += 1
        for line in essentials(name, name.removeprefix(f"{format} {content}")):
            codes = {"verify": (0,), "doctor": (0, 1)}.get(line[0], (0, 2))
            check(line, capsys, codes)
    assert held >= 7


READ_ONLY = [row.name for row in FORMATS if not row.write]
#: Files of other programs: of each format that is only read, and of those that hold much else.
SAMPLES = {
    f"{name}-{sample.path.name}": sample
    for name in (*READ_ONLY, "hdf5", "zarr", "tiff")
    for sample in samples_of(name)
}
#: One of each format that is only read: on the others a few command lines run.
FIRST = {f"{name}-{samples_of(name)[0].path.name}" for name in READ_ONLY if samples_of(name)}


def test_every_format_of_volumes_is_here():
    here = {*WRITTEN, *(name.partition("-")[0] for name in SAMPLES)}
    volumes = {row.name for row in FORMATS if row.kind == "volume"}
    assert volumes - here == {"catmaid"}  # which a server has


@pytest.mark.parametrize("given", SAMPLES)
def test_every_command_on_a_file_of_another_program(given, capsys):
    sample = SAMPLES[given]
    # Some commands write next to a file.
    copied = Path(shutil.copytree(sample.path.parent, "samples")) / sample.path.name
    name = str(copied)
    if given in FIRST:
        lines = [*inspections(name), *changes(name, ".nii"), *pictures(name)]
    else:
        lines = [*essentials(name, ".nii"), *pictures(name)]
    # To a format of each kind.
    for line in [*lines, *conversions(name, [VOLUMES[0], SURFACES[0].name, TRACTS[0].name])]:
        check(line, capsys)
    assert copied.read_bytes() == sample.path.read_bytes()
