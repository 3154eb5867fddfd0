"""Two volumes that share their voxels: a projection and a slice, smoothed together."""

import numpy as np
from gallery import Example
from scipy.ndimage import gaussian_filter

from volio.display import ImageVolume, View

example = Example(__doc__)
projection = ImageVolume.from_image(example.image, mode="mip", cmap="magma")
original = projection.data.value.copy()
slice_ = ImageVolume(
    projection.data, mode="slice", cmap="magma", matrix=example.image.affine, offset=(150, 0, 0)
)
view = View.from_angles(projection.as_layer(), 90, 0, example.size)
beside = View.from_angles(slice_.as_layer(), 90, 0, example.size)
slice_.plane = (1, 0, 0, -beside.centre[0])

pictures = []
for sigma in (*np.linspace(0, 4, 9), *np.linspace(3.5, 0.5, 7)):
    projection.data[...] = gaussian_filter(original, sigma)
    for volume in (projection, slice_):
        volume.reset_vmin_vmax()
    both = [projection.render(view), slice_.render(beside)]
    pictures.append(np.concatenate(both, axis=1))
example.save_movie("shared_buffer.gif", pictures, 120)
