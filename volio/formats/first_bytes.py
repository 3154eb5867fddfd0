"""Values that the first byte of a kind of file has, for rows of the table of formats.

A file is compared with those formats alone that can begin as it does, see `FileLayout`.
"""

from __future__ import annotations

import string

__all__ = ["LETTERS", "MARK", "NONE", "OF_348", "SPACES", "ZIP"]

#: No file: the layout is only asked for by name.
NONE = b""
#: What a regular expression takes as space.
SPACES = b" \t\n\r\f\v"
#: The first byte of the byte order mark of UTF-8.
MARK = b"\xef"
LETTERS = string.ascii_letters.encode()
#: Of 348, the size of an Analyze header, as int32 in little and big endian.
OF_348 = b"\x5c\x00"
#: Of the signature "PK" of a zip file.
ZIP = b"P"
