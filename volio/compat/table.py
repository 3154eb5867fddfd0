"""The table: each module name of nibabel, and what answers for it in volio.

A row is the name of the real module that carries the matter, alone or with the names that nibabel
has there and that module does not: source module -> names, separated by spaces, where ``new=old``
renames (``old`` may have dots) and ``*`` stands for all names of the source. Where several modules
of volio carry the matter the row has sources alone, and an alias module is made of them. What is
missing here is listed with its reason in `volio.compat.missing`.
"""

from __future__ import annotations

from volio.compat.alias import Parts, Row
from volio.compat.planned import PLANNED

__all__ = ["API_VERSION", "MODULES", "NAMES", "SHORT_NAMES", "is_package"]

API_VERSION = "5.4.2"
"""The version of nibabel whose public names are served; ``nibabel.__version__`` once installed."""

MODULES: dict[str, Row] = {
    # bytes
    "fileholders": ("volio.files.filemap", {"volio.errors": "FileHolderError"}),
    "filename_parser": "volio.compat.nibabel.filename_parser",
    "fileutils": "volio.compat.nibabel.fileutils",
    "openers": "volio.compat.nibabel.openers",
    # space
    "affines": "volio.space.affines",
    "eulerangles": "volio.space.eulerangles",
    "orientations": "volio.space.orientations",
    "pointset": "volio.compat.nibabel.pointset",
    "quaternions": (
        "volio.space.quaternions",
        {"volio.space.quaternions": "FLOAT_EPS=EPSILON"},
    ),
    "spaces": "volio.space.grids",
    # numbers
    "arrayproxy": (
        "volio.arrays.proxy",
        {"volio.arrays.lazy": "is_proxy", "volio.compat.nibabel.arrayproxy": "*"},
    ),
    "arraywriters": "volio.compat.nibabel.arraywriters",
    "casting": "volio.compat.nibabel.casting",
    "fileslice": {
        "volio.compat.nibabel.fileslice.reading": "*",
        "volio.compat.nibabel.fileslice.planning": "*",
        "volio.compat.nibabel.fileslice.slicers": "*",
    },
    "volumeutils": {
        "volio.codes": "Recoder",
        "volio.images.headers.record": "endian_codes=BYTE_ORDERS native_code=native_order "
        "swapped_code=swapped_order",
        "volio.space.affines": "shape_zoom_affine",
        "volio.compat.nibabel.volumeutils.arrayfiles": "*",
        "volio.compat.nibabel.volumeutils.floattypes": "*",
        "volio.compat.nibabel.volumeutils.headers": "*",
    },
    # things
    "batteryrunners": "volio.compat.nibabel.batteryrunners",
    "dataobj_images": "volio.images.dataobj",
    "filebasedimages": (
        "volio.images.file_image",
        {
            "volio.images.file_image": "FileBasedImage=FileImage",
            "volio.images.headers.spatial": "FileBasedHeader=SpatialHeader",
            "volio.compat.nibabel.filebasedimages": "*",
        },
    ),
    "imageclasses": "volio.compat.nibabel.imageclasses",
    "imageglobals": "volio.images.headers.error_levels",
    "spatialimages": (
        "volio.images.spatial",
        {
            "volio.images.headers.spatial": "FileBasedHeader=SpatialHeader",
            "volio.images.slicer": "SpatialFirstSlicer=ImageSlicer",
            "volio.images.file_image": "FileBasedImage=FileImage",
            "volio.errors": "HeaderDataError HeaderTypeError ImageDataError",
            "volio.compat.nibabel.spatialimages": "*",
        },
    ),
    "wrapstruct": (
        "volio.compat.nibabel.wrapstruct",
        {
            "volio.images.headers.record": "endian_codes=BYTE_ORDERS native_code=native_order "
            "swapped_code=swapped_order",
        },
    ),
    # doors
    "analyze": (
        "volio.formats.analyze",
        {
            "volio.formats.analyze": "header_dtype=HEADER load=AnalyzeImage.from_filename "
            "save=AnalyzeImage.instance_to_filename",
            "volio.compat.nibabel.analyze": "header_key_dtd=analyze_header_key "
            "image_dimension_dtd=analyze_image_dimension data_history_dtd=analyze_data_history",
        },
    ),
    "freesurfer": {
        "volio.formats.mgh": "MGHImage load=MGHImage.from_filename "
        "save=MGHImage.instance_to_filename",
        "volio.compat.nibabel.freesurferio": "*",
    },
    "freesurfer.io": "volio.compat.nibabel.freesurferio",
    "freesurfer.mghformat": (
        "volio.formats.mgh",
        {
            "volio.formats.mgh": "header_dtype=HEADER header_dtd=HEADER.descr "
            "footer_dtype=FOOTER footer_dtd=FOOTER.descr hf_dtype=MGHHeader.layout "
            "load=MGHImage.from_filename save=MGHImage.instance_to_filename",
            "volio.errors": "MGHError=HeaderError",
        },
    ),
    "brikhead": (
        "volio.formats.afni",
        {
            "volio.formats.afni": "load=AFNIImage.from_filename",
            "volio.compat.nibabel.brikhead": "*",
        },
    ),
    "ecat": (
        "volio.formats.ecat",
        {
            "volio.formats.ecat": "load=EcatImage.from_filename",
            "volio.compat.nibabel.ecat": "*",
        },
    ),
    "caret": "volio.formats.containers.caret",
    "gifti": {
        "volio.compat.nibabel.gifti_parser": "GiftiImage",  # with its parser
        "volio.formats.gifti": "*",
    },
    "gifti.gifti": (
        "volio.formats.gifti",
        {"volio.formats.gifti.data_array": "GIFTI_DTYPES"},
    ),
    "gifti.parse_gifti_fast": "volio.compat.nibabel.gifti_parser",
    "gifti.util": {
        "volio.formats.gifti.codes": "*",
        "volio.compat.nibabel.gifti_parser": "KIND2FMT",
    },
    "cifti2": {
        "volio.compat.nibabel.cifti2": "CIFTI_BRAIN_STRUCTURES CIFTI_MODEL_TYPES "
        "Cifti2BrainModel Cifti2Extension Cifti2Header Cifti2HeaderError Cifti2Image Cifti2Label "
        "Cifti2LabelTable Cifti2Matrix Cifti2MatrixIndicesMap Cifti2MetaData Cifti2NamedMap "
        "Cifti2Parcel Cifti2Surface Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ "
        "Cifti2VertexIndices Cifti2Vertices Cifti2Volume Cifti2VoxelIndicesIJK load save",
        "volio.formats.cifti2.axes": "Axis=MatrixAxis BrainModelAxis LabelAxis ParcelsAxis "
        "ScalarAxis SeriesAxis",
    },
    "cifti2.cifti2": "volio.compat.nibabel.cifti2",
    "cifti2.cifti2_axes": (
        "volio.formats.cifti2.axes",
        {"volio.formats.cifti2.axes": "Axis=MatrixAxis"},
    ),
    "cifti2.parse_cifti2": "volio.compat.nibabel.cifti2",
    "xmlutils": {
        "volio.formats.containers.xml_elements": "XmlSerializable",
        "volio.compat.nibabel.xmlutils": "*",
    },
    "loadsave": (
        "volio.io",
        {
            "volio.errors": "ImageFileError",
            "volio.compat.nibabel.imageclasses": "all_image_classes",
        },
    ),
    "minc1": (
        "volio.formats.minc.minc1",
        {
            "volio.formats.minc.minc1": "load=Minc1Image.from_filename",
            "volio.compat.nibabel.minc1": "*",
        },
    ),
    "minc2": (
        "volio.formats.minc.minc2",
        {
            "volio.formats.minc.minc2": "load=Minc2Image.from_filename",
            "volio.formats.minc.minc1": "Minc1Image MincError MincHeader",
            "volio.compat.nibabel.minc1": "Minc1File",
            "volio.compat.nibabel.minc2": "*",
        },
    ),
    "nifti1": (
        "volio.formats.nifti1",
        {
            "volio.formats.nifti1": "header_dtype=HEADER header_dtd=HEADER.descr",
            "volio.io": "load save",
            "volio.errors": "HeaderDataError ImageFileError",
        },
    ),
    "nifti2": (
        "volio.formats.nifti2",
        {
            "volio.formats.nifti2": "header_dtype=HEADER header_dtd=HEADER.descr",
            "volio.io": "load save",
        },
    ),
    "parrec": (
        "volio.formats.parrec",
        {
            "volio.formats.parrec": "load=PARRECImage.from_filename image_def_dtds=IMAGE_DEFS",
            "volio.formats.nifti1": "unit_codes",
            "volio.compat.nibabel.parrec": "*",
        },
    ),
    "spm2analyze": (
        "volio.formats.spm2",
        {
            "volio.formats.spm2": "header_dtype=HEADER load=Spm2AnalyzeImage.from_filename "
            "save=Spm2AnalyzeImage.instance_to_filename",
            "volio.compat.nibabel.analyze": "image_dimension_dtd=spm2_image_dimension",
        },
    ),
    "spm99analyze": (
        "volio.formats.spm99",
        {
            "volio.formats.spm99": "header_dtype=HEADER load=Spm99AnalyzeImage.from_filename "
            "save=Spm99AnalyzeImage.instance_to_filename",
            "volio.compat.nibabel.analyze": "header_key_dtd=analyze_header_key "
            "image_dimension_dtd=spm99_image_dimension data_history_dtd=spm99_data_history",
            "volio.compat.nibabel.testing.helpers": "have_scipy",
        },
    ),
    # tracts
    "streamlines": {
        "volio.arrays.ragged": "ArraySequence",
        "volio.compat.nibabel.streamlines.formats": "*",
        "volio.compat.nibabel.streamlines.header": "Field",
        "volio.compat.nibabel.streamlines.tck": "TckFile",
        "volio.compat.nibabel.streamlines.tractogram": "LazyTractogram Tractogram",
        "volio.compat.nibabel.streamlines.tractogram_file": "ExtensionWarning",
        "volio.compat.nibabel.streamlines.trk": "TrkFile",
    },
    "streamlines.array_sequence": "volio.arrays.ragged",
    "streamlines.header": "volio.compat.nibabel.streamlines.header",
    "streamlines.tck": (
        "volio.compat.nibabel.streamlines.tck",
        {
            "volio.arrays.ragged": "ArraySequence MEGABYTE",
        },
    ),
    "streamlines.trk": "volio.compat.nibabel.streamlines.trk",
    "streamlines.tractogram": {
        "volio.compat.nibabel.streamlines.tractogram": "*",
        "volio.compat.nibabel.streamlines.dictionaries": "*",
        "volio.compat.nibabel.streamlines.items": "TractogramItem",
    },
    "streamlines.tractogram_file": {
        "volio.errors": "DataError=ImageDataError HeaderError",
        "volio.compat.nibabel.streamlines.tractogram_file": "*",
    },
    "streamlines.utils": "volio.compat.nibabel.streamlines.references",
    # tools
    "funcs": {
        "volio.ops.combine": "concat_images four_to_three squeeze_image",
        "volio.ops.orient": "as_closest_canonical",
    },
    "imagestats": "volio.ops.stats",
    "mriutils": "volio.compat.nibabel.mriutils",
    "processing": {
        "volio.ops.smooth": "fwhm2sigma sigma2fwhm smooth_image",
        "volio.compat.nibabel.processing": "*",
    },
    "viewers": "volio.display.ortho.viewer",
    # for programmers
    "deprecated": "volio.compat.nibabel.deprecated",
    "deprecator": "volio.compat.nibabel.deprecator",
    "onetime": "volio.compat.nibabel.onetime",
    "optpkg": "volio.compat.nibabel.optpkg",
    "pkg_info": "volio.compat.nibabel.pkg_info",
    "rstutils": "volio.compat.nibabel.rstutils",
    "testing": "volio.compat.nibabel.testing",  # volio.testing itself is volio's own test kit
    "testing.helpers": "volio.compat.nibabel.testing.helpers",
    "testing.np_features": "volio.compat.nibabel.testing.np_features",
    "tmpdirs": "volio.compat.nibabel.tmpdirs",
    "tripwire": "volio.compat.nibabel.tripwire",
}

NAMES: Parts = {
    "volio.errors": "FileHolderError OrientationError",
    "volio.compat.nibabel.imageclasses": "all_image_classes",
    "volio.compat.nibabel.pkg_info": "get_info",
}
"""Names of nibabel's own namespace that volio does not export itself."""

SHORT_NAMES = {
    "ana": "analyze",
    "ni1": "nifti1",
    "spm2": "spm2analyze",
    "spm99": "spm99analyze",
}
"""Abbreviations in nibabel's namespace; they are attributes, not importable names."""


def is_package(name: str) -> bool:
    """Return whether other rows are submodules of this one."""
    return any(other.startswith(f"{name}.") for other in (*MODULES, *PLANNED))
