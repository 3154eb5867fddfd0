"""The tests of volio; the folders mirror the packages."""
