"""Records of lines."""
