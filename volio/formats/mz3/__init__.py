"""MZ3, the surfaces of Surf Ice, MRIcroGL and NiiVue (.mz3), mostly in gzip.

Source: https://github.com/neurolabusc/surf-ice/tree/master/mz3. Where its text and the files of its
own programs differ, the files count: the three corners of a face follow each other, and so do
the four levels of a colour.
"""

from __future__ import annotations

from volio.formats.mz3.image import Mz3Surface

__all__ = ["Mz3Surface"]
