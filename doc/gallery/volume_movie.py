"""A volume movie: a series plays in one ImageVolume, whose voxels are replaced at each tick."""

import numpy as np
from gallery import Example
from scipy.ndimage import gaussian_filter

from volio.display import ImageVolume, View, render_volumes

example = Example(__doc__, frames=20)
frames = np.asarray(example.image.dataobj, np.float32)
frames = frames[..., np.newaxis] if frames.ndim == 3 else frames
change = frames - frames.mean(axis=-1, keepdims=True)
change = gaussian_filter(change, (1.5, 1.5, 1.5, 0))
largest = float(np.percentile(np.abs(change), 99.9)) or 1.0

# The anatomy is still; what rises above its mean is added as light.
anatomy = ImageVolume.from_image(example.image, mode="average", cmap="gray", gamma=0.8)
anatomy.vmin, anatomy.vmax = 0, float(frames.mean(axis=-1).mean(axis=1).max())
activity = ImageVolume(
    change[..., 0].T,
    cmap="inferno",
    vmin=0.5 * largest,
    vmax=largest,
    alpha_mode="add",
    matrix=example.image.affine,
)

view = View.from_angles(example.image, 90, 10, example.size)
pictures = []
for tick in range(frames.shape[-1]):
    activity.data = change[..., tick].T  # axes (z, y, x)
    pictures.append(render_volumes([anatomy, activity], view))
example.save_movie("volume_movie.gif", pictures)
