"""Numbers: from bytes to voxels and back.

Lazy arrays (`lazy`, `proxy`, `views`) answer any numpy index by filling boxes from a file;
`indexing` and `boxes` work out which boxes, `slicing` which bytes. `dtypes` and `scaling` turn
stored values into meant ones; `survey`, `planning` and `writing` go the other way.
"""
