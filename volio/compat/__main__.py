"""``python -m volio.compat``: how many of nibabel's public names are served, and which are not."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap

from volio.compat.survey import NameSurvey, survey

__all__ = ["main", "report"]


WIDTH = 80


def report(found: NameSurvey) -> Iterator[str]:
    """Yield the lines of the report."""
    total = sum(map(len, found))
    yield f"{total} public names of nibabel: {len(found.served)} served, {len(found.missing)} not"
    by_reason = defaultdict(list)
    for name, why in found.missing.items():
        by_reason[why].append(name)
    for why, names in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        yield ""
        yield f"{len(names)} {why}"
        yield from _by_module(names)
    for fault, names in (("neither served nor listed", found.unknown), ("listed", found.needless)):
        if names:
            yield ""
            yield f"{len(names)} {fault} (volio/compat/missing.py is wrong)"
            yield from _by_module(names)


def _by_module(names: list[str]) -> Iterator[str]:
    for module, group in groupby(names, lambda name: name.rpartition(".")[0]):
        listed = " ".join(name.rpartition(".")[2] for name in group)
        yield from wrap(
            f"{module or 'nibabel'}: {listed}",
            WIDTH,
            initial_indent="    ",
            subsequent_indent="        ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def main() -> int:
    """Print the report; return 1 if the list is wrong or nibabel is not installed."""
    try:
        found = survey()
    except ModuleNotFoundError as error:
        print(f"nibabel is needed to compare with ({error}): pip install 'volio[test]'")
        return 1
    print("\n".join(report(found)))
    return int(bool(found.unknown or found.needless))


if __name__ == "__main__":
    sys.exit(main())
