# What editors and type checkers see of `volio`, whose names are imported when they are first used.
# The names of image classes and their headers are those of the table of formats.
from typing import Any

from volio import arrays as arrays
from volio import cli as cli
from volio import codes as codes
from volio import compat as compat
from volio import display as display
from volio import errors as errors
from volio import extras as extras
from volio import files as files
from volio import formats as formats
from volio import images as images
from volio import io as io
from volio import ops as ops
from volio import settings as settings
from volio import space as space
from volio import stacks as stacks
from volio import surfaces as surfaces
from volio import testing as testing
from volio import tiles as tiles
from volio import tracts as tracts
from volio.arrays.lazy import LazyArray as LazyArray
from volio.arrays.lazy import is_proxy as is_proxy
from volio.arrays.proxy import ArrayProxy as ArrayProxy
from volio.display.layers.layer import ImageLayer as ImageLayer
from volio.display.ortho.viewer import OrthoSlicer3D as OrthoSlicer3D
from volio.display.scene.stack import LayerStack as LayerStack
from volio.display.volumes.volume import ImageVolume as ImageVolume
from volio.errors import VolioError as VolioError
from volio.files.filemap import FileHolder as FileHolder
from volio.files.filemap import FileMap as FileMap
from volio.formats.table import *  # noqa: F403
from volio.images.coordinates import CoordinateAxis as CoordinateAxis
from volio.images.coordinates import CoordinateImage as CoordinateImage
from volio.images.coordinates import Parcel as Parcel
from volio.images.headers.spatial import SpatialHeader as SpatialHeader
from volio.images.labels import Label as Label
from volio.images.labels import Labels as Labels
from volio.images.spatial import SpatialImage as SpatialImage
from volio.io import convert as convert
from volio.io import identify as identify
from volio.io import load as load
from volio.io import save as save
from volio.ops.cifti import cifti as cifti
from volio.ops.combine import concat_images as concat_images
from volio.ops.combine import four_to_three as four_to_three
from volio.ops.combine import squeeze_image as squeeze_image
from volio.ops.create import create as create
from volio.ops.crop import crop_to_mask as crop_to_mask
from volio.ops.crop import pad_image as pad_image
from volio.ops.crop import pad_to_image as pad_to_image
from volio.ops.orient import as_closest_canonical as as_closest_canonical
from volio.ops.resample import conform as conform
from volio.ops.resample import resample_from_to as resample_from_to
from volio.ops.resample import resample_to_output as resample_to_output
from volio.ops.smooth import fwhm2sigma as fwhm2sigma
from volio.ops.smooth import sigma2fwhm as sigma2fwhm
from volio.ops.smooth import smooth_image as smooth_image
from volio.ops.verify import verify as verify
from volio.settings import options as options
from volio.space.orientations import aff2axcodes as aff2axcodes
from volio.space.orientations import apply_orientation as apply_orientation
from volio.space.orientations import flip_axis as flip_axis
from volio.space.orientations import io_orientation as io_orientation
from volio.space.volume_geometry import VolumeGeometry as VolumeGeometry
from volio.surfaces.surface import Surface as Surface
from volio.tracts.tractogram import Tractogram as Tractogram

__version__: str

def __getattr__(name: str) -> Any: ...  # nibabel's names
