"""The table of formats: one row each.

The table knows the outside of a file: endings, first bytes, what can be written. The module of
the row's name knows the inside.
"""

from __future__ import annotations

import re

from volio.formats.format import FileLayout, Format
from volio.formats.signatures import (
    METAIMAGE,
    MIF,
    NRRD,
    afni,
    analyze,
    hdf5,
    magic,
    mgh,
    netcdf,
    never,
    parrec,
    spm,
    xmlrec,
)

__all__ = ["FORMATS"]

#: Every format volio knows.
FORMATS: tuple[Format, ...] = (
    Format(
        "nifti1",
        "NIfTI-1",
        "volume",
        (
            FileLayout("Nifti1Image", (".nii",), magic(344, b"n+1\0")),
            FileLayout("Nifti1Pair", (".hdr", ".img"), magic(344, b"ni1\0")),
        ),
    ),
    Format(
        "nifti2",
        "NIfTI-2",
        "volume",
        (
            FileLayout("Nifti2Image", (".nii",), magic(4, b"n+2\0")),
            FileLayout("Nifti2Pair", (".hdr", ".img"), magic(4, b"ni2\0")),
        ),
    ),
    Format("mgh", "FreeSurfer MGH", "volume", (FileLayout("MGHImage", (".mgh",), mgh, (".mgz",)),)),
    Format(
        "afni",
        "AFNI",
        "volume",
        (
            FileLayout(
                "AFNIImage", (".HEAD", ".BRIK"), afni, stem=re.compile(r"\+(orig|acpc|tlrc)\.?$")
            ),
        ),
    ),
    Format(
        "parrec",
        "Philips PAR/REC",
        "volume",
        (
            FileLayout("PARRECImage", (".PAR", ".REC"), parrec),
            FileLayout("XMLRECImage", (".xml", ".rec"), xmlrec),
        ),
        write=False,
    ),
    Format(
        "minc1",
        "MINC1",
        "volume",
        (FileLayout("Minc1Image", (".mnc",), netcdf),),
        module_name="volio.formats.minc.minc1",
    ),
    Format(
        "minc2",
        "MINC2",
        "volume",
        (FileLayout("Minc2Image", (".mnc",), hdf5),),
        extra="minc2",
        module_name="volio.formats.minc.minc2",
    ),
    Format("ecat", "ECAT7", "volume", (FileLayout("EcatImage", (".v",), magic(0, b"MATRIX7")),)),
    Format(
        "spm2", "SPM2 Analyze", "volume", (FileLayout("Spm2AnalyzeImage", (".hdr", ".img"), spm),)
    ),
    Format(
        "spm99",
        "SPM99 Analyze",
        "volume",
        # SPM2 reads what SPM99 wrote: only asked for by name.
        (FileLayout("Spm99AnalyzeImage", (".hdr", ".img"), never),),
    ),
    # SPM2 reads these too, with the affine beside them: plain Analyze is only asked for by name.
    Format(
        "analyze", "Analyze 7.5", "volume", (FileLayout("AnalyzeImage", (".hdr", ".img"), analyze),)
    ),
    Format(
        "nrrd",
        "NRRD",
        "volume",
        (
            FileLayout("NrrdImage", (".nrrd",), NRRD.attached),
            FileLayout("NrrdPair", (".nhdr", ".raw"), NRRD.detached),
        ),
    ),
    Format(
        "metaimage",
        "MetaImage",
        "volume",
        (
            FileLayout("MetaImage", (".mha",), METAIMAGE.attached),
            FileLayout("MetaPair", (".mhd", ".raw"), METAIMAGE.detached),
        ),
    ),
    Format(
        "mif",
        "MRtrix image",
        "volume",
        (
            FileLayout("MifImage", (".mif",), MIF.attached),
            FileLayout("MifPair", (".mih", ".dat"), MIF.detached),
        ),
    ),
)
