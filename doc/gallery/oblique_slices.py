"""Slices that follow no axis: one that is still, and one that moves through the head."""

import numpy as np
from gallery import Example

from volio.display import ImageVolume, View, render_volumes

example = Example(__doc__)
volume = ImageVolume.from_image(example.image, mode="slice", cmap="gray")
volume.vmin, volume.vmax = 0, float(np.percentile(volume.data.value, 99.5))

# The plane a*x + b*y + c*z + d = 0 is in world mm. It tilts by 45 degrees from coronal to axial.
normal = np.array([0.0, 0.5, 0.5])
view = View.from_angles(volume.as_layer(), 20, 25, example.size)
middle = -float(normal @ view.centre)
volume.plane = (*normal, middle)
example.save("oblique_slice.png", volume.render(view))

# Behind the moving slice, whose air is transparent, the surface of the head shows where it is.
ramp = np.linspace(0, 1, 256)
volume.cmap = np.stack([ramp, ramp, ramp, np.clip(12 * ramp - 1, 0, 1)], axis=-1)
surface = ImageVolume.from_image(
    example.image, mode="iso", threshold=0.25 * volume.vmax, cmap="bone", alpha=0.35
)
surface.vmin, surface.vmax = 0, 0.4 * volume.vmax
reach = 0.35 * max(view.field_of_view)
pictures = []
for shift in np.linspace(-reach, reach, 24):
    volume.plane = (*normal, middle + shift)
    pictures.append(render_volumes([surface, volume], view))
example.save_movie("oblique_slices.gif", pictures)
