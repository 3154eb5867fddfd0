"""How ``volio view`` looks at images of one kind."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from volio.images.kinds import Kind

__all__ = ["Viewer"]


class Viewer(NamedTuple):
    """How images of one kind are looked at.

    Attributes
    ----------
    check : callable
        ``check(options, given)`` refuses what cannot be done with this kind; `given` are the names
        of the options that were given.
    base : callable
        ``base(img, options)``: what the options make of the image below the overlays.
    overlays : mapping
        Kinds of images that can lie over it, and what makes an overlay of them:
        ``overlay(img, number, options)``.
    apart : callable
        ``apart(img, other, options)``: the warning about an overlay that is outside of it; None if
        it may be seen.
    save : callable
        ``save(base, img, overlays, options)`` writes what was asked for.
    show : callable
        ``show(img, overlays, options)`` opens a window.
    """

    check: Callable[[argparse.Namespace, set[str]], None]
    base: Callable[[Any, argparse.Namespace], Any]
    overlays: Mapping[Kind, Callable[[Any, int, argparse.Namespace], Any]]
    apart: Callable[[Any, Any, argparse.Namespace], str | None]
    save: Callable[[Any, Any, list[Any], argparse.Namespace], None]
    show: Callable[[Any, list[Any], argparse.Namespace], None]
