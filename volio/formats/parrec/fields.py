"""The fields of PAR and XML headers of Philips: names, types, and where each version has them.

Source: the comments in .PAR files themselves, versions 3 to 4.2, and .xml files of release 5.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["GENERAL", "IMAGE_DEFS", "V3_GENERAL", "XML_GENERAL", "XML_IMAGE", "Field", "columns_of"]


class Field(NamedTuple):
    """A field of a header: its name, the type of its values, and their number."""

    name: str
    kind: Any = str
    length: int = 1  # 0: any number, as an array


#: By the text in .PAR files, lower case and with single spaces.
GENERAL: dict[str, Field] = {
    "patient name": Field("patient_name"),
    "examination name": Field("exam_name"),
    "protocol name": Field("protocol_name"),
    "examination date/time": Field("exam_date"),
    "series type": Field("series_type"),
    "series_data_type": Field("series_type"),
    "acquisition nr": Field("acq_nr", int),
    "reconstruction nr": Field("recon_nr", int),
    "scan duration [sec]": Field("scan_duration", float),
    "max. number of cardiac phases": Field("max_cardiac_phases", int),
    "max. number of echoes": Field("max_echoes", int),
    "max. number of slices/locations": Field("max_slices", int),
    "max. number of dynamics": Field("max_dynamics", int),
    "max. number of mixes": Field("max_mixes", int),
    "patient position": Field("patient_position"),
    "preparation direction": Field("prep_direction"),
    "technique": Field("tech"),
    "scan resolution (x, y)": Field("scan_resolution", int, 2),
    "scan mode": Field("scan_mode"),
    "repetition time [ms]": Field("repetition_time", float, 0),
    "repetition time [msec]": Field("repetition_time", float, 0),
    "fov (ap,fh,rl) [mm]": Field("fov", float, 3),
    "water fat shift [pixels]": Field("water_fat_shift", float),
    "angulation midslice(ap,fh,rl)[degr]": Field("angulation", float, 3),
    "off centre midslice(ap,fh,rl) [mm]": Field("off_center", float, 3),
    "flow compensation <0=no 1=yes> ?": Field("flow_compensation", int),
    "presaturation <0=no 1=yes> ?": Field("presaturation", int),
    "phase encoding velocity [cm/sec]": Field("phase_enc_velocity", float, 3),
    "mtc <0=no 1=yes> ?": Field("mtc", int),
    "spir <0=no 1=yes> ?": Field("spir", int),
    "epi factor <0,1=no epi>": Field("epi_factor", int),
    "dynamic scan <0=no 1=yes> ?": Field("dyn_scan", int),
    "diffusion <0=no 1=yes> ?": Field("diffusion", int),
    "diffusion echo time [ms]": Field("diffusion_echo_time", float),
    "diffusion echo time [msec]": Field("diffusion_echo_time", float),
    "max. number of diffusion values": Field("max_diffusion_values", int),
    "max. number of gradient orients": Field("max_gradient_orient", int),
    "number of label types <0=no asl>": Field("nr_label_types", int),
}

#: What version 3 states once and later ones for each image: its field in the records of images.
V3_GENERAL: dict[str, Field] = {
    "image pixel size [8 or 16 bits]": Field("image pixel size", int),
    "recon resolution (x, y)": Field("recon resolution", int, 2),
    "slice thickness [mm]": Field("slice thickness", float),
    "slice gap [mm]": Field("slice gap", float),
    "scan percentage": Field("scan percentage", float),
    "number of averages": Field("number of averages", int),
    "cardiac frequency": Field("cardiac frequency", int),
    "min. rr interval": Field("minimum RR-interval", int),
    "max. rr interval": Field("maximum RR-interval", int),
    "turbo factor <0=no turbo>": Field("TURBO factor", int),
    "inversion delay [msec]": Field("Inversion delay", float),
}

_KEYS: list[Any] = [
    ("slice number", int),
    ("echo number", int),
    ("dynamic scan number", int),
    ("cardiac phase number", int),
    ("image_type_mr", int),
    ("scanning sequence", int),
    ("index in REC file", int),
]
_SCALE: list[Any] = [
    ("rescale intercept", float),
    ("rescale slope", float),
    ("scale slope", float),
    ("window center", float),
    ("window width", float),
    ("image angulation", float, (3,)),
    ("image offcentre", float, (3,)),
]
_INFO: list[Any] = [
    ("image_display_orientation", int),
    ("slice orientation", int),
    ("fmri_status_indication", int),
    ("image_type_ed_es", int),
    ("pixel spacing", float, (2,)),
    ("echo_time", float),
    ("dyn_scan_begin_time", float),
    ("trigger_time", float),
    ("diffusion_b_factor", float),
]
_V4: list[Any] = [
    *_KEYS,
    ("image pixel size", int),
    ("scan percentage", int),
    ("recon resolution", int, (2,)),
    *_SCALE,
    ("slice thickness", float),
    ("slice gap", float),
    *_INFO,
    ("number of averages", int),
    ("image_flip_angle", float),
    ("cardiac frequency", int),
    ("minimum RR-interval", int),
    ("maximum RR-interval", int),
    ("TURBO factor", int),
    ("Inversion delay", float),
]
_V41: list[Any] = [
    *_V4,
    ("diffusion b value number", int),
    ("gradient orientation number", int),
    ("contrast type", "S30"),
    ("diffusion anisotropy type", "S30"),
    ("diffusion", float, (3,)),
]

#: The columns of a line for one image, by version.
IMAGE_DEFS: dict[str, list[Any]] = {
    "V3": [*_KEYS, *_SCALE, *_INFO, ("image_flip_angle", float)],
    "V4": _V4,
    "V4.1": _V41,
    "V4.2": [*_V41, ("label type", int)],
}

#: General information by the names of attributes in .xml files.
XML_GENERAL: dict[str, tuple[str, ...]] = {
    "patient_name": ("Patient Name",),
    "exam_name": ("Examination Name",),
    "protocol_name": ("Protocol Name",),
    "exam_date": ("Examination Date", "Examination Time"),
    "acq_nr": ("Aquisition Number",),
    "recon_nr": ("Reconstruction Number",),
    "scan_duration": ("Scan Duration",),
    "max_cardiac_phases": ("Max No Phases",),
    "max_echoes": ("Max No Echoes",),
    "max_slices": ("Max No Slices",),
    "max_dynamics": ("Max No Dynamics",),
    "max_mixes": ("Max No Mixes",),
    "max_diffusion_values": ("Max No B Values",),
    "max_gradient_orient": ("Max No Gradient Orients",),
    "nr_label_types": ("No Label Types",),
    "patient_position": ("Patient Position",),
    "prep_direction": ("Preparation Direction",),
    "tech": ("Technique",),
    "scan_resolution": ("Scan Resolution X", "Scan Resolution Y"),
    "scan_mode": ("Scan Mode",),
    "repetition_time": ("Repetition Times",),
    "fov": ("FOV AP", "FOV FH", "FOV RL"),
    "water_fat_shift": ("Water Fat Shift",),
    "angulation": ("Angulation AP", "Angulation FH", "Angulation RL"),
    "off_center": ("Off Center AP", "Off Center FH", "Off Center RL"),
    "flow_compensation": ("Flow Compensation",),
    "presaturation": ("Presaturation",),
    "phase_enc_velocity": ("Phase Encoding Velocity",),
    "mtc": ("MTC",),
    "spir": ("SPIR",),
    "epi_factor": ("EPI factor",),
    "dyn_scan": ("Dynamic Scan",),
    "diffusion": ("Diffusion",),
    "diffusion_echo_time": ("Diffusion Echo Time",),
}

#: Fields of an image by the names of attributes in .xml files; those that are left out are 0.
XML_IMAGE: dict[str, tuple[str, ...]] = {
    "slice number": ("Slice",),
    "echo number": ("Echo",),
    "dynamic scan number": ("Dynamic",),
    "cardiac phase number": ("Phase",),
    "image_type_mr": ("Type",),
    "scanning sequence": ("Sequence",),
    "index in REC file": ("Index",),
    "diffusion b value number": ("BValue",),
    "gradient orientation number": ("Grad Orient",),
    "label type": ("Label Type",),
    "image pixel size": ("Pixel Size",),
    "scan percentage": ("Scan Percentage",),
    "recon resolution": ("Resolution X", "Resolution Y"),
    "rescale intercept": ("Rescale Intercept",),
    "rescale slope": ("Rescale Slope",),
    "scale slope": ("Scale Slope",),
    "window center": ("Window Center",),
    "window width": ("Window Width",),
    "image angulation": ("Angulation AP", "Angulation FH", "Angulation RL"),
    "image offcentre": ("Offcenter AP", "Offcenter FH", "Offcenter RL"),
    "slice thickness": ("Slice Thickness",),
    "slice gap": ("Slice Gap",),
    "image_display_orientation": ("Display Orientation",),
    "slice orientation": ("Slice Orientation",),
    "fmri_status_indication": ("fMRI Status Indication",),
    "image_type_ed_es": ("Image Type Ed Es",),
    "pixel spacing": ("Pixel Spacing",),
    "echo_time": ("Echo Time",),
    "dyn_scan_begin_time": ("Dyn Scan Begin Time",),
    "trigger_time": ("Trigger Time",),
    "diffusion_b_factor": ("Diffusion B Factor",),
    "number of averages": ("No Averages",),
    "image_flip_angle": ("Image Flip Angle",),
    "cardiac frequency": ("Cardiac Frequency",),
    "minimum RR-interval": ("Min RR Interval",),
    "maximum RR-interval": ("Max RR Interval",),
    "TURBO factor": ("TURBO Factor",),
    "Inversion delay": ("Inversion Delay",),
    "contrast type": ("Contrast Type",),
    "diffusion anisotropy type": ("Diffusion Anisotropy Type",),
    "diffusion": ("Diffusion AP", "Diffusion FH", "Diffusion RL"),
}


def columns_of(version: str) -> list[Field]:
    """Return the fields of an image in a version, as the header's lines have them."""
    columns = [(name, kind, *shape, (1,)) for name, kind, *shape in IMAGE_DEFS[version]]
    return [Field(name, kind, shape[0]) for name, kind, shape, *_ in columns]
