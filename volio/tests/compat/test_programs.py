"""What programs built on nibabel import from it is served, or listed with a reason.

The lists were made from the source of the programs: every import of nibabel and every attribute
taken from its modules, their tests left out.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from volio import compat
from volio.compat.missing import reason

#: Program and version -> module below nibabel -> the names it takes.
USES: dict[str, dict[str, str]] = {
    "nilearn 0.14": {
        "": "Nifti1Image Nifti1Pair four_to_three is_proxy load",
        "affines": "apply_affine",
        "fileslice": "is_fancy",
        "freesurfer": "read_annot",
        "freesurfer.io": "read_annot read_geometry read_label read_morph_data",
        "funcs": "four_to_three",
        "gifti": "GiftiDataArray GiftiImage",
        "nifti1": "intent_codes",
        "onetime": "auto_attr",
        "spatialimages": "SpatialImage",
    },
    "dipy 1.12": {
        "": "GiftiImage Nifti1Header Nifti1Image Spm2AnalyzeImage aff2axcodes load save",
        "affines": "apply_affine voxel_sizes",
        "filebasedimages": "FileBasedHeader",
        "freesurfer": "read_geometry write_geometry",
        "gifti": "GiftiCoordSystem GiftiDataArray",
        "nifti1": "Nifti1Header Nifti1Image",
        "streamlines": "ArraySequence Field detect_format load save",
        "streamlines.tractogram": "PerArrayDict PerArraySequenceDict Tractogram",
        "streamlines.trk": "TrkFile",
        "volumeutils": "endian_codes native_code",
    },
    "trx-python 0.6": {
        "": "aff2axcodes load",
        "affines": "voxel_sizes",
        "nifti1": "Nifti1Header Nifti1Image",
        "orientations": "aff2axcodes",
        "streamlines": "Tractogram load",
        "streamlines.array_sequence": "ArraySequence",
        "streamlines.tractogram": "LazyTractogram Tractogram TractogramItem",
        "streamlines.trk": "TrkFile",
    },
}


def uses() -> Iterator[tuple[str, str, str]]:
    """Every (program, module, name)."""
    for program, modules in USES.items():
        for module, names in modules.items():
            yield from ((program, module, name) for name in names.split())


def test_what_programs_use_is_served():
    names = {f"{module}.{name}".lstrip(".") for _, module, name in uses()}
    assert {name for name in names if reason(name) is not None} == set()


@pytest.mark.parametrize("program", USES)
def test_a_program_finds_what_it_imports(program: str):
    lines = [
        f"from nibabel{'.' if module else ''}{module} import {name}"
        for each, module, name in uses()
        if each == program and reason(f"{module}.{name}".lstrip(".")) is None
    ]
    code = ["import volio", "volio.compat.install_as_nibabel()", *lines]
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert len(lines) > 5


def test_dipy_asks_for_the_version():
    from packaging.version import Version

    assert Version(compat.API_VERSION) >= Version("4.0.0")


def test_gzipped_gifti_is_parsed_as_nilearn_does():
    from volio import Surface
    from volio.formats.gifti import GiftiImage

    gifti = compat.module("gifti")
    assert gifti.GiftiImage is GiftiImage
    parser = gifti.GiftiImage.parser()
    heights = np.array([1.5, 2.5], np.float32)
    parser.parse(GiftiImage.from_image(Surface(data={"height": heights})).to_bytes())
    assert parser.img.darrays[0].data.tolist() == [1.5, 2.5]
