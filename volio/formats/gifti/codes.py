"""The code tables of GIFTI: encodings, byte orders, orders of axes."""

from __future__ import annotations

from volio.codes import Recoder, coded_rows

__all__ = [
    "array_index_order_codes",
    "gifti_encoding_codes",
    "gifti_endian_codes",
]

#: How values are written into a ``Data`` element. "GZip" means a zlib stream, not a gzip file.
gifti_encoding_codes = Recoder(
    coded_rows("""
0 | undef    | GIFTI_ENCODING_UNDEF  | undef
1 | ASCII    | GIFTI_ENCODING_ASCII  | ASCII
2 | B64BIN   | GIFTI_ENCODING_B64BIN | Base64Binary
3 | B64GZ    | GIFTI_ENCODING_B64GZ  | GZipBase64Binary
4 | External | GIFTI_ENCODING_EXTBIN | ExternalFileBinary
"""),
    fields=("code", "label", "giistring", "specs"),
)

#: Which axis of an array varies fastest: C the last one, F the first.
array_index_order_codes = Recoder(
    coded_rows("""
1 | RowMajorOrder    | C
2 | ColumnMajorOrder | F
"""),
    fields=("code", "label", "npcode"),
)

gifti_endian_codes = Recoder(
    coded_rows("""
0 | GIFTI_ENDIAN_UNDEF  | Undef        | undef
1 | GIFTI_ENDIAN_BIG    | BigEndian    | big
2 | GIFTI_ENDIAN_LITTLE | LittleEndian | little
"""),
    fields=("code", "giistring", "specs", "byteorder"),
)
