"""Bundles of BrainVISA (.bundles and .bundlesdata): a dictionary, and records of points.

Source: the writer of Phybers, https://github.com/phybers/phybers, and its files.
"""

from __future__ import annotations

from volio.formats.bundles.header import BundlesHeader
from volio.formats.bundles.image import BundlesTractogram

__all__ = ["BundlesHeader", "BundlesTractogram"]
