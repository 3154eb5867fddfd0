import gzip
import os
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import MissingFileError, UnknownFormatError
from volio.files.saving.temporary import name_beside
from volio.formats.lookup import layouts
from volio.formats.table import FORMATS
from volio.ops.examine import examine
from volio.ops.verify import verify
from volio.testing.samples import samples_of

AFFINE = np.diag([-2.0, 3, 4, 1])
DATA = np.random.default_rng(0).integers(-100, 100, (20, 30, 10)).astype(np.int16)
CODECS = {"": "", ".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
SAMPLES = [
    pytest.param(row, sample, id=f"{row.name}-{sample.path.name}")
    for row in FORMATS
    for sample in samples_of(row.name)
]


def saved(folder, ending):
    path = folder / f"a{ending}"
    volio.save(volio.Nifti1Image(DATA, AFFINE), path)
    return path


@pytest.mark.parametrize(("row", "sample"), SAMPLES)
# Formats of tracts that state no space say so.
@pytest.mark.filterwarnings("ignore:.*coordinates:volio.errors.GeometryWarning")
def test_samples_of_every_format_are_fine(row, sample):
    verdict = verify(sample.path)
    assert verdict.problems == ()
    # The bytes of the three forms of Analyze are alike.
    assert verdict.format == ("spm2" if row.name in ("spm99", "analyze") else row.name)
    assert sample.path.name in [Path(facts.file).name for facts in verdict.files]


@pytest.mark.parametrize("ending", CODECS)
def test_what_is_told_of_a_file(tmp_path, ending):
    path = saved(tmp_path, f".nii{ending}")
    verdict = verify(path)
    assert verdict.fine
    assert (verdict.file, verdict.format) == (str(path), "nifti1")
    (facts,) = verdict.files
    assert (facts.file, facts.codec) == (str(path), CODECS[ending])
    assert facts.stored == path.stat().st_size
    assert facts.decoded == verdict.needed == 352 + DATA.nbytes


@pytest.mark.parametrize("ending", CODECS)
def test_every_cut_is_seen(tmp_path, ending):
    path = saved(tmp_path, f".nii{ending}")
    data = path.read_bytes()
    for length in (len(data) - 1, len(data) - 5, len(data) // 2):
        path.write_bytes(data[:length])
        assert not verify(path).fine, length


@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")  # of a damaged header
@pytest.mark.parametrize("ending", [ending for ending in CODECS if ending])
def test_every_flipped_bit_is_seen(tmp_path, ending):
    """Everything that the codec guards: header of the stream, data, checksum, length."""
    path = saved(tmp_path, f".nii{ending}")
    data = path.read_bytes()
    start = {".gz": 600, ".bz2": 10}.get(ending, 8)  # what says the format, or is not guarded
    places = np.linspace(start, len(data) - 1, 40).astype(int).tolist()
    for place in {*places, len(data) - 2, len(data) - 4, len(data) - 6, len(data) - 8}:
        damaged = bytearray(data)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        if ending == ".bz2" and place == len(data) - 1:
            continue  # padding bits
        assert not verify(path).fine, place


def test_length_and_checksum_of_gzip(tmp_path):
    path = saved(tmp_path, ".nii.gz")
    data = path.read_bytes()
    for place in range(len(data) - 8, len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        assert not verify(path).fine, place


@pytest.mark.filterwarnings("ignore:.*not part of the:volio.errors.VolioWarning")
@pytest.mark.parametrize("ending", CODECS)
def test_what_does_not_belong_there_is_seen(tmp_path, ending):
    path = saved(tmp_path, f".nii{ending}")
    path.write_bytes(path.read_bytes() + b"more, 16 bytes..")
    (problem,) = verify(path).problems
    assert str(path) in problem


def test_voxels_that_are_missing_are_counted(tmp_path):
    path = saved(tmp_path, ".nii")
    raw = path.read_bytes()[:-2001]
    path.write_bytes(raw)
    (problem,) = verify(path).problems
    assert f"ends early: {len(raw)} bytes" in problem
    assert f"1001 of {DATA.size} voxels are missing" in problem
    packed = tmp_path / "b.nii.gz"
    packed.write_bytes(gzip.compress(raw))
    (problem,) = verify(packed).problems
    assert f"1001 of {DATA.size} voxels are missing" in problem


def test_voxels_that_the_header_does_not_know(tmp_path):
    path = tmp_path / "a.nii.gz"
    raw = volio.Nifti1Image(DATA, AFFINE).to_bytes()
    path.write_bytes(gzip.compress(raw + bytes(10)))
    (problem,) = verify(path).problems
    assert "10 bytes after the voxels" in problem


@pytest.mark.parametrize("named", [".hdr", ".img"])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_both_files_of_a_pair(tmp_path, named, ending):
    saved(tmp_path, f".img{ending}")
    path = tmp_path / f"a{named}{ending}"
    verdict = verify(path)
    assert verdict.fine
    assert {os.path.basename(facts.file) for facts in verdict.files} == {  # noqa: PTH119
        f"a.hdr{ending}",
        f"a.img{ending}",
    }
    image = tmp_path / f"a.img{ending}"
    image.write_bytes(image.read_bytes()[:-9])
    assert not verify(path).fine
    (tmp_path / f"a{'.img' if named == '.hdr' else '.hdr'}{ending}").unlink()
    assert not is_fine(path)


def is_fine(path):
    """The bytes of an .img alone may be anything, of no format."""
    try:
        return verify(path).fine
    except UnknownFormatError as error:
        assert "the .hdr file that belongs to it is not there" in str(error)  # noqa: PT017
        return False


def test_an_interrupted_save_of_a_pair_is_told(tmp_path):
    path = saved(tmp_path, ".img")
    name_beside(path, "0123.old").write_bytes(b"old voxels")
    (problem,) = verify(path).problems
    assert "between its two steps" in problem
    assert ".a.img.0123.old.part" in problem


def test_an_interrupted_save_of_tracts_and_their_values_is_told(tmp_path):
    path = tmp_path / "a.tck"
    tracts = volio.Tractogram(np.zeros((2, 3)), per_point={"fa": [1, 2]}, per_line={"w": [1]})
    volio.save(tracts, path, scalars=True, weights=True)
    assert verify(path).fine
    name_beside(tmp_path / "a_fa.tsf", "0123.old").write_bytes(b"old values")
    name_beside(tmp_path / "a_w.txt", "0123.old").write_bytes(b"old weights")
    name_beside(tmp_path / "b_w.txt", "0123.old").write_bytes(b"of others")
    values, weights = verify(path).problems
    assert "a save of these tracts and their values was ended between its steps" in values
    assert ".a_fa.tsf.0123.old.part" in values
    assert ".a_w.txt.0123.old.part" in weights


def test_what_is_no_image(tmp_path):
    with pytest.raises(MissingFileError, match=r"none\.nii: no such file"):
        verify(tmp_path / "none.nii")
    (tmp_path / "a.txt").write_bytes(b"words and words")
    with pytest.raises(UnknownFormatError, match="no format of volio recognises it"):
        verify(tmp_path / "a.txt")
    damaged = tmp_path / "a.nii.gz"
    damaged.write_bytes(gzip.compress(bytes(5000))[:20])
    verdict = verify(damaged)
    assert (verdict.format, verdict.fine) == (None, False)


def test_every_door_is_verified():
    """The samples above are of every format that there is; tiles are on a server."""
    formats = {row.name for row, _ in layouts()} - {"catmaid"}
    assert formats == {param.values[0].name for param in SAMPLES}


def test_padding_of_a_block_is_no_problem_but_more_than_that_is(tmp_path):
    path = tmp_path / "a.v"
    volio.EcatImage(DATA[:4, :5, :3], None).to_filename(path)
    assert path.stat().st_size % 512 == 0
    assert verify(path).problems == ()
    path.write_bytes(path.read_bytes() + bytes(512))
    assert "bytes after the voxels" in verify(path).problems[0]


@pytest.mark.parametrize("ending", CODECS)
def test_bytes_and_open_files_are_verified_too(tmp_path, ending):
    path = saved(tmp_path, f".nii{ending}")
    data = path.read_bytes()
    with path.open("rb") as file:
        verdicts = [verify(data), verify(file)]
    for verdict in verdicts:
        assert verdict.fine
        assert verdict.files[0].codec == CODECS[ending]
        assert (verdict.files[0].stored, verdict.files[0].decoded) == (len(data), 352 + DATA.nbytes)
    assert not verify(data[:-1]).fine


@pytest.mark.parametrize("level", ["0", "1"])
def test_a_damaged_chunk_of_a_folder_at_any_resolution(tmp_path: Path, level: str):
    voxels = np.random.default_rng(0).integers(0, 255, (40, 40, 40), np.uint8)
    where = tmp_path / "a.ome.zarr"
    volio.save(volio.Nifti1Image(voxels, np.eye(4)), where, chunks=(20, 20, 20))
    verdict = volio.verify(where)
    assert verdict.fine
    stored = sum(path.stat().st_size for path in where.rglob("*") if path.is_file())
    assert [(facts.file, facts.stored) for facts in verdict.files] == [(str(where), stored)]
    assert examine(where) == []
    chunk = where / level / "c" / "0" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes()[:-20])
    (problem,) = volio.verify(where).problems
    assert f"{level}/c/0/0/0" in problem
    assert [issue.level for issue in examine(where)] == ["error"]
