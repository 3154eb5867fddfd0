"""The MGH header, and the footer after the voxels.

Source: https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from volio.arrays.dtypes import Floats, dtype_table
from volio.arrays.encodings.decimals import decimals, field_decimal
from volio.errors import HeaderDataError
from volio.formats.containers.freesurfer.command_lines import split_tags, tag_of_line
from volio.images.headers.checks import Check, Problem, known_code_check, not_negative_check
from volio.images.headers.footer import FooterHeader
from volio.images.headers.metadata import Metadata
from volio.images.headers.record import record_layout
from volio.images.headers.shape_checks import (
    Shape,
    Sizes,
    check_shape,
    check_stored_sizes,
    check_zooms,
    first_axes,
)
from volio.images.headers.units import acquisition_from, acquisition_to, quantities
from volio.images.label_tables.text_files import Rows
from volio.space.affines import (
    anchored_affine,
    apply_affine,
    check_affine,
    directions,
    voxel_sizes,
)

__all__ = ["DATA_OFFSET", "FOOTER", "HEADER", "MGHHeader", "data_type_codes"]

HEADER = record_layout("""
>i4     version     # 1 in the lowest byte, above it an intent code
>i4*4   dims        # width, height, depth, frames
>i4     type        # kind of voxel
>i4     dof         # degrees of freedom
>i2     goodRASFlag # whether the next three fields are set
>f4*3   delta       # size of a voxel, mm
>f4*3*3 Mdc         # direction of each voxel axis in RAS+, one a row
>f4*3   Pxyz_c      # RAS+ mm of voxel dims / 2
""")

FOOTER = record_layout("""
>f4 tr         # repetition time, ms
>f4 flip_angle # radians
>f4 te         # echo time, ms
>f4 ti         # inversion time, ms
>f4 fov        # field of view, mm
""")

#: Lowest byte of the field of that name.
VERSION = 1

#: Byte at which the voxels begin; what the header leaves free before them is kept.
DATA_OFFSET = 284

#: Kinds of voxels.
data_type_codes = dtype_table("""
0  | uint8  | uint8   | MRI_UCHAR
1  | int32  | int32   | MRI_INT
3  | float  | float32 | MRI_FLOAT
4  | int16  | int16   | MRI_SHORT
10 | uint16 | uint16  | MRI_USHRT
""")

GEOMETRY = ("delta", "Mdc", "Pxyz_c")

#: Directions of a coronal volume, one a row: left, inferior, anterior.
CORONAL = np.array([[-1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64)

REPETITION_TIME, *QUANTITIES = quantities("""
tr         | repetition time | ms
te         | echo time       | ms
ti         | inversion time  | ms
flip_angle | flip angle      | radians
fov        | field of view   | mm
""")


def _version_problem(header: MGHHeader) -> Problem:
    version = int(header["version"])
    return None if version & 0xFF == VERSION else f"must be {VERSION}, got {version}"


def _geometry_problem(header: MGHHeader) -> Problem:
    odd = [field for field in GEOMETRY if not np.isfinite(header[field]).all()]
    if header["goodRASFlag"] <= 0 or not odd:
        return None
    found = header[odd[0]].tolist()
    return f"{', '.join(GEOMETRY)} must be finite where it is set, got {odd[0]} {found}"


def _without_table(tags: bytes) -> bytes:
    """Return tags but for the table of colours, whose labels are handed over by themselves."""
    if not tags:
        return tags
    from volio.formats.containers.freesurfer.label_rows import without_table  # few volumes have one

    return without_table(tags)


class MGHHeader(FooterHeader):
    """The header of an MGH file, with the fields of the footer after the voxels.

    Parameters
    ----------
    binaryblock : bytes, optional
        The 90 bytes of the header and, perhaps, the 20 of the footer (default: default ones).
    endianness : str, optional
        Byte order: '>' only.
    check : bool
        Check the fields.

    Attributes
    ----------
    tags : bytes
        What the file has after the footer, kept as it is.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.

    Examples
    --------
    >>> header = volio.MGHHeader()
    >>> header.set_data_shape((256, 256, 256))
    >>> header.get_data_shape(), header.get_data_offset()
    ((256, 256, 256), 284)
    """

    layout = np.dtype([*HEADER.descr, *FOOTER.descr])
    footer = FOOTER
    offset = DATA_OFFSET
    byte_orders = (">",)
    data_types = data_type_codes
    type_field = "type"
    codes = {"type": data_type_codes}
    defaults = {
        "version": VERSION,
        "dims": 1,
        "type": data_type_codes["float"],
        "goodRASFlag": 1,
        "delta": 1,
        "Mdc": CORONAL,
    }
    checks = (
        Check("version", _version_problem, 40),
        not_negative_check("dims"),
        known_code_check("type"),
        Check("goodRASFlag", _geometry_problem, 40),
    )
    time_unit = 1e-3

    tags = FooterHeader.rest
    writehdr_to = FooterHeader.write_to
    writeftr_to = FooterHeader.write_footer_to

    @property
    def shape(self) -> Shape:
        """Shape of the voxel array: three axes, or four where there are several frames."""
        dims = self["dims"].tolist()
        return tuple(dims[:3] if dims[3] == 1 else dims)

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths = check_shape(value, axes=4, largest=2**31 - 1, holder="MGH")
        self["dims"] = first_axes(lengths, 4)

    @property
    def zooms(self) -> Sizes:
        """Sizes of a voxel, mm, without the sign of some files; of frames also their time, ms."""
        sizes = decimals(np.abs(self._geometry()[0]).tolist())
        return (*sizes, field_decimal(self["tr"])) if len(self.shape) > 3 else sizes

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = check_zooms(value, len(self.shape), fewest=3, zero=False)
        self._store(sizes[:3], *self._geometry()[1:])
        if len(sizes) > 3:
            self["tr"] = sizes[3]

    def _geometry(self) -> tuple[Floats, Floats, Floats]:
        """Sizes, directions (one a row) and centre; a coronal volume where none are stated."""
        if self["goodRASFlag"] <= 0:
            return np.ones(3), CORONAL, np.zeros(3)
        with np.errstate(invalid="ignore"):  # signalling NaN, where fields were not checked
            sizes, axes, centre = (self[field].astype(np.float64) for field in GEOMETRY)
        return sizes, axes, centre

    def check_loaded(self) -> None:
        """Check that the voxels of a volume fill it; values of a surface have no place."""
        if np.any(self["dims"][1:3] > 1):
            super().check_loaded()

    def _store(self, sizes: ArrayLike, axes: ArrayLike, centre: ArrayLike) -> None:
        check_stored_sizes("delta", np.abs(sizes).tolist(), self.layout["delta"].base)
        self.update({"Pxyz_c": centre, "delta": sizes, "Mdc": axes})
        self["goodRASFlag"] = 1

    @property
    def affine(self) -> Floats:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        sizes, axes, centre = self._geometry()
        return anchored_affine(axes.T * sizes, self["dims"][:3] / 2, centre)

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine: voxel sizes, directions, and the position of the centre.

        Parameters
        ----------
        affine : (4, 4) array-like
            Voxel indices to scanner RAS+ mm.
        """
        matrix = check_affine(affine)
        centre = apply_affine(matrix, self["dims"][:3] / 2)
        self._store(voxel_sizes(matrix), directions(matrix).T, centre)

    get_affine = FooterHeader.get_best_affine
    get_vox2ras = FooterHeader.get_best_affine

    def get_ras2vox(self) -> Floats:
        """Return the affine from scanner RAS+ mm to voxels.

        Raises
        ------
        HeaderDataError
            If the header's affine cannot be inverted.
        """
        try:
            return np.asarray(np.linalg.inv(self.affine), np.float64)
        except np.linalg.LinAlgError as error:
            raise HeaderDataError(f"delta, Mdc: {error}") from error

    def get_vox2ras_tkr(self) -> Floats:
        """Return the affine from voxels to the RAS+ mm of FreeSurfer's surfaces.

        The volume is taken for a coronal one with its centre at the origin.
        """
        return anchored_affine(CORONAL.T * self._geometry()[0], self["dims"][:3] / 2)

    def label_rows(self) -> Rows | None:
        """Return the labels of the table of colours among the tags; None where there is none.

        Raises
        ------
        HeaderDataError
            If the table makes no sense.
        """
        from volio.formats.containers.freesurfer.label_rows import (
            label_rows,  # few volumes have them
        )

        return label_rows(self.tags) if self.tags else None

    def set_label_rows(self, rows: Rows | None) -> None:
        """Store labels as a table of colours among the tags; None takes it away."""
        from volio.formats.containers.freesurfer.label_rows import (
            with_rows,  # few volumes have them
        )

        self.tags = with_rows(self.tags, rows)

    def metadata(self) -> Metadata:
        """Return the metadata in footer and tags."""
        found = super().metadata()
        # Of several frames the repetition time is the fourth voxel size.
        known = QUANTITIES if found.step is not None else [*QUANTITIES, REPETITION_TIME]
        fields = {each.field: field_decimal(self[each.field]) for each in known}
        stated = {field: value for field, value in fields.items() if value}
        lines, others = split_tags(_without_table(self.tags))
        intent = int(self["version"]) >> 8
        return replace(
            found,
            acquisition=acquisition_from(stated.get, known),
            history="\n".join(lines),
            others=(
                *(("tags of FreeSurfer",) if others else ()),
                *((f"intent {intent} of FreeSurfer",) if intent else ()),
            ),
        )

    def set_metadata(self, metadata: Metadata) -> None:
        """Take times and angles of the acquisition, and the history as tags."""
        fields = acquisition_to(metadata.acquisition, (*QUANTITIES, REPETITION_TIME))
        for quantity in QUANTITIES:
            self[quantity.field] = fields.get(quantity.field, 0)
        if metadata.step is None:
            self["tr"] = fields.get("tr", 0)
        elif metadata.unit not in ("", "s"):  # not a time
            self["tr"] = 0
        if metadata.history:
            others = split_tags(self.tags)[1]
            self.tags = others + b"".join(map(tag_of_line, metadata.history.splitlines()))
