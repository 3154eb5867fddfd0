"""Layers for napari and fastplotlib; ``napari_plugin`` is what napari finds and calls."""
