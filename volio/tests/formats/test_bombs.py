"""Little compressed files that expand to much take the memory that their headers justify."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import LimitError
from volio.files.codecs import source
from volio.files.codecs.table import CODECS, Codec, codec_named
from volio.files.sources import decoded
from volio.formats.table import FORMATS
from volio.formats.tck.scalars import read_scalars, read_weights
from volio.testing.fuzz.acts import survey
from volio.testing.fuzz.seeds import Seed, lay_out, seeds_of

#: What is taken for harmless here, instead of 32 MiB: the files may be small then.
HARMLESS = 1 << 20
#: Bytes of memory at once. Several headers of text may have 16 MiB, and are copied once.
MOST = 48 << 20
#: Bytes that follow what the file is: who takes them all takes too much.
FILLER = 64 << 20


def packed(codec: Codec, data: bytes) -> bytes:
    """Return compressed bytes."""
    compressor = codec.compressor(codec.level(None))
    return compressor.compress(memoryview(data)) + compressor.flush()


@pytest.fixture(scope="module")
def fillers() -> dict[tuple[str, bytes], bytes]:
    """What follows: zeros, and empty lines, in each codec."""
    return {
        (codec.name, byte): packed(codec, byte * FILLER)
        for codec in CODECS
        for byte in (b"\0", b"\n")
    }


def cases() -> list[tuple[Seed, str]]:
    """Return a sample and one of its files, for each ending that the files of a format have."""
    found = {}
    for row in FORMATS:
        for seed in seeds_of(row):
            for name in () if seed.is_packed else seed.files:
                found.setdefault((row.name, Path(name).suffix), (seed, name))
    return list(found.values())


CASES = cases()
#: Formats with which the other codecs are tried.
TEXT_AND_BINARY = ["gifti", "freesurfer", "mz3", "mniobj", "vtk", "bundles", "afni"]


def peak_of(path: Path) -> int:
    """Return the bytes of memory that a file takes, whatever becomes of it."""
    tracemalloc.start()
    try:
        survey(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def check(seed: Seed, name: str, codec: Codec, fillers: dict, folder: Path) -> None:
    """Look at the memory that a sample takes one of whose files goes on and on."""
    data = seed.files[name]
    is_text = b"\0" not in data
    filler = fillers[codec.name, b"\n" if is_text else b"\0"]
    assert len(filler) < FILLER // 500
    lay_out(seed.files, folder)
    survey(folder / seed.name)  # what is imported does not count
    lay_out({**seed.files, name: packed(codec, data) + filler}, folder)
    assert peak_of(folder / seed.name) < MOST


@pytest.fixture(autouse=True)
def _small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "HARMLESS", HARMLESS)
    monkeypatch.setattr(decoded, "FIRST", HARMLESS + 1)


@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")
@pytest.mark.parametrize(("seed", "name"), CASES, ids=[f"{s.format}-{n}" for s, n in CASES])
def test_what_follows_takes_no_memory(seed: Seed, name: str, fillers: dict, tmp_path: Path):
    check(seed, name, codec_named("zstd"), fillers, tmp_path)


@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")
@pytest.mark.parametrize("codec", [codec.name for codec in CODECS if codec.name != "zstd"])
@pytest.mark.parametrize("format", TEXT_AND_BINARY)
def test_in_no_codec(format: str, codec: str, fillers: dict, tmp_path: Path):
    seed, name = next((seed, name) for seed, name in CASES if seed.format == format)
    check(seed, name, codec_named(codec), fillers, tmp_path)


READERS = {
    "ctab": volio.Labels.from_ctab,
    "dseg.tsv": volio.Labels.from_dseg_tsv,
    "itksnap": volio.Labels.from_itksnap,
    "fsl xml": volio.Labels.from_fsl_xml,
    "scalars": read_scalars,
    "weights": read_weights,
}
BEGINNINGS = {
    "ctab": b"1 a 255 0 0 0\n",
    "dseg.tsv": b"index\tname\n1\ta\n",
    "itksnap": b'1 255 0 0 1 1 1 "a"\n',
    "fsl xml": b"<?xml version='1.0'?>\n<atlas><data></data></atlas>",
    "scalars": b"mrtrix track scalars\ntimestamp: 1\ndatatype: Float32LE\nfile: . 96\nEND\n",
    "weights": b"1 2\n",
}


@pytest.mark.parametrize("kind", READERS)
def test_tables(kind: str, fillers: dict, tmp_path: Path):
    path = tmp_path / "table.zst"
    path.write_bytes(packed(codec_named("zstd"), BEGINNINGS[kind]) + fillers["zstd", b"\n"])
    tracemalloc.start()
    try:
        with pytest.raises(LimitError, match=r"too many for|may be made to fill memory"):
            READERS[kind](path)
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


def test_what_the_header_asks_for_is_read(tmp_path: Path):
    # A constant takes next to nothing when it is compressed, and is none the less what was saved.
    count = 4 * HARMLESS // 12
    surf = volio.Surface(np.ones((count, 3), np.float32), [[0, 1, 2]])
    for name in ("a.mz3", "a.mesh.zst"):
        path = tmp_path / name
        volio.save(surf, path)
        assert path.stat().st_size * source.USUAL_EXPANSION < 4 * HARMLESS
        assert volio.load(path).vertices.shape == (count, 3)
