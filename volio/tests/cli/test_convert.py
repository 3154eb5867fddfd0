from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
import weakref
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.cli import jobs
from volio.cli.console.signals import Terminated, disregard, end_in_order, ending_in_order
from volio.files.saving import atomic
from volio.formats.cifti2 import ScalarAxis
from volio.tests.formats.cifti2.greyordinates import small_axis


def values(path):
    return np.asarray(volio.load(path).dataobj)


@pytest.mark.parametrize(
    "name", ["copy.nii", "copy.mgz", "copy.img", "copy.nii.bz2", "copy.nii.xz"]
)
def test_formats_and_compression_by_name(run, name):
    ran = run("convert", "head.nii.gz", name)
    assert (ran.code, ran.out, ran.err) == (0, [], [])
    assert np.array_equal(values(name), values("head.nii.gz"))
    assert np.allclose(volio.load(name).affine, volio.load("head.nii.gz").affine)


def test_format_by_option(run):
    assert run("convert", "head.nii.gz", "two.nii", "--format", "nifti2").code == 0
    assert volio.identify("two.nii").name == "nifti2"
    assert run("convert", "head.nii.gz", "spm.img", "--format", "spm2").code == 0
    assert volio.identify("spm.img").name == "spm2"
    ran = run("convert", "head.nii.gz", "x.nii", "--format", "tiff")
    assert (ran.code, len(ran.err)) == (2, 1)


@pytest.mark.parametrize(
    ("dtype", "stored"),
    [("float64", "float64"), ("int32", "int32"), ("exact", "uint8"), ("smallest", "uint8")],
)
def test_dtype(run, dtype, stored):
    assert run("convert", "head.nii.gz", "out.nii", "--dtype", dtype).code == 0
    assert volio.load("out.nii").get_data_dtype() == stored
    assert np.array_equal(values("out.nii"), values("head.nii.gz"))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_whether_the_disk_is_waited_for(run, monkeypatch, tmp_path, workers):
    waited = tmp_path / "waited"

    def fsync(descriptor: int) -> None:
        waited.touch()  # in whatever process

    monkeypatch.setattr(atomic, "fsync", fsync)
    words = ("convert", "head.nii.gz", "bold.nii", "-o", "out", "-j", workers)
    assert run(*words, "--no-sync").code == 0
    assert not waited.exists()
    assert run(*words, "--force").code == 0
    assert waited.exists()


def test_rounding_is_told(run):
    ran = run("convert", "bold.nii", "out.nii", "--dtype", "uint8")
    assert ran.code == 0
    assert len(ran.err) == 1
    assert ran.err[0].startswith("volio convert: warning: bold.nii: ")
    assert "largest error" in ran.err[0]


def test_what_is_lost_is_told_in_one_line(run):
    img = volio.load("bold.nii")
    img.header.set_intent("t test", (12,))
    img.header["descrip"] = b"by hand"
    volio.save(img, "t.nii")
    ran = run("convert", "t.nii", "t.mgz")
    assert (ran.code, len(ran.err)) == (0, 1)
    assert ran.err[0].startswith("volio convert: warning: t.nii: MGHImage cannot hold all")
    assert ran.err[0].endswith("lost: intent (t test (12)); description (by hand)")
    assert run("convert", "t.nii", "t2.nii", "--format", "nifti2").err == []


def test_orientation(run):
    head = volio.load("head.nii.gz")
    assert run("convert", "head.nii.gz", "psr.nii", "--orient", "psr").code == 0
    turned = volio.load("psr.nii")
    assert volio.aff2axcodes(turned.affine) == ("P", "S", "R")
    assert np.array_equal(
        turned.dataobj, np.asarray(head.dataobj).transpose(1, 2, 0)[::-1, :, ::-1]
    )
    assert run("convert", "head.nii.gz", "ras.nii", "--canonical").code == 0
    assert volio.aff2axcodes(volio.load("ras.nii").affine) == ("R", "A", "S")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("head.nii.gz", "o.nii", "--dtype", "int7"), "must be a name numpy knows"),
        (("head.nii.gz", "o.nii", "--orient", "RAX"), "must be one each of R or L"),
        (("head.nii.gz", "o.nii", "--orient", "RAA"), "must be one each of R or L"),
        (("head.nii.gz",), "takes IN and OUT, got 1"),
        (("head.nii.gz", "bold.nii", "o.nii"), "takes IN and OUT, got 3"),
        (("head.nii.gz", "o.nii", "--ext", "nii"), "go with --out-dir"),
        (("head.nii.gz", "o.nii", "--compression", "tiny"), "must be 'fast', 'balanced'"),
        (("head.nii.gz", "o.nii.gz", "--compression", "77"), "a level from 0 to 9, got 77"),
        (("head.nii.gz", "o.xyz"), "no format writes the ending"),
        (("head.nii.gz", "nowhere/o.nii"), "nowhere"),
        (("missing.nii", "o.nii"), "missing.nii"),
        (("nothing", "--out-dir", "o"), "nothing"),
        (("*.xyz", "--out-dir", "o"), "*.xyz"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(run, words, told):
    before = sorted(Path().iterdir())
    ran = run("convert", *words)
    assert ran.code == 2
    assert told in ran.err[-1]
    assert all(line.startswith("volio convert: ") for line in ran.err)
    assert [path for path in sorted(Path().iterdir()) if path.is_file()] == before


def test_parts_of_greyordinates(run):
    axes = ScalarAxis(["one", "two"]), small_axis()
    img = volio.Cifti2Image(np.arange(18, dtype=np.float32).reshape(2, 9), axes)
    volio.save(img, "maps.dscalar.nii")
    assert run("convert", "maps.dscalar.nii", "L.func.gii", "--part", "left").err == []
    left = volio.load("L.func.gii")
    assert left.structure == "cortex_left"
    np.testing.assert_array_equal(left.data["two"], img.left.dataobj[1])
    for name, target in (("volume", "deep.nii.gz"), ("BrainStem", "stem.nii")):
        assert run("convert", "maps.dscalar.nii", target, "--part", name).code == 0
        assert np.array_equal(values(target), img.volume.dataobj)
    for words, message in (
        (["maps.dscalar.nii", "x.nii", "--part", "two"], "--part: two is a row or a column"),
        (["maps.dscalar.nii", "x.nii", "--part", "toe"], "'toe': nothing has this name"),
        (["head.nii.gz", "x.nii", "--part", "left"], "is a volume, and --part takes greyordinates"),
        (["maps.dscalar.nii", "x.mgz"], "volio convert --part volume"),
    ):
        ran = run("convert", *words)
        assert ran.code == 2
        assert message in ran.err[0]


def test_nothing_is_overwritten_without_force(run):
    content = Path("bold.nii").read_bytes()
    ran = run("convert", "head.nii.gz", "bold.nii")
    assert (ran.code, ran.err) == (
        2,
        ["volio convert: bold.nii: exists already; --force replaces it"],
    )
    assert Path("bold.nii").read_bytes() == content
    assert run("convert", "head.nii.gz", "bold.nii", "--force").code == 0
    assert np.array_equal(values("bold.nii"), values("head.nii.gz"))


def test_the_other_file_of_a_pair_counts(run):
    Path("pair.hdr").write_bytes(b"precious")
    ran = run("convert", "head.nii.gz", "pair.img")
    assert ran.code == 2
    assert "pair.hdr: exists already" in ran.err[0]


def test_over_itself_only_with_force(run):
    before = values("head.nii.gz")
    for name in ("head.nii.gz", "./head.nii.gz"):
        ran = run("convert", "head.nii.gz", name)
        assert ran.code == 2
        assert "is the file to read; --force replaces it" in ran.err[0]
    assert run("convert", "head.nii.gz", "head.nii.gz", "--force", "--canonical").code == 0
    assert np.array_equal(values("head.nii.gz"), before[::-1])


@pytest.mark.parametrize("workers", ["1", "2", "0"])
def test_many_files_into_a_folder(run, workers):
    Path("bad.nii").write_bytes(b"no image")
    ran = run("convert", "*.nii*", "--out-dir", "out", "-e", ".nii.gz", "-j", workers, "-v")
    assert ran.code == 2
    assert len(ran.err) == 1
    assert ran.err[0].startswith("volio convert: bad.nii: ")
    assert sorted(ran.out) == [
        "bold.nii -> out/bold.nii.gz",
        "head.nii.gz -> out/head.nii.gz",
        "labels.nii.gz -> out/labels.nii.gz",
    ]
    names = ["bold.nii.gz", "head.nii.gz", "labels.nii.gz"]
    assert sorted(path.name for path in Path("out").iterdir()) == names
    assert np.array_equal(values("out/bold.nii.gz"), values("bold.nii"))


def test_workers_tell_of_rounding(run):
    ran = run("convert", "bold.nii", "head.nii.gz", "-o", "out", "--dtype", "uint8", "-j", "2")
    assert ran.code == 0
    assert [line.split(": ")[:3] for line in ran.err] == [["volio convert", "warning", "bold.nii"]]


def test_folders_keep_their_folders(run, folder):
    (folder / "in" / "a").mkdir(parents=True)
    (folder / "in" / "b").mkdir()
    for name in ("in/a/x.nii", "in/b/x.img"):
        assert run("convert", "head.nii.gz", name).code == 0
    assert run("convert", "-r", "in", "--out-dir", "out", "--ext", "mgz").code == 0
    found = [str(path) for path in sorted(Path("out").rglob("*.*"))]
    assert found == ["out/a/x.mgz", "out/b/x.mgz"]
    again = run("convert", "-r", "in", "--out-dir", "out", "--ext", "mgz")
    assert again.code == 2
    assert "exists already" in again.err[0]


def test_endings_stay_unless_others_are_asked_for(run):
    assert run("convert", "head.nii.gz", "bold.nii", "-o", "out").code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["bold.nii", "head.nii.gz"]


def test_two_images_of_one_name_are_refused(run):
    assert run("convert", "head.nii.gz", "head.mgz").code == 0
    ran = run("convert", "head.nii.gz", "head.mgz", "-o", "out", "-e", ".nii")
    assert ran.code == 2
    assert ran.err == [
        "volio convert: out/head.nii: head.nii.gz and head.mgz would both become this file; "
        "convert them into different folders"
    ]
    assert not Path("out").exists()


def test_pairs_of_one_name_are_refused_too(run):
    assert run("convert", "head.nii.gz", "x.img").code == 0
    assert run("convert", "head.nii.gz", "x.nii").code == 0
    ran = run("convert", "x.hdr", "x.img", "x.nii", "-o", "out", "-e", ".hdr")
    assert ran.code == 2
    assert "x.hdr and x.nii would both become this file" in ran.err[0]


def test_a_file_to_read_is_not_written_over_by_another(run):
    assert run("convert", "bold.nii", "bold.nii.gz").code == 0
    ran = run("convert", "bold.nii", "bold.nii.gz", "-o", ".", "-e", "nii.gz", "--force")
    assert ran.code == 2
    assert "would" in ran.err[0]


def test_compression(run):
    for how in ("fast", "small", "2", "9"):
        ran = run("convert", "bold.nii", f"{how}.nii.gz", "--compression", how)
        assert (ran.code, ran.err) == (0, [])
    fast, small, two, nine = (
        Path(f"{how}.nii.gz").read_bytes() for how in ("fast", "small", "2", "9")
    )
    assert fast == two != nine == small
    assert gzip.decompress(fast) == gzip.decompress(small)


INTERRUPTING = (signal.SIGINT, signal.SIGHUP) if hasattr(signal, "SIGHUP") else ()


# Names of signals, and whether all processes of the command get it.
ENDS = {
    "SIGTERM": ("SIGTERM", False, 143),
    "SIGHUP of a terminal": ("SIGHUP", True, 129),
}


def converting(tmp_path, disposition):
    """Begin to convert four files in two processes, where signals have a disposition."""
    voxels = np.random.default_rng(0).integers(0, 3000, (128, 128, 40), np.int16)
    for number in range(4):
        volio.save(volio.Nifti1Image(voxels, np.eye(4)), tmp_path / f"{number}.nii")
    words = ["convert", "-j", "2", *map(str, sorted(tmp_path.glob("*.nii")))]
    words += ["-o", str(tmp_path / "out"), "-e", "nii.gz", "--compression", "small"]
    process = subprocess.Popen(
        [sys.executable, "-m", "volio", *words],
        start_new_session=True,
        # Shells have some ignored in what they run in the background, these tests for example.
        preexec_fn=lambda: [signal.signal(each, disposition) for each in INTERRUPTING],
    )
    begun = time.monotonic()
    while not list(tmp_path.glob("out/.*.part")):  # the first files are being written
        assert time.monotonic() - begun < 60
        time.sleep(0.01)
    return process


@pytest.mark.requires("fork")
@pytest.mark.parametrize("name", ENDS)
def test_signals_end_all_processes_and_leave_nothing(name, tmp_path):
    sent, to_all, code = ENDS[name]
    process = converting(tmp_path, signal.SIG_DFL)
    number = getattr(signal, sent)
    if to_all:
        os.killpg(process.pid, number)
    else:
        os.kill(process.pid, number)
    assert process.wait(60) == code
    assert list(tmp_path.glob("out/.*")) == []
    with pytest.raises(ProcessLookupError, match="No such process"):
        os.killpg(process.pid, 0)  # none of its processes is left


@pytest.mark.requires("fork")
def test_signals_that_are_ignored_end_no_job(tmp_path):
    process = converting(tmp_path, signal.SIG_IGN)  # as under nohup
    for number in INTERRUPTING:
        os.killpg(process.pid, number)
    assert process.wait(60) == 0
    assert len(list(tmp_path.glob("out/*.nii.gz"))) == 4


def test_a_second_signal_is_passed_over_in_silence():
    with ending_in_order():
        with pytest.raises(Terminated, match=str(int(signal.SIGTERM))):
            end_in_order(signal.SIGTERM)
        # Not SIG_IGN, under which Python prints an error about a signal that came just before.
        handler = signal.getsignal(signal.SIGTERM)
        assert handler is disregard
        assert handler(signal.SIGTERM) is None


@pytest.mark.requires("POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_whose_exception_python_ignores_comes_again(name, monkeypatch):
    number = getattr(signal, name)
    said = {"SIGTERM": rf"^{int(signal.SIGTERM)}$", "SIGINT": "^$"}[name]
    ignored = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)

    def wait():
        thing = type("Thing", (), {})()
        watch = weakref.ref(thing, lambda _: signal.raise_signal(number))
        del thing
        time.sleep(5)
        return watch

    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with ending_in_order(), pytest.raises(KeyboardInterrupt, match=said):
            wait()
    finally:
        signal.signal(signal.SIGINT, usual)
    assert ignored == []
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_other_exceptions_that_python_ignores_are_reported(monkeypatch):
    ignored = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    with ending_in_order():
        thing = type("Thing", (), {"__del__": lambda _: 1 / 0})()
        del thing
    assert [each.exc_type for each in ignored] == [ZeroDivisionError]


def test_a_process_that_ends_is_told(run, monkeypatch):
    monkeypatch.setattr(jobs, "_convert", lambda *_: os._exit(9))
    ran = run("convert", "head.nii.gz", "bold.nii", "-o", "out", "-j", "2")
    assert ran.code == 2
    assert len(ran.err) == 2
    assert "its process ended" in ran.err[0]


def test_a_process_that_ends_before_all_jobs_are_handed_out(run, monkeypatch):
    monkeypatch.setattr(jobs, "_convert", lambda *_: os._exit(9))
    usual = ProcessPoolExecutor.submit

    def wait_for_the_end(pool, *arguments):
        future = usual(pool, *arguments)
        future.exception(30)
        return future

    monkeypatch.setattr(ProcessPoolExecutor, "submit", wait_for_the_end)
    ran = run("convert", "head.nii.gz", "bold.nii", "-o", "out", "-j", "2")
    assert ran.code == 2
    assert ["its process ended" in line for line in ran.err] == [True, True]


#: Converts two files in two processes, one of which is killed: by itself, or by the other one.
KILLED = """
import os, signal, sys, time
from pathlib import Path
from volio.cli import jobs, main

def first(meanwhile):
    Path("first").write_text(str(os.getpid()))
    if meanwhile == "a process that works is killed":
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)

def second(meanwhile):
    while not Path("first").exists():
        time.sleep(0.01)
    if meanwhile == "a process that waits is killed":
        time.sleep(0.5)
        os.kill(int(Path("first").read_text()), signal.SIGKILL)
    time.sleep(60)

def convert(job, *_):
    (first if job.source.endswith("head.nii.gz") else second)(sys.argv[1])

jobs._convert = convert
sys.exit(main(["convert", "head.nii.gz", "bold.nii", "-o", "out", "-j", "2"]))
"""


@pytest.mark.requires("fork")
@pytest.mark.parametrize(
    ("meanwhile", "failed"),
    [("a process that works is killed", 2), ("a process that waits is killed", 1)],
)
def test_a_process_that_is_killed_leaves_none_waiting(folder, meanwhile, failed):
    """As by systems that are short of memory."""
    words = [sys.executable, "-c", KILLED, meanwhile]
    ended = subprocess.run(words, stderr=subprocess.PIPE, text=True, timeout=30)
    assert ended.returncode == 2
    assert ["its process ended" in line for line in ended.stderr.splitlines()] == [True] * failed


def test_folders_and_files_taken_for_each_other(run, folder):
    (folder / "sub").mkdir()
    assert "--out-dir sub puts" in run("convert", "head.nii.gz", "sub", "--force").err[0]
    ran = run("convert", "head.nii.gz", "--out-dir", "bold.nii")
    assert ran.err == ["volio convert: --out-dir: must be a folder, got the file bold.nii"]


def test_a_name_without_ending_is_told(run):
    refusal = run("convert", "head.nii.gz", "copy").err[0]
    assert "copy: has no ending; endings that can be written: .nii, " in refusal
    assert ", .gii" in refusal  # what is to be converted has not been read


def test_dtypes_are_told_by_their_names(run):
    volio.save(volio.Nifti1Image(np.ones((2, 2, 2), np.complex64), np.eye(4)), "complex.nii")
    told = run("convert", "complex.nii", "real.nii", "--dtype", "float32").err[0]
    assert "RGB" in told
    assert "[(" not in told


@pytest.mark.parametrize("codes", ["LPS", "PLS"])
def test_the_two_axes_of_a_plane_are_turned(run, codes):
    voxels = np.arange(30, dtype=np.int16).reshape(6, 5)
    volio.save(volio.Nifti1Image(voxels, np.diag([0.5, 0.5, 1, 1])), "plane.nii")
    assert run("convert", "plane.nii", "turned.nii", "--orient", codes).code == 0
    turned = volio.load("turned.nii")
    assert "".join(volio.aff2axcodes(turned.affine)) == codes
    expected = voxels[::-1, ::-1]
    np.testing.assert_array_equal(turned.dataobj, expected if codes == "LPS" else expected.T)


def test_halves_stay_what_they_are_in_the_smallest_dtype_of_mrtrix(run):
    halves = np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 2
    volio.save(volio.Nifti1Image(halves, np.diag([2.0, 2, 3, 1])), "halves.mif")
    ran = run("convert", "halves.mif", "smallest.mif", "--dtype", "smallest")
    assert (ran.code, ran.err) == (0, [])
    img = volio.load("smallest.mif")
    assert img.get_data_dtype().itemsize < 4
    np.testing.assert_array_equal(img.dataobj, halves)


def test_a_part_of_the_image(run):
    voxels = values("head.nii.gz")
    ran = run("convert", "head.nii.gz", "part.nii", "--roi", "1,0,-3:3,2.5,2")
    assert (ran.code, ran.err) == (0, [])
    np.testing.assert_array_equal(values("part.nii"), voxels[1:3, :3, :2])
    # Voxel 1, 0, 0 of the head is at 88, -126, -72 mm; voxels are 2 x 2 x 3 mm.
    assert volio.load("part.nii").affine[:3, 3].tolist() == [88, -126, -72]
    corners = "87.5,-126.5,-72.5:88.5,-123.5,-69"
    assert run("convert", "head.nii.gz", "mm.nii", "--roi", corners, "--space", "world").code == 0
    np.testing.assert_array_equal(values("mm.nii"), voxels[1:2, :2, :2])


def test_a_part_of_a_level(run):
    voxels = np.random.default_rng(0).integers(0, 900, (40, 36, 32)).astype(np.uint16)
    img = volio.OmeZarrImage(voxels, np.diag([0.01, 0.02, 0.03, 1]))
    volio.save(img, "big.ome.zarr", chunks=(16, 16, 16))
    level = volio.load("big.ome.zarr").levels[1]
    words = ["--level", "1", "--roi", "2,3,4:9,9,9"]
    assert run("convert", "big.ome.zarr", "part.nii", *words).code == 0
    np.testing.assert_array_equal(values("part.nii"), np.asarray(level.dataobj)[2:9, 3:9, 4:9])
    np.testing.assert_allclose(
        volio.load("part.nii").affine, level.slicer[2:9, 3:9, 4:9].affine, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--roi", "1,2,3"], "must be two corners of three numbers"),
        (["--roi", "1,2,3:4,5"], "must be two corners of three numbers"),
        (["--roi", "1,2,3:4,5,x"], "must be two corners of three numbers"),
        (["--roi", "6,0,0:9,9,9"], "nothing of"),
        (["--space", "world"], "--space goes with --roi"),
    ],
)
def test_parts_that_make_no_sense(run, words, message):
    ran = run("convert", "head.nii.gz", "x.nii", *words)
    assert ran.code == 2
    assert len(ran.err) == 1
    assert message in ran.err[0]
    assert not Path("x.nii").exists()
