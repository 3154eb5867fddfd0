"""Two channels of one volume, cyan and magenta, whose light is added."""

import numpy as np
from gallery import Example

from volio.display import ImageVolume, View, render_volumes

example = Example(__doc__)
voxels = np.asarray(example.image.dataobj, np.float32)
voxels = voxels[..., 0] if voxels.ndim > 3 else voxels
full = float(np.percentile(voxels, 99))

# In T1 contrast: grey matter and muscle in one channel, white matter and fat in the other.
darker = np.where((voxels > 0.35 * full) & (voxels < 0.7 * full), voxels, 0)
brighter = np.where(voxels >= 0.7 * full, voxels, 0)
channels = [
    ImageVolume(
        channel.T,
        mode="average",
        cmap=colour,
        vmin=0,
        vmax=0.45 * full,
        alpha_mode="add",
        matrix=example.image.affine,
    )
    for channel, colour in ((darker, "cyan"), (brighter, "magenta"))
]
view = View.from_angles(example.image, 30, 15, example.size)
pictures = [render_volumes([channel], view) for channel in channels]
pictures.append(render_volumes(channels, view))
example.save("multi_channel.png", np.concatenate(pictures, axis=1))
