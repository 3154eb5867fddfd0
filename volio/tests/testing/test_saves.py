"""Saves under trial: failing calls, full disks and kills, on every format that is written."""

import json
import subprocess
import sys

import numpy as np
import pytest

import volio
from volio.files.opener import open_source
from volio.formats.lookup import layouts
from volio.testing.programs import find_program
from volio.testing.samples import samples_of
from volio.testing.saves.syscalls import CALLS, every_failure

POSIX = pytest.mark.requires("Linux")  # fork, kills and tmpfs
COMPRESSED = {"Nifti1Image": ".gz", "Nifti1Pair": ".gz", "MGHImage": ".mgz"}
WRITTEN = [
    pytest.param(row, layout, compression, id=f"{row.name}-{layout.image}{compression}")
    for row, layout in layouts()
    if row.write
    for compression in dict.fromkeys(["", COMPRESSED.get(layout.image, "")])
]

#: One file, two and three files, plain and compressed; voxels compressed by volio's own writer and
#: by that of HDF5; surfaces, greyordinates, tracts, and a folder of these.
KINDS = [
    "nifti1-Nifti1Image.nii",
    "mgh-MGHImage.mgz",
    "nifti1-Nifti1Pair.img",
    "nifti2-Nifti2Pair.img.gz",
    "spm2-Spm2AnalyzeImage.img.gz",
    "minc2-Minc2Image.mnc",
    "mif-MifPair.dat",
    "gifti-GiftiImage.gii",
    "freesurfer-FreeSurferSurface",
    "cifti2-Cifti2Image.nii",
    "trk-TrkTractogram.trk.gz",
    "trx-TrxTractogram.trx",
    "tck-values",
    "trx-TrxTractogram-folder",
]


def contents(folder):
    """The decoded bytes of each file."""
    found = {}
    for path in folder.iterdir():
        source = open_source(path)
        found[path.name] = source.read_upto(0, source.most())
    return found


def sample_image(row, layout):
    """The smallest sample, saved in some way."""
    samples = [each for each in samples_of(row.name) if each.image == layout.image]
    return min(samples, key=lambda sample: sample.path.stat().st_size)


@pytest.mark.filterwarnings("ignore::volio.errors.GeometryWarning")
@pytest.mark.parametrize(("row", "layout", "compression"), WRITTEN)
def test_whatever_fails_the_file_is_old_or_new_and_alone(row, layout, compression, tmp_path):
    cls = row.image_class(layout)
    img = cls.from_filename(sample_image(row, layout).path)
    ending = compression if compression == ".mgz" else f"{layout.files[-1]}{compression}"
    target = tmp_path / f"scan{ending}"
    names = [holder.filename for holder in cls.filespec_to_file_map(target).values()]

    def save():
        for name in names:
            target.with_name(str(name).rpartition("/")[2]).write_bytes(b"old")
        img.to_filename(target)

    save()
    new = contents(tmp_path)
    old = {str(name).rpartition("/")[2]: b"old" for name in names}
    assert new != old
    raised = {}
    for interrupt in (False, True):
        for failure in every_failure(save, interrupt=interrupt):
            expected = [new] if failure.raised is None else [old, new]
            assert contents(tmp_path) in expected, failure
            raised.setdefault(failure.call, []).append(failure.raised)
    assert set(raised) >= {"open", "write", "fsync", "replace"}
    assert all(any(errors) for errors in raised.values())


def test_whatever_fails_a_folder_is_old_or_new_and_alone(tmp_path):
    """Tracts in a folder of arrays, over another one: each call of the save fails in its turn."""
    lines = [np.float32([[0, 0, 0], [1, 1, 1]]), np.float32([[2, 2, 2], [3, 3, 3], [4, 4, 5]])]
    old, new = (volio.Tractogram.from_lines(lines[:count]) for count in (1, 2))
    target = tmp_path / "scan.trx"

    def found():
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        return {str(path.relative_to(tmp_path)): path.read_bytes() for path in files}

    states = []
    for tracts in (new, old):
        volio.save(tracts, target, folder=True)
        states.append(found())
    after, before = states
    failures = 0
    for interrupt in (False, True):
        for failure in every_failure(lambda: volio.save(new, target), interrupt=interrupt):
            expected = [after] if failure.raised is None else [before, after]
            assert found() in expected, failure
            # An empty folder has no files by which it would be seen.
            assert [each.name for each in tmp_path.iterdir()] == ["scan.trx"], failure
            failures += 1
            volio.save(old, target)
    assert failures >= 8


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".img", ".mgz"])
@pytest.mark.parametrize("way", ["array", "proxy", "map"])
def test_whatever_fails_over_the_loaded_file(tmp_path, ending, way):
    """Saving over the file that the image reads from: voxels in memory, unread, or mapped."""
    path, data = tmp_path / f"scan{ending}", np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    first = volio.MGHImage if ending == ".mgz" else volio.Nifti1Image
    volio.save(first(data, np.eye(4)), path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def save():
        for name, content in before.items():
            (tmp_path / name).write_bytes(content)
        img = volio.load(path, mmap=way == "map")
        if way == "proxy":
            img = img.slicer[::-1]
        else:
            img = type(img)(np.asanyarray(img.dataobj)[::-1], img.affine, img.header)
        img.to_filename(path)

    save()
    after = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert after != before
    np.testing.assert_array_equal(np.asanyarray(volio.load(path).dataobj), data[::-1])
    failures = 0
    for failure in every_failure(save, ("write", "fsync", "replace")):
        found = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        assert found in ([after] if failure.raised is None else [before, after]), failure
        failures += failure.raised is not None
    assert failures >= 3
    np.testing.assert_array_equal(np.asanyarray(volio.load(path).dataobj), data[::-1])


def test_a_call_that_never_comes_fails_nothing(tmp_path):
    assert list(every_failure(lambda: None)) == []
    assert set(CALLS) >= {"open", "write", "fsync", "replace", "link", "chmod", "close"}
    with pytest.raises(AssertionError, match="raised ValueError"):
        list(every_failure(wrong_error, ["open"]))


def wrong_error():
    try:
        (open_source(b"").read_upto(0, 1), __import__("os").open("/", 0))
    except OSError:
        raise ValueError("something else") from None


@POSIX
def test_kills():
    """Few here, but each in a process of its own; `tools/faults.py` makes hundreds."""
    found = run("volio.testing.saves.kills", "10", "3", "11")
    assert found["kills"] == 10
    assert found["complete"] + found.get("between", 0) == 10
    assert found["remains"] == 0


@POSIX
def test_files_that_may_not_grow():
    """Ten saves to every second of `KINDS`: an error of the system as that of a full disk.

    `tools/faults.py` takes every format and ending.
    """
    kinds = KINDS[::2]
    found = run("volio.testing.saves.fulldisk", "", *kinds)
    assert found["trials"] == len(kinds)
    assert found["refused"] >= 3 * found["trials"]
    assert found["saved"] >= found["trials"]


@POSIX
@pytest.mark.requires("mounts")
def test_a_full_disk(tmp_path):
    """Ten saves to each of `KINDS`; `tools/faults.py` takes every format and ending."""
    mount = f"mount -t tmpfs -o size=12m tmpfs {tmp_path}"
    unshare = find_program("unshare")
    words = " ".join([sys.executable, "-m", "volio.testing.saves.fulldisk", str(tmp_path), *KINDS])
    command = f"{mount} && exec {words}"
    done = subprocess.run([unshare, "-rm", "sh", "-c", command], capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert found["trials"] == len(KINDS)
    assert found["refused"] >= 3 * found["trials"]
    assert found["saved"] >= found["trials"]


def run(module, *arguments):
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)
