"""Sources of bytes: files, streams, several as one, and handles kept open."""
