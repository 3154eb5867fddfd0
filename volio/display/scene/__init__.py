"""Scenes: several layers in one picture, with contours and the boxes around layers."""
