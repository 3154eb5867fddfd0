"""Image classes with one fault each, and the checks of the conformance suite that find it."""

from __future__ import annotations

import io
import os
import time
import weakref
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

import volio
from volio.arrays.lazy import is_proxy
from volio.arrays.proxy import ArrayProxy
from volio.errors import CorruptFileError, MissingFileError
from volio.files.filemap import FileHolder
from volio.files.sources.source import BytesSource
from volio.formats.format import FileLayout, Format
from volio.formats.nifti1 import Nifti1Header
from volio.images.slicer import ImageSlicer
from volio.testing.conformance import Case
from volio.testing.samples import samples_of

SAMPLES = {sample.path.name: sample for sample in samples_of("nifti1")}

#: Name of a check, without ``check_``, to the classes that must fail it.
BROKEN: dict[str, list[type]] = {}


class Intact(volio.Nifti1Image):
    """What most broken classes are made from; the sample to try them on."""

    sample = SAMPLES["series.nii"]
    compression = ""


class IntactPair(volio.Nifti1Pair):
    """What broken classes of several files are made from."""

    sample = SAMPLES["pair.img"]
    compression = ""


def breaks(*checks: str) -> Callable[[type], type]:
    """State which checks must find the fault of a class."""

    def remember(image_class: type) -> type:
        for check in checks:
            BROKEN.setdefault(check, []).append(image_class)
        return image_class

    return remember


def intact(image_class: type) -> type:
    """Return the class without a fault that a broken one is made from."""
    return IntactPair if issubclass(image_class, IntactPair) else Intact


def row_of(image_class: type) -> Format:
    """Return a row for the table of formats that recognises every file as one of a class."""
    endings = tuple(ending for _, ending in image_class.files_types)
    layout = FileLayout(image_class.__name__, endings, score=lambda peek: 1000)
    return Format("broken", "A test", "volume", (layout,), module_name=__name__)


def case_of(image_class: type, tried: type, folder: Path) -> Case:
    """Return what a class is tried on: a sample that shows the fault of a broken one."""
    folder.mkdir()
    return Case(tried, image_class.sample, folder, image_class.compression)


# Loading.


@breaks("facts")
class ShiftsTheOrigin(Intact):
    @property
    def affine(self):
        shift = np.zeros((4, 4))
        shift[0, 3] = 0.01
        return super().affine + shift


@breaks("facts")
class LosesAVoxel(Intact):
    @classmethod
    def voxels_of(cls, header, source, **options):
        voxels = np.array(super().voxels_of(header, source, **options))
        voxels[-1, -1, -1, -1] = 0
        return voxels


@breaks("loads_by_class_and_by_name")
class LoadsOtherVoxels(Intact):
    @classmethod
    def load(cls, filename):
        return super().load(filename).slicer[::-1]


@breaks("loads_from_bytes_and_file_objects")
class ReadsStreamsFromTheirStart(Intact):
    @classmethod
    def from_stream(cls, io_obj):
        io_obj.seek(0)
        return super().from_stream(io_obj)


@breaks("content_beats_name")
class TrustsNames(Intact):
    @classmethod
    def from_file_map(cls, file_map, **options):
        if str(file_map["image"].filename).endswith(".gz"):
            raise CorruptFileError("no gzip data")
        return super().from_file_map(file_map, **options)


@breaks("missing_file_is_named")
class NamesNoMissingFile(Intact):
    @classmethod
    def from_file_map(cls, file_map, **options):
        try:
            return super().from_file_map(file_map, **options)
        except MissingFileError:
            raise MissingFileError("no such file") from None


@breaks("opening_reads_a_header_only")
class ReadsEverything(Intact):
    @classmethod
    def from_file_map(cls, file_map, **options):
        img = super().from_file_map(file_map, **options)
        np.asanyarray(img.dataobj)
        return img


@breaks("no_file_stays_open")
class KeepsFilesOpen(Intact):
    @classmethod
    def from_filename(cls, filename, **options):
        img = super().from_filename(filename, **options)
        number = os.open(filename, os.O_RDONLY)
        weakref.finalize(img, os.close, number)
        return img


@breaks("texts_state_the_facts")
class NamesNoFile(Intact):
    def __repr__(self):
        return f"{type(self).__name__}{self.shape} {self.get_data_dtype()}"


@breaks("the_html_table_states_the_facts")
class NamesNoFileInNotebooks(Intact):
    def _repr_html_(self):
        return super()._repr_html_().replace("scan.nii", "a file")


# Voxels.


class ReversesMasked(ArrayProxy):
    def __getitem__(self, index):
        found = super().__getitem__(index)
        is_mask = isinstance(index, np.ndarray) and index.dtype == bool
        return found[::-1] if is_mask else found


class CountsAlongTheLastAxis(ArrayProxy):
    def __len__(self):
        return self.shape[-1]


class ScalesTwice(ArrayProxy):
    def get_scaled(self, dtype=None):
        return super().get_scaled(dtype) * 2


class MapsForWriting(ArrayProxy):
    def _map(self):
        return np.memmap(
            self.source.path, self.on_disk_dtype, "r+", self.offset, self.shape, self.order
        )


class PicklesItsVoxels(ArrayProxy):
    def __reduce__(self):
        return np.array, (np.array(self),)


class HasOneIndexForAllThreads(ArrayProxy):
    def __getitem__(self, index):
        self.index = index
        time.sleep(0.001)
        return super().__getitem__(self.index)


@breaks("slices_equal_slices_of_the_whole")
class WithReversedMasks(Intact):
    ImageArrayProxy = ReversesMasked


@breaks("lazy_arrays_say_what_they_are")
class WithAWrongLength(Intact):
    ImageArrayProxy = CountsAlongTheLastAxis


@breaks("stored_and_scaled_values_agree")
class WithTwoScalings(Intact):
    ImageArrayProxy = ScalesTwice


@breaks("memory_maps_give_the_same_values")
class WithMapsForWriting(Intact):
    sample = SAMPLES["big.nii"]  # without a slope, so that it is mapped
    ImageArrayProxy = MapsForWriting


@breaks("images_and_proxies_pickle_as_places")
class WithPickledVoxels(Intact):
    ImageArrayProxy = PicklesItsVoxels


@breaks("many_threads_read_at_once")
class WithOneIndexForAllThreads(Intact):
    ImageArrayProxy = HasOneIndexForAllThreads


@breaks("dtypes_are_what_is_asked_for")
class AlwaysGivesFloat64(Intact):
    def get_fdata(self, caching="fill", dtype=np.float64):
        return super().get_fdata(caching)


@breaks("deep_copies_are_independent")
class IsItsOwnCopy(Intact):
    def __deepcopy__(self, memo):
        return self


# What is kept of what was read.


@breaks("an_array_image_is_its_array")
class CopiesArrays(Intact):
    def __init__(self, dataobj, *arguments, **options):
        super().__init__(dataobj if is_proxy(dataobj) else dataobj.copy(), *arguments, **options)


@breaks("a_proxy_reads_afresh_until_it_fills")
class AlwaysReads(Intact):
    def get_fdata(self, caching="fill", dtype=np.float64):
        return np.asanyarray(self.dataobj).astype(dtype)


@breaks("changes_stay_until_uncache")
class NeverForgets(Intact):
    def uncache(self):
        pass


@breaks("another_dtype_is_read_anew")
class ReturnsTheKeptDtype(Intact):
    def get_fdata(self, caching="fill", dtype=np.float64):
        kept = self._fdata_cache
        return super().get_fdata(caching, dtype) if kept is None else kept


@breaks("get_data_keeps_the_dtype")
class GivesFloatsOnly(Intact):
    sample = SAMPLES["big.nii"]

    def get_data(self, caching="fill"):
        return self.get_fdata(caching)


@breaks("wrong_arguments_are_refused")
class TakesIntegerDtypes(Intact):
    def get_fdata(self, caching="fill", dtype=np.float64):
        return super().get_fdata(caching, np.promote_types(dtype, np.float32))


# Places in the world.


class KeepsTheOrigin(ImageSlicer):
    def slice_affine(self, index):
        affine = super().slice_affine(index)
        affine[:3, 3] = self.img.affine[:3, 3]
        return affine


class TakesIntegers(ImageSlicer):
    def __getitem__(self, index):
        return super().__getitem__(slice(index, index + 1) if isinstance(index, int) else index)


@breaks("slicing_moves_nothing")
class SlicesButKeepsTheOrigin(Intact):
    ImageSlicer = KeepsTheOrigin


@breaks("slicing_refuses_what_moves_voxels")
class SlicesByIntegers(Intact):
    ImageSlicer = TakesIntegers


@breaks("reorienting_moves_nothing")
class FlipsAlone(Intact):
    def as_reoriented(self, ornt):
        turned = super().as_reoriented(ornt)
        return type(self)(turned.dataobj, self.affine, turned.header)


@breaks("reorienting_moves_nothing")
class FlipsWrongInOneOrderOfAxes(Intact):
    def as_reoriented(self, ornt):
        turned = super().as_reoriented(ornt)
        if np.array_equal(ornt, [[1, 1], [0, -1], [2, 1]]):
            turned._dataobj = self.as_reoriented([[1, -1], [0, 1], [2, 1]]).dataobj
        return turned


class HasVoxelsOf1mm(Nifti1Header):
    def get_zooms(self):
        return (1.0,) * len(self.get_data_shape())


@breaks("header_and_affine_agree")
class WithVoxelsOf1mm(Intact):
    header_class = HasVoxelsOf1mm


# Headers.


class IsItsOwnCopiedHeader(Nifti1Header):
    def copy(self):
        return self


class HasEveryField(Nifti1Header):
    def __contains__(self, name):
        return True


class NeverSwaps(Nifti1Header):
    def as_byteswapped(self, endianness=None):
        return self.copy()


class PadsShortBlocks(Nifti1Header):
    def __init__(self, binaryblock=None, *arguments, **options):
        block = binaryblock and binaryblock.ljust(self.layout.itemsize, b"\0")
        super().__init__(block, *arguments, **options)


class ComplainsAlways(Nifti1Header):
    @classmethod
    def diagnose_binaryblock(cls, *arguments):
        return "a header"


class RoundsZooms(Nifti1Header):
    def set_zooms(self, zooms):
        super().set_zooms(np.rint(zooms))


class MendsZooms(Nifti1Header):
    def set_zooms(self, zooms):
        super().set_zooms(np.abs(zooms))


@breaks("copies_are_equal_and_independent")
class WithASharedHeader(Intact):
    header_class = IsItsOwnCopiedHeader


@breaks("a_header_is_a_mapping")
class WithEveryField(Intact):
    header_class = HasEveryField


@breaks("bytes_make_the_same_header")
class WithOneByteOrder(Intact):
    header_class = NeverSwaps


@breaks("a_block_of_another_length_is_refused")
class WithPaddedBlocks(Intact):
    header_class = PadsShortBlocks


@breaks("checks_report_and_leave_alone")
class WithComplaints(Intact):
    header_class = ComplainsAlways


@breaks("shapes_dtypes_and_zooms_are_kept")
class WithRoundZooms(Intact):
    header_class = RoundsZooms


@breaks("what_makes_no_sense_is_refused")
class WithMendedZooms(Intact):
    header_class = MendsZooms


@breaks("an_image_owns_its_header")
class SharesItsHeader(Intact):
    def __init__(self, dataobj, affine, header=None, *arguments, **options):
        super().__init__(dataobj, affine, header, *arguments, **options)
        self._header = self._header if header is None else header


# Files.


@breaks("other_endings_are_refused")
class TakesAnyEnding(Intact):
    @classmethod
    def filespec_to_file_map(cls, filespec):
        return {"image": FileHolder(filename=str(filespec))}


@breaks("every_file_leads_to_all")
class KnowsNoHeaderFile(IntactPair):
    @classmethod
    def filespec_to_file_map(cls, filespec):
        file_map = super().filespec_to_file_map(filespec)
        is_header = Path(filespec).suffix == ".hdr"
        return {part: FileHolder(filespec) for part in file_map} if is_header else file_map


@breaks("an_image_knows_its_files")
class ForgetsItsFile(Intact):
    @classmethod
    def from_file_map(cls, file_map, **options):
        img = super().from_file_map(file_map, **options)
        img.file_map = cls.make_file_map()
        return img


@breaks("a_path_may_be_an_image")
class MayBeAnything(Intact):
    @classmethod
    def path_maybe_image(cls, filename, sniff=None, sniff_max=1024):
        return True, super().path_maybe_image(filename, sniff, sniff_max)[1]


@breaks("files_return_the_image")
class DoesNotKnowItsNewFile(Intact):
    def to_filename(self, filename, **options):
        self.to_file_map(self.filespec_to_file_map(filename), **options)


@breaks("bytes_and_streams_return_the_image")
class WritesAByteMore(Intact):
    def to_bytes(self, **options):
        return super().to_bytes(**options) + b"\0"


@breaks("one_stream_is_refused_for_several_files")
class WritesVoxelsAlone(IntactPair):
    def to_bytes(self, **options):
        return np.asarray(self.dataobj).tobytes()


@breaks("file_maps_take_file_objects")
class WritesStreamsFromTheirStart(Intact):
    def to_file_map(self, file_map=None, **options):
        stream = (file_map or self.file_map)["image"].fileobj
        holder = FileHolder(fileobj=stream) if stream else None
        super().to_file_map({"image": holder} if holder else file_map, **options)


@breaks("old_names_work_and_warn")
class KeepsAnOldName(Intact):
    def get_shape(self):
        return self.shape


@breaks("old_names_of_files_work_and_warn")
class KeepsAnOldNameForSaving(Intact):
    def to_filespec(self, filename):
        self.to_filename(filename)


@breaks("an_image_is_saved_to_its_file_map")
class ForgetsWhereToSave(Intact):
    def to_file_map(self, file_map=None, **options):
        if file_map is not None:
            super().to_file_map(file_map, **options)


# Saving.


@breaks("saving_over_the_loaded_file", "saving_a_part_over_the_loaded_file")
class EmptiesFirst(Intact):
    def to_filename(self, filename, **options):
        Path(filename).write_bytes(b"")
        super().to_filename(filename, **options)


@breaks("a_refused_save_opens_nothing")
class StoresDatesAsNumbers(Intact):
    def __init__(self, dataobj, *arguments, **options):
        dated = getattr(dataobj, "dtype", np.dtype(int)).kind == "M"
        super().__init__(dataobj.astype(np.int64) if dated else dataobj, *arguments, **options)


@breaks("edits_of_kept_arrays_are_saved")
class SavesWhatWasInTheFile(Intact):
    def _data_to_save(self):
        return self._dataobj


@breaks("an_untouched_image_is_written_as_it_was")
class TouchesTheHeader(Intact):
    def update_header(self):
        super().update_header()
        self.header["descrip"] = b"was here"


@breaks("five_rounds_change_one_voxel_each")
class LowersTheHighestVoxel(Intact):
    def to_file_map(self, file_map=None, **options):
        data = np.asanyarray(self.dataobj)
        other = Intact(np.where(data == data.max(), data - 1, data), self.affine, self.header)
        other.to_file_map(file_map, **options)


@breaks("other_formats_keep_values_and_places")
class IsMadeFlipped(Intact):
    @classmethod
    def from_image(cls, img):
        return super().from_image(img.slicer[::-1])


@breaks("a_failing_save_leaves_the_old_file")
class OverwritesFirst(Intact):
    def to_file_map(self, file_map=None, **options):
        other = Intact(np.asanyarray(self.dataobj), self.affine, self.header)
        Path((file_map or self.file_map)["image"].filename).write_bytes(b"")
        other.to_file_map(file_map, **options)


@breaks("links_and_permissions_stay")
class SetsPermissions(Intact):
    def to_filename(self, filename, **options):
        super().to_filename(filename, **options)
        Path(filename).chmod(0o600)


# Damage.


@breaks("files_cut_short", "voxels_that_are_not_there")
class FillsUpWithZeros(Intact):
    @classmethod
    def voxels_of(cls, header, source, **options):
        padded = source.read_upto(0, source.most()).ljust(1000, b"\0")
        return super().voxels_of(header, BytesSource(padded, source.name), **options)


@breaks("wrong_checksums")
class NeverVerifies(Intact):
    compression = ".gz"

    @classmethod
    def from_file_map(cls, file_map, **options):
        packed = Path(file_map["image"].filename).read_bytes()
        try:
            data = zlib.decompressobj(wbits=31).decompress(packed[:-8])  # 8 bytes verify the rest
        except zlib.error as error:
            raise CorruptFileError("no gzip data") from error
        return super().from_file_map({"image": FileHolder(fileobj=io.BytesIO(data))}, **options)


@breaks("flipped_bits", "headers_at_extremes")
class RaisesAnything(Intact):
    @classmethod
    def from_file_map(cls, file_map, **options):
        try:
            return super().from_file_map(file_map, **options)
        except volio.VolioError as error:
            raise KeyError("field") from error


@breaks("huge_declarations_take_no_memory")
class AsksForMemory(Intact):
    @classmethod
    def from_file_map(cls, file_map, **options):
        img = super().from_file_map(file_map, **options)
        np.empty(min(img.dataobj.size, 10**8), np.uint8)
        return img


@breaks("a_changed_file_is_noticed")
class ReadsTheFileOnOpening(Intact):
    @classmethod
    def voxels_of(cls, header, source, **options):
        everything = source.read_upto(0, source.most())
        return super().voxels_of(header, BytesSource(everything, source.name), **options)
