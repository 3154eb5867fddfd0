"""Servers for tests: of files, of tiles, and a real one."""
