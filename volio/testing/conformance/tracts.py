"""Tracts: facts of a sample, blocks and selections, losses, and damaged files."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from volio.errors import LossWarning, SaveError, VolioWarning
from volio.formats.lookup import layouts
from volio.testing.comparison import same_image, same_values
from volio.testing.conformance.case import Case, fails, needs, once, quiet
from volio.testing.conformance.damage import survived, survives_flipped_bits
from volio.testing.faults import cut_short
from volio.tracts.tractogram import Tractogram

#: Bytes at the beginning of a file that are flipped: headers, and the first lines.
ENOUGH = 4000


def check_tract_facts(case: Case) -> None:
    """Lines, space, grid, values and groups are what the sample's facts say."""
    facts = case.sample.facts
    tracts = case.load()
    assert len(tracts) == facts["lines"]
    assert tracts.lengths_in_points.tolist() == facts["lengths"]
    assert tracts.space == facts["space"]
    shape = None if tracts.reference is None else list(tracts.reference.shape)
    assert shape == facts["shape"], f"the grid is {shape}"
    points = tracts.points.astype(float)
    numbers = np.arange(len(points))[:, np.newaxis]
    # Sums that tell the axes and the order of points apart.
    np.testing.assert_allclose(points.sum(axis=0), facts["sums"][0], rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose((points * numbers).sum(axis=0), facts["sums"][1], 1e-5, 1e-3)
    same_totals(tracts.per_point, facts["per_point"])
    same_totals(tracts.per_line, facts["per_line"])
    sizes = {name: len(group) for name, group in tracts.groups.items()}
    assert sizes == facts["groups"]


def same_totals(values: Mapping[str, Any], expected: Mapping[str, float]) -> None:
    """Assert that values have certain names, and add up to certain sums."""
    assert set(values) == set(expected)
    for name, total in expected.items():
        found = float(values[name].sum(dtype=float))
        np.testing.assert_allclose(found, total, rtol=1e-5)


def check_nothing_is_read_before_it_is_asked_for(case: Case) -> None:
    """Loading reads the header: what there is of each line is known without the lines."""
    tracts = case.load()
    names = list(tracts.per_point), list(tracts.per_line)
    repr(tracts)
    assert tracts._held is None, "lines were read at once"
    layout = tracts.lines.layout
    count = tracts.lines.stated_lines()
    points = tracts.lines.stated_points()
    lines = tracts.held()
    assert count in (None, len(lines)), f"{count} lines were stated, {len(lines)} are there"
    assert points in (None, len(lines.points)), f"not the number of points: {points} were stated"
    assert (list(lines.per_point), list(lines.per_line)) == names
    assert lines.layout == layout, f"{layout} was declared, {lines.layout} was read"


def check_blocks_are_the_lines(case: Case) -> None:
    """Going through the lines in blocks of any size gives what reading all of them gives."""
    expected = case.load()
    for points in (1, 7, 1 << 20):
        blocks = list(case.load().blocks(points))
        assert sum(map(len, blocks)) == len(expected), f"in blocks of {points} points"
        assert points > 1 or len(blocks) > 1, "one block, however small"
        joined = np.concatenate([block.points for block in blocks])
        same_values(joined, expected.points)
        for name in expected.per_point:
            values = np.concatenate([block.per_point[name] for block in blocks])
            same_values(values, expected.per_point[name])
        for name in expected.per_line:
            values = np.concatenate([block.per_line[name] for block in blocks])
            same_values(values, expected.per_line[name])


def check_selections_are_lazy(case: Case) -> None:
    """Selected lines are those of a list, read when they are asked for."""
    everything = list(case.load())
    count = len(everything)
    for key in (slice(None, None, 2), np.arange(count) % 3 == 1, list(range(count))[::-1]):
        chosen = case.load()[key]
        numbers = np.arange(count)[key]
        assert chosen._held is None, "lines were read at once"
        assert len(chosen) == len(numbers)
        for line, number in zip(chosen, numbers, strict=True):
            same_values(line, everything[number])


@needs("writable")
def check_saving_keeps_tracts(case: Case) -> None:
    """Saved tracts have the lines, the space and the values that they had, also from memory."""
    tracts = case.load()
    with quiet():
        tracts.to_filename(case.target())
        again = case.load(case.target())
        same_image(again, tracts)
        copy = case.image_class.from_contents(case.load().contents())
        copy.points = tracts.points.copy()
        copy.to_filename(case.target("moved"))
        same_image(case.load(case.target("moved")), tracts)


@needs("writable", "plain", "keeps_bytes")
def check_untouched_tracts_keep_their_bytes(case: Case) -> None:
    """A file that is loaded and saved is the same file, but for a count that it did not have.

    Archives are of the same members where that is possible; their places are the writer's own.
    """
    tracts = case.load()
    with quiet():
        tracts.to_filename(case.target())
    if not case.sample.facts.get("same bytes", True):
        same_members(case)
        return
    before = case.path.read_bytes()
    after = case.target().read_bytes()
    assert len(after) == len(before)
    apart = [place for place, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    if case.sample.facts.get("states its count", True):
        assert not apart, f"bytes differ from {apart[0]} on"
    else:
        assert 0 < len(apart) <= 4, f"bytes differ: {apart[:20]}"


def same_members(case: Case) -> None:
    """The members of an archive that are there before and after a save have the same bytes."""
    with zipfile.ZipFile(case.path) as before, zipfile.ZipFile(case.target()) as after:
        names = {name for name in before.namelist() if not name.endswith("/")}
        same = names & set(after.namelist())
        assert any(name.startswith("positions") for name in same), f"{names} became others"
        for name in same - {"header.json"}:
            assert after.read(name) == before.read(name), f"{name} has other bytes"


@needs("writable", "plain")
def check_losses_of_tracts_are_told(case: Case) -> None:
    """What another format does not give back was in its warning, and nothing else was."""
    tracts = case.load()
    for row, layout in layouts():
        if row.kind != "tracts" or not row.write or layout.by_name:
            continue
        cls: Any = row.image_class(layout)
        target = case.folder / f"converted{layout.files[0]}"
        if cls.needs_reference and tracts.reference is None:
            with fails(SaveError, naming="reference"):
                cls.from_image(case.load()).to_filename(target)
            continue
        message = losses_of_saving(cls, case.load(), target)
        with quiet():
            found = cls.from_filename(target)
            if cls.keeps_points:
                same_lines(found, tracts)
            else:
                lines_near(found, tracts)
        lost = {
            "values per point": set(tracts.per_point) - set(found.per_point),
            "values per line": set(tracts.per_line) - set(found.per_line),
            "groups": set(tracts.groups) - set(found.groups),
        }
        for what, names in lost.items():
            is_told = what in message
            assert is_told == bool(names), f"{row.name}: {what}: {message!r}"


def losses_of_saving(image_class: Any, tracts: Any, target: Path) -> str:
    """Save tracts in another format; return the warnings of what is lost, as one text."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        image_class.from_image(tracts).to_filename(target)
    losses = [str(each.message) for each in caught if each.category is LossWarning]
    return " ".join(losses)


def same_lines(found: Any, expected: Any) -> None:
    """Assert that tracts of two formats have the same lines, but for rounding."""
    same_values(found.lengths_in_points, expected.lengths_in_points)
    np.testing.assert_allclose(found.points, expected.points, rtol=2e-6, atol=2e-5)


def lines_near(found: Any, expected: Any) -> None:
    """Assert that lines begin and end where they did, to a part of a voxel."""
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert (len(one) > 0) == (len(other) > 0)
        np.testing.assert_allclose(one[:1], other[:1], atol=0.1)
        np.testing.assert_allclose(one[-1:], other[-1:], atol=0.1)


def check_cut_tracts(case: Case) -> None:
    """A file that ends early gives an error, or, with its last count, all that it held."""
    expected = case.load()
    read_all(expected)
    data = case.path.read_bytes()
    for cut in cut_short(data, min(len(data), 400), pieces=8):
        case.path.write_bytes(cut)
        with survived(f"{case.path.name} of {len(cut)} bytes"):
            found = case.load()
            read_all(found)
            if case.sample.facts.get("states its count", True):
                same_image(found, expected)
            else:
                same_values(found.points, expected.points[: len(found.points)])
    case.path.write_bytes(data)


@once
def check_flipped_bits_of_tracts(case: Case) -> None:
    """Damaged files give values or an error of volio; damaged compressed ones never others."""
    expected = case.load()
    read_all(expected)
    survives_flipped_bits(case, expected, read_all, ENOUGH, 80)


def check_a_changed_tract_file_is_noticed(case: Case) -> None:
    """A file that changes after opening raises; it never gives other lines.

    One that was read when it was opened, as its facts say, gives the lines that it had.
    """
    from volio.errors import SourceChangedError

    expected = case.load()
    read_all(expected)
    tracts = case.load()
    case.path.write_bytes(case.path.read_bytes() + b"more")
    if case.sample.facts.get("read when opened"):
        same_image(tracts, expected)
        return
    with fails(SourceChangedError, naming="changed"):
        read_all(tracts)


def check_contents_make_the_same_tracts(case: Case) -> None:
    """What is handed to other classes is what the tracts have."""
    tracts = case.load()
    same_image(Tractogram.from_contents(tracts.contents()), tracts)
    same_image(case.image_class.from_contents(tracts.contents()), tracts)


def read_all(tracts: Any) -> None:
    """Read everything that tracts hold, and ask for what follows from it."""
    repr(tracts)
    lines = tracts.held()
    assert int(lines.lengths.sum()) == len(lines.points)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VolioWarning)
        tracts.contents()
