"""The modes of rendering, of one volume from one side."""

import numpy as np
from gallery import Example, side_by_side

from volio.display import ImageVolume, View

example = Example(__doc__)
volume = ImageVolume.from_image(example.image, cmap="gray")
full = float(np.percentile(volume.data.value, 99.5))
volume.vmin, volume.vmax = 0, full
view = View.from_angles(volume.as_layer(), 35, 15, example.size)

pictures = []
for mode in ("mip", "attenuated_mip", "average"):
    volume.mode = mode
    volume.vmax = 0.5 * full if mode == "average" else full
    pictures.append(volume.render(view))

volume.mode, volume.vmin, volume.vmax = "iso", 0, 0.4 * full
volume.threshold, volume.shininess = 0.25 * full, 40
pictures.append(volume.render(view))
volume.emissive = (0.25, 0.05, 0.0)
volume.cmap = "bone"
pictures.append(volume.render(view))

# Colours with an alpha of their own: skin is faint, what is brighter shows through it.
ramp = np.linspace(0, 1, 256)
colours = np.stack([ramp**0.6, ramp, ramp**2, 0.25 * np.clip(ramp - 0.25, 0, 1) ** 2], axis=-1)
volume.mode, volume.cmap, volume.vmax = "translucent", colours, full
pictures.append(volume.render(view))
colours[:, :3] *= 0.02 * ramp[:, np.newaxis]
colours[:, 3] = 0.02 * ramp
volume.mode, volume.cmap = "additive", colours
pictures.append(volume.render(view))

volume.mode, volume.cmap = "slice", "gray"
volume.plane = (1.0, 0.0, 0.0, -view.centre[0])
pictures.append(volume.render(view))
example.save("modes.png", side_by_side(pictures, 4))
