"""How commands print how often labels occur."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from volio.cli.console.table import printable

__all__ = ["label_text"]


def label_text(counts: Mapping[str, Any], what: str) -> str:
    """Return how often labels occur as text.

    Parameters
    ----------
    counts : mapping
        The fields of `volio.ops.label_counts.LabelCounts`.
    what : str
        What has labels, as "vertices".
    """
    parts = [f"{counts['used']} of {counts['rows']} labels"]
    if counts["count"]:
        name = printable(counts["largest"]) or "one without a name"
        parts.append(f"most {what} have {name} ({counts['count']})")
    if counts["without"]:
        parts.append(f"{counts['without']} values have none")
    return ", ".join(parts)
