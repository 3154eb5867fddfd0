"""Attributes of AFNI: what they stand for, and how they are written in XML."""
