"""MINC1 and MINC2 volumes, .mnc: one header, in NetCDF files and in HDF5 files."""
