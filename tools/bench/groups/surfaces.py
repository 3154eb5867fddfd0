"""Surfaces: a mesh of 164,000 vertices and its values, beside nibabel and nilearn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.case import Case, Fast, Near, Small, Way, file_size
from bench.peers import nibabel_file, volio_file

__all__ = ["CASES"]

Work = Callable[[], Any]


def _mesh(files: Any) -> Path:
    return files.surface("gifti")


def _dims(image: Any) -> Any:
    return np.array([array.dims for array in image.darrays])


def _arrays(image: Any) -> Any:
    return np.concatenate([np.ravel(array.data) for array in image.darrays])


def _opened(peer: Any, work: Callable[[Any], Any], loads: int = 1) -> Way:
    """Return what loads the mesh and does some work with it, after so many times."""

    def way(files: Any) -> Work:
        load = peer(files, _mesh(files))
        for _ in range(loads):
            work(load())
        return lambda: work(load())

    return way


def _written(opened: Any, **options: Any) -> Way:
    """Return what saves the mesh anew, its arrays decoded already, one array saved before."""

    def way(files: Any) -> Work:
        image = opened(files, _mesh(files))()
        _arrays(image)
        target = (files.folder / "written.surf.gii").resolve()
        arrays = image.darrays
        image.darrays = arrays[:0]
        image.to_filename(target)
        image.darrays = arrays

        def save() -> Path:
            image.to_filename(target, **options)
            return target

        return save

    return way


def _after(peer: Any, kind: str, loads: int = 1) -> Way:
    """Return what reads a file after so many times: memory that was used before costs nothing."""

    def way(files: Any) -> Work:
        read = peer(files.surface(kind))
        for _ in range(loads):
            read()
        return read

    return way


def _volio_geometry(path: Path) -> Work:
    import volio

    return lambda: _both(volio.load(path))


def _both(surface: Any) -> Any:
    """Return the vertices, when the faces are there, too."""
    assert len(surface.faces)
    return surface.vertices


def _nibabel_geometry(path: Path) -> Work:
    import nibabel.freesurfer

    return lambda: nibabel.freesurfer.read_geometry(path)[0]


def _bare_geometry(path: Path) -> Work:
    """Return the least that there is to do: read, swap, compare; no name, no check of the file."""
    begin = path.read_bytes()[:4096]
    offset = begin.index(b"\n\n") + 2
    vertices, faces = np.frombuffer(begin[offset : offset + 8], ">i4").tolist()
    length = 1 << 16

    def work() -> Any:
        numbers = np.empty(3 * (vertices + faces), np.uint32)
        piece = np.empty(length, ">u4")
        with path.open("rb", buffering=0) as file:
            file.seek(offset + 8)
            for start in range(0, len(numbers), length):
                part = piece[: len(numbers) - start]
                file.readinto(part)
                numbers[start : start + length] = part
        assert numbers[3 * vertices :].max() < vertices
        return numbers[: 3 * vertices].view(np.float32).reshape(-1, 3)

    return work


def _volio_values(name: str) -> Callable[[Path], Work]:
    """Return what makes a way that reads values of vertices with volio."""

    def read_with(path: Path) -> Work:
        import volio

        return lambda: volio.load(path).data[name]

    return read_with


def _nibabel_values(function: str) -> Callable[[Path], Work]:
    """Return what makes a way that reads with a function of nibabel's."""

    def read_with(path: Path) -> Work:
        import nibabel.freesurfer

        read = getattr(nibabel.freesurfer, function)
        return lambda: read(path)

    return read_with


def _nibabel_annotation(path: Path) -> Work:
    import nibabel.freesurfer

    return lambda: nibabel.freesurfer.read_annot(path)[0]


def _volio_label(path: Path) -> Work:
    import volio

    return lambda: volio.load(path).indices


def _nibabel_label(path: Path) -> Work:
    """Return what reads the numbers of vertices and their values, as loading does."""
    import nibabel.freesurfer

    return lambda: nibabel.freesurfer.read_label(path, read_scalars=True)[0]


def _bare_label(path: Path) -> Work:
    """Return what reads the positions, too, as loading does; no name, no space, no check."""
    return lambda: np.loadtxt(path, skiprows=2)[:, 0].astype(np.int64)


def _volio_picture(files: Any) -> Work:
    import volio

    surface = volio.load(files.surface("freesurfer"))
    values = surface.vertices[:, 0]
    options = {"views": "dorsal", "size": 500, "annotate": False}
    surface.plot(values, **options)
    return lambda: surface.plot(values, **options)


def _nilearn_picture(files: Any) -> Work:
    import matplotlib
    import nibabel.freesurfer

    matplotlib.use("agg")
    from nilearn.plotting import plot_surf

    mesh = nibabel.freesurfer.read_geometry(files.surface("freesurfer"))
    values = mesh[0][:, 0].copy()

    def picture() -> Any:
        figure = plot_surf(mesh, values, view="dorsal", hemi="left", engine="matplotlib")
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())
        matplotlib.pyplot.close(figure)
        return pixels

    picture()
    return picture


CASES = (
    Case(
        "surfaces-gifti-open",
        "a GIFTI mesh opened for the sixth time; page cache warm",
        {
            "volio": _opened(volio_file, _dims, 5),
            "nibabel": _opened(nibabel_file, _dims, 5),
        },
        (Fast("nibabel", 50),),
    ),
    Case(
        "surfaces-gifti-open-new",
        "the second in a process, whose file is in no cache of the processor yet",
        {
            "volio": _opened(volio_file, _dims),
            "nibabel": _opened(nibabel_file, _dims),
        },
        (Fast("nibabel", 40),),
    ),
    Case(
        "surfaces-gifti-read",
        "vertices and faces of a GIFTI mesh; page cache warm",
        {
            "volio": _opened(volio_file, _arrays),
            "nibabel": _opened(nibabel_file, _arrays),
        },
        (Fast("nibabel", 1.7),),
    ),
    Case(
        "surfaces-gifti-write",
        "a GIFTI mesh saved, compressed",
        {"volio": _written(volio_file), "nibabel": _written(nibabel_file)},
        (Fast("nibabel", 15), Small("nibabel", 1.12)),
        digest=lambda path: "",
        size=file_size,
    ),
    Case(
        "surfaces-gifti-write-small",
        "a GIFTI mesh saved, compressed hard by volio",
        {"volio": _written(volio_file, compression="small"), "nibabel": _written(nibabel_file)},
        (Fast("nibabel", 3), Small("nibabel")),
        digest=lambda path: "",
        size=file_size,
    ),
    Case(
        "surfaces-freesurfer-geometry",
        "vertices and faces of a surface of FreeSurfer, the sixth in a process; page cache warm",
        {
            "volio": _after(_volio_geometry, "freesurfer", 5),
            "nibabel": _after(_nibabel_geometry, "freesurfer", 5),
            "numpy alone": _after(_bare_geometry, "freesurfer", 5),
        },
        (Fast("nibabel", 4),),
        dtype=np.float32,
    ),
    Case(
        "surfaces-freesurfer-geometry-new",
        "the second in a process, whose memory is new",
        {
            "volio": _after(_volio_geometry, "freesurfer"),
            "nibabel": _after(_nibabel_geometry, "freesurfer"),
        },
        (Fast("nibabel", 1.5),),
        dtype=np.float32,
    ),
    Case(
        "surfaces-freesurfer-quads",
        "a surface of 100,000 quadrangles; page cache warm",
        {
            "volio": _after(_volio_geometry, "quads"),
            "nibabel": _after(_nibabel_geometry, "quads"),
        },
        (Fast("nibabel", 20),),
        dtype=np.float32,
    ),
    Case(
        "surfaces-freesurfer-curv",
        "values of vertices; page cache warm",
        {
            "volio": _after(_volio_values("height"), "curv", 5),
            "nibabel": _after(_nibabel_values("read_morph_data"), "curv", 5),
        },
        (Near("nibabel", 1.2, 0.0004),),
        dtype=np.float32,
    ),
    Case(
        "surfaces-freesurfer-label",
        "a label of 4,000 vertices and their values; page cache warm",
        {
            "volio": _after(_volio_label, "label", 5),
            "nibabel": _after(_nibabel_label, "label", 5),
            "numpy, all columns": _after(_bare_label, "label", 5),
        },
        (Near("numpy, all columns", 1.5, 0.0004),),
        dtype=np.int32,
    ),
    Case(
        "surfaces-freesurfer-annot",
        "an annotation of FreeSurfer; page cache warm",
        {
            "volio": _after(_volio_values("parts"), "annot"),
            "nibabel": _after(_nibabel_annotation, "annot"),
        },
        (Fast("nibabel", 1.5),),
        dtype=np.int32,
    ),
    Case(
        "surfaces-picture",
        "a picture of 500 pixels of a mesh in memory, with values",
        {"volio": _volio_picture, "nilearn": _nilearn_picture},
        (Fast("nilearn", 4), Fast(seconds=0.5)),
        digest=lambda pixels: "",
    ),
)
