"""Numbers: from bytes to voxels and back.

Lazy arrays (`lazy`, `proxy`, `views`, `joined`) answer any numpy index by filling boxes. On the
way in, `indexing` reads the index, `boxes` and `jobs` work out the boxes, `slicing` the bytes,
and `stored`, `scaling` and `dtypes` turn what is stored into what is meant. On the way out,
`survey` looks at the values, `candidates` and `planning` choose how they are stored, `slabs` and
`writing` go through them piece by piece.
"""
