"""Numbers: from bytes to voxels and back.

On the way in, an index is read in four steps, a module each: `indexing.request` (what the index
asks for), `indexing.box_reads` (which boxes hold it), `indexing.runs` (which bytes hold a box) and
`decode` (what the bytes become, with `scaling`). `lazy` leads through them; `proxy` has them done
for voxels in a file, and `views`, `joined`, `select` and `volumes` for arrays that stand on others.
`encodings` are voxels that files hold as bits or as text, `axis_map` the order of axes in a file.

On the way out, `saving.survey` looks at the values, `saving.candidates` and `saving.dtype_choice`
choose how they are stored, and `saving.writing` and `saving.piecewise` write them, slab by slab.
"""
