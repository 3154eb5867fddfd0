"""The table of formats: one row each.

The table knows the outside of a file: endings, first bytes, what can be written. The module of
the row's name knows the inside.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from volio.formats.first_bytes import LETTERS, MARK, NONE, OF_348, SPACES, ZIP
from volio.formats.format import FileLayout, Format
from volio.formats.signatures import (
    AFNI_ATTRIBUTE,
    HDF5,
    METAIMAGE,
    MIF,
    NIFTI1,
    NIFTI2,
    NRRD,
    PAR_HEADER,
    SURE,
    XML_HEADER,
    analyze,
    begins,
    catmaid,
    cifti2,
    has_minc,
    magic,
    mgh,
    n5,
    never,
    precomputed,
    spm,
    tiff,
    zarr,
)
from volio.formats.surface_table import SURFACE_FORMATS
from volio.formats.tract_table import TRACT_FORMATS

if TYPE_CHECKING:  # the public names of the rows, for editors and type checkers
    from volio.formats.afni import AFNIHeader as AFNIHeader
    from volio.formats.afni import AFNIImage as AFNIImage
    from volio.formats.analyze import AnalyzeHeader as AnalyzeHeader
    from volio.formats.analyze import AnalyzeImage as AnalyzeImage
    from volio.formats.brainvisa import BrainVisaMesh as BrainVisaMesh
    from volio.formats.brainvisa import BrainVisaTexture as BrainVisaTexture
    from volio.formats.brainvoyager import BrainVoyagerMaps as BrainVoyagerMaps
    from volio.formats.brainvoyager import BrainVoyagerMesh as BrainVoyagerMesh
    from volio.formats.bundles import BundlesHeader as BundlesHeader
    from volio.formats.bundles import BundlesTractogram as BundlesTractogram
    from volio.formats.camino import CaminoTractogram as CaminoTractogram
    from volio.formats.catmaid import CatmaidHeader as CatmaidHeader
    from volio.formats.catmaid import CatmaidImage as CatmaidImage
    from volio.formats.cifti2 import Cifti2Header as Cifti2Header
    from volio.formats.cifti2 import Cifti2Image as Cifti2Image
    from volio.formats.czi import CziHeader as CziHeader
    from volio.formats.czi import CziImage as CziImage
    from volio.formats.dpy import DpyTractogram as DpyTractogram
    from volio.formats.dsi_studio import DsiStudioHeader as DsiStudioHeader
    from volio.formats.dsi_studio import DsiStudioImage as DsiStudioImage
    from volio.formats.ecat import EcatHeader as EcatHeader
    from volio.formats.ecat import EcatImage as EcatImage
    from volio.formats.freesurfer import FreeSurferAnnotation as FreeSurferAnnotation
    from volio.formats.freesurfer import FreeSurferAscii as FreeSurferAscii
    from volio.formats.freesurfer import FreeSurferAsciiValues as FreeSurferAsciiValues
    from volio.formats.freesurfer import FreeSurferLabel as FreeSurferLabel
    from volio.formats.freesurfer import FreeSurferMorphData as FreeSurferMorphData
    from volio.formats.freesurfer import FreeSurferPatch as FreeSurferPatch
    from volio.formats.freesurfer import FreeSurferSparseValues as FreeSurferSparseValues
    from volio.formats.freesurfer import FreeSurferSurface as FreeSurferSurface
    from volio.formats.gifti import GiftiImage as GiftiImage
    from volio.formats.hdf5 import Hdf5Header as Hdf5Header
    from volio.formats.hdf5 import Hdf5Image as Hdf5Image
    from volio.formats.meshes.mniobj import MniObjSurface as MniObjSurface
    from volio.formats.meshes.off import OffSurface as OffSurface
    from volio.formats.meshes.tri import TriSurface as TriSurface
    from volio.formats.meshes.vtk import VtkSurface as VtkSurface
    from volio.formats.meshes.vtp import VtpSurface as VtpSurface
    from volio.formats.meshes.wavefront import WavefrontSurface as WavefrontSurface
    from volio.formats.metaimage import MetaImage as MetaImage
    from volio.formats.metaimage import MetaPair as MetaPair
    from volio.formats.mgh import MGHHeader as MGHHeader
    from volio.formats.mgh import MGHImage as MGHImage
    from volio.formats.mif import MifImage as MifImage
    from volio.formats.mif import MifPair as MifPair
    from volio.formats.minc.minc1 import Minc1Image as Minc1Image
    from volio.formats.minc.minc2 import Minc2Image as Minc2Image
    from volio.formats.mz3 import Mz3Surface as Mz3Surface
    from volio.formats.n5 import N5Image as N5Image
    from volio.formats.nifti1 import Nifti1Header as Nifti1Header
    from volio.formats.nifti1 import Nifti1Image as Nifti1Image
    from volio.formats.nifti1 import Nifti1Pair as Nifti1Pair
    from volio.formats.nifti1 import Nifti1PairHeader as Nifti1PairHeader
    from volio.formats.nifti2 import Nifti2Header as Nifti2Header
    from volio.formats.nifti2 import Nifti2Image as Nifti2Image
    from volio.formats.nifti2 import Nifti2Pair as Nifti2Pair
    from volio.formats.nrrd import NrrdImage as NrrdImage
    from volio.formats.nrrd import NrrdPair as NrrdPair
    from volio.formats.parrec import PARRECHeader as PARRECHeader
    from volio.formats.parrec import PARRECImage as PARRECImage
    from volio.formats.parrec import XMLRECImage as XMLRECImage
    from volio.formats.ply import PlySurface as PlySurface
    from volio.formats.precomputed import PrecomputedImage as PrecomputedImage
    from volio.formats.spm2 import Spm2AnalyzeHeader as Spm2AnalyzeHeader
    from volio.formats.spm2 import Spm2AnalyzeImage as Spm2AnalyzeImage
    from volio.formats.spm99 import Spm99AnalyzeHeader as Spm99AnalyzeHeader
    from volio.formats.spm99 import Spm99AnalyzeImage as Spm99AnalyzeImage
    from volio.formats.stl import StlSurface as StlSurface
    from volio.formats.tck import TckHeader as TckHeader
    from volio.formats.tck import TckTractogram as TckTractogram
    from volio.formats.tiff import TiffHeader as TiffHeader
    from volio.formats.tiff import TiffImage as TiffImage
    from volio.formats.tinytrack import TinyTrackHeader as TinyTrackHeader
    from volio.formats.tinytrack import TinyTrackTractogram as TinyTrackTractogram
    from volio.formats.trk import TrkHeader as TrkHeader
    from volio.formats.trk import TrkTractogram as TrkTractogram
    from volio.formats.trx import TrxHeader as TrxHeader
    from volio.formats.trx import TrxTractogram as TrxTractogram
    from volio.formats.vtk_lines import VtkTractogram as VtkTractogram
    from volio.formats.vtk_lines import VtpTractogram as VtpTractogram
    from volio.formats.zarr import OmeZarrHeader as OmeZarrHeader
    from volio.formats.zarr import OmeZarrImage as OmeZarrImage

#: Every format volio knows.
FORMATS: tuple[Format, ...] = (
    Format(
        "nifti1",
        "NIfTI-1",
        "volume",
        (
            FileLayout("Nifti1Image", (".nii",), NIFTI1.single),
            FileLayout("Nifti1Pair", (".hdr", ".img"), NIFTI1.pair),
        ),
        headers=("Nifti1Header", "Nifti1PairHeader"),
    ),
    Format(
        "nifti2",
        "NIfTI-2",
        "volume",
        (
            FileLayout("Nifti2Image", (".nii",), NIFTI2.single),
            FileLayout("Nifti2Pair", (".hdr", ".img"), NIFTI2.pair),
        ),
        headers=("Nifti2Header",),
    ),
    Format(
        "cifti2",
        "CIFTI-2",
        "greyordinates",
        (FileLayout("Cifti2Image", (".nii",), cifti2),),
        headers=("Cifti2Header",),
    ),
    Format(
        "mgh",
        "FreeSurfer MGH",
        "volume",
        (FileLayout("MGHImage", (".mgh",), mgh, (".mgz",)),),
        headers=("MGHHeader",),
    ),
    Format(
        "afni",
        "AFNI",
        "volume",
        (
            FileLayout(
                "AFNIImage",
                (".HEAD", ".BRIK"),
                begins(AFNI_ATTRIBUTE),
                stem=re.compile(r"\+(orig|acpc|tlrc)\.?$"),
                first_bytes=SPACES + b"t",
            ),
        ),
        headers=("AFNIHeader",),
    ),
    Format(
        "parrec",
        "Philips PAR/REC",
        "volume",
        (
            FileLayout(
                "PARRECImage", (".PAR", ".REC"), begins(PAR_HEADER), first_bytes=MARK + b"#"
            ),
            FileLayout(
                "XMLRECImage",
                (".xml", ".rec"),
                begins(XML_HEADER),
                first_bytes=MARK + SPACES + b"<",
            ),
        ),
        write=False,
        headers=("PARRECHeader",),
    ),
    Format(
        "minc1",
        "MINC1",
        "volume",
        (FileLayout("Minc1Image", (".mnc",), magic(0, b"CDF\x01", b"CDF\x02"), first_bytes=b"C"),),
        module_name="volio.formats.minc.minc1",
    ),
    Format(
        "minc2",
        "MINC2",
        "volume",
        (
            FileLayout(
                "Minc2Image",
                (".mnc",),
                magic(0, HDF5, score=SURE),
                inside=has_minc,
                first_bytes=HDF5[:1],
            ),
        ),
        extra="minc2",
        module_name="volio.formats.minc.minc2",
    ),
    Format(
        "ecat",
        "ECAT7",
        "volume",
        (FileLayout("EcatImage", (".v",), magic(0, b"MATRIX7"), first_bytes=b"M"),),
        headers=("EcatHeader",),
    ),
    Format(
        "spm2",
        "SPM2 Analyze",
        "volume",
        (FileLayout("Spm2AnalyzeImage", (".hdr", ".img"), spm, first_bytes=OF_348),),
        headers=("Spm2AnalyzeHeader",),
    ),
    Format(
        "spm99",
        "SPM99 Analyze",
        "volume",
        # SPM2 reads what SPM99 wrote: only asked for by name.
        (FileLayout("Spm99AnalyzeImage", (".hdr", ".img"), never, first_bytes=NONE),),
        headers=("Spm99AnalyzeHeader",),
    ),
    # SPM2 reads these too, with the affine next to them: plain Analyze is only asked for by name.
    Format(
        "analyze",
        "Analyze 7.5",
        "volume",
        (FileLayout("AnalyzeImage", (".hdr", ".img"), analyze, first_bytes=OF_348),),
        headers=("AnalyzeHeader",),
    ),
    Format(
        "nrrd",
        "NRRD",
        "volume",
        (
            FileLayout("NrrdImage", (".nrrd",), NRRD.attached, first_bytes=b"N"),
            FileLayout("NrrdPair", (".nhdr", ".raw"), NRRD.detached, first_bytes=b"N"),
        ),
    ),
    Format(
        "metaimage",
        "MetaImage",
        "volume",
        (
            FileLayout(
                "MetaImage", (".mha",), METAIMAGE.attached, first_bytes=MARK + SPACES + LETTERS
            ),
            FileLayout(
                "MetaPair",
                (".mhd", ".raw"),
                METAIMAGE.detached,
                first_bytes=MARK + SPACES + LETTERS,
            ),
        ),
    ),
    Format(
        "mif",
        "MRtrix image",
        "volume",
        (
            FileLayout("MifImage", (".mif",), MIF.attached, first_bytes=b"m"),
            FileLayout("MifPair", (".mih", ".dat"), MIF.detached, first_bytes=b"m"),
        ),
    ),
    Format(
        "tiff",
        "TIFF and OME-TIFF",
        "volume",
        (
            FileLayout(
                "TiffImage",
                (".tif",),
                tiff,
                (".tiff", ".ome.tif", ".ome.tiff", ".tf8", ".btf", ".lsm"),
                first_bytes=b"IM",
            ),
        ),
        extra="tiff",
        headers=("TiffHeader",),
    ),
    Format(
        "zarr",
        "OME-Zarr and Zarr",
        "volume",
        (
            FileLayout(
                "OmeZarrImage",
                (".ozx",),
                zarr,
                (".ome.zarr", ".zarr", ".zarr.zip"),
                folder=True,
                first_bytes=ZIP,
            ),
        ),
        extra="zarr",
        headers=("OmeZarrHeader",),
    ),
    Format(
        "hdf5",
        "HDF5, Imaris and BigDataViewer",
        "volume",
        (
            FileLayout(
                "Hdf5Image",
                (".h5",),
                magic(0, HDF5, score=SURE),
                (".hdf5", ".ims"),
                first_bytes=HDF5[:1],
            ),
        ),
        extra="hdf5",
        headers=("Hdf5Header",),
    ),
    Format(
        "n5",
        "N5",
        "volume",
        (FileLayout("N5Image", (".n5",), n5, folder=True, first_bytes=ZIP),),
        write=False,
        extra="zarr",
    ),
    Format(
        "precomputed",
        "Neuroglancer precomputed",
        "volume",
        (
            FileLayout(
                "PrecomputedImage", (".precomputed",), precomputed, folder=True, first_bytes=ZIP
            ),
        ),
        write=False,
    ),
    Format(
        "czi",
        "Zeiss CZI",
        "volume",
        (FileLayout("CziImage", (".czi",), magic(0, b"ZISRAWFILE"), first_bytes=b"Z"),),
        write=False,
        extra="czi",
        headers=("CziHeader",),
    ),
    Format(
        "catmaid",
        "CATMAID tile stack",
        "volume",
        (
            FileLayout(
                "CatmaidImage",
                ("",),  # an address; a saved description may have any name
                catmaid,
                folder=True,
                schemes=("catmaid+http", "catmaid+https"),
                first_bytes=SPACES + b"{",
            ),
        ),
        write=False,
        headers=("CatmaidHeader",),
    ),
    *SURFACE_FORMATS,
    *TRACT_FORMATS,
)
