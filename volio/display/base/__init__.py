"""Settings, channels of voxels, events, and what a picture needs to know of a layer."""
