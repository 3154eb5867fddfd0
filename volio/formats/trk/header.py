"""The header of a .trk file, and where it puts its points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import AffineError, HeaderDataError, OrientationError
from volio.images.headers.checks import Check, Problem, not_negative_check
from volio.images.headers.record import Record, record_layout
from volio.space.affines import check_affine, from_matvec, spans_space, voxel_sizes
from volio.space.orientations import (
    aff2axcodes,
    axcodes2ornt,
    inv_ornt_aff,
    io_orientation,
    ornt_transform,
)
from volio.tracts.grid import Grid

__all__ = ["HEADER", "LARGEST_GRID", "MOST_COLUMNS", "TrkHeader"]

HEADER = record_layout("""
S6      id_string       # "TRACK"
<i2*3   dim             # voxels along each axis, in the order of voxel_order
<f4*3   voxel_size      # mm
<f4*3   origin          # not used by any program
<i2     n_scalars       # values of each point
S20*10  scalar_name     # of one value, or "name\\0k" of k values
<i2     n_properties    # values of each line
S20*10  property_name   # as scalar_name
<f4*4*4 vox_to_ras      # voxel indices to scanner RAS+ mm; [3][3] is 0 where it is not recorded
S444    reserved        # DSI Studio: a report
S4      voxel_order     # axis codes of the coordinates; empty: LPS
S4      pad2            # older axis codes
<f4*6   image_orientation_patient # of DICOM
S2      pad1
u1      invert_x invert_y invert_z swap_xy swap_yz swap_zx # of the display of TrackVis
<i4     n_count         # lines; 0 where it is not recorded
<i4     version         # 1 has no vox_to_ras
<i4     hdr_size        # 1000
""")

#: More values of a point or a line than any program writes.
MOST_COLUMNS = 4096
#: Voxels along an axis, which are int16.
LARGEST_GRID = 2**15 - 1
VERSIONS = (1, 2, 3)
#: What `image_orientation_patient` is in files of DSI Studio.
DSI_ORIENTATION = (1, 0, 0, 0, 1, 0)

Origin = Literal["corner", "centre"]


def _magic_problem(header: TrkHeader) -> Problem:
    found = bytes(header["id_string"].item())
    return None if found.startswith(b"TRACK") else f"must be b'TRACK', got {found!r}"


def _size_problem(header: TrkHeader) -> Problem:
    found = int(header["hdr_size"])
    return None if found == HEADER.itemsize else f"must be {HEADER.itemsize}, got {found}"


def _version_problem(header: TrkHeader) -> Problem:
    found = int(header["version"])
    return None if found in VERSIONS else f"must be one of {list(VERSIONS)}, got {found}"


def _columns_check(field: str) -> Check:
    """Return a check that a number of values is one that a file can have."""

    def find(header: TrkHeader) -> Problem:
        found = int(header[field])
        return None if 0 <= found <= MOST_COLUMNS else f"must be 0 to {MOST_COLUMNS}, got {found}"

    return Check(field, find, 40)


def _voxel_size_problem(header: TrkHeader) -> Problem:
    sizes = header["voxel_size"]
    if np.isfinite(sizes).all() and (sizes > 0).all():
        return None
    return f"must be above 0 and finite, got {sizes.tolist()}"


def _affine_problem(header: TrkHeader) -> Problem:
    if not header.has_affine:
        return None
    try:
        is_usable = spans_space(check_affine(header.affine))
    except AffineError:
        is_usable = False
    return None if is_usable else f"must be an affine with an inverse, got {header['vox_to_ras']}"


def _order_problem(header: TrkHeader) -> Problem:
    try:
        axes = sorted(axcodes2ornt(header.axis_codes)[:, 0])
    except OrientationError:
        axes = []
    return None if axes == [0, 1, 2] else f"must be axis codes, as LPS, got {header.axis_codes!r}"


class TrkHeader(Record):
    """The header of a .trk file.

    Parameters
    ----------
    binaryblock : bytes, optional
        The 1000 bytes of the header (default: of no lines, in a grid of one voxel of 1 mm).
    endianness : str, optional
        Byte order: '<' or '>' (default: guessed from ``hdr_size``).
    check : bool
        Check the fields.

    Raises
    ------
    HeaderDataError
        If the fields make no sense.

    Examples
    --------
    >>> header = volio.TrkHeader()
    >>> header["voxel_order"] = b"LPS"
    >>> header.axis_codes, header.grid.shape, len(header.binaryblock)
    ('LPS', (1, 1, 1), 1000)
    """

    layout = HEADER
    byte_orders = ("<", ">")
    defaults = {
        "id_string": b"TRACK",
        "dim": 1,
        "voxel_size": 1,
        "vox_to_ras": np.eye(4),
        "voxel_order": b"RAS",
        "version": 2,
        "hdr_size": HEADER.itemsize,
    }
    checks = (
        Check("id_string", _magic_problem, 40),
        Check("hdr_size", _size_problem, 40),
        Check("version", _version_problem, 40),
        _columns_check("n_scalars"),
        _columns_check("n_properties"),
        not_negative_check("n_count"),
        not_negative_check("dim"),
        Check("voxel_size", _voxel_size_problem, 40),
        Check("voxel_order", _order_problem, 40),
        Check("vox_to_ras", _affine_problem, 40),
    )

    @classmethod
    def guessed_endian(cls, hdr: Any) -> Literal["<", ">"]:
        """Return the byte order, by the size of the header, which each file has."""
        return ">" if hdr["hdr_size"] == np.int32(HEADER.itemsize).byteswap() else "<"

    @classmethod
    def from_header(cls, header: Any = None, check: bool = True) -> Self:
        """Return a copy of a header of this class; of others nothing is taken over."""
        return header.copy() if isinstance(header, cls) else cls()

    @property
    def has_affine(self) -> bool:
        """Whether the file says where its voxels are."""
        return bool(self["version"] > 1 and self["vox_to_ras"][3, 3] != 0)

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm; the identity where it is not recorded."""
        return self["vox_to_ras"].astype(np.float64) if self.has_affine else np.eye(4)

    @property
    def axis_codes(self) -> str:
        """Axis codes of the coordinates: ``"LPS"``."""
        found = bytes(self["voxel_order"].item()).partition(b"\0")[0].decode("latin-1").strip()
        return found.upper() or "LPS"

    @property
    def report(self) -> str:
        """The text that DSI Studio writes, or other programs in its place."""
        return bytes(self["reserved"].item()).partition(b"\0")[0].decode("latin-1").strip()

    @property
    def is_of_dsi_studio(self) -> bool:
        """Whether all that marks a file of DSI Studio is there."""
        orders = (self.axis_codes, bytes(self["pad2"].item()).rstrip(b"\0 ").decode("latin-1"))
        orientation = tuple(self["image_orientation_patient"].tolist())
        return orders == ("LPS", "LPS") and orientation == DSI_ORIENTATION and bool(self.report)

    @property
    def grid(self) -> Grid | None:
        """The volume of voxels, its axes those of ``vox_to_ras``; None where it is not recorded."""
        if not self.has_affine:
            return None
        shape = [0, 0, 0]
        for axis, length in zip(self._reorientation()[:, 0], self["dim"], strict=True):
            shape[int(axis)] = int(length)
        return Grid((shape[0], shape[1], shape[2]), self.affine)

    def set_grid(self, grid: Grid) -> None:
        """Set size, place and order of voxels."""
        self["dim"] = np.minimum(grid.shape, LARGEST_GRID)
        self["voxel_size"] = voxel_sizes(grid.affine)
        self["vox_to_ras"] = grid.affine
        self["voxel_order"] = "".join(aff2axcodes(self["vox_to_ras"])).encode()
        self["version"] = max(2, int(self["version"]))

    def world_affine(self, origin: Origin = "corner") -> NDArray[np.float64]:
        """Return the affine from the coordinates of the file to scanner RAS+ mm.

        Parameters
        ----------
        origin : {"corner", "centre"}
            Of the first voxel: where coordinates are 0.
        """
        half = 0.5 if origin == "corner" else 0.0
        to_voxels = from_matvec(np.diag(1 / self["voxel_size"].astype(np.float64)), [-half] * 3)
        # From the voxels before the reorientation to those after it.
        reorient = np.linalg.inv(inv_ornt_aff(self._reorientation(), self["dim"].tolist()))
        moved: NDArray[np.float64] = self.affine @ reorient @ to_voxels
        return moved

    def _reorientation(self) -> NDArray[Any]:
        """Return the orientation that turns the axes of coordinates into those of the affine."""
        return ornt_transform(axcodes2ornt(self.axis_codes), io_orientation(self.affine))

    def names(self, field: str) -> list[tuple[str, int]]:
        """Return the names of values, and how many columns each has.

        Parameters
        ----------
        field : {"scalar_name", "property_name"}
        """
        counts = {"scalar_name": "n_scalars", "property_name": "n_properties"}
        left = int(self[counts[field]])
        found: list[tuple[str, int]] = []
        for stored in self[field].tolist():
            name, _, number = bytes(stored).partition(b"\0")
            # Programs in Matlab fill names up with blanks.
            text = name.decode("latin-1").strip()
            columns = min(_columns_of(number), left)
            if text and columns:
                found.append((text, columns))
                left -= columns
        if left:
            found.append((counts[field].removeprefix("n_"), left))
        return found

    def set_names(self, field: str, names: Sequence[tuple[str, int]]) -> list[str]:
        """Set the names of values, and how many there are.

        Parameters
        ----------
        field : {"scalar_name", "property_name"}
        names : sequence of (str, int)
            Name and number of columns.

        Returns
        -------
        list of str
            Names for which there is no room: they are cut, or their values have no name.

        Raises
        ------
        HeaderDataError
            If there are too many columns.
        """
        counts = {"scalar_name": "n_scalars", "property_name": "n_properties"}
        total = sum(columns for _, columns in names)
        if total > MOST_COLUMNS:
            raise HeaderDataError(f"{counts[field]}: at most {MOST_COLUMNS}, got {total} values")
        room = len(self[field])
        stored = [
            _packed(name, columns, number) for number, (name, columns) in enumerate(names[:room])
        ]
        self[field] = [*stored, *[b""] * (room - len(stored))]
        self[counts[field]] = total
        kept = {name for name, _ in self.names(field)}
        return [name for name, _ in names if name not in kept]


def _columns_of(number: bytes) -> int:
    """Return the number of columns of a name: 1, or what is written there."""
    digits = number.partition(b"\0")[0]
    return int(digits) if digits.isdigit() and len(digits) <= 4 else 1


def _packed(name: str, columns: int, number: int) -> bytes:
    """Return a name, and its number of columns where that is not 1, in 20 bytes.

    A name without letters would give its values to the next one.
    """
    count = b"" if columns == 1 else b"\0%d" % columns
    text = name.replace("\0", " ").strip() or f"values {number}"
    return text.encode("latin-1", "replace")[: 20 - len(count)] + count
