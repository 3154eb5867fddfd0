"""Numbers: from bytes to voxels and back.

Lazy arrays (`lazy`, `proxy`, `views`, `joined`) answer any numpy index by filling boxes. On the
way in, `indexing` has four modules: `request` reads the index, `boxes` and `box_reads` work out
the boxes, `runs` the bytes; `decode`, `scaling` and `dtypes` turn what is stored into values. On
the way out, `saving.survey` looks at the values, `candidates` and `planning` choose how they are
stored, `slabs` and `saving.writing` go through them piece by piece.
"""
