"""TRX tracts (.trx): a zip file or a folder of arrays.

Source: TRX file format, https://github.com/tee-ar-ex/trx-spec/blob/master/specifications.md
"""

from __future__ import annotations

from volio.formats.trx.header import TrxHeader
from volio.formats.trx.image import TrxTractogram

__all__ = ["TrxHeader", "TrxTractogram"]
