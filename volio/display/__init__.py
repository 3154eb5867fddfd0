"""SIGHT: pictures of images."""
