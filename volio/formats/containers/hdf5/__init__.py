"""HDF5, read and written with h5py: files, data sets, heaps, and files written to streams."""
