"""The rows of the table of formats that are of surfaces."""

from __future__ import annotations

from volio.formats.first_bytes import MARK, SPACES
from volio.formats.format import FileLayout, Format
from volio.formats.signatures import SURE, begins
from volio.formats.surface_signatures import (
    BRAINVISA_MESH,
    BRAINVISA_TEXTURE,
    FREESURFER_STEM,
    TRI,
    any_file,
    brainvoyager,
    freesurfer_annotation,
    freesurfer_old_patch,
    freesurfer_old_values,
    freesurfer_patch,
    freesurfer_sparse,
    freesurfer_surface,
    freesurfer_text,
    freesurfer_values,
    gifti,
    mniobj,
    mz3,
    off,
    stl,
    vtp,
    wavefront,
)

__all__ = ["SURFACE_FORMATS"]

#: Formats of surfaces.
SURFACE_FORMATS: tuple[Format, ...] = (
    Format(
        "gifti",
        "GIFTI",
        "surface",
        (FileLayout("GiftiImage", (".gii",), gifti, first_bytes=MARK + SPACES + b"<"),),
    ),
    Format(
        "freesurfer",
        "FreeSurfer surface files",
        "surface",
        (
            FileLayout(
                "FreeSurferSurface",
                ("",),
                freesurfer_surface,
                stem=FREESURFER_STEM,
                first_bytes=b"\xff",
            ),
            FileLayout(
                "FreeSurferMorphData",
                ("",),
                freesurfer_values,
                stem=FREESURFER_STEM,
                first_bytes=b"\xff",
            ),
            FileLayout("FreeSurferAnnotation", (".annot",), freesurfer_annotation),
            FileLayout("FreeSurferAnnotation", (".annot",), any_file, by_name=True),
            FileLayout("FreeSurferLabel", (".label",), begins(rb"#!ascii label"), first_bytes=b"#"),
            FileLayout(
                "FreeSurferPatch",
                (".patch.3d",),
                freesurfer_patch,
                (".patch.flat", ".patch"),
                first_bytes=b"\xff",
            ),
            FileLayout(
                "FreeSurferPatch",
                (".patch.3d",),
                freesurfer_old_patch,
                (".patch.flat", ".patch"),
                by_name=True,
            ),
            FileLayout(
                "FreeSurferAscii",
                (".asc",),
                begins(rb"#!ascii(?! label)"),
                (".srf",),
                first_bytes=b"#",
            ),
            FileLayout("FreeSurferAsciiValues", (".asc",), freesurfer_text, by_name=True),
            FileLayout("FreeSurferSparseValues", (".w",), freesurfer_sparse, by_name=True),
            FileLayout(
                "FreeSurferMorphData",
                ("",),
                freesurfer_old_values,
                stem=FREESURFER_STEM,
                by_name=True,
            ),
        ),
    ),
    Format("mz3", "MZ3", "surface", (FileLayout("Mz3Surface", (".mz3",), mz3, first_bytes=b"M"),)),
    Format(
        "off",
        "OFF",
        "surface",
        (FileLayout("OffSurface", (".off",), off),),
        module_name="volio.formats.meshes.off",
    ),
    Format(
        "wavefront",
        "Wavefront OBJ",
        "surface",
        (FileLayout("WavefrontSurface", (".obj",), wavefront),),
        module_name="volio.formats.meshes.wavefront",
    ),
    Format(
        "vtk",
        "VTK (legacy)",
        "surface",
        (FileLayout("VtkSurface", (".vtk",), begins(rb"(?i)# vtk DataFile Version")),),
        module_name="volio.formats.meshes.vtk",
    ),
    Format(
        "vtp",
        "VTK (XML)",
        "surface",
        (FileLayout("VtpSurface", (".vtp",), vtp, first_bytes=MARK + SPACES + b"<"),),
        module_name="volio.formats.meshes.vtp",
    ),
    Format(
        "mniobj",
        "MNI object",
        "surface",
        (FileLayout("MniObjSurface", (".obj",), mniobj, first_bytes=b"Pp"),),
        module_name="volio.formats.meshes.mniobj",
    ),
    Format(
        "tri",
        "TRI",
        "surface",
        (
            FileLayout("TriSurface", (".tri",), begins(TRI, SURE)),
            FileLayout("TriSurface", (".tri",), any_file, by_name=True),
        ),
        module_name="volio.formats.meshes.tri",
    ),
    Format(
        "brainvisa",
        "BrainVISA meshes and textures",
        "surface",
        (
            FileLayout("BrainVisaMesh", (".mesh",), begins(BRAINVISA_MESH), first_bytes=b"ab"),
            FileLayout("BrainVisaTexture", (".tex",), begins(BRAINVISA_TEXTURE), first_bytes=b"ab"),
        ),
    ),
    Format(
        "brainvoyager",
        "BrainVoyager surfaces and maps",
        "surface",
        (
            FileLayout("BrainVoyagerMesh", (".srf",), brainvoyager, first_bytes=b"\0"),
            FileLayout("BrainVoyagerMaps", (".smp",), any_file, by_name=True),
        ),
        write=False,
    ),
    Format("ply", "PLY", "surface", (FileLayout("PlySurface", (".ply",), begins(rb"ply\r?\n")),)),
    Format(
        "stl",
        "STL",
        "surface",
        (
            FileLayout("StlSurface", (".stl",), stl),
            FileLayout("StlSurface", (".stl",), any_file, by_name=True),
        ),
    ),
)
