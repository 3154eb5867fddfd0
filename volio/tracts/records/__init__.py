"""Lines of files as records: words cut into them, and a file gone through block by block."""
