"""FreeSurfer MGH volumes, and MGZ, which is MGH in gzip. Always big-endian.

Source: https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat
"""

from volio.formats.mgh.header import DATA_OFFSET, FOOTER, HEADER, MGHHeader, data_type_codes
from volio.formats.mgh.image import MGHImage

__all__ = ["DATA_OFFSET", "FOOTER", "HEADER", "MGHHeader", "MGHImage", "data_type_codes"]
