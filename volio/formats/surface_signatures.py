"""Signatures of surfaces: how well a file fits each format."""

from __future__ import annotations

import re
import struct

from volio.files.names import split_compression
from volio.formats.containers.vtk.kinds import has_lines_alone
from volio.formats.peek import Peek
from volio.formats.signatures import MAGIC, SURE, WEAK

__all__ = [
    "BRAINVISA_MESH",
    "BRAINVISA_TEXTURE",
    "FREESURFER_STEM",
    "TRI",
    "VTK_BEGIN",
    "any_file",
    "brainvoyager",
    "freesurfer_annotation",
    "freesurfer_old_patch",
    "freesurfer_old_values",
    "freesurfer_patch",
    "freesurfer_sparse",
    "freesurfer_surface",
    "freesurfer_text",
    "freesurfer_values",
    "gifti",
    "mniobj",
    "mz3",
    "off",
    "stl",
    "vtk_faces",
    "vtp",
    "wavefront",
]

#: A name of FreeSurfer's without an ending of another format: lh.pial, rh.sphere.gz, bert.lh.curv.
FREESURFER_STEM = re.compile(
    r"(?:^|[/\\.])[lr]h\.(?!(?:gii|mgh|mgz|nii|annot|label|asc|srf|w|patch|stl|ply|obj|mz3|off|vtk|vtp"
    r"|tri|mesh|tex|smp)\b)[\w-]+"
    r"(?:\.(?:reg|nofix|preaparc|pial|white|mid|crv|fsaverage|deformed|[HKT]\d?))*"
    r"(?:\.(?:gz|bz2|xz|zst))?$"
)

#: The second vertex of an annotation, after a count, and vertex and colour of the first.
VERTEX_1 = struct.pack(">i", 1)

#: A declaration, comments and a document type may come before the root element.
GIFTI_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[^\0]{0,4096}?<(?:\w+:)?GIFTI[\s>]|\s*<GIFTI[\s>]")

#: As of GIFTI; images and grids of VTK have the same root.
VTK_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[?!][^\0]{0,4096}?)?<VTKFile[\s>]")
#: What an expression of a root looks for is looked for before: that takes a hundredth of the time.
VTK_WORD = b"<VTKFile"
GIFTI_WORD = b"GIFTI"

#: Counts after a dash, the first before a position and a normal.
TRI = rb"-[ \t]+\d+[ \t]*\r?\n\s*(?:[-+.\dEe]+(?:[ \t]+[-+.\dEe]+){5}[ \t]*\r?\n|-[ \t]+0)"

#: Text, or one of two byte orders; meshes have no textures, and textures name their type.
BRAINVISA_MESH = rb"ascii\s+VOID\s|binarABCD\0\0\0\x04VOID|binarDCBA\x04\0\0\0VOID"
BRAINVISA_TEXTURE = (
    rb"ascii\s+(?!VOID)[A-Z]\w+\s"
    rb"|binar(?:ABCD\0\0\0[\x02-\x20]|DCBA[\x02-\x20]\0\0\0)(?!VOID)[A-Z]\w"
)

#: Polygons: five properties of the surface and the number of vertices.
MNI_POLYGONS = re.compile(rb"P\s+(?:[-+.\dEe]+\s+){5}\d+\s")

#: The legacy format of VTK.
VTK_BEGIN = rb"(?i)# vtk DataFile Version"

#: The number of a vertex, three coordinates and a value.
VALUES = re.compile(rb"\s*\d+(?:[ \t]+[-+.\dEe]+){4}[ \t]*\r?\n")

#: The keyword of OFF, after comments; or a comment that is the keyword.
OFF = re.compile(rb"\s*(?:#[^\n]*\n\s*)*(?:ST)?C?N?4?n?OFF\s|#\s*C?OFF\s")

#: A vertex after lines of comments, names and materials.
WAVEFRONT = re.compile(
    rb"(?:[ \t]*(?:(?:#|(?:mtllib|usemtl|o|g|s|vt|vn)[ \t])[^\n]*|\r?)\n)*[ \t]*v[ \t]+[-+.\d]"
)


def gifti(peek: Peek) -> int:
    """Score an XML text whose root is that of GIFTI."""
    return MAGIC if GIFTI_WORD in peek.head and GIFTI_ROOT.match(peek.head) else 0


def vtp(peek: Peek) -> int:
    """Score an XML text whose root is that of VTK."""
    return MAGIC if VTK_WORD in peek.head and VTK_ROOT.match(peek.head) else 0


def vtk_faces(peek: Peek) -> bool:
    """Return whether a file of VTK is not one of tracts."""
    return not has_lines_alone(peek.source)


def off(peek: Peek) -> int:
    """Score an OFF file: its keyword, perhaps in a comment."""
    return SURE if OFF.match(peek.head) else 0


def wavefront(peek: Peek) -> int:
    """Score an OBJ file of Wavefront, whose first line of numbers is a vertex."""
    return SURE if WAVEFRONT.match(peek.head) else 0


def freesurfer_surface(peek: Peek) -> int:
    """Score a surface of FreeSurfer: triangles, or quadrangles of two layouts."""
    if peek.head.startswith((b"\xff\xff\xfe", b"\xff\xff\xfd")):
        return MAGIC
    return MAGIC + 1 if _has_old_quads(peek) else 0


def freesurfer_values(peek: Peek) -> int:
    """Score values of a surface of FreeSurfer: a magic number, then three counts."""
    head = peek.head
    if not head.startswith(b"\xff\xff\xff") or len(head) < 15:
        return 0
    vertices, faces, per_vertex = struct.unpack(">3i", head[3:15])
    return MAGIC if vertices >= 0 and faces >= 0 and 1 <= per_vertex <= 10**6 else 0


def freesurfer_annotation(peek: Peek) -> int:
    """Score an annotation, which has no magic number: a count, and vertices 0, 1 and 2 first."""
    if len(peek.head) < 28 or not peek.head.startswith(VERTEX_1, 12):
        return 0
    count, *pairs = struct.unpack(">7i", peek.head[:28])
    fits = peek.size is None or 4 + 8 * count <= peek.size
    return SURE if count > 2 and fits and pairs[0::2] == [0, 1, 2] else 0


def any_file(peek: Peek) -> int:
    """Score whatever has the name of a layout: nothing in its files identifies it."""
    return WEAK


def freesurfer_old_values(peek: Peek) -> int:
    """Score values in hundredths: by the size alone."""
    vertices = int.from_bytes(peek.head[:3], "big")
    fits = len(peek.head) >= 6 and vertices > 0 and peek.size == 6 + 2 * vertices
    return WEAK if fits else 0


def freesurfer_patch(peek: Peek) -> int:
    """Score a part of a surface of FreeSurfer: -1, and a count."""
    return MAGIC if re.match(rb"\xff{4}[\0-\x7f]", peek.head) else 0


def freesurfer_old_patch(peek: Peek) -> int:
    """Score a part of a surface in hundredths: by the size alone."""
    count = int.from_bytes(peek.head[:4], "big")
    return 2 * WEAK if len(peek.head) >= 4 and peek.size == 4 + 10 * count else 0


def freesurfer_sparse(peek: Peek) -> int:
    """Score values of some vertices: by the size alone."""
    count = int.from_bytes(peek.head[2:5], "big")
    return 2 * WEAK if len(peek.head) >= 5 and peek.size == 5 + 7 * count else 0


def freesurfer_text(peek: Peek) -> int:
    """Score values as text: lines of a vertex, its position and a value."""
    return 2 * WEAK if VALUES.match(peek.head) else 0


def mniobj(peek: Peek) -> int:
    """Score an MNI object of polygons: text, or numbers that can be what they must be."""
    head = peek.head
    if MNI_POLYGONS.match(head):
        return MAGIC
    if not head.startswith(b"p") or len(head) < 25:
        return 0
    return SURE if any(_has_mni_polygons(peek, order) for order in "<>") else 0


def _has_mni_polygons(peek: Peek, order: str) -> bool:
    *properties, vertices = struct.unpack(f"{order}5fi", peek.head[1:25])
    are_plausible = all(0 <= number <= 1000 for number in properties)
    # Positions and normals, three numbers, and a colour.
    fits = peek.size is None or 25 + 24 * vertices + 12 <= peek.size
    return are_plausible and max(properties) >= 0.001 and vertices > 0 and fits


def brainvoyager(peek: Peek) -> int:
    """Score a surface of BrainVoyager: its version as a float, and counts."""
    if len(peek.head) < 28:
        return 0
    version, kind, vertices, triangles = struct.unpack("<f3i", peek.head[:16])
    if version not in (3, 4) or not 0 <= kind < 256 or min(vertices, triangles) < 0:
        return 0
    # Positions, normals, colours and numbers of neighbours, and three corners of each triangle.
    fits = peek.size is None or 64 + 32 * vertices + 12 * triangles <= peek.size
    return SURE if fits else WEAK


def mz3(peek: Peek) -> int:
    """Score MZ3: programs of DOS have the same magic number, and attributes above 127."""
    if not peek.head.startswith(b"MZ") or len(peek.head) < 16:
        return 0
    (bits,) = struct.unpack("<H", peek.head[2:4])
    return MAGIC if 0 < bits <= 127 or _is_named(peek, ".mz3") else 0


def stl(peek: Peek) -> int:
    """Score STL: binary files have just the size of the triangles that they declare."""
    head = peek.head
    if head.lstrip()[:5].lower() == b"solid" and re.search(rb"\b(facet|endsolid)\b", head, re.I):
        return SURE
    count = int.from_bytes(head[80:84], "little")
    if len(head) < 84 or count == 0:
        return 0
    return SURE if peek.size == 84 + 50 * count else 0


def _is_named(peek: Peek, ending: str) -> bool:
    return split_compression(peek.name)[0].lower().endswith(ending)


def _has_old_quads(peek: Peek) -> bool:
    """Return whether a file has just the size of the quadrangles that it declares."""
    head = peek.head
    if not head.startswith(b"\xff\xff\xff") or len(head) < 9:
        return False
    vertices = int.from_bytes(head[3:6], "big")
    quads = int.from_bytes(head[6:9], "big")
    return vertices > 0 and peek.size == 9 + 6 * vertices + 12 * quads
