"""TOOLS: images in, images out: turn, combine, resample, smooth, measure, compare, examine."""
