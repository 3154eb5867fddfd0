"""Tracts: records, lines, tractograms and what is measured of them."""
