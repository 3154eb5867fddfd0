"""Tracts: 200,000 lines of 8 million points, beside nibabel and dipy; five million lines alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.case import Case, Fast, Held, Lean, Way, file_size
from bench.tract_files import AFFINE, MANY, SHAPE, lines

__all__ = ["CASES"]

Work = Callable[[], Any]
MIB = 1 << 20
#: A rotation, as a registration gives it: nothing in it is 0.
TURN = np.array([[0.36, 0.48, -0.8, 3], [-0.8, 0.6, 0, -5], [0.48, 0.64, 0.6, 7], [0, 0, 0, 1]])


def _figures(result: Any, dtype: Any = None) -> str:
    """Return what points, lengths or values are alike in, but for rounding."""
    array = np.asarray(result, np.float64)
    return f"{array.shape} {np.abs(array).mean():.4g} {array.ravel()[:3].round(2).tolist()}"


def _read(name: str, take: Callable[[Any], Any]) -> Way:
    """Return what loads a file with volio; its modules are imported before."""

    def way(files: Any) -> Work:
        import volio

        path = str(files.tracts(name))
        volio.load(path)[:3].lengths()
        return lambda: take(volio.load(path))

    return way


def _peer_read(name: str, take: Callable[[Any], Any]) -> Way:
    def way(files: Any) -> Work:
        import nibabel.streamlines

        path = str(files.tracts(name))
        next(iter(nibabel.streamlines.load(path, lazy_load=True).streamlines))
        return lambda: take(nibabel.streamlines.load(path))

    return way


def _points(tracts: Any) -> Any:
    return tracts.points


def _peer_points(tracts: Any) -> Any:
    return tracts.streamlines.get_data()


def _written(ending: str) -> Way:
    """Return what saves lines that are in memory."""

    def way(files: Any) -> Work:
        import volio

        points, lengths = lines(files.scale.name)
        grid = (SHAPE, AFFINE) if ending == ".trk" else None
        tracts = volio.Tractogram(points, lengths, reference=grid)
        volio.save(tracts[:3], files.output(f"warm{ending}"))
        target = files.output(f"volio{ending}")

        def work() -> Any:
            volio.save(tracts, target)
            return target

        return work

    return way


def _peer_written(ending: str) -> Way:
    def way(files: Any) -> Work:
        import nibabel.streamlines

        loaded = nibabel.streamlines.load(str(files.tracts(f"plain{ending}")))
        target = files.output(f"nibabel{ending}")

        def work() -> Any:
            loaded.save(str(target))
            return target

        return work

    return way


def _converted(files: Any) -> Work:
    import volio

    source = files.tracts("plain.trk")
    tiny = volio.load(source)[:3]
    tiny.reference = None
    volio.save(volio.Tractogram(tiny.points, tiny.lengths_in_points), files.output("warm.tck"))
    target = files.output("volio.tck")

    def work() -> Any:
        tracts = volio.load(source)
        tracts.reference = None  # which .tck has no place for, and would warn of
        volio.save(tracts, target)
        return target

    return work


def _peer_converted(files: Any) -> Work:
    import nibabel.streamlines

    source = str(files.tracts("plain.trk"))
    target = files.output("nibabel.tck")

    def work() -> Any:
        nibabel.streamlines.save(nibabel.streamlines.load(source).tractogram, str(target))
        return target

    return work


def _to_trx(files: Any) -> Work:
    import volio

    source = files.tracts("plain.trk")
    volio.save(volio.load(source)[:3], files.output("warm.trx"))
    target = files.output("volio.trx")

    def work() -> Any:
        volio.save(volio.load(source), target)
        return target

    return work


def _peer_to_trx(files: Any) -> Work:
    import nibabel.streamlines
    from trx.trx_file_memmap import TrxFile, save

    source = str(files.tracts("plain.trk"))
    target = files.output("peer.trx")
    kinds: dict[str, Any] = {"positions": np.dtype(np.float32), "offsets": np.dtype(np.uint32)}
    kinds |= {"dpv": {}, "dps": {}}

    def convert(loaded: Any, count: int | None) -> Any:
        tracts = loaded.tractogram[:count]
        made = TrxFile.from_tractogram(tracts, loaded.header, dtype_dict=kinds)
        save(made, str(target))
        made.close()
        return target

    convert(nibabel.streamlines.load(source), 3)
    return lambda: convert(nibabel.streamlines.load(source), None)


def _many(source: str, ending: str) -> Way:
    """Return what converts five million lines."""

    def way(files: Any) -> Work:
        import volio

        path = files.tracts(f"many{source}")
        target = files.output(f"many{ending}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", volio.errors.LossWarning)
            volio.save(volio.load(path)[:3], files.output(f"warm{ending}"))

        def work() -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", volio.errors.LossWarning)
                volio.convert(path, target)
            return target

        return work

    return way


def _trx(take: Callable[[Any], Any]) -> Way:
    def way(files: Any) -> Work:
        from trx.trx_file_memmap import load

        path = str(files.tracts("half.trx"))
        load(path).close()
        return lambda: take(load(path))

    return way


def _lengths(files: Any) -> Work:
    import volio

    points, counts = lines(files.scale.name)
    tracts = volio.Tractogram(points, counts)
    tracts[:3].lengths()
    return tracts.lengths


def _dipy_lengths(files: Any) -> Work:
    import nibabel.streamlines
    from dipy.tracking.streamline import length

    streamlines = nibabel.streamlines.load(str(files.tracts("plain.tck"))).streamlines
    length(streamlines[:3])
    return lambda: length(streamlines)


def _turned(files: Any) -> Work:
    from volio.space.points import move_points

    points, _ = lines(files.scale.name)
    move_points(points[:9].copy(), TURN)
    return lambda: move_points(points, TURN)


def _peer_turned(dtype: Any) -> Way:
    def way(files: Any) -> Work:
        from nibabel.affines import apply_affine

        points, _ = lines(files.scale.name)
        affine = TURN.astype(dtype)
        apply_affine(affine, points[:9])
        return lambda: apply_affine(affine, points)

    return way


def _nothing(result: Any) -> str:
    return ""


CASES = (
    Case(
        "tracts-tck-read",
        "points of a .tck; page cache warm",
        {
            "volio": _read("plain.tck", _points),
            "nibabel": _peer_read("plain.tck", _peer_points),
        },
        (Fast("nibabel", 8), Lean(20 * MIB)),
        digest=_figures,
    ),
    Case(
        "tracts-trk-read",
        "points of a .trk; page cache warm",
        {
            "volio": _read("plain.trk", _points),
            "nibabel": _peer_read("plain.trk", _peer_points),
        },
        (Fast("nibabel", 7), Lean(20 * MIB)),
        digest=_figures,
    ),
    Case(
        "tracts-trk-read-values",
        "points of a .trk, a value of each and four of each line; page cache warm",
        {
            "volio": _read("values.trk", lambda tracts: tracts.per_point["fa"]),
            "nibabel": _peer_read(
                "values.trk",
                lambda tracts: tracts.tractogram.data_per_point["fa"].get_data()[:, 0],
            ),
        },
        (Fast("nibabel", 9),),
        digest=_figures,
    ),
    Case(
        "tracts-trk-every-tenth",
        "every tenth line of a .trk; page cache warm",
        {
            "volio": _read("plain.trk", lambda tracts: tracts[::10].points),
            "nibabel": _peer_read("plain.trk", lambda tracts: tracts.streamlines[::10].get_data()),
        },
        (Fast("nibabel", 8),),
        digest=_figures,
    ),
    Case(
        "tracts-trk-write",
        "lines in memory saved as .trk",
        {"volio": _written(".trk"), "nibabel": _peer_written(".trk")},
        (Fast("nibabel", 15),),
        digest=_nothing,
        size=file_size,
    ),
    Case(
        "tracts-tck-write",
        "lines in memory saved as .tck",
        {"volio": _written(".tck"), "nibabel": _peer_written(".tck")},
        (Fast("nibabel", 10),),
        digest=_nothing,
        size=file_size,
    ),
    Case(
        "tracts-convert",
        ".trk to .tck; page cache warm",
        {"volio": _converted, "nibabel": _peer_converted},
        (Fast("nibabel", 8),),
        digest=_nothing,
        size=file_size,
    ),
    Case(
        "tracts-to-trx",
        ".trk to .trx; page cache warm",
        {"volio": _to_trx, "trx-python": _peer_to_trx},
        (Fast("trx-python", 8),),
        digest=_nothing,
        size=file_size,
    ),
    *(
        Case(
            f"tracts-many-{source[1:]}-{ending[1:]}",
            f"five million lines, {source} to {ending}: in blocks",
            {"volio": _many(source, ending)},
            (Held(64 * MIB + 8 * MANY),),
            digest=_nothing,
            size=file_size,
        )
        for source, ending in (
            (".trk", ".tck"),
            (".trk", ".trx"),
            (".tck", ".trx"),
            (".tck", ".vtk"),
            (".trx", ".trk"),
        )
    ),
    Case(
        "tracts-trx-open",
        "a .trx opened, its lines counted: 5 ms would do",
        {"volio": _read("half.trx", len), "trx-python": _trx(lambda trx: len(trx.streamlines))},
        (Fast(seconds=0.005),),
        digest=_figures,
    ),
    Case(
        "tracts-trx-half",
        "points of a .trx, from float16 to float32; page cache warm",
        {
            "volio": _read("half.trx", _points),
            "trx-python": _trx(lambda trx: trx.streamlines._data.astype(np.float32)),
        },
        (Fast("trx-python", 1),),
        digest=_figures,
    ),
    Case(
        "tracts-lengths",
        "lengths of all lines in mm; dipy's are compiled",
        {"volio": _lengths, "dipy": _dipy_lengths},
        (Fast("dipy", 0.5),),
        digest=_figures,
    ),
    Case(
        "tracts-turn",
        "points through a rotation, in place (volio) or not; nibabel by an affine as images have "
        "it, and by one of float32",
        {
            "volio": _turned,
            "nibabel": _peer_turned(np.float64),
            "nibabel, float32": _peer_turned(np.float32),
        },
        (Fast("nibabel", 6), Fast("nibabel, float32", 2)),
        digest=_figures,
    ),
)
