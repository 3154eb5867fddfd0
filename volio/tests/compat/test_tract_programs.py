"""dipy and trx-python on volio's names, where nibabel cannot be imported."""

from __future__ import annotations

import json
import subprocess
import sys

import nibabel.streamlines as theirs
import numpy as np
import pytest

from volio.tests.real_files import shared_path

#: Lets nothing of nibabel be found but what volio serves, and takes a file through both programs.
SCRIPT = """
import json
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "nibabel":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocked())
import volio
volio.compat.install_as_nibabel()
import nibabel
assert nibabel.__file__ == volio.__file__

import dipy.io.stateful_tractogram
from dipy.io.streamline import load_tractogram, save_tractogram
from trx.trx_file_memmap import TrxFile, load as load_trx, save as save_trx

source, folder = sys.argv[1:]
told = {}

def tell(name, sequence):
    copied = sequence.copy()
    told[name] = [copied._lengths.tolist(), copied._data.tolist()]

tracts = load_tractogram(source, "same", bbox_valid_check=False)
tell("loaded", tracts.streamlines)
for ending in ("trk", "tck"):
    name = f"{folder}/saved.{ending}"
    save_tractogram(tracts, name, bbox_valid_check=False)
    tell(ending, load_tractogram(name, source, bbox_valid_check=False).streamlines)
file = nibabel.streamlines.load(source)
save_trx(TrxFile.from_tractogram(file.tractogram, reference=file), f"{folder}/saved.trx")
trx = load_trx(f"{folder}/saved.trx")
tell("trx", trx.streamlines)
tell("from trx", trx.to_tractogram().streamlines)
tracts.to_vox()
tell("voxels", tracts[::2].streamlines)
print(json.dumps(told))
"""


@pytest.mark.requires("dipy", "trx", "real files")
def test_programs_give_the_points_that_they_give_on_nibabel(tmp_path):
    source = shared_path("tracts/tract.IFOF_R.trk")
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(source), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    peer = theirs.load(source)
    lengths = peer.streamlines._lengths.tolist()
    points = peer.streamlines.get_data().tolist()
    for name in ("loaded", "trk", "tck", "trx", "from trx"):
        assert told[name][0] == lengths, name
        # trx-python stores float16 where it is not told otherwise.
        accuracy = 0.07 if "trx" in name else 2e-5
        np.testing.assert_allclose(told[name][1], points, atol=accuracy, err_msg=name)
    to_voxels = np.linalg.inv(peer.affine.astype("f8"))
    halves = peer.streamlines[::2].get_data() @ to_voxels[:3, :3].T + to_voxels[:3, 3]
    assert told["voxels"][0] == lengths[::2]
    np.testing.assert_allclose(told["voxels"][1], halves, atol=2e-4)
