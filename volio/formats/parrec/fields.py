"""The fields of PAR and XML headers of Philips: names, types, and where each version has them.

Source: the comments in .PAR files themselves, versions 3 to 4.2, and .xml files of release 5.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from volio.codes import table_rows

__all__ = ["GENERAL", "IMAGE_COLUMNS", "IMAGE_DEFS", "V3_GENERAL", "Field"]


class Field(NamedTuple):
    """A field of a header.

    Parameters
    ----------
    name : str
        Its name in `general_info` or `image_defs`.
    kind : type or 'S30'
        Of its values: str, int or float; 'S30' for text in records.
    length : int
        How many values it has; 0 for any number, as an array.
    text : str
        Its name in the general information of .PAR files, in lower case; "" for fields of images.
    attributes : tuple of str
        Names of the attributes in .xml files that hold its values.
    """

    name: str
    kind: Any
    length: int
    text: str
    attributes: tuple[str, ...]


KINDS: dict[str, Any] = {"str": str, "int": int, "float": float, "S30": "S30"}
LENGTHS = {"": 1, "2": 2, "3": 3, "*": 0}


def _fields(table: str) -> list[Field]:
    """Return fields from lines of: name | type and number | name in .PAR files | in .xml files.

    A name in .xml files like ``FOV AP/FH/RL`` stands for ``FOV AP``, ``FOV FH`` and ``FOV RL``.
    """
    fields = []
    for name, numbered, text, attribute in table_rows(table):
        kind = numbered.rstrip("23*")
        length = LENGTHS[numbered.removeprefix(kind)]
        first, _, last = attribute.rpartition(" ")
        attributes = tuple(f"{first} {word}".strip() for word in last.split("/") if word)
        fields.append(Field(name, KINDS[kind], length, text, attributes))
    return fields


def _column(field: Field) -> tuple[Any, ...]:
    """Return a column of records, as numpy describes it."""
    shape = [(field.length,)] if field.length > 1 else []
    return (field.name, field.kind, *shape)


#: General information; what has two names in .PAR files has two lines.
GENERAL = _fields("""
patient_name         | str    | patient name | Patient Name
exam_name            | str    | examination name | Examination Name
protocol_name        | str    | protocol name | Protocol Name
exam_date            | str    | examination date/time | Examination Date/Time
series_type          | str    | series type |
series_type          | str    | series_data_type |
acq_nr               | int    | acquisition nr | Aquisition Number
recon_nr             | int    | reconstruction nr | Reconstruction Number
scan_duration        | float  | scan duration [sec] | Scan Duration
max_cardiac_phases   | int    | max. number of cardiac phases | Max No Phases
max_echoes           | int    | max. number of echoes | Max No Echoes
max_slices           | int    | max. number of slices/locations | Max No Slices
max_dynamics         | int    | max. number of dynamics | Max No Dynamics
max_mixes            | int    | max. number of mixes | Max No Mixes
patient_position     | str    | patient position | Patient Position
prep_direction       | str    | preparation direction | Preparation Direction
tech                 | str    | technique | Technique
scan_resolution      | int2   | scan resolution (x, y) | Scan Resolution X/Y
scan_mode            | str    | scan mode | Scan Mode
repetition_time      | float* | repetition time [ms] | Repetition Times
repetition_time      | float* | repetition time [msec] |
fov                  | float3 | fov (ap,fh,rl) [mm] | FOV AP/FH/RL
water_fat_shift      | float  | water fat shift [pixels] | Water Fat Shift
angulation           | float3 | angulation midslice(ap,fh,rl)[degr] | Angulation AP/FH/RL
off_center           | float3 | off centre midslice(ap,fh,rl) [mm] | Off Center AP/FH/RL
flow_compensation    | int    | flow compensation <0=no 1=yes> ? | Flow Compensation
presaturation        | int    | presaturation <0=no 1=yes> ? | Presaturation
phase_enc_velocity   | float3 | phase encoding velocity [cm/sec] | Phase Encoding Velocity
mtc                  | int    | mtc <0=no 1=yes> ? | MTC
spir                 | int    | spir <0=no 1=yes> ? | SPIR
epi_factor           | int    | epi factor <0,1=no epi> | EPI factor
dyn_scan             | int    | dynamic scan <0=no 1=yes> ? | Dynamic Scan
diffusion            | int    | diffusion <0=no 1=yes> ? | Diffusion
diffusion_echo_time  | float  | diffusion echo time [ms] | Diffusion Echo Time
diffusion_echo_time  | float  | diffusion echo time [msec] |
max_diffusion_values | int    | max. number of diffusion values | Max No B Values
max_gradient_orient  | int    | max. number of gradient orients | Max No Gradient Orients
nr_label_types       | int    | number of label types <0=no asl> | No Label Types
""")

#: What version 3 states once and later ones for each image: its field in the records of images.
V3_GENERAL = _fields("""
image pixel size     | int    | image pixel size [8 or 16 bits] |
recon resolution     | int2   | recon resolution (x, y) |
slice thickness      | float  | slice thickness [mm] |
slice gap            | float  | slice gap [mm] |
scan percentage      | float  | scan percentage |
number of averages   | int    | number of averages |
cardiac frequency    | int    | cardiac frequency |
minimum RR-interval  | int    | min. rr interval |
maximum RR-interval  | int    | max. rr interval |
TURBO factor         | int    | turbo factor <0=no turbo> |
Inversion delay      | float  | inversion delay [msec] |
""")

# The columns of the line of an image: those of version 4, and those that later versions add.
_V4 = _fields("""
slice number                | int    | | Slice
echo number                 | int    | | Echo
dynamic scan number         | int    | | Dynamic
cardiac phase number        | int    | | Phase
image_type_mr               | int    | | Type
scanning sequence           | int    | | Sequence
index in REC file           | int    | | Index
image pixel size            | int    | | Pixel Size
scan percentage             | int    | | Scan Percentage
recon resolution            | int2   | | Resolution X/Y
rescale intercept           | float  | | Rescale Intercept
rescale slope               | float  | | Rescale Slope
scale slope                 | float  | | Scale Slope
window center               | float  | | Window Center
window width                | float  | | Window Width
image angulation            | float3 | | Angulation AP/FH/RL
image offcentre             | float3 | | Offcenter AP/FH/RL
slice thickness             | float  | | Slice Thickness
slice gap                   | float  | | Slice Gap
image_display_orientation   | int    | | Display Orientation
slice orientation           | int    | | Slice Orientation
fmri_status_indication      | int    | | fMRI Status Indication
image_type_ed_es            | int    | | Image Type Ed Es
pixel spacing               | float2 | | Pixel Spacing
echo_time                   | float  | | Echo Time
dyn_scan_begin_time         | float  | | Dyn Scan Begin Time
trigger_time                | float  | | Trigger Time
diffusion_b_factor          | float  | | Diffusion B Factor
number of averages          | int    | | No Averages
image_flip_angle            | float  | | Image Flip Angle
cardiac frequency           | int    | | Cardiac Frequency
minimum RR-interval         | int    | | Min RR Interval
maximum RR-interval         | int    | | Max RR Interval
TURBO factor                | int    | | TURBO Factor
Inversion delay             | float  | | Inversion Delay
""")
_ADDED_BY_V41 = _fields("""
diffusion b value number    | int    | | BValue
gradient orientation number | int    | | Grad Orient
contrast type               | S30    | | Contrast Type
diffusion anisotropy type   | S30    | | Diffusion Anisotropy Type
diffusion                   | float3 | | Diffusion AP/FH/RL
""")
_ADDED_BY_V42 = _fields("""
label type                  | int    | | Label Type
""")
_STATED_ONCE = {field.name for field in V3_GENERAL}

#: The columns of each version, in their order.
IMAGE_COLUMNS: dict[str, list[Field]] = {
    "V3": [field for field in _V4 if field.name not in _STATED_ONCE],
    "V4": _V4,
    "V4.1": [*_V4, *_ADDED_BY_V41],
    "V4.2": [*_V4, *_ADDED_BY_V41, *_ADDED_BY_V42],
}

#: The same as descriptions of numpy dtypes.
IMAGE_DEFS: dict[str, list[Any]] = {
    version: list(map(_column, fields)) for version, fields in IMAGE_COLUMNS.items()
}
