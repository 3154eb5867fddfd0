"""Arguments and options that commands share: files, formats, voxels, how results are saved."""
