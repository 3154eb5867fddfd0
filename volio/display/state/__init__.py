"""Layer state: what is shown and how, without anything that draws.

`layer` is built up in `identity` (name, events), `voxels` (arrays, levels, the slice shown),
`placed` (coordinates), `drawn` (blending, rendering, planes), `shaded` (limits, colours) and `seen`
(values at places and along rays); `stack` holds several.
"""
