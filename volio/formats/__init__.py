"""Formats: one module or package each, all alike, and the table of them.

The table (`table`) knows the outside of a file: endings, first bytes, what can be written; the
module of the row's name knows the inside. ``format`` describes a row, ``lookup`` finds rows,
``peek`` is what can be seen of a file before it is read, ``signatures`` scores that, and
``recognise`` asks all rows. ``containers`` are grammars that several formats share.
"""
