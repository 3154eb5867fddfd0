import json

import numpy as np
import pytest

import volio
from volio.cli import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = np.arange(6000, dtype=np.int16).reshape(10, 20, 30)
    for name in ("good.nii.gz", "bad.nii.gz", "pair.img"):
        volio.save(volio.Nifti1Image(data, np.eye(4)), name)
    bad = tmp_path / "bad.nii.gz"
    bad.write_bytes(bad.read_bytes()[:-1])
    return tmp_path


def test_files_that_are_fine(folder, capsys):
    assert main(["verify", "good.nii.gz", "pair.hdr"]) == 0
    out, err = capsys.readouterr()
    head, good, header, image = out.splitlines()
    assert head.split() == ["file", "format", "codec", "stored", "decoded", "verdict"]
    assert good.split()[:3] == ["good.nii.gz", "nifti1", "gzip"]
    assert good.split()[-2:] == ["12352", "fine"]
    assert header.split()[0] == "pair.hdr"
    assert image.split()[-1] == "fine"
    assert not err


def test_a_damaged_file(folder, capsys):
    assert main(["verify", "."]) == 1
    out = capsys.readouterr().out
    assert "DAMAGED" in out
    assert "bad.nii.gz: gzip data ends" in out
    assert main(["verify", "-q", "."]) == 1
    out = capsys.readouterr().out
    assert "good" not in out
    assert "bad" in out
    assert main(["verify", "-q", "good.nii.gz"]) == 0
    assert capsys.readouterr().out == ""


def test_json(folder, capsys):
    assert main(["verify", "--json", "good.nii.gz", "bad.nii.gz"]) == 1
    good, bad = json.loads(capsys.readouterr().out)
    assert (good["fine"], good["problems"], good["needed"]) == (True, [], 12352)
    assert good["files"][0]["codec"] == "gzip"
    assert not bad["fine"]
    assert len(bad["problems"]) == 1


def test_trouble(folder, capsys):
    assert main(["verify", "none.nii", "good.nii.gz"]) == 2
    out, err = capsys.readouterr()
    assert "none.nii" in err
    assert "fine" in out
    (folder / "empty").mkdir()
    assert main(["verify", "empty"]) == 2
    assert "no images there" in capsys.readouterr().err


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz", ".zst"])
def test_bytes_after_compressed_data(ending, folder, capsys):
    data = np.arange(6000, dtype=np.int16).reshape(10, 20, 30)
    path = folder / f"more.nii{ending}"
    volio.save(volio.Nifti1Image(data, np.eye(4)), path)
    path.write_bytes(path.read_bytes() + b"\xde\xad\xbe\xef" * 9)
    img = volio.load(path)
    np.testing.assert_array_equal(img.dataobj[2:4, :, 7], data[2:4, :, 7])
    with pytest.warns(volio.errors.VolioWarning, match="complete with 12352 decoded bytes"):
        np.testing.assert_array_equal(img.dataobj, data)
    assert main(["verify", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"{path}: 36 bytes after the " in out
    assert out.count("36 bytes") == 1
